"""The demo's package: drawn by our own code, the same each time, and an ordinary package."""

import csv
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calanus.demo.cruise import catch, tows
from calanus.demo.draw.vignette import vignette
from calanus.demo.package import write_package
from calanus.demo.species import SPECIES, Species
from calanus.features.measures import NAMES, measure
from calanus.taxonomy.lists import STARTER
from lab import rows

OBJECTS = 60


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.zip"
    write_package(path, objects=OBJECTS, seed=3)
    return path


def test_every_object_has_its_picture_and_what_is_measured_on_it(package: Path) -> None:
    objects = rows(package)

    assert len(objects) == len({row["object_id"] for row in objects}) == OBJECTS
    with zipfile.ZipFile(package) as zipped:
        for row in objects[:10]:
            file = zipped.open(f"{row['sample_id']}/{row['img_file_name']}")
            found = measure(np.asarray(Image.open(file)))
            told = {name: float(row[f"object_{name}"]) for name in NAMES}
            assert told == pytest.approx(found, rel=1e-4, abs=1e-4)


def test_each_table_says_of_each_column_whether_it_is_a_number(package: Path) -> None:
    with zipfile.ZipFile(package) as zipped:
        tables = [name for name in zipped.namelist() if name.endswith(".tsv")]
        for name in tables:
            names, types, *lines = zipped.read(name).decode("ascii").splitlines()
            assert set(types.split("\t")) == {"[t]", "[f]"}
            assert {line.count("\t") for line in [names, types, *lines]} == {names.count("\t")}
    assert len(tables) == len({row["sample_id"] for row in rows(package)})


def test_some_of_every_species_come_identified_and_the_rest_wait_for_the_newcomer(
    package: Path,
) -> None:
    states = Counter(row["object_annotation_status"] for row in rows(package))
    named = {row["object_annotation_category"] for row in rows(package)} - {""}

    assert set(states) == {"validated", ""}
    assert named == {species.name for species in SPECIES}


def test_the_same_seed_draws_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_package(tmp_path / name, objects=8, seed=7)
    write_package(tmp_path / "other", objects=8, seed=8)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("species", SPECIES, ids=lambda species: species.name)
def test_a_species_is_drawn_dark_on_a_light_ground_at_a_size_that_can_be_seen(
    species: Species,
) -> None:
    for seed in range(4):
        image = vignette(species.model, np.random.default_rng(seed))
        frame = np.concatenate((image[0], image[-1], image[:, 0], image[:, -1]))

        assert image.min() < np.median(frame) - 30
        assert 225 < np.median(frame) < 256
        assert 20 <= max(image.shape) <= 640
        assert measure(image)["area"] > 20


def test_detritus_is_commonest_and_nothing_is_missing() -> None:
    caught = Counter(species.name for _, species in catch(3000, np.random.default_rng(1)))

    assert caught.most_common(1)[0][0] == "detritus"
    assert set(caught) == {species.name for species in SPECIES}
    assert caught["detritus"] > 20 * min(caught.values())


def test_animals_that_rise_by_night_are_commoner_near_the_surface_then() -> None:
    caught = catch(4000, np.random.default_rng(1))
    surface = [(tow.night, species.name) for tow, species in caught if tow.layer[0] == 0]

    share = {
        night: sum(s == (night, "Ostracoda") for s in surface) / sum(s[0] == night for s in surface)
        for night in (True, False)
    }
    assert share[True] > 1.5 * share[False]


def test_the_tows_tell_places_days_nights_and_depths_apart() -> None:
    made = tows()

    assert len({tow.name for tow in made}) == len(made) == 12
    assert len({(tow.station.latitude, tow.station.longitude) for tow in made}) == 3
    assert {tow.night for tow in made} == {True, False}


def test_the_starter_tree_knows_the_species_of_the_demo() -> None:
    with STARTER.open(encoding="utf-8") as file:
        taxa = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    known = {row["name"] for row in taxa.values()}
    known |= {
        f"{row['name']}<{taxa[row['parent_id']]['name']}"
        for row in taxa.values()
        if row["parent_id"]
    }

    assert {species.name for species in SPECIES} <= known
    assert {species.parent for species in SPECIES} <= known
