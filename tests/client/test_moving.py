"""A project of EcoTaxa's moves: its own table in, a backup out, the same again, value by value."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from calanus.client import Calanus, JobAsks, Project

pytest_plugins = ["client_fixtures"]

REAL_DATA = Path(os.environ.get("CALANUS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SCAN = REAL_DATA / "ecotaxa_packages/zqc_zooscan_tsv/work_sca.tsv"
UVP = REAL_DATA / "ecotaxa_packages/irfcb_templates/ecotaxa_table_with_classification.tsv"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not SCAN.exists(), reason="needs the data of CALANUS_TEST_DATA"),
]


def package_of(tables: list[Path], folder: Path) -> Path:
    """Tables as EcoTaxa takes them, with an image of a few pixels for each that they name."""
    folder.mkdir()
    for table in tables:
        name = table.name if table.name.startswith("ecotaxa") else f"ecotaxa_{table.name}"
        (folder / name).write_bytes(table.read_bytes())
        for row in rows_of(table):
            Image.new("L", (8, 8), 120).save(folder / row["img_file_name"], "JPEG")
    return folder


def with_zeros(table: Path, columns: tuple[str, ...]) -> None:
    """Give times the zeros that a spreadsheet took away: EcoTaxa refuses 90239 as we do."""
    head, types, *lines = [line.split("\t") for line in table.read_text("latin-1").splitlines()]
    for line in lines:
        for column in columns:
            line[head.index(column)] = line[head.index(column)].rjust(6, "0")
    text = "\n".join("\t".join(line) for line in (head, types, *lines)) + "\n"
    table.write_text(text, "utf-8")


def rows_of(table: Path) -> Iterator[dict[str, str]]:
    """The rows of a table, without the line of types."""
    with table.open(encoding="latin-1", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["object_id"] != "[t]":
                yield row


def everything(project: Project) -> pl.DataFrame:
    """All that is known of the objects, but for what is given anew to each project."""
    found = project.objects().frame("*", order="name")
    anew = ("object_id", "sample_id", "acquisition_id", "image_id", "version")
    return found.drop(*anew)


def test_a_scan_of_a_thousand_objects_moves_and_comes_back_the_same(
    calanus: Calanus, tmp_path: Path
) -> None:
    scan = package_of([SCAN], tmp_path / "scan")
    rows = list(rows_of(SCAN))
    moved = calanus.create_project("Moved from EcoTaxa", instrument="zooscan")

    check = moved.import_package(scan, dry_run=True)
    assert check.result["outcome"]["levels"]["object"]["created"] == len(rows) == 1139
    moved.import_package(scan)
    path = moved.export(tmp_path / "backup.zip", kind="backup")
    again = calanus.create_project("Moved again", instrument="zooscan")
    again.import_package(path)

    ours = moved.objects().frame("name", "area", "date", "depth_max", "sample.scan_operator")
    told = {row["object_id"]: row for row in rows}
    assert set(ours["name"]) == set(told)
    assert all(float(told[r["name"]]["object_area"]) == r["area"] for r in ours.to_dicts())
    assert all(
        float(told[r["name"]]["object_depth_max"]) == r["depth_max"] for r in ours.to_dicts()
    )
    assert everything(again).equals(everything(moved))


def test_people_and_taxa_of_elsewhere_are_asked_for_and_told(
    calanus: Calanus, tmp_path: Path
) -> None:
    package = package_of([UVP], tmp_path / "uvp")
    with_zeros(package / UVP.name, ("object_time", "object_annotation_time"))
    moved = calanus.create_project("Of UVP", instrument="uvp5")

    with pytest.raises(JobAsks) as asks:
        moved.import_package(package)
    question = asks.value.question
    assert question is not None
    taxa = dict.fromkeys(question.taxa, "detritus")
    me: int = calanus.me["id"]
    users = dict.fromkeys(question.users, me)
    asks.value.job.answer(taxa=taxa, users=users).wait()

    assert question.taxa
    found = moved.objects().frame("taxon", "state", "annotator")
    assert set(found["taxon"]) == {"detritus"}
    assert set(found["annotator"]) == {calanus.me["name"]}
