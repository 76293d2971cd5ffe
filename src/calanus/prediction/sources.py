"""Projects to learn from: which there are, what they share with a project, what they teach."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from calanus.kit.db import Connection
from calanus.prediction import queries
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.types import User


@dataclass(frozen=True)
class Search:
    """Which projects: those named, or by title or id, by instrument, by measurements shared."""

    ids: Sequence[int] = ()
    title: str = ""
    instrument: str = ""
    features: int = 0

    def finds(self, source: "LearningSource") -> bool:
        """Whether a project is one of them."""
        if self.ids:
            return source.projid in self.ids
        title = self.title.strip().lower()
        return (
            (title in source.title.lower() or title == str(source.projid))
            and self.instrument.lower() in source.instrument.lower()
            and source.features >= self.features
        )


@dataclass(frozen=True)
class LearningSource:
    """A project that may teach another one. Names are EcoTaxa's, where it has them."""

    projid: int
    title: str
    instrument: str
    validated: int
    taxa: int  # with validated objects
    features: int  # measurements of the other project that it has too
    lacking: Sequence[str]  # those it has not, as fre.area
    cnn_network_id: str | None
    learnt_as: dict[int, int]  # of its last prediction


@dataclass(frozen=True)
class LearningSources:
    """The first of the projects found, how many there are, and how much there was to share."""

    sources: Sequence[LearningSource]
    total: int
    features: int


def search(
    conn: Connection, project_id: int, wanted: Search, *, most: int, by: User
) -> LearningSources:
    """The other projects that somebody may see and that have something to teach; the likest first.

    Raises:
        ProjectNotFound, RightMissing: of the project that is to learn.
    """
    target = projects.require(conn, by, project_id, Act.PREDICT)
    ours = measurements(target)
    taught = queries.teachers(conn)
    found: list[LearningSource] = []
    taught.pop(target.project_id, None)
    for project in projects.visible(conn, by, list(taught)):
        validated, taxa = taught[project.project_id]
        theirs = measurements(project)
        source = LearningSource(
            project.project_id,
            project.title,
            project.instrument,
            validated,
            taxa,
            sum(name in theirs for name in ours),
            [f"fre.{name}" for name in ours if name not in theirs],
            project.extractor,
            mapping(project.prediction_settings),
        )
        if (validated or source.learnt_as) and wanted.finds(source):
            found.append(source)
    found.sort(key=attrgetter("features", "validated", "projid"), reverse=True)
    found.sort(key=lambda source: source.instrument != target.instrument)
    return LearningSources(found[:most], len(found), len(ours))


def measurements(project: Project) -> list[str]:
    """The free columns of objects that are numbers."""
    return [name for name, column in project.object_columns.items() if column.startswith("n")]


def mapping(settings: str) -> dict[int, int]:
    """What a project's last prediction learnt as another taxon, as EcoTaxa's pages write it."""
    found: dict[int, int] = {}
    for line in settings.splitlines():
        key, _, value = line.partition("=")
        for pair in value.split(",") if key.strip() == "posttaxomapping" else []:
            taxon, _, learnt = (part.strip() for part in pair.partition(":"))
            if taxon.isdecimal() and learnt.isdecimal() and taxon != learnt:
                found[int(taxon)] = int(learnt)
    return found
