"""Samples, acquisitions and processes as tables, and changes of them and of objects from tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calanus.client.errors import Invalid, Unknown
from calanus.client.frames import columns_of, ids_of
from calanus.client.wire import Wire

if TYPE_CHECKING:
    import polars

# Plain words, and what the server calls them.
WORDS: Mapping[str, Mapping[str, str]] = {
    "object": {
        "name": "orig_id",
        "latitude": "latitude",
        "longitude": "longitude",
        "depth_min": "depth_min",
        "depth_max": "depth_max",
        "date": "objdate",
        "time": "objtime",
        "link": "object_link",
        "comment": "complement_info",
    },
    "sample": {
        "name": "orig_id",
        "latitude": "latitude",
        "longitude": "longitude",
        "dataportal_descriptor": "dataportal_descriptor",
    },
    "acquisition": {"name": "orig_id", "instrument": "instrument"},
    "process": {"name": "orig_id"},
}
FREE = {
    "object": "obj_free_cols",
    "sample": "sample_free_cols",
    "acquisition": "acquisition_free_cols",
    "process": "process_free_cols",
}
# Columns of frames that say where a row belongs, and are never changed.
READ_ONLY = frozenset({"object_id", "sample_id", "acquisition_id", "process_id", "sample"})
Cells = tuple[tuple[str, Any], ...]  # columns and the values they get


def table(wire: Wire, project_id: int, level: str) -> "polars.DataFrame":
    """All samples, acquisitions or processes of a project, with their free columns."""
    import polars as pl

    told = wire.get(f"/projects/{project_id}/levels/{level}")
    numbers = ("latitude", "longitude")
    columns = {f"{level}_id": pl.Series(told["ids"], dtype=pl.Int64)}
    for name, values in told["columns"].items():
        if name.endswith("_id") and name in READ_ONLY:
            columns[name] = pl.Series(values, dtype=pl.Int64)
        else:
            kind = pl.Float64 if name in numbers and name not in told["free"] else pl.String
            columns[name] = pl.Series(values, dtype=kind)
    return pl.DataFrame(columns)


def changes(
    described: Mapping[str, Any], level: str, frame: Any, present: "polars.DataFrame | None" = None
) -> dict[Cells, list[int]]:
    """What a table changes: the rows that get the same values together, so that few orders do.

    With what is there at `present`, only what differs.

    Raises:
        Unknown: a column that cannot be changed, or that there is not.
    """
    given = columns_of(frame)
    key = f"{level}_id"
    ids = ids_of(given, key)
    wanted = {name: word(described, level, name) for name in given if name not in READ_ONLY}
    if not wanted:
        raise Invalid(f"This table holds no column to change beside {key}.")
    before = rows_by_id(present, key)
    unknown = [one for one in ids if present is not None and one not in before]
    if unknown:
        raise Unknown(f"{level} of this project with the id", unknown[0])
    grouped: dict[Cells, list[int]] = {}
    for row, one in enumerate(ids):
        was = before.get(one, {})
        cells = tuple(
            (wire_name, given[name][row])
            for name, wire_name in wanted.items()
            if name not in was or was[name] != given[name][row]
        )
        if cells:
            grouped.setdefault(cells, []).append(one)
    return grouped


def word(described: Mapping[str, Any], level: str, name: str) -> str:
    """A column as the server calls it."""
    fixed, free = WORDS[level], described[FREE[level]]
    if name in fixed:
        return fixed[name]
    bare = name.removeprefix("fre." if level == "object" else f"{level}.")
    if bare not in free:
        advice = "Leave it out; classify(…) gives objects their taxa and states."
        raise Unknown("column to change", name, [*fixed, *free], advice)
    return bare


def rows_by_id(frame: "polars.DataFrame | None", key: str) -> dict[int, dict[str, Any]]:
    """The rows of a frame, by the ids in it."""
    return {} if frame is None else {row[key]: row for row in frame.iter_rows(named=True)}


def update(wire: Wire, level: str, grouped: Mapping[Cells, Sequence[int]]) -> int:
    """Carry changes out, one order for each group; how many rows were touched."""
    path = f"/{level}_set/update"
    touched = 0
    for cells, ids in grouped.items():
        updates = [{"ucol": name, "uval": value} for name, value in cells]
        touched += wire.call("POST", path, {"target_ids": list(ids), "updates": updates})
    return touched
