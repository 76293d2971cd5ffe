"""Personal tokens: made once, shown once, reaching as far as they were made to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings
from calanus.users import passwords, service, tokens
from calanus.users.session import person_of_token, token_of
from calanus.users.types import (
    AccountRole,
    AccountStatus,
    BadToken,
    NewToken,
    Privilege,
    Scope,
    TokenNotFound,
    TooManyTokens,
    User,
)
from conftest import Budget
from given import COPEPODA, KEY, NOON

FOR_A_WEEK = NewToken("the ship's laptop", Scope.READ, 7)


@pytest.fixture
def amanda(conn: Connection) -> User:
    """Somebody who writes scripts."""
    return given.user(conn)


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def person(conn: Connection, token: str) -> User:
    """Who a token stands for."""
    return person_of_token(conn, token, key=KEY, policy="strict")


def test_a_token_stands_for_its_owner_and_is_not_kept(conn: Connection, amanda: User) -> None:
    known, token = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now())

    assert person(conn, token).user_id == amanda.user_id
    assert known.name == "the ship's laptop"
    kept = conn.execute("SELECT t::text FROM personal_tokens t").fetchall()
    assert token.removeprefix(tokens.PREFIX) not in str(kept)


def test_a_token_ends_on_its_day(conn: Connection, amanda: User) -> None:
    _, token = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now() - timedelta(days=7))

    with pytest.raises(BadToken):
        person(conn, token)


def test_a_revoked_token_is_refused_at_once(conn: Connection, amanda: User) -> None:
    known, token = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now())

    tokens.revoke(conn, known.token_id, owner=amanda)

    with pytest.raises(BadToken):
        person(conn, token)
    with pytest.raises(TokenNotFound):
        tokens.revoke(conn, known.token_id, owner=amanda)


def test_nobody_revokes_or_sees_the_tokens_of_others(conn: Connection, amanda: User) -> None:
    known, token = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now())
    olga = given.user(conn, name="Olga Other")

    with pytest.raises(TokenNotFound):
        tokens.revoke(conn, known.token_id, owner=olga)

    assert tokens.list_tokens(conn, olga) == []
    assert person(conn, token).user_id == amanda.user_id


@pytest.mark.parametrize("forged", ["calanus_", "calanus_" + "a" * 43, "calanus_\x00"])
def test_a_forged_token_is_refused(conn: Connection, forged: str) -> None:
    with pytest.raises(BadToken):
        person(conn, forged)


def test_when_a_token_was_used_last_is_noted_each_minute(
    conn: Connection, amanda: User, at_most: Budget
) -> None:
    known, token = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=NOON)

    tokens.use(conn, token, at=NOON + timedelta(minutes=5))
    with at_most(1):
        tokens.use(conn, token, at=NOON + timedelta(minutes=5, seconds=30))

    [seen] = tokens.list_tokens(conn, amanda)
    assert (known.last_used_at, seen.last_used_at) == (None, NOON + timedelta(minutes=5))


def test_one_person_has_fifty_at_most(conn: Connection, amanda: User) -> None:
    for n in range(tokens.MOST):
        tokens.create(conn, NewToken(f"laptop {n}", Scope.READ, 7), owner=amanda, at=NOON)

    with pytest.raises(TooManyTokens, match="50"):
        tokens.create(conn, FOR_A_WEEK, owner=amanda, at=NOON)
    tokens.create(conn, FOR_A_WEEK, owner=given.user(conn), at=NOON)


def test_a_new_password_and_signing_out_everywhere_end_every_token(
    conn: Connection, amanda: User, settings: Settings
) -> None:
    _, first = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now())
    passwords.change(conn, amanda, "another, longer password", settings=settings, at=now())
    _, second = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now())
    service.sign_out_everywhere(conn, amanda, at=now())

    for token in (first, second):
        with pytest.raises(BadToken):
            person(conn, token)


def test_a_blocked_account_has_no_tokens_that_work(conn: Connection, amanda: User) -> None:
    _, token = tokens.create(conn, FOR_A_WEEK, owner=amanda, at=now())
    head = given.application_manager(conn)
    closed = AccountStatus.BLOCKED
    service.appoint(conn, amanda.user_id, status=closed, role=AccountRole.USER, by=head)

    with pytest.raises(BadToken):
        person(conn, token)


# --- Over HTTP -----------------------------------------------------------------------------------


@pytest.fixture
def shore(shared_clone: str) -> Iterator[Connection]:
    """The database of this file's tests over HTTP."""
    with connect(shared_clone, autocommit=True) as conn:
        yield conn


