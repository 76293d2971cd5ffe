"""The SQL of letters, of the links in them, and of how often one may ask for them."""

from datetime import datetime

from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value
from calanus.kit.ids import UserId
from calanus.kit.mail import Letter
from calanus.users.types import KeptLetter, Link, Purpose

KEPT = """
    letter_id, recipient, subject, body, created_at, useful_until, attempts, sent_at, given_up_at,
    trouble
"""


def keep(conn: Connection, letter: Letter, *, at: datetime, useful_until: datetime) -> None:
    """A letter to be sent, in the transaction of its cause."""
    sql = """
        INSERT INTO letters (recipient, subject, body, created_at, useful_until, next_at)
        VALUES (%(to)s, %(subject)s, %(text)s, %(at)s, %(until)s, %(at)s)
    """
    execute(conn, sql, **vars(letter), at=at, until=useful_until)


def take_due(conn: Connection, *, at: datetime) -> KeptLetter | None:
    """The oldest letter that is due, locked; one that another worker holds is passed by."""
    sql = f"""
        SELECT {KEPT} FROM letters
         WHERE next_at <= %(at)s AND sent_at IS NULL AND given_up_at IS NULL
         ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
    """
    return fetch_one(conn, KeptLetter, sql, at=at)


def mark_sent(conn: Connection, letter_id: int, *, at: datetime) -> None:
    """Sent: its words, which may hold a secret, are forgotten."""
    sql = """
        UPDATE letters SET sent_at = %(at)s, body = '', trouble = NULL, attempts = attempts + 1
         WHERE letter_id = %(letter_id)s
    """
    execute(conn, sql, letter_id=letter_id, at=at)


def put_off(conn: Connection, letter_id: int, trouble: str, *, until: datetime) -> None:
    """To be tried again later."""
    sql = """
        UPDATE letters SET next_at = %(until)s, trouble = %(trouble)s, attempts = attempts + 1
         WHERE letter_id = %(letter_id)s
    """
    execute(conn, sql, letter_id=letter_id, trouble=trouble, until=until)


def give_up(conn: Connection, letter_id: int, trouble: str, *, at: datetime) -> None:
    """Not to be tried again; that it was not sent stays written."""
    sql = """
        UPDATE letters
           SET given_up_at = %(at)s, trouble = %(trouble)s, body = '', attempts = attempts + 1
         WHERE letter_id = %(letter_id)s
    """
    execute(conn, sql, letter_id=letter_id, trouble=trouble, at=at)


def unsent(conn: Connection) -> list[KeptLetter]:
    """Letters that wait or were given up, the newest first."""
    sql = f"SELECT {KEPT} FROM letters WHERE sent_at IS NULL ORDER BY letter_id DESC LIMIT 1000"
    return fetch_all(conn, KeptLetter, sql)


def forget_old(conn: Connection, *, letters_of: datetime, at: datetime) -> None:
    """Erase old letters, links past their time and counts of yesterday."""
    execute(conn, "DELETE FROM letters WHERE created_at < %(old)s", old=letters_of)
    execute(conn, "DELETE FROM links WHERE expires_at < %(at)s", at=at)
    sql = "DELETE FROM attempts WHERE began_at < %(at)s - interval '1 day'"
    execute(conn, sql, at=at)


# --- Links ---------------------------------------------------------------------------------------


def keep_link(conn: Connection, link_hash: bytes, link: Link, *, expires_at: datetime) -> None:
    """A new link; those of the same purpose that the account had before it no longer work."""
    sql = "DELETE FROM links WHERE purpose = %(purpose)s AND user_id = %(user_id)s"
    execute(conn, sql, purpose=link.purpose, user_id=link.user_id)
    sql = """
        INSERT INTO links (link_hash, purpose, email, user_id, expires_at)
        VALUES (%(hash)s, %(purpose)s, %(email)s, %(user_id)s, %(expires_at)s)
    """
    execute(conn, sql, hash=link_hash, **vars(link), expires_at=expires_at)


def use_link(
    conn: Connection, link_hash: bytes, purposes: list[Purpose], *, at: datetime
) -> Link | None:
    """Take a link out of use: of two who come at once, one finds nothing."""
    sql = """
        DELETE FROM links
         WHERE link_hash = %(hash)s AND purpose = ANY(%(purposes)s) AND expires_at > %(at)s
        RETURNING purpose, email, user_id
    """
    wanted = [str(purpose) for purpose in purposes]
    return fetch_one(conn, Link, sql, hash=link_hash, purposes=wanted, at=at)


def look_at_link(conn: Connection, link_hash: bytes, *, at: datetime) -> Link | None:
    """What a link is for, leaving it in use."""
    sql = """
        SELECT purpose, email, user_id FROM links
         WHERE link_hash = %(hash)s AND expires_at > %(at)s
    """
    return fetch_one(conn, Link, sql, hash=link_hash, at=at)


def drop_links(conn: Connection, user_id: UserId) -> None:
    """An account whose password is new needs no link for one, nor one somebody else asked for."""
    sql = "DELETE FROM links WHERE user_id = %(user_id)s AND purpose IN ('password', 'email')"
    execute(conn, sql, user_id=user_id)


# --- How often -----------------------------------------------------------------------------------


def count_attempt(conn: Connection, what: str, who: str, *, at: datetime, since: datetime) -> int:
    """One more, and how many that makes since the first of them; after a while one begins anew."""
    sql = """
        INSERT INTO attempts AS a (what, who, began_at, made) VALUES (%(what)s, %(who)s, %(at)s, 1)
        ON CONFLICT (what, who) DO UPDATE
           SET made = CASE WHEN a.began_at > %(since)s THEN a.made + 1 ELSE 1 END,
               began_at = CASE WHEN a.began_at > %(since)s THEN a.began_at ELSE %(at)s END
        RETURNING made
    """
    return int(fetch_value(conn, sql, what=what, who=who, at=at, since=since))
