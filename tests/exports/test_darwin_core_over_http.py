"""Darwin Core Archives as people ask for them: a dry run, then a job with its file."""

import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from archive_world import Bay, bay
from calanus.exports.darwin_core.jobs import export_darwin_core
from calanus.exports.darwin_core.types import DarwinCoreOrder
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import JobState
from calanus.kit.db import connect, execute
from calanus.kit.ids import JobId
from calanus.kit.settings import Settings

ADDRESS = "/collections/export/darwin_core"


@pytest.fixture
def sea(clone: str) -> Bay:
    with connect(clone) as conn:
        return bay(conn)


def ask(web: TestClient, sea: Bay, **asked: Any) -> Any:
    body: dict[str, Any] = {"collection_id": sea.collection_id, **asked}
    return web.post(ADDRESS, json=body, headers=given.headers(sea.marie))


def test_a_job_makes_the_file(web: TestClient, sea: Bay, clone: str, settings: Settings) -> None:
    answer = ask(web, sea).json()
    assert answer["errors"] == []

    job = jobs.run_here(settings, clone, JobId(answer["job_id"]))

    assert (job.state, job.kind) == (JobState.FINISHED, "DarwinCoreExport")
    assert job.result is not None
    assert job.result["out_file"] == "dwca.zip"
    assert job.result["collection_id"] == sea.collection_id
    assert job.result["taxonomy"] == {"1080": "Copepoda", "1100": "Calanoida"}
    assert any("net_mesh" in warning for warning in job.result["wrns"])
    file = web.get(f"/jobs/{job.job_id}/file", headers=given.headers(sea.marie))
    assert file.status_code == 200
    assert zipfile.is_zipfile(jobs.produced_file(job, settings))


def test_a_dry_run_says_all_and_starts_nothing(web: TestClient, sea: Bay, clone: str) -> None:
    with connect(clone) as conn:
        execute(conn, "UPDATE collections SET abstract = '', license = 'Copyright'")
        execute(conn, "UPDATE projects SET access = '0'")

    found = ask(web, sea, dry_run=True)

    assert found.status_code == 200
    assert found.json()["job_id"] == 0
    assert len(found.json()["errors"]) == 4
    assert web.get("/jobs/?for_admin=false", headers=given.headers(sea.marie)).json() == []


def test_a_collection_that_is_not_ready_starts_no_job(
    web: TestClient, sea: Bay, clone: str
) -> None:
    with connect(clone) as conn:
        execute(conn, "UPDATE collections SET abstract = ''")

    found = ask(web, sea).json()

    assert (found["job_id"], len(found["errors"])) == (0, 1)


def test_private_projects_are_refused(web: TestClient, sea: Bay, clone: str) -> None:
    with connect(clone) as conn:
        execute(conn, "UPDATE projects SET access = '0' WHERE title = 'Bay two'")

    answer = ask(web, sea)

    assert (answer.status_code, "Bay two" in answer.json()["detail"]) == (422, True)


def test_what_breaks_between_the_order_and_its_turn_is_said_by_the_job(
    sea: Bay, clone: str, settings: Settings
) -> None:
    with connect(clone) as conn:
        order = DarwinCoreOrder(request=sea.request())
        job_id = enqueue(conn, export_darwin_core, order, owner=sea.marie.user_id)
        execute(conn, "UPDATE collections SET abstract = ''")

    job = jobs.run_here(settings, clone, job_id)

    assert job.state == JobState.ERROR
    assert "abstract has 0 characters" in job.errors[0]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"with_computations": ["XYZ"]}, 422),
        ({"extra_xml": ["<purpose/>"] * 51}, 422),
        ({"collection_id": 999}, 404),
        ({"unknown": 1}, 200),
        ({"formulae": {}}, 200),
    ],
)
def test_orders_that_make_no_sense(
    web: TestClient, sea: Bay, asked: dict[str, Any], status: int
) -> None:
    assert ask(web, sea, **{"dry_run": True, **asked}).status_code == status


def test_recasts_go_with_their_collection(sea: Bay, web: TestClient, clone: str) -> None:
    address = f"/collections/{sea.collection_id}"
    assert web.delete(address, headers=given.headers(sea.marie)).status_code == 200
    with connect(clone) as conn:
        assert conn.execute("SELECT 1 FROM recasts").fetchall() == []
