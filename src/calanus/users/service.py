"""What people do with accounts: sign in, make one, appoint, remember preferences."""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.kit.ids import ProjectId, UserId
from calanus.kit.settings import Settings
from calanus.users import policy, queries
from calanus.users.types import (
    AccountRole,
    AccountStatus,
    BadAccount,
    EmailTaken,
    Member,
    NewUser,
    TooManyAttempts,
    User,
    UserNotFound,
    WrongPassword,
)

WINDOW = timedelta(minutes=15)
FAILURES_OF_ACCOUNT = 10
FAILURES_OF_ADDRESS = 50
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
RECENT_TAXA = 10
RECENT_PROJECTS = 5

hasher = PasswordHasher()


@cache
def nobody() -> str:
    """Verified when the account is unknown, so that both answers take the same time.

    Made when somebody signs in first, whoever that is: a hash takes a tenth of a second and 64 MB,
    which commands and jobs would spend for nothing.
    """
    return hasher.hash(secrets.token_hex())


def sign_in(
    conn: Connection,
    email: str,
    password: str,
    *,
    address: str,
    at: datetime,
    policy: str = "strict",
) -> User | CalanusError:
    """The person behind an e-mail and a password, or the error to answer with.

    The error is returned and not raised: the failure must be counted, and raising would undo that.
    """
    account, place = f"account:{email.strip().lower()}", f"address:{address}"
    since = at - WINDOW
    if (
        queries.failures_of(conn, [account], since=since) >= FAILURES_OF_ACCOUNT
        or queries.failures_of(conn, [place], since=since) >= FAILURES_OF_ADDRESS
    ):
        return TooManyAttempts(int(WINDOW.total_seconds()))
    user = queries.find_by_email(conn, email.strip())
    if not password_fits(conn, user, password) or user is None:
        queries.count_failure(conn, sorted([account, place]), at=at, since=since)
        return WrongPassword()
    queries.forget_failures(conn, [account])
    return acting(user, policy)


