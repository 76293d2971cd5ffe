"""An import asks who and what names mean, waits, may be repeated, and survives being killed."""

import multiprocessing
import signal
import time
from pathlib import Path

import pytest
from import_processes import MOMENTS, import_here, import_until_killed

import given
from calanus.annotation.service import list_batches
from calanus.files.vault import PackWriter, Vault, remove_orphans
from calanus.imports.jobs import import_package
from calanus.imports.types import Answers
from calanus.kit.db import connect
from calanus.objects.service import recount
from calanus.projects import service as projects
from given import COPEPODA, DETRITUS
from lab import HEADERS, Lab, png, zipped

IDENTIFIED = (
    "object_id|img_file_name|object_annotation_status|object_annotation_category|"
    "object_annotation_person_name\n[t]|[t]|[t]|[t]|[t]\n"
)
STRANGE = (
    f"{IDENTIFIED}o1|a.png|validated|Copepoda|Ann Otator\no2|b.png|validated|Sea Monster|Bob Who\n"
    "o3|a.png|predicted|sea monster|\n"
)


def test_names_nobody_knows_are_a_question_with_their_places(lab: Lab) -> None:
    lab.package(STRANGE, a=None, b=None)

    job = lab.load()

    assert (job.state, lab.objects(), lab.bytes_in_vault()) == ("A", [], 0)
    assert job.asked == {
        "missing_users": ["ann otator", "bob who"],
        "missing_taxa": ["sea monster"],
    }
    assert job.clues == {
        "where": {
            "ann otator": ["ecotaxa_a.tsv, line 3"],
            "bob who": ["ecotaxa_a.tsv, line 4"],
            "sea monster": ["ecotaxa_a.tsv, line 4", "ecotaxa_a.tsv, line 5"],
        },
    }


def test_an_answer_lets_the_import_go_on(lab: Lab) -> None:
    ann, bob = lab.person("Ann", "ann@lab.org"), lab.person("Robert", "bob@lab.org")
    lab.package(STRANGE, a=None, b=None)
    asked = lab.load()

    job = lab.answer(
        asked, {"users": {"ann otator": ann, "bob who": bob}, "taxa": {"sea monster": DETRITUS}}
    )

    assert job.state == "F"
    assert [(o["taxon_id"], o["annotator_id"]) for o in lab.objects()] == [
        (COPEPODA, ann),
        (DETRITUS, bob),
        (DETRITUS, None),
    ]


def test_an_answer_that_leaves_something_open_is_asked_again(lab: Lab) -> None:
    ann = lab.person("Ann", "ann@lab.org")
    lab.package(STRANGE, a=None, b=None)
    asked = lab.load()

    again = lab.answer(
        asked, {"users": {"ann otator": ann, "bob who": 999}, "taxa": {"sea monster": 999}}
    )

    assert again.state == "A"
    assert again.question
    assert again.question["missing_users"] == ["bob who"]
    assert again.question["missing_taxa"] == ["sea monster"]
    same = lab.answer(again, {"users": {}, "taxa": {}})
    assert same.state == "A"
    done = lab.answer(same, {"users": {"bob who": ann}, "taxa": {"sea monster": DETRITUS}})
    assert done.state == "F"


def test_answers_given_beforehand_spare_the_question(lab: Lab) -> None:
    ann = lab.person("Ann", "ann@lab.org")
    lab.package(STRANGE, a=None, b=None)
    answers = Answers(
        users={"Ann Otator": ann, "Bob Who": ann}, taxa={"Sea Monster": int(DETRITUS)}
    )

    assert lab.load(answers=answers).state == "F"


def test_a_mapping_renames_taxa_before_they_are_looked_for(lab: Lab) -> None:
    lab.package(f"{IDENTIFIED}o1|a.png|validated|Sea Monster|\n", a=None)

    job = lab.load(taxo_mappings={"sea monster": "Copepoda"})

    assert (job.state, lab.objects()[0]["taxon_id"]) == ("F", COPEPODA)


