"""What looks like nothing learnt: objects far from all that teach, of which nothing is sure.

Arrays in, arrays out. Two signs are put together: how far an object's direction is from those of
its nearest learnt objects (half-whitened deep features, measurements in robust scales), and how
unsure a classifier is. How much is too much is told by learnt objects that were held out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.features.look_alikes import side_by_side
from calanus.features.whitening import HalfWhitening
from calanus.prediction.classifiers import one_thread
from calanus.prediction.held_out import HeldOut
from calanus.prediction.scaling import RobustScale
from calanus.prediction.types import Classifier, Features, Taxa, Tray

NEIGHBOURS = 5
LARGEST = 20_000  # learnt objects that are compared with
ROWS = 1_000  # compared at once: 80 MB
LEAST = 20  # objects held out, under which nobody can say what is strange
CHUNK = 1_000  # objects of a tray that are put in order at once
FAINT = 0.01  # signs that spread less than this say nothing: a hundredth of a score
ALIKE = 0.05  # deviations, by which an object must be stranger: copies differ by rounding

Distances = NDArray[np.float32]
Signs = NDArray[np.float64]  # (objects, 2): how far, how unsure


class Far:
    """How far objects are from those of a learning set."""

    def __init__(self, X: Features, y: Taxa, dimensions: int, seed: int) -> None:
        self.dimensions = dimensions
        self.scale = RobustScale().fit(self.measured(X))
        self.whitening = HalfWhitening().fit(self.deep(X))
        self.learnt = self._directions(X[some_of_each(y, LARGEST, seed)])

    def __call__(self, X: Features) -> Distances:
        """The mean distance to the nearest learnt objects, on the sphere of directions."""
        found = np.empty(len(X), np.float32)
        most = min(NEIGHBOURS, len(self.learnt))
        with one_thread(len(X)):
            for start in range(0, len(X), ROWS):
                alike = self._directions(X[start : start + ROWS]) @ self.learnt.T
                near = np.partition(-alike, most - 1, axis=1)[:, :most]
                distances = np.sqrt(np.maximum(2 + 2 * near, 0))
                found[start : start + ROWS] = distances.mean(axis=1)
        return found

    def vectors(self, X: Features) -> Features:
        """What look-alikes are told by: deep features, or measurements where there are none."""
        if self.dimensions:
            return self.whitening.transform(self.deep(X))
        return self.scale.transform(X)

    def measured(self, X: Features) -> Features:
        """The measurements."""
        return X[:, : X.shape[1] - self.dimensions]

    def deep(self, X: Features) -> Features:
        """The deep features."""
        return X[:, X.shape[1] - self.dimensions :]

    def _directions(self, X: Features) -> Features:
        parts = (
            self.scale.transform(self.measured(X)),
            self.whitening.transform(self.deep(X)),
        )
        seen = np.hstack(parts)
        # One more number, alike for all, keeps how long a vector is; where there are few columns
        # a direction alone would say next to nothing.
        seen = np.hstack([seen, np.full((len(X), 1), seen.shape[1] ** 0.5, np.float32)])
        return seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-9)


@dataclass(frozen=True)
class Judge:
    """What was taught by a part of the learning set, and how strange it usually finds the rest.

    No two judges see alike, so each measures from what is usual to itself.
    """

    model: Classifier
    far: Far
    usual: Signs  # (2,)

    def signs(self, X: Features) -> Signs:
        """How far objects are, and how unsure the likeliest taxon is, less what is usual."""
        return signs(self.model, self.far, X) - self.usual


@dataclass(frozen=True)
class Unlike:
    """How strange an object may be."""

    judges: Sequence[Judge]
    spread: Signs  # (2,)
    bound: float
    rate: float  # of what looks like the learnt objects that is set aside too

    def strangeness(self, X: Features) -> Distances:
        """How strange objects are to the judges, on average; above 0: too much."""
        found = np.mean([one.signs(X) for one in self.judges], axis=0)
        return ((found / self.spread).sum(axis=1) - self.bound).astype(np.float32)

    def sort_out(self, ids: NDArray[np.int64], X: Features) -> tuple[Tray, NDArray[np.int64]]:
        """The objects that are too strange, and the rows of the others."""
        found = self.strangeness(X)
        strange = found > 0
        tray = Tray(ids[strange], found[strange], self.judges[0].far.vectors(X[strange]))
        return tray, np.flatnonzero(~strange)

    def record(self) -> dict[str, Any]:
        """What was promised, and how it is told."""
        return {
            "rate": self.rate,
            "bound": self.bound,
            "usual": [one.usual.tolist() for one in self.judges],
            "spread": self.spread.tolist(),
            "compared_with": [len(one.far.learnt) for one in self.judges],
        }


def learn(
    X: Features, y: Taxa, dimensions: int, told: HeldOut, *, rate: float, seed: int
) -> Unlike | None:
    """What is strange, so that of objects like the learnt ones a share `rate` is thought so.

    Nothing, where too few objects were held out to say so. New objects are judged by those who
    judged the objects held out: a model of all is surer than they are, or unsure of other taxa,
    and what is usual to them would say nothing about it.
    """
    if len(told.rows) < LEAST or rate * (len(told.rows) + 1) < 1:
        return None
    judges: list[Judge] = []
    found = np.empty((len(told.rows), 2))
    for n, pupil in enumerate(told.pupils):
        out = told.pupil == n
        if not out.any():
            continue
        far = Far(X[pupil.taught], y[pupil.taught], dimensions, seed)
        asked = signs(pupil.model, far, X[told.rows[out]])
        judges.append(Judge(pupil.model, far, asked.mean(axis=0)))
        found[out] = asked - asked.mean(axis=0)
    spread = np.maximum(found.std(axis=0), FAINT)
    return Unlike(judges, spread, bound((found / spread).sum(axis=1), rate) + ALIKE, rate)


def bound(strangeness: NDArray[np.float64], rate: float) -> float:
    """What at most a share of objects exceeds: those told, and one more like them (Vovk, 2015)."""
    above = int(rate * (len(strangeness) + 1) + 1e-9)
    return float(np.sort(strangeness)[-above])


def signs(model: Classifier, far: Far, X: Features) -> Signs:
    """How far objects are from what taught, and how unsure the likeliest taxon is: (objects, 2)."""
    unsure = 1 - model.predict_proba(X).max(axis=1, initial=0)
    return np.stack([far(X), unsure], axis=1).astype(np.float64)


def some_of_each(y: Taxa, most: int, seed: int) -> NDArray[np.int64]:
    """At most so many objects, the same number of each taxon but for those that have fewer."""
    if len(y) <= most:
        return np.arange(len(y))
    drawn = np.random.default_rng(seed).permutation(len(y))
    order = drawn[np.argsort(y[drawn], kind="stable")]
    _, starts, counts = np.unique(y[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, counts)
    return np.sort(order[np.argsort(place, kind="stable")][:most])


def tray_order(vectors: Features) -> NDArray[np.int64]:
    """The order of a tray: look-alikes side by side, a thousand at a time along the main axis."""
    if len(vectors) <= CHUNK:
        return side_by_side(vectors)
    known = np.nan_to_num(vectors.astype(np.float32))
    along = np.argsort(HalfWhitening(1, 0).fit(known).transform(known)[:, 0], kind="stable")
    parts = [along[start : start + CHUNK] for start in range(0, len(along), CHUNK)]
    return np.concatenate([part[side_by_side(known[part])] for part in parts])
