"""Signing in by an OpenID provider: there and back, and every way it must not work."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from httpx2 import Response
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings
from calanus.users import guests, openid, service
from calanus.users.session import token_of
from calanus.users.types import AccountRole, AccountStatus, Guest, User
from given import KEY, PASSWORD
from provider import Provider, provider, settings_for

EMAIL = "amanda@institute.example"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def institute() -> Iterator[Provider]:
    """A provider that knows Amanda."""
    openid.remembered = openid.Remembered()
    with provider() as known:
        yield known


@pytest.fixture
def shore(shared_clone: str) -> Iterator[Connection]:
    """The database of this file's tests, in which nobody of the institute was ever here."""
    with connect(shared_clone, autocommit=True) as conn:
        conn.execute("DELETE FROM users WHERE email LIKE '%institute.example'")
        yield conn


@contextmanager
def door(settings: Settings, url: str) -> Generator[TestClient]:
    """The application in a browser that follows no redirect by itself."""
    app = create_app(settings, url)
    with TestClient(app, base_url="https://plankton.example", follow_redirects=False) as client:
        yield client


@pytest.fixture
def web(shared_clone: str, settings: Settings, institute: Provider) -> Iterator[TestClient]:
    """The application, whose people sign in at the institute."""
    with door(settings_for(settings, institute), shared_clone) as client:
        yield client


def go(web: TestClient, institute: Provider, next_: str = "/app/jobs") -> Response:
    """There and back, in one browser."""
    way_there = web.get("/openid/login", params={"next": next_}).headers["location"]
    return web.get(institute.sign_in(way_there))


def known(shore: Connection, email: str = EMAIL) -> User | None:
    """The account of an address."""
    return service.find_by_email(shore, email)


def with_address(shore: Connection, *, confirmed: bool = True) -> User:
    """An account of Amanda's address."""
    user = given.user(shore)
    shore.execute(
        "UPDATE users SET email = %s, email_confirmed_at = CASE WHEN %s THEN now() END "
        "WHERE user_id = %s",
        [EMAIL, confirmed, user.user_id],
    )
    return service.find(shore, user.user_id)


