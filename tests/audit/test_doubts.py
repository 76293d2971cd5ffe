"""What deserves a second look, on clouds of points whose truth we know."""

import numpy as np
import pytest

from calanus.audit.doubts import HeldOut, confusion, doubtful, out_of_fold, outliers, space
from calanus.prediction.folds import folds
from calanus.prediction.types import Features, Taxa

COPEPODS, DETRITUS, JELLY = 10, 20, 30


def clouds(each: int = 60) -> tuple[Features, Taxa]:
    random = np.random.default_rng(1)
    centres = {COPEPODS: (0, 0, 6), DETRITUS: (6, 0, 0), JELLY: (0, 6, 0)}
    X = np.vstack([random.normal(centre, 1, (each, 3)) for centre in centres.values()])
    return X.astype(np.float32), np.repeat(list(centres), each)


def samples_of(taxa: Taxa) -> Taxa:
    return np.arange(len(taxa)) % 6


def test_wrong_identifications_are_found_and_the_worst_comes_first() -> None:
    X, truth = clouds()
    given = truth.copy()
    given[[3, 70]] = JELLY
    parts = folds(samples_of(given), given, seed=0)

    found = doubtful(given, out_of_fold(X, given, parts, dimensions=0, seed=0))

    assert {3, 70} <= set(found.rows.tolist())
    assert len(found.rows) <= 4
    assert dict(zip(found.rows.tolist(), found.suggested.tolist(), strict=True))[70] == DETRITUS
    assert (np.diff(found.margins) >= 0).all()
    assert found.first(1).rows.tolist() == found.rows[:1].tolist()


def test_a_taxon_of_one_sample_is_not_judged() -> None:
    X, taxa = clouds(20)
    samples = np.where(taxa == JELLY, 99, samples_of(taxa))

    held = out_of_fold(X, taxa, folds(samples, taxa, seed=0, anyway=True), dimensions=0, seed=0)

    assert not held.judged[taxa == JELLY].any()
    assert held.judged[taxa != JELLY].all()
    assert not np.isin(doubtful(taxa, held).rows, np.flatnonzero(taxa == JELLY)).any()


def test_an_unsure_model_casts_no_doubt() -> None:
    """0.4 for another taxon is less than the 0.9 it usually is sure of that one."""
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9], [0.05, 0.95]])
    held = HeldOut(p, np.array([1, 2]), np.ones(4, np.bool_))

    assert doubtful(np.array([1, 1, 2, 2]), held).rows.tolist() == []


def test_the_confusion_counts_what_was_taken_for_what() -> None:
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9], [0.0, 0.0]])
    held = HeldOut(p, np.array([1, 2]), np.array([True, True, True, False]))

    assert confusion(np.array([1, 1, 2, 2]), held).tolist() == [[1, 1], [0, 1]]


def test_an_object_far_from_its_taxon_is_an_outlier() -> None:
    X, taxa = clouds()
    X[5] = 60

    found = outliers(space(X, 0), taxa)

    assert found.rows[0] == 5
    assert found.margins[0] < -3.5
    assert len(found.rows) < 6


@pytest.mark.parametrize("n", [0, 1, 4])
def test_few_objects_are_neither_far_nor_doubtful(n: int) -> None:
    points, everybody = clouds()
    some, taxa = points[:n], everybody[:n]
    held = out_of_fold(some, taxa, folds(taxa, taxa, seed=0), dimensions=0, seed=0)

    assert doubtful(taxa, held).rows.tolist() == []
    assert outliers(some, taxa).rows.tolist() == []
