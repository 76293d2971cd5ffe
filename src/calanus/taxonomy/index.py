"""The whole tree, written once for all who ask: a page searches in it by itself."""

import gzip
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson

from calanus.kit.db import Connection
from calanus.taxonomy import service


@dataclass(frozen=True)
class Written:
    """The tree as JSON, plain and compressed, and the moment of its last change."""

    changed_at: datetime
    plain: bytes
    packed: bytes

    @property
    def etag(self) -> str:
        """Two trees that changed at the same moment are the same tree."""
        return f'W/"{self.changed_at.timestamp():.6f}"'


class TreeIndex:
    """Keeps the newest tree in memory; asks the database only whether it has changed."""

    def __init__(self) -> None:
        self._kept: Written | None = None

    def newest(self, conn: Connection) -> Written:
        """The tree as it is now: one statement when it is known, two when it has changed."""
        changed_at = service.last_change(conn)
        kept = self._kept
        if kept is None or kept.changed_at != changed_at:
            kept = write(conn, changed_at)
            self._kept = kept
        return kept


def write(conn: Connection, changed_at: datetime) -> Written:
    """The tree in parallel columns."""
    tree = service.index(conn)
    plain = orjson.dumps(asdict(tree))
    return Written(tree.updated_at or changed_at, plain, gzip.compress(plain, 6, mtime=0))
