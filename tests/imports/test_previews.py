"""A dry run tells what an import would do, and writes nothing."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.jobs.types import Job
from given import COPEPODA, DETRITUS
from lab import HEADERS, Lab, png, zipped

NAMED = (
    "object_id|img_file_name|object_annotation_status|object_annotation_category\n[t]|[t]|[t]|[t]\n"
)


def foreseen(job: Job) -> dict[str, Any]:
    """What a job would do."""
    assert job.result, job.errors
    assert job.result["dry_run"]
    return job.result["outcome"]


def test_what_would_be_made_is_counted_and_nothing_is_made(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_area|sample_id|sample_ship|acq_id\n"
        "[t]|[t]|[f]|[t]|[t]|[t]\no1|a.png|1|s1|Tara|a1\no2|a.png|1|s1|Tara|a2\no2|b.png||s1||a2\n",
        a=None,
        b=None,
    )

    job = lab.load(dry_run=True)

    told = foreseen(job)
    assert (job.state, told["rows"], told["tables"]) == ("F", 3, ["ecotaxa_a.tsv"])
    assert {level: fate["created"] for level, fate in told["levels"].items()} == {
        "object": 2,
        "sample": 1,
        "acquisition": 2,
        "process": 2,
        "image": 3,
    }
    assert told["new_columns"] == ["object_area (numbers)", "sample_ship (texts)"]
    assert (lab.objects(), lab.bytes_in_vault()) == ([], 0)
    assert lab.one("SELECT object_columns AS o, loaded_files AS f FROM projects") == {
        "o": {},
        "f": [],
    }


def test_unknown_names_are_told_rather_than_asked(lab: Lab) -> None:
    lab.package(f"{NAMED}o1|a.png|validated|Sea Monster\n", a=None)

    job = lab.load(dry_run=True)

    assert job.state == "F"
    assert foreseen(job)["question"]["missing_taxa"] == ["sea monster"]


def test_problems_are_told_beside_what_would_be_made(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|a.png\no2|none.png\no3|cut.png\n", a=None, cut=png(64, 64)[:60])

    job = lab.load(dry_run=True)

    assert job.state == "E"
    assert foreseen(job)["problems"] == {"E14": 1, "E15": 1}
    assert len(job.errors) == 2


def test_an_update_is_foreseen_with_what_it_erases(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_area\n[t]|[t]|[f]\no1|a.png|5\no2|a.png|6\n", a=None
    )
    lab.load()
    before = lab.objects()
    lab.package("object_id|object_area|object_mean\n[t]|[f]|[f]\no1||1\no2|6|\no3|1|\n")

    told = foreseen(lab.load(update_mode="Yes", dry_run=True))

    assert told["levels"]["object"] == {
        "changed": 1,
        "unchanged": 1,
        "unknown": 1,
        "first_unknown": ["o3"],
    }
    assert told["erased"]["columns"] == {"object_area": 1}
    assert told["erased"]["examples"][0]["value"] == "5"
    assert told["new_columns"] == ["object_mean (numbers)"]
    assert lab.objects() == before


def test_a_dry_run_is_asked_for_over_http_and_keeps_the_upload(lab: Lab, web: TestClient) -> None:
    web.headers.update(given.headers(lab.owner))
    packed = zipped(lab.package(f"{NAMED}o1|a.png|validated|Sea Monster\n", a=None))
    web.post("/user_files/", files={"file": ("cruise.zip", packed.read_bytes())})
    order: dict[str, Any] = {"source_path": "cruise.zip", "dry_run": True}

    tried = lab.run(web.post(f"/file_import/{lab.project_id}", json=order).json()["job_id"])
    order |= {"dry_run": False, "answers": {"taxa": {"Sea Monster": "copepoda"}}}
    done = lab.run(web.post(f"/file_import/{lab.project_id}", json=order).json()["job_id"])

    assert (tried.state, done.state) == ("F", "F")
    assert lab.objects()[0]["taxon_id"] == COPEPODA


def test_all_errors_are_downloaded_over_http(lab: Lab, web: TestClient) -> None:
    web.headers.update(given.headers(lab.owner))
    lab.package(f"{HEADERS}o1|none.png\n")
    job = lab.load()
    fine = lab.load(lab.package(f"{HEADERS}o1|a.png\n", a=None))

    answer = web.get(f"/jobs/{job.job_id}/errors")

    assert answer.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert answer.text.splitlines()[1].startswith("E14\tecotaxa_a.tsv\t3\timg_file_name\tnone.png")
    assert web.get(f"/jobs/{fine.job_id}/errors").status_code == 404


# --- Answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [DETRITUS, str(DETRITUS), "detritus", " Detritus "])
def test_a_taxon_is_answered_by_its_id_or_its_name(lab: Lab, answer: int | str) -> None:
    lab.package(f"{NAMED}o1|a.png|validated|Sea Monster\n", a=None)

    job = lab.answer(lab.load(), {"taxa": {"sea monster": answer}, "users": {}})

    assert (job.state, lab.objects()[0]["taxon_id"]) == ("F", DETRITUS)


def test_a_person_is_answered_by_their_address(lab: Lab) -> None:
    bob = lab.person("Robert", "bob@lab.org")
    person = "object_annotation_category|object_annotation_person_name"
    lab.package(
        NAMED.replace("object_annotation_category", person).replace("[t]\n", "[t]|[t]\n")
        + "o1|a.png|validated|Copepoda|B. Who\n",
        a=None,
    )

    job = lab.answer(lab.load(), {"users": {"b. who": "BOB@lab.org"}})

    assert (job.state, lab.objects()[0]["annotator_id"]) == ("F", bob)


@pytest.mark.parametrize(
    "reply", [{}, {"taxa": []}, {"taxa": {"sea monster": None}}, {"taxa": {"sea monster": [1]}}]
)
def test_what_is_no_answer_leaves_the_question_open(lab: Lab, reply: dict[str, Any]) -> None:
    lab.package(f"{NAMED}o1|a.png|validated|Sea Monster\n", a=None)

    again = lab.answer(lab.load(), reply)

    assert (again.state, again.errors) == ("A", [])


def test_an_answer_is_proposed_when_the_name_comes_again(lab: Lab) -> None:
    lab.package(f"{NAMED}o1|a.png|validated|Sea Monster\n", a=None)
    lab.answer(lab.load(), {"taxa": {"sea monster": DETRITUS}, "users": {}})
    lab.package(f"{NAMED}o2|a.png|validated|sea MONSTER\n", a=None)

    again = lab.load()

    assert again.state == "A"
    assert again.clues["proposed"] == {"taxa": {"sea monster": DETRITUS}}


def test_several_taxa_of_one_name_are_a_question_that_lists_them(lab: Lab) -> None:
    sql = """
        INSERT INTO taxa (taxon_id, parent_id, name, display_name, type, lineage, folded)
        VALUES (40, 10, 'egg', 'egg<Copepoda', 'M', '{1,10,40}', 'egg<copepoda'),
               (41, 20, 'egg', 'egg<detritus', 'M', '{20,41}', 'egg<detritus') RETURNING 1
    """
    lab.find(sql)
    lab.package(
        f"{NAMED}o1|a.png|validated|egg<Copepoda\no2|a.png|validated|Egg (Detritus)\n"
        "o3|a.png|validated|egg\n",
        a=None,
    )

    asked = lab.load()
    job = lab.answer(asked, {"taxa": {"egg": 41}})

    assert asked.asked["missing_taxa"] == ["egg"]
    assert asked.clues["several"] == {"egg": [40, 41]}
    assert [o["taxon_id"] for o in lab.objects()] == [40, 41, 41]
    assert job.state == "F"


@pytest.mark.parametrize("target", ["Copepoda", str(int(COPEPODA))])
def test_mappings_name_taxa_or_their_ids_and_need_not_be_used(lab: Lab, target: str) -> None:
    lab.package(f"{NAMED}o1|a.png|validated|Sea Monster\n", a=None)

    lab.load(taxo_mappings={"SEA monster": target, "nowhere in the table": "Calanoida"})

    assert lab.objects()[0]["taxon_id"] == COPEPODA


def test_the_log_says_what_was_found_decided_and_made(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|sample_id|object_annotation_status|object_annotation_category\n"
        "[t]|[t]|[t]|[t]|[t]\no1|a.png|s1|validated|copepoda\no2|a.png|s1|validated|Monster\n",
        a=None,
    )
    job = lab.answer(lab.load(), {"taxa": {"monster": DETRITUS}, "users": {}})
    lab.package(f"{HEADERS}o1|b.png\n", b=None)
    more = lab.load()

    def log(of: Job) -> str:
        return (lab.settings.data / "jobs" / str(of.job_id) / "log.txt").read_text()

    p = lab.project_id
    for told in (
        "Read 1 table(s) with 2 row(s): ecotaxa_a.tsv",
        f"Taxon “copepoda” (1 row(s)) is Copepoda [{COPEPODA}], by its name",
        f"Taxon “monster” (1 row(s)) is detritus [{DETRITUS}], as answered",
        f"++ ID {p * 10**6 + 1}: sample s1",
        "Batch save objects: 2",
    ):
        assert told in log(job)
    assert ":ERROR" not in log(job)
    assert f"One more image for object {p * 10**8 + 1}: b.png" in log(more)
