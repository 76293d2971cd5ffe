"""Who teaches and by what: the draw of objects, the choice of columns. Arrays only, no database."""

from collections.abc import Mapping, Sequence

import numpy as np

from calanus.prediction.types import Candidates, Column, Numbers, Spread, Taxa

MOST_MISSING = 0.25  # a column of which more is missing teaches little
FEW = 5  # a taxon of fewer objects is likely to be mistaken


def join(sources: Sequence[Candidates]) -> Candidates:
    """The candidates of all projects together."""
    found: dict[int, int] = {}
    for source in sources:
        for taxon, objects in source.found.items():
            found[taxon] = found.get(taxon, 0) + objects
    return Candidates(
        np.concatenate([source.project_ids for source in sources]),
        np.concatenate([source.object_ids for source in sources]),
        np.concatenate([source.taxa for source in sources]),
        np.concatenate([source.draws for source in sources]),
        found,
    )


def draw(candidates: Candidates, limit: int | None) -> Candidates:
    """At most so many of each taxon over all projects, those drawn first."""
    if limit is None or not len(candidates):
        return candidates
    order = np.lexsort((candidates.object_ids, candidates.draws, candidates.taxa))
    _, starts, counts = np.unique(candidates.taxa[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, counts)
    return candidates.only(np.sort(order[place < limit]))


def learnt_as(taxa: Taxa, mapping: Mapping[int, int]) -> Taxa:
    """The taxa as they are learnt: some as another."""
    known, places = np.unique(taxa, return_inverse=True)
    return np.array([mapping.get(taxon, taxon) for taxon in known.tolist()], np.int64)[places]


def choose(names: Sequence[str], values: Numbers) -> list[Column]:
    """Which columns of (objects, columns) teach, with their medians; infinities are missing."""
    return [_column(name, values[:, n]) for n, name in enumerate(names)]


def _column(name: str, values: Numbers) -> Column:
    present = values[np.isfinite(values)]
    absent = 1 - len(present) / max(len(values), 1)
    if absent > MOST_MISSING:
        return Column(name, False, f"{absent:.0%} of its values are missing")
    if present.min() == present.max():
        return Column(name, False, "all its values are the same")
    return Column(name, True, median=float(np.median(present)))


def spread(values: Numbers) -> Spread:
    """How the values of one column lie."""
    present = values[np.isfinite(values)]
    if not len(present):
        return Spread(0.0)
    least, median, most = np.quantile(present, [0, 0.5, 1]).tolist()
    return Spread(len(present) / len(values), least, median, most)


def suggested(
    learnt: Mapping[int, int], above: Mapping[int, Sequence[int]], few: int = FEW
) -> dict[int, int]:
    """The nearest taxon above that is not too small, when all too small ones below it join.

    `learnt` has the objects of each taxon as learnt; `above` what it may be learnt as instead, the
    nearest first. From the leaves to the root, so that look-alikes join as low as they can.
    """
    small = {taxon for taxon, objects in learnt.items() if objects < few}
    depths = {a: d for taxon in small for d, a in enumerate(reversed(above[taxon]))}
    found: dict[int, int] = {}
    for one in sorted(depths, key=lambda taxon: (-depths[taxon], taxon)):
        joining = {taxon for taxon in small if one in above[taxon]}
        if joining and learnt.get(one, 0) + sum(learnt[taxon] for taxon in joining) >= few:
            found |= dict.fromkeys(sorted(joining), one)
            small -= {*joining, one}
    return found


def filled(values: Numbers, columns: Sequence[Column]) -> Numbers:
    """The kept columns of (objects, columns), medians where a value is missing."""
    kept = [n for n, column in enumerate(columns) if column.kept]
    medians = np.array([columns[n].median for n in kept])
    chosen = values[:, kept]
    return np.where(np.isfinite(chosen), chosen, medians)
