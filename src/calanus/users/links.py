"""Links in letters: a secret that lets its reader do one thing, once, for a while.

Only a hash of the secret is kept: who reads the database cannot follow a link.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from calanus.kit.db import Connection
from calanus.users.queries import letters as queries
from calanus.users.types import Link, Purpose, StaleLink

HOUR = timedelta(hours=1)
LASTING = {
    Purpose.REGISTER: HOUR,
    Purpose.PASSWORD: HOUR,
    Purpose.EMAIL: HOUR,
    Purpose.PROFILE: timedelta(days=1),
}
INVITED = timedelta(days=3)


def hash_of(secret: str) -> bytes:
    """What is kept of a secret. It is long and random, so that a quick hash will do."""
    return hashlib.sha256(secret.encode()).digest()


def make(conn: Connection, link: Link, *, at: datetime, lasting: timedelta | None = None) -> str:
    """The secret of a new link."""
    secret = secrets.token_urlsafe(32)
    expires_at = at + (lasting or LASTING[link.purpose])
    queries.keep_link(conn, hash_of(secret), link, expires_at=expires_at)
    return secret


def use(conn: Connection, secret: str, *purposes: Purpose, at: datetime) -> Link:
    """What a link lets its reader do, which is hereby done: it never works again.

    Raises:
        StaleLink: used, too old, replaced, or for something else.
    """
    found = queries.use_link(conn, hash_of(secret), list(purposes), at=at)
    if found is None:
        raise StaleLink
    return found


def look(conn: Connection, secret: str, *, at: datetime) -> Link:
    """What a link would let its reader do.

    Raises:
        StaleLink: used, too old or replaced.
    """
    found = queries.look_at_link(conn, hash_of(secret), at=at)
    if found is None:
        raise StaleLink
    return found
