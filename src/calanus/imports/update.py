"""An update: what known objects and their parents become. Nothing is created, nothing is moved.

Blocks are compared with the project as they come. What differs waits in temporary tables, and is
written in a few statements once all of the package was found right (`apply`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation import service as annotation
from calanus.annotation.types import Operation
from calanus.imports import retelling
from calanus.imports.headers import FreeColumns, Plan
from calanus.imports.queries import updating
from calanus.imports.rows import Complaints, Values
from calanus.imports.types import Acting, Erased, ImportOrder, Kind, Outcome
from calanus.imports.update_parents import Parents
from calanus.imports.values import rendered
from calanus.kit import copy
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.sun import sun_positions
from calanus.projects import service as projects

SEEN_FROM = ("object_lat", "object_lon", "object_date", "object_time")  # what the sun depends on
MOST_NAMES = 20  # of objects that the project does not have
Array = NDArray[Any]


@dataclass
class Present:
    """What the project has of some objects: a column each, changed in place."""

    object_ids: NDArray[np.int64]
    orig_ids: list[str]
    fixed: dict[str, Array]  # by header
    numbers: NDArray[np.float64]  # (objects, columns)
    texts: Array  # (objects, columns)
    suns: list[str]

    @classmethod
    def of(cls, rows: Sequence[Any], numbers: int, texts: int) -> "Present":
        """Rows of the database; free columns are as many as the project has by now."""

        def floats(name: str) -> Array:
            return np.array([getattr(row, name) for row in rows], dtype=np.float64)

        def words(name: str) -> Array:
            return np.array([getattr(row, name) for row in rows], dtype=object)

        days = [np.datetime64("NaT") if row.day is None else row.day for row in rows]
        return cls(
            object_ids=np.array([row.object_id for row in rows], dtype=np.int64),
            orig_ids=[row.orig_id for row in rows],
            fixed={
                "object_lat": floats("latitude"),
                "object_lon": floats("longitude"),
                "object_depth_min": floats("depth_min"),
                "object_depth_max": floats("depth_max"),
                "object_date": np.array(days, dtype="datetime64[D]"),
                "object_time": np.array([-1 if r.moment is None else r.moment for r in rows]),
                "object_link": words("link"),
                "complement_info": words("comment"),
            },
            numbers=padded([row.numbers for row in rows], numbers, np.nan, np.float64),
            texts=padded([row.texts for row in rows], texts, None, object),
            suns=[row.sun_position for row in rows],
        )

    def see(self) -> Array:
        """Tell anew where the sun stood; for which objects that changed."""
        of = self.fixed
        suns = sun_positions(
            of["object_date"], of["object_time"], of["object_lat"], of["object_lon"]
        )
        moved = np.array([new != old for new, old in zip(suns, self.suns, strict=True)], dtype=bool)
        self.suns = suns
        return moved

    def copied(self, chosen: Array) -> list[copy.Column]:
        """Some of the objects, to be sent to the database."""
        places = np.flatnonzero(chosen)
        of = {header: column[places] for header, column in self.fixed.items()}

        def floats(header: str) -> copy.Column:
            return copy.float8(of[header], np.isnan(of[header]))

        return [
            copy.int8(self.object_ids[places]),
            floats("object_lat"),
            floats("object_lon"),
            floats("object_depth_min"),
            floats("object_depth_max"),
            copy.date(of["object_date"]),
            copy.time(of["object_time"], of["object_time"] < 0),
            copy.text([self.suns[place] for place in places.tolist()]),
            copy.text(of["object_link"].tolist()),
            copy.text(of["complement_info"].tolist()),
            copy.float8_array(self.numbers[places]),
            copy.text_array([texts or None for texts in self.texts[places].tolist()]),
        ]


def padded(rows: Sequence[Sequence[Any]], width: int, empty: Any, kind: Any) -> Array:
    """Rows as one matrix; those that end early go on empty."""
    width = max(width, max(map(len, rows), default=0))
    matrix = np.full((len(rows), width), empty, dtype=kind)
    for row, values in zip(matrix, rows, strict=True):
        row[: len(values)] = values
    return matrix


def missing(column: Array) -> Array:
    """Where a column holds nothing."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind == "M":
        return np.isnat(column)
    if column.dtype.kind == "i":
        return column < 0
    return np.array([value is None for value in column], dtype=bool)


def told_columns(values: Values) -> dict[str, Array]:
    """What rows say in the columns that everybody knows, by header."""
    return {
        "object_lat": values.latitudes,
        "object_lon": values.longitudes,
        "object_depth_min": values.depths[0],
        "object_depth_max": values.depths[1],
        "object_date": values.days.astype("datetime64[D]"),
        "object_time": values.moments,
        "object_link": np.array(values.links, dtype=object),
        "complement_info": np.array(values.comments, dtype=object),
    }


