"""Second looks, from the job to the queue that one works through."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.audit.jobs import audit
from calanus.audit.types import AuditOrder
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection, execute, fetch_values
from calanus.kit.ids import ObjectId
from calanus.kit.settings import Settings
from calanus.projects.types import Project
from calanus.users.types import Privilege, User
from given import COPEPODA, DETRITUS

pytestmark = given.vaults_close_late


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


@pytest.fixture
def tara(shore: Connection, head: User) -> Project:
    """Three samples of copepods and detritus, each with both."""
    project = given.project(shore, title="Tara leg 3")
    cruise.measured(shore, project)
    for _ in range(3):
        for taxon, size in ((COPEPODA, 100.0), (DETRITUS, 3.0)):
            ids = given.objects(shore, project, 12, taxon=taxon, state="V", by=head)
            cruise.area(shore, ids, size)
    mixed(shore, project, 3)
    return given.refreshed(shore, project, head)


def mixed(conn: Connection, project: Project, samples: int) -> None:
    """Every sample has objects of every taxon."""
    sql = """
        UPDATE objects SET sample_id = %(p)s::bigint * 1000000 + 1 + object_id %% %(n)s
         WHERE project_id = %(p)s
    """
    execute(conn, sql, p=project.project_id, n=samples)


def objects_of(conn: Connection, project: Project) -> list[ObjectId]:
    sql = "SELECT object_id FROM objects WHERE project_id = %(p)s ORDER BY object_id"
    return fetch_values(conn, sql, p=project.project_id)


def mistaken(conn: Connection, project: Project) -> ObjectId:
    """The first copepod, called detritus by somebody tired."""
    wrong = objects_of(conn, project)[0]
    sql = "UPDATE objects SET taxon_id = %(t)s WHERE object_id = %(o)s"
    execute(conn, sql, t=DETRITUS, o=wrong)
    return wrong


Run = Callable[..., Job]


@pytest.fixture
def run(shore: Connection, clone: str, settings: Settings, head: User) -> Run:
    def run(project: Project, **wanted: Any) -> Job:
        order = AuditOrder(project_id=project.project_id, **wanted)
        job_id = enqueue(shore, audit, order, owner=head.user_id, project_id=project.project_id)
        return jobs.run_here(settings, clone, job_id)

    return run


def queue(web: TestClient, project: Project, by: User, kind: str = "doubt") -> list[int]:
    answer = web.post(
        f"/projects/{project.project_id}/view",
        json={"order_field": f"audit-{kind}"},
        headers=given.headers(by),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["columns"]["object_ids"]


def test_a_wrong_name_is_found_and_leaves_when_it_is_corrected(
    web: TestClient, shore: Connection, tara: Project, head: User, run: Run
) -> None:
    wrong = mistaken(shore, tara)

    job = run(tara, features=["fre.area"])

    assert (job.state, job.errors) == (JobState.FINISHED, [])
    told = web.get(f"/projects/{tara.project_id}/audit", headers=given.headers(head)).json()
    assert (told["examined"], told["by_sample"]) == (72, True)
    assert [(x["object_id"], x["suggested_id"]) for x in told["doubts"]] == [(wrong, COPEPODA)]
    assert queue(web, tara, head) == [wrong]

    body = {"target_ids": [wrong], "classifications": [COPEPODA], "wanted_qualification": "V"}
    web.post("/object_set/classify", json=body, headers=given.headers(head))

    assert queue(web, tara, head) == []


def test_what_is_confirmed_leaves_and_never_comes_back(
    web: TestClient, shore: Connection, tara: Project, head: User, run: Run
) -> None:
    wrong = mistaken(shore, tara)
    run(tara)
    confirm = f"/projects/{tara.project_id}/audit/confirm"

    told = [
        web.post(confirm, json={"object_ids": [wrong, 7]}, headers=given.headers(head)).json()
        for _ in range(2)
    ]

    assert told == [{"confirmed": 1}, {"confirmed": 0}]
    assert queue(web, tara, head) == []
    run(tara)
    assert queue(web, tara, head) == []
    back = f"/projects/{tara.project_id}/audit/unconfirm"
    web.post(back, json={"object_ids": [wrong]}, headers=given.headers(head))
    run(tara)
    assert queue(web, tara, head) == [wrong]


def test_the_queue_answers_to_filters_and_to_sense(
    web: TestClient, shore: Connection, tara: Project, head: User, run: Run
) -> None:
    wrong = mistaken(shore, tara)
    run(tara)
    headers = given.headers(head)

    def asked(order: str, filters: dict[str, str]) -> Any:
        body = {"order_field": order, "filters": filters}
        return web.post(f"/projects/{tara.project_id}/view", json=body, headers=headers)

    assert asked("audit-doubt", {"taxo": str(COPEPODA)}).json()["total"] == 0
    of_detritus = asked("audit-doubt", {"taxo": str(DETRITUS)}).json()
    assert of_detritus["columns"]["object_ids"] == [wrong]
    assert asked("audit-nonsense", {}).status_code == 422


def test_an_outlier_is_found(
    web: TestClient, shore: Connection, tara: Project, head: User, run: Run
) -> None:
    far = objects_of(shore, tara)[5]
    cruise.area(shore, [far], 100_000)

    run(tara, features=["fre.area"])

    assert queue(web, tara, head, "outlier")[0] == far


def test_images_alone_tell_it_too(
    web: TestClient, shore: Connection, settings: Settings, head: User, run: Run
) -> None:
    project = cruise.taught(shore, settings, by=head)
    mixed(shore, project, 2)
    wrong = mistaken(shore, project)
    execute(shore, "UPDATE object_values SET numbers = '{1,NaN}'")

    job = run(project, use_scn=True)

    assert (job.state, job.errors) == (JobState.FINISHED, [])
    assert queue(web, project, head) == [wrong]


def test_images_are_compared_where_there_are_some_unless_told_otherwise(
    web: TestClient, shore: Connection, settings: Settings, head: User
) -> None:
    shown = cruise.taught(shore, settings, by=head)
    blank = cruise.taught(shore, settings, by=head, images=False)

    def deep(project: Project, **told: Any) -> bool:
        path = f"/projects/{project.project_id}/audit"
        job = web.post(path, json=told, headers=given.headers(head)).json()["job_id"]
        wanted = web.get(f"/jobs/{job}", headers=given.headers(head)).json()["params"]["req"]
        return wanted["use_scn"]

    assert (deep(shown), deep(blank)) == (True, False)
    assert deep(shown, use_scn=False) is False


def test_a_taxon_of_one_sample_is_not_judged_and_said_to_be_so(
    web: TestClient, shore: Connection, settings: Settings, head: User, run: Run
) -> None:
    project = cruise.taught(shore, settings, by=head, images=False)

    job = run(project, features=["fre.area"])

    told = web.get(f"/projects/{project.project_id}/audit", headers=given.headers(head)).json()
    assert (told["examined"], told["not_judged"]) == (0, [COPEPODA, DETRITUS])
    assert job.result
    assert "2 taxa were not judged" in job.result["infos"][0]
    assert queue(web, project, head) == []


def test_too_little_to_compare_is_said_at_once(
    web: TestClient, shore: Connection, head: User
) -> None:
    empty = given.project(shore)
    cruise.measured(shore, empty)
    bare = given.project(shore)

    def told(project: Project) -> tuple[int, str]:
        where = f"/projects/{project.project_id}/audit"
        answer = web.post(where, json={}, headers=given.headers(head))
        return answer.status_code, answer.json()["detail"]

    assert told(empty)[0] == 422
    assert "two taxa" in told(empty)[1]
    assert told(bare)[0] == 422
    assert "measure the images" in told(bare)[1]


def test_who_may_look_may_not_see_the_queue(
    web: TestClient, shore: Connection, tara: Project, head: User, run: Run
) -> None:
    run(tara)
    viewer = given.user(shore)
    mine = given.project(shore, member=viewer, privilege=Privilege.VIEW)

    body = {"order_field": "audit-doubt"}
    headers = given.headers(viewer)
    answers = [
        web.post(f"/projects/{mine.project_id}/view", json=body, headers=headers),
        web.post(f"/projects/{tara.project_id}/view", json=body, headers=headers),
        web.post(f"/projects/{mine.project_id}/audit", json={}, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_what_was_confirmed_and_read_moves_with_a_merge_and_goes_with_a_project(
    web: TestClient, shore: Connection, tara: Project, head: User, run: Run
) -> None:
    wrong = mistaken(shore, tara)
    run(tara)
    headers = given.headers(head)
    where = f"/projects/{tara.project_id}"
    web.post(f"{where}/audit/confirm", json={"object_ids": [wrong]}, headers=headers)
    web.post(f"{where}/readings", json={"in_all": 3}, headers=headers)
    other = given.project(shore, member=head, privilege=Privilege.MANAGE, title="Whole cruise")
    cruise.measured(shore, other)
    given.objects(shore, other, 1, taxon=COPEPODA, state="V")
    into = f"/projects/{other.project_id}"

    source = {"source_project_id": tara.project_id, "dry_run": False}
    merged = web.post(f"{into}/merge", params=source, headers=headers)

    assert merged.status_code == 200, merged.text
    moved = "SELECT project_id FROM confirmations UNION SELECT project_id FROM second_readings"
    assert fetch_values(shore, moved) == [other.project_id]
    assert web.get(f"{into}/readings", headers=headers).json()[0]["objects"] == 3
    assert fetch_values(shore, "SELECT project_id FROM second_looks") == []

    web.delete(into, headers=headers)

    left = "SELECT 1 FROM confirmations UNION SELECT 1 FROM readings UNION SELECT 1 FROM audits"
    assert fetch_values(shore, left) == []
