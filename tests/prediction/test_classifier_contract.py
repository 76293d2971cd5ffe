"""scikit-learn's contract of fit and predict_proba, kept by every classifier of the registry."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from calanus.prediction.classifiers import CLASSIFIERS
from calanus.prediction.types import Classifier, ClassifierName, Features, Scores, Taxa

MEASURED, DEEP = 3, 8
Make = Callable[..., Classifier]


@pytest.fixture(params=sorted(CLASSIFIERS))
def make(request: pytest.FixtureRequest) -> Make:
    """One of all classifiers there are: a new one is tested by being in the registry."""
    name: ClassifierName = request.param

    def made(seed: int = 0, dimensions: int = DEEP) -> Classifier:
        return CLASSIFIERS[name](dimensions, seed)

    return made


def catch(counts: dict[int, int], seed: int = 0) -> tuple[Features, Taxa]:
    """Objects of taxa that lie apart, in an order that says nothing of the taxon."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(list(counts), list(counts.values()))).astype(np.int64)
    centres = {n: rng.normal(0, 3, MEASURED + DEEP) for n in sorted(counts)}
    X = np.array([centres[taxon] for taxon in y.tolist()]) + rng.normal(0, 1, (len(y), 11))
    return X.astype(np.float32), y


THREE = {300: 40, 11: 60, 80: 25}


def is_a_distribution(scores: Scores, objects: int, taxa: int) -> bool:
    return (
        scores.shape == (objects, taxa)
        and bool(np.isfinite(scores).all())
        and bool((scores >= 0).all())
        and np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    )


def test_fit_gives_the_classifier_itself(make: Make) -> None:
    X, y = catch(THREE)
    model = make()

    assert model.fit(X, y) is model


def test_classes_are_sorted_and_columns_follow_them(make: Make) -> None:
    X, y = catch(THREE)

    model = make().fit(X, y)
    scores = model.predict_proba(X)

    assert model.classes_.tolist() == [11, 80, 300]
    assert (model.classes_[scores.argmax(axis=1)] == y).mean() > 0.95


def test_scores_are_a_distribution_over_the_taxa(make: Make) -> None:
    X, y = catch(THREE)
    far = np.full((4, 11), 1e6, np.float32)

    model = make().fit(X, y)

    assert is_a_distribution(model.predict_proba(X), len(X), 3)
    assert is_a_distribution(model.predict_proba(far), 4, 3)
    assert is_a_distribution(model.predict_proba(X[:0]), 0, 3)


def test_a_seed_is_all_the_chance_there_is(make: Make) -> None:
    X, y = catch(THREE)
    np.random.seed(1)  # the state that nobody may look at
    first = make(seed=3).fit(X, y).predict_proba(X)
    np.random.seed(2)
    second = make(seed=3).fit(X, y).predict_proba(X)

    assert np.array_equal(first, second)


def test_a_second_fit_forgets_the_first(make: Make) -> None:
    X, y = catch(THREE)
    others, taxa = catch({5: 30, 6: 30}, seed=9)

    again = make().fit(X, y).fit(others, taxa)
    fresh = make().fit(others, taxa)

    assert again.classes_.tolist() == [5, 6]
    assert np.array_equal(again.predict_proba(others), fresh.predict_proba(others))


def test_each_object_is_scored_by_itself(make: Make) -> None:
    X, y = catch(THREE)

    model = make().fit(X, y)
    together = model.predict_proba(X)

    assert np.allclose(model.predict_proba(X[::-1])[::-1], together, atol=1e-5)
    assert np.allclose(model.predict_proba(X[7:8]), together[7:8], atol=1e-5)


def test_what_is_given_is_not_changed(make: Make) -> None:
    X, y = catch(THREE)
    X[::4, 0], X[1, 1] = np.nan, np.inf
    before, taxa = X.copy(), y.copy()
    X.setflags(write=False)
    y.setflags(write=False)

    make().fit(X, y).predict_proba(X)

    assert np.array_equal(X, before, equal_nan=True)
    assert np.array_equal(y, taxa)


