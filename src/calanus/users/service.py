"""What people do with accounts: sign in, make one, appoint, remember preferences."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.kit.ids import ProjectId, UserId, id_list
from calanus.kit.settings import Settings
from calanus.users import policy, queries
from calanus.users.limits import place_of
from calanus.users.queries import tokens as token_queries
from calanus.users.types import (
    AccountRole,
    AccountStatus,
    AccountWaits,
    BadAccount,
    EmailTaken,
    Member,
    NewUser,
    TooManyAttempts,
    User,
    UserNotFound,
    WrongPassword,
    is_email,
)

WINDOW = timedelta(minutes=15)
FAILURES_OF_ACCOUNT = 10
FAILURES_OF_ADDRESS = 50
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
RECENT_TAXA = 10
RECENT_PROJECTS = 5
MOST_PREFERENCES = 2000  # of one person, in all projects together

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
    tell_status: bool = False,
) -> User | CalanusError:
    """The person behind an e-mail and a password, or the error to answer with.

    The error is returned and not raised: the failure must be counted, and raising would undo that.
    Who knows the password of an account that is not open may be told so (`tell_status`). Without
    an address the failures of the account alone count.
    """
    account = f"account:{email.strip().lower()}"
    most = {account: FAILURES_OF_ACCOUNT}
    if address:
        most[f"address:{place_of(address)}"] = FAILURES_OF_ADDRESS
    since = at - WINDOW
    if any(queries.failures_of(conn, [who], since=since) >= n for who, n in most.items()):
        return TooManyAttempts(int(WINDOW.total_seconds()))
    user = queries.find_by_email(conn, email.strip())
    fits = password_fits(conn, user, password)
    if user and fits and user.status != AccountStatus.ACTIVE and tell_status:
        return AccountWaits(user)
    if user is None or not fits or user.status != AccountStatus.ACTIVE:
        queries.count_failure(conn, sorted(most), at=at, since=since)
        return WrongPassword()
    queries.forget_failures(conn, [account])
    return user


def forgive(conn: Connection, email: str) -> None:
    """Forget the failed sign-ins of an account whose owner has shown who they are."""
    queries.forget_failures(conn, [f"account:{email.strip().lower()}"])


def password_fits(conn: Connection, user: User | None, password: str) -> bool:
    """Whether this is the password of an account; an unknown one takes as long."""
    other = nobody()
    hashed = queries.password_hash(conn, user.user_id) if user else None
    try:
        hasher.verify(hashed or other, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    if user is None or hashed is None:
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
    """A new account, made by an application manager or by the installation itself (`by=None`).

    Who writes an address down for somebody answers for it: it counts as confirmed.
    """
    if by is not None:
        policy.ask(by, policy.Act.ADMINISTRATE)
    check_account(new)
    hashed = hasher.hash(new.password) if new.password else None
    if queries.find_by_email(conn, new.email):
        raise EmailTaken(new.email)
    user_id = queries.insert(conn, new, hashed)
    if user_id is None:
        raise EmailTaken(new.email)
    queries.vouch_for_email(conn, user_id)
    return find(conn, user_id)


def check_account(new: NewUser) -> None:
    """Refuse what could not serve as an account, with all reasons."""
    reasons = [
        reason
        for wrong, reason in [
            (not is_email(new.email), f"“{new.email}” is no e-mail address."),
            (len(new.email) > 255 or len(new.name) > 255, "255 characters are the most."),
            (len(new.name.strip()) < 3, "A name has at least 3 characters."),
        ]
        if wrong
    ]
    if new.password is not None:
        reasons += reasons_against_password(new.password)
    if reasons:
        raise BadAccount(" ".join(reasons))


def reasons_against_password(password: str) -> list[str]:
    """What is wrong with a password. Length is what makes one hard to guess, not odd signs."""
    if SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return []
    return [f"A password has at least {SHORTEST_PASSWORD} characters."]


def check_password(password: str) -> None:
    """Refuse a password that is too short or absurdly long."""
    reasons = reasons_against_password(password)
    if reasons:
        raise BadAccount(" ".join(reasons))


def sign_out_everywhere(conn: Connection, user: User, *, at: datetime) -> None:
    """Revoke all tokens given before this moment, those given to scripts too."""
    queries.revoke_tokens(conn, user.user_id, valid_from=at)
    token_queries.drop_all(conn, user.user_id)


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
    if status is not None and status != user.status:
        queries.set_status(conn, user.user_id, status, user.role)
    if role is not None and role != user.role:
        queries.set_role(conn, user.user_id, role)
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
        if queries.preferences(conn, user.user_id) > MOST_PREFERENCES:
            raise BadAccount(
                f"You have {MOST_PREFERENCES:,} preferences already: set some to nothing first."
            )
    else:
        queries.forget_preference(conn, user.user_id, project_id, key)


def note_recent_taxa(conn: Connection, user: User, project_id: int, taxa: list[int]) -> None:
    """Remember which taxa somebody gave last in a project: a short search looks among them."""
    note_recent(conn, user, project_id, "mru", ids=taxa, most=RECENT_TAXA)


def note_recent_project(conn: Connection, user: User, project_id: int) -> None:
    """Remember in which projects somebody worked last."""
    note_recent(conn, user, 0, "recent_projects", ids=[project_id], most=RECENT_PROJECTS)


def note_recent(
    conn: Connection, user: User, project_id: int, key: str, *, ids: list[int], most: int
) -> None:
    """Put ids before those of a remembered list, "[3, 1]", each once.

    Where they lead it already nothing is written, so that acts of one person need not wait for each
    other. What is no number in the list, were a client to have put it there, goes.
    """
    told = preference(conn, user, project_id, key)
    now = str(list(dict.fromkeys([*ids, *id_list(told)]))[:most])
    if now != told:
        remember(conn, user, project_id, key, now)


def recent_projects(conn: Connection, user: User) -> list[int]:
    """The projects in which somebody worked last, the last one first; some may be gone."""
    return id_list(preference(conn, user, 0, "recent_projects"))


def user_id_of(user: User | None) -> UserId | None:
    """The id of somebody who may be nobody."""
    return user.user_id if user else None
