"""Which objects are held out together: whole samples, so that a model is tried on unseen ones.

Arrays in, arrays out, seeds passed in; no database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calanus.prediction.types import Taxa

FOLDS, THIRDS = 5, 3
MANY = 20_000  # objects from which on three folds are enough, and one of them tells enough

Ids = NDArray[np.int64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Folds:
    """Which fold each object is held out in, and what was kept together."""

    of: Ids  # (objects,), from 0
    by: Literal["sample", "object"]
    why: str = ""

    def __len__(self) -> int:
        return int(self.of.max(initial=-1)) + 1

    def __iter__(self) -> Iterator[Rows]:
        return (self.of == fold for fold in range(len(self)))


def folds(samples: Ids, taxa: Taxa, *, seed: int, most: int = FOLDS, anyway: bool = False) -> Folds:
    """Whole samples where there are enough of them, else single objects; taxa spread evenly.

    `anyway`: whole samples even where they share few taxa, so that many objects are of a taxon
    which nothing teaches while they are hidden.
    """
    most = most if len(taxa) < MANY else min(most, THIRDS)
    known, coded = np.unique(taxa, return_inverse=True)
    whole, group = np.unique(samples, return_inverse=True)
    table = np.zeros((len(whole), len(known)), np.int64)
    np.add.at(table, (group, coded), 1)
    why = unfit(table)
    if len(whole) < 2 or (why and not anyway):
        return Folds(by_object(taxa, most, seed), "object", why)
    parts = min(most, len(whole))
    told = f"No sample is both learnt from and tested on: {len(whole)} samples in {parts} parts."
    return Folds(by_sample(table, parts, seed)[group], "sample", told)


def single(taxa: Taxa, *, seed: int, most: int = THIRDS) -> Folds:
    """Objects held out one by one, where nothing is known of samples."""
    return Folds(by_object(taxa, most, seed), "object")


def unfit(table: NDArray[np.int64]) -> str:
    """Why samples (rows, of taxa in columns) cannot be held out whole; empty when they can."""
    near = "so objects of one sample are on both sides and the figures flatter a new sample."
    if len(table) < 2:
        return f"All objects are of one sample, {near}"
    shared = (table > 0).sum(axis=0) >= 2
    if shared.sum() < 2 or table[:, shared].sum() * 2 < table.sum():
        return f"Too few taxa are found in two samples or more ({shared.sum()}), {near}"
    return ""


def by_sample(table: NDArray[np.int64], parts: int, seed: int) -> Ids:
    """A part for each sample: the largest first, each to where least is of what it holds."""
    drawn = np.random.default_rng(seed).permutation(len(table))
    order = drawn[np.argsort(-table[drawn].sum(axis=1), kind="stable")]
    total = np.maximum(table.sum(axis=0), 1)
    held = np.zeros((parts, table.shape[1]))
    found = np.empty(len(table), np.int64)
    for sample in order.tolist():
        likeness = held @ (table[sample] / total)
        part = int(np.lexsort((held.sum(axis=1), likeness))[0])
        held[part] += table[sample]
        found[sample] = part
    return found


def by_object(taxa: Taxa, parts: int, seed: int) -> Ids:
    """A part for each object, dealt like cards: taxon after taxon, each in a random order."""
    found = np.empty(len(taxa), np.int64)
    drawn = np.random.default_rng(seed).permutation(len(taxa))
    found[drawn[np.argsort(taxa[drawn], kind="stable")]] = np.arange(len(taxa)) % parts
    return found
