"""What a classifier says of objects it was not taught: the scores that promises are checked on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calanus.prediction.folds import Folds
from calanus.prediction.types import Classifier, Features, Fresh, Scores, Taxa

FRESH_ENOUGH = 100


@dataclass(frozen=True)
class Pupil:
    """What was taught while one part was hidden, and by which rows of the learning set."""

    model: Classifier
    taught: NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOut:
    """Scores of objects by classifiers that were taught by others."""

    rows: NDArray[np.int64]  # of the learning set
    scores: Scores  # (rows, classes)
    truth: Taxa  # columns of scores
    pupil: NDArray[np.int64]  # (rows,): the place of who was asked in `pupils`
    known: NDArray[np.bool_]  # (rows,): others of the taxon taught, and of another one
    pupils: Sequence[Pupil] = ()

    def only(self, rows: NDArray[np.bool_]) -> "HeldOut":
        """Some of them."""
        return replace(
            self,
            rows=self.rows[rows],
            scores=self.scores[rows],
            truth=self.truth[rows],
            pupil=self.pupil[rows],
            known=self.known[rows],
        )


def held_out(
    make: Callable[[], Classifier],
    X: Features,
    y: Taxa,
    parts: Folds,
    *,
    fresh: Fresh | None = None,
    most: int | None = None,
) -> HeldOut:
    """Hide each part in turn (`most`: so many of them), and ask those taught by the rest.

    Only fresh objects are asked for, whose images the network does not know, if they are enough.
    The scores of a taxon that was hidden as a whole are 0.
    """
    classes, coded = np.unique(y, return_inverse=True)
    few = fresh is None or fresh.sum() < FRESH_ENOUGH
    asked = np.ones(len(y), bool) if few or fresh is None else fresh
    rows: list[NDArray[np.int64]] = []
    scores: list[Scores] = []
    known: list[NDArray[np.bool_]] = []
    pupils: list[Pupil] = []
    for hidden in [*parts][:most]:
        out = np.flatnonzero(hidden & asked)
        if not len(out) or hidden.all():
            continue
        model = make().fit(X[~hidden], y[~hidden], None if fresh is None else fresh[~hidden])
        found = np.zeros((len(out), len(classes)), np.float32)
        found[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(X[out])
        rows.append(out)
        scores.append(found)
        known.append(np.isin(y[out], model.classes_) & (len(model.classes_) > 1))
        pupils.append(Pupil(model, ~hidden))
    order = np.concatenate([*rows, np.empty(0, np.int64)])
    return HeldOut(
        order,
        np.concatenate([*scores, np.empty((0, len(classes)), np.float32)]),
        coded[order].astype(np.int64),
        np.repeat(np.arange(len(rows)), [len(r) for r in rows]),
        np.concatenate([*known, np.empty(0, np.bool_)]),
        pupils,
    )
