"""How many there may be, and how far that can be trusted. Arrays in, arrays out; no database.

Predicted objects are counted by their scores: an object that is 70 % a copepod is 0.7 copepods.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Ids = NDArray[np.int64]

INTERVAL = (2.5, 97.5)  # per cent: an interval of 95 %
ROUNDS = 20  # of unfolding: few, which is what keeps it from making noise larger
OTHER = 0  # the taxon of what is left of an object's scores
PRIOR = 0.5  # of each cell of a confusion that is drawn again (Jeffreys)


@dataclass(frozen=True)
class Interval:
    """An estimate of each cell, with what 95 % of the draws lie between."""

    value: Numbers
    low: Numbers
    high: Numbers


def expected(cells: Ids, scores: Numbers, size: int, *, draws: int, seed: int) -> Interval:
    """How many objects each cell holds, when each object may lie in several.

    `cells` and `scores` are (objects, guesses), and the scores of an object sum to 1. Draws give
    each object to one of its cells, by its scores.
    """
    value = np.bincount(cells.ravel(), weights=scores.ravel(), minlength=size).astype(np.float64)
    if not len(cells):
        return Interval(value, value, value)
    random = np.random.default_rng(seed)
    steps = scores.cumsum(axis=1)[:, :-1]
    everybody = np.arange(len(cells))
    counts = np.empty((draws, size))
    for draw in counts:
        chosen = (random.random((len(cells), 1)) >= steps).sum(axis=1)
        draw[:] = np.bincount(cells[everybody, chosen], minlength=size)
    low, high = np.percentile(counts, INTERVAL, axis=0)
    return Interval(value, low, high)


def rates(confusion: Numbers) -> Numbers:
    """Of the objects of a taxon (rows), what part is taken for each (columns)."""
    total = confusion.sum(axis=1, keepdims=True)
    known = np.divide(confusion, total, out=np.zeros_like(confusion), where=total > 0)
    return np.where(total > 0, known, np.eye(len(confusion)))


def unfolded(counts: Numbers, taken: Numbers) -> Numbers:
    """How many of each taxon there were, where so many (samples, taxa) were taken for each.

    Iterative unfolding (Richardson 1972; D'Agostini 1995), begun at the counts and ended early:
    what it gives is never negative, and sums to what was counted.
    """
    found = counts.astype(np.float64)
    for _ in range(ROUNDS):
        seen = found @ taken
        part = np.divide(counts, seen, out=np.zeros_like(found), where=seen > 0)
        found = found * (part @ taken.T)
    lost = counts.sum(axis=1, keepdims=True) - found.sum(axis=1, keepdims=True)
    shares = np.divide(
        counts,
        counts.sum(axis=1, keepdims=True),
        out=np.zeros_like(found),
        where=counts.sum(axis=1, keepdims=True) > 0,
    )
    return found + lost * shares  # what no taxon explains stays where it was counted


def adjusted(counts: Numbers, confusion: Numbers, *, draws: int, seed: int) -> Interval:
    """Predicted counts (samples, taxa) without the bias that a confusion shows, with an interval.

    Draws take the counts and the confusion anew: as many objects, and as many of each taxon.
    """
    value = unfolded(counts, rates(confusion))
    random = np.random.default_rng(seed)
    totals = counts.sum(axis=1)
    parts = np.divide(counts, totals[:, None], out=np.zeros_like(counts), where=totals[:, None] > 0)
    parts[totals == 0, 0] = 1
    known = confusion.sum(axis=1) > 0
    found: list[Numbers] = []
    for _ in range(draws):
        again = np.eye(len(confusion))
        for row in np.flatnonzero(known):
            seen = confusion[row] > 0
            again[row] = 0
            again[row, seen] = random.dirichlet(confusion[row, seen] + PRIOR)
        counted = random.multinomial(totals.astype(np.int64), parts).astype(np.float64)
        found.append(unfolded(counted, again))
    low, high = np.percentile(found, INTERVAL, axis=0)
    return Interval(value, np.minimum(low, value), np.maximum(high, value))