@pytest.fixture
def web(shared_clone: str, settings: Settings) -> Iterator[TestClient]:
    """The application, nobody signed in."""
    with TestClient(create_app(settings, shared_clone), base_url="http://calanus.test") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    """What a script sends."""
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_shown_once_and_listed_without_itself(
    web: TestClient, shore: Connection
) -> None:
    me = bearer(token_of(given.user(shore), KEY))

    made = web.post("/users/me/tokens", json={"name": " ship ", "days": 30}, headers=me).json()
    [listed] = web.get("/users/me/tokens", headers=me).json()
    used = web.get("/users/me", headers=bearer(made["token"]))
    [after] = web.get("/users/me/tokens", headers=me).json()

    assert made["token"].startswith("calanus_")
    assert listed == {name: said for name, said in made.items() if name != "token"}
    assert (listed["name"], listed["scope"], listed["expired"]) == ("ship", "read", False)
    assert used.status_code == 200
    assert (listed["last_used_at"], after["last_used_at"] is None) == (None, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 101},
        {"name": "x", "days": 0},
        {"name": "x", "days": 10**9},
        {"name": "x", "scope": "everything"},
        {"name": "x\x00"},
    ],
)
def test_what_makes_no_sense_makes_no_token(
    web: TestClient, shore: Connection, wrong: dict[str, object]
) -> None:
    me = bearer(token_of(given.user(shore), KEY))

    assert web.post("/users/me/tokens", json=wrong, headers=me).status_code == 422
    assert web.get("/users/me/tokens", headers=me).json() == []


@pytest.mark.parametrize(
    ("scope", "reads", "annotates", "manages"),
    [("read", 200, 403, 403), ("annotate", 200, 200, 403), ("manage", 200, 200, 200)],
)
def test_a_token_reaches_as_far_as_its_scope(
    web: TestClient, shore: Connection, scope: str, reads: int, annotates: int, manages: int
) -> None:
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda, privilege=Privilege.MANAGE)
    [tile] = given.objects(shore, tara, 1)
    order = {"name": "script", "scope": scope}
    made = web.post("/users/me/tokens", json=order, headers=bearer(token_of(amanda, KEY))).json()
    me = bearer(made["token"])
    classify = {"target_ids": [tile], "classifications": [COPEPODA], "wanted_qualification": "V"}

    answers = [
        web.post(f"/object_set/{tara.project_id}/query", json={}, headers=me),
        web.post("/object_set/classify", json=classify, headers=me),
        web.patch(f"/projects/{tara.project_id}", json={"title": "Renamed"}, headers=me),
    ]

    assert [answer.status_code for answer in answers] == [reads, annotates, manages]
    if scope == "read":
        assert "may only read" in answers[1].json()["detail"]


def test_a_token_that_reads_uploads_nothing(web: TestClient, shore: Connection) -> None:
    session = bearer(token_of(given.user(shore), KEY))
    made = web.post("/users/me/tokens", json={"name": "script"}, headers=session).json()
    me = bearer(made["token"])
    tus = {**me, "Tus-Resumable": "1.0.0", "Upload-Length": "3"}

    answers = [
        web.post("/user_files/", files={"file": ("a.txt", b"abc")}, headers=me),
        web.post("/user_files/create/", data={"source_path": "a"}, headers=me),
        web.post("/user_files/upload/", headers=tus),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_no_token_changes_the_account_or_makes_others(web: TestClient, shore: Connection) -> None:
    amanda = given.user(shore)
    order = {"name": "script", "scope": "manage"}
    made = web.post("/users/me/tokens", json=order, headers=bearer(token_of(amanda, KEY))).json()
    me = bearer(made["token"])
    mine = {"email": "thief@lab.example", "name": "Thief"}

    answers = [
        web.post("/users/me/tokens", json={"name": "another"}, headers=me),
        web.delete(f"/users/me/tokens/{made['id']}", headers=me),
        web.put(f"/users/{amanda.user_id}", json=mine, headers=me),
        web.put("/users/me/password", json={"current": "x", "password": "y"}, headers=me),
        web.post("/users/me/sign_out_everywhere", headers=me),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert "sign in" in answers[0].json()["detail"]


def test_every_operation_named_in_a_scope_exists(web: TestClient) -> None:
    described = web.get("/openapi.json").json()["paths"].values()
    known = {said["operationId"] for path in described for said in path.values()}

    named = tokens.READING | tokens.WRITING | tokens.ANNOTATING | tokens.OWNERS
    assert named - known == set()
