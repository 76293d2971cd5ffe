"""Projects: what they are, what somebody is towards one, and the errors of asking for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from calanus.kit.errors import CalanusError, Forbidden, NotFound
from calanus.kit.ids import ProjectId, UserId
from calanus.users.policy import Act, Role, at_least


class Access(StrEnum):
    """Who may see a project besides its members; the digits are EcoTaxa's."""

    PRIVATE = "0"
    PUBLIC = "1"  # everybody signed in
    OPEN = "2"  # everybody


class Status(StrEnum):
    """What may be done in a project, whoever asks."""

    ANNOTATE = "Annotate"
    NO_PREDICTION = "Annotate No Prediction"
    EXPLORE_ONLY = "ExploreOnly"


# Instruments that are proposed; any other name will do.
INSTRUMENTS = (
    "?", "CPICS", "FlowCam", "IFCB", "ISIIS", "LOKI", "Other camera", "Other flowcytometer",
    "Other microscope", "Other scanner", "PlanktoScope", "SPC", "UVP5", "UVP6", "VPR", "ZooCAM",
    "ZooScan", "Zooprocess",
)  # fmt: skip

Columns = dict[str, str]  # name of a free column → its place: {"area": "n01"}
# How many free columns of numbers (n) and of texts (t) a level holds.
ROOM: Mapping[tuple[str, str], int] = {
    ("object", "n"): 500,
    ("object", "t"): 20,
    ("sample", "t"): 60,
    ("acquisition", "t"): 30,
    ("process", "t"): 30,
}


@dataclass(frozen=True)
class ProjectRow:
    """A project as it is stored."""

    project_id: ProjectId
    title: str
    instrument: str
    access: Access
    status: Status
    comments: str
    contact_id: UserId | None
    initial_taxa: list[int]
    shown_fields: str
    popover_fields: str
    extractor: str | None
    bar_px: int
    prediction_settings: str
    formulae: str
    object_columns: Columns
    sample_columns: Columns
    acquisition_columns: Columns
    process_columns: Columns
    loaded_files: list[str]
    created_at: datetime


@dataclass(frozen=True)
class Project(ProjectRow):
    """A project towards somebody who asked for it and may."""

    role: Role = Role.ANONYMOUS


@dataclass(frozen=True)
class Usage:
    """How many validated objects of a taxon a project has."""

    project_id: int
    title: str
    validated: int


class Tally(NamedTuple):
    """How many objects of one taxon (-1: unidentified) are in one state (U: none)."""

    project_id: ProjectId
    taxon_id: int
    state: str
    objects: int


@dataclass(frozen=True)
class ProjectTotals:
    """How far a project is."""

    project_id: ProjectId
    objects: int
    unclassified: int
    predicted: int
    dubious: int
    validated: int
    taxa: int


@dataclass(frozen=True)
class NewProject:
    """A project to be made."""

    title: str
    instrument: str = "?"
    access: Access = Access.PUBLIC
    clone_of: int | None = None


@dataclass(frozen=True)
class ProjectChange:
    """What changes of a project; what is not named stays."""

    values: dict[str, object] = field(default_factory=dict[str, object])
    members: dict[int, str] | None = None


class ProjectNotFound(NotFound):
    def __init__(self, project_id: int) -> None:
        super().__init__(f"There is no project {project_id}, or you may not see it.")
        self.project_id = project_id


class ProjectClosed(Forbidden):
    """The project's status forbids what was asked, to everybody."""

    def __init__(self, project: ProjectRow, act: Act) -> None:
        super().__init__(
            f"You can't do this: project {project.project_id} is “{project.status}”, so nobody may "
            f"{act.value}; a project manager may change its status."
        )


class RightMissing(Forbidden):
    """The policy forbids what was asked, to this person."""

    def __init__(self, project_id: int, act: Act, least: Role) -> None:
        super().__init__(
            f"You can't do this: in project {project_id} you may not {act.value}; "
            f"{at_least(least)} may."
        )


class BadProject(CalanusError):
    """A setting of a project that cannot be accepted as given."""
