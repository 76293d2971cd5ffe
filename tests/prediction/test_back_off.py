"""Saying less where more would be a guess."""

from dataclasses import dataclass

import numpy as np
import pytest

from calanus.prediction import back_off
from calanus.prediction.back_off import NOTHING, Checked, Tree
from calanus.prediction.calibration import logits_of, temperature, tempered
from calanus.prediction.classifiers import CLASSIFIERS
from calanus.prediction.folds import single
from calanus.prediction.held_out import HeldOut, held_out
from calanus.prediction.types import ClassifierName, Features, Scores, Taxa

LIFE, COPEPODA, CALANUS, METRIDIA, FISH, DETRITUS = 1, 10, 101, 102, 20, 30
LINEAGES = {
    CALANUS: [LIFE, COPEPODA, CALANUS],
    METRIDIA: [LIFE, COPEPODA, METRIDIA],
    FISH: [LIFE, FISH],
    DETRITUS: [DETRITUS],
}
CLASSES = np.array([FISH, DETRITUS, CALANUS, METRIDIA])


def name_of(scores: list[float], threshold: float = 0.9, barred: tuple[int, ...] = ()) -> int:
    tree = back_off.tree_of(CLASSES, LINEAGES, barred)
    [place], _ = back_off.named(np.array([scores], np.float32), tree, threshold)
    return NOTHING if place == NOTHING else int(tree.names[place])


def test_a_sure_taxon_is_named_itself() -> None:
    assert name_of([0.02, 0.03, 0.95, 0]) == CALANUS


def test_what_two_taxa_have_in_common_is_named_where_neither_is_sure() -> None:
    assert name_of([0.02, 0.03, 0.5, 0.45]) == COPEPODA


def test_the_root_is_never_named_unless_it_is_learnt_itself() -> None:
    assert name_of([0.5, 0, 0.25, 0.25]) == NOTHING  # only life is sure
    assert name_of([0, 0.95, 0.05, 0]) == DETRITUS


def test_a_deprecated_taxon_is_passed_over() -> None:
    assert name_of([0, 0, 0.5, 0.5], barred=(COPEPODA,)) == NOTHING


def test_a_group_may_be_named_although_the_likeliest_taxon_is_elsewhere() -> None:
    assert name_of([0.4, 0, 0.3, 0.3], threshold=0.6) == COPEPODA


def test_an_object_below_a_learnt_taxon_is_that_taxon_too() -> None:
    lineages = {COPEPODA: [LIFE, COPEPODA], CALANUS: [LIFE, COPEPODA, CALANUS]}
    tree = back_off.tree_of(np.array([COPEPODA, CALANUS]), lineages, ())

    places, sums = back_off.named(np.array([[0.55, 0.45]], np.float32), tree, 0.9)

    assert (tree.names[places].tolist(), sums.tolist()) == ([COPEPODA], [1])


def test_the_best_guesses_stay_behind_the_name() -> None:
    tree = back_off.tree_of(CLASSES, LINEAGES, ())
    scores = np.array([[0.02, 0.03, 0.5, 0.45], [0.01, 0.95, 0.03, 0.01]], np.float32)
    places, sums = back_off.named(scores, tree, 0.9)
    taxa = np.array([[CALANUS, METRIDIA, DETRITUS], [DETRITUS, CALANUS, FISH]], np.int32)
    found = np.array([[0.5, 0.45, 0.03], [0.95, 0.03, 0.01]])

    every, its = back_off.with_guesses(places, sums, tree, taxa, found)

    assert every.tolist() == [[COPEPODA, CALANUS, METRIDIA], [DETRITUS, CALANUS, FISH]]
    assert its[0].tolist() == pytest.approx([0.95, 0.5, 0.45])
    assert its[1].tolist() == pytest.approx([0.95, 0.03, 0.01])


def sea(seed: int, objects: int) -> tuple[Features, Taxa, dict[int, list[int]]]:
    """Three orders of three families of three genera: the nearer in the tree, the more alike.

    Some genera are common and some rare. Where the taxa lie is always the same.
    """
    fixed, rng = np.random.default_rng(11), np.random.default_rng(seed)
    lineages: dict[int, list[int]] = {}
    centres: dict[int, Features] = {}
    for order in (1, 2, 3):
        there = fixed.normal(0, 4, 12)
        for family in (1, 2, 3):
            here = there + fixed.normal(0, 1.6, 12)
            for genus in (1, 2, 3):
                taxon = 100 * order + 10 * family + genus
                lineages[taxon] = [9, order, 10 * order + family, taxon]
                centres[taxon] = (here + fixed.normal(0, 0.5, 12)).astype(np.float32)
    taxa = np.array(list(lineages))
    y = rng.choice(taxa, objects, p=np.geomspace(1, 20, 27) / np.geomspace(1, 20, 27).sum())
    X = np.array([centres[taxon] for taxon in y.tolist()]) + rng.normal(0, 1, (objects, 12))
    return X.astype(np.float32), y.astype(np.int64), lineages


