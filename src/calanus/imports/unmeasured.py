"""Objects that came without measures: which they are, and where their new numbers go."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from calanus.imports import queries
from calanus.imports.headers import FreeColumns
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.projects import service as projects
from calanus.projects.types import ROOM, ProjectRow

MISSING = float("nan")
OBJECTS_A_STEP = 128  # all their images are in memory at once


@dataclass(frozen=True)
class Room:
    """Where the measures of a project go; those for which there is no room are told."""

    kept: list[int]  # which measures, by their place among all
    places: list[int]  # where each goes, 0 for n01
    texts: list[str]  # names that are columns of text in this project
    crowded: list[str]  # names for which no column is left

    def complaints(self) -> list[str]:
        """What a person should know."""
        told: list[str] = []
        if self.texts:
            names = ", ".join(self.texts)
            told.append(f"Not measured, because they are texts in this project: {names}.")
        if self.crowded:
            most, names = ROOM[("object", "n")], ", ".join(self.crowded)
            told.append(f"Not measured, because a project holds {most} numbers at most: {names}.")
        return told


def room_for(columns: FreeColumns, names: Sequence[str]) -> Room:
    """The columns of measures, made where there are none yet."""
    room = Room([], [], [], [])
    for measure, name in enumerate(names):
        if columns.place("object", name) is None and not columns.add("object", name, "n"):
            room.crowded.append(name)
            continue
        code = columns.levels["object"][name]
        if code.startswith("n"):
            room.kept.append(measure)
            room.places.append(int(code[1:]) - 1)
        else:
            room.texts.append(name)
    return room


def make_room(conn: Connection, project: ProjectRow, names: Sequence[str]) -> Room:
    """The same, kept; the caller holds the project."""
    columns = FreeColumns.of(project)
    room = room_for(columns, names)
    if columns.added:
        projects.record_columns(conn, project.project_id, columns.levels, loaded_files=[])
    return room


def count(conn: Connection, project_id: ProjectId, room: Room) -> int:
    """How many objects lack a measure."""
    return queries.count_unmeasured(conn, project_id, [place + 1 for place in room.places])


def following(conn: Connection, project_id: ProjectId, room: Room, *, after: int) -> list[int]:
    """The next objects that lack a measure."""
    places = [place + 1 for place in room.places]
    return queries.unmeasured(conn, project_id, places, after=after, limit=OBJECTS_A_STEP)


def fill(
    conn: Connection,
    project_id: ProjectId,
    room: Room,
    object_ids: Sequence[int],
    measures: NDArray[np.float64],
) -> int:
    """Write what was missing, and nothing over what was there; how many objects changed.

    `measures` has a row for each object and a column for each measure; a row of NaN says nothing.
    """
    numbers = queries.lock_numbers(conn, project_id, object_ids)
    changed: dict[int, list[float]] = {}
    for object_id, measured in zip(object_ids, measures[:, room.kept].tolist(), strict=True):
        if object_id in numbers and not isnan(measured[0]):
            changed[object_id] = filled(numbers[object_id], room.places, measured)
    queries.set_numbers(conn, project_id, changed)
    return len(changed)


def filled(
    before: Sequence[float], places: Sequence[int], measured: Sequence[float]
) -> list[float]:
    """Numbers with their gaps filled, longer where measures lie beyond their end."""
    width = max(len(before), max(places) + 1)
    after = [*before, *[MISSING] * (width - len(before))]
    for place, value in zip(places, measured, strict=True):
        if isnan(after[place]):
            after[place] = value
    return after
