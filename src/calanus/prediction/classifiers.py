"""What learns taxa from features. `linear` is ours and the default, `forest` is EcoTaxa's.

Columns are measurements first, then `dimensions` deep features. Arrays in, arrays out, seeds
passed in; no database.
"""

import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from calanus.features.whitening import HalfWhitening
from calanus.prediction.calibration import Logits, softmax, temperature
from calanus.prediction.folds import single
from calanus.prediction.scaling import RobustScale
from calanus.prediction.types import (
    Classifier,
    ClassifierName,
    Features,
    Fresh,
    Scores,
    Taxa,
)

RARE = 0.5  # a taxon weighs (most objects of a taxon / its own) to this power
TREES, LEAF, FOREST_COMPONENTS = 300, 5, 50  # EcoTaxa's
ENOUGH = 20_000  # objects from which on one fold tells the temperature, and all cores help
FRESH = 100  # so many objects new to the extractor, or half of all, tell the temperature
SHARE = 0.3  # what a discriminant analysis has to say: better on four sets of five
OTHERS = (0.0, 0.15, 0.5)  # where objects held out are surely better off with them
CAUTION = 1.3  # by which the temperature of known images is raised, where new ones are lacking


class Linear:
    """Multinomial logistic regression on half-whitened deep features and robust measurements.

    With a share of a shrunk linear discriminant analysis, which is better where objects are few.
    Another share than the usual one, and the temperature by which scores are calibrated, is found
    on objects held out, and only on fresh ones, on whose images the extractor was not trained:
    those it knows it sees more clearly than it will see any new one. Where fresh ones are too few,
    the share is the usual one, and all tell the temperature, with the caution that known ones call
    for.
    """

    classes_: Taxa

    def __init__(self, dimensions: int = 0, seed: int = 0) -> None:
        self.dimensions = dimensions
        self.seed = seed
        self.temperature = 1.0
        self.share = 0.0  # of the discriminant analysis
        self.calibrated_on = 0  # objects

    def fit(self, X: Features, y: Taxa, fresh: Fresh | None = None) -> Self:
        """Learn; then hold out each third in turn to learn how sure to be, from the fresh ones."""
        with one_thread(len(X)):
            return self._fit(X, y, np.ones(len(X), bool) if fresh is None else fresh)

    def _fit(self, X: Features, y: Taxa, fresh: Fresh) -> Self:
        self.classes_, coded = np.unique(y, return_inverse=True)
        measured = X.shape[1] - self.dimensions
        self.scale = RobustScale().fit(X[:, :measured])
        self.whitening = HalfWhitening().fit(X[:, measured:])
        Z = self._seen(X)
        taxa = len(self.classes_)
        told = _hide(Z, coded, taxa, self.seed)
        both = _logistic(Z, coded, taxa), _discriminant(Z, coded, taxa)
        if told is None:
            self.weights = both[0]
            return self
        order, logits = told
        enough = fresh[order].sum() >= min(FRESH, len(order) / 2)
        if enough:
            order, logits = order[fresh[order]], [one[fresh[order]] for one in logits]
        truth = coded[order]
        level = temperature(logits[0], truth) / temperature(logits[1], truth)
        shares = (SHARE, *OTHERS) if enough else (SHARE,)
        mixed = [(1 - s) * logits[0] + s * level * logits[1] for s in shares]
        place = surely_best([one.argmax(axis=1) == truth for one in mixed])
        self.share = shares[place]
        self.weights = (1 - self.share) * both[0] + self.share * level * both[1]
        self.temperature = temperature(mixed[place], truth) * (1 if enough else CAUTION)
        self.calibrated_on = len(order) if enough else 0
        return self

    def predict_proba(self, X: Features) -> Scores:
        """How likely each taxon is: (objects, taxa)."""
        with one_thread(len(X)):
            return softmax(_logits(self._seen(X), self.weights) / self.temperature)

    def _seen(self, X: Features) -> Features:
        measured = X.shape[1] - self.dimensions
        parts = (self.scale.transform(X[:, :measured]), self.whitening.transform(X[:, measured:]))
        return np.hstack([*parts, np.ones((len(X), 1), np.float32)])


class Forest:
    """EcoTaxa's random forest: 300 trees, 5 objects a leaf, balanced taxa, 50 deep components."""

    classes_: Taxa

    def __init__(self, dimensions: int = 0, seed: int = 0) -> None:
        self.dimensions = dimensions
        self.seed = seed

    def fit(self, X: Features, y: Taxa, fresh: Fresh | None = None) -> Self:
        """Grow the trees; their scores are not calibrated, so `fresh` is all one to them."""
        measured = X.shape[1] - self.dimensions
        self.components = HalfWhitening(FOREST_COMPONENTS, whitening=0).fit(X[:, measured:])
        with np.errstate(all="ignore"):
            self.medians = np.nan_to_num(_medians(X[:, :measured]))
        ensemble: Any = import_module(
            "sklearn.ensemble"
        )  # late: it costs a second; it has no types
        self.trees: Any = ensemble.RandomForestClassifier(
            TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=self.seed, n_jobs=-1
        )
        self.trees.fit(self._seen(X), y)
        self.classes_ = self.trees.classes_
        return self

    def predict_proba(self, X: Features) -> Scores:
        """The mean of the trees' leaves: (objects, taxa)."""
        if not len(X):
            return np.empty((0, len(self.classes_)), np.float32)
        return self.trees.predict_proba(self._seen(X)).astype(np.float32)

    def _seen(self, X: Features) -> Features:
        measured = X.shape[1] - self.dimensions
        numbers = np.where(np.isfinite(X[:, :measured]), X[:, :measured], self.medians)
        deep = self.components.transform(X[:, measured:])
        return np.hstack([numbers, deep]).astype(np.float32)


