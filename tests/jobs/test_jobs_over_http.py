"""Jobs as EcoTaxa's clients ask for them."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

import given
import job_kinds
from calanus.jobs import routes, service
from calanus.jobs.run import JobKind, enqueue
from calanus.kit.db import connect, execute, pool
from calanus.kit.errors import CalanusError
from calanus.kit.ids import JobId
from calanus.users.types import User
from job_kinds import Much, Nothing, Upto
from job_world import World, world_of_a_test

world = pytest.fixture(world_of_a_test)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    """The routes of jobs alone, for the owner of the jobs."""
    app = FastAPI()
    app.include_router(routes.router)

    @app.exception_handler(CalanusError)
    def answer(_: Request, error: CalanusError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, error.status)

    assert answer
    with pool(world.url) as connections:
        app.state.pool = connections
        app.state.settings = world.settings
        app.state.secret_key = given.KEY
        yield TestClient(app, headers=given.headers(world.owner))


def done(world: World, kind: JobKind[Upto], order: Upto) -> JobId:
    """A job that ran."""
    job_id = world.ask_for(kind, order)
    world.run(job_id)
    return job_id


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"project_id": 7, "source_path": "tow"}, {"req": {"source_path": "tow"}}),
        (
            {"filters": {"taxo": "1"}, "request": {"project_id": 7}},
            {"req": {"project_id": 7}, "filters": {"taxo": "1"}},
        ),
    ],
    ids=["an import", "an export"],
)
def test_only_what_asks_for_a_project_itself_says_so(
    client: TestClient, world: World, wanted: dict[str, Any], told: dict[str, Any]
) -> None:
    job_id = world.ask_for(job_kinds.count, Upto(count=2))
    with connect(world.url) as conn:
        sql = "UPDATE jobs SET wanted = %(wanted)s, project_id = NULL WHERE job_id = %(job_id)s"
        execute(conn, sql, wanted=Jsonb(wanted), job_id=job_id)

    said = client.get(f"/jobs/{job_id}/").json()

    assert said["params"] == {"prj_id": None, **told}


def test_a_job_is_read_in_ecotaxas_words(client: TestClient, world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto(count=2))

    said = client.get(f"/jobs/{job_id}/").json()

    assert said == client.get(f"/jobs/{job_id}").json()
    assert said.pop("creation_date") == said.pop("updated_on")
    assert said == {
        "id": job_id,
        "owner_id": world.owner.user_id,
        "type": "Count",
        "params": {"prj_id": None, "req": {"count": 2, "gate": None}},
        "state": "P",
        "step": None,
        "progress_pct": None,
        "progress_msg": "Waiting for a slot",
        "errors": [],
        "question": {},
        "reply": {},
        "inside": {},
        "result": {},
    }


def test_times_have_no_zone(client: TestClient, world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())

    when = client.get(f"/jobs/{job_id}/").json()["creation_date"]

    assert len(when) == len("2026-11-23T11:24:50.220056")


def test_lists_filter_by_type_and_state(client: TestClient, world: World) -> None:
    first = done(world, job_kinds.count, Upto(count=1))
    second = world.ask_for(job_kinds.ask, Nothing())

    def listed(**wanted: str) -> list[int]:
        return [job["id"] for job in client.get("/jobs/", params=wanted).json()]

    assert listed() == [second, first]
    assert listed(job_type="Count") == [first]
    assert listed(job_status="P") == [second]
    assert client.get("/jobs", params={"job_status": "Z"}).status_code == 422
    assert client.get("/jobs/", params={"for_admin": True}).status_code == 403


def test_a_head_sees_everybodys(client: TestClient, world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        head = given.headers(given.application_manager(conn))

    assert client.get("/jobs/", headers=head).json() == []
    listed = client.get("/jobs/", params={"for_admin": True}, headers=head).json()
    assert [job["id"] for job in listed] == [job_id]


def test_a_stranger_is_refused_and_an_unknown_job_is_not_there(
    client: TestClient, world: World
) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        stranger: User = given.user(conn, name="Basil")

    assert client.get(f"/jobs/{job_id}/", headers=given.headers(stranger)).status_code == 403
    assert client.get(f"/jobs/{job_id + 1}/").status_code == 404


def test_a_question_is_answered(client: TestClient, world: World) -> None:
    job_id = world.ask_for(job_kinds.ask, Nothing())
    world.run(job_id)
    assert client.get(f"/jobs/{job_id}/").json()["question"] == {"users": ["Amanda"]}

    answered = client.post(f"/jobs/{job_id}/answer", json={"users": {"Amanda": 7}})

    assert (answered.status_code, answered.json()) == (200, None)
    said = client.get(f"/jobs/{job_id}/").json()
    assert (said["state"], said["progress_msg"]) == ("P", "Proceeding")
    assert said["reply"] == {"users": {"Amanda": 7}}


def test_an_answer_may_be_empty_and_may_come_too_late(client: TestClient, world: World) -> None:
    job_id = done(world, job_kinds.count, Upto())

    assert client.post(f"/jobs/{job_id}/answer").json() is None
    assert client.get(f"/jobs/{job_id}/restart").json() is None

    assert client.get(f"/jobs/{job_id}/").json()["state"] == "F"


def test_the_log_is_text(client: TestClient, world: World) -> None:
    waiting = world.ask_for(job_kinds.count, Upto(count=1))
    assert client.get(f"/jobs/{waiting}/log").status_code == 404
    world.run(waiting)

    log = client.get(f"/jobs/{waiting}/log")

    assert log.headers["content-type"].startswith("text/plain")
    assert "Counted." in log.text


def test_the_produced_file_comes_whole_or_from_a_byte_on(client: TestClient, world: World) -> None:
    job_id = done(world, job_kinds.count, Upto())
    assert client.get(f"/jobs/{job_id}/file").status_code == 404
    folder = service.folder_of(world.settings, job_id)
    (folder / "export__TSV_12.zip").write_bytes(b"0123456789")
    with connect(world.url) as conn:
        conn.execute("""UPDATE jobs SET result = '{"out_file": "export__TSV_12.zip"}'""")

    whole = client.get(f"/jobs/{job_id}/file")
    assert whole.content == b"0123456789"
    assert 'filename="export__TSV_12.zip"' in whole.headers["content-disposition"]
    assert whole.headers["content-length"] == "10"
    assert whole.headers["accept-ranges"] == "bytes"
    told = client.head(f"/jobs/{job_id}/file")
    assert (told.content, told.headers["content-length"]) == (b"", "10")

    def part(asked: str) -> tuple[int, bytes]:
        answer = client.get(f"/jobs/{job_id}/file", headers={"Range": asked})
        return answer.status_code, answer.content

    assert part("bytes=4-") == (206, b"456789")
    assert part("bytes=-2") == (206, b"89")
    assert part("bytes=10-") == (416, b""), "there is no such part"
    for asked in ("bytes=9-2", "bytes=", "bytes=-", "objects=1-2", "all of it"):
        assert part(asked) == (200, b"0123456789"), "what is no range is passed over (RFC 9110)"


def test_no_file_outside_the_jobs_folder_is_given(client: TestClient, world: World) -> None:
    job_id = done(world, job_kinds.count, Upto())
    (world.settings.data / "secret_key").write_text("secret")
    with connect(world.url) as conn:
        conn.execute("""UPDATE jobs SET result = '{"out_file": "../../secret_key"}'""")

    assert client.get(f"/jobs/{job_id}/file").status_code == 404


def test_deleting_stops_a_waiting_job_and_archives_an_ended_one(
    client: TestClient, world: World
) -> None:
    with connect(world.url) as conn:
        job_id = enqueue(conn, job_kinds.fail, Much(errors=1), owner=world.owner.user_id)

    assert client.delete(f"/jobs/{job_id}").json() is None
    said = client.get(f"/jobs/{job_id}/").json()
    assert (said["state"], said["progress_msg"]) == ("E", "Killed")

    client.delete(f"/jobs/{job_id}")
    assert client.get(f"/jobs/{job_id}/").status_code == 404
    assert client.get(f"/jobs/-{job_id}/").json()["id"] == -job_id
