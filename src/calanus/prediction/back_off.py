"""Saying less where more would be a guess: the taxon, else what it is below, never the root.

Arrays in, arrays out; the tree is given as lineages.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation.types import Guesses
from calanus.prediction.calibration import logits_of, temperature, tempered
from calanus.prediction.classifiers import best
from calanus.prediction.held_out import HeldOut
from calanus.prediction.types import BEST, NO_TRAY, Scores, Taxa, Told

LEAST_SURE = 0.5  # two taxa, none above the other, cannot both be surer
STEPS = 200  # thresholds tried
NOTHING = -1  # no name is sure enough


@dataclass(frozen=True)
class Tree:
    """The taxa that may be named, the deepest first, and which learnt taxa are each of them."""

    names: Taxa
    holds: NDArray[np.bool_]  # (classes, names): the class is the name, or below it


@dataclass(frozen=True)
class Checked:
    """What a threshold did to objects held out."""

    objects: int
    named: int
    wrong: int


@dataclass(frozen=True)
class BackOff:
    """How sure a name must be, so that at most a given share of the names is wrong."""

    risk: float
    tree: Tree
    temperature: float
    threshold: float  # above 1: nothing is named
    checked: Checked

    def __call__(self, scores: Scores) -> tuple[NDArray[np.int64], Scores, Scores]:
        """The place in `tree.names` of each object's name (or NOTHING), its score, all scores."""
        calm = tempered(scores, self.temperature)
        places, sums = named(calm, self.tree, self.threshold)
        return places, sums, calm

    def tell(self, ids: NDArray[np.int64], scores: Scores, classes: Taxa) -> Told:
        """The names of objects with the best guesses behind them; some have none."""
        places, sums, calm = self(scores)
        some = np.flatnonzero(places >= 0)
        likeliest = best(calm[some], classes, BEST)
        guesses = with_guesses(places[some], sums[some], self.tree, *likeliest)
        return Told(Guesses(ids[some], *guesses), ids[places < 0], NO_TRAY)

    def record(self) -> dict[str, Any]:
        """What was promised, and what came of it on objects held out."""
        return {
            "risk": self.risk,
            "threshold": self.threshold if self.threshold <= 1 else None,
            "temperature": self.temperature,
            "held_out": vars(self.checked),
        }


def tree_of(classes: Taxa, lineages: Mapping[int, Sequence[int]], barred: Collection[int]) -> Tree:
    """The tree above learnt taxa. `lineages` go from the root to the taxon itself.

    Roots and barred taxa (those deprecated) are named only where they are learnt themselves.
    """
    depth: dict[int, int] = {}
    for taxon in classes.tolist():
        lineage = list(lineages.get(taxon, [taxon]))
        above = [one for one in lineage[1:-1] if one not in barred]
        for one in [*above, taxon]:
            depth[one] = max(depth.get(one, 0), lineage.index(one))
    names = sorted(depth, key=lambda one: (-depth[one], one))
    place = {name: n for n, name in enumerate(names)}
    holds = np.zeros((len(classes), len(names)), np.bool_)
    for row, taxon in enumerate(classes.tolist()):
        holds[row, [place[one] for one in lineages.get(taxon, [taxon]) if one in place]] = True
    return Tree(np.array(names, np.int64), holds)


def named(
    scores: Scores, tree: Tree, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The deepest name whose learnt taxa are together sure enough, and their sum."""
    sums = np.minimum(scores @ tree.holds.astype(np.float32), 1)
    enough = sums >= threshold
    places = np.where(enough.any(axis=1), enough.argmax(axis=1), NOTHING)
    return places, np.where(places >= 0, sums[np.arange(len(sums)), places], 0).astype(np.float32)


def learn(told: HeldOut, tree: Tree, risk: float) -> BackOff:
    """The least threshold that keeps the promise on objects held out, never under 1 - risk.

    Wrong names and one more, of the names given and one more, are at most the risk: a promise
    that a handful of objects cannot vouch for is not made, and nothing is named.
    """
    heat = temperature(logits_of(told.scores), told.truth)
    calm = tempered(told.scores, heat)
    floor = max(1 - risk, LEAST_SURE)
    for threshold in [*np.linspace(floor, 1, STEPS, endpoint=False).tolist(), 1.0]:
        checked = check(calm, told.truth, tree, threshold)
        if checked.wrong + 1 <= risk * (checked.named + 1):
            return BackOff(risk, tree, heat, threshold, checked)
    return BackOff(risk, tree, heat, 2.0, Checked(len(told.rows), 0, 0))


def check(scores: Scores, truth: Taxa, tree: Tree, threshold: float) -> Checked:
    """How many names a threshold gives, and how many are wrong: the truth is not below them."""
    places, _ = named(scores, tree, threshold)
    given = np.flatnonzero(places >= 0)
    right = tree.holds[truth[given], places[given]]
    return Checked(len(truth), len(given), int((~right).sum()))


def with_guesses(
    places: NDArray[np.int64],
    sums: Scores,
    tree: Tree,
    taxa: NDArray[np.int32],
    found: NDArray[np.float64],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The name of each object first, then its best taxa that are not that name.

    `taxa` and `found` are the best guesses, best first; all rows must have a name.
    """
    names = tree.names[places].astype(np.int32)[:, None]
    other = taxa != names
    order = np.argsort(~other, axis=1, kind="stable")  # the name itself goes to the end
    rest = np.take_along_axis(np.where(other, taxa, 0), order, axis=1)
    rest_scores = np.take_along_axis(np.where(other, found, 0), order, axis=1)
    every = np.hstack([names, rest])[:, :BEST].astype(np.int32)
    return every, np.hstack([sums[:, None].astype(np.float64), rest_scores])[:, :BEST]
