"""The packages that are measured with."""

import csv
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from calanus.bench.packages import NUMBERS, TAXA, number_names, write_package, write_taxa
from lab import rows

OBJECTS = 1200


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "package.zip"
    write_package(path, objects=OBJECTS)
    return path


def test_each_object_has_sixty_numbers_and_a_small_picture(package: Path) -> None:
    objects = rows(package)

    assert len({row["object_id"] for row in objects}) == OBJECTS
    assert len(number_names()) == NUMBERS == 60
    assert all(float(row[f"object_{name}"]) for row in objects[:20] for name in number_names())
    with zipfile.ZipFile(package) as zipped:
        images = [i for i in zipped.infolist() if i.filename.endswith(".jpg")]
        assert len(images) == OBJECTS
        assert 1500 < sum(image.file_size for image in images) / OBJECTS < 6000
        with zipped.open(images[0]) as file:
            assert 80 <= Image.open(file).width <= 120


def test_the_states_are_shared_as_in_a_project_half_sorted(package: Path) -> None:
    states = Counter(row["object_annotation_status"] for row in rows(package))

    assert states["validated"] == pytest.approx(0.40 * OBJECTS, rel=0.15)
    assert states["predicted"] == pytest.approx(0.40 * OBJECTS, rel=0.15)
    assert 0 < states["dubious"] < 0.05 * OBJECTS


def test_other_shares_make_a_project_to_be_predicted(tmp_path: Path) -> None:
    write_package(tmp_path / "learn.zip", objects=400, shares=(0.25, 0, 0, 0.75))

    states = Counter(row["object_annotation_status"] for row in rows(tmp_path / "learn.zip"))
    assert set(states) == {"validated", ""}


def test_every_taxon_named_is_in_the_list_that_comes_with_it(package: Path, tmp_path: Path) -> None:
    write_taxa(tmp_path / "taxa.tsv")
    with (tmp_path / "taxa.tsv").open() as file:
        known = {row["name"] for row in csv.DictReader(file, delimiter="\t")}

    assert len(known) == TAXA + 1
    assert {row["object_annotation_category"] for row in rows(package)} - {""} <= known


def test_rows_may_share_images_and_every_image_named_is_there(tmp_path: Path) -> None:
    write_package(tmp_path / "shared.zip", objects=OBJECTS, shared_images=True)

    named = {row["img_file_name"] for row in rows(tmp_path / "shared.zip")}
    with zipfile.ZipFile(tmp_path / "shared.zip") as zipped:
        stored = {name.split("/")[1] for name in zipped.namelist() if name.endswith(".jpg")}
    assert named == stored
    assert len(named) == 12
    assert len({row["object_id"] for row in rows(tmp_path / "shared.zip")}) == OBJECTS


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_package(tmp_path / name, objects=5, seed=2)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
