"""What is counted of guesses, by examples that were worked out by hand."""

import numpy as np
import pytest

from calanus.prediction import judging

COPEPODA, DETRITUS, FISH = 10, 20, 30
TRUTH = np.array([10, 10, 10, 10, 20, 20, 20, 30])
GUESS = np.array([10, 10, 10, 20, 20, 20, 10, 20])


def test_precision_and_recall_are_those_worked_out_by_hand() -> None:
    judged = judging.of_taxa(TRUTH, GUESS)

    copepods, detritus, fish = (judged[taxon] for taxon in (COPEPODA, DETRITUS, FISH))
    assert (copepods.support, copepods.guessed, copepods.right) == (4, 4, 3)
    assert (copepods.precision, copepods.recall, copepods.f1) == (0.75, 0.75, 0.75)
    assert (detritus.precision, detritus.recall) == (0.5, pytest.approx(2 / 3))
    assert detritus.f1 == pytest.approx(4 / 7)
    assert (fish.precision, fish.recall, fish.f1) == (None, 0, 0)  # never guessed


def test_a_taxon_that_is_only_guessed_has_no_recall_and_no_part_in_the_means() -> None:
    truth, guess = np.array([10, 10]), np.array([10, 30])

    assert judging.of_taxa(truth, guess)[FISH].recall is None
    assert judging.means(truth, guess) == judging.Means(0.5, 1, 0.5, 2 / 3)


def test_means_weigh_taxa_alike() -> None:
    found = judging.means(TRUTH, GUESS)

    assert found.accuracy == 5 / 8
    assert found.recall == pytest.approx((3 / 4 + 2 / 3 + 0) / 3)
    assert found.precision == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)
    assert found.f1 == pytest.approx((3 / 4 + 4 / 7 + 0) / 3)


def test_the_confusion_matrix_names_pairs_that_occur() -> None:
    assert judging.confusion(TRUTH, GUESS) == [
        (10, 10, 3),
        (10, 20, 1),
        (20, 10, 1),
        (20, 20, 2),
        (30, 20, 1),
    ]


def test_scores_are_held_against_how_often_they_are_right() -> None:
    right = np.array([True, False, True, True, True])
    scores = np.array([0.55, 0.55, 0.95, 0.95, 1.0])

    low, high = judging.calibration(right, scores)

    assert (low.least, low.most, low.objects, low.right) == (0.5, 0.6, 2, 0.5)
    assert (high.least, high.most, high.objects, high.right) == (0.9, 1.0, 3, 1)
    assert judging.calibration_error([low, high]) == pytest.approx(
        (2 * 0.05 + 3 * (1 - 2.9 / 3)) / 5
    )


def test_rare_taxa_are_counted_together() -> None:
    judged = judging.of_taxa(TRUTH, GUESS)

    assert judging.rare(judged, below=4) == judging.Rare(2, 4, 0.5)
    assert judging.rare(judged, below=1) == judging.Rare(0, 0, None)


@pytest.mark.parametrize("taxa", [[], [10], [10, 20], [10, 10, 10], [10, 10, 20]])
def test_what_is_too_small_is_told_so(taxa: list[int]) -> None:
    assert "too small to be checked" in judging.judgeable(np.array(taxa, np.int64))
    assert judging.judgeable(np.array([*taxa, 10, 10, 20, 20])) == ""


def test_a_smaller_share_lies_in_a_larger_one_and_keeps_every_taxon() -> None:
    taxa, draws = np.array([10] * 8 + [20] * 2 + [30]), np.arange(11)[::-1]

    quarter, half = judging.shares(taxa, draws, 0.25), judging.shares(taxa, draws, 0.5)

    assert quarter.tolist() == [6, 7, 9, 10]
    assert half.tolist() == [4, 5, 6, 7, 9, 10]


def test_a_large_learning_set_is_thinned_and_rare_taxa_stay() -> None:
    taxa, draws = np.repeat([10, 20], [1000, 40]), np.arange(1040)

    rows = judging.thinned(taxa, draws, most=520)

    assert np.bincount(taxa[rows])[[10, 20]].tolist() == [500, 40]
    assert judging.thinned(taxa, draws, most=2000).tolist() == list(range(1040))


def test_taxa_are_counted_by_the_samples_they_are_found_in() -> None:
    assert judging.spread(np.array([1, 2, 2, 3]), np.array([10, 10, 10, 20])) == {10: 2, 20: 1}


def test_means_are_over_the_taxa_that_are_there() -> None:
    found = judging.means(np.array([1, 1, 1, 2]), np.array([1, 1, 3, 3]))

    assert (found.accuracy, found.precision, found.recall) == pytest.approx((0.5, 0.5, 1 / 3))
