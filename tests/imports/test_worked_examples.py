"""The worked examples of the contract: rows as instruments write them, and what they become."""

from datetime import UTC, date, datetime, time
from math import isnan

import pytest

from calanus.kit.ids import ACQUISITIONS, IMAGES, OBJECTS, SAMPLES
from given import CALANOIDA, COPEPODA
from lab import Lab

PERSON = "object_annotation_person_name|object_annotation_person_email"
TAXON = "object_annotation_status|object_annotation_category|object_annotation_category_id"


def test_a_plain_row_with_free_columns_at_every_level(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_lat|object_lon|object_date|object_time|object_depth_min|"
        "object_depth_max|object_area|object_note|sample_id|sample_tot_vol|acq_id|acq_sub_part|"
        "process_id|process_pixel\n"
        "[t]|[t]|[f]|[f]|[t]|[t]|[f]|[f]|[f]|[t]|[t]|[f]|[t]|[f]|[t]|[f]\n"
        "net7_0001|a.png|43.685|7.3157|20230612|915|0|75|812.5|big|net7|24.6|net7_d2|8|"
        "zp_net7|10.6\n",
        a=None,
    )

    job = lab.load()

    p = lab.project_id
    assert (job.state, job.errors) == ("F", [])
    assert lab.one(
        "SELECT object_columns o, sample_columns s, acquisition_columns a, process_columns p "
        "FROM projects WHERE project_id = %(p)s",
        p=p,
    ) == {
        "o": {"area": "n01", "note": "t01"},
        "s": {"tot_vol": "t01"},
        "a": {"sub_part": "t01"},
        "p": {"pixel": "t01"},
    }
    sample = lab.one("SELECT * FROM samples")
    assert (sample["sample_id"], sample["orig_id"]) == (p * SAMPLES + 1, "net7")
    assert (sample["latitude"], sample["longitude"], sample["texts"]) == (43.685, 7.3157, ["24.6"])
    acquisition = lab.one("SELECT * FROM acquisitions")
    assert acquisition["acquisition_id"] == p * ACQUISITIONS + 1
    assert (acquisition["orig_id"], acquisition["texts"]) == ("net7_d2", ["8"])
    process = lab.one("SELECT * FROM processes")
    assert process["acquisition_id"] == p * ACQUISITIONS + 1
    assert (process["orig_id"], process["texts"]) == ("zp_net7", ["10.6"])
    [made] = lab.objects()
    assert made["object_id"] == p * OBJECTS + 1
    assert (made["object_date"], made["object_time"]) == (date(2023, 6, 12), time(9, 15))
    assert (made["depth_min"], made["depth_max"], made["sun_position"]) == (0, 75, "D")
    assert (made["state"], made["numbers"], made["texts"]) == (None, [812.5], ["big"])
    image = lab.one("SELECT * FROM images")
    assert (image["image_id"], image["rank"]) == (p * IMAGES + 1, 0)
    assert lab.one("SELECT taxon_id, state, objects FROM counts") == {
        "taxon_id": -1,
        "state": "U",
        "objects": 1,
    }


def test_degrees_minutes_and_seconds(lab: Lab) -> None:
    lab.folder.mkdir()
    (lab.folder / "ecotaxa.tsv").write_bytes(
        b"object_id\timg_file_name\tobject_lat\tobject_lon\tobject_date\tobject_time\n"
        b"[t]\t[t]\t[t]\t[t]\t[t]\t[t]\n"
        b"b1\ta.png\t-12\xb030 36\t179\xb059 60\t2021-01-03\t23:05:09\n"
    )
    lab.package("", "other.txt", a=None)

    lab.load()

    [made] = lab.objects()
    assert made["latitude"] == pytest.approx(-12.51)
    assert made["longitude"] == pytest.approx(180.0)
    assert (made["object_time"], made["sun_position"]) == (time(23, 5, 9), "D")


def test_validated_by_id_and_predicted_by_name(lab: Lab) -> None:
    ann = lab.person("Ann Otator", "ann@lab.org")
    lab.package(
        f"object_id|img_file_name|{TAXON}|{PERSON}|object_annotation_date|object_annotation_time\n"
        "[t]|[t]|[t]|[t]|[f]|[t]|[t]|[t]|[t]\n"
        f"c1|a.png|Validated|whatever|{CALANOIDA}|Ann Otator|ANN@lab.org|20220105|1430\n"
        "c2|b.png|predicted|copepODA||Ann Otator|ann@lab.org|20220105|1430\n",
        a=None,
        b=None,
    )

    began = datetime.now(UTC)
    lab.load()

    one, two = lab.objects()
    assert (one["state"], one["taxon_id"], one["annotator_id"]) == ("V", CALANOIDA, ann)
    assert (one["identified_at"], one["score"]) == (datetime(2022, 1, 5, 14, 30, tzinfo=UTC), None)
    assert (two["state"], two["taxon_id"], two["annotator_id"]) == ("P", COPEPODA, None)
    assert two["score"] == 1.0
    assert two["identified_at"] >= began
    assert [one["version"], two["version"]] == [0, 0]


