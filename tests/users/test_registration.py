"""Coming in by oneself: registering, and confirming an address."""

from datetime import timedelta

import pytest

import given
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users import guests, limits
from calanus.users.types import AccountStatus, Guest
from door_house import (
    BO,
    account,
    bearer,
    door,
    head_of,
    invited,
)
from given import PASSWORD
from post_office import PostOffice, deliver, secret_in

pytest_plugins = ["door_fixtures"]


def test_where_registration_is_closed_only_application_managers_make_accounts(
    coast: Connection, shared_clone: str, settings: Settings
) -> None:
    with door(settings, shared_clone) as web:
        refused = web.post("/users/create", json=BO)
        by_amanda = web.post("/users/create", json=BO, headers=bearer(given.user(coast)))
        made = web.post("/users/create", json=BO, headers=bearer(head_of(coast)))

    assert refused.status_code == by_amanda.status_code == 403
    assert "application manager" in refused.json()["detail"]
    assert made.json()["email"] == "bo@sea.example"


def test_a_newcomer_confirms_the_address_and_comes_in(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    with door(open_house, shared_clone) as web:
        asked = web.post("/users/create", json={"id": None, "email": "bo@sea.example"})
        assert (asked.status_code, asked.json(), account(coast)) == (200, None, None)
        deliver(open_house, shared_clone)
        secret = secret_in(office.to("bo@sea.example")[0])

        link = web.post("/users/link", json={"token": secret}).json()
        made = web.post(f"/users/create?token={secret}", json=BO)
        me = web.post("/login", json={"username": "bo@sea.example", "password": BO["password"]})

    assert (link["purpose"], link["email"], link["user"]) == ("register", "bo@sea.example", None)
    assert made.json()["name"] == "Bo Newcomer"
    assert me.status_code == 200
    bo = account(coast)
    assert bo
    assert (bo.status, bo.reason) == (AccountStatus.ACTIVE, "Copepods of the bay")
    assert bo.email_confirmed_at


def test_a_link_works_once_even_for_two_who_come_at_once(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    with door(open_house, shared_clone) as web:
        secret = invited(web, office, open_house, shared_clone)
        first = web.post(f"/users/create?token={secret}", json=BO)
        again = web.post(f"/users/create?token={secret}", json=BO)

    assert (first.status_code, again.status_code) == (200, 403)
    assert "no longer works" in again.json()["detail"]


def test_a_mistake_in_the_profile_leaves_the_link_good(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    with door(open_house, shared_clone) as web:
        secret = invited(web, office, open_house, shared_clone)
        wrong = BO | {"name": "B", "organisation": "", "password": "short", "country": "Atlantis"}
        refused = web.post(f"/users/create?token={secret}", json=wrong)
        made = web.post(f"/users/create?token={secret}", json=BO)

    said = refused.json()["detail"]
    assert refused.status_code == 422
    for word in ("3 characters", "Atlantis", "organisation", "8 characters"):
        assert word in said
    assert made.status_code == 200


def test_the_link_is_for_the_address_it_was_sent_to_whatever_else_is_written(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    with door(open_house, shared_clone) as web:
        secret = invited(web, office, open_house, shared_clone)
        forged = BO | {"email": "director@sea.example"}
        web.post(f"/users/create?token={secret}", json=forged)

    assert account(coast, "director@sea.example") is None
    assert account(coast)


def test_an_old_link_no_longer_works(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    with door(open_house, shared_clone) as web:
        secret = invited(web, office, open_house, shared_clone)
        coast.execute("UPDATE links SET expires_at = expires_at - interval '1 hour'")
        late = web.post(f"/users/create?token={secret}", json=BO)

    assert late.status_code == 403
    assert account(coast) is None


def test_who_has_an_account_is_told_so_by_letter_and_nobody_else_is(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    amanda = given.user(coast)
    with door(open_house, shared_clone) as web:
        known = web.post("/users/create", json={"id": None, "email": amanda.email})
        unknown = web.post("/users/create", json={"id": None, "email": "bo@sea.example"})
    deliver(open_house, shared_clone)

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert office.subjects(amanda.email) == ["You have an account already"]


def test_a_guest_who_registers_keeps_what_they_are_cited_for(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    cited = guests.create_guest(coast, Guest("bo@sea.example", "Bo Cited"), by=head_of(coast))
    with door(open_house, shared_clone) as web:
        secret = invited(web, office, open_house, shared_clone)
        made = web.post(f"/users/create?token={secret}", json=BO)

    assert made.json()["id"] == cited.user_id
    bo = account(coast)
    assert bo
    assert not bo.guest


def test_without_confirmation_one_is_in_at_once_and_a_known_address_is_told(
    coast: Connection, shared_clone: str, settings: Settings
) -> None:
    settings = settings.model_copy(update={"registration": "open"})
    with door(settings, shared_clone) as web:
        made = web.post("/users/create", json=BO)
        again = web.post("/users/create", json=BO)

    bo = account(coast)
    assert bo
    assert made.json()["id"] == bo.user_id
    assert bo.email_confirmed_at is None
    assert again.status_code == 422


def test_confirmation_without_a_mail_server_is_said_and_the_rest_works(
    coast: Connection, shared_clone: str, settings: Settings
) -> None:
    wanted = {"registration": "open", "email_verification": True}
    with door(settings.model_copy(update=wanted), shared_clone) as web:
        refused = web.post("/users/create", json=BO)
        options = web.get("/sign_in").json()
        made = web.post("/users/create", json=BO, headers=bearer(head_of(coast)))

    assert refused.status_code == 422
    assert "sends no mail" in refused.json()["detail"]
    assert options["registration"] is False
    assert made.status_code == 200


@pytest.mark.parametrize(
    "email", ["", "bo", "bo@", "a b@sea.example", "bo@sea.example\r\nBcc: x@y"]
)
def test_what_is_no_address_gets_no_letter(
    coast: Connection, shared_clone: str, open_house: Settings, email: str
) -> None:
    with door(open_house, shared_clone) as web:
        refused = web.post("/users/create", json={"id": None, "email": email})

    assert refused.status_code == 422
    assert deliver(open_house, shared_clone) == 0


def test_letters_to_one_address_are_few(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    with door(open_house, shared_clone) as web:
        answers = [
            web.post("/users/create", json={"id": None, "email": "bo@sea.example"}).status_code
            for _ in range(limits.TO_ONE_ADDRESS + 2)
        ]
    deliver(open_house, shared_clone)

    assert answers == [200] * limits.TO_ONE_ADDRESS + [429, 429]
    assert len(office.letters) == limits.TO_ONE_ADDRESS


def test_one_place_registers_only_so_many_and_more_an_hour_later(conn: Connection) -> None:
    for _ in range(limits.FROM_ONE_PLACE):
        limits.count_place(conn, "register", "192.0.2.1", at=given.NOON)

    with pytest.raises(limits.TooOften, match="60 minutes"):
        limits.count_place(conn, "register", "192.0.2.1", at=given.NOON)
    limits.count_place(conn, "register", "192.0.2.2", at=given.NOON)
    limits.count_place(
        conn, "register", "192.0.2.1", at=given.NOON + limits.WINDOW + timedelta(seconds=1)
    )


def test_the_many_addresses_of_one_ipv6_network_are_one_place() -> None:
    assert limits.place_of("2001:db8::1") == limits.place_of("2001:db8::ffff:1")
    assert limits.place_of("2001:db8::1") != limits.place_of("2001:db8:0:1::1")
    assert limits.place_of("192.0.2.1") == "192.0.2.1"


# --- Another address -----------------------------------------------------------------------------


def test_a_new_address_is_written_once_it_is_confirmed_with_the_password(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    amanda = given.user(coast)
    moved = {"email": "amanda@sea.example", "name": amanda.name, "organisation": "Sea Lab"}
    with door(open_house, shared_clone) as web:
        web.put(f"/users/{amanda.user_id}", json=moved, headers=bearer(amanda))
        deliver(open_house, shared_clone)
        assert account(coast, "amanda@sea.example") is None
        warned = office.subjects(amanda.email)
        secret = secret_in(office.to("amanda@sea.example")[0])
        at = f"/users/activate/{amanda.user_id}/active"

        wrong = web.post(at, json={"token": secret, "password": "a guess"})
        right = web.post(at, json={"token": secret, "password": PASSWORD})
        again = web.post(at, json={"token": secret, "password": PASSWORD})

    assert warned == ["Your address is about to change"]
    assert (wrong.status_code, right.status_code, again.status_code) == (403, 200, 403)
    found = account(coast, "amanda@sea.example")
    assert found
    assert found.user_id == amanda.user_id


def test_a_link_for_one_purpose_serves_no_other(
    coast: Connection, shared_clone: str, open_house: Settings, office: PostOffice
) -> None:
    amanda = given.user(coast)
    with door(open_house, shared_clone) as web:
        web.post("/users/create", json={"id": None, "email": "bo@sea.example"})
        web.post("/users/reset_user_password", json={"email": amanda.email})
        deliver(open_house, shared_clone)
        of_bo = secret_in(office.to("bo@sea.example")[0])
        of_amanda = secret_in(office.to(amanda.email)[0])
        at = f"/users/activate/{amanda.user_id}/active"

        answers = [
            web.post(f"/users/create?token={of_amanda}", json=BO),
            web.post(f"/users/reset_user_password?token={of_bo}", json={"password": PASSWORD}),
            web.post(at, json={"token": of_amanda, "password": PASSWORD}),
            web.post(at, json={"token": of_bo, "password": PASSWORD}),
        ]

    assert [answer.status_code for answer in answers] == [403, 401, 403, 403]


def test_without_confirmation_a_new_address_counts_as_claimed(
    coast: Connection, shared_clone: str, settings: Settings
) -> None:
    amanda = given.user(coast)
    moved = {"email": "amanda@sea.example", "name": amanda.name}
    with door(settings, shared_clone) as web:
        web.put(f"/users/{amanda.user_id}", json=moved, headers=bearer(amanda))

    found = account(coast, "amanda@sea.example")
    assert found
    assert found.email_confirmed_at is None
