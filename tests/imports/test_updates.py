"""Updates: known objects and their parents become what tables say; nothing is created or moved."""

from datetime import UTC, date, datetime, time
from math import isnan
from typing import Any

import pytest

from calanus.annotation import service as annotation
from calanus.imports import flow
from calanus.jobs.types import Job
from calanus.kit.db import connect
from calanus.objects.service import recount
from calanus.projects import service as projects
from calanus.users.policy import Act
from given import CALANOIDA, COPEPODA, DETRITUS
from lab import Lab

FIRST = (
    "object_id|img_file_name|object_lat|object_lon|object_date|object_time|object_link|"
    "object_area|object_note|sample_id|sample_ship|acq_id|acq_net|process_id|process_pixel\n"
    "[t]|[t]|[f]|[f]|[t]|[t]|[t]|[f]|[t]|[t]|[t]|[t]|[t]|[t]|[t]\n"
    "o1|a.png|43|7|20230612|1200|http://one|5|small|s1|Tara|a1|WP2|p1|10.6\n"
    "o2|b.png|44|8|20230612|1200|http://two|6|large|s1|Tara|a1|WP2|p1|10.6\n"
)
STATUS = "object_annotation_status|object_annotation_category"
WHO = "object_annotation_person_name|object_annotation_date|object_annotation_time"


@pytest.fixture
def loaded(lab: Lab) -> Lab:
    """A project with two objects of one acquisition."""
    lab.package(FIRST, a=None, b=None)
    assert lab.load().state == "F"
    return lab


def update(lab: Lab, table: str, mode: str = "Yes", **order: Any) -> Job:
    """An update by one table without images; types are of no importance but for new columns."""
    lab.package(table)
    return lab.load(update_mode=mode, **order)


def outcome(job: Job) -> dict[str, Any]:
    """What became of each level."""
    assert job.result, job.errors
    return job.result["outcome"]["levels"]


def test_only_the_columns_that_are_told_change(loaded: Lab) -> None:
    job = update(
        loaded, "object_id|object_area|object_note\n[f]|[f]|[t]\no1|7.5|tiny\no2|6|large\n"
    )

    assert (job.state, job.errors) == ("F", [])
    one, two = loaded.objects()
    assert (one["numbers"], one["texts"], one["link"]) == ([7.5], ["tiny"], "http://one")
    assert (two["numbers"], two["texts"]) == ([6], ["large"])
    assert outcome(job)["object"] == {"changed": 1, "unchanged": 1}
    assert job.result
    assert job.result["updated"]["object"] == 1
    assert (job.result["rowcount"], job.result["objects"]) == (2, 0)


def test_an_empty_cell_erases_and_is_counted(loaded: Lab) -> None:
    job = update(
        loaded,
        "object_id|object_lat|object_time|object_link|object_area|object_note\n"
        "[t]|[f]|[t]|[t]|[f]|[t]\no1|||||\n",
    )

    [one, two] = loaded.objects()
    assert (one["latitude"], one["object_time"], one["link"]) == (None, None, None)
    assert (isnan(one["numbers"][0]), one["texts"], one["sun_position"]) == (True, [None], "?")
    assert two["latitude"] == 44
    assert job.result
    erased = job.result["outcome"]["erased"]
    assert erased["cells"] == 5
    assert erased["examples"][1] == {
        "file": "ecotaxa_a.tsv",
        "line": 3,
        "of": "o1",
        "column": "object_time",
        "value": "12:00:00",
    }
    assert any("5 empty cell(s) erase a value" in info for info in job.result["infos"])


def test_a_new_free_column_is_added(loaded: Lab) -> None:
    job = update(
        loaded, "object_id|object_mean|sample_id|sample_sea\n[t]|[f]|[t]|[t]\no2|3|s1|Med\n"
    )

    assert job.result
    assert job.result["outcome"]["new_columns"] == ["object_mean (numbers)", "sample_sea (texts)"]
    assert loaded.one("SELECT object_columns AS o FROM projects")["o"] == {
        "area": "n01",
        "note": "t01",
        "mean": "n02",
    }
    assert loaded.objects()[1]["numbers"] == [6, 3]
    assert loaded.one("SELECT texts FROM samples")["texts"] == ["Tara", "Med"]


def test_objects_without_free_texts_hold_none_until_they_get_some(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_area\n[t]|[t]|[f]\no1|a.png|5\no2|b.png|6\n", a=None, b=None
    )
    assert lab.load().state == "F"
    assert [o["texts"] for o in lab.objects()] == [None, None]

    update(lab, "object_id|object_area\n[t]|[f]\no1|7\n")
    assert [o["texts"] for o in lab.objects()] == [None, None]
    with connect(lab.url) as conn:  # as it was written by a former version
        conn.execute("UPDATE object_values SET texts = '{}' WHERE orig_id = 'o2'")
    job = update(lab, "object_id|object_note\n[t]|[t]\no1|small\no2|\n")

    assert outcome(job)["object"] == {"changed": 1, "unchanged": 1}
    assert [o["texts"] for o in lab.objects()] == [["small"], []]


