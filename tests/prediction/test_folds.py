"""Which objects are held out together."""

import numpy as np
import pytest

from calanus.prediction import folds

COPEPODA, DETRITUS = 10, 20


def test_no_sample_is_in_two_parts() -> None:
    samples = np.repeat([1, 2, 3, 4, 5, 6, 7], [9, 3, 8, 2, 5, 1, 4])
    taxa = np.resize([COPEPODA, DETRITUS], len(samples))

    found = folds.folds(samples, taxa, seed=0)

    assert (found.by, len(found)) == ("sample", 5)
    assert [len(np.unique(found.of[samples == sample])) for sample in range(1, 8)] == [1] * 7
    assert sum(rows.sum() for rows in found) == len(samples)
    assert all(rows.any() for rows in found)


def test_samples_that_hold_the_same_taxa_go_to_different_parts() -> None:
    table = np.array([[9, 0], [8, 0], [0, 7], [0, 6]])

    parts = folds.by_sample(table, 2, seed=3)

    assert parts[0] != parts[1]
    assert parts[2] != parts[3]


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        ([1] * 8, "All objects are of one sample"),
        ([1, 1, 1, 1, 2, 2, 2, 2], "Too few taxa are found in two samples or more (0)"),
        ([1, 2, 1, 1, 2, 2, 2, 2], "Too few taxa are found in two samples or more (1)"),
    ],
)
def test_where_samples_cannot_be_held_out_objects_are_and_it_is_said(
    samples: list[int], why: str
) -> None:
    taxa = np.array([10, 10, 10, 10, 20, 20, 20, 20])

    found = folds.folds(np.array(samples), taxa, seed=0)

    assert found.by == "object"
    assert found.why.startswith(why)
    assert len(found) == 5


def test_each_taxon_is_spread_over_the_parts() -> None:
    coded = np.repeat([0, 1], [10, 5])

    parts = folds.by_object(coded, 5, seed=1)

    assert np.bincount(parts[coded == 0]).tolist() == [2] * 5
    assert np.bincount(parts[coded == 1]).tolist() == [1] * 5


def test_the_same_seed_makes_the_same_parts() -> None:
    samples, taxa = np.arange(40) % 11, np.arange(40) % 3

    first, second, other = (folds.folds(samples, taxa, seed=seed).of.tolist() for seed in (1, 1, 2))

    assert first == second != other


def test_folds_hold_samples_out_whole_and_spread_taxa() -> None:
    random = np.random.default_rng(3)
    samples, taxa = random.integers(0, 12, 600), random.integers(0, 4, 600)

    fold = folds.folds(samples, taxa, seed=7).of

    assert {len(np.unique(fold[samples == s])) for s in range(12)} == {1}
    shares = [np.bincount(taxa[fold == f], minlength=4) for f in range(5)]
    assert min(share.min() for share in shares) > 0
    assert (folds.folds(samples, taxa, seed=7).of == fold).all()


def test_one_sample_is_split_by_object_and_two_make_two_folds() -> None:
    taxa = np.repeat([1, 2], 10)

    alone = folds.folds(np.zeros(20, np.int64), taxa, seed=0).of
    two = folds.folds(np.arange(20) % 2, taxa, seed=0).of

    assert [np.bincount(taxa[alone == f], minlength=3)[1:].tolist() for f in range(5)] == [
        [2, 2]
    ] * 5
    assert sorted(np.unique(two)) == [0, 1]


def test_samples_that_share_few_taxa_are_held_out_whole_where_that_is_asked() -> None:
    samples, taxa = np.repeat([1, 2], 4), np.repeat([COPEPODA, DETRITUS], 4)

    found = folds.folds(samples, taxa, seed=0, anyway=True)

    assert (found.by, len(found)) == ("sample", 2)
    assert folds.folds(samples, taxa, seed=0).by == "object"
