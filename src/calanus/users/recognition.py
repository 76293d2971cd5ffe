"""Which account belongs to somebody whom an OpenID provider vouches for."""

from datetime import datetime

from psycopg.errors import UniqueViolation

from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users import queries, registration, service
from calanus.users.openid import Identity
from calanus.users.types import (
    WAITING,
    AccountStatus,
    OpenIdRefused,
    Profile,
    User,
    is_email,
)


def recognise(conn: Connection, who: Identity, *, settings: Settings, at: datetime) -> User:
    """The open account of an identity, which is tied to it at the first sign-in.

    An account is found by its identity; else by an address of which the provider says that it has
    seen it read. Such an account may have been made by somebody else who only claimed the address:
    if nobody confirmed it here, what they know of it, password and tokens, is void from now on.

    Raises:
        OpenIdRefused: there is no account, or it is not open, or it must not be found this way.
    """
    known = queries.find_by_openid(conn, who.issuer, who.subject)
    if known is not None:
        return opened(known, settings)
    if who.email is None or not who.email_verified or not is_email(who.email):
        raise OpenIdRefused("the provider does not say that your e-mail address was confirmed.")
    user = queries.find_by_email(conn, who.email)
    if user is None or user.guest:
        return newcomer(conn, who, who.email, settings=settings, at=at)
    user = opened(user, settings)
    tie(conn, user, who, at=at)
    if user.email_confirmed_at is None:
        queries.forget_password(conn, user.user_id)
        service.sign_out_everywhere(conn, user, at=at)
    return service.acting(user, settings.policy)


def not_yet(user: User) -> OpenIdRefused:
    """Why an account may not come in, as a refusal."""
    return OpenIdRefused(WAITING[user.status])


def opened(user: User, settings: Settings) -> User:
    """An account that may come in."""
    if user.status != AccountStatus.ACTIVE:
        raise not_yet(user)
    return service.acting(user, settings.policy)


def tie(conn: Connection, user: User, who: Identity, *, at: datetime) -> None:
    """Remember whose account it is.

    Raises:
        OpenIdRefused: it is somebody else's at this provider, who had the address before.
    """
    try:
        tied = queries.tie_to_openid(conn, user.user_id, who.issuer, who.subject)
    except UniqueViolation:
        tied = False
    if not tied:
        raise OpenIdRefused(
            "this account belongs to another identity of that provider; an application "
            "manager can help."
        )
    if user.email_confirmed_at is None:
        queries.confirm_email(conn, user.user_id, user.email, at=at)


def newcomer(
    conn: Connection, who: Identity, email: str, *, settings: Settings, at: datetime
) -> User:
    """A new account without a password, or the guest of this address, who gets a way in."""
    if not settings.openid_new_accounts:
        raise OpenIdRefused(
            f"there is no account here for {email}; ask an application manager for one."
        )
    name = " ".join(who.name.split())[:255] or email.partition("@")[0]
    profile = Profile(email=email[:255], name=name)
    user = registration.admit(conn, profile, None, confirmed=True, settings=settings, at=at)
    tie(conn, user, who, at=at)
    return user
