"""What is measured on the image of an object."""

import csv
import os
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage as untyped  # pyright: ignore[reportMissingTypeStubs]

from calanus.features.measures import NAMES, Grey, as_grey, measure
from calanus.features.measures.outline import hull, middles, perimeter
from calanus.imports.images import LONGEST_SIDE

REAL_DATA = Path(os.environ.get("CALANUS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SAME_AS_ZOOPROCESS = (
    *("Area", "Area_exc", "%Area", "X", "Y", "XM", "YM", "Width", "Height", "Perim.", "Circ."),
    *("Major", "Minor", "Angle", "Feret", "IntDen", "Mean", "StdDev", "Mode", "Median"),
    *("Min", "Max", "Skew", "Kurt", "Histcum1", "Histcum2", "Histcum3", "Convperim"),
)
NEAR_ZOOPROCESS = {"Fractal": 0.01, "Skelarea": 0.005, "Convarea": 0.001}
DERIVED = {  # made there from rounded numbers
    **{"elongation": 0.01, "esd": 1e-9, "range": 1e-9, "meanpos": 0.001, "circex": 0.005},
    **{"perimareaexc": 0.005, "feretareaexc": 0.005, "perimferet": 0.01, "perimmajor": 0.01},
}
ndimage = cast(Any, untyped)
VIGNETTES = REAL_DATA / "features" / "zooscan400_zooprocess_features.csv"
ZOOPROCESS = REAL_DATA / "ecotaxa_packages" / "zooprocess_golden"


def disc(radius: float = 20, *, size: int = 61, ground: int = 255, body: int = 100) -> Grey:
    rows, columns = np.mgrid[:size, :size] - size // 2
    image = np.full((size, size), ground, dtype=np.uint8)
    image[np.hypot(rows, columns) <= radius] = body
    return image


def test_names_are_fixed_ordered_and_never_twice() -> None:
    assert tuple(measure(disc())) == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_a_disc_is_as_round_and_as_large_as_a_disc() -> None:
    found = measure(disc(20))

    assert found["area"] == pytest.approx(np.pi * 20**2, rel=0.01)
    assert found["esd"] == pytest.approx(40, rel=0.01)
    assert found["major"] == pytest.approx(found["minor"], rel=0.01)
    assert (found["width"], found["height"]) == (41, 41)
    assert found["solidity"] > 0.95
    assert found["asymmajor"] == found["asymminor"] == 0
    assert (found["mean"], found["stddev"], found["range"]) == (100, 0, 0)


def test_a_rectangle_has_the_sides_and_the_angle_it_was_drawn_with() -> None:
    image = np.full((50, 80), 255, dtype=np.uint8)
    image[20:30, 10:70] = 50

    found = measure(image)

    assert (found["area"], found["width"], found["height"]) == (600, 60, 10)
    assert found["elongation"] == pytest.approx(6, rel=0.01)
    assert found["angle"] == 0
    assert found["feret"] == pytest.approx(np.hypot(60, 10))
    assert found["convarea"] == 600
    assert found["perim."] == pytest.approx(140 - 4 * (2 - np.sqrt(2)))
    assert measure(image.T)["angle"] == 90


def test_a_bright_object_on_a_dark_ground_has_the_same_shape() -> None:
    dark, bright = measure(disc()), measure(255 - disc())

    for name in ("area", "perim.", "major", "feret", "solidity", "contrast"):
        assert dark[name] == bright[name]
    assert bright["mean"] == 255 - dark["mean"]


def test_a_hole_counts_in_the_area_and_not_in_the_area_without_holes() -> None:
    image = disc(20)
    image[28:33, 28:33] = 255

    found = measure(image)

    assert found["area"] - found["area_exc"] == 25
    assert found["%area"] == pytest.approx(100 * 25 / found["area"])


def test_only_the_largest_piece_is_the_object() -> None:
    image = disc(20)
    image[1:4, 1:4] = 0

    assert measure(image)["area"] == measure(disc(20))["area"]
    assert measure(image)["parts"] == 2


def test_turning_an_object_a_quarter_keeps_what_does_not_depend_on_its_pose() -> None:
    image = disc(20)
    image[:, 40:] = 255
    image[10:20, 10:60] = 30
    upright, turned = measure(image), measure(np.rot90(image).copy())

    for name in ("area", "perim.", "major", "feret", "hu3", "hu4", "ring1", "lbp4", "asymcentre"):
        assert turned[name] == pytest.approx(upright[name], abs=0.02)


@pytest.mark.parametrize("sides", [(1, 1), (1, 9), (40, 2), (3, 3), (17, 31)])
def test_any_image_however_small_or_flat_gives_finite_values(sides: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, sides, dtype=np.uint8)

    for image in (noise, np.zeros(sides, np.uint8), np.full(sides, 255, np.uint8)):
        found = measure(image)
        assert tuple(found) == NAMES
        assert np.isfinite(list(found.values())).all()


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least a pixel"):
        measure(np.zeros((0, 5), dtype=np.uint8))


def test_pixels_touching_by_a_corner_are_one_outline() -> None:
    mask = np.array([[True, False], [False, True]])

    assert perimeter(mask) == pytest.approx(8 - 4 * (2 - np.sqrt(2)))
    assert len(hull(middles(mask))) == 6


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "RGBA", "LA", "I;16", "CMYK"])
def test_every_kind_of_picture_has_grey_levels(mode: str) -> None:
    grey = as_grey(Image.fromarray(disc()).convert(mode))

    assert (grey.shape, grey.dtype) == ((61, 61), np.uint8)