def test_an_account_is_found_by_its_e_mail_in_any_case_before_its_name(lab: Lab) -> None:
    lab.person("Ann Otator", "other@lab.org")
    ann = lab.person("A. Otator", "Ann@Lab.org")
    lab.package(
        IDENTIFIED.replace("name\n[t]", "name|object_annotation_person_email\n[t]|[t]")
        + "o1|a.png|validated|Copepoda|Ann Otator|aNN@lab.ORG\n",
        a=None,
    )

    lab.load()

    assert lab.objects()[0]["annotator_id"] == ann


def test_unknown_taxa_are_told_by_line_when_there_are_errors_anyway(lab: Lab) -> None:
    lab.package(
        f"{IDENTIFIED}o1|a.png|validated|Sea Monster|\no2|none.png|validated|Sea Monster|\n", a=None
    )

    job = lab.load()

    assert job.state == "E"
    assert [error.split(": ")[0] for error in job.errors] == [
        "[base]/ecotaxa_a.tsv, line 3",
        "[base]/ecotaxa_a.tsv, line 4",
    ]


# --- Again ---------------------------------------------------------------------------------------


def test_a_package_loaded_before_is_refused_for_its_objects_alone(lab: Lab) -> None:
    """Its tables are right: a name that was a question then is none of its mistakes now."""
    text = f"{IDENTIFIED}o1|a.png|validated|Sea Monster|\no2|b.png|validated|Sea Monster|\n"
    lab.package(text, a=None, b=None)
    lab.answer(lab.load(), {"users": {}, "taxa": {"sea monster": DETRITUS}})

    job = lab.load()

    assert (job.state, len(job.errors)) == ("E", 2)
    assert all("is in the project already" in error for error in job.errors)


def test_the_same_package_twice_is_refused_line_by_line(lab: Lab) -> None:
    lab.rows("o1|a.png o2|b.png")
    lab.load()

    job = lab.load()

    assert [error.split(": ")[0] for error in job.errors] == [
        "[base]/ecotaxa_a.tsv, line 3",
        "[base]/ecotaxa_a.tsv, line 4",
    ]
    assert "is in the project already" in job.errors[0]


def test_existing_objects_are_skipped_when_asked_and_new_ones_loaded(lab: Lab) -> None:
    lab.rows("o1|a.png o2|b.png")
    lab.load()
    lab.rows("o1|a.png o2|b.png o3|c.png")

    job = lab.load(skip_existing_objects=True)

    assert job.state == "F"
    assert job.result
    assert "2 row(s) were in the project already." in job.result["infos"]
    assert [o["orig_id"] for o in lab.objects()] == ["o1", "o2", "o3"]
    assert len(lab.find("SELECT 1 FROM images")) == 3


def test_loaded_tables_are_skipped_when_asked(lab: Lab) -> None:
    lab.rows("o1|a.png")
    lab.load()
    lab.rows("o9|z.png", name="ecotaxa_b.tsv")

    job = lab.load(skip_loaded_files=True)
    again = lab.load(skip_loaded_files=True)

    assert [o["orig_id"] for o in lab.objects()] == ["o1", "o9"]
    assert job.state == "F"
    assert "all 2 table(s) were loaded before" in again.errors[0]
    assert lab.one("SELECT loaded_files AS f FROM projects")["f"] == [
        "ecotaxa_a.tsv",
        "ecotaxa_b.tsv",
    ]


def test_a_known_object_with_a_new_image_gets_one_image_more(lab: Lab) -> None:
    lab.rows("o1|a.png")
    lab.load()
    lab.rows("o1|b.png", name="ecotaxa_b.tsv")
    (lab.folder / "ecotaxa_a.tsv").unlink()

    lab.load()

    assert len(lab.objects()) == 1
    ranks = lab.find("SELECT orig_file_name AS n, rank FROM images ORDER BY rank")
    assert [(i["n"], i["rank"]) for i in ranks] == [("a.png", 0), ("b.png", 1)]


