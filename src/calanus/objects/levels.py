"""Samples, acquisitions and processes as tables: all of a project, a list for each column.

A free column that is called as one that everybody has gets its level before its name.
"""

from collections.abc import Sequence
from typing import Any, Literal

from calanus.kit.db import Connection
from calanus.objects import queries
from calanus.objects.types import AcquisitionRecord, ProcessRecord, SampleRecord
from calanus.projects.types import Project

ParentLevel = Literal["sample", "acquisition", "process"]
Record = SampleRecord | AcquisitionRecord | ProcessRecord
NAMED = {"name": "orig_id"}


def table(conn: Connection, project: Project, level: ParentLevel) -> dict[str, Any]:
    """All rows of a level: ids, and columns by their names."""
    if level == "sample":
        rows: Sequence[Record] = queries.samples(conn, [project.project_id], "%")
        fixed = ("name", "latitude", "longitude", "dataportal_descriptor")
        free = project.sample_columns
    elif level == "acquisition":
        rows = queries.acquisitions(conn, project.project_id)
        fixed = ("name", "sample_id", "instrument")
        free = project.acquisition_columns
    else:
        rows = queries.processes(conn, project.project_id)
        fixed = ("name", "acquisition_id")
        free = project.process_columns
    key = "sample_id" if level == "sample" else "acquisition_id"
    columns = {name: [getattr(r, NAMED.get(name, name)) for r in rows] for name in fixed}
    freely = {named(name, level, fixed): texts(rows, code) for name, code in free.items()}
    return {
        "ids": [getattr(row, key) for row in rows],
        "columns": columns | freely,
        "free": [*freely],
    }


def named(name: str, level: str, fixed: Sequence[str]) -> str:
    """A free column, told apart from one that everybody has."""
    return f"{level}.{name}" if name in fixed or name == f"{level}_id" else name


def texts(rows: Sequence[Record], code: str) -> list[str | None]:
    """One free column; rows that were loaded before it have nothing there."""
    place = int(code[1:]) - 1
    return [row.texts[place] if place < len(row.texts) else None for row in rows]
