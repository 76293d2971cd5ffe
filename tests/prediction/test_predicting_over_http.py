"""Predictions asked for over HTTP, by everybody."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.kit.db import Connection, fetch_value
from calanus.kit.settings import Settings
from calanus.projects.types import Project
from calanus.users.types import Privilege, User
from given import COPEPODA, DETRITUS


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


@pytest.fixture
def tara(shore: Connection, settings: Settings, head: User) -> Project:
    return cruise.taught(shore, settings, by=head, images=False)


def request(target: Project, *sources: Project, **more: Any) -> dict[str, Any]:
    return {
        "project_id": target.project_id,
        "source_project_ids": [source.project_id for source in sources],
        "features": ["fre.area", "fre.void", "obj.depth_min"],
        "categories": [COPEPODA, DETRITUS],
        "pre_mapping": {},
        **more,
    }


def test_asking_starts_a_job(
    web: TestClient, shore: Connection, settings: Settings, tara: Project, head: User
) -> None:
    polarstern, *_ = cruise.unsorted(shore, settings, by=head, images=False)
    body = {"filters": {}, "request": request(polarstern, tara)}

    answer = web.post("/object_set/predict", json=body, headers=given.headers(head))

    assert answer.status_code == 200
    assert answer.json() == {"errors": [], "warnings": [], "job_id": answer.json()["job_id"]}
    sql = "SELECT kind FROM jobs WHERE job_id = %(j)s"
    assert fetch_value(shore, sql, j=answer.json()["job_id"]) == "Prediction"


def test_an_annotator_may_not_predict_and_a_source_must_be_visible(
    web: TestClient, shore: Connection, tara: Project
) -> None:
    amanda = given.user(shore)
    hers = given.project(shore, member=amanda, privilege=Privilege.MANAGE, title="Hers")
    cruise.measured(shore, hers)
    others = given.project(shore, member=amanda, title="Annotated")

    def status(body: dict[str, Any]) -> int:
        headers = given.headers(amanda)
        body = {"filters": {}, "request": body}
        return web.post("/object_set/predict", json=body, headers=headers).status_code

    assert status(request(others, hers)) == 403
    assert status(request(hers, tara)) == 403
    assert status(request(hers, hers)) == 200


def test_a_project_that_is_closed_to_prediction_says_so(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    closed = given.project(shore, status="Annotate No Prediction")
    body = {"filters": {}, "request": request(closed, tara)}

    answer = web.post("/object_set/predict", json=body, headers=given.headers(head))

    assert answer.status_code == 403
    assert "Annotate No Prediction" in answer.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_project_ids": []},
        {"learning_limit": 0},
        {"classifier": "oracle"},
        {"features": []},
        {"risk": 0},
        {"risk": 51},
        {"risk": -1},
        {"risk": "some"},
        {"risk": "nan"},
        {"unlike": 0},
        {"unlike": 99},
    ],
)
def test_orders_that_make_no_sense_are_refused_at_once(
    web: TestClient, tara: Project, head: User, wrong: dict[str, Any]
) -> None:
    body = {"filters": {}, "request": request(tara, tara, **wrong)}

    answer = web.post("/object_set/predict", json=body, headers=given.headers(head))

    assert answer.status_code == 422


def test_a_learning_set_is_shown_before_anything_is_learnt(
    web: TestClient, tara: Project, head: User
) -> None:
    body = request(tara, tara, learning_limit=4, pre_mapping={DETRITUS: 1})

    answer = web.post(
        f"/projects/{tara.project_id}/learning_set", json=body, headers=given.headers(head)
    )

    copepods: dict[str, Any] = {"id": 10, "display_name": "Copepoda"}
    detritus: dict[str, Any] = {"id": 20, "display_name": "detritus"}
    told = ("filled", "least", "median", "most")
    spreads = [{name: one[name] for name in told} for one in answer.json()["features"]]
    assert answer.json() == {
        "objects": 8,
        "taxa": [
            copepods | {"found": 8, "used": 4, "learnt_as": 10, "lineage": []},
            detritus | {"found": 8, "used": 4, "learnt_as": 1, "lineage": []},
        ],
        "features": [
            {"name": "fre.area", "kept": True, "reason": ""} | spreads[0],
            {"name": "fre.void", "kept": False, "reason": "100% of its values are missing"}
            | spreads[1],
            {"name": "obj.depth_min", "kept": False, "reason": "all its values are the same"}
            | spreads[2],
        ],
        "too_small": [1, 10],
        "above": [],
        "suggested": {},
    }


def test_settings_of_a_prediction_are_remembered(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    address = f"/projects/{tara.project_id}/prediction_settings"

    answer = web.put(address, params={"settings": "baseproject=1"}, headers=given.headers(head))

    assert (answer.status_code, answer.json()) == (200, None)
    sql = "SELECT prediction_settings FROM projects WHERE project_id = %(p)s"
    assert fetch_value(shore, sql, p=tara.project_id) == "baseproject=1"


def test_anybody_may_know_the_deep_feature_models(web: TestClient) -> None:
    assert web.get("/ml_models").json() == [
        {"name": "plankton_lite0"},
        {"name": "efficientnet_lite0"},
    ]


def test_columns_tell_how_they_vary(web: TestClient, tara: Project, head: User) -> None:
    query = {"ids": str(tara.project_id), "names": "fre.area,fre.void,obj.depth_min"}

    everything = web.get(
        "/project_set/column_stats", params=query, headers=given.headers(head)
    ).json()
    limited = web.get(
        "/project_set/column_stats",
        params={**query, "limit": 3, "categories": str(COPEPODA)},
        headers=given.headers(head),
    ).json()

    assert everything["counts"] == [16, 0, 16]
    assert everything["variances"][1:] == [0, 0]
    assert (everything["proj_ids"], everything["total"]) == ([tara.project_id], 16)
    assert (limited["total"], limited["counts"]) == (3, [3, 0, 3])


def test_a_project_without_a_tray_says_so_to_those_who_may_see_it(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    path = f"/projects/{tara.project_id}/unlike"

    answer = web.get(path, headers=given.headers(head))

    nothing: dict[str, Any] = {
        "batch_id": None,
        "made_at": None,
        "objects": 0,
        "left": 0,
        "object_ids": [],
    }
    assert (answer.status_code, answer.json()) == (200, nothing)
    assert web.get(path, headers=given.headers(given.user(shore))).status_code == 403
    assert web.get(path).status_code == 403
    assert web.get(f"{path}?most=10001", headers=given.headers(head)).status_code == 422
    assert web.get("/projects/999999/unlike", headers=given.headers(head)).status_code == 404


@pytest.mark.parametrize(("batch", "status"), [("1", 200), ("9" * 40, 200), ("", 200), ("x", 422)])
def test_a_view_may_be_of_a_tray(
    web: TestClient, tara: Project, head: User, batch: str, status: int
) -> None:
    body: dict[str, Any] = {"filters": {"unlike": batch}, "order_field": "obj.tray_place"}
    body |= {"first": 1, "fields": []}

    answer = web.post(f"/projects/{tara.project_id}/view", json=body, headers=given.headers(head))

    assert answer.status_code == status
