"""What looks like nothing learnt is found, and what was learnt is seldom taken for it."""

import os
from pathlib import Path

import numpy as np
import pytest

from calanus.features.extractors import open_extractor
from calanus.features.folders import LabelledFolder, read_folder
from calanus.features.spreading import vectors
from calanus.prediction import unlike
from calanus.prediction.classifiers import Linear
from calanus.prediction.folds import single
from calanus.prediction.held_out import held_out
from calanus.prediction.types import Features, Scores, Taxa

REAL_DATA = Path(os.environ.get("CALANUS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
ISIIS = REAL_DATA / "plankton" / "isiis_planktonset1"
MEASURED, DEEP = 2, 12


def auroc(strange: Scores, known: Scores) -> float:
    """How often a strange object scores above a known one."""
    below = np.searchsorted(np.sort(known), strange, side="left")
    upto = np.searchsorted(np.sort(known), strange, side="right")
    return float((below + upto).mean() / 2 / len(known))


def learnt_from(X: Features, y: Taxa, dimensions: int, rate: float = 0.05) -> unlike.Unlike | None:
    told = held_out(lambda: Linear(dimensions), X, y, single(y, seed=0))
    return unlike.learn(X, y, dimensions, told, rate=rate, seed=0)


def strangeness_of(found: unlike.Unlike | None, new: Features) -> Scores:
    assert found
    return found.strangeness(new)


def catch(objects: int, seed: int) -> tuple[Features, Taxa]:
    """Eight taxa, overlapping a little; the taxon 8 is the one that nobody teaches."""
    fixed, rng = np.random.default_rng(4), np.random.default_rng(seed)
    centres = fixed.normal(0, 1.6, (9, MEASURED + DEEP))
    y = rng.integers(0, 9, objects)
    return (centres[y] + rng.normal(0, 1, (objects, MEASURED + DEEP))).astype(np.float32), y


def test_a_taxon_that_nobody_taught_is_found() -> None:
    X, y = catch(1200, 1)
    new, truth = catch(2000, 2)

    taught = X[y < 8], y[y < 8]
    found = learnt_from(*taught, DEEP)
    strangeness = strangeness_of(found, new)

    assert auroc(strangeness[truth == 8], strangeness[truth < 8]) > 0.9
    assert (strangeness[truth < 8] > 0).mean() == pytest.approx(0.05, abs=0.025)
    assert (strangeness[truth == 8] > 0).mean() > 0.4


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_no_more_of_what_is_learnt_is_thought_strange_than_chosen(rate: float) -> None:
    X, y = catch(1500, 1)
    new, _ = catch(3000, 3)

    strangeness = strangeness_of(learnt_from(X, y, DEEP, rate), new)

    chance = 3 * np.sqrt(rate * (1 - rate) * (1 / 1500 + 1 / 3000))
    # Judges agree more on average than each alone: rather fewer than more.
    assert rate / 2 < (strangeness > 0).mean() < rate + chance


def test_of_many_learnt_objects_some_are_compared_with_and_the_rare_ones_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = catch(1000, 1)
    y[:990] = 0
    y[990:] = 1
    monkeypatch.setattr(unlike, "LARGEST", 200)

    found = learnt_from(X, y, DEEP)

    assert found
    assert [len(judge.far.learnt) for judge in found.judges] == [200] * 3
    kept = unlike.some_of_each(y, 200, 0)
    assert (y[kept] == 1).sum() == 10


def test_a_handful_of_objects_cannot_say_what_is_strange() -> None:
    X, y = catch(unlike.LEAST, 1)

    assert learnt_from(X[1:], y[1:], DEEP) is None
    assert learnt_from(X, y, DEEP)


@pytest.mark.parametrize("seed", range(3))
def test_twins_that_no_model_can_tell_apart_are_as_usual_as_they_were(seed: int) -> None:
    """Each model is unsure of them in its own way, and all of them alike."""
    number = np.random.default_rng(seed).permutation(128)
    y = np.repeat([1, 2, 3], 40)
    X = (np.where(y == 3, 3, 100) + number[:120] % 7 / 10).astype(np.float32)[:, None]
    new = (100 + number[120:] % 7 / 10).astype(np.float32)[:, None]

    found = learnt_from(X, y, 0)

    assert (strangeness_of(found, new) <= 0).all()
    assert (strangeness_of(found, np.full((3, 1), 20, np.float32)) > 0).all()


def test_the_bound_leaves_room_for_the_object_that_is_asked_about() -> None:
    told = np.arange(99.0)

    assert unlike.bound(told, 0.05) == 94  # 95 to 98 exceed it, and the new one may: 5 of 100
    assert unlike.bound(told, 0.01) == 98


def test_a_small_share_needs_more_objects_to_vouch_for_it() -> None:
    X, y = catch(60, 1)

    assert learnt_from(X, y, DEEP, 0.05)
    assert learnt_from(X, y, DEEP, 0.01) is None


def test_one_kind_of_features_is_enough_and_copies_are_not_strange() -> None:
    X, y = catch(300, 1)
    for columns, dimensions in ((slice(0, MEASURED), 0), (slice(MEASURED, None), DEEP)):
        some = X[:, columns]
        found = learnt_from(some, y, dimensions)
        assert np.isfinite(strangeness_of(found, some)).all()

    same = np.ones((60, 14), np.float32)
    assert (strangeness_of(learnt_from(same, y[:60], DEEP), same) <= 0).all()


def test_a_tray_is_in_an_order_in_which_look_alikes_are_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = np.random.default_rng(1).integers(0, 4, 400)
    vectors_ = (np.eye(4, dtype=np.float32)[kinds] * 9).astype(np.float32)
    vectors_ += np.random.default_rng(2).normal(0, 0.1, vectors_.shape).astype(np.float32)

    whole = kinds[unlike.tray_order(vectors_)]
    assert (np.diff(whole) != 0).sum() == 3

    monkeypatch.setattr(unlike, "CHUNK", 100)
    parts = unlike.tray_order(vectors_)
    assert sorted(parts.tolist()) == list(range(400))
    assert (np.diff(kinds[parts]) != 0).sum() < 20
    assert unlike.tray_order(vectors_[:0]).tolist() == []


@pytest.mark.skipif(not ISIIS.is_dir(), reason="needs the data of CALANUS_TEST_DATA")
def test_taxa_withheld_from_real_plankton_are_found(tmp_path: Path) -> None:
    """Thirty taxa of ISIIS, 24 images each: each fifth taxon is withheld."""
    every = read_folder(ISIIS)
    names = sorted(set(every.taxa))[::3][:30]
    chosen = [
        (image, taxon)
        for name in names
        for image, taxon in [
            pair for pair in zip(every.images, every.taxa, strict=True) if pair[1] == name
        ][:24]
    ]
    folder = LabelledFolder(ISIIS, [image for image, _ in chosen], [taxon for _, taxon in chosen])
    _, deep = vectors(open_extractor(data=tmp_path), folder.read(), bar_px=0)
    y = np.array([names.index(taxon) for taxon in folder.taxa])
    withheld = y % 5 == 0
    rest = np.flatnonzero(~withheld)
    teach, asked = rest[rest % 4 != 0], rest[rest % 4 == 0]

    taught = deep[teach], y[teach]
    strangeness = strangeness_of(learnt_from(*taught, deep.shape[1]), deep)

    assert auroc(strangeness[withheld], strangeness[asked]) > 0.65
    assert (strangeness[asked] > 0).mean() < 0.12
    assert (strangeness[withheld] > 0).mean() > (strangeness[asked] > 0).mean()
