"""What every classifier promises, whichever it is."""

import numpy as np
import pytest

from calanus.prediction.classifiers import CLASSIFIERS, SHARE, best, surely_best
from calanus.prediction.types import Classifier, ClassifierName, Features, Fresh, Taxa

NAMES: list[ClassifierName] = ["linear", "forest"]
MEASURED, DEEP = 3, 8
COPEPODA, DETRITUS, FISH = 80, 11, 300


def plankton(counts: dict[int, int], seed: int = 0) -> tuple[Features, Taxa]:
    """Objects whose taxa lie apart, by measurements and by deep features."""
    rng = np.random.default_rng(seed)
    taxa = np.repeat(list(counts), list(counts.values())).astype(np.int64)
    centres = {taxon: rng.normal(0, 3, MEASURED + DEEP) for taxon in sorted(counts)}
    X = np.array([centres[taxon] for taxon in taxa.tolist()]) + rng.normal(0, 1, (len(taxa), 11))
    X[:, 0] = np.exp(X[:, 0])  # sizes spread over orders of magnitude
    return X.astype(np.float32), taxa


def new(name: ClassifierName, seed: int = 0) -> Classifier:
    return CLASSIFIERS[name](DEEP, seed)


MANY = {DETRITUS: 120, COPEPODA: 60, FISH: 30}


@pytest.mark.parametrize("name", NAMES)
def test_taxa_that_lie_apart_are_told_apart(name: ClassifierName) -> None:
    X, y = plankton(MANY)

    model = new(name).fit(X[::2], y[::2])
    scores = model.predict_proba(X[1::2])

    assert model.classes_.tolist() == [DETRITUS, COPEPODA, FISH]
    assert scores.shape == (len(y) // 2, 3)
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert (model.classes_[scores.argmax(axis=1)] == y[1::2]).mean() > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_scores(name: ClassifierName) -> None:
    X, y = plankton(MANY)

    first, second = (new(name, seed=7).fit(X, y).predict_proba(X) for _ in range(2))

    assert np.allclose(first, second, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "counts",
    [{COPEPODA: 1}, {COPEPODA: 9}, {COPEPODA: 1, FISH: 1}, {COPEPODA: 2, FISH: 40, DETRITUS: 1}],
    ids=["one object", "one taxon", "one object each", "single objects"],
)
def test_small_learning_sets_are_learnt_all_the_same(
    name: ClassifierName, counts: dict[int, int]
) -> None:
    X, y = plankton(counts)

    model = new(name).fit(X, y)
    scores = model.predict_proba(X)

    assert model.classes_.tolist() == sorted(counts)
    assert np.isfinite(scores).all()
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_constants_missing_values_and_absurd_ones_are_borne(name: ClassifierName) -> None:
    X, y = plankton(MANY)
    X[:, 1] = 5
    X[::3, 0] = np.nan
    X[1, 0], X[2, 0], X[3, 0] = np.inf, -np.inf, 3e38
    X[:, 2] = np.nan

    model = new(name).fit(X, y)
    scores = model.predict_proba(X)

    assert np.isfinite(scores).all()
    assert (model.classes_[scores.argmax(axis=1)] == y).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dimensions", [0, 11], ids=["measurements only", "deep features only"])
def test_either_kind_of_features_is_enough(name: ClassifierName, dimensions: int) -> None:
    X, y = plankton(MANY)

    model = CLASSIFIERS[name](dimensions, 0).fit(X, y)

    assert (model.classes_[model.predict_proba(X).argmax(axis=1)] == y).mean() > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_predict_is_predicted_as_nothing(name: ClassifierName) -> None:
    X, y = plankton(MANY)

    assert new(name).fit(X, y).predict_proba(X[:0]).shape == (0, 3)


def test_scores_of_the_linear_model_say_how_often_it_is_right() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, 3000)
    X = np.zeros((3000, 11), np.float32)
    X[:, MEASURED:] = rng.normal(0, 1, (3000, DEEP))
    X[np.arange(3000), MEASURED + y] += 1.5

    model = new("linear").fit(X[:2000], y[:2000])
    scores = model.predict_proba(X[2000:])

    right = scores.argmax(axis=1) == y[2000:]
    assert scores.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.05)


