"""A person who knows the truth, makes mistakes, and pays for every gesture.

On a page somebody picks what is wrong, names it, and confirms the rest. An action is a key, a
click, or a rubber band around neighbours. How long each takes, and how often people err, are
assumptions, written in `Costs` and `Errors`; they are the same for all strategies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Labels = NDArray[np.int64]
NOBODY = -1  # the label of an object that nobody has identified
DUBIOUS = -2  # … and of one that a person could not
WORTH = 1 / 3  # actions an object; a cluster that would cost more is left to other ways


@dataclass(frozen=True)
class Costs:
    """Seconds of a gesture."""

    key: float = 1.0
    click: float = 1.5  # or a rubber band
    glance: float = 0.12  # at a thumbnail
    search: float = 2.5  # for a taxon by its name


@dataclass(frozen=True)
class Errors:
    """How often a person errs."""

    missed: float = 0.03  # intruders of a page of 50 that are confirmed with the rest
    confused: float = 0.1  # objects taken for their sibling
    dubious: float = 0.02  # objects that cannot be told

    def missed_of(self, page: int) -> float:
        """The larger the page, the more is overlooked."""
        return min(1.0, self.missed * page / 50)


USUAL, PERFECT = Errors(), Errors(0, 0, 0)


@dataclass(frozen=True)
class Moment:
    """What was decided and spent after a page."""

    objects: int
    actions: int
    seconds: float


@dataclass
class Annotator:
    """Somebody at work; `labels` is what was decided so far."""

    truth: Labels
    siblings: Labels  # of each taxon, the one it is taken for, or itself
    errors: Errors = USUAL
    costs: Costs = Costs()
    seed: int = 0
    actions: int = 0
    seconds: float = 0.0
    labels: Labels = field(init=False)
    order: list[int] = field(init=False, default_factory=list[int])  # of decisions
    moments: list[Moment] = field(init=False, default_factory=list[Moment])

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        draws = rng.random((3, len(self.truth)))
        self.seen = np.where(draws[0] < self.errors.confused, self.siblings[self.truth], self.truth)
        self.seen[draws[1] < self.errors.dubious] = DUBIOUS
        self.overlooks = draws[2]
        self.labels = np.full(len(self.truth), NOBODY)

    @property
    def open(self) -> Places:
        """The objects that nobody has identified yet."""
        return np.flatnonzero(self.labels == NOBODY)

    @property
    def taught(self) -> Places:
        """The objects that may teach."""
        return np.flatnonzero(self.labels >= 0)

    def page(self, objects: Places, proposed: int = NOBODY, guesses: Labels | None = None) -> None:
        """Decide a page of one proposed taxon, or of none, in the order in which it is shown.

        `guesses` (objects, some) are taxa that need no search, one key each.
        """
        seen = self.seen[objects].copy()
        if proposed != NOBODY:
            missed = self.overlooks[objects] < self.errors.missed_of(len(objects))
            seen[missed & (seen != proposed)] = proposed
        left = np.arange(len(objects))
        self.seconds += self.costs.glance * len(objects)
        for label in cheapest_first(seen):
            picked = np.flatnonzero(seen[left] == label)
            last = len(picked) == len(left)
            if label != proposed or not last:
                self.pick(1 if last else len(runs(picked)))
            if label == proposed:
                self.key()  # as it is proposed
            else:
                self.name(label, None if guesses is None else guesses[left[picked]])
            left = np.delete(left, picked)  # what is decided makes room
        self.decide(objects, seen)

    def cluster(self, objects: Places) -> None:
        """Name what most of a cluster is, less what is clicked out, which stays open.

        No name is suggested, since nothing was validated when clusters were made. A cluster that is
        too mixed to be worth it is passed over by a key.
        """
        seen = self.seen[objects]
        self.seconds += self.costs.glance * len(objects)
        label = int(commonest(seen))
        others = seen != label
        missed = self.overlooks[objects] < self.errors.missed_of(len(objects))
        picked = runs(np.flatnonzero(others & ~missed))
        if len(picked) + 1 > (~others).sum() * WORTH:
            return self.key()
        self.pick(len(picked))
        self.name(label, None)
        named = objects[~others | missed]
        self.decide(named, np.full(len(named), label))

    def decide(self, objects: Places, labels: Labels) -> None:
        """What was decided is known."""
        self.labels[objects] = labels
        self.order += objects.tolist()
        self.moments.append(Moment(len(self.order), self.actions, self.seconds))

    def when(self, objects: float) -> Moment:
        """The end of the page with which so many objects were decided."""
        return next(moment for moment in self.moments if moment.objects >= objects)

    def key(self) -> None:
        """One key."""
        self.actions += 1
        self.seconds += self.costs.key

    def pick(self, times: int) -> None:
        """So many clicks or rubber bands."""
        self.actions += times
        self.seconds += self.costs.click * times

    def name(self, label: int, guesses: Labels | None) -> None:
        """Say what the picked objects are: by one key where the classifier thought of it."""
        quick = label == DUBIOUS or (guesses is not None and (guesses == label).any())
        self.actions += 1
        self.seconds += self.costs.key if quick else self.costs.search


def commonest(labels: Labels) -> int:
    """The label of most objects, the smallest of those."""
    known, counts = np.unique(labels, return_counts=True)
    return int(known[counts.argmax()])


def runs(places: Places) -> list[Places]:
    """Places that stand side by side, together."""
    return [run for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(run)]


def cheapest_first(seen: Labels) -> list[int]:
    """The labels of a page; that of most clicks last, because the rest is picked at once."""
    labels = sorted(set(seen.tolist()))
    return sorted(labels, key=lambda label: len(runs(np.flatnonzero(seen == label))))


def siblings_of(names: Sequence[str]) -> Labels:
    """For each taxon the next one whose name begins with the same word, or itself."""
    first = [name.replace("-", "_").split("_")[0].lower() for name in names]
    found = np.arange(len(names))
    for place, word in enumerate(first):
        alike = [other for other, its in enumerate(first) if its == word]
        found[place] = alike[(alike.index(place) + 1) % len(alike)]
    return found
