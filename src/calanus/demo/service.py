"""The demo project: made once, through the same import as anybody's package."""

import os
from collections.abc import Callable
from pathlib import Path

from calanus.demo import queries
from calanus.demo.package import write_package
from calanus.demo.species import SPECIES, Species
from calanus.imports.jobs import import_package
from calanus.imports.types import Answers, ImportOrder, Meaning
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import ENDED, Job, JobState
from calanus.kit.db import Connection, connect
from calanus.kit.errors import CalanusError
from calanus.kit.ids import JobId, ProjectId, TaxonId
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.projects.types import NewProject, Project, ProjectChange
from calanus.taxonomy import lists
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.types import BIOTA, TaxonType
from calanus.users.types import User

TITLE = "Demo: a week off Villefranche"
COMMENTS = (
    "A cruise that nobody made: every vignette was drawn by Calanus, and measured. A good quarter "
    "of the objects are identified; predict the others, sort them by score, confirm or correct."
)
SHOWN_FIELDS = "esd=ESD\nelongation=elongation\nmean=grey"
OBJECTS = 3000
ROOT = "Plankton"

OnProgress = Callable[[int, str], None]


class DemoFailed(CalanusError):
    """The import of the demo ended badly; the next start tries again."""

    def __init__(self, job: Job) -> None:
        why = "; ".join(job.errors[:3]) or job.message
        super().__init__(f"The demo project could not be made ({why}).")


def make_demo(
    settings: Settings,
    database_url: str,
    owner: User,
    *,
    objects: int = OBJECTS,
    on_progress: OnProgress | None = None,
) -> ProjectId:
    """The demo project, made unless it is there; what a killed process left is finished.

    Waits until its objects are in. A person who deleted the demo gets a new one.

    Raises:
        DemoFailed: the import did not end well.
    """
    package = settings.data / "demo" / "demo.zip"
    with connect(database_url) as conn:
        found = find_demo(conn, owner)
        if found and is_whole(conn, found, owner):
            return found.project_id
    if not package.exists():
        if on_progress:
            on_progress(0, f"Drawing {objects:,} vignettes")
        _draw(package, objects)
    with connect(database_url) as conn:
        project_id, job_id = ensure_demo(conn, package, owner)
    if job_id is not None:
        job = jobs.run_here(settings, database_url, job_id, on_progress=on_progress)
        if job.state != JobState.FINISHED:
            raise DemoFailed(job)
    package.unlink(missing_ok=True)
    return project_id


def ensure_demo(conn: Connection, package: Path, owner: User) -> tuple[ProjectId, JobId | None]:
    """The demo project and the import to be done or followed, none when all is there.

    The project and its import are one transaction: there is never one without the other.
    """
    queries.lock(conn)
    found = find_demo(conn, owner)
    if found is None:
        project_id = _create(conn, owner)
    elif is_whole(conn, found, owner):
        return found.project_id, None
    else:
        project_id = found.project_id
        alive = [job for job in _imports(conn, project_id, owner) if job.state not in ENDED]
        if alive and alive[0].state != JobState.ASKING:
            return project_id, alive[0].job_id
    order = ImportOrder(
        project_id=project_id,
        local_path=str(package),
        skip_existing_objects=True,
        answers=Answers(taxa=_missing_taxa(conn)),
    )
    return project_id, enqueue(
        conn, import_package, order, owner=owner.user_id, project_id=project_id
    )


def find_demo(conn: Connection, owner: User) -> Project | None:
    """The demo project, whoever made it."""
    named = [p for p in projects.list_projects(conn, owner) if p.title == TITLE]
    return named[0] if named else None


def is_whole(conn: Connection, project: Project, owner: User) -> bool:
    """Whether the demo's import has ended well; or, its record put away, brought objects."""
    imports = _imports(conn, project.project_id, owner)
    if imports:
        return any(job.state == JobState.FINISHED for job in imports)
    return projects.totals(conn, [project.project_id])[project.project_id].objects > 0


def _imports(conn: Connection, project_id: ProjectId, owner: User) -> list[Job]:
    """The imports into a project, the newest first."""
    everybodys = owner.is_application_manager
    found = jobs.list_jobs(conn, by=owner, everybodys=everybodys, kind=import_package.kind)
    return [job for job in found if job.project_id == project_id]


def _draw(package: Path, objects: int) -> None:
    """The package, whole or not at all."""
    package.parent.mkdir(parents=True, exist_ok=True)
    draft = package.with_name(f".{os.getpid()}.zip")
    try:
        write_package(draft, objects=objects, workers=os.cpu_count() or 1)
        draft.rename(package)
    finally:
        draft.unlink(missing_ok=True)


def _create(conn: Connection, owner: User) -> ProjectId:
    project_id = projects.create(conn, NewProject(TITLE, "drawn"), by=owner)
    settings = {"comments": COMMENTS, "shown_fields": SHOWN_FIELDS}
    projects.change(conn, project_id, ProjectChange(dict(settings)), by=owner)
    return project_id


def _missing_taxa(conn: Connection) -> dict[str, Meaning]:
    """A taxon for each name that says none or several; where the tree has none, it is made."""
    lists.load_starter(conn)
    known = taxonomy.resolve_names(conn, [species.name for species in SPECIES])
    return {
        species.name.lower(): (found[0] if found else _plant(conn, species))
        for species in SPECIES
        for found in [known[species.name.lower()]]
        if len(found) != 1
    }


def _plant(conn: Connection, species: Species) -> TaxonId:
    """A new taxon for a species, below its parent or else at the top."""
    [parents] = taxonomy.resolve_names(conn, [species.parent]).values()
    parent = parents[0] if parents else _top(conn)
    name = species.name.partition("<")[0]
    return taxonomy.create(conn, name, parent, TaxonType(species.type))


def _top(conn: Connection) -> TaxonId:
    """Where to hang what has no parent: Biota, or a root of our own in a tree without it."""
    if taxonomy.find_many(conn, [BIOTA]):
        return BIOTA
    [made] = taxonomy.resolve_names(conn, [ROOT]).values()
    return made[0] if made else taxonomy.create(conn, ROOT, None)