@dataclass(frozen=True)
class Learnt:
    """A classifier taught by the sea, asked about thousands of objects it never saw."""

    told: HeldOut
    tree: Tree
    scores: Scores
    truth: Taxa  # columns of scores


@pytest.fixture(scope="module", params=["linear", "forest"])
def learnt(request: pytest.FixtureRequest) -> Learnt:
    name: ClassifierName = request.param
    X, y, lineages = sea(1, 900)
    new, truth, _ = sea(2, 4000)
    classes = np.unique(y)
    told = held_out(lambda: CLASSIFIERS[name](12, 0), X, y, single(y, seed=0))
    scores = CLASSIFIERS[name](12, 0).fit(X, y).predict_proba(new)
    tree = back_off.tree_of(classes, lineages, ())
    return Learnt(told, tree, scores, np.searchsorted(classes, truth))


@pytest.mark.parametrize("risk", [0.02, 0.05, 0.2])
def test_no_more_names_are_wrong_than_promised(learnt: Learnt, risk: float) -> None:
    found = back_off.learn(learnt.told, learnt.tree, risk)
    places, _, calm = found(learnt.scores)

    held = back_off.check(calm, learnt.truth, learnt.tree, found.threshold)
    # Two standard deviations of what chance does to so many names.
    assert held.wrong / held.named <= risk + 2 * np.sqrt(risk * (1 - risk) / held.named)
    assert held.named > 0.5 * len(learnt.truth)
    levels = {len(str(taxon)) for taxon in learnt.tree.names[places[places >= 0]].tolist()}
    assert levels == {1, 2, 3}  # orders, families and genera
    assert (calm.argmax(axis=1) != learnt.truth).mean() > risk  # so much without saying less


def test_the_more_risk_is_borne_the_more_is_named_in_full(learnt: Learnt) -> None:
    genera = [
        (learnt.tree.names[back_off.learn(learnt.told, learnt.tree, risk)(learnt.scores)[0]] > 99)
        .sum()
        .item()
        for risk in (0.02, 0.1, 0.3)
    ]

    assert genera[0] < genera[1] < genera[2]


def test_a_promise_that_nobody_can_vouch_for_names_nothing() -> None:
    tree = back_off.tree_of(CLASSES, LINEAGES, ())
    few = HeldOut(
        np.arange(4), np.eye(4, dtype=np.float32), np.arange(4), np.zeros(4, int), np.ones(4, bool)
    )
    nobody = np.empty(0, np.int64)
    none = HeldOut(nobody, np.empty((0, 4), np.float32), nobody, nobody, nobody > 0)

    for told in (few, none):
        found = back_off.learn(told, tree, 0.05)
        assert (found(np.eye(4, dtype=np.float32))[0] == NOTHING).all()
        assert found.checked == Checked(len(told.rows), 0, 0)


def test_scores_that_are_too_sure_are_calmed() -> None:
    sure = np.tile(np.array([[0.99, 0.01]], np.float32), (100, 1))
    truth = np.array([0] * 70 + [1] * 30)

    heat = temperature(logits_of(sure), truth)

    assert tempered(sure, heat)[0, 0] == pytest.approx(0.7, abs=0.02)
    assert tempered(sure, heat).sum(axis=1) == pytest.approx(np.ones(100))


def test_it_is_the_likeliest_taxon_whose_score_says_how_often_it_is_right() -> None:
    """The others, however unlikely the right one was, have no say in how sure to be."""
    sure = np.tile(np.array([[0.8, 0.19, 0.01]], np.float32), (100, 1))
    truth = np.array([0] * 70 + [2] * 30)

    heat = temperature(logits_of(sure), truth)

    assert tempered(sure, heat)[0, 0] == pytest.approx(0.7, abs=0.02)


def test_every_object_is_held_out_once_and_a_single_one_is_not_known() -> None:
    X, y, _ = sea(1, 60)
    more, taxa = np.vstack([X, X[:1]]), np.append(y, 999)

    told = held_out(lambda: CLASSIFIERS["linear"](12, 0), more, taxa, single(taxa, seed=0))

    assert sorted(told.rows.tolist()) == list(range(61))
    assert told.scores[told.rows == 60, -1].tolist() == [0]
