"""Putting vectors together: sizes, order, what is alone, and many at once."""

import numpy as np
import pytest

from calanus.clusters import grouping
from calanus.clusters.grouping import ALONE, group, interleaved, renumbered, usual
from calanus.clusters.types import Vectors


def heaps(heaps: int, each: int, *, apart: float = 20, seed: int = 1) -> Vectors:
    """Heaps of points, far from each other."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(heaps, 6)) * apart
    return (np.repeat(centres, each, axis=0) + rng.normal(size=(heaps * each, 6))).astype(
        np.float32
    )


def test_no_cluster_is_smaller_than_asked_nor_of_two_heaps() -> None:
    members = group(heaps(6, 40), smallest=12)

    sizes = np.bincount(members[members != ALONE])
    assert sizes.min() >= 12
    assert list(sizes) == sorted(sizes, reverse=True)
    for number in range(len(sizes)):
        assert len(np.unique(np.flatnonzero(members == number) // 40)) == 1


def test_what_lies_far_from_all_is_alone() -> None:
    vectors = heaps(4, 50)
    vectors = np.vstack([vectors, np.full((1, 6), 900, np.float32)])

    assert group(vectors, smallest=5)[-1] == ALONE


def test_more_objects_come_in_larger_clusters() -> None:
    assert [usual(n) for n in (20, 800, 20_000, 500_000)] == [3, 5, 14, 40]


def test_many_are_grouped_by_their_nearest_means(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = heaps(5, 400)
    monkeypatch.setattr(grouping, "LARGEST_TREE", 100)

    members = group(vectors, smallest=40)

    assert np.array_equal(members, group(vectors, smallest=40))
    assert (members != ALONE).mean() > 0.6
    for number in range(members.max() + 1):
        assert len(np.unique(np.flatnonzero(members == number) // 400)) == 1


def test_all_alike_is_one_heap_or_none() -> None:
    members = group(np.ones((30, 4), np.float32), smallest=3)

    assert set(members.tolist()) <= set(range(-1, 11))


def test_clusters_are_numbered_by_size_and_small_ones_dissolved() -> None:
    told = renumbered(np.array([7, 7, 3, 3, 3, 5, ALONE]), 2)

    assert told.tolist() == [1, 1, 0, 0, 0, ALONE, ALONE]
    assert renumbered(np.array([ALONE, ALONE]), 2).tolist() == [ALONE, ALONE]


def test_both_ends_come_first_and_the_middle_last() -> None:
    line = np.zeros((7, 3), np.float32)
    line[:, 1] = [3, 0, 6, 1, 5, 2, 4]

    places = line[interleaved(line), 1].tolist()

    assert places in ([0, 6, 1, 5, 2, 4, 3], [6, 0, 5, 1, 4, 2, 3])
    assert sorted(interleaved(line[:2]).tolist()) == [0, 1]