CLASSIFIERS: Mapping[ClassifierName, Callable[[int, int], Classifier]] = {
    "linear": Linear,
    "forest": Forest,
}


@contextmanager
def one_thread(objects: int) -> Generator[None]:
    """Small matrices on one core: two that wait for each other took 6 s instead of 0.1."""
    import_module("sklearn.linear_model")  # brings the libraries whose threads are held back
    pools: Any = import_module("threadpoolctl")
    with pools.threadpool_limits(1 if objects < ENOUGH else None, user_api="blas"):
        yield


def best(scores: Scores, classes: Taxa, most: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The likeliest taxa of each object and their scores, best first: two (objects, most)."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :most]
    found = np.take_along_axis(scores, order, axis=1).astype(np.float64)
    return classes[order].astype(np.int32), found


def _logistic(Z: Features, coded: Taxa, taxa: int) -> Logits:
    """The weights (columns, taxa) of a logistic regression; the last column of Z is 1."""
    known, counts = np.unique(coded, return_counts=True)
    if len(known) < 2:
        weights = np.full((Z.shape[1], taxa), 0.0)
        weights[-1] = -1e3
        weights[-1, known] = 0
        return weights
    importance = dict(zip(known.tolist(), (counts.max() / counts) ** RARE, strict=True))
    # The more objects, the smaller C: measured best at 100 (0.1), 1,000 (0.03) and 6,300 (0.01).
    linear_model: Any = import_module("sklearn.linear_model")
    model: Any = linear_model.LogisticRegression(
        C=len(Z) ** -0.5, class_weight=importance, max_iter=300, tol=1e-3
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # near enough after 300 rounds is good enough
        model.fit(Z[:, :-1], coded)
    return _spread(model, known, Z.shape[1], taxa)


def _discriminant(Z: Features, coded: Taxa, taxa: int) -> Logits:
    """The weights of a linear discriminant analysis (Ledoit and Wolf's covariance), as above."""
    known, counts = np.unique(coded, return_counts=True)
    if len(known) < 2 or len(known) == len(coded):
        return _logistic(Z, coded, taxa)
    priors = counts**RARE / (counts**RARE).sum()
    module: Any = import_module("sklearn.discriminant_analysis")
    model: Any = module.LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=priors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # taxa of one object have no spread, and are told so
        model.fit(Z[:, :-1].astype(np.float64), coded)
    return _spread(model, known, Z.shape[1], taxa)


def _spread(model: Any, known: Taxa, columns: int, taxa: int) -> Logits:
    """A linear model's weights (columns, taxa); taxa nobody taught are not guessed."""
    weights = np.full((columns, taxa), 0.0)
    weights[-1] = -1e3
    found = np.vstack([model.coef_.T, model.intercept_])
    weights[:, known] = np.hstack([-found / 2, found / 2]) if len(known) == 2 else found
    return weights


def surely_best(right: Sequence[NDArray[np.bool_]]) -> int:
    """The first, unless another is right more often by more than that may be by chance.

    Of n objects that only one of two models gets right, √n is the standard error of how many more
    it gets (McNemar).
    """
    gains = [int(one.sum()) - int(right[0].sum()) for one in right]
    best_ = int(np.argmax(gains))
    apart = int((right[best_] != right[0]).sum())
    return best_ if gains[best_] > apart**0.5 else 0


def _hide(
    Z: Features, coded: Taxa, taxa: int, seed: int
) -> tuple[NDArray[np.int64], list[Logits]] | None:
    """Objects held out, and what both kinds of model say of them; nothing where all are too few."""
    counts = np.bincount(coded, minlength=taxa)
    if taxa < 2 or (counts >= 2).sum() < 2:
        return None
    held_out = [*single(coded, seed=seed)][: None if len(coded) < ENOUGH else 1]
    order = np.concatenate([np.flatnonzero(out) for out in held_out])
    told = [
        [_logits(Z[out], teach(Z[~out], coded[~out], taxa)) for out in held_out]
        for teach in (_logistic, _discriminant)
    ]
    return order, [np.vstack(one) for one in told]


def _logits(Z: Features, weights: Logits) -> Logits:
    return Z.astype(np.float64) @ weights


def _medians(X: Features) -> Features:
    known = np.where(np.isfinite(X), X, np.nan)
    known[:, np.isnan(known).all(axis=0)] = 0
    return np.nanmedian(known, axis=0).astype(np.float32)
