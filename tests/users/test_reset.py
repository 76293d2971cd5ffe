"""Forgot the password: a letter, a link that works once, and silence about who is here."""

import time
from collections.abc import Callable, Iterator

import pytest
from itsdangerous import TimestampSigner
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection, execute
from calanus.kit.settings import Settings
from calanus.users import limits, service
from calanus.users.types import AccountRole, AccountStatus, User
from door_house import bearer, door
from given import PASSWORD
from post_office import PostOffice, deliver, secret_in, settings_for

pytest_plugins = ["door_fixtures"]

NEW = "an even longer password"
RESET = "/users/reset_user_password"
Ask = Callable[[User], str]


def an_hour_ago(_: TimestampSigner) -> int:
    return int(time.time()) - 3600


@pytest.fixture
def sending(settings: Settings, office: PostOffice) -> Settings:
    """An installation that sends mail."""
    return settings_for(settings, office)


@pytest.fixture
def web(shared_clone: str, sending: Settings) -> Iterator[TestClient]:
    """The application, nobody signed in."""
    with door(sending, shared_clone) as client:
        yield client


@pytest.fixture
def amanda(coast: Connection) -> User:
    """Somebody who forgot the password."""
    return given.user(coast)


@pytest.fixture
def ask(web: TestClient, office: PostOffice, sending: Settings, shared_clone: str) -> Ask:
    """The secret of a letter that somebody asked for, and has."""

    def secret_of(user: User) -> str:
        assert web.post(RESET, json={"email": user.email}).status_code == 200
        deliver(sending, shared_clone)
        return secret_in(office.to(user.email)[-1])

    return secret_of


def signs_in(web: TestClient, user: User, password: str) -> bool:
    """Whether this is the password."""
    answer = web.post("/login", json={"username": user.email, "password": password})
    return answer.status_code == 200


def test_the_reader_of_the_letter_chooses_a_new_password(
    web: TestClient,
    ask: Ask,
    office: PostOffice,
    sending: Settings,
    shared_clone: str,
    amanda: User,
) -> None:
    secret = ask(amanda)

    short = web.post(f"{RESET}?token={secret}", json={"password": "short"})
    done = web.post(f"{RESET}?token={secret}", json={"password": NEW})

    assert (short.status_code, done.status_code) == (422, 200)
    assert signs_in(web, amanda, NEW)
    assert not signs_in(web, amanda, PASSWORD)
    deliver(sending, shared_clone)
    assert office.subjects(amanda.email) == ["Choose a new password", "Your password was changed"]


def test_sessions_of_before_end(
    monkeypatch: pytest.MonkeyPatch, web: TestClient, ask: Ask, coast: Connection, amanda: User
) -> None:
    earlier = "tokens_valid_from = tokens_valid_from - interval '1 day'"
    execute(coast, f"UPDATE users SET {earlier} WHERE user_id = %(id)s", id=amanda.user_id)
    with monkeypatch.context() as clock:
        clock.setattr(TimestampSigner, "get_timestamp", an_hour_ago)
        before = bearer(amanda)
    assert web.get("/users/me", headers=before).status_code == 200
    secret = ask(amanda)

    web.post(f"{RESET}?token={secret}", json={"password": NEW})

    assert web.get("/users/me", headers=before).status_code == 401
    since = service.find(coast, amanda.user_id).tokens_valid_from
    assert since > amanda.tokens_valid_from


def test_a_link_works_once(web: TestClient, ask: Ask, amanda: User) -> None:
    secret = ask(amanda)
    web.post(f"{RESET}?token={secret}", json={"password": NEW})

    again = web.post(f"{RESET}?token={secret}", json={"password": "a thief's password"})

    assert again.status_code == 401
    assert again.json()["detail"].startswith("Not authorized")
    assert signs_in(web, amanda, NEW)


def test_a_newer_letter_replaces_an_older(web: TestClient, ask: Ask, amanda: User) -> None:
    older = ask(amanda)
    newer = ask(amanda)

    assert older != newer
    assert web.post(f"{RESET}?token={older}", json={"password": NEW}).status_code == 401
    assert web.post(f"{RESET}?token={newer}", json={"password": NEW}).status_code == 200