def test_moving_an_object_moves_its_sun_and_its_sample(loaded: Lab) -> None:
    update(loaded, "object_id|object_lat|object_time\n[t]|[f]|[t]\no1|50|0030\n")

    one = loaded.objects()[0]
    assert (one["latitude"], one["object_time"], one["sun_position"]) == (50, time(0, 30), "N")
    assert one["object_date"] == date(2023, 6, 12)
    sample = loaded.one("SELECT latitude, longitude FROM samples")
    assert (sample["latitude"], sample["longitude"]) == (44, 7)


def test_parents_change_and_the_last_row_wins(loaded: Lab) -> None:
    job = update(
        loaded,
        "object_id|sample_id|sample_ship|sample_dataportal_descriptor|acq_id|acq_net|"
        "acq_instrument|process_id|process_pixel\n[t]|[t]|[t]|[t]|[t]|[t]|[t]|[t]|[t]\n"
        "o1|s1|Thalassa|d|a1|Bongo|zooscan|p9|\no2|s1|Atalante|d|a1|Bongo|zooscan|p9|\n",
    )

    sample = loaded.one("SELECT * FROM samples")
    assert (sample["texts"], sample["dataportal_descriptor"]) == (["Atalante"], "d")
    acquisition = loaded.one("SELECT * FROM acquisitions")
    assert (acquisition["texts"], acquisition["instrument"]) == (["Bongo"], "zooscan")
    process = loaded.one("SELECT * FROM processes")
    assert (process["orig_id"], process["texts"]) == ("p9", [None])
    told = outcome(job)
    assert [told[level]["changed"] for level in ("sample", "acquisition", "process")] == [1, 1, 1]
    assert told["object"] == {"unchanged": 2}


def test_what_the_project_does_not_have_is_told_and_passed_over(loaded: Lab) -> None:
    job = update(
        loaded,
        "object_id|object_area|sample_id|sample_ship|acq_id\n[t]|[f]|[t]|[t]|[t]\n"
        "o1|9|s7|Nowhere|a1\no8|9|s1|Tara|a8\n",
    )

    assert job.state == "F"
    assert len(loaded.objects()) == 2
    assert loaded.objects()[0]["numbers"] == [9]
    told = outcome(job)
    assert (told["object"]["unknown"], told["object"]["first_unknown"]) == (1, ["o8"])
    assert told["sample"]["first_unknown"] == ["s7"]
    assert told["acquisition"]["first_unknown"] == ["a1", "a8"]
    assert loaded.find("SELECT orig_id FROM samples") == [{"orig_id": "s1"}]
    log = log_of(loaded, job)
    assert "Updating object o1" in log
    assert "Object o8 not found while updating" in log
    assert "Sample s7 not found while updating" in log


def test_an_object_told_twice_gets_all_that_is_told(loaded: Lab) -> None:
    loaded.package("object_id|object_area\n[t]|[f]\no1|8\no1|9\n")
    loaded.package("object_id|object_note|object_mean\n[t]|[t]|[f]\no1|last|1\n", "ecotaxa_b.tsv")

    job = loaded.load(update_mode="Yes")

    one = loaded.objects()[0]
    assert (one["numbers"], one["texts"]) == ([9, 1], ["last"])
    assert outcome(job)["object"] == {"changed": 1}


def test_images_are_neither_needed_nor_loaded_and_known_ones_are_no_error(loaded: Lab) -> None:
    job = update(
        loaded, "object_id|img_file_name|object_area\n[t]|[t]|[f]\no1|a.png|1\no2|no.png|2\n"
    )

    assert job.state == "F"
    assert len(loaded.find("SELECT 1 FROM images")) == 2


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("object_id|object_area\n[t]|[f]\no1|x\n", "line 3: object_area: “x” is not a number"),
        ("object_id|object_area\n[t]|[f]\n|1\n", "line 3: object_id: the row has no object_id"),
        (f"object_id|{STATUS}\n[t]|[t]|[t]\no1|maybe|\n", "“maybe” is no state"),
        (f"object_id|{STATUS}\n[t]|[t]|[t]\no1|validated|\n", "needs a taxon"),
        (
            "object_id|img_file_name|object_area\n[t]|[t]|[f]\no1|a.png|1\no1|a.png|2\n",
            "line 4: object_id: this object with the image “a.png” stands on line 3 already",
        ),
    ],
)
def test_an_update_with_an_error_changes_nothing(loaded: Lab, table: str, told: str) -> None:
    before = loaded.objects()

    job = update(loaded, table.replace("\no1|x", "\no2|77\no1|x"))

    assert (job.state, loaded.objects()) == ("E", before)
    assert told.split(": ", 1)[-1] in job.errors[0]


