"""The bins of an IFCB, of both generations, become samples and objects; what is wrong is told."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat  # pyright: ignore  # scipy ships no types

from given import COPEPODA
from instrument_files import NEW_HEADER, NEW_LID, OLD_LID, free, new_bin, old_bin, parent, stored
from lab import Lab, zipped

SIZES = ((0, 0), (12, 10), (30, 8))


def test_a_bin_is_a_sample_and_each_roi_an_object(lab: Lab) -> None:
    images = new_bin(lab.folder, SIZES)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    first, second = lab.objects()
    assert [first["orig_id"], second["orig_id"]] == [f"{NEW_LID}_00002", f"{NEW_LID}_00003"]
    assert (first["latitude"], first["longitude"]) == (58.25, 11.43)
    assert (first["object_date"], first["object_time"]) == (date(2022, 5, 22), time(0, 30, 51))
    assert lab.one("SELECT orig_id FROM samples")["orig_id"] == NEW_LID
    pictures = stored(lab)
    assert np.array_equal(pictures[f"{NEW_LID}_00002.png"], images[1])
    assert np.array_equal(pictures[f"{NEW_LID}_00003.png"], images[2])


def test_the_adc_becomes_numbers_and_the_header_settings(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)

    lab.load()

    roi = free(lab, f"{NEW_LID}_00003")
    names = ("roi_number", "trigger", "peak_fluorescence", "roi_x", "roi_width", "grab_time_end")
    assert [roi[name] for name in names] == [3, 3, 2.5, 800, 30, 3.2]
    assert "start_byte" not in roi
    assert "time_of_flight" not in roi, "-999 says that nothing was measured"
    run = parent(lab, "acquisition")
    assert run["volume_analyzed_ml"] == "5"  # 0.25 ml/min × (1200.5 - 0.5) s
    assert (run["inhibit_time_s"], run["run_sample_fast"]) == ("0.5", "False")
    assert run["pmt_scattering_high_voltage"] == "0.65"
    assert lab.one("SELECT instrument FROM acquisitions")["instrument"] == "IFCB134"


def test_what_was_found_is_told_and_names_the_project_s_instrument(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)

    job = lab.load()

    assert job.result
    assert job.result["instrument"] == "IFCB"
    assert job.result["infos"][:2] == [
        "These are files of the instrument “IFCB”: 1 bin(s).",
        f"{NEW_LID}: 1 ROI(s) without an image were passed over.",
    ]
    assert lab.one("SELECT instrument FROM projects")["instrument"] == "IFCB"


def test_an_instrument_that_somebody_named_stays(lab: Lab) -> None:
    lab.find("UPDATE projects SET instrument = 'My own' RETURNING 1")
    new_bin(lab.folder, SIZES)

    lab.load()

    assert lab.one("SELECT instrument FROM projects")["instrument"] == "My own"


def test_a_zip_of_several_bins_in_folders_is_read_as_well(lab: Lab) -> None:
    new_bin(lab.folder / "D2022", SIZES)
    new_bin(lab.folder / "D2023", SIZES, "D20230101T000000_IFCB134")

    job = lab.load(zipped(lab.folder))

    assert (job.state, len(lab.objects())) == ("F", 4)
    assert len(lab.find("SELECT * FROM samples")) == 2


def test_overlapping_rois_of_the_first_generation_are_one_object(lab: Lab) -> None:
    alone, left, right = old_bin(lab.folder)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    assert [o["orig_id"] for o in lab.objects()] == [f"{OLD_LID}_00001", f"{OLD_LID}_00002"]
    pictures = stored(lab)
    assert np.array_equal(pictures[f"{OLD_LID}_00001.png"], alone)
    assert np.array_equal(pictures[f"{OLD_LID}_00002.png"], left)
    assert np.array_equal(pictures[f"{OLD_LID}_00003.png"], right)
    joined = pictures[f"{OLD_LID}_00002_stitched.png"]
    assert joined.shape == (26, 54)
    assert np.array_equal(joined[:20, :40], left)
    assert np.array_equal(joined[20:, 30:], right[10:])
    assert len(set(joined[20:, :30].ravel().tolist())) == 1, "the corners nobody saw are one grey"
    ranks = lab.find("SELECT orig_file_name, rank FROM images ORDER BY image_id")
    assert [r["rank"] for r in ranks if "stitched" in r["orig_file_name"]] == [0]


def test_the_first_generation_looked_from_waiting_to_grabbing(lab: Lab) -> None:
    old_bin(lab.folder)

    lab.load()

    run = parent(lab, "acquisition")
    # (0.3 - 0) + (0.8 - 0.4) + (1.2 - 0.9) seconds
    assert (run["run_time_s"], run["look_time_s"]) == ("1.5", "1")
    assert run["volume_analyzed_ml"] == str(round(0.25 / 60, 6))
    assert (run["temperature_c"], run["pmt_fluorescence_high_voltage"]) == ("11.5", ".6")
    first = lab.objects()[0]
    assert (first["object_date"], first["object_time"]) == (date(2012, 1, 28), time(8, 15, 15))


# --- What lies beside --------------------------------------------------------------------------


def test_features_beside_a_bin_become_numbers_of_its_objects(lab: Lab) -> None:
    new_bin(lab.folder / "data", SIZES)
    (lab.folder / "features").mkdir()
    (lab.folder / "features" / f"{NEW_LID}_fea_v2.csv").write_text(
        "roi_number,Area,RWcenter2total_powerratio,shapehist_mean_normEqD,Wedge01\n"
        "2,160,0.5,NaN,1\n3,170,0.25,2.5,2\n9,1,1,1,1\n"
    )

    job = lab.load()

    roi = free(lab, f"{NEW_LID}_00003")
    assert (roi["area"], roi["r_wcenter2total_powerratio"]) == (170, 0.25)
    assert (roi["shapehist_mean_norm_eq_d"], roi["wedge01"]) == (2.5, 2)
    assert parent(lab, "process")["features"] == f"{NEW_LID}_fea_v2.csv"
    assert job.result
    assert f"features/{NEW_LID}_fea_v2.csv: ROI 9 has no image (1 such)." in job.result["infos"]


def write_csv(folder: Path) -> None:
    """Classes as ClassiPyR exports them."""
    (folder / f"{NEW_LID}.csv").write_text(
        '"file_name","class_name","class_name_auto","score"\n'
        f'"{NEW_LID}_00002.png","Copepoda","Copepoda",0.63\n'
        f'"{NEW_LID}_00003.png","unclassified","Copepoda",0.31\n'
    )


def write_mat(folder: Path) -> None:
    """Classes as the WHOI classifier leaves them."""
    names = np.array([["Copepoda"], ["unclassified"]], dtype=object)
    scores = np.array([[0.63, 0.2], [0.31, 0.3]])
    held = {"roinum": [[2], [3]], "TBclass_above_threshold": names, "TBscores": scores}
    savemat(folder / f"{NEW_LID}_class_v1.mat", held)


@pytest.mark.parametrize("write", [write_csv, write_mat])
def test_predicted_classes_are_predictions_only(lab: Lab, write: Callable[[Path], None]) -> None:
    new_bin(lab.folder, SIZES)
    write(lab.folder)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    assert [(o["taxon_id"], o["state"]) for o in lab.objects()] == [(COPEPODA, "P"), (None, None)]
    assert free(lab, f"{NEW_LID}_00003")["class_score"] == 0.31


def test_a_class_that_nobody_knows_is_asked_with_blanks(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)
    write_csv(lab.folder)
    path = lab.folder / f"{NEW_LID}.csv"
    path.write_text(path.read_text().replace('png","Copepoda', 'png","Mesodinium_rubrum'))

    asked = lab.load()
    assert asked.question
    done = lab.answer(asked, {"taxa": {"mesodinium rubrum": COPEPODA}})

    assert asked.question["missing_taxa"] == ["mesodinium rubrum"]
    assert (done.state, len(lab.objects())) == ("F", 2)


def test_what_cannot_be_read_beside_a_bin_is_told(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)
    (lab.folder / f"{NEW_LID}_class.h5").write_bytes(b"\x89HDF")
    (lab.folder / f"{NEW_LID}_class_v1.mat").write_bytes(b"MATLAB 5.0 and then nothing")
    (lab.folder / f"{NEW_LID}_fea_v2.csv").write_text("roi_number,Area\n2,large\n")

    job = lab.load()

    assert [error.partition(": ")[0] for error in job.errors] == [
        f"[base]/{NEW_LID}_class_v1.mat",
        f"[base]/{NEW_LID}_fea_v2.csv",
    ]
    assert "area is “large” where a number stands" in job.errors[1]


def test_class_files_in_hdf5_are_passed_over_with_a_word(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)
    (lab.folder / f"{NEW_LID}_class.h5").write_bytes(b"\x89HDF")

    job = lab.load()

    assert job.state == "F"
    assert job.result
    assert any(f"{NEW_LID}_class.h5 is not read" in info for info in job.result["infos"])


def test_features_are_measured_when_wanted(lab: Lab) -> None:
    pytest.importorskip("planktofeatures")
    new_bin(lab.folder, [(60, 40)])

    job = lab.load(measure=True)

    assert (job.state, job.errors) == ("F", [])
    assert "planktofeatures" in str(parent(lab, "process")["features"])
    assert "area_over_perimeter_squared" in free(lab, f"{NEW_LID}_00001")


# --- What is wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".hdr", ".adc", ".roi"])
def test_a_bin_that_lacks_a_file_is_told(lab: Lab, suffix: str) -> None:
    new_bin(lab.folder, SIZES)
    (lab.folder / f"{NEW_LID}{suffix}").unlink()

    [error] = lab.load().errors

    assert error.startswith(
        f"[base]/{NEW_LID}{suffix}: this file of the bin is missing; copy it beside"
    )
    assert lab.objects() == []


def test_a_roi_file_that_was_cut_is_told_with_the_first_roi_lost(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)
    path = lab.folder / f"{NEW_LID}.roi"
    path.write_bytes(path.read_bytes()[:-1])

    [error] = lab.load().errors

    assert error == (
        f"[base]/{NEW_LID}.adc, line 3: ROI 3 ends at byte 360, and {NEW_LID}.roi has 359: "
        "1 of 2 images are cut off. Copy the .roi file again."
    )


@pytest.mark.parametrize(
    ("suffix", "content", "wanted"),
    [
        (".hdr", "", ".hdr: this is no header of an IFCB"),
        (".hdr", "\0\0", ".hdr: it is damaged: it is no text"),
        (".adc", "1,2,3\n", ".adc, line 1: it has 3 cells, and 18 are needed"),
        (".adc", "1," * 17 + "x\n", ".adc, line 1: its trigger, or the place"),
        (".adc", "1," * 17 + "-5\n", ".adc, line 1: an image of 1 × 1 pixels at byte -5 cannot"),
        (".adc", "1," * 17 + "nan\n", ".adc, line 1: its trigger, or the place"),
        (".adc", ("1," * 17 + "0\n") * 2, ".roi: its images overlap"),
        (".adc", "0," * 18 + "0\n", ".hdr: the bin is empty: no ROI has an image."),
        (".adc", "", "the bin is empty"),
    ],
    ids=range(9),
)
def test_damaged_files_are_told(lab: Lab, suffix: str, content: str, wanted: str) -> None:
    new_bin(lab.folder, SIZES)
    (lab.folder / f"{NEW_LID}{suffix}").write_text(content)

    [error] = lab.load().errors

    assert wanted in error
    assert lab.objects() == []
    assert list(lab.settings.data.rglob("package.zip")) == []


def test_an_empty_bin_among_others_is_only_mentioned(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)
    new_bin(lab.folder, [], "D20230101T000000_IFCB134")

    job = lab.load()

    assert (job.state, len(lab.objects())) == ("F", 2)
    assert job.result
    assert "1 bin(s) hold no image: D20230101T000000_IFCB134." in job.result["infos"]


def test_bins_of_beads_and_those_set_aside_are_not_read(lab: Lab) -> None:
    new_bin(lab.folder / "data", SIZES)
    new_bin(lab.folder / "beads", SIZES, "D20230101T000000_IFCB134")
    new_bin(lab.folder / "skip", [], "D20230102T000000_IFCB134", header="")

    assert lab.load().state == "F"
    assert len(lab.objects()) == 2


def test_the_same_bin_twice_is_told(lab: Lab) -> None:
    new_bin(lab.folder / "a", SIZES)
    new_bin(lab.folder / "b", SIZES)

    errors = lab.load().errors

    assert errors[0] == (
        f"[base]/b/{NEW_LID}.hdr: the same bin lies in a/{NEW_LID}.hdr as well; "
        "take one of them away."
    )


def test_a_bin_that_ran_fast_is_mentioned(lab: Lab) -> None:
    new_bin(lab.folder, SIZES, header=NEW_HEADER.replace("Fast: False", "Fast: True"))

    result = lab.load().result

    assert result
    assert any("ran fast" in info for info in result["infos"])


def test_importing_a_bin_again_asks_to_skip_it(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)
    lab.load()

    again = lab.load()
    skipped = lab.load(skip_existing_objects=True)

    assert "skip existing objects" in again.errors[0]
    assert "all 2 row(s) are in the project already" in skipped.errors[0]
    assert len(lab.objects()) == 2


def test_an_instrument_that_is_not_there_is_told(lab: Lab) -> None:
    new_bin(lab.folder, SIZES)

    [error] = lab.load(instrument="flowcam").errors

    assert "holds nothing of the instrument “FlowCam”; looked for: a .ctx or .lst file" in error
