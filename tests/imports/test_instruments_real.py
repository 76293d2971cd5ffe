"""Real files of IFCB, FlowCam, ZooScan and PlanktoScope, where their folder is."""

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from calanus.imports.instruments.conversion import is_number
from given import COPEPODA
from instrument_files import free, parent, stored
from lab import HEADERS, Lab, png

DATA = Path(os.environ.get("CALANUS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
IFCB, ECOTAXA = DATA / "ifcb", DATA / "ecotaxa_packages"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not IFCB.is_dir(), reason="needs the data of CALANUS_TEST_DATA"),
]
TEMPLATE = ECOTAXA / "irfcb_templates" / "example_table_ifcb.tsv"
OLD_LID = "IFCB5_2012_028_081515"


def linked(folder: Path, *files: Path) -> Path:
    """A folder with copies of some files only."""
    folder.mkdir(exist_ok=True)
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def rows_of(table: Path) -> list[dict[str, str]]:
    """The rows of a table with commas."""
    return list(csv.DictReader(table.read_text().splitlines()))


def headers_of(table: Path) -> set[str]:
    """The headers of an EcoTaxa table."""
    return set(table.read_text("utf-8-sig").splitlines()[0].split("\t"))


def shown(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image with its darkest pixel black and its lightest white, as iRfcb exports it."""
    low, high = int(pixels.min()), int(pixels.max())
    return np.round((pixels.astype(float) - low) / (high - low) * 255).astype(np.uint8)


# --- IFCB --------------------------------------------------------------------------------------


def test_our_rois_are_those_that_others_decoded(lab: Lab) -> None:
    job = lab.load(IFCB / "classipyr" / "raw")

    assert (job.state, job.errors) == ("F", [])
    ours = stored(lab)
    theirs = sorted((IFCB / "classipyr" / "png").rglob("*.png"))
    assert sorted(ours) == [path.name for path in theirs]
    for path in theirs:
        difference = np.asarray(Image.open(path)).astype(int) - shown(ours[path.name])
        assert np.abs(difference).max() <= 1, path.name  # halves are rounded either way


def test_a_bin_with_features_and_classes_of_its_laboratory(lab: Lab) -> None:
    world = IFCB / "irfcb" / "test_data"
    lid = "D20220522T003051_IFCB134"
    files = [*(world / "data").glob(f"{lid}.*"), *(world / "features").glob("*.csv")]
    files += (world / "class").rglob(f"{lid}.csv")

    asked = lab.load(linked(lab.folder, *files))

    assert asked.question
    assert asked.question["missing_taxa"] == ["mesodinium rubrum"]
    done = lab.answer(asked, {"taxa": {"mesodinium rubrum": COPEPODA}})
    assert (done.state, [o["state"] for o in lab.objects()]) == ("F", ["P", "P"])
    [features] = (world / "features").glob("*.csv")
    written = rows_of(features)[0]
    roi = free(lab, f"{lid}_00002")
    assert (roi["area"], roi["convex_area"]) == (
        float(written["Area"]),
        float(written["ConvexArea"]),
    )
    assert len(roi) > 237
    known = {f"object_{name}" for name in roi} & headers_of(TEMPLATE)
    assert len(known) >= len(written) + 4, "the names that EcoTaxa's users know"


def test_whoi_features_agree_with_those_of_their_own_program(lab: Lab) -> None:
    pytest.importorskip("planktofeatures")

    job = lab.load(IFCB / "pyifcb" / "data" / "2012", measure=True)

    assert (job.state, job.errors) == ("F", [])
    golden = IFCB / "ifcb_features_golden" / f"{OLD_LID}_features_v4.csv"
    rows = {int(row.pop("roi_number")): row for row in rows_of(golden)}
    assert [o["orig_id"] for o in lab.objects()] == [f"{OLD_LID}_{n:05d}" for n in rows]
    for number, row in rows.items():
        ours = {
            name.replace("_", ""): value
            for name, value in free(lab, f"{OLD_LID}_{number:05d}").items()
        }
        # They fill the corners of joined images with noise, we with one grey: half a per cent.
        close = 0.006 if number == 3 else 1e-7
        for name, wanted in row.items():
            assert ours[name.replace("_", "").lower()] == pytest.approx(float(wanted), rel=close)


def test_the_second_generation_of_2013_has_its_volume(lab: Lab) -> None:
    job = lab.load(IFCB / "pyifcb" / "white")

    assert (job.state, len(lab.objects())) == ("F", 19)
    assert parent(lab, "acquisition")["volume_analyzed_ml"] == "5.080841"


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ("empty", ".hdr: the bin is empty: no ROI has an image."),
        ("partial", f"{OLD_LID}.roi: this file of the bin is missing"),
        ("invalid", "D20130101T101010_IFCB099.hdr: this is no header of an IFCB"),
    ],
)
def test_incomplete_bins_are_told(lab: Lab, case: str, wanted: str) -> None:
    [error] = lab.load(IFCB / "pyifcb" / case).errors

    assert wanted in error


# --- FlowCam -----------------------------------------------------------------------------------


def flowcam() -> Path:
    """The only run there is."""
    return next((DATA / "flowcam").iterdir())


def pixels_of_particles(run: Path) -> dict[int, int]:
    """How many pixels each particle covers, as the .lst of a run counts them."""
    lines = (run / f"{run.name}.lst").read_text().splitlines()
    fields = [line.split("|")[0] for line in lines[2:67]]
    rows = [dict(zip(fields, line.split("|"), strict=True)) for line in lines[67:]]
    return {int(row["id"]): int(float(row["raw_area"])) for row in rows}


def test_every_vignette_is_where_its_mask_is(lab: Lab) -> None:
    run = flowcam()
    areas = pixels_of_particles(run)

    job = lab.load(run)

    assert (job.state, job.errors) == ("F", [])
    pictures = stored(lab)
    assert len(pictures) == len(areas) == 1000
    masks = {p.name.replace("_bin", ""): np.asarray(Image.open(p)) for p in run.glob("*_bin.tif")}
    for row in rows_of(run / f"{run.name}.csv"):
        x, y, width, height = (int(row[f"Image {side}"]) for side in ("X", "Y", "Width", "Height"))
        mask = masks[row["Image File"]][y : y + height, x : x + width]
        number = int(row["Particle ID"])
        assert pictures[f"{run.name}_{number:06d}.png"].shape == (height, width, 3)
        assert np.count_nonzero(mask) == areas[number]
    assert free(lab, f"{run.name}_000004")["area_abd"] == 32.7967
    assert parent(lab, "acquisition")["fluid_volume_imaged_ml"] == "0.01737"
    assert str(lab.objects()[0]["object_time"]).startswith("08:14:11")


# --- Tables of EcoTaxa -------------------------------------------------------------------------


def with_images(lab: Lab, table: Path) -> Path:
    """A package of a real table, and an image drawn for each of its rows."""
    lab.folder.mkdir(exist_ok=True)
    (lab.folder / f"ecotaxa_{table.name}").write_bytes(table.read_bytes())
    for name in names_of_images(table):
        (lab.folder / name).write_bytes(png())
    return lab.folder


def names_of_images(table: Path) -> Iterator[str]:
    """The images that a table names."""
    head, _, *rows = table.read_text("latin-1").splitlines()
    place = head.split("\t").index("img_file_name")
    return (row.split("\t")[place] for row in rows)


@pytest.mark.parametrize(
    ("table", "objects", "instrument"),
    [
        ("zqc_zooscan_tsv/work_sca.tsv", 1139, "ZooScan"),
        ("zooprocess_golden/ecotaxa_2855_223.tsv", 1, "ZooScan"),
        ("irfcb_templates/ecotaxa_table_minimum.tsv", 3, "?"),
    ],
)
def test_real_tables_import_as_they_are(
    lab: Lab, table: str, objects: int, instrument: str
) -> None:
    job = lab.load(with_images(lab, ECOTAXA / table))

    assert (job.state, job.errors[:3]) == ("F", [])
    assert len(lab.objects()) == objects
    assert lab.one("SELECT instrument FROM projects")["instrument"] == instrument


def test_a_real_scan_with_its_vignettes(lab: Lab) -> None:
    [pid] = (ECOTAXA / "zooprocess_golden").glob("*.pid")
    linked(lab.folder, pid)
    label = pid.name.removesuffix("_dat1.pid")
    for item in range(1, 440):
        (lab.folder / f"{label}_{item}.png").write_bytes(png())

    job = lab.load()

    assert (job.state, len(lab.objects())) == ("F", 439)
    assert lab.objects()[0]["longitude"] == pytest.approx(-(22 + 29.66 / 60))
    theirs = headers_of(ECOTAXA / "zooprocess_golden" / "ecotaxa_2855_223.tsv")
    levels = (("sample", "sample"), ("acq", "acquisition"), ("process", "process"))
    ours = {f"{prefix}_{name}" for prefix, level in levels for name in parent(lab, level)}
    assert ours <= theirs, "the columns are those of ZooProcess's own tables"


def test_the_columns_of_a_planktoscope_import(lab: Lab) -> None:
    """Its segmenter's table, made of what EcoTaxa exported: with images and types, unidentified."""
    packed = DATA / "features" / "planktoscope_ecotaxa_export_7631.tsv.gz"
    lines = gzip.decompress(packed.read_bytes()).decode().splitlines()[:101]
    headers, *rows = (line.split("\t") for line in lines)
    kept = [place for place, h in enumerate(headers) if not h.startswith("object_annotation_")]
    texts = {p for p in kept for row in rows if row[p] and not is_number(row[p])}
    types = ["[t]" if place in texts else "[f]" for place in kept]
    table = [[headers[p] for p in kept], types, *([row[p] for p in kept] for row in rows)]
    images = ["img_file_name", "[t]", *(f"{n}.png" for n in range(100))]
    written = ("|".join([*row, image]) for row, image in zip(table, images, strict=True))
    lab.package("\n".join(written), "ecotaxa_export.tsv", **{str(n): None for n in range(100)})

    job = lab.load()

    assert (job.state, job.errors[:3], len(lab.objects())) == ("F", [], 100)
    assert lab.one("SELECT instrument FROM projects")["instrument"] == "PlanktoScope"
    process = lab.find("SELECT texts FROM processes ORDER BY acquisition_id")[0]["texts"]
    assert "{'type': 'remove_previous_mask', 'parameters': {}}" in process


def test_a_planktoscope_export_without_images_is_one_sentence(lab: Lab) -> None:
    packed = DATA / "features" / "planktoscope_ecotaxa_export_7631.tsv.gz"
    lab.package(HEADERS)
    (lab.folder / "ecotaxa_a.tsv").write_bytes(gzip.decompress(packed.read_bytes()))

    [error] = lab.load().errors

    assert "was exported without its images" in error
