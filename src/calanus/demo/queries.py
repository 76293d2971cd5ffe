"""The SQL of the demo."""

from calanus.kit.db import Connection, execute

DEMO = 0x6361_6C61_6E75_73  # "calanus"


def lock(conn: Connection) -> None:
    """Hold the making of the demo until the transaction ends: two starts make one."""
    execute(conn, "SELECT pg_advisory_xact_lock(%(demo)s)", demo=DEMO)