def test_an_author_without_state_leaves_the_object_unidentified(lab: Lab) -> None:
    lab.person("Ann Otator", "ann@lab.org")
    lab.package(
        f"object_id|img_file_name|{TAXON}|object_annotation_person_name\n"
        "[t]|[t]|[t]|[t]|[f]|[t]\nd1|a.png||||Ann Otator\n",
        a=None,
    )

    lab.load()

    [made] = lab.objects()
    assert (made["state"], made["taxon_id"], made["annotator_id"]) == (None, None, None)


def test_a_person_nobody_named_is_who_imports(lab: Lab) -> None:
    lab.package(
        f"object_id|img_file_name|{TAXON}\n[t]|[t]|[t]|[t]|[f]\nd1|a.png|dubious|Copepoda|\n",
        a=None,
    )

    lab.load()

    [made] = lab.objects()
    assert (made["state"], made["annotator_id"]) == ("D", lab.owner.user_id)


def test_missing_values_are_missing_in_numbers_and_texts_in_texts(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_area|object_lab|object_depth_min\n"
        "[t]|[t]|[f]|[t]|[f]\ne1|a.png|NaN|NaN|na\n",
        a=None,
    )

    lab.load()

    [made] = lab.objects()
    assert isnan(made["numbers"][0])
    assert (made["texts"], made["depth_min"]) == (["NaN"], None)


@pytest.mark.parametrize(
    ("day", "moment", "wanted"),
    [
        ("2023-06-12", "7", (date(2023, 6, 12), time(0, 7))),
        ("20230612T09", "12345", (date(2023, 6, 12), time(12, 34, 50))),
        ("2023-06-1", "", (date(2023, 6, 1), None)),
    ],
)
def test_dates_and_times_are_forgiven_much(
    lab: Lab, day: str, moment: str, wanted: tuple[date, time | None]
) -> None:
    lab.package(
        "object_id|img_file_name|object_date|object_time\n[t]|[t]|[t]|[t]\n"
        f"o|a.png|{day}|{moment}\n",
        a=None,
    )

    lab.load()

    [made] = lab.objects()
    assert (made["object_date"], made["object_time"]) == wanted


def test_several_images_of_one_object(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|img_rank\n[t]|[t]|[f]\nf1|x.png|3\nf1|y.png|\nf1|z.png|3\n",
        x=None,
        y=None,
        z=None,
    )

    lab.load()

    assert len(lab.objects()) == 1
    ranks = lab.find("SELECT orig_file_name AS name, rank FROM images ORDER BY rank")
    assert [(row["name"], row["rank"]) for row in ranks] == [
        ("x.png", 3),
        ("y.png", 4),
        ("z.png", 5),
    ]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("g1|a.png|V||1", "object_annotation_status: “V” is no state"),
        ("g1|a.png|validated||1|", "1 cell(s) stand beyond the last header"),
        ("g1|a.png|validated||", "“validated” needs a taxon"),
        ("g1|a.png||Copepoda|", "“Copepoda” needs a state"),
    ],
)
def test_rejected_rows(lab: Lab, cells: str, told: str) -> None:
    lab.package(f"object_id|img_file_name|{TAXON}\n[t]|[t]|[t]|[t]|[f]\n{cells}\n", a=None)

    job = lab.load()

    [error] = job.errors
    assert (job.state, lab.objects()) == ("E", [])
    assert error.startswith("[base]/ecotaxa_a.tsv, line 3: ")
    assert told in error


def test_a_taxon_by_its_id_alone_is_enough(lab: Lab) -> None:
    lab.package(
        f"object_id|img_file_name|{TAXON}\n[t]|[t]|[t]|[t]|[f]\ng1|a.png|validated||10.0\n", a=None
    )

    lab.load()

    assert lab.objects()[0]["taxon_id"] == COPEPODA


@pytest.mark.parametrize("first", ["s1", ""])
def test_an_acquisition_belongs_to_one_sample(lab: Lab, first: str) -> None:
    lab.package(
        "object_id|img_file_name|sample_id|acq_id\n[t]|[t]|[t]|[t]\n"
        f"o1|a.png|{first}|a1\no2|b.png|s2|a1\n",
        a=None,
        b=None,
    )

    job = lab.load()

    [error] = job.errors
    assert "line 4: acq_id: acquisition “a1” already belongs to" in error