def test_what_is_transparent_shows_white() -> None:
    clear = Image.new("RGBA", (3, 2), (0, 0, 0, 0))

    assert (as_grey(clear) == 255).all()


@pytest.mark.real_data
@pytest.mark.skipif(not ZOOPROCESS.is_dir(), reason="needs the data of CALANUS_TEST_DATA")
@pytest.mark.parametrize("name", ["13892_13563", "2855_223"])
def test_zooprocess_measured_the_same(name: str) -> None:
    """The crops are cut from a scan whose white is 255; a white frame says so."""
    crop = np.pad(np.asarray(Image.open(ZOOPROCESS / f"crop_{name}.png")), 3, constant_values=255)
    expected = first_row(ZOOPROCESS / f"meas_{name}.csv")
    derived = first_row(ZOOPROCESS / f"ecotaxa_{name}.tsv", after=1)

    found = measure(crop)

    for title in SAME_AS_ZOOPROCESS:
        assert found[title.lower()] == pytest.approx(float(expected[title]), abs=6e-4), title
    for title, share in NEAR_ZOOPROCESS.items():
        assert found[title.lower()] == pytest.approx(float(expected[title]), rel=share), title
    for title, share in DERIVED.items():
        assert found[title] == pytest.approx(float(derived[f"object_{title}"]), rel=share), title


def first_row(file: Path, after: int = 0) -> dict[str, str]:
    """The first row of a table, or a later one."""
    with file.open(encoding="latin-1") as table:
        return next(islice(csv.DictReader(table, delimiter="\t"), after, None))


@pytest.mark.real_data
@pytest.mark.skipif(not VIGNETTES.is_file(), reason="needs the data of CALANUS_TEST_DATA")
def test_zooscan_vignettes_are_measured_nearly_as_their_scans_were() -> None:
    """As JPEG a few pixels changed sides; those whose area is still the scan's tell the rest."""
    rows = list(csv.DictReader(VIGNETTES.read_text("utf-8").splitlines()))[:40]
    pairs = [(measure(vignette(REAL_DATA / row["image"])), row) for row in rows]
    same = [(found, row) for found, row in pairs if found["area"] == float(row["area"])]

    def apart(name: str) -> list[float]:
        return [abs(found[name] / float(row[name]) - 1) for found, row in same]

    assert len(same) > 10
    assert max(apart("convperim")) == 0
    assert max(apart("convarea")) < 0.003
    assert median(apart("fractal")) < 0.001
    assert max(apart("fractal")) < 0.01
    assert median(apart("skelarea")) < 0.01
    assert max(apart("skelarea")) < 0.1


