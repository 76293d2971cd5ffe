"""Sums of objects by sample or acquisition, state and taxon (contract 3.7). No database."""

from collections.abc import Iterable, Iterator

from calanus.exports.types import SummaryExportSumOptionsEnum as By

# sample, acquisition, state, taxon, objects
Tally = tuple[str, str, str, str, int]
Row = tuple[str | int, ...]

HEADERS = {
    By.NONE: ["status", "taxonid", "count"],
    By.SAMPLE: ["sampleid", "status", "taxonid", "count"],
    By.ACQUISITION: ["sampleid", "acquisid", "status", "taxonid", "count"],
}


def summed(counted: Iterable[Tally], everything: Iterable[Tally], by: By) -> list[Row]:
    """Objects by unit, state and taxon, in order; what was looked for and absent is zero.

    `everything` is the same set without its filter on taxa: it tells which units were looked at.
    """
    totals: dict[Row, int] = {}
    for *place, taxon, objects in counted:
        key = (*unit(place[0], place[1], by), place[2], taxon)
        totals[key] = totals.get(key, 0) + objects
    if by != By.NONE:
        taxa = sorted({str(key[-1]) for key in totals})
        for place in {(*unit(t[0], t[1], by), t[2]) for t in everything}:
            for key in absences(place, taxa):
                totals.setdefault(key, 0)
    return [(*key, totals[key]) for key in sorted(totals, key=lambda key: [str(k) for k in key])]


def unit(sample: str, acquisition: str, by: By) -> tuple[str, ...]:
    """What a sum is over."""
    return {By.NONE: (), By.SAMPLE: (sample,), By.ACQUISITION: (sample, acquisition)}[by]


def absences(place: tuple[str, ...], taxa: Iterable[str]) -> Iterator[Row]:
    """The taxa that could be at a place: a state goes with a taxon, no state with none."""
    for taxon in taxa:
        if bool(taxon) == bool(place[-1]):
            yield (*place, taxon)
