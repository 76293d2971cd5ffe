"""Signing in, tokens, and accounts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.kit.settings import Settings
from calanus.users import passwords, service, session
from calanus.users.session import person_of_token, secret_key, serializer, token_of
from calanus.users.types import (
    AccountRole,
    AccountStatus,
    ActRefused,
    BadAccount,
    BadToken,
    EmailTaken,
    NewUser,
    TooManyAttempts,
    User,
    WrongPassword,
)
from given import KEY, NOON, PASSWORD


def try_to_sign_in(conn: Connection, email: str, password: str) -> User | CalanusError:
    """One attempt from one address."""
    return service.sign_in(conn, email, password, address="10.0.0.7", at=NOON)


def test_an_email_in_any_case_and_the_password_sign_in(conn: Connection) -> None:
    amanda = given.user(conn)

    assert try_to_sign_in(conn, amanda.email.upper(), PASSWORD) == amanda


def test_unknown_people_and_wrong_passwords_get_the_same_answer(conn: Connection) -> None:
    amanda = given.user(conn)

    wrong = try_to_sign_in(conn, amanda.email, "not it")
    unknown = try_to_sign_in(conn, "nobody@lab.example", PASSWORD)

    assert isinstance(wrong, WrongPassword)
    assert isinstance(unknown, WrongPassword)
    assert str(wrong) == str(unknown)


def test_a_blocked_account_does_not_sign_in(conn: Connection) -> None:
    amanda, head = given.user(conn), given.application_manager(conn)
    service.appoint(
        conn, amanda.user_id, status=AccountStatus.BLOCKED, role=AccountRole.USER, by=head
    )

    assert isinstance(try_to_sign_in(conn, amanda.email, PASSWORD), WrongPassword)


def test_guessing_is_throttled_for_a_while(conn: Connection) -> None:
    amanda = given.user(conn)
    for _ in range(service.FAILURES_OF_ACCOUNT):
        try_to_sign_in(conn, amanda.email, "a guess")

    assert isinstance(try_to_sign_in(conn, amanda.email, PASSWORD), TooManyAttempts)
    later = NOON + service.WINDOW + timedelta(seconds=1)
    found = service.sign_in(conn, amanda.email, PASSWORD, address="10.0.0.7", at=later)
    assert found == amanda


def test_behind_a_front_end_nobody_pays_for_the_guesses_of_others(
    web: TestClient, shore: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sign-ins of EcoTaxa's front end come from its own address."""
    amanda, bo = given.user(shore), given.user(shore)
    monkeypatch.setattr(service, "FAILURES_OF_ADDRESS", 2)
    app: Any = web.app

    def signs_in(who: User, password: str, *, front_ends: str) -> int:
        app.state.settings = settings.model_copy(update={"front_ends": front_ends})
        asked = {"username": who.email, "password": password}
        from_there = TestClient(app, base_url="http://calanus.test", client=("10.0.0.5", 50000))
        return from_there.post("/login", json=asked).status_code

    for _ in range(2):
        assert signs_in(bo, "a guess", front_ends="") == 403
    assert signs_in(amanda, PASSWORD, front_ends="10.0.0.6") == 429
    told = Settings(front_ends=" 10.0.0.5, 10.0.0.6,").front_ends
    assert signs_in(amanda, PASSWORD, front_ends=told) == 200
    for _ in range(service.FAILURES_OF_ACCOUNT - 2):
        assert signs_in(bo, "a guess", front_ends=told) == 403
    assert signs_in(bo, PASSWORD, front_ends=told) == 429, "guesses about one person count"


def test_a_front_end_is_named_by_its_address() -> None:
    with pytest.raises(ValidationError, match="does not appear to be an IPv4 or IPv6 address"):
        Settings(front_ends="ecotaxa.example.org")


def test_a_token_tells_who_signed_in(conn: Connection) -> None:
    amanda = given.user(conn)

    assert person_of_token(conn, token_of(amanda, KEY), key=KEY, policy="strict") == amanda


def test_ecotaxas_own_front_end_signs_tokens_too(conn: Connection) -> None:
    amanda = given.user(conn)
    flask_cookie = serializer(KEY).dumps({"_user_id": str(amanda.user_id), "_fresh": True})

    assert person_of_token(conn, flask_cookie, key=KEY, policy="strict") == amanda


@pytest.mark.parametrize("forged", ["", "a.b.c", "eyJ1c2VyX2lkIjoxfQ.aaaaaa.bbbbbb"])
def test_a_forged_token_is_refused(conn: Connection, forged: str) -> None:
    with pytest.raises(BadToken):
        person_of_token(conn, forged, key=KEY, policy="strict")