def test_a_rare_taxon_is_not_drowned_by_a_common_one() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(0, 1, (1050, 11)).astype(np.float32)
    y = np.array([DETRITUS] * 1000 + [COPEPODA] * 50)
    X[1000:, MEASURED] += 2.5

    model = new("linear").fit(X, y)

    guessed = model.classes_[model.predict_proba(X[1000:]).argmax(axis=1)]
    assert (guessed == COPEPODA).mean() > 0.5


def test_the_best_guesses_come_first() -> None:
    scores = np.array([[0.2, 0.5, 0.3], [1, 0, 0]], np.float32)

    taxa, found = best(scores, np.array([10, 11, 20]), 2)

    assert taxa.tolist() == [[11, 20], [10, 11]]
    assert found[0].tolist() == pytest.approx([0.5, 0.3])


def blurred(X: Features) -> Features:
    """The same objects, hard to tell apart."""
    return X + np.random.default_rng(5).normal(0, 4, X.shape).astype(np.float32)


def clearer(X: Features, y: Taxa, known: Fresh, by: float) -> Features:
    """Deep features as an extractor makes them of images it was trained on: nearer their kind."""
    centres = {taxon: X[y == taxon].mean(axis=0) for taxon in np.unique(y).tolist()}
    middle = np.array([centres[taxon] for taxon in y.tolist()], np.float32)
    return np.where(known[:, None], X + by * (middle - X), X).astype(np.float32)


def test_only_objects_new_to_the_extractor_tell_how_sure_to_be() -> None:
    near, y = plankton({COPEPODA: 300, DETRITUS: 300, FISH: 300})
    known = np.arange(len(y)) % 3 > 0
    seen = clearer(blurred(near), y, known, 0.8)

    all_told = CLASSIFIERS["linear"](DEEP, 0).fit(seen, y)
    new_told = CLASSIFIERS["linear"](DEEP, 0).fit(seen, y, ~known)

    assert vars(new_told)["calibrated_on"] == (~known).sum()
    assert vars(new_told)["temperature"] > vars(all_told)["temperature"]


def test_where_all_is_known_to_the_extractor_scores_are_cautious() -> None:
    near, y = plankton({COPEPODA: 60, DETRITUS: 60})
    seen = blurred(near)

    usual = CLASSIFIERS["linear"](DEEP, 0).fit(seen, y)
    cautious = CLASSIFIERS["linear"](DEEP, 0).fit(seen, y, np.zeros(len(y), bool))

    assert vars(cautious)["calibrated_on"] == 0
    assert vars(cautious)["temperature"] > vars(usual)["temperature"]


def test_objects_held_out_choose_a_discriminant_analysis_unless_the_extractor_knows_them() -> None:
    """Taxa apart in faint directions, under noise that all share: what its covariance tells."""
    random = np.random.default_rng(1)
    y = np.repeat([COPEPODA, DETRITUS, FISH], 40)
    apart = random.normal(0, 1, (3, DEEP)).repeat(40, axis=0)
    noise = random.normal(0, 1, (120, DEEP)) @ random.normal(0, 1.5, (DEEP, DEEP))
    X = (apart + noise).astype(np.float32)

    usual = CLASSIFIERS["linear"](DEEP, 0).fit(X, y)
    known = CLASSIFIERS["linear"](DEEP, 0).fit(X, y, np.zeros(len(y), bool))

    assert vars(usual)["share"] == 0.5
    assert vars(known)["share"] == SHARE, "known images choose nothing"


def test_another_share_must_be_surely_better() -> None:
    right = np.arange(100) < 60
    by_chance = right.copy()
    by_chance[[0, 1, 60, 61, 62]] = [False, False, True, True, True]
    surely = np.arange(100) < 70

    assert surely_best([right, by_chance]) == 0
    assert surely_best([right, by_chance, surely]) == 2
