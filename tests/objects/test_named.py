"""What is named one by one: shown in the order of its names, kept as a list that a filter finds."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from given import COPEPODA

Asked = tuple[TestClient, int, list[int], dict[str, str]]


@pytest.fixture
def asked(web: TestClient, shore: Connection) -> Asked:
    """A project of five objects, and who may see it."""
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda)
    objects = given.objects(shore, tara, 5, taxon=COPEPODA, state="P")
    return web, tara.project_id, [int(each) for each in objects], given.headers(amanda)


def post(asked: Asked, path: str, **body: Any) -> Any:
    web, project_id, _, headers = asked
    return web.post(f"/projects/{project_id}/{path}", json=body, headers=headers)


def test_objects_are_shown_in_the_order_they_are_named(asked: Asked) -> None:
    objects = asked[2]

    shown = post(asked, "tiles", object_ids=[objects[3], objects[0]]).json()

    assert shown["object_ids"] == [objects[3], objects[0]]
    assert (shown["states"], shown["taxa"]) == ("PP", [COPEPODA, COPEPODA])


def test_what_is_gone_or_of_another_project_shows_nothing(asked: Asked) -> None:
    objects = asked[2]

    shown = post(asked, "tiles", object_ids=[7, objects[0], 2**63 - 1]).json()

    assert (shown["states"], shown["taxa"]) == ("-P-", [0, COPEPODA, 0])


def test_a_list_that_is_kept_is_found_by_a_filter(asked: Asked) -> None:
    objects = asked[2]

    kept = post(asked, "lists", object_ids=[objects[4], objects[1], objects[1]]).json()
    again = post(asked, "lists", object_ids=[objects[1], objects[4]]).json()

    assert kept == again
    assert kept["objects"] == 2
    found = post(asked, "view", filters={"listed": str(kept["list_id"])}).json()
    assert sorted(found["columns"]["object_ids"]) == [objects[1], objects[4]]


def test_a_list_holds_objects_of_its_project_only(asked: Asked) -> None:
    refused = post(asked, "lists", object_ids=[asked[2][0], 7])

    assert refused.status_code == 404
    assert refused.json()["detail"] == "There is no object 7, or you may not see it."


@pytest.mark.parametrize("ids", [[], [0], [2**63], ["one"]])
def test_what_is_no_list_of_objects_is_refused(asked: Asked, ids: list[Any]) -> None:
    assert [post(asked, path, object_ids=ids).status_code for path in ("tiles", "lists")] == [
        422
    ] * 2
