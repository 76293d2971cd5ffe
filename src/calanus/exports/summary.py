"""Sums of objects by sample or acquisition, state and taxon (contract 3.7). No database."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calanus.exports.quantities import Cells
from calanus.exports.types import Quantity, Recast
from calanus.exports.types import SummaryExportSumOptionsEnum as By

Number = int | float
Key = tuple[str, ...]  # unit (none, sample, or sample and acquisition), state, taxon
Row = tuple[str | Number, ...]

UNITS = {By.NONE: (), By.SAMPLE: ("sampleid",), By.ACQUISITION: ("sampleid", "acquisid")}
HEADERS = {
    Quantity.ABUNDANCE: "count",
    Quantity.CONCENTRATION: "concentration",
    Quantity.BIOVOLUME: "biovolume",
}


@dataclass(frozen=True)
class Names:
    """What is written for the ids of a project."""

    samples: Mapping[int, str]
    acquisitions: Mapping[int, str]
    taxa: Mapping[int, str]  # 0: nothing


@dataclass
class Sums:
    """Sums under way, project by project."""

    by: By
    quantities: Sequence[Quantity]
    totals: dict[Key, list[list[float]]] = field(default_factory=dict[Key, list[list[float]]])
    order: dict[Key, int] = field(default_factory=dict[Key, int])  # the taxon, by its number
    places: set[Key] = field(default_factory=set[Key])  # units and states that were looked at

    def header(self) -> list[str]:
        """The first line."""
        return [*UNITS[self.by], "status", "taxonid", *[HEADERS[q] for q in self.quantities]]

    def add(self, cells: Cells, names: Names) -> None:
        """Objects of a project, or groups of them."""
        ids = np.stack([self.unit_ids(cells), cells.states, cells.taxon_ids], axis=1)
        found, inverse = np.unique(ids, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
        sort = np.argsort(inverse, kind="stable")
        ends = np.searchsorted(inverse[sort], np.arange(1, len(found)))
        first = sort[np.concatenate([[0], ends])] if len(found) else sort
        parts = [np.split(values[sort], ends) for values in cells.values]
        for i, line in enumerate(first.tolist()):
            key = self.key(cells, line, names)
            held = self.totals.setdefault(key, [[] for _ in self.quantities])
            for values, part in zip(held, parts, strict=True):
                values.append(total(part[i].tolist()))
            self.order.setdefault(key, int(cells.taxon_ids[line]))

    def look_at(self, cells: Cells, names: Names) -> None:
        """Where objects were looked for, whatever their taxon: a taxon absent there is zero."""
        ids = np.stack([self.unit_ids(cells), cells.states], axis=1)
        _, lines = np.unique(ids, axis=0, return_index=True)
        self.places |= {self.key(cells, line, names)[:-1] for line in lines.tolist()}

    def unit_ids(self, cells: Cells) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The ids of what a sum is over."""
        return {
            By.NONE: np.zeros_like(cells.sample_ids),
            By.SAMPLE: cells.sample_ids,
            By.ACQUISITION: cells.acquisition_ids,
        }[self.by]

    def key(self, cells: Cells, line: int, names: Names) -> Key:
        """What a line is written under."""
        sample = names.samples.get(int(cells.sample_ids[line]), "")
        acquisition = names.acquisitions.get(int(cells.acquisition_ids[line]), "")
        unit = {By.NONE: (), By.SAMPLE: (sample,), By.ACQUISITION: (sample, acquisition)}[self.by]
        code, taxon = int(cells.states[line]), int(cells.taxon_ids[line])
        return (*unit, chr(code) if code else "", names.taxa.get(taxon, str(taxon)))

    def rows(self) -> Iterator[Row]:
        """The lines in order, zeros among them."""
        whole = [quantity == Quantity.ABUNDANCE for quantity in self.quantities]
        taxa = sorted({key[-1] for key in self.totals})
        absent = [key for place in self.places for key in absences(place, taxa)]
        for key in self.sorted({*self.totals, *absent} if self.by != By.NONE else self.totals):
            held = self.totals.get(key)
            if held is None:
                yield (*key, *[0 for _ in whole])
                continue
            values = [total(parts) for parts in held]
            yield (*key, *[int(v) if w else v for v, w in zip(values, whole, strict=True)])

    def sorted(self, keys: Iterable[Key]) -> list[Key]:
        """By columns; a whole without counts by the number of the taxon, then by state."""
        if self.by == By.NONE and Quantity.ABUNDANCE not in self.quantities:
            return sorted(keys, key=lambda key: (self.order[key], key))
        return sorted(keys)


def total(values: Sequence[float]) -> float:
    """A sum, exactly rounded whatever the order; nan if any value is."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # beyond any number, or infinities of both signs
        return float(np.sum(np.array(values)))


def absences(place: Key, taxa: Iterable[str]) -> Iterator[Key]:
    """The taxa that could be at a place: a state goes with a taxon, no state with none."""
    for taxon in taxa:
        if bool(taxon) == bool(place[-1]):
            yield (*place, taxon)


def recast(cells: Cells, by: Recast | None) -> Cells:
    """Cells whose taxa are written as others; what is dropped or has no taxon is left out.

    A recast that changes no taxon changes nothing.
    """
    moves = by.moves() if by else {}
    if not moves:
        return cells
    taxa, inverse = np.unique(cells.taxon_ids, return_inverse=True)
    written = np.array([moves.get(taxon, taxon) or 0 for taxon in taxa.tolist()], np.int64)
    taxon_ids = written[inverse] if len(taxa) else cells.taxon_ids
    kept = taxon_ids != 0
    return Cells(
        cells.sample_ids[kept],
        cells.acquisition_ids[kept],
        taxon_ids[kept],
        cells.states[kept],
        [values[kept] for values in cells.values],
    )
