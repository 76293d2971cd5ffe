"""What a classifier says of objects it was not taught: the scores that promises are checked on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calanus.prediction.types import Classifier, Features, Fresh, Scores, Taxa

FOLDS = 3
ENOUGH = 20_000  # objects from which on one fold tells enough
FRESH_ENOUGH = 100
LEAST = 1e-6  # the score of what a classifier thinks impossible
TEMPERATURES = np.geomspace(0.1, 10, 93)


@dataclass(frozen=True)
class HeldOut:
    """Scores of objects by classifiers that were taught by others."""

    rows: NDArray[np.int64]  # of the learning set
    scores: Scores  # (rows, classes)
    truth: Taxa  # columns of scores
    fold: NDArray[np.int64]  # (rows,): objects of one were hidden together


def held_out(
    make: Callable[[], Classifier],
    X: Features,
    y: Taxa,
    classes: Taxa,
    *,
    seed: int,
    fresh: Fresh | None = None,
) -> HeldOut:
    """Hide each third in turn (of large sets one third only), and ask those taught by the rest.

    Only fresh objects are asked for, whose images the network does not know, if they are enough.

    The objects of each taxon are spread over the thirds; what a taxon's only object is cannot be
    known when it is hidden, and counts as a mistake.
    """
    coded = np.searchsorted(classes, y)
    fold = folds(coded, seed)
    few = fresh is None or fresh.sum() < FRESH_ENOUGH
    asked = np.ones(len(y), bool) if few or fresh is None else fresh
    rows: list[NDArray[np.int64]] = []
    scores: list[Scores] = []
    for n in range(FOLDS if len(y) < ENOUGH else 1):
        out = np.flatnonzero((fold == n) & asked)
        if not len(out) or len(out) == len(y):
            continue
        model = make().fit(X[fold != n], y[fold != n])
        found = np.zeros((len(out), len(classes)), np.float32)
        found[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(X[out])
        rows.append(out)
        scores.append(found)
    if not rows:
        empty = np.empty(0, np.int64)
        return HeldOut(empty, np.empty((0, len(classes)), np.float32), empty, empty)
    order = np.concatenate(rows)
    return HeldOut(order, np.concatenate(scores), coded[order].astype(np.int64), fold[order])


def folds(coded: Taxa, seed: int) -> NDArray[np.int64]:
    """Which third each object is in; those of one taxon are dealt out in turn."""
    drawn = np.random.default_rng(seed).permutation(len(coded))
    fold = np.empty(len(coded), np.int64)
    fold[drawn[np.argsort(coded[drawn], kind="stable")]] = np.arange(len(coded)) % FOLDS
    return fold


def temperature(told: HeldOut) -> float:
    """What makes scores say how often they are right (Guo et al., ICML 2017); 1 changes nothing."""
    if not len(told.rows):
        return 1.0
    right = np.arange(len(told.truth)), told.truth
    likely = [
        float(np.log(np.maximum(tempered(told.scores, t)[right], LEAST)).sum())
        for t in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmax(likely))])


def tempered(scores: Scores, by: float) -> Scores:
    """Scores made less sure (above 1) or surer; rows sum to 1 again."""
    if by == 1 or not scores.size:
        return scores
    logits = np.log(np.maximum(scores.astype(np.float64), LEAST)) / by
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (likely / likely.sum(axis=1, keepdims=True)).astype(np.float32)