def test_a_new_password_revokes_earlier_tokens(conn: Connection, settings: Settings) -> None:
    amanda = given.user(conn)
    token = token_of(amanda, KEY)
    later = datetime.now(UTC) + timedelta(seconds=5)

    passwords.change(conn, amanda, "another, longer password", settings=settings, at=later)

    with pytest.raises(BadToken):
        person_of_token(conn, token, key=KEY, policy="strict")


def test_accounts_are_made_by_application_managers_only(conn: Connection) -> None:
    amanda = given.user(conn)
    new = NewUser("bo@lab.example", "Bo Newcomer", PASSWORD)

    with pytest.raises(ActRefused, match="application manager"):
        service.create(conn, new, by=amanda)
    service.create(conn, new, by=given.application_manager(conn))
    with pytest.raises(EmailTaken, match=r"BO@lab\.example"):
        service.create(conn, NewUser("BO@lab.example", "Bo Twin", PASSWORD), by=None)


def test_all_that_is_wrong_with_an_account_is_said_at_once(conn: Connection) -> None:
    with pytest.raises(BadAccount, match=r"no e-mail.*3 characters.*8 characters"):
        service.create(conn, NewUser("nobody", "X", "short"), by=None)


def test_the_first_manager_is_made_once(conn: Connection) -> None:
    settings = Settings(data=Path("/nowhere"), admin_email="chief@lab.example")

    first, password = service.ensure_first_manager(conn, settings)
    again, nothing = service.ensure_first_manager(conn, settings)

    assert first.is_application_manager
    assert password
    assert try_to_sign_in(conn, "chief@lab.example", password) == first
    assert (again, nothing) == (first, None)


def test_the_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)

    key = secret_key(settings)

    assert key == secret_key(settings)
    assert len(key) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_who_does_not_know_the_password_cannot_change_it(
    web: TestClient, shore: Connection
) -> None:
    amanda = given.user(shore)
    token = {"Authorization": f"Bearer {token_of(amanda, KEY)}"}
    theft = {"current": "a guess", "password": "a thief's password"}

    refused = web.put("/users/me/password", json=theft, headers=token)

    assert refused.status_code == 403
    assert try_to_sign_in(shore, amanda.email, PASSWORD) == amanda


def test_guesses_of_the_present_password_are_counted_like_sign_ins(
    web: TestClient, shore: Connection
) -> None:
    amanda = given.user(shore)
    token = {"Authorization": f"Bearer {token_of(amanda, KEY)}"}

    for n in range(service.FAILURES_OF_ACCOUNT):
        guess = {"current": f"guess {n}", "password": "a thief's password"}
        web.put("/users/me/password", json=guess, headers=token)

    right = {"current": PASSWORD, "password": "a thief's password"}
    assert web.put("/users/me/password", json=right, headers=token).status_code == 429


@pytest.mark.parametrize(
    ("later", "good"),
    [
        (timedelta(days=30, hours=23), True),
        (timedelta(days=31, minutes=1), False),
        (-timedelta(minutes=4), True),  # the clock of who signed it is a little ahead
        (-timedelta(minutes=6), False),
    ],
)
def test_a_token_that_was_read_before_still_grows_old(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, later: timedelta, good: bool
) -> None:
    amanda = given.user(conn)
    token = token_of(amanda, KEY)
    signed_at = session.read_token(token, KEY)[1]

    monkeypatch.setattr(session, "now", lambda: signed_at + later)

    if good:
        assert person_of_token(conn, token, key=KEY, policy="strict") == amanda
    else:
        with pytest.raises(BadToken):
            person_of_token(conn, token, key=KEY, policy="strict")


def test_a_token_that_was_read_before_is_good_with_its_own_key_only(conn: Connection) -> None:
    token = token_of(given.user(conn), KEY)
    session.read_token(token, KEY)

    for other, key in ((token, "another key"), (f"{token}A", KEY), (f"x{token}", KEY)):
        with pytest.raises(BadToken):
            session.read_token(other, key)


def test_a_person_has_so_many_preferences_and_no_more(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    amanda = given.user(conn)
    monkeypatch.setattr(service, "MOST_PREFERENCES", 2)
    service.remember(conn, amanda, 1, "filters", "a")
    service.remember(conn, amanda, 2, "filters", "b")
    service.remember(conn, amanda, 1, "filters", "c")

    with pytest.raises(BadAccount, match="2 preferences already"), conn.transaction():
        service.remember(conn, amanda, 1, "another", "d")
    with pytest.raises(BadAccount, match="4,096"):
        service.remember(conn, amanda, 1, "filters", "e" * 4097)

    service.remember(conn, amanda, 1, "filters", "")
    service.remember(conn, amanda, 1, "another", "d")
    assert service.preference(conn, amanda, 1, "another") == "d"
