"""Guests and organisations: cited without having a way in."""

import pytest

import given
from calanus.kit.db import Connection
from calanus.users import guests
from calanus.users import service as users
from calanus.users.types import (
    ActRefused,
    BadAccount,
    EmailTaken,
    Guest,
    GuestNotFound,
    Organisation,
    OrganisationTaken,
    Privilege,
    User,
    UserNotFound,
    WrongPassword,
)

GIL = Guest("gil@sea.example", "Gil Guest", "Sea Lab (SEA)", "France", "0000-0002-1825-0097")


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


def test_a_guest_has_no_way_in_and_holds_nothing(conn: Connection, head: User) -> None:
    gil = guests.create_guest(conn, GIL, by=head)
    project = given.project(conn)

    outcome = users.sign_in(conn, GIL.email, "", address="here", at=given.NOON)
    assert isinstance(outcome, WrongPassword)
    assert gil.user_id not in {user.user_id for user in users.list_users(conn, None)}
    assert users.search(conn, "%Guest%") == []
    with pytest.raises(UserNotFound):
        users.set_members(conn, project.project_id, {gil.user_id: Privilege.VIEW})


def test_guests_and_accounts_share_their_addresses(conn: Connection, head: User) -> None:
    guests.create_guest(conn, GIL, by=head)
    with pytest.raises(EmailTaken):
        guests.create_guest(conn, Guest("GIL@sea.example", "Another"), by=head)
    other = guests.create_guest(conn, Guest("o@sea.example", "Other One"), by=head)
    with pytest.raises(EmailTaken):
        guests.update_guest(conn, other.user_id, GIL, by=head)

    again = guests.update_guest(
        conn, other.user_id, Guest("o@sea.example", "Other Two", "Sea Lab (SEA)"), by=head
    )
    assert (again.name, again.country) == ("Other Two", None)


def test_only_who_manages_something_names_guests(conn: Connection) -> None:
    annotator, manager = given.user(conn), given.user(conn)
    given.project(conn, member=annotator)
    given.project(conn, member=manager, privilege=Privilege.MANAGE)

    with pytest.raises(ActRefused):
        guests.create_guest(conn, GIL, by=annotator)
    with pytest.raises(ActRefused):
        guests.list_organisations(conn, None, by=None)
    guests.create_guest(conn, GIL, by=users.find(conn, manager.user_id))


def test_an_account_is_no_guest(conn: Connection, head: User) -> None:
    with pytest.raises(GuestNotFound):
        guests.update_guest(conn, head.user_id, GIL, by=head)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Guest("nowhere", "Gil Guest"), "no e-mail"),
        (Guest("g@sea.example", "G"), "3 characters"),
        (Guest("g@sea.example", "Gil", country="Atlantis"), "no country"),
        (Guest("g@sea.example", "Gil", orcid="12"), "no ORCID"),
        (Guest("g@sea.example", "Gil", "x" * 513), "512"),
        (Guest("g@sea.example", "x" * 256), "255"),
    ],
)
def test_a_guest_is_somebody(conn: Connection, head: User, wrong: Guest, said: str) -> None:
    with pytest.raises(BadAccount, match=said):
        guests.create_guest(conn, wrong, by=head)


def test_an_organisation_has_one_name_in_any_case(conn: Connection, head: User) -> None:
    sea = guests.create_organisation(conn, " Sea Lab ", "EDMO:545", by=head)
    other = guests.create_organisation(conn, "Lake Lab", "", by=head)

    for name in ("sea lab", "SEA LAB"):
        with pytest.raises(OrganisationTaken):
            guests.create_organisation(conn, name, "", by=head)
        with pytest.raises(OrganisationTaken):
            guests.update_organisation(conn, other.organisation_id, name, "", by=head)

    assert guests.resolve_organisation(conn, "SEA lab") == sea
    renamed = guests.update_organisation(conn, sea.organisation_id, "Sea lab", "x", by=head)
    assert (renamed.name, renamed.directories) == ("Sea lab", "x")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Institut de la Mer de Villefranche (IMEV)", "IMEV"),
        ("Sorbonne Université - LOV", "LOV"),
        ("Sea Lab", "?"),
        ("Lab (lower)", "?"),
        ("CNRS-LOV (IMEV) ", "IMEV"),
    ],
)
def test_the_code_of_an_institution(name: str, code: str) -> None:
    assert Organisation(1, name, "").code == code
