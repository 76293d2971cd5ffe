"""The benchmark of learning, on drawn images."""

from pathlib import Path

import numpy as np
import pytest

import cruise
from calanus.bench.learning import RECIPES, Asked, NothingToLearn, hidden, run
from given import COPEPODA, DETRITUS


def test_every_recipe_of_the_table_is_measured(tmp_path: Path) -> None:
    for name, taxon in (("copepoda", COPEPODA), ("detritus", DETRITUS)):
        (tmp_path / name).mkdir()
        for n in range(15):
            (tmp_path / name / f"{n}.png").write_bytes(cruise.drawing(taxon, n))
    (tmp_path / "copepoda/torn.png").write_bytes(b"no image")

    table = run(tmp_path, Asked(seeds=(0,)), data=tmp_path / "data")

    assert (table.images, table.taxa, table.hidden) == (30, 2, 6)
    assert [row.model for row in table.rows] == [recipe.name for recipe in RECIPES]
    assert [row.accuracy for row in table.rows if row.model.endswith("linear")] == [100, 100]
    assert len(table.as_rows()) == len(RECIPES) + 1
    assert table.as_json()["rows"][0]["numbers"] < 100_000 < table.as_json()["rows"][1]["numbers"]


def test_a_folder_without_two_taxa_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn, match="lay each image into a folder named after its taxon"):
        run(tmp_path)


def test_one_image_in_five_is_hidden_by_the_seed() -> None:
    new = np.ones(100, bool)

    assert hidden(new, 1).tolist() == hidden(new, 1).tolist() != hidden(new, 2).tolist()
    assert len(set(hidden(new, 1).tolist())) == 20


def test_no_image_that_the_network_was_trained_on_is_hidden() -> None:
    new = np.arange(100) % 10 == 0

    assert new[hidden(new, 1)].all()
    assert len(hidden(new, 1)) == 6
