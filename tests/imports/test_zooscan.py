"""Scans of ZooProcess (`.pid`), and the tables that ZooScan and PlanktoScope write for EcoTaxa."""

from datetime import date, time

import pytest

from instrument_files import free, parent, scan
from lab import Lab, png, zipped

TABLE = (
    "object_id|img_file_name|object_lat|object_%area|acq_id|acq_instrument|sample_id|process_id|"
    "process_pixel\n"
    "[t]|[t]|[f]|[f]|[t]|[t]|[t]|[t]|[f]\n"
    "10_58_1|a.png|48.2958|0.5|a1|PlanktoScope v2.5|s1|p1|0.86\n"
)


def test_a_scan_becomes_what_zooprocess_would_write_for_ecotaxa(lab: Lab) -> None:
    scan(lab.folder)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    first, _ = lab.objects()
    assert first["orig_id"] == "net7_d2_1_1"
    assert (first["object_date"], first["object_time"]) == (date(2023, 6, 14), time(22, 51))
    assert (first["depth_min"], first["depth_max"]) == (55, 106)
    assert lab.one("SELECT orig_id FROM acquisitions")["orig_id"] == "d2_net7"
    assert lab.one("SELECT orig_id FROM processes")["orig_id"] == "zooprocess_net7"
    assert parent(lab, "sample")["tot_vol"] == "124.5"
    assert parent(lab, "acquisition")["bitpixel"] == "3"
    process = parent(lab, "process")
    assert (process["particle_pixel_size_mm"], process["particle_version"]) == ("0.0106", "8.13")
    measures = free(lab, "net7_d2_1_1")
    assert (measures["area"], measures["perim."], measures["%area"]) == (1031, 384.22, 0.1)


def test_positions_of_zooprocess_are_minutes_and_count_to_the_west(lab: Lab) -> None:
    scan(lab.folder)

    lab.load()

    first = lab.objects()[0]
    assert first["latitude"] == pytest.approx(48 + 25.84 / 60)
    assert first["longitude"] == pytest.approx(-22.5)
    assert free(lab, "net7_d2_1_1")["lat_end"] == pytest.approx(-(48 + 23 / 60))


def test_vignettes_stay_as_they_are_wherever_they_were_sorted(lab: Lab) -> None:
    scan(lab.folder, vignettes=(1,))
    (lab.folder / "Copepoda").mkdir()
    picture = (lab.folder / "net7_d2_1_1.jpg").read_bytes()
    (lab.folder / "Copepoda" / "net7_d2_1_2.jpg").write_bytes(picture)

    job = lab.load(zipped(lab.folder))

    assert (job.state, len(lab.objects())) == ("F", 2)
    lengths = [row["length"] for row in lab.find("SELECT length FROM images")]
    assert lengths == [len(picture)] * 2


def test_missing_vignettes_are_one_sentence(lab: Lab) -> None:
    scan(lab.folder, vignettes=())

    [error] = lab.load().errors

    assert error == (
        "[base]/net7_d2_1_dat1.pid, line 37: the vignette “net7_d2_1_1.jpg” is not there, "
        "nor are 1 others of 2; copy the vignettes of the scan beside its .pid."
    )


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("[Data]", "[Date]", "there is no [Data] section"),
        ("!Item;", "!Name;", "there is no [Data] section"),
        (";649.9;NaN", ";649.9", "net7_d2_1_dat1.pid, line 38: it has 4 cells"),
        ("PID", "\0", "it is damaged"),
    ],
    ids=range(4),
)
def test_a_pid_that_makes_no_sense_is_told(lab: Lab, before: str, after: str, wanted: str) -> None:
    scan(lab.folder)
    path = lab.folder / "net7_d2_1_dat1.pid"
    path.write_text(path.read_text().replace(before, after, 1))

    [error] = lab.load().errors

    assert wanted in error


def test_the_table_of_zooprocess_wins_over_its_pid(lab: Lab) -> None:
    scan(lab.folder)
    lab.package(TABLE.replace("PlanktoScope v2.5", "zooscan"), "ecotaxa_net7.tsv", a=None)

    job = lab.load()

    assert (job.state, [o["orig_id"] for o in lab.objects()]) == ("F", ["10_58_1"])
    assert job.result
    assert job.result["instrument"] == "ZooScan"


# --- Tables that are EcoTaxa's already ---------------------------------------------------------


@pytest.mark.parametrize("instrument", ["auto", "planktoscope"])
def test_tables_of_a_planktoscope_are_imported_as_they_are(lab: Lab, instrument: str) -> None:
    lab.package(TABLE, "ecotaxa_export.tsv", a=None)

    job = lab.load(instrument=instrument)

    assert (job.state, len(lab.objects())) == ("F", 1)
    assert lab.one("SELECT instrument FROM projects")["instrument"] == "PlanktoScope"


def test_a_package_of_nobody_known_names_no_instrument(lab: Lab) -> None:
    lab.rows("o1|a.png")

    job = lab.load()

    assert job.state == "F"
    assert lab.one("SELECT instrument FROM projects")["instrument"] == "?"
    assert job.result
    assert "instrument" not in job.result


def test_an_export_without_images_is_one_sentence(lab: Lab) -> None:
    lab.package("object_id|object_lat|sample_id\no1|48.2|s1\no2|48.2|s1\n", a=png())

    [error] = lab.load().errors

    assert error.startswith("ecotaxa_a.tsv: this table was exported without its images")


def test_an_export_without_types_is_read_by_its_first_rows(lab: Lab) -> None:
    lab.package(
        "img_file_name|object_id|object_annotation_hierarchy|object_area|object_note|object_sky\n"
        "a.png|o1||516.0|7|\na.png|o2||2.0|b|\n",
        a=png(),
    )

    job = lab.load()

    assert job.state == "F"
    assert [(o["orig_id"], o["numbers"], o["texts"]) for o in lab.objects()] == [
        ("o1", [516.0], ["7", None]),
        ("o2", [2.0], ["b", None]),
    ]
    assert job.result
    [info] = [info for info in job.result["infos"] if "line of types" in info]
    assert info.startswith("ecotaxa_a.tsv has no second line of types: its new columns are numbers")


def test_a_table_may_be_said_to_be_no_planktoscope_s(lab: Lab) -> None:
    lab.rows("o1|a.png")

    [error] = lab.load(instrument="planktoscope").errors

    assert "holds nothing of the instrument “PlanktoScope”" in error
