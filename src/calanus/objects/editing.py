"""Editing objects, samples, acquisitions and processes, one or many at a time.

A column is named as in EcoTaxa: one that everybody has (`latitude`, `orig_id` …), or a free column
by its name. What cannot be edited here (ids, identifications) and what is unknown is passed over.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from math import inf, isfinite, nan
from typing import Any

from psycopg.errors import UniqueViolation

from calanus.kit.db import Connection
from calanus.kit.ids import (
    ProjectId,
    project_of_acquisition,
    project_of_object,
    project_of_sample,
)
from calanus.objects import queries, service
from calanus.objects.types import Assignment, BadValue, Edit, Level, NameTaken, SeveralProjects
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.types import User

NOW = "current_timestamp"
LONGEST_ID, LONGEST_TEXT, LONGEST_DESCRIPTOR, LONGEST_COMMENT = 255, 250, 8000, 1_000_000
# What, once changed, moves the sun or the sample.
MOVING = frozenset({"latitude", "longitude", "object_date", "object_time"})
PROJECT_OF: dict[Level, Callable[[int], ProjectId]] = {
    Level.OBJECT: project_of_object,
    Level.SAMPLE: project_of_sample,
    Level.ACQUISITION: project_of_acquisition,
    Level.PROCESS: project_of_acquisition,
}

Read = Callable[[str, object, datetime], Any]  # the name of a column, a value, now


def edit(
    conn: Connection, level: Level, ids: list[int], edits: Sequence[Edit], *, by: User, at: datetime
) -> int:
    """Give columns new values in all these rows; how many rows were touched.

    Raises:
        SeveralProjects: they belong to several.
        BadValue: a value is none for its column; nothing is written.
        NameTaken: two rows would have one name.
    """
    projects_named = {PROJECT_OF[level](number) for number in ids}
    if not projects_named:
        return 0
    if len(projects_named) > 1:
        raise SeveralProjects
    project = projects.require(conn, by, projects_named.pop(), Act.EDIT)
    assignments = assigned(project, level, edits, at)
    if not assignments:
        return 0
    queries.pad(conn, project.project_id, level, ids, widths(assignments))
    try:
        touched = queries.set_columns(conn, project.project_id, level, ids, assignments)
    except UniqueViolation:
        raise NameTaken(level) from None
    if level == Level.OBJECT and MOVING & {a.column for a in assignments}:
        follow(conn, project.project_id, ids)
    return touched


def widths(assignments: Sequence[Assignment]) -> dict[str, int]:
    """How many places each array of free columns must have."""
    needed: dict[str, int] = {}
    for one in assignments:
        if one.place:
            needed[one.column] = max(one.place, needed.get(one.column, 0))
    return needed


def follow(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> None:
    """The sun and the samples of objects that were moved in space or time."""
    letters = service.moved_suns(queries.some_under_the_sun(conn, project_id, object_ids))
    if letters:
        queries.set_sun(conn, project_id, letters)
    samples = queries.samples_of(conn, project_id, object_ids)
    service.place_samples(conn, project_id, samples)


def assigned(
    project: Project, level: Level, edits: Sequence[Edit], at: datetime
) -> list[Assignment]:
    """The edits as columns of the database; the last of several for one column counts."""
    free = projects.columns_of(project)[level]
    found: dict[str, tuple[str, int, Any]] = {}
    for wanted in edits:
        if wanted.column in FIXED[level]:
            column, read = FIXED[level][wanted.column]
            found[wanted.column] = column, 0, read(wanted.column, wanted.value, at)
        elif wanted.column in free:
            code = free[wanted.column]
            column, read = ("numbers", measure) if code[0] == "n" else ("texts", text)
            found[wanted.column] = column, int(code[1:]), read(wanted.column, wanted.value, at)
    return [Assignment(n, *one) for n, one in enumerate(found.values())]


# --- What the values of a column may be -----------------------------------------------------------


def text(name: str, value: object, at: datetime) -> str | None:
    """A free text."""
    return short(name, value, at, LONGEST_TEXT)


def link(name: str, value: object, at: datetime) -> str | None:
    """A text of the length of a name."""
    return short(name, value, at, LONGEST_ID)


def comment(name: str, value: object, at: datetime) -> str | None:
    """A text of any reasonable length."""
    return short(name, value, at, LONGEST_COMMENT)


def descriptor(name: str, value: object, at: datetime) -> str | None:
    """What a data portal wants to know of a sample."""
    return short(name, value, at, LONGEST_DESCRIPTOR)


def short(name: str, value: object, at: datetime, longest: int) -> str | None:
    """A text of a limited length; an empty one is none."""
    if value is None:
        return None
    written = f"{at:%Y-%m-%d %H:%M:%S}" if value == NOW else str(value).strip()
    if len(written) > longest:
        raise BadValue(name, f"{written[:40]}…", f"a text of {longest} characters at most")
    if "\0" in written:
        raise BadValue(name, "\\0", "a text without NUL")
    return written or None


def identifier(name: str, value: object, at: datetime) -> str:
    """A name that must be there."""
    written = short(name, value, at, LONGEST_ID)
    if written is None:
        raise BadValue(name, "", "a name: it can't be empty")
    return written


def number(name: str, value: object, _: datetime) -> float | None:
    """A number; nothing, empty or NaN is a missing one."""
    if value is None or str(value).strip().lower() in ("", "nan", "na"):
        return None
    try:
        return float(str(value))
    except ValueError:
        raise BadValue(name, value, "a number") from None


def measure(name: str, value: object, at: datetime) -> float:
    """A free number; a missing one is NaN. As in tables, nothing is less than all numbers."""
    found = number(name, value, at)
    if found == -inf:
        raise BadValue(name, value, "a number")
    return nan if found is None else found


def within(least: float, most: float) -> Read:
    """A number between two others."""

    def read(name: str, value: object, at: datetime) -> float | None:
        found = number(name, value, at)
        if found is not None and not least <= found <= most:
            raise BadValue(name, value, f"a number between {least:g} and {most:g}")
        return found

    return read


def metres(name: str, value: object, at: datetime) -> float | None:
    """A depth."""
    found = number(name, value, at)
    if found is not None and not isfinite(found):
        raise BadValue(name, value, "a finite number of metres")
    return found


def day(name: str, value: object, at: datetime) -> date | None:
    """A day of the calendar."""
    if value is None or value == "":
        return None
    try:
        return at.date() if value == NOW else datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise BadValue(name, value, "a day such as 2026-06-12") from None


def moment(name: str, value: object, at: datetime) -> time | None:
    """A time of the day, UTC."""
    if value is None or value == "":
        return None
    try:
        found = at.time().replace(microsecond=0) if value == NOW else time.fromisoformat(str(value))
    except ValueError:
        raise BadValue(name, value, "a time such as 09:15:00") from None
    if found.utcoffset():
        raise BadValue(name, value, "a time in UTC, such as 09:15:00")
    return found.replace(tzinfo=None)


# EcoTaxa's name → our column, and what reads its values.
FIXED: dict[Level, dict[str, tuple[str, Read]]] = {
    Level.OBJECT: {
        "orig_id": ("orig_id", identifier),
        "latitude": ("latitude", within(-90, 90)),
        "longitude": ("longitude", within(-180, 180)),
        "depth_min": ("depth_min", metres),
        "depth_max": ("depth_max", metres),
        "objdate": ("object_date", day),
        "objtime": ("object_time", moment),
        "object_link": ("link", link),
        "complement_info": ("comment", comment),
    },
    Level.SAMPLE: {
        "orig_id": ("orig_id", identifier),
        "latitude": ("latitude", within(-90, 90)),
        "longitude": ("longitude", within(-180, 180)),
        "dataportal_descriptor": ("dataportal_descriptor", descriptor),
    },
    Level.ACQUISITION: {"orig_id": ("orig_id", identifier), "instrument": ("instrument", link)},
    Level.PROCESS: {"orig_id": ("orig_id", identifier)},
}