def test_a_second_import_continues_ids_parents_and_columns(lab: Lab) -> None:
    head = "object_id|img_file_name|sample_id|acq_id|object_area\n[t]|[t]|[t]|[t]|[f]\n"
    lab.package(f"{head}o1|a.png|s1|a1|5\n", a=None)
    lab.load()
    lab.package(
        "object_id|img_file_name|sample_id|acq_id|object_mean|object_area\n"
        "[t]|[t]|[t]|[t]|[f]|[t]\no2|a.png|s1|a1|7|6\no3|a.png|s1|a2|8|\n"
    )

    job = lab.load()

    assert job.result
    assert "New free columns in a project that had some already: mean." in job.result["infos"]
    assert [o["object_id"] % 10**8 for o in lab.objects()] == [1, 2, 3]
    assert lab.objects()[1]["numbers"] == [6.0, 7.0]
    assert len(lab.find("SELECT 1 FROM samples")) == 1
    assert len(lab.find("SELECT 1 FROM acquisitions")) == 2


def test_an_import_that_fails_tells_what_may_surprise_as_well(lab: Lab) -> None:
    lab.rows("o1|a.png")
    lab.load()
    lab.package(
        "object_id|img_file_name|object_lat|object_mean\n[t]|[t]|[f]|[f]\no2|b.png||x\n", b=None
    )

    job = lab.load()

    assert (job.state, len(job.errors)) == ("E", 1)
    assert job.result
    assert job.result["infos"] == ["1 object(s) have no latitude."]


def test_objects_without_parents_hang_under_dummies_that_are_found_again(lab: Lab) -> None:
    lab.rows("o1|a.png")
    lab.load()
    lab.rows("o2|b.png")

    lab.load()

    p = lab.project_id
    assert lab.one("SELECT orig_id FROM samples")["orig_id"] == f"__DUMMY_ID__{p}__"
    acquisition = lab.one("SELECT orig_id, sample_id FROM acquisitions")
    assert acquisition["orig_id"] == f"__DUMMY_ID__{acquisition['sample_id']}__"
    process = lab.one("SELECT orig_id, acquisition_id FROM processes")
    assert process["orig_id"] == f"__DUMMY_ID__{process['acquisition_id']}__"


# --- What stays ----------------------------------------------------------------------------------


def test_an_import_is_a_batch_and_its_counts_equal_a_recount(lab: Lab) -> None:
    lab.package(
        f"{IDENTIFIED}o1|a.png|validated|Copepoda|\no2|a.png|predicted|Copepoda|\n"
        "o3|a.png|||\no4|a.png|discarded|detritus|\n",
        a=None,
    )

    lab.load()

    with connect(lab.url) as conn:
        before = projects.tallies(conn, [lab.project_id])
        recount(conn, lab.project_id)
        assert projects.tallies(conn, [lab.project_id]) == before
        [batch] = list_batches(conn, lab.project_id)
    assert (batch.operation, batch.objects, batch.author_id) == ("import", 4, lab.owner.user_id)
    assert [(t.taxon_id, t.state) for t in before] == [
        (-1, "U"),
        (COPEPODA, "P"),
        (COPEPODA, "V"),
        (DETRITUS, "X"),
    ]