def test_the_mode_yes_leaves_identifications_alone(loaded: Lab) -> None:
    update(loaded, f"object_id|{STATUS}\n[t]|[t]|[t]\no1|validated|Copepoda\n")

    assert [o["state"] for o in loaded.objects()] == [None, None]


def test_identifications_change_as_one_batch_with_history_and_counts(loaded: Lab) -> None:
    ann = loaded.person("Ann Otator", "ann@lab.org")
    job = update(
        loaded,
        f"object_id|{STATUS}|{WHO}\n[t]|[t]|[t]|[t]|[t]|[t]\n"
        "o1|validated|Copepoda|Ann Otator|20220105|1430\no2|predicted|detritus|||\n",
        "Cla",
    )

    one, two = loaded.objects()
    assert (one["state"], one["taxon_id"], one["annotator_id"]) == ("V", COPEPODA, ann)
    assert one["identified_at"] == datetime(2022, 1, 5, 14, 30, tzinfo=UTC)
    assert (two["state"], two["taxon_id"], two["score"]) == ("P", DETRITUS, 1.0)
    assert two["annotator_id"] is None
    assert one["version"] == two["version"]
    assert loaded.one("SELECT taxa, scores FROM predictions") == {
        "taxa": [DETRITUS],
        "scores": [1.0],
    }
    with connect(loaded.url) as conn:
        before = projects.tallies(conn, [loaded.project_id])
        recount(conn, loaded.project_id)
        assert projects.tallies(conn, [loaded.project_id]) == before
        batch = annotation.list_batches(conn, loaded.project_id)[0]
    assert (batch.operation, batch.objects, batch.author_id) == ("update", 2, loaded.owner.user_id)
    assert "Updating identification of o1\n" in log_of(loaded, job)


def test_the_batch_can_be_undone_and_redone_with_its_authors(loaded: Lab) -> None:
    ann = loaded.person("Ann Otator", "ann@lab.org")
    table = (
        f"object_id|object_area|{STATUS}|{WHO}\n[t]|[f]|[t]|[t]|[t]|[t]|[t]\n"
        "o1|9|validated|Copepoda|Ann Otator|20220105|1430\n"
    )
    update(loaded, table, "Cla")
    told = loaded.objects()[0]
    with connect(loaded.url) as conn:
        project = projects.require(conn, loaded.owner, loaded.project_id, Act.IMPORT)
        [batch, _] = annotation.list_batches(conn, loaded.project_id)
        now = datetime.now(UTC)

        undone = annotation.undo(conn, project, batch.batch_id, by=loaded.owner, at=now)
        conn.commit()
        between = loaded.objects()[0]
        annotation.undo(conn, project, undone.row.batch_id, by=loaded.owner, at=now)
        conn.commit()

    assert (between["state"], between["taxon_id"], between["annotator_id"]) == (None, None, None)
    assert between["numbers"] == [9]
    again = loaded.objects()[0]
    names = ("state", "taxon_id", "annotator_id", "identified_at", "version")
    assert [again[name] for name in names] == [told[name] for name in names]
    assert again["annotator_id"] == ann


