"""What the cells of a block of rows say of their objects, checked column by column."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from calanus.imports import values
from calanus.imports.headers import FreeColumns, Plan
from calanus.imports.mistakes import Told
from calanus.imports.names import Names
from calanus.imports.types import ImportProblem, Kind
from calanus.kit.tsv import Block

Column = TypeVar("Column")
Floats = NDArray[np.float64]

LONGEST_ID = 255
LONGEST_TEXT = 250
LONGEST = {
    "object_link": LONGEST_ID,
    "acq_instrument": LONGEST_ID,
    "sample_dataportal_descriptor": 8000,
    "complement_info": 1_000_000,
    "sample_id": LONGEST_ID,
    "acq_id": LONGEST_ID,
    "process_id": LONGEST_ID,
}
LAST_RANK = 32_767
TOLD_EACH_TIME = frozenset({Kind.BAD_LATITUDE})  # as in EcoTaxa; other bad cells once a table


@dataclass(frozen=True)
class Values:
    """What rows say of their objects, a column each; taxa and people by id, or by unknown name."""

    orig_ids: list[str]
    latitudes: Floats
    longitudes: Floats
    depths: Floats  # (2, rows): from, to
    days: NDArray[np.datetime64]
    moments: NDArray[np.int64]
    links: list[str | None]
    comments: list[str | None]
    states: list[str | None]
    taxa: list[int | str | None]
    people: list[int | str | None]
    identified: NDArray[np.datetime64]
    numbers: Floats  # (rows, columns present)
    number_places: list[int]
    texts: list[list[str | None]]  # (columns present, rows)
    text_places: list[int]

    def __len__(self) -> int:
        return len(self.orig_ids)

    def take(self, places: Sequence[int]) -> "Values":
        """The same of some rows only."""
        if len(places) == len(self):
            return self

        def some(column: list[Any]) -> list[Any]:
            return [column[place] for place in places]

        chosen = np.array(places, dtype=np.intp)
        return replace(
            self,
            orig_ids=some(self.orig_ids),
            latitudes=self.latitudes[chosen],
            longitudes=self.longitudes[chosen],
            depths=self.depths[:, chosen],
            days=self.days[chosen],
            moments=self.moments[chosen],
            links=some(self.links),
            comments=some(self.comments),
            states=some(self.states),
            taxa=some(self.taxa),
            people=some(self.people),
            identified=self.identified[chosen],
            numbers=self.numbers[chosen],
            texts=[some(column) for column in self.texts],
        )


@dataclass
class Complaints:
    """What is wrong in a block, gathered while its columns are read."""

    file: str
    block: Block
    told: Told = field(default_factory=Told)  # of the whole table
    found: list[ImportProblem] = field(default_factory=list[ImportProblem])

    def add(self, kind: Kind, place: int, column: str, value: str, reason: str) -> None:
        """One cell."""
        line = self.block.first_line + place
        self.found.append(ImportProblem(kind, reason, self.file, line, column, value))

    def once(self, kind: Kind, place: int, column: str, value: str, reason: str) -> None:
        """One cell, told on the first of the lines that say the same."""
        if place not in self.block.extra and self.told.first((kind, column, value)):
            self.add(kind, place, column, value, reason)

    def keep(self, read: tuple[Column, list[int]], kind: Kind, column: str, wanted: str) -> Column:
        """The values of a column, once what is wrong with them is noted."""
        good, bad = read
        tell = self.add if kind in TOLD_EACH_TIME else self.once
        for place in bad:
            cell = self.block.columns[column][place].strip()
            tell(kind, place, column, cell, f"{values.rendered(cell)} {wanted}")
        return good

    def short(self, column: str, cells: list[str], longest: int) -> list[str]:
        """The texts of a column, once those that are too long are noted."""
        if max(map(len, cells), default=0) > longest:
            for place, cell in enumerate(cells):
                if len(cell) > longest:
                    reason = f"the text has {len(cell)} characters; {longest} are kept at most."
                    self.add(Kind.TOO_LONG, place, column, cell[:60], reason)
        return cells


def read_values(complaints: Complaints, plan: Plan, columns: FreeColumns, names: Names) -> Values:
    """All that the rows of a block say of their objects."""
    block = complaints.block
    days, moments = read_moment(complaints, "object_date", "object_time")
    states, taxa, people = read_identification(complaints, names)
    numbers = plan.numbers(columns)
    texts = plan.texts(columns)
    return Values(
        orig_ids=complaints.short("object_id", block.texts("object_id"), LONGEST_ID),
        latitudes=complaints.keep(
            values.latitudes(block.texts("object_lat")),
            Kind.BAD_LATITUDE,
            "object_lat",
            "is not a latitude between -90 and 90 (43.685, or 43°41 6).",
        ),
        longitudes=complaints.keep(
            values.longitudes(block.texts("object_lon")),
            Kind.BAD_LONGITUDE,
            "object_lon",
            "is not a longitude between -180 and 180 (7.3157, or 7°18 56).",
        ),
        depths=np.stack([number(complaints, f"object_depth_{end}") for end in ("min", "max")]),
        days=days,
        moments=moments,
        links=texts_of(complaints, "object_link"),
        comments=texts_of(complaints, "complement_info"),
        states=states,
        taxa=taxa,
        people=people,
        identified=identification_moments(complaints),
        numbers=matrix(complaints, [header for header, _ in numbers]),
        number_places=[place for _, place in numbers],
        texts=[texts_of(complaints, header) for header, _ in texts],
        text_places=[place for _, place in texts],
    )


def matrix(complaints: Complaints, headers: Sequence[str]) -> Floats:
    """Several columns of numbers, side by side."""
    read = np.empty((complaints.block.rows, len(headers)))
    for place, header in enumerate(headers):
        read[:, place] = number(complaints, header)
    return read


def number(complaints: Complaints, header: str) -> Floats:
    """A column of numbers; one that is absent is missing everywhere."""
    block = complaints.block
    if header not in block.columns:
        return np.full(block.rows, np.nan)
    read, unsure = block.numbers(header)
    bad: list[int] = []
    if unsure:
        read[unsure], wrong = values.numbers(block.cells(header, unsure))
        bad = [unsure[place] for place in wrong]
    return complaints.keep((read, bad), Kind.BAD_NUMBER, header, "is not a number.")


def texts_of(complaints: Complaints, header: str) -> list[str | None]:
    """A column of texts, None where empty."""
    if header not in complaints.block.columns:
        return [None] * complaints.block.rows
    longest = LONGEST.get(header, LONGEST_TEXT)
    return values.texts(complaints.short(header, complaints.block.texts(header), longest))


def read_moment(
    complaints: Complaints, date: str, time: str
) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """A column of days and the one of times beside it."""
    days = complaints.keep(
        values.dates(complaints.block.texts(date)),
        Kind.BAD_DATE,
        date,
        "is not a day of the calendar (20230612, or 2023-06-12).",
    )
    moments = complaints.keep(
        values.times(complaints.block.texts(time)),
        Kind.BAD_TIME,
        time,
        "is not a time of the day (091500, or 09:15:00).",
    )
    return days, moments


def identification_moments(complaints: Complaints) -> NDArray[np.datetime64]:
    """When people identified; midnight where only the day is told."""
    days, moments = read_moment(complaints, "object_annotation_date", "object_annotation_time")
    since = np.where(moments < 0, 0, moments).astype("timedelta64[us]")
    return days.astype("datetime64[us]") + since


def read_identification(
    complaints: Complaints, names: Names
) -> tuple[list[str | None], list[int | str | None], list[int | str | None]]:
    """States, taxa and people; a state needs a taxon, and a taxon a state."""
    block = complaints.block
    status = block.texts("object_annotation_status")
    states = complaints.keep(
        values.states(status),
        Kind.BAD_STATUS,
        "object_annotation_status",
        "is no state: predicted, validated, dubious, discarded or empty.",
    )
    ids = complaints.keep(
        values.column(
            block.texts("object_annotation_category_id"),
            lambda cell: values.whole(cell) if cell else np.nan,
            np.nan,
        ),
        Kind.BAD_NUMBER,
        "object_annotation_category_id",
        "is not the number of a taxon.",
    )
    written = block.texts("object_annotation_category")
    check_both(complaints, status, states, written, ids)
    taxa = names.taxa(complaints, states, written, ids)
    people = names.people(
        complaints,
        block.texts("object_annotation_person_name"),
        block.texts("object_annotation_person_email"),
    )
    return states, taxa, people


def check_both(
    complaints: Complaints,
    status: list[str],
    states: list[str | None],
    written: list[str],
    ids: Floats,
) -> None:
    """A state without taxon says too little, a taxon without state as well."""
    has_id = (~np.isnan(ids)).tolist()
    for place, (state, name, by_id) in enumerate(zip(states, written, has_id, strict=True)):
        if state and not name and not by_id:
            reason = f"{values.rendered(status[place])} needs a taxon, and none is given."
            complaints.add(
                Kind.STATUS_WITHOUT_TAXON, place, "object_annotation_status", status[place], reason
            )
        elif (name or by_id) and not status[place]:
            told = name or f"{ids[place]:.0f}"
            reason = f"{values.rendered(told)} needs a state (object_annotation_status)."
            complaints.add(
                Kind.TAXON_WITHOUT_STATUS, place, "object_annotation_category", told, reason
            )


def read_ranks(complaints: Complaints) -> list[int | None]:
    """The ranks of images, None where the next free one will do."""

    def rank(cell: str) -> float:
        wanted = values.whole(cell) if cell else -1
        if cell and not 0 <= wanted <= LAST_RANK:
            raise ValueError(cell)
        return wanted

    ranks = complaints.keep(
        values.column(complaints.block.texts("img_rank"), rank, -1),
        Kind.BAD_NUMBER,
        "img_rank",
        f"is not a rank between 0 and {LAST_RANK}.",
    )
    return [None if value < 0 else int(value) for value in ranks.tolist()]
