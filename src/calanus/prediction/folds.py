"""Which objects are held out together: whole samples, so that a model is tried on unseen ones.

Arrays in, arrays out, seeds passed in; no database.
"""

import numpy as np
from numpy.typing import NDArray

from calanus.prediction.types import Taxa

FOLDS = 5

Folds = NDArray[np.int64]  # (objects,): the fold in which each is held out


def folds(samples: NDArray[np.int64], taxa: Taxa, *, seed: int, most: int = FOLDS) -> Folds:
    """Hold samples out whole, taxa spread evenly; objects one by one where there is one sample."""
    groups = samples if len(np.unique(samples)) > 1 else np.arange(len(samples))
    _, grouped = np.unique(groups, return_inverse=True)
    _, coded = np.unique(taxa, return_inverse=True)
    held = np.zeros((grouped.max(initial=-1) + 1, coded.max(initial=-1) + 1))
    if len(held) == len(taxa):  # every object is a group of its own
        return _dealt(coded, seed=seed, most=most)
    np.add.at(held, (grouped, coded), 1)
    return _spread(held, seed=seed, most=min(most, len(held)))[grouped]


def _dealt(coded: Taxa, *, seed: int, most: int) -> Folds:
    """Objects dealt like cards, taxon after taxon, each taxon in a random order."""
    drawn = np.random.default_rng(seed).permutation(len(coded))
    fold = np.empty(len(coded), np.int64)
    fold[drawn[np.argsort(coded[drawn], kind="stable")]] = np.arange(len(coded)) % most
    return fold


def _spread(held: NDArray[np.float64], *, seed: int, most: int) -> Folds:
    """Groups, the largest first, each to the fold that so far has least of what it holds."""
    share = held / held.sum(axis=0)
    drawn = np.random.default_rng(seed).permutation(len(held))
    order = drawn[np.argsort(-held.sum(axis=1)[drawn], kind="stable")]
    filled = np.zeros((most, held.shape[1]))
    fold = np.empty(len(held), np.int64)
    for group in order:
        fold[group] = np.argmin((filled * share[group]).sum(axis=1) + filled.sum(axis=1) * 1e-6)
        filled[fold[group]] += share[group]
    return fold