def test_somebody_new_gets_an_account_and_comes_in(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    back = go(web, institute)

    assert (back.status_code, back.headers["location"]) == (303, "/app/jobs")
    me = web.get("/users/me").json()
    assert (me["email"], me["name"], me["mail_status"]) == (EMAIL, "Amanda Sampler", True)
    cookie = next(c for c in back.headers.get_list("set-cookie") if c.startswith("session="))
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert "SameSite=lax" in cookie


def test_the_same_person_is_the_same_account_even_with_another_address(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    go(web, institute)
    first = web.get("/users/me").json()
    web.cookies.clear()
    institute.claims |= {"email": "married@institute.example"}

    go(web, institute)

    assert web.get("/users/me").json()["id"] == first["id"]
    assert known(shore, "married@institute.example") is None


def test_an_account_is_found_by_a_confirmed_address_and_keeps_its_password(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    amanda = with_address(shore)

    go(web, institute)

    assert web.get("/users/me").json()["id"] == amanda.user_id
    web.cookies.clear()
    assert web.post("/login", json={"username": EMAIL, "password": PASSWORD}).status_code == 200


def test_who_claimed_an_address_they_do_not_own_loses_every_way_in(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    claimed = with_address(shore, confirmed=False)
    thief = {"Authorization": f"Bearer {token_of(claimed, KEY)}"}
    made = web.post("/users/me/tokens", json={"name": "a back door"}, headers=thief).json()
    time.sleep(1.1)  # tokens know whole seconds

    go(web, institute)

    assert web.get("/users/me").json()["id"] == claimed.user_id
    web.cookies.clear()
    assert web.post("/login", json={"username": EMAIL, "password": PASSWORD}).status_code == 403
    personal = {"Authorization": f"Bearer {made['token']}"}
    assert web.get("/users/me", headers=thief).status_code == 401
    assert web.get("/users/me", headers=personal).status_code == 401


@pytest.mark.parametrize(
    "said", [{"email_verified": False}, {"email_verified": None}, {"email": ""}]
)
def test_an_address_that_nobody_saw_confirmed_finds_no_account(
    web: TestClient, institute: Provider, shore: Connection, said: dict[str, Any]
) -> None:
    with_address(shore)
    institute.claims |= said

    refused = go(web, institute)

    assert refused.status_code == 403
    assert "was confirmed" in refused.json()["detail"]
    assert "session" not in web.cookies


def test_an_address_that_went_to_somebody_else_there_does_not_open_the_account(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    go(web, institute)
    web.cookies.clear()
    institute.claims |= {"sub": "another-amanda"}

    refused = go(web, institute)

    assert refused.status_code == 403
    assert "another identity" in refused.json()["detail"]


def test_a_guest_gets_a_way_in(web: TestClient, institute: Provider, shore: Connection) -> None:
    head = given.application_manager(shore)
    cited = guests.create_guest(shore, Guest(EMAIL, "Amanda Cited"), by=head)

    go(web, institute)

    assert web.get("/users/me").json()["id"] == cited.user_id


def test_a_blocked_account_stays_closed(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    amanda, head = with_address(shore), given.application_manager(shore)
    closed = AccountStatus.BLOCKED
    service.appoint(shore, amanda.user_id, status=closed, role=AccountRole.USER, by=head)

    assert go(web, institute).status_code == 403


def test_where_new_people_are_not_taken_in_one_is_told_whom_to_ask(
    shared_clone: str, settings: Settings, institute: Provider, shore: Connection
) -> None:
    closed = settings_for(settings, institute, openid_new_accounts=False)
    with door(closed, shared_clone) as web:
        refused = go(web, institute)

    assert refused.status_code == 403
    assert "application manager" in refused.json()["detail"]
    assert known(shore) is None


def test_where_accounts_are_approved_somebody_new_waits(
    shared_clone: str, settings: Settings, institute: Provider, shore: Connection
) -> None:
    approving = settings_for(settings, institute, account_validation=True)
    with door(approving, shared_clone) as web:
        first, again = go(web, institute), go(web, institute)
        assert "session" not in web.cookies

    assert first.status_code == again.status_code == 403
    assert "waits for an application manager" in first.json()["detail"]
    amanda = known(shore)
    assert amanda
    assert amanda.status == AccountStatus.INACTIVE


def test_what_is_not_in_the_signed_word_is_asked_for(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    institute.userinfo = {**institute.claims}
    institute.claims = {"sub": institute.claims["sub"]}

    go(web, institute)

    assert web.get("/users/me").json()["email"] == EMAIL


def test_nobody_else_s_address_is_taken_for_it(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    institute.userinfo = {**institute.claims, "sub": "somebody else"}
    institute.claims = {"sub": institute.claims["sub"]}

    assert go(web, institute).status_code == 403


LIES: dict[str, dict[str, Any]] = {
    "of another sign-in": {"nonce": "another"},
    "for another service": {"aud": "elsewhere"},
    "for several, made for another": {"aud": ["calanus", "elsewhere"], "azp": "elsewhere"},
    "for several, not saying for whom it was made": {"aud": ["calanus", "elsewhere"]},
    "by another provider": {"iss": "https://elsewhere.example"},
    "of an hour ago": {"exp": int(time.time()) - 3600},
    "without an end": {"exp": None},
    "about nobody": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_word_that_is_not_for_us_and_of_now_is_refused(
    web: TestClient, institute: Provider, shore: Connection, lie: str
) -> None:
    institute.lies = LIES[lie]

    assert go(web, institute).status_code == 403
    assert "session" not in web.cookies


@pytest.mark.parametrize("how", ["none", "secret", "a thief's key", "a thief's key of the name"])
def test_a_word_that_the_provider_did_not_sign_is_refused(
    web: TestClient, institute: Provider, shore: Connection, how: str
) -> None:
    thief = "stolen" if how == "a thief's key" else "first"
    forged = RSAKey.generate_key(2048, {"kid": thief})
    institute.signs_with = how if how in ("none", "secret") else forged

    assert go(web, institute).status_code == 403
    assert "session" not in web.cookies


def test_a_provider_may_change_its_key(
    web: TestClient, institute: Provider, shore: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(web, institute)
    institute.key = RSAKey.generate_key(2048, {"kid": "second"})
    monkeypatch.setattr(openid, "KEYS_ANEW", 0.0)

    assert go(web, institute).status_code == 303


def test_only_the_browser_that_began_a_sign_in_ends_it(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    way_back = institute.sign_in(web.get("/openid/login").headers["location"])
    web.cookies.clear()  # another browser, to which the link was sent
    elsewhere = web.get(way_back)
    web.get("/openid/login")  # which even began one of its own
    mixed = web.get(way_back)

    assert elsewhere.status_code == mixed.status_code == 403
    assert "session" not in web.cookies


def test_a_code_works_once(web: TestClient, institute: Provider, shore: Connection) -> None:
    way_there = web.get("/openid/login").headers["location"]
    flow = web.cookies["openid"]
    way_back = institute.sign_in(way_there)
    web.get(way_back)
    web.cookies.set("openid", flow)

    assert web.get(way_back).status_code == 403


@pytest.mark.parametrize(
    "next_", ["https://thief.example", "//thief.example", "/app/../openid/logout", "/app\\@x", ""]
)
def test_one_comes_back_to_a_page_of_ours(
    web: TestClient, institute: Provider, shore: Connection, next_: str
) -> None:
    assert go(web, institute, next_).headers["location"] == "/app/"


def test_who_says_no_at_the_provider_is_back_at_the_door(
    web: TestClient, institute: Provider
) -> None:
    way_there = web.get("/openid/login").headers["location"]
    state = parse_qs(urlsplit(way_there).query)["state"][0]
    query = {"error": "access_denied", "state": state}

    back = web.get("/openid/callback", params=query, headers=PAGE)

    assert (back.status_code, back.headers["location"]) == (303, "/app/login")
    assert unquote(web.cookies["openid_said"]) == "You were not signed in: access_denied"


def test_a_provider_that_is_out_of_order_is_told_as_such(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    institute.out_of_order = True

    assert web.get("/openid/login").status_code == 502
    institute.out_of_order = False
    way_there = web.get("/openid/login").headers["location"]
    institute.out_of_order = True
    assert web.get(institute.sign_in(way_there)).status_code == 502


def test_a_wrong_secret_is_a_fault_of_the_installation(
    shared_clone: str, settings: Settings, institute: Provider
) -> None:
    wrong = settings_for(settings, institute, openid_client_secret="not it")
    with door(wrong, shared_clone) as web:
        refused = go(web, institute)

    assert refused.status_code == 502
    assert "invalid_client" in refused.json()["detail"]


def test_where_no_provider_is_set_that_is_said(shared_clone: str, settings: Settings) -> None:
    with door(settings, shared_clone) as web:
        answers = [web.get(f"/openid/{way}") for way in ("login", "callback", "logout")]
        page = web.get("/openid/login", headers=PAGE)
        said = unquote(web.cookies["openid_said"])

    assert [answer.status_code for answer in answers] == [503, 403, 503]
    assert page.headers["location"] == "/app/login"
    assert "not set up here" in said


def test_signing_out_ends_the_session_here_and_there(
    web: TestClient, institute: Provider, shore: Connection
) -> None:
    go(web, institute)

    out = web.get("/openid/logout")

    assert out.headers["location"].startswith(f"{institute.issuer}/out?client_id=calanus")
    assert "session" not in web.cookies


def test_the_door_says_who_signs_people_in(web: TestClient) -> None:
    assert web.get("/sign_in").json()["openid"] == "the Institute"
