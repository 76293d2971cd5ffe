"""Objects: which match a filter, how many, and one with all that is known of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.kit.db import Connection
from calanus.kit.errors import NotFound
from calanus.kit.ids import (
    OBJECTS,
    ProjectId,
    project_of_acquisition,
    project_of_object,
    project_of_sample,
)
from calanus.objects import fields, queries, windows
from calanus.objects.filters import COUNTED, ProjectFilters, Where, where
from calanus.objects.sun import sun_positions
from calanus.objects.types import (
    AcquisitionRecord,
    ImageRecord,
    LastIds,
    ObjectNotFound,
    ObjectRecord,
    ParentNotFound,
    Parents,
    ProcessRecord,
    SampleProgress,
    SampleRecord,
    SampleTally,
    Seen,
    SeveralProjects,
    TooManyObjects,
)
from calanus.objects.windows import Windows
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.service import user_id_of
from calanus.users.types import User

SEEN_AT_ONCE = 20_000  # objects
MOST_AT_ONCE = 1_000_000  # objects of one answer

STATES_OF_CLAUSE = {
    "state_u": "U",
    "state_nv": "UPD",
    "state_pv": "PV",
    "state_pvd": "PVDX",
    "state_up": "UP",
}


@dataclass(frozen=True)
class Window:
    """Which rows of a filter, in which order, with which fields (EcoTaxa's names, by commas).

    All of them, when no size is given.
    """

    start: int = 0
    size: int | None = 100
    order: str | None = None
    fields: str = ""


@dataclass(frozen=True)
class Page:
    """A window of a filter: ids, and the fields asked for, row by row."""

    rows: list[tuple[Any, ...]]  # object, acquisition, sample, fields …
    total: int


@dataclass(frozen=True)
class Summary:
    """How many objects of a filter are in each state."""

    total: int
    validated: int
    dubious: int
    predicted: int


def seen_by(project: Project, wanted: ProjectFilters, user: User | None) -> Where:
    """A filter as somebody may use it: anonymous people see validated objects only."""
    return where(wanted, project, asked_by=user_id_of(user), anonymous=user is None)


def page(
    conn: Connection,
    project: Project,
    wanted: ProjectFilters,
    window: Window,
    *,
    by: User | None,
    known: Windows | None = None,
) -> Page:
    """A window of the objects of a filter, in EcoTaxa's order and fields.

    Orders that are costly to find are looked up among those `known`, where they are given.

    Raises:
        TooManyObjects: all are asked for, and they are more than come at once.
    """
    asked, project_id = seen_by(project, wanted, by), project.project_id
    shown = fields.fields(window.fields, project)
    order = fields.order(window.order, project, beside=shown)
    size = MOST_AT_ONCE if window.size is None else window.size
    found = None
    if known:
        request = windows.Request(project_id, asked, order, window.start, size)
        found = known.window(conn, request)
    matched = found.total if found else total(conn, project, asked)
    if window.size is None and matched - window.start > MOST_AT_ONCE:
        raise TooManyObjects(matched, MOST_AT_ONCE)
    if found:
        return Page(queries.listed(conn, project_id, found.ids.tolist(), shown), matched)
    limits = (window.start, size)
    rows = queries.page(conn, project_id, asked, order, shown=shown, window=limits)
    return Page(rows, matched)


def page_of(
    conn: Connection,
    project: Project,
    wanted: ProjectFilters,
    part: Callable[[int, int], list[int]],
    window: Window,
    *,
    by: User | None,
) -> Page:
    """A window of objects that somebody put in an order, of which they give us the part we need.

    The total is still the filter's.
    """
    ids = part(window.start, MOST_AT_ONCE if window.size is None else window.size)
    rows = queries.listed(conn, project.project_id, ids, fields.fields(window.fields, project))
    return Page(rows, total(conn, project, seen_by(project, wanted, by)))


def total(conn: Connection, project: Project, asked: Where) -> int:
    """How many objects a filter matches, exactly: from the counts where they can tell."""
    if set(asked.clauses) <= COUNTED:
        return sum(
            tally.objects
            for tally in projects.tallies(conn, [project.project_id])
            if counted(tally.taxon_id, tally.state, asked)
        )
    return sum(queries.count(conn, project.project_id, asked).values())


def counted(taxon_id: int, state: str, asked: Where) -> bool:
    """Whether a filter on taxa and states matches the objects of one count.

    What is unidentified is counted under a taxon that no filter can name.
    """
    if taxon_id < 0 and {"taxon", "taxa"} & set(asked.clauses):
        return False
    for clause in asked.clauses:
        if clause == "taxon" and taxon_id != asked.values["taxon"]:
            return False
        if clause == "taxa" and taxon_id not in asked.values["taxa"]:
            return False
        if clause == "state" and state != asked.values["state"]:
            return False
        if clause in STATES_OF_CLAUSE and state not in STATES_OF_CLAUSE[clause]:
            return False
    return True


def summary(
    conn: Connection, project: Project, wanted: ProjectFilters, *, by: User | None
) -> Summary:
    """How many objects of a filter are in each state."""
    asked = seen_by(project, wanted, by)
    if set(asked.clauses) <= COUNTED:
        found: dict[str | None, int] = {}
        for tally in projects.tallies(conn, [project.project_id]):
            if counted(tally.taxon_id, tally.state, asked):
                found[tally.state] = found.get(tally.state, 0) + tally.objects
    else:
        found = queries.count(conn, project.project_id, asked)
    return Summary(sum(found.values()), found.get("V", 0), found.get("D", 0), found.get("P", 0))


def matching(
    conn: Connection,
    project: Project,
    wanted: ProjectFilters,
    *,
    by: User | None,
    order: str | None = None,
    known: Windows | None = None,
) -> NDArray[np.int64]:
    """The ids of all objects of a filter, in order, what is empty last.

    Orders by free numbers are looked up among those `known`, where they are given.
    """
    asked = seen_by(project, wanted, by)
    ordered = replace(fields.order(order, project), empty_last=True)
    request = windows.Request(project.project_id, asked, ordered, 0, OBJECTS)
    found = known.window(conn, request) if known else None
    if found:
        return found.ids
    places = queries.ordered(conn, project.project_id, asked, ordered)
    return places.astype(np.int64) + project.project_id * OBJECTS


def taxa_of(conn: Connection, project: Project, object_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The taxa of objects of a project, in the order given; 0 where there is none."""
    return queries.taxa_of(conn, project.project_id, object_ids)


def find(conn: Connection, object_id: int, *, by: User | None) -> tuple[Project, ObjectRecord]:
    """One object, for somebody who may see its project.

    Raises:
        ObjectNotFound: there is none, or an anonymous caller asks for one not validated.
    """
    project = holding(conn, by, project_of_object(object_id), ObjectNotFound(object_id))
    return project, find_in(conn, project, object_id, by=by)


def holding(conn: Connection, by: User | None, project_id: int, missing: NotFound) -> Project:
    """The project of what is asked for."""
    with projects.naming(missing):
        return projects.require(conn, by, project_id, Act.VIEW_IMAGES)


def find_in(conn: Connection, project: Project, object_id: int, *, by: User | None) -> ObjectRecord:
    """One object of a project; raises as `find` does."""
    found = queries.find(conn, project.project_id, object_id)
    if found is None or (by is None and found.state != "V"):
        raise ObjectNotFound(object_id)
    return found


def images(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> list[ImageRecord]:
    """All images of objects, by object and rank."""
    return queries.images(conn, project_id, object_ids)


def sample(conn: Connection, sample_id: int, *, by: User | None) -> tuple[Project, SampleRecord]:
    """One sample, for somebody who may see its project."""
    missing = ParentNotFound("sample", sample_id)
    project = holding(conn, by, project_of_sample(sample_id), missing)
    found = queries.sample(conn, project.project_id, sample_id)
    if found is None:
        raise missing
    return project, found


def samples(
    conn: Connection, project_ids: list[int], pattern: str, *, by: User | None
) -> list[SampleRecord]:
    """The samples of projects by name, `*` standing for anything."""
    for project_id in project_ids:
        projects.require(conn, by, project_id, Act.VIEW_IMAGES)
    return queries.samples(conn, project_ids, f"%{pattern.replace('*', '%')}%")


def acquisition(
    conn: Connection, acquisition_id: int, *, by: User | None
) -> tuple[Project, AcquisitionRecord]:
    """One acquisition, for somebody who may see its project."""
    missing = ParentNotFound("acquisition", acquisition_id)
    project = holding(conn, by, project_of_acquisition(acquisition_id), missing)
    found = queries.acquisition(conn, project.project_id, acquisition_id)
    if found is None:
        raise missing
    return project, found


def acquisitions(conn: Connection, project_id: int, *, by: User | None) -> list[AcquisitionRecord]:
    """The acquisitions of a project."""
    project = projects.require(conn, by, project_id, Act.VIEW_IMAGES)
    return queries.acquisitions(conn, project.project_id)


def process(conn: Connection, process_id: int, *, by: User | None) -> tuple[Project, ProcessRecord]:
    """One process, for somebody who may see its project."""
    missing = ParentNotFound("process", process_id)
    project = holding(conn, by, project_of_acquisition(process_id), missing)
    found = queries.process(conn, project.project_id, process_id)
    if found is None:
        raise missing
    return project, found


def sample_progress(conn: Connection, project: Project) -> list[SampleProgress]:
    """The samples of a project and how far each is."""
    return queries.sample_progress(conn, project.project_id)


def parents(conn: Connection, object_ids: list[int], *, by: User | None) -> list[Parents]:
    """The acquisition and sample of objects, of one or several projects; unknown ones left out."""
    by_project: dict[ProjectId, list[int]] = {}
    for object_id in object_ids:
        by_project.setdefault(project_of_object(object_id), []).append(object_id)
    found: list[Parents] = []
    for project_id in projects.existing(conn, sorted(by_project)):
        projects.require(conn, by, project_id, Act.VIEW_IMAGES)
        found += queries.parents(conn, project_id, by_project[project_id])
    return found


def sample_tallies(
    conn: Connection, sample_ids: list[int], *, by: User | None
) -> list[SampleTally]:
    """How many objects of each taxon and state samples hold, those that somebody may see."""
    by_project: dict[int, list[int]] = {}
    for sample_id in sample_ids:
        by_project.setdefault(project_of_sample(sample_id), []).append(sample_id)
    found: list[SampleTally] = []
    for project in projects.visible(conn, by, sorted(by_project)):
        found += queries.sample_tallies(conn, project.project_id, by_project[project.project_id])
    return found


def newest_batch(conn: Connection, project_id: ProjectId) -> int:
    """The last act on a project."""
    return queries.newest_batch(conn, project_id)


def recount(conn: Connection, project_id: ProjectId) -> dict[tuple[int, str], int]:
    """Put the counts of a project right by looking at every object; what they are now."""
    tally = queries.recount(conn, project_id)
    projects.set_counts(conn, project_id, tally)
    return tally


def last_ids(conn: Connection, project_id: ProjectId) -> LastIds:
    """The highest ids given in a project; the caller holds it."""
    return queries.last_ids(conn, project_id)


def recompute_positions(conn: Connection, project_id: int, *, by: User) -> int:
    """Put every sample where its objects are; how many moved."""
    project = projects.require(conn, by, project_id, Act.EDIT)
    return place_samples(conn, project.project_id)


def refresh_statistics(conn: Connection) -> None:
    """Let the database know that many objects came, before anything is asked of them."""
    queries.refresh_statistics(conn)


def place_samples(conn: Connection, project_id: ProjectId, samples: list[int] | None = None) -> int:
    """A sample lies at the smallest latitude and longitude of its objects, each by itself.

    All samples of the project, unless some are named; how many moved.
    """
    return queries.place_samples(conn, project_id, samples)


def recompute_sun(conn: Connection, project_id: int, *, by: User) -> int:
    """Tell anew where the sun stood for every object; for how many that changed something."""
    project = projects.require(conn, by, project_id, Act.EDIT)
    changed, after = 0, 0
    while seen := queries.under_the_sun(conn, project.project_id, after, SEEN_AT_ONCE):
        letters = moved_suns(seen)
        if letters:
            queries.set_sun(conn, project.project_id, letters)
        changed += len(letters)
        after = seen[-1].object_id
    return changed


def moved_suns(seen: list[Seen]) -> dict[int, str]:
    """The sun positions that differ from what is stored, by object."""
    letters = sun_positions(
        np.array([s.day for s in seen], dtype="datetime64[D]"),
        np.array([-1 if s.moment is None else s.moment for s in seen], dtype=np.int64),
        np.array([s.latitude for s in seen], dtype=np.float64),
        np.array([s.longitude for s in seen], dtype=np.float64),
    )
    return {s.object_id: now for s, now in zip(seen, letters, strict=True) if s.letter != now}


def project_of(object_ids: list[int]) -> ProjectId:
    """The one project of objects.

    Raises:
        ObjectNotFound: no object is named.
        SeveralProjects: they belong to several.
    """
    found = {project_of_object(object_id) for object_id in object_ids}
    if not found:
        raise ObjectNotFound(0)
    if len(found) > 1:
        raise SeveralProjects
    return found.pop()