def vignette(file: Path) -> Grey:
    """A vignette without its scale bar."""
    return as_grey(Image.open(file))[:-31]


def test_a_rectangle_s_hull_and_skeleton_can_be_counted_by_hand() -> None:
    image = np.full((40, 40), 255, dtype=np.uint8)
    image[10:15, 5:35] = 0  # 30 wide, 5 high

    found = measure(image)

    assert found["convarea"] == 150
    assert found["convperim"] == 2 * 30 + 2 * 5 - 4
    line = measure(np.pad(np.zeros((1, 30), np.uint8), 5, constant_values=255))
    assert (line["convarea"], line["convperim"], line["skelarea"]) == (30, 30, 30)
    assert (line["major"] / line["minor"]) == pytest.approx(30)


def test_the_skeleton_of_a_large_object_is_as_long_as_it_is() -> None:
    image = np.full((40, 1500), 255, dtype=np.uint8)
    image[10:19, 10:1490] = 0

    assert measure(image)["skelarea"] == pytest.approx(1480 - 9, rel=0.01)


def test_the_longest_image_that_is_stored_is_measured() -> None:
    found = measure(np.zeros((LONGEST_SIDE, 3), dtype=np.uint8))

    assert (found["height"], found["convarea"]) == (LONGEST_SIDE, 3 * LONGEST_SIDE)
    assert np.isfinite(list(found.values())).all()


def test_the_hull_of_an_l_is_its_triangle() -> None:
    image = np.full((20, 20), 255, dtype=np.uint8)
    image[5:14, 5] = 0
    image[13, 5:14] = 0  # nine pixels down, nine across

    found = measure(image)

    assert (found["area"], found["convarea"]) == (17, 45)  # 1 + 2 + … + 9
    assert found["convperim"] == 17 + 7 + 6  # legs, diagonal, what touches outside by a corner
    assert found["solidity"] == pytest.approx(17 / 45)


def test_a_dimension_counts_what_lies_near_the_boundary() -> None:
    image = np.full((50, 50), 255, dtype=np.uint8)
    image[10:30, 12:33] = 0
    mask = image == 0
    padded = np.pad(mask, 60)
    inside, outside = (ndimage.distance_transform_edt(m) for m in (padded, ~padded))
    radii = np.arange(1, 39)
    near = [((inside + outside) <= r + 0.5).sum() for r in radii]
    slope = np.polyfit(np.log(radii), np.log(near), 1)[0]

    assert measure(image)["fractal"] == pytest.approx(2 - slope)


def test_a_ragged_outline_has_a_higher_dimension_than_a_smooth_one() -> None:
    ragged = disc(20)
    ragged[::2, :][ragged[::2, :] != 255] = 100
    ragged[1::4, 32:] = 255

    assert measure(ragged)["fractal"] > measure(disc(20))["fractal"] > 0.9


def test_the_quartiles_of_a_histogram_are_the_levels_before_them() -> None:
    image = np.full((12, 12), 255, dtype=np.uint8)
    image[2:10, 2:10] = np.repeat([10, 20, 30, 40], 16).reshape(8, 8)

    found = measure(image)

    assert [found[f"histcum{i}"] for i in (1, 2, 3)] == [9, 19, 29]
    assert found["median"] == 20


def test_every_feature_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/measures.md").read_text("utf-8")
    runs = {"hu": "`hu1` … `hu4`", "ring": "`ring1` … `ring4`", "lbp": "`lbp0` … `lbp9`"}

    for name in NAMES:
        assert f"`{name}`" in page or runs.get(name.rstrip("0123456789"), "no run") in page, name