def password_fits(conn: Connection, user: User | None, password: str) -> bool:
    """Whether this is the password of an active account; an unknown one takes as long."""
    other = nobody()
    hashed = queries.password_hash(conn, user.user_id) if user else None
    try:
        hasher.verify(hashed or other, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    if user is None or hashed is None or user.status != AccountStatus.ACTIVE:
        return False
    if hasher.check_needs_rehash(hashed):
        queries.rehash(conn, user.user_id, hasher.hash(password))
    return True


def acting(user: User, policy: str) -> User:
    """The same person, under the policy of this installation."""
    return replace(user, policy=policy)


def find(conn: Connection, user_id: int, *, policy: str = "strict") -> User:
    """One account.

    Raises:
        UserNotFound: there is none of this id.
    """
    user = queries.find(conn, user_id)
    if user is None:
        raise UserNotFound(user_id)
    return acting(user, policy)


def find_by_email(conn: Connection, email: str, *, policy: str = "strict") -> User | None:
    """The account of an e-mail address, in any case of letters."""
    user = queries.find_by_email(conn, email)
    return acting(user, policy) if user else None


def create(conn: Connection, new: NewUser, *, by: User | None) -> User:
    """A new account, made by an application manager or by the installation itself (`by=None`)."""
    if by is not None:
        policy.ask(by, policy.Act.ADMINISTRATE)
    check_account(new)
    if queries.find_by_email(conn, new.email):
        raise EmailTaken(new.email)
    return find(conn, queries.insert(conn, new, hasher.hash(new.password)))


def check_account(new: NewUser) -> None:
    """Refuse what could not serve as an account, with all reasons."""
    local, _, domain = new.email.partition("@")
    reasons = [
        reason
        for wrong, reason in [
            (not local or not domain or " " in new.email, f"“{new.email}” is no e-mail address."),
            (len(new.email) > 255 or len(new.name) > 255, "255 characters are the most."),
            (len(new.name.strip()) < 3, "A name has at least 3 characters."),
            (
                not SHORTEST_PASSWORD <= len(new.password) <= LONGEST_PASSWORD,
                f"A password has at least {SHORTEST_PASSWORD} characters.",
            ),
        ]
        if wrong
    ]
    if reasons:
        raise BadAccount(" ".join(reasons))


def change_password(
    conn: Connection, user: User, password: str, *, current: str, at: datetime
) -> None:
    """A new password for who knows the current one; all earlier tokens are revoked.

    Raises:
        WrongPassword: the current one is not right.
        BadAccount: the new one is too short.
    """
    if not password_fits(conn, user, current):
        raise WrongPassword
    check_account(NewUser(email=user.email, name=user.name, password=password))
    queries.set_password(conn, user.user_id, hasher.hash(password), valid_from=at)


def sign_out_everywhere(conn: Connection, user: User, *, at: datetime) -> None:
    """Revoke all tokens given before this moment."""
    queries.revoke_tokens(conn, user.user_id, valid_from=at)


def give_password(
    conn: Connection, user_id: int, password: str | None, *, by: User, at: datetime
) -> None:
    """A new password for oneself, or from an application manager for anybody."""
    if by.user_id != user_id:
        policy.ask(by, policy.Act.ADMINISTRATE)
    user = find(conn, user_id)
    check_account(NewUser(email=user.email, name=user.name, password=password or ""))
    queries.set_password(conn, user.user_id, hasher.hash(password or ""), valid_from=at)


def appoint(
    conn: Connection,
    user_id: int,
    *,
    status: AccountStatus | None = None,
    role: AccountRole | None = None,
    by: User,
) -> User:
    """Block or activate an account, or change what it is; what is not said stays."""
    policy.ask(by, policy.Act.ADMINISTRATE)
    user = find(conn, user_id)
    queries.set_status(
        conn,
        user.user_id,
        user.status if status is None else status,
        user.role if role is None else role,
    )
    return find(conn, user_id)


def ensure_first_manager(conn: Connection, settings: Settings) -> tuple[User, str | None]:
    """The first application manager, made when there is none, and its password when just made."""
    present = queries.managers(conn)
    if present:
        return acting(present[0], settings.policy), None
    password = settings.admin_password or secrets.token_urlsafe(12)
    email = settings.admin_email or "admin@localhost"
    new = NewUser(email, "Application manager", password, role=AccountRole.APPLICATION_MANAGER)
    user = create(conn, new, by=None)
    return acting(user, settings.policy), None if settings.admin_password else password


def managers(conn: Connection) -> list[User]:
    """The application managers, the first made first."""
    return queries.managers(conn)


def search(conn: Connection, pattern: str) -> list[User]:
    """Active accounts by name, `%` standing for anything."""
    return queries.search(conn, pattern)


def list_users(conn: Connection, ids: list[int] | None) -> list[User]:
    """Accounts by id, or all."""
    return queries.all_users(conn) if ids is None else queries.find_many(conn, ids)


def members(conn: Connection, project_ids: list[int]) -> list[Member]:
    """Who holds what in projects."""
    return queries.members(conn, project_ids)


def set_members(conn: Connection, project_id: ProjectId, held: dict[int, str]) -> None:
    """Replace who holds what in a project."""
    known = {user.user_id for user in queries.find_many(conn, list(held)) if not user.guest}
    for user_id in held:
        if user_id not in known:
            raise UserNotFound(user_id)
    queries.set_members(conn, project_id, held)


def preference(conn: Connection, user: User, project_id: int, key: str) -> str:
    """One remembered text, or nothing."""
    return queries.preference(conn, user.user_id, project_id, key) or ""


def remember(conn: Connection, user: User, project_id: int, key: str, value: str) -> None:
    """Remember a text of a person; an empty one forgets."""
    if len(value) > 4096 or len(key) > 100:
        raise BadAccount("A preference holds 4,096 characters at most, under a name of 100.")
    if value:
        queries.set_preference(conn, user.user_id, project_id, key, value)
    else:
        queries.forget_preference(conn, user.user_id, project_id, key)


def note_recent_taxa(conn: Connection, user: User, project_id: int, taxa: list[int]) -> None:
    """Remember which taxa somebody gave last in a project: a short search looks among them."""
    ids = list(dict.fromkeys(taxa))
    queries.note_recent(conn, user.user_id, project_id, "mru", ids=ids, most=RECENT_TAXA)


def note_recent_project(conn: Connection, user: User, project_id: int) -> None:
    """Remember in which projects somebody worked last."""
    queries.note_recent(
        conn, user.user_id, 0, "recent_projects", ids=[project_id], most=RECENT_PROJECTS
    )


def recent_projects(conn: Connection, user: User) -> list[int]:
    """The projects in which somebody worked last, the last one first; some may be gone."""
    told = queries.preference(conn, user.user_id, 0, "recent_projects") or ""
    return [int(digits) for digits in re.findall(r"\d{1,9}", told)]


def user_id_of(user: User | None) -> UserId | None:
    """The id of somebody who may be nobody."""
    return user.user_id if user else None
