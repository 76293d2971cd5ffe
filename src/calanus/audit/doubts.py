"""Which validated objects deserve a second look. Arrays in, arrays out; no database.

Doubts are found by confident learning (Northcutt et al., JAIR 2021): what a model that never saw an
object thinks of it, against how sure the same model usually is of each taxon.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calanus.features.whitening import HalfWhitening
from calanus.prediction.classifiers import Linear
from calanus.prediction.folds import Folds
from calanus.prediction.held_out import held_out
from calanus.prediction.scaling import RobustScale
from calanus.prediction.types import Features, Taxa

FAR = 3.5  # robust standard deviations (Iglewicz and Hoaglin 1993)
ENOUGH = 5  # objects of a taxon, below which none of them is far
MAD = 1.4826  # makes a median absolute deviation a standard deviation, where all is normal

Probabilities = NDArray[np.float64]  # (objects, taxa)
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class HeldOut:
    """What models think of objects they were not taught; `judged`: their taxon had been taught."""

    probabilities: Probabilities
    classes: Taxa
    judged: NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """Rows that deserve a look, the most striking first: parallel arrays."""

    rows: Rows
    margins: NDArray[np.float64]
    suggested: Taxa  # the taxon that is likelier; 0 for none

    def first(self, most: int) -> "Found":
        """At most so many."""
        return Found(self.rows[:most], self.margins[:most], self.suggested[:most])


def out_of_fold(X: Features, taxa: Taxa, parts: Folds, *, dimensions: int, seed: int) -> HeldOut:
    """Teach as many models as there are folds, each asked about the objects it did not see."""
    told = held_out(lambda: Linear(dimensions, seed), X, taxa, parts)
    classes = np.unique(taxa)
    found, judged = np.zeros((len(taxa), len(classes))), np.zeros(len(taxa), np.bool_)
    found[told.rows], judged[told.rows] = told.scores, told.known
    return HeldOut(found, classes, judged)


def doubtful(taxa: Taxa, held: HeldOut) -> Found:
    """Objects that a model is as sure are of another taxon as it is, on average, of that taxon's.

    Ranked by normalised margin: how likely the taxon given is, less how likely the other is.
    """
    p, classes = held.probabilities, held.classes
    own = np.searchsorted(classes, taxa)
    everybody = np.arange(len(taxa))
    given = p[everybody, own]
    others = np.where(p >= thresholds(own, held), p, -1.0)
    others[everybody, own] = -1.0
    best = others.argmax(axis=1) if len(classes) else own
    margin = given - others[everybody, best] if len(classes) else given
    rows = np.flatnonzero(held.judged & (others[everybody, best] > given))
    rows = rows[np.argsort(margin[rows], kind="stable")]
    return Found(rows, margin[rows], classes[best[rows]])


def thresholds(own: Taxa, held: HeldOut) -> NDArray[np.float64]:
    """How sure the model is of each taxon, on average over the objects that bear it."""
    sure = np.full(len(held.classes), np.inf)  # nobody is taken for a taxon that was never judged
    for taxon in np.unique(own[held.judged]):
        sure[taxon] = held.probabilities[held.judged & (own == taxon), taxon].mean()
    return sure


def confusion(taxa: Taxa, held: HeldOut) -> NDArray[np.int64]:
    """How many objects of each taxon (rows) were taken for each (columns)."""
    own = np.searchsorted(held.classes, taxa)[held.judged]
    taken = held.probabilities[held.judged].argmax(axis=1)
    counts = np.zeros((len(held.classes),) * 2, np.int64)
    np.add.at(counts, (own, taken), 1)
    return counts


def space(X: Features, dimensions: int) -> Features:
    """Where distances are taken: the deep features if there are any, else the measurements."""
    measured = X.shape[1] - dimensions
    if dimensions:
        return HalfWhitening().fit(X[:, measured:]).transform(X[:, measured:])
    return RobustScale().fit(X[:, :measured]).transform(X[:, :measured])


def outliers(Z: Features, taxa: Taxa) -> Found:
    """Objects much farther from the others of their taxon than these are from one another.

    The margin is minus the distance, in robust standard deviations of the taxon's distances.
    """
    far = np.zeros(len(taxa))
    for taxon in np.unique(taxa):
        mine = np.flatnonzero(taxa == taxon)
        if len(mine) < ENOUGH:
            continue
        own = Z[mine].astype(np.float64)
        others = (own.sum(axis=0) - own) / (len(mine) - 1)  # the centre without the object itself
        distance = np.linalg.norm(own - others, axis=1)
        middle = np.median(distance)
        spread = MAD * np.median(np.abs(distance - middle))
        far[mine] = (distance - middle) / spread if spread > 0 else 0.0
    rows = np.flatnonzero(far > FAR)
    rows = rows[np.argsort(-far[rows], kind="stable")]
    return Found(rows, -far[rows], np.zeros(len(rows), np.int64))
