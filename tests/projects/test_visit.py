"""Coming into a project over HTTP: who, where, and what they may, in one statement."""

import time

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection, execute, fetch_value, refuse_the_dead
from calanus.projects import queries, service
from calanus.users import queries as users
from calanus.users.types import Privilege
from conftest import Budget


def test_one_statement_says_what_three_did(conn: Connection, at_most: Budget) -> None:
    amanda = given.user(conn)
    tara = given.project(conn, member=amanda, privilege=Privilege.ANNOTATE)

    with at_most(1):
        person, project, held = service.look_up(conn, amanda.user_id, tara.project_id)

    assert person == users.find(conn, amanda.user_id)
    assert project == queries.find(conn, tara.project_id)
    assert held == queries.privilege(conn, tara.project_id, amanda.user_id)


def test_what_is_not_there_is_nothing(conn: Connection) -> None:
    tara = given.project(conn)
    stranger = given.user(conn)

    assert service.look_up(conn, None, 0) == (None, None, None)
    person, project, held = service.look_up(conn, stranger.user_id, tara.project_id)
    assert (person is None, project is None, held) == (False, False, None)


@pytest.mark.parametrize("path", ["/projects/{p}", "/projects/{p}/counts", "/object/{o}"])
def test_the_token_decides_on_every_visit(shore: Connection, web: TestClient, path: str) -> None:
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda, privilege=Privilege.VIEW)
    [tile] = given.objects(shore, tara, 1)
    address, headers = path.format(p=tara.project_id, o=tile), given.headers(amanda)

    def asked(sent: dict[str, str] | None) -> int:
        return web.get(address, headers=sent).status_code

    assert asked(headers) == 200
    assert asked(None) == 403
    assert asked({"Authorization": "Bearer forged"}) == 403
    execute(shore, "UPDATE users SET tokens_valid_from = now() + interval '1 day'")
    assert asked(headers) == 403
    execute(shore, "UPDATE users SET tokens_valid_from = now() - interval '1 day', status = 0")
    assert asked(headers) == 403
    execute(shore, "UPDATE users SET status = 1")
    execute(shore, "DELETE FROM members WHERE privilege = 'View'")
    assert asked(headers) == 403
    assert web.get(path.format(p=10**9, o=10**17), headers=headers).status_code == 404


def test_an_act_asks_who_acts(shore: Connection, web: TestClient) -> None:
    viewer = given.user(shore)
    tara = given.project(shore, member=viewer, privilege=Privilege.VIEW)
    [tile] = given.objects(shore, tara, 1)
    key = "00000000-0000-0000-0000-000000000001"
    order = {"client_key": key, "operation": "validate", "objects": [tile]}
    address = f"/projects/{tara.project_id}/batches"

    def asked(sent: dict[str, str] | None) -> int:
        return web.post(address, json=order, headers=sent).status_code

    assert asked(None) == 403
    assert asked({"Authorization": "Bearer forged"}) == 401
    assert asked(given.headers(viewer)) == 403


def test_an_act_that_fails_leaves_nothing(shore: Connection, web: TestClient) -> None:
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda)
    key = "00000000-0000-0000-0000-000000000002"
    body = {"client_key": key, "operation": "validate", "objects": [tara.project_id * 10**8 + 99]}

    refused = web.post(
        f"/projects/{tara.project_id}/batches", json=body, headers=given.headers(amanda)
    )

    assert refused.status_code == 404
    assert shore.execute("SELECT count(*) FROM batches").fetchone() == (0,)
    shown = web.get(f"/projects/{tara.project_id}/counts", headers=given.headers(amanda))
    assert shown.json() == {"batch_id": 0, "taxa": []}


def test_a_connection_the_server_closed_is_replaced_before_anybody_gets_it(
    shore: Connection, web: TestClient
) -> None:
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda)
    address = f"/projects/{tara.project_id}/counts"
    assert web.get(address, headers=given.headers(amanda)).status_code == 200

    others = "datname = current_database() AND pid <> pg_backend_pid()"
    execute(shore, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    while fetch_value(shore, f"SELECT count(*) FROM pg_stat_activity WHERE {others}"):
        time.sleep(0.01)

    assert web.get(address, headers=given.headers(amanda)).status_code == 200
    refuse_the_dead(shore)
