"""The runs of a FlowCam: vignettes cut out of collages, and every measure with its name."""

from datetime import date, time
from pathlib import Path

import numpy as np
import pytest

from instrument_files import PLACES, flowcam_run, free, parent, stored
from lab import Lab, zipped


def test_a_run_is_a_sample_and_each_particle_an_object_cut_out_of_its_collage(lab: Lab) -> None:
    collage = flowcam_run(lab.folder)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    names = ["run1_000001", "run1_000002", "run1_000003"]
    assert [o["orig_id"] for o in lab.objects()] == names
    assert lab.one("SELECT orig_id FROM samples")["orig_id"] == "run1"
    pictures = stored(lab)
    for name, (x, y, width, height) in zip(names, PLACES, strict=True):
        assert np.array_equal(pictures[f"{name}.png"], collage[y : y + height, x : x + width])


def test_the_context_becomes_settings_volumes_and_the_size_of_a_pixel(lab: Lab) -> None:
    flowcam_run(lab.folder)

    job = lab.load()

    run, process = parent(lab, "acquisition"), parent(lab, "process")
    assert (run["celltype"], run["magnification"], run["run_time_s"]) == ("FC100", "10", "31.351")
    assert run["sample_volume_processed_ml"] == "0.0784"  # aspirated less calibration
    assert run["fluid_volume_imaged_ml"] == "0.017362"  # of which the efficiency was imaged
    assert (process["pixel_size_um"], process["soft_version"]) == ("0.5544", "4.19.3")
    assert parent(lab, "sample") == {"technician": "Ann", "dilution": "2"}
    assert job.result
    assert job.result["instrument"] == "FlowCam"


def test_the_summary_knows_volumes_better(lab: Lab) -> None:
    flowcam_run(lab.folder)
    (lab.folder / "run1_summary.csv").write_text(
        "Count,3\nSample Volume Processed ml,0.07846\nSample Volume Imaged ml,0.01737\n"
    )

    lab.load()

    run = parent(lab, "acquisition")
    assert run["sample_volume_processed_ml"] == "0.07846"
    assert run["fluid_volume_imaged_ml"] == "0.01737"


def test_local_times_become_utc_where_the_context_tells_how_far_they_are_ahead(lab: Lab) -> None:
    flowcam_run(lab.folder)

    job = lab.load()

    first = lab.objects()[0]
    assert (first["object_date"], first["object_time"]) == (date(2024, 4, 8), time(8, 14, 11))
    assert (first["latitude"], first["longitude"]) == (48.5, None)
    assert job.result
    assert any("2:00:00 ahead of its .ctx" in info for info in job.result["infos"])


@pytest.mark.parametrize("gone", ["", ".csv", ".lst"])
def test_both_tables_make_the_same_columns(lab: Lab, gone: str) -> None:
    flowcam_run(lab.folder)
    if gone:
        (lab.folder / f"run1{gone}").unlink()

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    particle = free(lab, "run1_000002")
    assert (particle["area_abd"], particle["image_width"], particle["image_x"]) == (2.5, 20, 27)
    assert particle["original_reference_id"] == "F5-2"
    assert particle["timestamp"] == "2024-04-08T10:14:12.131"
    assert ("ch2_ch1_ratio" in particle) == (gone != ".csv")


def test_a_table_without_places_gives_way_to_the_list(lab: Lab) -> None:
    flowcam_run(lab.folder)
    (lab.folder / "run1.csv").write_text("Particle ID,Area (ABD)\n1,1.5\n")

    job = lab.load()

    assert (job.state, len(lab.objects())) == ("F", 3)
    assert job.result
    assert "run1.csv does not say where its vignettes are; the .lst is read." in job.result["infos"]


def test_a_column_of_words_becomes_a_text(lab: Lab) -> None:
    flowcam_run(lab.folder)
    path = lab.folder / "run1.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},Tag", *(f"{row},round" for row in rows)]))

    assert lab.load().state == "F"
    assert free(lab, "run1_000001")["tag"] == "round"


def test_several_runs_in_a_zip(lab: Lab) -> None:
    flowcam_run(lab.folder / "a", "run1")
    flowcam_run(lab.folder / "b", "run2")

    job = lab.load(zipped(lab.folder))

    assert (job.state, len(lab.objects())) == ("F", 6)