@dataclass
class Update:
    """What a package changes in a project, gathered block by block."""

    conn: Connection
    acting: Acting
    order: ImportOrder
    columns: FreeColumns
    log: Callable[[str, str], None]  # a sentence with a gap, and what stands in it
    outcome: Outcome = field(default_factory=Outcome)
    elsewhere: int = 0  # objects that the table puts under other parents than they have
    placed: bool = False  # whether positions, days or times are told
    _known: list[NDArray[np.int64]] = field(default_factory=list[Any])
    _unknown: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        updating.make_stage(self.conn)
        annotation.begin_telling(self.conn)
        self.parents = Parents(self.conn, self.acting.project_id, self.outcome, self.columns)

    def read_block(self, complaints: Complaints, plan: Plan, values: Values) -> None:
        """Compare some rows with what they name; of an object named twice the last row counts."""
        last = checked_rows(complaints, values.orig_ids)
        found = {
            row.orig_id: row
            for row in updating.present(
                self.conn, self.acting.project_id, list(last), lock=not self.order.dry_run
            )
        }
        self.note_unknown([name for name in last if name not in found])
        under = self.parents.read_block(complaints, plan)
        known = {name: place for name, place in last.items() if name in found}
        if not known:
            return
        rows = [found[name] for name in known]
        places = list(known.values())
        self._known.append(np.array([row.object_id for row in rows], dtype=np.int64))
        if under:
            self.elsewhere += sum(
                1
                for row, place in zip(rows, places, strict=True)
                if under[place] not in (None, row.acquisition_id)
            )
        told = values.take(places)
        lines = [complaints.block.first_line + place for place in places]
        where = retelling.Where(complaints.file, lines)
        self.change_values(rows, told, plan, where)
        if self.order.identifies:
            retelling.retell(
                self.conn, rows, told, plan, where, self.acting, self.outcome, self.log
            )

    def change_values(
        self, rows: list[Any], told: Values, plan: Plan, where: "retelling.Where"
    ) -> None:
        """Put what is told in the place of what is there; keep aside the objects that differ."""
        width = self.columns.width
        present = Present.of(rows, width("object", "n"), width("object", "t"))
        changed = np.zeros(len(rows), dtype=bool)
        for header, new in told_columns(told).items():
            if header in plan.known:
                changed |= self.change(present, header, present.fixed[header], new, where)
        for column, (header, place) in enumerate(plan.numbers(self.columns)):
            new = told.numbers[:, column]
            changed |= self.change(present, header, present.numbers[:, place], new, where)
        for column, (header, place) in enumerate(plan.texts(self.columns)):
            new = np.array(told.texts[column], dtype=object)
            changed |= self.change(present, header, present.texts[:, place], new, where)
        if plan.known.intersection(SEEN_FROM):
            self.placed = True
            changed |= present.see()
        if changed.any():
            updating.stage_values(
                self.conn, present.object_ids[changed].tolist(), present.copied(changed)
            )
            for place in np.flatnonzero(changed).tolist():
                self.log("Updating object {}", present.orig_ids[place])

    def change(
        self, present: Present, header: str, old: Array, new: Array, where: "retelling.Where"
    ) -> Array:
        """One column, in place; where it differs. What is erased is noted."""
        gone = missing(new)
        differs = np.asarray(old != new, dtype=bool) & ~(gone & missing(old))
        erased = np.flatnonzero(differs & gone).tolist()
        for place in erased:
            shown = spoken(header, old[place])
            self.outcome.erase(
                Erased(where.file, where.lines[place], present.orig_ids[place], header, shown)
            )
        old[differs] = new[differs]
        return differs

    def note_unknown(self, names: Sequence[str]) -> None:
        """Objects that the project does not have: nothing happens to them, and that is told."""
        level = self.outcome.levels["object"]
        for name in names:
            if name not in self._unknown:
                self.log("Object {} not found while updating", name)
        self._unknown.update(names)
        level.unknown = len(self._unknown)
        level.first_unknown = (level.first_unknown + list(names))[:MOST_NAMES]

    def settle(self) -> Outcome:
        """The whole of it, once all tables are read."""
        self.parents.settle(self.log)
        changed, identified = updating.count_changed(self.conn)
        ids = np.unique(np.concatenate(self._known)) if self._known else ()
        objects = self.outcome.levels["object"]
        objects.changed, objects.unchanged = changed, len(ids) - changed
        if self.order.identifies:
            level = self.outcome.levels["identification"]
            level.changed, level.unchanged = identified, len(ids) - identified
        return self.outcome

    def moved_meanwhile(self) -> bool:
        """Whether somebody identified some of the objects since they were compared.

        All of them are held from here on; comparing again will do.
        """
        return bool(annotation.lock_told(self.conn, self.acting.project_id))

    def apply(self, tables: Sequence[str]) -> None:
        """Write all that was kept aside, in the caller's transaction."""
        project_id = self.acting.project_id
        projects.lock(self.conn, project_id)
        under = annotation.begin(
            self.conn, project_id, Operation.UPDATE, by=self.acting.user, at=self.acting.at
        )
        identified = annotation.record_told(self.conn, under=under)
        updating.write_values(self.conn, project_id)
        updating.write_parents(self.conn, project_id)
        if self.placed:
            samples = updating.moved_samples(self.conn, project_id)
            objects.place_samples(self.conn, project_id, samples)
        projects.record_columns(self.conn, project_id, self.columns.levels, loaded_files=[])
        changed = {name: level.changed for name, level in self.outcome.levels.items()}
        record = {"tables": list(tables[:1000]), "changed": changed}
        annotation.close(self.conn, under, objects=identified, record=record)


def checked_rows(complaints: Complaints, names: list[str]) -> dict[str, int]:
    """The last row of each object. Rows without object, and rows that stand twice, are told."""
    images = complaints.block.texts("img_file_name")
    last: dict[str, int] = {}
    for place, (name, image) in enumerate(zip(names, images, strict=True)):
        if not name:
            complaints.add(Kind.NO_OBJECT_ID, place, "object_id", "", "the row has no object_id.")
            continue
        last[name] = place
        if image:
            line = complaints.block.first_line + place
            before = complaints.told.rows.setdefault((name, image), line)
            if before != line:
                reason = (
                    f"this object with the image {rendered(image)} stands on line {before} already."
                )
                complaints.add(Kind.DUPLICATE, place, "object_id", image, reason)
    return last


def spoken(header: str, value: Any) -> str:
    """A value as a table would say it."""
    if header == "object_time":
        seconds = int(value) // 1_000_000
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
