"""Samples, acquisitions and processes as a package tells them anew; the last row that does wins."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from calanus.imports.headers import FreeColumns, Plan
from calanus.imports.queries import acquisitions, samples, updating
from calanus.imports.register import dummy
from calanus.imports.rows import Complaints, texts_of
from calanus.imports.types import Erased, Outcome
from calanus.kit import copy
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId

LEVELS = ("sample", "acquisition", "process")
FIXED = {  # the one column of each level that is no free one
    "sample": "sample_dataportal_descriptor",
    "acquisition": "acq_instrument",
    "process": "process_id",
}
MOST_NAMES = 20
TOGETHER = 5_000  # parents


class Said(NamedTuple):
    """A cell that describes a parent, and where it stands."""

    cell: str | None
    file: str
    line: int


@dataclass
class Parents:
    """The parents that a project has, and what a package says of them."""

    conn: Connection
    project_id: ProjectId
    outcome: Outcome
    columns: FreeColumns
    said: dict[str, dict[int, dict[str, Said]]] = field(
        default_factory=lambda: {level: {} for level in LEVELS}
    )

    def __post_init__(self) -> None:
        self.samples = {name: i for i, name in samples(self.conn, self.project_id)}
        self.acquisitions: dict[tuple[int, str], int] = {}
        self.bearing: dict[str, list[int]] = {}  # acquisitions by name
        for acquisition_id, sample_id, name in acquisitions(self.conn, self.project_id):
            key = "" if name == dummy(sample_id) else name
            self.acquisitions[(sample_id, key)] = acquisition_id
            self.bearing.setdefault(key, []).append(acquisition_id)
        self._unknown: dict[str, set[str]] = {level: set() for level in LEVELS}

    def read_block(self, complaints: Complaints, plan: Plan) -> list[int | None]:
        """Note what some rows say of their parents; the acquisition of each row, where it is told.

        Nothing is returned for tables that name no parents.
        """
        if not plan.known & {"sample_id", "acq_id"}:
            return []
        headers = {level: self.headers(plan, level) for level in LEVELS}
        cells = {h: texts_of(complaints, h) for level in LEVELS for h in headers[level]}
        names = zip(
            complaints.block.texts("sample_id"), complaints.block.texts("acq_id"), strict=True
        )
        keys = list(names)
        last = {key: place for place, key in enumerate(keys)}
        found: dict[tuple[str, str], int | None] = {}
        for key, place in sorted(last.items(), key=lambda item: item[1]):
            sample, acquisition = self.find(*key, plan=plan)
            found[key] = acquisition if "acq_id" in plan.known else None
            line = complaints.block.first_line + place
            for level, parent in zip(LEVELS, (sample, acquisition, acquisition), strict=True):
                if parent is not None:
                    self.said[level].setdefault(parent, {}).update(
                        {h: Said(cells[h][place], complaints.file, line) for h in headers[level]}
                    )
        return [found[key] for key in keys]

    def headers(self, plan: Plan, level: str) -> list[str]:
        """The headers that describe a level in a table."""
        fixed = FIXED[level]
        return [*([fixed] if fixed in plan.known else []), *(h for h, _ in plan.free[level])]

    def find(self, sample: str, acquisition: str, *, plan: Plan) -> tuple[int | None, int | None]:
        """The sample and the acquisition of these names, where the project has them.

        Without a sample an acquisition is found by its name alone, if only one bears it.
        """
        sample_id = self.samples.get(sample or dummy(self.project_id))
        found = None if sample_id is None else self.acquisitions.get((sample_id, acquisition))
        if found is None and acquisition and not sample:
            bearing = self.bearing.get(acquisition, [])
            found = bearing[0] if len(bearing) == 1 else None
        if sample and sample_id is None:
            self.note_unknown("sample", sample)
        if acquisition and found is None:
            self.note_unknown("acquisition", acquisition)
        named = sample_id if "sample_id" in plan.known else None
        return named, found if "acq_id" in plan.known else None

    def note_unknown(self, level: str, name: str) -> None:
        """A parent that the project does not have: nothing happens to it, and that is told."""
        if name not in self._unknown[level]:
            self._unknown[level].add(name)
            told = self.outcome.levels[level]
            told.unknown += 1
            told.first_unknown = [*told.first_unknown, name][:MOST_NAMES]

    def settle(self, log: Callable[[str, str], None]) -> None:
        """Compare all parents with what is said of them, and keep aside those that differ."""
        for level in LEVELS:
            for name in sorted(self._unknown[level]):
                log(f"{level.capitalize()} {{}} not found while updating", name)
            for ids in chunks(sorted(self.said[level])):
                self.settle_some(level, ids, log)

    def settle_some(self, level: str, ids: list[int], log: Callable[[str, str], None]) -> None:
        """Some parents of one level."""
        changed: list[tuple[int, str | None, list[str | None]]] = []
        for parent, name, fixed, texts in updating.parents(self.conn, self.project_id, level, ids):
            after = self.after(level, parent, name, fixed, texts)
            if after == (fixed, texts):
                self.outcome.levels[level].unchanged += 1
            else:
                changed.append((parent, *after))
                self.outcome.levels[level].changed += 1
                log(f"Updating {level} {{}}", name)
        if changed:
            updating.stage_parents(
                self.conn,
                [
                    copy.text([level] * len(changed)),
                    copy.int8([parent for parent, _, _ in changed]),
                    copy.text([fixed for _, fixed, _ in changed]),
                    copy.text_array([texts for _, _, texts in changed]),
                ],
            )

    def after(
        self, level: str, parent: int, name: str, fixed: str | None, texts: list[str | None]
    ) -> tuple[str | None, list[str | None]]:
        """What a parent becomes: its one fixed column, and its free ones."""
        said = self.said[level][parent]
        becomes = list(texts)
        for header, cell in said.items():
            if header == FIXED[level]:
                before, after = fixed, cell.cell
                if level == "process":  # its name is needed: without one it is that of a dummy
                    before = None if fixed == dummy(parent) else fixed
                    fixed = after or dummy(parent)
                else:
                    fixed = after
            else:
                place = self.place(level, header)
                becomes += [None] * (place + 1 - len(becomes))
                before, after = becomes[place], cell.cell
                becomes[place] = after
            if before is not None and after is None:
                self.outcome.erase(Erased(cell.file, cell.line, name, header, before))
        while len(becomes) > len(texts) and becomes[-1] is None:
            becomes.pop()  # a column that stays empty does not make a difference
        return fixed, becomes

    def place(self, level: str, header: str) -> int:
        """Where a free column stands, 0 for t01."""
        code = self.columns.place(level, header.partition("_")[2])
        assert code is not None
        return int(code[1:]) - 1


def chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """So many at a time."""
    for start in range(0, len(ids), TOGETHER):
        yield list(ids[start : start + TOGETHER])
