"""Counts by scores and by confusion, on worlds whose truth we know."""

import numpy as np
import pytest

from calanus.audit.agreement import kappa, share
from calanus.audit.counting import adjusted, expected, rates, unfolded


def test_the_interval_of_an_expected_count_is_that_of_the_draws() -> None:
    """400 objects of 0.7: 280 expected, a standard deviation of √(400 × 0.7 × 0.3) = 9.2."""
    cells = np.tile([0, 1], (400, 1))
    scores = np.tile([0.7, 0.3], (400, 1))

    found = expected(cells, scores, 2, draws=2000, seed=1)

    assert found.value.tolist() == pytest.approx([280, 120])
    assert found.low[0] == pytest.approx(280 - 1.96 * 9.165, abs=2)
    assert found.high[0] == pytest.approx(280 + 1.96 * 9.165, abs=2)
    again = expected(cells, scores, 2, draws=2000, seed=1)
    assert (again.low == found.low).all()


def test_certain_objects_have_no_interval_and_no_object_is_no_count() -> None:
    sure = expected(np.array([[0, 1]] * 5), np.array([[1.0, 0.0]] * 5), 2, draws=50, seed=0)
    none = expected(np.empty((0, 2), np.int64), np.empty((0, 2)), 2, draws=50, seed=0)

    assert (sure.low.tolist(), sure.high.tolist()) == ([5, 0], [5, 0])
    assert none.value.tolist() == [0, 0]


def test_a_known_bias_is_taken_out() -> None:
    """Of 100 copepods 30 are taken for detritus: 100 and 200 are seen as 70 and 230."""
    confusion = np.array([[70.0, 30.0], [0.0, 100.0]])

    found = unfolded(np.array([[70.0, 230.0]]), rates(confusion))

    assert found[0].tolist() == pytest.approx([100, 200], abs=3)
    assert found.sum() == pytest.approx(300)


def test_adjusted_counts_bracket_the_truth_and_are_never_negative() -> None:
    confusion = np.array([[70.0, 30.0], [5.0, 95.0]])
    truth = np.array([[100.0, 200.0], [0.0, 50.0]])
    seen = np.round(truth @ rates(confusion))

    found = adjusted(seen, confusion, draws=300, seed=2)

    assert (found.low <= truth + 1).all()
    assert (found.high >= truth - 1).all()
    assert (found.value >= 0).all()
    assert found.value.sum(axis=1) == pytest.approx(seen.sum(axis=1))


def test_a_taxon_that_the_confusion_does_not_know_stays_as_counted() -> None:
    confusion = np.array([[8.0, 2.0, 0.0], [1.0, 9.0, 0.0], [0.0, 0.0, 0.0]])

    found = adjusted(np.array([[0.0, 0.0, 7.0], [0.0, 0.0, 0.0]]), confusion, draws=20, seed=0)

    assert found.value.tolist() == [[0, 0, pytest.approx(7)], [0, 0, 0]]


def test_kappa_is_the_textbook_s() -> None:
    """Cohen's two readers: 20 both yes, 15 both no, 5 and 10 apart: 0.4."""
    first = np.array([1] * 25 + [2] * 25)
    second = np.array([1] * 20 + [2] * 5 + [1] * 10 + [2] * 15)

    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa(np.ones(3, np.int64), np.ones(3, np.int64)) is None
    assert kappa(np.array([], np.int64), np.array([], np.int64)) is None


def test_wilson_s_interval_is_the_textbook_s() -> None:
    some, none, full = share(81, 263), share(0, 0), share(10, 10)

    assert (some.low, some.high) == (
        pytest.approx(0.2553, abs=2e-4),
        pytest.approx(0.3662, abs=2e-4),
    )
    assert none.share is None
    assert (full.low, full.high) == (pytest.approx(0.7225, abs=2e-4), 1.0)