# --- What is wrong -----------------------------------------------------------------------------


def test_a_missing_collage_is_one_sentence(lab: Lab) -> None:
    flowcam_run(lab.folder)
    (lab.folder / "run1_000001.tif").unlink()

    [error] = lab.load().errors

    assert error == (
        "[base]/run1_000001.tif: this collage is missing, and 3 vignette(s) are cut out of it; "
        "copy it beside the table."
    )


def test_two_runs_of_one_name_are_told(lab: Lab) -> None:
    flowcam_run(lab.folder / "a")
    flowcam_run(lab.folder / "b")

    [error] = lab.load().errors

    assert error.startswith("[base]/b/run1: a run of this name lies in a/ as well")


def change(folder: Path, suffix: str, before: str, after: str) -> None:
    """Change one word of a file of the run."""
    path = folder / f"run1{suffix}"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after, 1))


@pytest.mark.parametrize(
    ("suffix", "before", "after", "wanted"),
    [
        (
            ".csv",
            "29,25,0,0",
            "29,25,60,0",
            "run1.csv, line 2: the vignette of particle 1, 25 × 29",
        ),
        (".csv", "29,25,0,0", "29,0,0,0", "run1.csv, line 2: the vignette of particle 1, 0 × 29"),
        (".csv", "29,25,0,0", "29,25,-1,0", "run1.csv, line 2: the vignette of particle 1"),
        (".csv", "29,25,0,0", "29,wide,0,0", "line 2: image_width is “wide” where a whole number"),
        (".csv", "29,25,0,0", "29,2.5,0,0", "line 2: image_width is “2.5” where a whole number"),
        (".csv", "run1_000001.tif", "../a.tif", "line 2: its collage “../a.tif” is no file beside"),
        (".csv", "\n2,", "\n1,", "run1.csv, line 3: particle 1 stands on line 2 already"),
        (".lst", "num-fields|9", "9", "run1.lst: this .lst is of a form that is not read"),
        (".lst", "image_w|int32", "wide|int32", "run1.lst: its fields do not tell image_width"),
        (".lst", "\n1|", "\n1|1|", "run1.lst, line 12: it has 10 cells, and 9 fields"),
    ],
    ids=range(10),
)
def test_tables_that_make_no_sense_are_told(
    lab: Lab, suffix: str, before: str, after: str, wanted: str
) -> None:
    flowcam_run(lab.folder)
    if suffix == ".lst":
        (lab.folder / "run1.csv").unlink()
    change(lab.folder, suffix, before, after)

    [error] = lab.load().errors

    assert wanted in error
    assert lab.objects() == []


def test_a_damaged_collage_is_told(lab: Lab) -> None:
    flowcam_run(lab.folder)
    (lab.folder / "run1_000001.tif").write_bytes(b"II*\0 and then nothing")

    [error] = lab.load().errors

    assert error.startswith("[base]/run1_000001.tif: it is damaged: it cannot be decoded")


def test_vignettes_that_all_take_the_whole_collage_are_refused(lab: Lab) -> None:
    flowcam_run(lab.folder)
    path = lab.folder / "run1.csv"
    head = path.read_text().splitlines()[0]
    row = "{},1,0,2024-04-08,run1_000001.tif,70,64,0,0,F5,10:14:11,2024-04-08T10:14:11"
    path.write_text("\n".join([head, *(row.format(number) for number in range(1, 7))]))

    [error] = lab.load().errors

    assert "the vignettes of run1_000001.tif overlap" in error


def test_a_run_without_its_table_says_what_to_copy(lab: Lab) -> None:
    flowcam_run(lab.folder)
    (lab.folder / "run1.csv").unlink()
    (lab.folder / "run1.lst").unlink()

    [error] = lab.load().errors

    assert error.startswith("[base]/run1.csv: there is no table of particles")


def test_a_run_without_particles_is_told(lab: Lab) -> None:
    flowcam_run(lab.folder)
    (lab.folder / "run1.csv").unlink()
    path = lab.folder / "run1.lst"
    path.write_text("\n".join(path.read_text().splitlines()[:11]))

    [error] = lab.load().errors

    assert error == "[base]/run1.lst: the run is empty: it holds no particle."
