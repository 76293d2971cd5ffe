"""Tokens that a person gives to scripts: named, for a while, reaching as far as they must."""

import hashlib
import secrets
from datetime import datetime, timedelta

from calanus.kit.db import Connection
from calanus.users.queries import tokens as queries
from calanus.users.types import (
    BadToken,
    BeyondScope,
    NewToken,
    PersonalToken,
    Scope,
    SessionNeeded,
    TokenNotFound,
    TooManyTokens,
    User,
)

PREFIX = "calanus_"  # so that people, and searches for leaked secrets, know one when they see it
MOST = 50  # a person
LONGEST_LIFE = 3660  # days
NOTED_EVERY = timedelta(minutes=1)


# --- How far a token reaches ---------------------------------------------------------------------

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Operations that read though their method says otherwise, and one the other way about.
READING = frozenset(
    {
        "get_object_set",
        "get_object_set_summary",
        "query_object_set_parents",
        "object_set_predictions",
        "open_view",
        "object_tiles",
        "keep_list",
        "learning_set",
        "try_formulae",
        "export_object_set",
        "export_object_set_general",
        "export_object_set_backup",
        "export_object_set_summary",
        "darwin_core_format_export",
    }
)
WRITING = frozenset({"restart_job"})
ANNOTATING = frozenset(
    {
        "classify_object_set",
        "classify_auto_object_set",
        "classify_auto_mult_object_set",
        "make_batch",
        "undo_batch",
        "set_current_user_prefs",
    }
)
# What decides over the account itself asks for its owner, not for a script.
OWNERS = frozenset(
    {
        "change_password",
        "update_user",
        "sign_out_everywhere",
        "create_token",
        "revoke_token",
        "create_user",
        "activate_user",
    }
)


def needed(method: str, operation: str | None) -> Scope:
    """The least scope for an operation; one we do not know by name is judged by its method."""
    if operation in READING or (method in SAFE_METHODS and operation not in WRITING):
        return Scope.READ
    return Scope.ANNOTATE if operation in ANNOTATING else Scope.MANAGE


def check_reach(user: User, method: str, operation: str | None) -> None:
    """Pass, or say how far the token reaches.

    Raises:
        SessionNeeded: no token reaches as far as the account itself.
        BeyondScope: this one does not reach so far.
    """
    if user.scope is None:
        return
    if operation in OWNERS:
        raise SessionNeeded
    scopes = list(Scope)
    least = needed(method, operation)
    if scopes.index(user.scope) < scopes.index(least):
        raise BeyondScope(user.scope, least)


# --- What their owner does with them -------------------------------------------------------------


def hash_of(token: str) -> bytes:
    """What is kept of a token. It is long and random, so that a quick hash will do."""
    return hashlib.sha256(token.encode()).digest()


def create(
    conn: Connection, new: NewToken, *, owner: User, at: datetime
) -> tuple[PersonalToken, str]:
    """A new token, and itself, which is shown this once.

    Raises:
        TooManyTokens: there are as many as one may have.
    """
    queries.lock_owner(conn, owner.user_id)
    if len(queries.listed(conn, owner.user_id)) >= MOST:
        raise TooManyTokens(MOST)
    token = PREFIX + secrets.token_urlsafe(32)
    token_id = queries.insert(conn, owner.user_id, hash_of(token), new, at=at)
    made = next(t for t in queries.listed(conn, owner.user_id) if t.token_id == token_id)
    return made, token


def list_tokens(conn: Connection, owner: User) -> list[PersonalToken]:
    """One's own tokens, the newest first, those that have expired too."""
    return queries.listed(conn, owner.user_id)


def revoke(conn: Connection, token_id: int, *, owner: User) -> None:
    """End one of one's own tokens.

    Raises:
        TokenNotFound: there is none of this number.
    """
    if not queries.drop(conn, owner.user_id, token_id):
        raise TokenNotFound(token_id)


def revoke_all(conn: Connection, owner: User) -> None:
    """End them all."""
    queries.drop_all(conn, owner.user_id)


def is_personal(token: str) -> bool:
    """Whether this is one of these rather than one of a sign-in."""
    return token.startswith(PREFIX)


def use(conn: Connection, token: str, *, at: datetime) -> PersonalToken:
    """What is known of a token somebody asks with; that it was used is noted each minute.

    Raises:
        BadToken: forged, revoked or expired.
    """
    found = queries.find(conn, hash_of(token))
    if found is None or found.expires_at <= at:
        raise BadToken
    if found.last_used_at is None or at - found.last_used_at > NOTED_EVERY:
        queries.mark_used(conn, found.token_id, at=at)
    return found
