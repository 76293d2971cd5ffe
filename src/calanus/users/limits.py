"""How often one may ask to register or for a letter: by address of the network and of mail."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from calanus.kit.db import Connection
from calanus.users.queries import letters as queries
from calanus.users.types import TooOften

WINDOW = timedelta(hours=1)
# A class of students may sit behind one address; a person needs few letters.
FROM_ONE_PLACE = 60
TO_ONE_ADDRESS = 5


def count_place(conn: Connection, what: str, place: str, *, at: datetime) -> None:
    """Count what somebody somewhere on the network asks for.

    Raises:
        TooOften: it is more than a laboratory would.
    """
    spend(conn, what, f"from:{place}", FROM_ONE_PLACE, at=at)


def count_address(conn: Connection, what: str, email: str, *, at: datetime) -> None:
    """Count letters to one address, whether or not there is an account for it.

    Raises:
        TooOften: it is more than a person would ask for.
    """
    spend(conn, what, f"to:{email.strip().lower()}", TO_ONE_ADDRESS, at=at)


def spend(conn: Connection, what: str, who: str, most: int, *, at: datetime) -> None:
    """One more, unless that is too many."""
    if queries.count_attempt(conn, what, who, at=at, since=at - WINDOW) > most:
        raise TooOften(int(WINDOW.total_seconds() // 60))


def place_of(address: str) -> str:
    """Who stands behind an address: of IPv6 a household has 2⁶⁴, so its first half counts."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and not known.ipv4_mapped:
        return f"{IPv6Address(int(known) >> 64 << 64)}/64"
    return address
