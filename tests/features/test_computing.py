"""Deep features without a prediction: what somebody looks at first, once, and told on the way."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.features.jobs import ask, compute_features
from calanus.features.types import FeaturesOrder, FeaturesReq
from calanus.jobs import service as jobs
from calanus.jobs.run import Run, enqueue
from calanus.jobs.types import JobState
from calanus.kit.db import Connection, fetch_value, fetch_values
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.types import User

pytestmark = given.vaults_close_late
WITH_FEATURES = "SELECT object_id FROM features ORDER BY object_id"


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


@pytest.fixture
def tara(shore: Connection, settings: Settings, head: User) -> Project:
    """Sixteen objects with images; copepods first, then detritus."""
    return cruise.taught(shore, settings, by=head)


def ids_of(conn: Connection) -> list[int]:
    return fetch_values(conn, "SELECT object_id FROM objects ORDER BY object_id")


def test_what_is_looked_at_comes_first_and_is_kept_when_the_rest_is_stopped(
    shore: Connection,
    clone: str,
    settings: Settings,
    head: User,
    tara: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = [*ids_of(shore)[-3:], 999]  # the last number is no object of the project
    order = FeaturesOrder(project_id=tara.project_id, first=seen)
    job_id = enqueue(shore, compute_features, order, owner=head.user_id)
    keep = Run.keep

    def stopped(run: Run, **kept: Any) -> None:
        keep(run, **kept)
        if fetch_value(run.conn, "SELECT count(*) FROM features") == 3:
            raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "keep", stopped)
        assert jobs.run_here(settings, clone, job_id).state == JobState.ERROR
    assert fetch_values(shore, WITH_FEATURES) == seen[:3]

    again = enqueue(shore, compute_features, order, owner=head.user_id)
    done = jobs.run_here(settings, clone, again)

    assert (done.state, done.result) == (JobState.FINISHED, {"rowcount": 13})
    assert fetch_values(shore, WITH_FEATURES) == ids_of(shore)


def test_one_job_a_project_computes(shore: Connection, head: User, tara: Project) -> None:
    other = given.project(shore)

    first = ask(shore, tara, FeaturesReq(), by=head)

    assert ask(shore, tara, FeaturesReq(first=[1]), by=head) == first
    assert ask(shore, other, FeaturesReq(), by=head) != first


def test_look_alikes_are_found_among_those_that_have_features(
    web: TestClient, shore: Connection, clone: str, settings: Settings, head: User, tara: Project
) -> None:
    web.headers.update(given.headers(head))
    ids = ids_of(shore)
    seed = ids[0]
    assert web.get(f"/objects/{seed}/alike").json()["missing"] == 16

    job_id = web.post(f"/projects/{tara.project_id}/features", json={"first": ids[:1]}).json()
    assert jobs.run_here(settings, clone, job_id["job_id"]).errors == []
    new = given.objects(shore, tara, 2)
    images: dict[int, bytes] = {o: cruise.drawing(given.COPEPODA, o) for o in new}
    cruise.illustrate(shore, settings, tara, images)

    found = web.get(f"/objects/{seed}/alike?size=7").json()
    assert (found["message"], found["missing"]) == ("Success", 2)
    assert set(found["columns"]["object_ids"]) == set(ids[1:8]), "copepods look like copepods"
    assert found["scores"] == sorted(found["scores"], reverse=True)
    without = web.get(f"/objects/{new[0]}/alike").json()
    assert without["message"].startswith("Some or all features are missing")
    assert (without["columns"]["object_ids"], without["missing"]) == ([], 2)
    theirs = web.post(f"/object_set/{tara.project_id}/similarity_search/{seed}", json={}).json()
    assert theirs["neighbor_ids"] == [], "EcoTaxa compares all or none"


def test_without_images_there_is_nothing_to_compute(
    web: TestClient, shore: Connection, settings: Settings, head: User
) -> None:
    web.headers.update(given.headers(head))
    cruise.taught(shore, settings, by=head, images=False)

    found = web.get(f"/objects/{ids_of(shore)[0]}/alike").json()

    assert (found["missing"], found["columns"]["object_ids"]) == (0, [])


def test_too_many_at_once_and_no_right_are_refused(
    web: TestClient, shore: Connection, tara: Project
) -> None:
    path = f"/projects/{tara.project_id}/features"
    assert web.post(path, json={}).status_code == 403
    web.headers.update(given.headers(given.user(shore)))
    assert web.post(path, json={}).status_code == 403
    web.headers.update(given.headers(given.application_manager(shore)))
    assert web.post(path, json={"first": list(range(1001))}).status_code == 422
    assert projects.totals(shore, [tara.project_id])[tara.project_id].objects == 16


def test_an_image_that_cannot_be_read_is_told_and_asked_for_again(
    shore: Connection, clone: str, settings: Settings, head: User, tara: Project
) -> None:
    [torn] = given.objects(shore, tara, 1)
    cruise.illustrate(shore, settings, tara, {torn: b"no image"})
    job_id = ask(shore, tara, FeaturesReq(), by=head)

    job = jobs.run_here(settings, clone, job_id)

    assert job.result == {
        "rowcount": 16,
        "infos": [f"1 objects have no readable image: {torn}."],
    }
    assert np.isin(torn, fetch_values(shore, WITH_FEATURES)).item() is False
