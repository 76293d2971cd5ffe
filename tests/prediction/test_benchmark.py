"""The benchmark of learning, on drawn images."""

from pathlib import Path

import numpy as np
import pytest

import cruise
from calanus.bench.learning import RECIPES, Asked, NothingToLearn, Split, run, some
from calanus.features.folders import read_folder
from given import COPEPODA, DETRITUS


def test_every_recipe_of_the_table_is_measured(tmp_path: Path) -> None:
    for name, taxon in (("copepoda", COPEPODA), ("detritus", DETRITUS)):
        (tmp_path / name).mkdir()
        for n in range(15):
            (tmp_path / name / f"{n}.png").write_bytes(cruise.drawing(taxon, n))
    (tmp_path / "copepoda/torn.png").write_bytes(b"no image")

    table = run(tmp_path, Asked(seeds=(0,)), data=tmp_path / "data")

    assert (table.images, table.taxa, table.hidden, table.by) == (30, 2, 6, "object")
    assert [row.model for row in table.rows] == [recipe.name for recipe in RECIPES]
    assert [row.accuracy for row in table.rows if row.model.endswith("linear")] == [100, 100]
    assert len(table.as_rows()) == len(RECIPES) + 1
    assert table.as_json()["rows"][0]["numbers"] < 100_000 < table.as_json()["rows"][1]["numbers"]


def test_a_folder_without_two_taxa_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn, match="lay each image into a folder named after its taxon"):
        run(tmp_path)


def test_one_image_in_five_is_hidden_by_the_seed() -> None:
    new = np.ones(100, bool)

    assert some(new, 1).tolist() == some(new, 1).tolist() != some(new, 2).tolist()
    assert len(set(some(new, 1).tolist())) == 20


def test_no_image_that_the_network_was_trained_on_is_hidden() -> None:
    new = np.arange(100) % 10 == 0

    assert new[some(new, 1)].all()
    assert len(some(new, 1)) == 6


def test_whole_samples_are_hidden_where_folders_of_taxa_lie_in_them(tmp_path: Path) -> None:
    for sample in range(7):
        for taxon in ("copepoda", "detritus"):
            (tmp_path / f"haul {sample}" / taxon).mkdir(parents=True)
            for n in range(3):
                (tmp_path / f"haul {sample}" / taxon / f"{n}.png").touch()
    images = read_folder(tmp_path)
    samples, taxa = (np.unique(v, return_inverse=True)[1] for v in (images.samples, images.taxa))
    split = Split(np.ones(42, bool), samples, taxa)

    sides = [split.sides(seed) for seed in range(5)]

    assert split.parts(0).by == "sample"
    assert all(not set(samples[taught]) & set(samples[out]) for taught, out in sides)
    assert len({tuple(out) for _, out in sides}) == 5


def test_nothing_of_a_hidden_sample_teaches_even_where_the_network_knows_it() -> None:
    samples, taxa = np.repeat(np.arange(6), 10), np.tile([0, 1], 30)

    taught, out = Split(np.arange(60) % 3 == 0, samples, taxa).sides(1)

    assert len(out)
    assert (out % 3 == 0).all()
    assert not set(samples[taught]) & set(samples[out])