def test_a_batch_of_values_only_is_not_undone(loaded: Lab) -> None:
    update(loaded, "object_id|object_area\n[t]|[f]\no1|9\n")

    with connect(loaded.url) as conn:
        project = projects.require(conn, loaded.owner, loaded.project_id, Act.IMPORT)
        [batch, _] = annotation.list_batches(conn, loaded.project_id)
        with pytest.raises(annotation.NotUndoable, match="values only"):
            annotation.undo(conn, project, batch.batch_id, by=loaded.owner, at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        # The same, told without fractions of a second: nothing changes.
        ("validated|Copepoda|Ann Otator|20220105|143000", ("V", COPEPODA, "ann", "14:30:00.4")),
        ("validated|Copepoda|||", ("V", COPEPODA, "ann", "14:30:00.4")),
        ("validated|Copepoda|Bob|20220105|143000", ("V", COPEPODA, "bob", "14:30")),
        ("validated|Copepoda|Ann Otator|20220105|1431", ("V", COPEPODA, "ann", "14:31")),
        ("validated|Calanoida|Ann Otator|20220105|1430", ("V", CALANOIDA, "ann", "14:30")),
        ("dubious|Copepoda|Ann Otator|20220105|1430", ("D", COPEPODA, "ann", "14:30")),
        ("validated|Calanoida|||", ("V", CALANOIDA, "importer", "now")),
        ("predicted|Calanoida|Ann Otator|20220105|1430", ("P", CALANOIDA, None, "now")),
        ("discarded|Calanoida|||", ("X", CALANOIDA, None, None)),
        ("noid||Ann Otator|20220105|1430", (None, None, None, None)),
        ("||||", (None, None, None, None)),
    ],
)
def test_what_a_validated_object_becomes(
    loaded: Lab, row: str, wanted: tuple[str | None, int | None, str | None, str | None]
) -> None:
    people = {"ann": loaded.person("Ann Otator", "ann@lab.org"), "bob": loaded.person("Bob", "b@b")}
    people["importer"] = loaded.owner.user_id
    seen = datetime(2022, 1, 5, 14, 30, 0, 400_000, tzinfo=UTC)
    loaded.find(
        "UPDATE objects SET state = 'V', taxon_id = %(t)s, annotator_id = %(a)s, "
        "identified_at = %(at)s WHERE object_id %% 10 = 1 RETURNING 1",
        t=COPEPODA,
        a=people["ann"],
        at=seen,
    )
    with connect(loaded.url) as conn:
        recount(conn, loaded.project_id)
    began = datetime.now(UTC)

    update(loaded, f"object_id|{STATUS}|{WHO}\n[t]|[t]|[t]|[t]|[t]|[t]\no1|{row}\n", "Cla")

    state, taxon, person, at = wanted
    one = loaded.objects()[0]
    assert (one["state"], one["taxon_id"]) == (state, taxon)
    assert one["annotator_id"] == (people[person] if person else None)
    changed = (state, taxon, person, at) != ("V", COPEPODA, "ann", "14:30:00.4")
    assert len(loaded.find("SELECT 1 FROM history")) == int(changed)
    if at == "now":
        assert one["identified_at"] >= began
    else:
        told = {
            "14:30": seen.replace(microsecond=0),
            "14:31": seen.replace(minute=31, microsecond=0),
        }
        known = told | {"14:30:00.4": seen}
        assert one["identified_at"] == (known[at] if at else None)


def test_the_same_update_twice_changes_nothing_the_second_time(loaded: Lab) -> None:
    table = (
        f"object_id|object_area|sample_id|sample_ship|{STATUS}|{WHO}\n"
        "[t]|[f]|[t]|[t]|[t]|[t]|[t]|[t]|[t]\n"
        "o1|9|s1|Marion|validated|Copepoda|||\no2|9|s1|Marion|predicted|Copepoda|||\n"
    )
    update(loaded, table, "Cla")

    job = update(loaded, table, "Cla")

    told = outcome(job)
    assert told["object"] == {"unchanged": 2}
    assert told["identification"] == {"unchanged": 2}
    assert len(loaded.find("SELECT 1 FROM history")) == 2
    assert len(loaded.find("SELECT 1 FROM predictions")) == 1


def test_an_update_asks_for_names_and_goes_on_when_answered(loaded: Lab) -> None:
    asked = update(loaded, f"object_id|{STATUS}\n[t]|[t]|[t]\no1|validated|sea monster\n", "Cla")

    job = loaded.answer(asked, {"taxa": {"sea monster": DETRITUS}, "users": {}})

    assert (asked.state, job.state) == ("A", "F")
    assert loaded.objects()[0]["taxon_id"] == DETRITUS


def test_objects_identified_meanwhile_are_compared_again(
    loaded: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = flow.telling.tell_what_was_read
    seen: list[int] = []

    def tell_while_somebody_sorts(*about: Any) -> None:
        if not seen:
            loaded.find(
                "UPDATE objects SET state = 'V', taxon_id = 20, annotator_id = %(a)s, "
                "identified_at = now(), version = 999 WHERE object_id %% 10 = 1 RETURNING 1",
                a=loaded.owner.user_id,
            )
        seen.append(1)
        tell(*about)

    monkeypatch.setattr(flow.telling, "tell_what_was_read", tell_while_somebody_sorts)

    job = update(loaded, f"object_id|{STATUS}\n[t]|[t]|[t]\no1|validated|Copepoda\n", "Cla")

    assert (job.state, len(seen)) == ("F", 2)
    assert loaded.one("SELECT taxon_id, state FROM history") == {"taxon_id": 20, "state": "V"}
    assert loaded.objects()[0]["taxon_id"] == COPEPODA


def log_of(lab: Lab, job: Job) -> str:
    """What a job said."""
    return (lab.settings.data / "jobs" / str(job.job_id) / "log.txt").read_text()


def test_a_table_without_its_types_loses_no_first_row(loaded: Lab) -> None:
    job = update(loaded, "object_id|object_area\no1|7.5\no2|8.5\n")

    assert job.state == "F"
    assert [o["numbers"] for o in loaded.objects()] == [[7.5], [8.5]]
