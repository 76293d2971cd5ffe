"""Sorting over HTTP: the page's own calls, and EcoTaxa's."""

from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

import given
from calanus.annotation import following, service
from calanus.annotation.types import Operation
from calanus.annotation.wire import batch_model
from calanus.kit import db
from calanus.kit.db import Connection
from calanus.kit.ids import ObjectId
from calanus.projects.types import Project
from calanus.users.types import User
from given import COPEPODA, DETRITUS, PASSWORD


class World:
    """Amanda sorts a thousand predicted detritus of Tara."""

    def __init__(self, web: TestClient, shore: Connection, how_many: int = 5) -> None:
        self.web, self.shore = web, shore
        self.amanda: User = given.user(shore)
        self.tara: Project = given.project(shore, member=self.amanda)
        scores = [n / how_many for n in range(how_many)]
        self.tiles: list[ObjectId] = given.objects(
            shore, self.tara, how_many, taxon=DETRITUS, state="P", scores=scores
        )
        web.headers.update(given.headers(self.amanda))

    def post(self, path: str, **body: Any) -> Any:
        """Post to a path of the project."""
        answer = self.web.post(f"/projects/{self.tara.project_id}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        """Get a path of the project."""
        answer = self.web.get(f"/projects/{self.tara.project_id}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def classify(self, **order: Any) -> Any:
        """One act."""
        return self.post("batches", client_key=str(uuid4()), operation="classify", **order)


@pytest.fixture
def world(web: TestClient, shore: Connection) -> World:
    return World(web, shore)


def test_a_view_is_a_still_scene(world: World) -> None:
    view = world.post("view", filters={"statusfilter": "P"}, first=2)

    assert view["total"] == 5
    assert view["columns"]["object_ids"] == [world.tiles[4], world.tiles[3]]
    assert view["columns"]["states"] == "PP"
    assert view["columns"]["scores"] == [0.8, 0.6]

    world.classify(objects=[world.tiles[2]], taxon_id=COPEPODA)
    rest = world.get(f"view/{view['view_id']}?start=2&count=10")

    assert rest["object_ids"] == [world.tiles[2], world.tiles[1], world.tiles[0]]
    assert rest["states"] == "VPP"
    assert rest["taxa"][0] == COPEPODA


def test_a_view_that_is_gone_says_to_open_it_again(world: World) -> None:
    answer = world.web.get(f"/projects/{world.tara.project_id}/view/nothing?start=0&count=1")

    assert answer.status_code == 404
    assert "open it again" in answer.json()["detail"]


def test_a_part_of_a_view_beyond_all_numbers_is_refused(world: World) -> None:
    view = world.post("view")
    address = f"/projects/{world.tara.project_id}/view/{view['view_id']}"

    assert world.web.get(f"{address}?start={2**53}&count=1").json()["object_ids"] == []
    assert world.web.get(f"{address}?start={2**70}&count=1").status_code == 422


def test_a_batch_answers_with_the_objects_as_they_are_now_and_the_counts(world: World) -> None:
    done = world.classify(objects=[world.tiles[0], world.tiles[1]], taxon_id=COPEPODA)

    assert (done["changed"], done["states"], done["scores"]) == (2, "VV", [None, None])
    assert {line["id"]: (line["V"], line["P"]) for line in done["counts"]} == {
        COPEPODA: (2, 0),
        DETRITUS: (0, 3),
    }
    assert world.get("counts")["batch_id"] == done["batch_id"]


def test_all_that_match_a_filter_but_some_are_validated_in_one_act(world: World) -> None:
    done = world.post(
        "batches",
        client_key=str(uuid4()),
        operation="validate",
        selection={"filters": {"statusfilter": "P"}, "except": [world.tiles[0]]},
    )

    assert done["changed"] == 4
    assert sorted(done["object_ids"]) == world.tiles[1:]


def test_undo_over_http_restores_state_and_score(world: World) -> None:
    done = world.classify(objects=[world.tiles[3]], taxon_id=COPEPODA)

    undone = world.post(f"batches/{done['batch_id']}/undo", client_key=str(uuid4()))

    assert (undone["states"], undone["scores"], undone["taxa"]) == ("P", [0.6], [DETRITUS])
    lines = world.get("batches")
    assert [line["text"] for line in lines] == ["1 object taken back", "1 object identified"]
    assert lines[1]["undone_by"] == undone["batch_id"]


def test_a_conflict_names_the_objects_and_writes_nothing(world: World) -> None:
    world.classify(objects=[world.tiles[0]], taxon_id=COPEPODA)

    answer = world.web.post(
        f"/projects/{world.tara.project_id}/batches",
        json={
            "client_key": str(uuid4()),
            "operation": "validate",
            "objects": world.tiles[:2],
            "versions": [0, 0],
        },
    )

    assert answer.status_code == 409
    assert answer.json()["conflicts"] == [world.tiles[0]]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"operation": "classify", "objects": [1]}, "which taxon"),
        ({"operation": "validate"}, "one of both"),
        ({"operation": "import", "objects": [1]}, "no act on a selection"),
    ],
)
def test_a_batch_that_makes_no_sense_gets_a_sentence(
    world: World, body: dict[str, Any], sentence: str
) -> None:
    path = f"/projects/{world.tara.project_id}/batches"
    answer = world.web.post(path, json={"client_key": str(uuid4()), **body})

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_ecotaxas_clients_classify_as_they_always_did(world: World) -> None:
    body = {
        "target_ids": world.tiles[:2],
        "classifications": [COPEPODA, -1],
        "wanted_qualification": "V",
    }

    assert world.web.post("/api/object_set/classify", json=body).json() == 2
    assert world.web.post("/api/object_set/classify", json=body).json() == 0
    [past] = world.web.get(f"/object/{world.tiles[0]}/history").json()
    assert (past["classif_id"], past["classif_type"], past["taxon_name"]) == (
        DETRITUS,
        "A",
        "detritus",
    )


def test_the_workspace_says_all_at_once(world: World) -> None:
    space = world.get("workspace")

    assert space["me"]["id"] == world.amanda.user_id
    assert "annotate in this project" in space["project"]["can"]
    assert [(t["display_name"], t["counts"]["P"]) for t in space["taxa"]] == [("detritus", 5)]
    assert [(s["orig_id"], s["objects"]) for s in space["samples"]] == [("station_1", 5)]


def test_the_panel_shows_an_object_with_all_its_levels(world: World) -> None:
    panel = world.web.get(f"/objects/{world.tiles[0]}/panel").json()

    assert panel["object"]["orig_id"] == f"obj_{world.tiles[0]}"
    assert panel["sample"]["orig_id"] == "station_1"
    assert panel["contact"]["name"] == "Ada Head"


def test_the_page_signs_in_with_a_cookie_that_other_sites_cannot_use(world: World) -> None:
    web = world.web
    del web.headers["Authorization"]
    order = {"username": world.amanda.email, "password": PASSWORD, "cookie": True}
    answer = web.post("/login", json=order)
    assert answer.status_code == 200
    assert "httponly" in answer.headers["set-cookie"].lower()

    assert web.get("/users/me").json()["id"] == world.amanda.user_id
    foreign = web.post("/logout", headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 200  # signing out harms nobody
    path = f"/projects/{world.tara.project_id}/view"
    web.post("/login", json=order)
    ours = web.post(path, json={}, headers={"Origin": "http://calanus.test"})
    assert ours.status_code == 200
    for origin in ("https://elsewhere.example", "null", "http://[", ""):
        theirs = web.post(path, json={}, headers={"Origin": origin})
        assert theirs.status_code == 403, "a page that hides where it is from is not ours"


def test_nothing_is_said_to_strangers(world: World) -> None:
    del world.web.headers["Authorization"]

    answers = [
        world.web.get(f"/projects/{world.tara.project_id}/workspace"),
        world.web.get(f"/object/{world.tiles[0]}"),
        world.web.post(f"/object_set/{world.tara.project_id}/query", json={}),
        world.web.get("/projects/999"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    hidden, missing = answers[1].json()["detail"], world.web.get("/object/99900000001").json()
    assert missing["detail"] == hidden.replace(str(world.tara.project_id), "999")
    assert world.web.get("/projects/search").json() == []


def test_what_is_not_there_is_told_by_what_was_asked_for(world: World) -> None:
    asked = {"object": "99900000001", "sample": "999000001", "acquisition": "9990000001"}
    asked["process"] = asked["acquisition"]

    told = {what: world.web.get(f"/{what}/{id_}").json()["detail"] for what, id_ in asked.items()}

    for what, id_ in asked.items():
        assert told[what] == f"There is no {what} {id_}, or you may not see it."
    order = {"target_ids": [99900000001], "classifications": [10], "wanted_qualification": "V"}
    refused = world.web.post("/object_set/classify", json=order)
    assert refused.status_code == 404
    assert refused.json()["detail"].startswith("There is no object 99900000001")


def test_an_act_on_more_than_a_page_can_use_says_to_look_again(world: World, clone: str) -> None:
    world.classify(objects=world.tiles, taxon_id=COPEPODA)

    with db.pool(clone, size=1) as pool, pool.connection() as conn:
        project_id = world.tara.project_id
        [(small, listed)] = following.batches_since(conn, project_id, 0, most=5)
        [(large, unlisted)] = following.batches_since(conn, project_id, 0, most=4)

    assert (listed, len(small.objects)) == (True, 5)
    assert (unlisted, large.objects) == (False, [])
    assert batch_model(large, listed=unlisted)["reload"] is True


def test_an_import_tells_those_who_follow_to_look_again(world: World, clone: str) -> None:
    with db.pool(clone, size=1) as pool, pool.connection() as conn:
        under = service.begin(
            conn, world.tara.project_id, Operation.IMPORT, by=world.amanda, at=given.NOON
        )
        service.close(conn, under, objects=2)

        [(_, listed)] = following.batches_since(conn, world.tara.project_id, 0, most=5)

    assert not listed