def test_a_failed_import_leaves_no_byte(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|a.png\no2|none.png\n", a=None)

    lab.load()

    assert lab.bytes_in_vault() == 0


def test_uploads_go_to_the_trash_once_they_are_loaded(lab: Lab) -> None:
    packed = zipped(lab.rows("o1|a.png"))
    (lab.own_files / "leg3").mkdir()
    (lab.own_files / "leg3/cruise.zip").write_bytes(packed.read_bytes())

    job = lab.run(lab.ask(source_path="leg3/cruise"))

    assert (job.state, job.errors) == ("F", [])
    assert [p.name for p in lab.own_files.rglob("*.zip")] == ["cruise.zip"]
    assert (lab.own_files / f"trash.{lab.owner.user_id}" / "cruise.zip").exists()


def test_a_person_s_package_lies_among_their_own_files_only(lab: Lab) -> None:
    job = lab.run(lab.ask(source_path="../../etc"))

    assert job.state == "E"
    assert "is not a path inside your files" in job.errors[0]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_import_killed_before_its_commit_starts_over_and_doubles_nothing(
    lab: Lab, moment: str
) -> None:
    lab.rows("o1|a.png o2|b.png")
    job_id = lab.ask(local_path=str(lab.folder))
    spawned = multiprocessing.get_context("spawn")
    victim = spawned.Process(
        target=import_until_killed, args=(lab.settings, lab.url, job_id, moment), daemon=True
    )
    victim.start()
    victim.join()
    nothing = lab.objects(), lab.find("SELECT 1 FROM samples"), lab.find("SELECT 1 FROM packs")

    job = lab.run(job_id)

    assert victim.exitcode == -signal.SIGKILL
    assert nothing == ([], [], [])
    assert (job.state, len(lab.objects())) == ("F", 2)
    [pack] = lab.find("SELECT path FROM packs")
    packs = lab.settings.data / "vault/packs"
    assert list(packs.glob("*/*.tar")) == [packs / pack["path"]]
    assert {file.name for file in (lab.settings.data / "jobs" / str(job_id)).iterdir()} <= {
        "log.txt"
    }
    with connect(lab.url) as conn:
        before = projects.tallies(conn, [lab.project_id])
        recount(conn, lab.project_id)
        assert projects.tallies(conn, [lab.project_id]) == before


def test_packs_that_nobody_names_or_writes_are_removed(lab: Lab) -> None:
    vault = Vault(lab.settings.data / "vault")
    lab.rows("o1|a.png")
    lab.load()
    kept = lab.bytes_in_vault()
    orphan = vault.packs / str(lab.project_id) / "job-99-0.tar"
    orphan.write_bytes(bytes(5000))

    with connect(lab.url) as conn, PackWriter(vault, lab.project_id, 7) as busy:
        busy.append("a.png", png())
        freed = remove_orphans(conn, vault)

    assert freed == 5000
    assert busy.file.exists()
    assert lab.bytes_in_vault() == kept + busy.bytes


def test_a_second_import_waits_for_the_first(lab: Lab) -> None:
    lab.rows("o1|a.png")
    job_id = lab.ask(local_path=str(lab.folder))
    spawned = multiprocessing.get_context("spawn")
    with connect(lab.url) as first:
        first.execute("SELECT pg_advisory_lock(hashtext('calanus import'), %s)", (lab.project_id,))
        second = spawned.Process(target=import_here, args=(lab.settings, lab.url, job_id))
        second.start()
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not first.execute(waiting).fetchall():
            first.rollback()
            time.sleep(0.02)
        assert lab.objects() == []
    second.join()

    assert len(lab.objects()) == 1


def test_who_may_not_import_is_told_so(lab: Lab) -> None:
    lab.rows("o1|a.png")
    with connect(lab.url) as conn:
        stranger = given.user(conn)
    lab.owner = stranger

    job = lab.load()

    assert job.state == "E"
    assert "no project" in job.errors[0] or "may not" in job.errors[0]


@pytest.mark.parametrize("big", [False, True])
def test_many_images_are_checked_by_processes(
    lab: Lab, big: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(import_package.function.__globals__, "SMALL", 1 if big else 1000)
    lab.rows(" ".join(f"o{n}|i{n}.png" for n in range(300)))

    job = lab.load(zipped(lab.folder))

    assert job.state == "F"
    images = lab.find("SELECT width, height, position FROM images ORDER BY image_id")
    assert {(i["width"], i["height"]) for i in images} == {(8, 6)}
    assert [i["position"] for i in images] == sorted(i["position"] for i in images)
