"""The SQL of tokens that people give to scripts."""

from datetime import datetime

from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value
from calanus.kit.ids import UserId
from calanus.users.types import NewToken, PersonalToken

COLUMNS = "token_id, user_id, name, scope, created_at, expires_at, last_used_at"


def insert(
    conn: Connection,
    user_id: UserId,
    token_hash: bytes,
    new: NewToken,
    *,
    at: datetime,
) -> int:
    """A new token, known by its hash."""
    sql = """
        INSERT INTO personal_tokens (user_id, name, scope, token_hash, created_at, expires_at)
        VALUES (%(user_id)s, %(name)s, %(scope)s, %(hash)s, %(at)s,
                %(at)s + make_interval(days => %(days)s))
        RETURNING token_id
    """
    values = {**vars(new), "at": at}
    return int(fetch_value(conn, sql, user_id=user_id, hash=token_hash, **values))


def listed(conn: Connection, user_id: UserId) -> list[PersonalToken]:
    """A person's tokens, the newest first."""
    sql = f"""
        SELECT {COLUMNS} FROM personal_tokens WHERE user_id = %(user_id)s ORDER BY token_id DESC
    """
    return fetch_all(conn, PersonalToken, sql, user_id=user_id)


def find(conn: Connection, token_hash: bytes) -> PersonalToken | None:
    """The token of a hash."""
    sql = f"SELECT {COLUMNS} FROM personal_tokens WHERE token_hash = %(hash)s"
    return fetch_one(conn, PersonalToken, sql, hash=token_hash)


def mark_used(conn: Connection, token_id: int, *, at: datetime) -> None:
    """When it was last used. Requests at once pass one another by: none waits to write this."""
    sql = """
        UPDATE personal_tokens SET last_used_at = %(at)s
         WHERE token_id = (
               SELECT token_id FROM personal_tokens WHERE token_id = %(token_id)s
                  FOR UPDATE SKIP LOCKED)
    """
    execute(conn, sql, token_id=token_id, at=at)


def drop(conn: Connection, user_id: UserId, token_id: int) -> bool:
    """Forget one of a person's tokens; false when there is none of this number."""
    sql = """
        DELETE FROM personal_tokens WHERE token_id = %(token_id)s AND user_id = %(user_id)s
    """
    return execute(conn, sql, token_id=token_id, user_id=user_id) == 1


def drop_all(conn: Connection, user_id: UserId) -> None:
    """Forget a person's tokens."""
    execute(conn, "DELETE FROM personal_tokens WHERE user_id = %(user_id)s", user_id=user_id)


def lock_owner(conn: Connection, user_id: UserId) -> None:
    """Two who make tokens for one account at once are counted one after the other."""
    sql = "SELECT user_id FROM users WHERE user_id = %(user_id)s FOR UPDATE"
    execute(conn, sql, user_id=user_id)
