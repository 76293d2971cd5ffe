"""What looks like nothing learnt: objects far from all that teach, of which nothing is sure.

Arrays in, arrays out. Two signs are put together: how far an object's direction is from those of
its nearest learnt objects (half-whitened deep features, measurements in robust scales), and how
unsure the classifier is. How much is too much is told by learnt objects that were held out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.features.look_alikes import side_by_side
from calanus.prediction.classifiers import one_thread
from calanus.prediction.held_out import HeldOut
from calanus.prediction.scaling import HalfWhitening, RobustScale
from calanus.prediction.types import Features, Scores, Taxa, Tray

NEIGHBOURS = 5
LARGEST = 20_000  # learnt objects that are compared with
ROWS = 1_000  # compared at once: 80 MB
LEAST = 20  # objects held out, under which nobody can say what is strange
CHUNK = 1_000  # objects of a tray that are put in order at once
FAINT = 1e-9

Distances = NDArray[np.float32]


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
        return seen / np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), FAINT)


@dataclass(frozen=True)
class Sign:
    """A sign of strangeness, as learnt objects that were held out show it."""

    usual: float
    spread: float

    def __call__(self, values: Distances) -> Distances:
        return ((values - self.usual) / self.spread).astype(np.float32)


@dataclass(frozen=True)
class Unlike:
    """How strange an object may be."""

    far: Far
    distance: Sign
    doubt: Sign
    bound: float
    rate: float  # of what looks like the learnt objects that is set aside too

    def strangeness(self, X: Features, scores: Scores) -> Distances:
        """How strange objects are of which a classifier gives these scores; above 0: too much."""
        return self.distance(self.far(X)) + self.doubt(doubts(scores)) - np.float32(self.bound)

    def sort_out(
        self, ids: NDArray[np.int64], X: Features, scores: Scores
    ) -> tuple[Tray, NDArray[np.int64]]:
        """The objects that are too strange, and the rows of the others."""
        found = self.strangeness(X, scores)
        strange = found > 0
        tray = Tray(ids[strange], found[strange], self.far.vectors(X[strange]))
        return tray, np.flatnonzero(~strange)

    def record(self) -> dict[str, Any]:
        """What was promised, and how it is told."""
        return {
            "rate": self.rate,
            "bound": self.bound,
            "distance": vars(self.distance),
            "doubt": vars(self.doubt),
            "compared_with": len(self.far.learnt),
        }


def learn(
    X: Features, y: Taxa, dimensions: int, told: HeldOut, *, rate: float, seed: int
) -> Unlike | None:
    """What is strange, so that of objects like the learnt ones a share `rate` is thought so.

    Nothing, where too few objects were held out to say so.
    """
    if len(told.rows) < LEAST:
        return None
    distances = np.empty(len(told.rows), np.float32)
    for n in np.unique(told.fold):
        out = told.fold == n
        rest = np.setdiff1d(np.arange(len(X)), told.rows[out])
        distances[out] = Far(X[rest], y[rest], dimensions, seed)(X[told.rows[out]])
    unsure = doubts(told.scores)
    distance, doubt = sign(distances), sign(unsure)
    bound = float(np.quantile(distance(distances) + doubt(unsure), 1 - rate))
    return Unlike(Far(X, y, dimensions, seed), distance, doubt, bound, rate)


def sign(values: Distances) -> Sign:
    """How a sign usually is."""
    return Sign(float(values.mean()), max(float(values.std()), FAINT))


def doubts(scores: Scores) -> Distances:
    """How unsure the likeliest taxon is."""
    return (1 - scores.max(axis=1, initial=0)).astype(np.float32)


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
