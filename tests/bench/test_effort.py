"""A simulated annotator: what gestures cost, and which way through a project is the cheapest."""

import math

import numpy as np
import pytest

from calanus.bench.effort.annotator import (
    DUBIOUS,
    NOBODY,
    PERFECT,
    Annotator,
    Errors,
    Labels,
    siblings_of,
)
from calanus.bench.effort.measure import Material, effort
from calanus.bench.effort.strategies import PAGE, STRATEGIES, Project, spread
from calanus.features.look_alikes import side_by_side

NOBODY_ERRS = np.arange(10)


def somebody(truth: list[int], errors: Errors = PERFECT) -> Annotator:
    return Annotator(np.array(truth), NOBODY_ERRS, errors)


def sea(objects: int = 300, taxa: int = 4, spread_by: float = 1.2) -> Material:
    """Objects whose features tell their taxa mostly."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, taxa, objects)
    features = rng.normal(size=(taxa, 12))[truth] + rng.normal(size=(objects, 12)) * spread_by
    return Material(features.astype(np.float32), 12, truth, [f"taxon{n}" for n in range(taxa)])


def test_a_page_that_is_right_costs_one_key() -> None:
    annotator = somebody([1, 1, 1, 1])
    annotator.page(np.arange(4), proposed=1)
    assert (annotator.actions, annotator.labels.tolist()) == (1, [1, 1, 1, 1])
    assert annotator.seconds == pytest.approx(1 + 4 * 0.12)


def test_neighbours_of_one_taxon_are_picked_together_and_named_once() -> None:
    annotator = somebody([1, 2, 2, 1, 2, 1])
    annotator.page(np.arange(6), proposed=1)
    # Two bands around 2 2 and 2, their name, and the key for the rest.
    assert annotator.actions == 2 + 1 + 1


def test_a_guess_is_named_by_a_key_and_else_by_a_search() -> None:
    quick, slow = somebody([1, 2]), somebody([1, 2])
    quick.page(np.arange(2), proposed=1, guesses=np.array([[1, 2], [1, 2]]))
    slow.page(np.arange(2), proposed=1, guesses=np.array([[1, 3], [1, 3]]))
    assert quick.actions == slow.actions
    assert slow.seconds - quick.seconds == pytest.approx(2.5 - 1)


def test_where_most_is_wrong_the_few_that_are_right_are_picked() -> None:
    annotator = somebody([2, 1, 2, 1, 2])
    annotator.page(np.arange(5), proposed=1)
    # Two picks and the key of what is proposed; the rest is one pick and a name.
    assert annotator.actions == 2 + 1 + 1 + 1


def test_without_a_proposal_all_are_named() -> None:
    annotator = somebody([3, 1, 3, 2])
    annotator.page(np.arange(4))
    assert annotator.actions == (1 + 1) + (1 + 1) + (1 + 1)
    assert annotator.labels.tolist() == [3, 1, 3, 2]


def test_of_a_cluster_most_is_named_and_what_is_clicked_out_stays_open() -> None:
    annotator = somebody([1, 1, 1, 2, 2, 1, 1, 1])
    annotator.cluster(np.arange(8))
    assert annotator.actions == 1 + 1  # a band around 2 2, and the name
    assert annotator.labels.tolist() == [1, 1, 1, NOBODY, NOBODY, 1, 1, 1]
    assert annotator.order == [0, 1, 2, 5, 6, 7]


def test_a_cluster_that_is_too_mixed_is_passed_over_by_a_key() -> None:
    annotator = somebody([1, 2, 1, 3, 1, 2])
    annotator.cluster(np.arange(6))
    assert annotator.actions == 1
    assert annotator.order == []


def test_an_intruder_is_overlooked_more_often_on_a_larger_page() -> None:
    truth = [1] * 400 + [2] * 400
    wrong: list[int] = []
    for page in (10, 400):
        annotator = somebody(truth, Errors(missed=0.03, confused=0, dubious=0))
        for start in range(0, 800, page):
            annotator.page(np.arange(start, start + page), proposed=1)
        wrong.append(int((annotator.labels[400:] == 1).sum()))
    assert 0 < wrong[0] < wrong[1] / 4


def test_siblings_are_confused_and_some_objects_cannot_be_told() -> None:
    siblings = siblings_of(["copepod_a", "shrimp", "copepod_b"])
    assert siblings.tolist() == [2, 1, 0]
    truth = np.zeros(2000, np.int64)
    annotator = Annotator(truth, siblings, Errors(missed=0, confused=0.1, dubious=0.02))
    annotator.page(np.arange(2000))
    shares: Labels = np.bincount(annotator.labels + 2, minlength=5)
    assert shares[DUBIOUS + 2] == pytest.approx(40, abs=20)
    assert shares[NOBODY + 2] == 0
    assert shares[2 + 2] == pytest.approx(196, abs=50)


@pytest.mark.parametrize("key", STRATEGIES)
def test_every_strategy_decides_every_object_once(key: str) -> None:
    material = sea(160)
    annotator = Annotator(material.truth, NOBODY_ERRS, PERFECT)
    STRATEGIES[key][1](Project(material.features, material.dimensions, annotator, seed=1))
    assert sorted(annotator.order) == list(range(160))
    assert (annotator.labels == material.truth).all()


def test_a_project_of_one_taxon_ends_too() -> None:
    material = sea(130, taxa=1)
    annotator = Annotator(material.truth, NOBODY_ERRS, PERFECT)
    project = Project(material.features, material.dimensions, annotator, seed=1)
    STRATEGIES["S4"][1](project)
    assert (project.fits, len(annotator.open)) == (0, 0)


def test_learning_saves_clicks_and_learning_again_saves_more() -> None:
    material = sea(900, taxa=6)
    found = {
        key: effort(key, *STRATEGIES[key], material, seeds=(0, 1), errors=PERFECT)
        for key in ("S0", "S3", "S4", "S4+")
    }
    ends = {key: one.at[-1].actions for key, one in found.items()}
    assert ends["S4+"] < ends["S4"] < ends["S3"] < ends["S0"]
    assert [at.share for at in found["S4"].at] == [50, 80, 95, 100]
    assert found["S4"].fits > found["S3"].fits == 1
    assert all(at.wrong == 0 for at in found["S4"].at)
    assert math.isnan(found["S4"].at[-1].rare)


def test_look_alikes_stand_side_by_side() -> None:
    rng = np.random.default_rng(3)
    kinds = rng.permutation(np.repeat([0, 1, 2], 10))
    features = (np.eye(3)[kinds] * 9 + rng.normal(size=(30, 3))).astype(np.float32)
    order = side_by_side(features)
    assert sorted(order.tolist()) == list(range(30))
    assert (np.diff(kinds[order]) != 0).sum() == 2
    assert side_by_side(features[:2]).tolist() == [0, 1]


def test_rows_that_lie_far_apart_are_found() -> None:
    features = np.array([[0, 0], [0.1, 0], [9, 0], [0, 9], [9.1, 0]], np.float32)
    assert set(spread(features, 3).tolist()) in ({0, 3, 4}, {0, 3, 2})
    assert len(spread(features, PAGE)) == 5
