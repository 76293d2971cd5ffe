"""Whom one cites without their having a way in: guests, and organisations."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.users import policy, queries
from calanus.users.policy import Act
from calanus.users.types import (
    BadAccount,
    EmailTaken,
    Guest,
    GuestNotFound,
    Organisation,
    OrganisationNotFound,
    OrganisationTaken,
    User,
    UserNotFound,
    is_email,
)

COUNTRIES = Path(__file__).parent / "countries.txt"
ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
LONGEST_NAME = 512
SHORTEST_NAME = 3


@cache
def countries() -> tuple[str, ...]:
    """The countries one may come from: the short names of ISO 3166."""
    return tuple(COUNTRIES.read_text("utf-8").splitlines())


def list_guests(conn: Connection, pattern: str = "%", *, by: User) -> list[User]:
    """Guests by name, `%` standing for anything, for who may cite them."""
    policy.ask(by, Act.CITE)
    return queries.guests(conn, pattern)


def find_guest(conn: Connection, user_id: int, *, by: User) -> User:
    """One guest.

    Raises:
        GuestNotFound: there is none of this id.
    """
    policy.ask(by, Act.CITE)
    found = queries.find(conn, user_id)
    if found is None or not found.guest:
        raise GuestNotFound(user_id)
    return found


def create_guest(conn: Connection, new: Guest, *, by: User) -> User:
    """Write down somebody to be cited."""
    policy.ask(by, Act.CITE)
    check_guest(new)
    if queries.find_by_email(conn, new.email):
        raise EmailTaken(new.email)
    note_organisation(conn, new.organisation)
    made = queries.find(conn, queries.insert_guest(conn, new))
    assert made is not None
    return made


def update_guest(conn: Connection, user_id: int, new: Guest, *, by: User) -> User:
    """Replace what is known of a guest."""
    guest = find_guest(conn, user_id, by=by)
    check_guest(new)
    other = queries.find_by_email(conn, new.email)
    if other and other.user_id != guest.user_id:
        raise EmailTaken(new.email)
    note_organisation(conn, new.organisation)
    queries.update_guest(conn, guest.user_id, new)
    return find_guest(conn, user_id, by=by)


def check_guest(new: Guest) -> None:
    """Refuse what cannot be cited, with all reasons."""
    reasons = reasons_against(new)
    if reasons:
        raise BadAccount(" ".join(reasons))


def reasons_against(new: Guest) -> list[str]:
    """All that is wrong with what is said of a person."""
    return [
        reason
        for wrong, reason in [
            (not is_email(new.email), f"“{new.email}” is no e-mail address."),
            (len(new.email) > 255 or len(new.name) > 255, "255 characters are the most."),
            (
                len(new.name.strip()) < SHORTEST_NAME,
                f"A name has at least {SHORTEST_NAME} characters.",
            ),
            (len(new.organisation) > LONGEST_NAME, "An organisation has 512 characters at most."),
            (
                bool(new.country) and new.country not in countries(),
                f"“{new.country}” is no country of the list: write its English short name.",
            ),
            (
                bool(new.orcid) and not ORCID.fullmatch(new.orcid or ""),
                f"“{new.orcid}” is no ORCID: it reads 0000-0002-1825-0097.",
            ),
        ]
        if wrong
    ]


def people_by_id(conn: Connection, ids: Iterable[int]) -> dict[int, User]:
    """Accounts and guests by id; unknown ids are left out."""
    return {user.user_id: user for user in queries.find_many(conn, sorted(set(ids)))}


def resolve_person(conn: Connection, named: int | str) -> User:
    """The account or guest of an id, an e-mail address or a name.

    Raises:
        UserNotFound: there is none of this id.
        BadAccount: nobody or several bear this name.
    """
    if isinstance(named, int):
        found = queries.find(conn, named)
        if found is None:
            raise UserNotFound(named)
        return found
    known = queries.named(conn, named.strip())
    if len(known) != 1:
        who = "Nobody is" if not known else f"{len(known)} people are"
        raise BadAccount(f"{who} called “{named}” here: give an e-mail address or an id.")
    return known[0]


# --- Organisations -------------------------------------------------------------------------------


def search_organisations(conn: Connection, pattern: str) -> list[Organisation]:
    """Organisations by name, `%` standing for anything."""
    return queries.organisations(conn, pattern)


def list_organisations(
    conn: Connection, ids: list[int] | None, *, by: User | None
) -> list[Organisation]:
    """Organisations by id, or all, for who may cite them."""
    policy.ask(by, Act.CITE)
    return (
        queries.organisations(conn, "%") if ids is None else queries.organisations_by_id(conn, ids)
    )


def organisations_by_id(conn: Connection, ids: Iterable[int]) -> dict[int, Organisation]:
    """Organisations by id; unknown ids are left out."""
    found = queries.organisations_by_id(conn, sorted(set(ids)))
    return {each.organisation_id: each for each in found}


def create_organisation(
    conn: Connection, name: str, directories: str, *, by: User | None
) -> Organisation:
    """Write down an organisation."""
    policy.ask(by, Act.CITE)
    made = queries.insert_organisation(conn, checked_name(name), directories.strip())
    if made is None:
        raise OrganisationTaken(name.strip())
    return organisations_by_id(conn, [made])[made]


def update_organisation(
    conn: Connection, organisation_id: int, name: str, directories: str, *, by: User
) -> Organisation:
    """Replace what is known of an organisation."""
    policy.ask(by, Act.CITE)
    if not queries.organisations_by_id(conn, [organisation_id]):
        raise OrganisationNotFound(organisation_id)
    other = queries.organisation_named(conn, checked_name(name))
    if other and other.organisation_id != organisation_id:
        raise OrganisationTaken(other.name)
    queries.update_organisation(conn, organisation_id, name.strip(), directories.strip())
    return organisations_by_id(conn, [organisation_id])[organisation_id]


def checked_name(name: str) -> str:
    """The name of an organisation, without blanks around it."""
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise CalanusError("An organisation needs a name of 1 to 512 characters.")
    return name.strip()


def resolve_organisation(conn: Connection, named: int | str) -> Organisation:
    """The organisation of an id or a name; one of a new name is written down.

    Raises:
        OrganisationNotFound: there is none of this id.
    """
    if isinstance(named, int):
        found = organisations_by_id(conn, [named]).get(named)
        if found is None:
            raise OrganisationNotFound(named)
        return found
    name = checked_name(named)
    note_organisation(conn, name)
    known = queries.organisation_named(conn, name)
    assert known is not None
    return known


def note_organisation(conn: Connection, name: str) -> None:
    """Write an organisation down unless it is known, or nothing was named."""
    if name.strip():
        queries.insert_organisation(conn, checked_name(name), "")