def test_a_link_works_for_an_hour(
    web: TestClient, ask: Ask, coast: Connection, amanda: User
) -> None:
    secret = ask(amanda)
    coast.execute("UPDATE links SET expires_at = expires_at - interval '1 hour'")

    assert web.post(f"{RESET}?token={secret}", json={"password": NEW}).status_code == 401
    assert signs_in(web, amanda, PASSWORD)


def test_a_link_opens_only_the_account_it_was_sent_to(
    web: TestClient, ask: Ask, coast: Connection, amanda: User
) -> None:
    olga = given.user(coast, name="Olga Other")
    secret = ask(olga)

    forged = {"id": amanda.user_id, "email": amanda.email, "password": NEW}
    web.post(f"{RESET}?token={secret}", json=forged)

    assert signs_in(web, amanda, PASSWORD)
    assert signs_in(web, olga, NEW)


def test_nobody_learns_who_has_an_account(
    web: TestClient,
    office: PostOffice,
    sending: Settings,
    shared_clone: str,
    coast: Connection,
    amanda: User,
) -> None:
    blocked = given.user(coast, name="Bert Blocked")
    head = given.application_manager(coast)
    service.appoint(
        coast, blocked.user_id, status=AccountStatus.BLOCKED, role=AccountRole.USER, by=head
    )
    asked = [amanda.email, blocked.email, "nobody@lab.example", "no address", ""]

    answers = [web.post(RESET, json={"email": email}) for email in asked]
    deliver(sending, shared_clone)

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"null")}
    assert office.subjects(amanda.email) == ["Choose a new password"]
    assert office.subjects(blocked.email) == []


def test_asking_too_often_is_refused_alike_for_everybody(web: TestClient, amanda: User) -> None:
    for email in (amanda.email, "nobody@lab.example"):
        answers = [
            web.post(RESET, json={"email": email}).status_code
            for _ in range(limits.TO_ONE_ADDRESS + 1)
        ]
        assert answers == [200] * limits.TO_ONE_ADDRESS + [429]


def test_an_account_blocked_meanwhile_stays_closed(
    web: TestClient, ask: Ask, coast: Connection, amanda: User
) -> None:
    secret = ask(amanda)
    head = given.application_manager(coast)
    service.appoint(
        coast, amanda.user_id, status=AccountStatus.BLOCKED, role=AccountRole.USER, by=head
    )

    assert web.post(f"{RESET}?token={secret}", json={"password": NEW}).status_code == 401


def test_a_reset_ends_the_waiting_after_too_many_guesses(
    web: TestClient, ask: Ask, amanda: User
) -> None:
    for n in range(service.FAILURES_OF_ACCOUNT):
        assert not signs_in(web, amanda, f"guess {n}")
    assert not signs_in(web, amanda, PASSWORD)
    secret = ask(amanda)

    web.post(f"{RESET}?token={secret}", json={"password": NEW})

    assert signs_in(web, amanda, NEW)


def test_who_is_signed_in_changes_the_password_elsewhere(web: TestClient, amanda: User) -> None:
    me = bearer(amanda)

    refused = web.post(RESET, json={"email": amanda.email}, headers=me)

    assert refused.status_code == 403
    assert "My account" in refused.json()["detail"]


def test_the_host_a_request_names_is_in_no_letter(
    web: TestClient, office: PostOffice, sending: Settings, shared_clone: str, amanda: User
) -> None:
    web.post(RESET, json={"email": amanda.email}, headers={"Host": "thief.example"})
    deliver(sending, shared_clone)

    [letter] = office.to(amanda.email)
    assert "https://plankton.example/app/reset#" in letter
    assert "thief" not in letter


def test_where_no_mail_is_sent_one_is_told_whom_to_ask(
    settings: Settings, shared_clone: str, amanda: User
) -> None:
    with door(settings, shared_clone) as web:
        refused = web.post(RESET, json={"email": amanda.email})
        options = web.get("/sign_in").json()

    assert refused.status_code == 422
    assert "application managers" in refused.json()["detail"]
    assert options["mail"] is False
