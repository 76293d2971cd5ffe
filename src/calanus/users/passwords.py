"""New passwords for who knows the old one, for who reads their letters, and by a manager."""

from datetime import datetime

from calanus.kit import mail
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users import letters, limits, links, policy, queries, service, tokens
from calanus.users.queries import letters as letter_queries
from calanus.users.types import (
    AccountStatus,
    Link,
    NoMail,
    Purpose,
    StaleLink,
    StaleResetLink,
    User,
)


def ask_to_reset(conn: Connection, email: str, *, settings: Settings, at: datetime) -> None:
    """A letter to the owner of an active account; the same silence for every other address.

    Raises:
        NoMail: no letter can be sent.
        TooOften: this address was asked for several times of late.
    """
    if not mail.configured(settings):
        raise NoMail
    limits.count_address(conn, "reset", email, at=at)
    user = queries.find_by_email(conn, email.strip())
    if user is None or user.guest or user.status != AccountStatus.ACTIVE:
        return
    secret = links.make(conn, Link(Purpose.PASSWORD, user.email, user.user_id), at=at)
    letter = letters.to_reset(settings, user, secret)
    letters.post(conn, settings, letter, at=at, lasting=links.LASTING[Purpose.PASSWORD])


def reset(
    conn: Connection, secret: str, password: str, *, settings: Settings, at: datetime
) -> User:
    """A new password for the reader of a letter, who thereby confirms the address.

    Raises:
        StaleResetLink: the link no longer works.
        BadAccount: the password is too short.
    """
    service.check_password(password)
    try:
        link = links.use(conn, secret, Purpose.PASSWORD, at=at)
    except StaleLink:
        raise StaleResetLink from None
    user = queries.find(conn, link.user_id or 0)
    if user is None or user.status != AccountStatus.ACTIVE or user.email != link.email:
        raise StaleResetLink
    replace_password(conn, user, password, settings=settings, at=at)
    queries.confirm_email(conn, user.user_id, user.email, at=at)
    service.forgive(conn, user.email)
    return user


def change(
    conn: Connection, user: User, password: str, *, settings: Settings, at: datetime
) -> None:
    """A new password for who has just shown to know the present one.

    Raises:
        BadAccount: the new one is too short.
    """
    service.check_password(password)
    replace_password(conn, user, password, settings=settings, at=at)


def set_for(
    conn: Connection, user: User, password: str, *, by: User, settings: Settings, at: datetime
) -> None:
    """A new password for somebody else, by an application manager."""
    policy.ask(by, policy.Act.ADMINISTRATE)
    service.check_password(password)
    replace_password(conn, user, password, settings=settings, at=at)


def replace_password(
    conn: Connection, user: User, password: str, *, settings: Settings, at: datetime
) -> None:
    """Every way in that was given before ends: sessions, personal tokens, links in letters."""
    queries.set_password(conn, user.user_id, service.hasher.hash(password), valid_from=at)
    tokens.revoke_all(conn, user)
    letter_queries.drop_links(conn, user.user_id)
    letters.post(conn, settings, letters.password_changed(settings, user), at=at)
