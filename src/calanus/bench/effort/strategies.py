"""The ways of going through a project, from unsorted pages to re-training after each page.

A strategy is who teaches, when, and which page comes next. All begin with nothing identified.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from calanus.bench.effort.annotator import Annotator, Labels, Places
from calanus.clusters.grouping import group, interleaved
from calanus.features.look_alikes import side_by_side
from calanus.features.whitening import HalfWhitening
from calanus.prediction.classifiers import CLASSIFIERS
from calanus.prediction.types import ClassifierName, Features, Scores

PAGE = 50  # objects
FIRST = 2  # pages by hand, before anything can be learnt and refined
ONCE = 4  # … and where nothing is learnt later
UNSURE = 150  # objects that are asked for first
KNOWN = 3  # guesses that one key names
LOOKS = 30  # components that tell look-alikes


@dataclass
class Project:
    """What is identified, by whom, and from what it can be learnt."""

    features: Features  # measurements first, `dimensions` deep features after them
    dimensions: int
    annotator: Annotator
    seed: int
    fits: int = 0
    shuffled: Places = field(init=False)
    looks: Features = field(init=False)  # what tells look-alikes

    def __post_init__(self) -> None:
        self.shuffled = np.random.default_rng(self.seed).permutation(len(self.features))
        measured = self.features.shape[1] - self.dimensions
        self.looks = (
            HalfWhitening(LOOKS)
            .fit(self.features[:, measured:])
            .transform(self.features[:, measured:])
        )

    def by_hand(self, objects: int, *, alike: bool = False) -> None:
        """Name the next objects page by page, in no order, or look-alikes side by side."""
        waiting = self.shuffled[np.isin(self.shuffled, self.annotator.open)][:objects]
        if alike:
            waiting = waiting[side_by_side(self.looks[waiting])]
        for start in range(0, len(waiting), PAGE):
            self.annotator.page(waiting[start : start + PAGE])

    def cluster(self, objects: Places) -> None:
        """Show a cluster, both extremes first."""
        self.annotator.cluster(objects[interleaved(self.looks[objects])])

    def learn(self, classifier: ClassifierName) -> "Guessed | None":
        """What a classifier thinks of all that is open; nothing before there are two taxa."""
        taught, waiting = self.annotator.taught, self.annotator.open
        labels = self.annotator.labels[taught]
        if len(np.unique(labels)) < 2:
            return None
        self.fits += 1
        model = CLASSIFIERS[classifier](self.dimensions, self.seed)
        model.fit(self.features[taught], labels)
        return Guessed(waiting, model.predict_proba(self.features[waiting]), model.classes_)


@dataclass(frozen=True)
class Guessed:
    """The scores of open objects."""

    objects: Places
    scores: Scores
    classes: Labels

    def without(self, decided: Places) -> "Guessed":
        """What is still open."""
        left = ~np.isin(self.objects, decided)
        return Guessed(self.objects[left], self.scores[left], self.classes)

    def page(self) -> tuple[Places, int, Labels]:
        """The page that is most likely right: its objects, best first, their taxon, guesses."""
        first, score = self.scores.argmax(axis=1), self.scores.max(axis=1)
        order = np.lexsort((-score, first))
        starts = np.flatnonzero(np.diff(first[order], prepend=-1))
        pages = [order[start : start + PAGE] for start in starts]
        pages = [page[first[page] == first[page[0]]] for page in pages]
        rows = max(pages, key=lambda page: float(score[page].sum()))
        guesses = self.classes[np.argsort(-self.scores[rows], axis=1)[:, :KNOWN]]
        return self.objects[rows], int(self.classes[first[rows[0]]]), guesses

    def least_sure(self, most: int) -> Places:
        """Objects whose two best guesses are nearest to each other."""
        best = -np.sort(-self.scores, axis=1)[:, :2]
        return self.objects[np.argsort(best[:, 0] - best[:, -1], kind="stable")[:most]]


Strategy = Callable[[Project], None]


def unsorted(project: Project) -> None:
    """S0: everything by hand, in no order."""
    project.by_hand(len(project.features))


def once(classifier: ClassifierName) -> Strategy:
    """S1, S3: learn once from some pages; then taxon by taxon, best score first."""

    def work(project: Project) -> None:
        project.by_hand(ONCE * PAGE)
        guessed = project.learn(classifier)
        while guessed and len(guessed.objects):
            guessed = show(project, guessed)
        project.by_hand(len(project.features))

    return work


def refined(classifier: ClassifierName, every: int, *, alike: bool = False) -> Strategy:
    """S2, S4: learn again after so many objects; the surest page comes first."""

    def work(project: Project) -> None:
        project.by_hand(FIRST * PAGE, alike=alike)
        refine(project, classifier, every, alike=alike)

    return work


def clusters_first(some: float) -> Strategy:
    """S9: name clusters, the largest first, till such a share is named; they grow as S4+ does."""

    def work(project: Project) -> None:
        members = group(project.looks)
        wanted = max(FIRST * PAGE, some * len(members))
        for number in range(int(members.max(initial=-1)) + 1):
            if len(project.annotator.order) >= wanted:
                break
            project.cluster(np.flatnonzero(members == number))
        refine(project, "linear", PAGE, alike=True)

    return work


def unsure_first(project: Project) -> None:
    """S5: name the least sure objects first, page by page, each time learning; then as S4."""
    project.by_hand(FIRST * PAGE)
    for _ in range(UNSURE // PAGE):
        guessed = project.learn("linear")
        if guessed and len(guessed.objects):
            project.annotator.page(guessed.least_sure(PAGE))
    refine(project, "linear", PAGE)


def unsure_and_diverse(project: Project) -> None:
    """S6: of the least sure, those that differ most from one another first; then as S4."""
    project.by_hand(FIRST * PAGE)
    for _ in range(UNSURE // PAGE):
        guessed = project.learn("linear")
        if guessed and len(guessed.objects):
            unsure = guessed.least_sure(5 * PAGE)
            project.annotator.page(unsure[spread(project.features[unsure], PAGE)])
    refine(project, "linear", PAGE)


def refine(
    project: Project, classifier: ClassifierName, every: int, *, alike: bool = False
) -> None:
    """Learn, decide the surest pages, learn again, to the end."""
    while len(project.annotator.open):
        guessed = project.learn(classifier)
        if guessed is None:
            project.by_hand(PAGE, alike=alike)
            continue
        decided = 0
        while decided < every and len(guessed.objects):
            before = len(guessed.objects)
            guessed = show(project, guessed, alike=alike)
            decided += before - len(guessed.objects)


def show(project: Project, guessed: Guessed, *, alike: bool = False) -> Guessed:
    """Decide the surest page."""
    objects, proposed, guesses = guessed.page()
    if alike:
        order = side_by_side(project.looks[objects])
        objects, guesses = objects[order], guesses[order]
    project.annotator.page(objects, proposed, guesses)
    return guessed.without(objects)


def spread(features: Features, most: int) -> Places:
    """Rows that lie far from each other: each time the farthest from all before (k-centre)."""
    scaled = features - features.mean(axis=0)
    scaled /= np.maximum(scaled.std(axis=0), 1e-6)
    found = [0]
    nearest = ((scaled - scaled[0]) ** 2).sum(axis=1)
    while len(found) < min(most, len(features)):
        found.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((scaled - scaled[found[-1]]) ** 2).sum(axis=1))
    return np.array(found)


STRATEGIES: Mapping[str, tuple[str, Strategy]] = {
    "S0": ("unsorted pages by hand", unsorted),
    "S1": ("forest once, best score first", once("forest")),
    "S2": ("forest again every 200", refined("forest", 200)),
    "S3": ("linear once, best score first", once("linear")),
    "S4/200": ("linear again every 200", refined("linear", 200)),
    "S4": ("linear again after each page", refined("linear", PAGE)),
    "S4+": ("S4, look-alikes side by side", refined("linear", PAGE, alike=True)),
    "S9": ("clusters for 100 objects, then S4+", clusters_first(0)),
    "S9/all": ("all clusters worth it, then S4+", clusters_first(1)),
    "S5": ("150 least sure first, then S4", unsure_first),
    "S6": ("150 least sure and diverse first, then S4", unsure_and_diverse),
}