def test_double_precision_says_the_same(make: Make) -> None:
    X, y = catch(THREE)

    single = make().fit(X, y).predict_proba(X)
    wide: Any = X.astype(np.float64)
    double = make().fit(wide, y).predict_proba(wide)

    assert (single.dtype, double.dtype) == (np.float32, np.float32)
    assert np.allclose(single, double, atol=0.02)


@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_how_the_numbers_lie_in_memory_does_not_matter(make: Make, order: str) -> None:
    X, y = catch(THREE)
    lying: NDArray[np.float32] = np.repeat(X, 2, axis=0)[::2]
    if order != "strided":
        lying = np.array(X, order="C" if order == "C" else "F")

    assert np.allclose(
        make().fit(lying, y).predict_proba(lying), make().fit(X, y).predict_proba(X), atol=1e-3
    )


@pytest.mark.parametrize(
    "counts",
    [{7: 1}, {7: 2}, {7: 30}, {7: 1, 8: 1}, {7: 1, 8: 1, 9: 1}, {7: 2, 8: 50, 9: 1}],
    ids=["one object", "two alike", "one taxon", "one each", "three of one", "rare ones"],
)
def test_tiny_sets_and_a_single_taxon_are_learnt(make: Make, counts: dict[int, int]) -> None:
    X, y = catch(counts)

    model = make().fit(X, y)

    assert model.classes_.tolist() == sorted(counts)
    assert is_a_distribution(model.predict_proba(X), len(X), len(counts))
    assert is_a_distribution(model.predict_proba(X + 50), len(X), len(counts))


@pytest.mark.parametrize("column", [0, MEASURED], ids=["a measurement", "a deep feature"])
@pytest.mark.parametrize("value", [0, 5, np.nan, np.inf], ids=["zero", "five", "NaN", "infinite"])
def test_a_column_that_says_nothing_does_no_harm(make: Make, column: int, value: float) -> None:
    X, y = catch(THREE)
    X[:, column] = value

    model = make().fit(X, y)
    scores = model.predict_proba(X)

    assert is_a_distribution(scores, len(X), 3)
    assert (model.classes_[scores.argmax(axis=1)] == y).mean() > 0.9


def test_every_column_may_be_empty(make: Make) -> None:
    _, y = catch(THREE)
    nothing = np.full((len(y), 11), np.nan, np.float32)

    model = make().fit(nothing, y)

    assert is_a_distribution(model.predict_proba(nothing), len(y), 3)


def test_holes_when_predicting_are_borne_where_none_were_learnt(make: Make) -> None:
    X, y = catch(THREE)
    holed = X.copy()
    holed[:, 1] = np.nan
    holed[0] = np.nan
    holed[1, 0], holed[2, 0], holed[3, 5] = np.inf, -np.inf, 3e38

    assert is_a_distribution(make().fit(X, y).predict_proba(holed), len(X), 3)


@pytest.mark.parametrize("dimensions", [0, 11], ids=["measurements only", "deep features only"])
def test_one_kind_of_features_is_enough(make: Make, dimensions: int) -> None:
    X, y = catch(THREE)

    model = make(dimensions=dimensions).fit(X, y)

    assert is_a_distribution(model.predict_proba(X), len(X), 3)


def test_more_columns_than_objects_are_learnt(make: Make) -> None:
    X, y = catch({7: 4, 8: 4})
    wide = np.hstack([X[:, :MEASURED], np.tile(X, (1, 60))])

    model = make(dimensions=660).fit(wide, y)

    assert is_a_distribution(model.predict_proba(wide), 8, 2)


def test_names_of_taxa_may_be_large(make: Make) -> None:
    X, y = catch({1_000_000_001: 30, 2_000_000_002: 30})

    assert make().fit(X, y).classes_.tolist() == [1_000_000_001, 2_000_000_002]
