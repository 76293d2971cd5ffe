"""Blind re-reading: what is drawn, what is shown, and how far two readings agree."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.kit.db import Connection, execute, fetch_values
from calanus.kit.settings import Settings
from calanus.projects.types import Project
from calanus.users.types import Privilege, User
from given import COPEPODA, DETRITUS, OLD_NAME

pytestmark = given.vaults_close_late


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


@pytest.fixture
def tara(shore: Connection, settings: Settings, head: User) -> Project:
    return cruise.taught(shore, settings, by=head)


def ask(
    web: TestClient, by: User, verb: str, project: Project, rest: str, **body: Any
) -> tuple[int, Any]:
    where = f"/projects/{project.project_id}/readings{rest}"
    asked = body if verb == "POST" else None
    answer = web.request(verb, where, headers=given.headers(by), json=asked)
    return answer.status_code, answer.json()


def truth(conn: Connection, project: Project) -> dict[int, int]:
    """Place to taxon of a reading, which no reader is told."""
    sql = """
        SELECT ROW(place, taxon_id) FROM second_readings WHERE project_id = %(p)s ORDER BY place
    """
    return {int(a): int(b) for a, b in fetch_values(conn, sql, p=project.project_id)}


def test_a_reader_is_told_nothing_but_the_image(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    status, drawn = ask(web, head, "POST", tara, "", per_taxon=3, seed=5)

    assert (status, drawn["objects"], drawn["read"]) == (200, 6, 0)
    assert sorted(truth(shore, tara).values()) == [COPEPODA] * 3 + [DETRITUS] * 3
    _, unread = ask(web, head, "GET", tara, f"/{drawn['reading_id']}/next")
    assert [one["place"] for one in unread] == [1, 2, 3, 4, 5, 6]
    assert {key for one in unread for key in one} == {"place", "image_id", "width", "height"}
    _, rest = ask(web, head, "GET", tara, f"/{drawn['reading_id']}/next?after=4")
    assert [one["place"] for one in rest] == [5, 6]


def test_a_second_reading_changes_nothing_and_is_compared(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    amanda = given.user(shore)
    given_to = "INSERT INTO members VALUES (%(p)s, %(u)s, 'Annotate')"
    execute(shore, given_to, p=tara.project_id, u=amanda.user_id)
    _, drawn = ask(web, head, "POST", tara, "", in_all=6, seed=1)
    rest = f"/{drawn['reading_id']}"
    sql = "SELECT taxon_id FROM objects WHERE project_id = %(p)s ORDER BY object_id"
    before = fetch_values(shore, sql, p=tara.project_id)
    real = truth(shore, tara)

    for place, taxon in real.items():
        said = DETRITUS if place == 1 else taxon
        who = head if place < 4 else amanda
        status, _ = ask(web, who, "POST", tara, f"{rest}/answer", place=place, taxon_id=said)
        assert status == 200

    _, found = ask(web, amanda, "GET", tara, f"{rest}/agreement")
    agreed = 6 if real[1] == DETRITUS else 5
    assert (found["overall"]["agreed"], found["overall"]["read"]) == (agreed, 6)
    assert (found["same_person"]["read"], found["another_person"]["read"]) == (3, 3)
    assert sum(line["objects"] for line in found["confused"]) == 6 - agreed
    assert sum(line["agreement"]["read"] for line in found["taxa"]) == 6
    assert fetch_values(shore, sql, p=tara.project_id) == before
    _, listed = ask(web, amanda, "GET", tara, "")
    assert (listed[0]["read"], listed[0]["drawn_by"]) == (6, head.name)


def test_an_answer_is_given_once_and_taken_back_by_who_gave_it(
    web: TestClient, tara: Project, head: User
) -> None:
    _, drawn = ask(web, head, "POST", tara, "", in_all=2)
    rest = f"/{drawn['reading_id']}"

    def said(taxon: int, place: int = 1) -> int:
        return ask(web, head, "POST", tara, f"{rest}/answer", place=place, taxon_id=taxon)[0]

    assert (said(COPEPODA), said(DETRITUS)) == (200, 409)
    assert ask(web, head, "POST", tara, f"{rest}/take_back", place=1) == (200, True)
    assert ask(web, head, "POST", tara, f"{rest}/take_back", place=1) == (200, False)
    assert said(DETRITUS) == 200
    assert said(COPEPODA, place=9) == 409
    assert (said(999, place=2), said(OLD_NAME, place=2)) == (422, 422)


def test_the_same_seed_draws_the_same_and_another_does_not(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    for seed in (1, 1, 2):
        ask(web, head, "POST", tara, "", in_all=6, seed=seed)
    sql = """
        SELECT array_agg(object_id ORDER BY place) FROM second_readings
         GROUP BY reading_id ORDER BY reading_id
    """
    first, again, other = fetch_values(shore, sql)
    assert first == again
    assert first != other


def test_what_cannot_be_drawn_or_read_says_so(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    viewer = given.user(shore)
    mine = given.project(shore, member=viewer, privilege=Privilege.VIEW)

    assert ask(web, head, "POST", tara, "")[0] == 422
    assert ask(web, head, "POST", tara, "", in_all=0)[0] == 422
    assert ask(web, head, "POST", given.project(shore), "", in_all=5)[0] == 422
    assert ask(web, head, "GET", tara, "/77/agreement")[0] == 404
    _, drawn = ask(web, head, "POST", tara, "", in_all=1)
    assert ask(web, head, "GET", mine, f"/{drawn['reading_id']}/next")[0] == 404
    assert ask(web, viewer, "GET", mine, "")[0] == 403
    assert ask(web, viewer, "POST", mine, "", in_all=1)[0] == 403
