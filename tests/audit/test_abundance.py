"""Abundance of taxa per sample over HTTP: counts, estimates, and what is said of them."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import given
from calanus.annotation import service as annotation
from calanus.annotation.types import Guesses, Operation
from calanus.kit.db import Connection, execute
from calanus.kit.ids import ObjectId
from calanus.projects.types import Project
from calanus.users.types import User
from given import COPEPODA, DETRITUS, NOON


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


def predict(conn: Connection, project: Project, ids: list[ObjectId], sure: float, by: User) -> None:
    """Copepods at this score, detritus at what is left but 0.1."""
    taxa = np.tile(np.array([COPEPODA, DETRITUS], np.int32), (len(ids), 1))
    scores = np.tile([sure, 0.9 - sure], (len(ids), 1))
    guesses = Guesses(np.array(ids, np.int64), taxa, scores)
    with conn.transaction():
        under = annotation.begin(conn, project.project_id, Operation.PREDICT, by=by, at=NOON)
        annotation.record_guesses(conn, project.project_id, guesses, under=under)
        annotation.close(conn, under, objects=len(ids), record={})


def table(web: TestClient, project: Project, by: User, **query: Any) -> dict[str, Any]:
    where = f"/projects/{project.project_id}/abundances"
    answer = web.get(where, params=query, headers=given.headers(by))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_scores_are_counted_beside_what_is_counted(
    web: TestClient, shore: Connection, head: User
) -> None:
    project = given.project(shore)
    ids = given.objects(shore, project, 100)
    predict(shore, project, ids, 0.7, head)
    body = {"target_ids": ids[:20], "classifications": [COPEPODA] * 20, "wanted_qualification": "V"}
    web.post("/object_set/classify", json=body, headers=given.headers(head))

    told = table(web, project, head, draws=400, seed=3)

    lines = {row["taxon_id"]: row for row in told["rows"]}
    copepods = lines[COPEPODA]
    assert (copepods["validated"], copepods["validated_and_predicted"]) == (20, 100)
    assert copepods["estimate"] == pytest.approx(20 + 80 * 0.7)
    assert copepods["estimate_low"] == pytest.approx(76 - 1.96 * 4.1, abs=2)
    assert copepods["estimate_high"] == pytest.approx(76 + 1.96 * 4.1, abs=2)
    assert lines[DETRITUS]["estimate"] == pytest.approx(80 * 0.2)
    assert lines[DETRITUS]["validated_and_predicted"] == 0
    assert lines[0]["estimate"] == pytest.approx(80 * 0.1)
    assert sum(row["estimate"] for row in told["rows"]) == pytest.approx(100)
    assert (copepods["adjusted_estimate"], told["adjusted_by"]) == (None, None)
    assert table(web, project, head, draws=400, seed=3) == told


def test_the_bias_an_audit_saw_is_in_a_column_of_its_own(
    web: TestClient, shore: Connection, head: User
) -> None:
    project = given.project(shore)
    given.objects(shore, project, 70, taxon=COPEPODA, state="P")
    given.objects(shore, project, 230, taxon=DETRITUS, state="P")
    execute(shore, "UPDATE objects SET sample_id = %(s)s", s=project.project_id * 1_000_000 + 1)
    sql = "INSERT INTO audits VALUES (%(p)s, %(at)s, 200, %(confusion)s::jsonb)"
    seen = [[COPEPODA, COPEPODA, 70], [COPEPODA, DETRITUS, 30], [DETRITUS, DETRITUS, 100]]
    execute(shore, sql, p=project.project_id, at=NOON, confusion=str(seen))

    told = table(web, project, head)

    lines = {row["taxon_id"]: row for row in told["rows"]}
    assert lines[COPEPODA]["validated_and_predicted"] == 70
    assert lines[COPEPODA]["adjusted_estimate"] == pytest.approx(100, abs=3)
    assert lines[COPEPODA]["adjusted_low"] < 100 < lines[COPEPODA]["adjusted_high"]
    assert lines[DETRITUS]["adjusted_estimate"] == pytest.approx(200, abs=3)
    assert told["adjusted_by"] is not None


def test_a_file_says_the_same_and_hides_no_formula(
    web: TestClient, shore: Connection, head: User
) -> None:
    project = given.project(shore)
    given.objects(shore, project, 3, taxon=COPEPODA, state="V")
    execute(shore, "UPDATE samples SET orig_id = '=1+1'")

    answer = web.get(f"/projects/{project.project_id}/abundances.csv", headers=given.headers(head))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    [line] = csv.DictReader(io.StringIO(answer.text))
    assert line["sample"] == "'=1+1"
    assert (line["validated"], line["estimate"], line["adjusted_estimate"]) == ("3", "3.0", "")


def test_nothing_some_samples_and_no_score(web: TestClient, shore: Connection, head: User) -> None:
    project = given.project(shore)
    assert table(web, project, head)["rows"] == []
    given.objects(shore, project, 2, taxon=COPEPODA, state="P")
    given.objects(shore, project, 3, taxon=COPEPODA, state="P", scores=[1.0, 1.0, 1.0])
    execute(shore, "UPDATE objects SET score = NULL WHERE score = 1")
    second = project.project_id * 1_000_000 + 2

    told = table(web, project, head, samples=str(second))

    assert [row["sample_id"] for row in told["rows"]] == [second]
    assert told["without_score"] == 3
    assert told["rows"][0]["estimate"] == 3
    assert table(web, project, head, samples="99")["rows"] == []


@pytest.mark.parametrize("query", ["samples=abc", "draws=9", "draws=2000", "seed=-1", "draws=many"])
def test_draws_that_make_no_sense_are_refused(
    web: TestClient, shore: Connection, head: User, query: str
) -> None:
    project = given.project(shore)

    answer = web.get(
        f"/projects/{project.project_id}/abundances?{query}", headers=given.headers(head)
    )

    assert answer.status_code == 422
