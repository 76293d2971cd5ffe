"""Free numbers by column: a file for each that somebody ordered or filtered by.

In the database the numbers of an object lie together, and to read one of each means to read them
all. A file is of one version of a project's values (`queries.version`) and is never changed: when
values were written there is another version, and another file. All files may go at any time.
"""

import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import numpy as np

from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.objects import queries
from calanus.objects.queries import Places, Values

MAGIC = np.frombuffer(b"CALANUS1", "<u8")[0]
HEADER = 16  # bytes: the magic, how many objects
AN_OBJECT = 16  # bytes: value, place, rank
CHUNK = 10_000_000  # objects read at once; of a table in no order, each time all of it is read
SMALL = 1_000_000  # objects of a column that is kept without a file
OPEN = 64  # files kept open


@dataclass(frozen=True)
class Column:
    """One free number of all objects of a project.

    `values` and `places` are parallel, by place; `upwards` are the indices of both by value, then
    place, the missing ones last.
    """

    values: Values
    places: Places
    upwards: Places

    def of(self, places: Places) -> Values:
        """The values of some objects; missing for those that are not here."""
        if not len(self.places):
            return np.full(len(places), np.nan)
        at = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        return np.where(self.places[at] == places, self.values[at], np.nan)


Key = tuple[ProjectId, int, int]  # project, version of its values, which number


@dataclass
class Columns:
    """The columns of an installation, as one process has them open."""

    folder: Path | None = None  # none: nothing is kept but in memory
    open: OrderedDict[Key, Column] = field(default_factory=OrderedDict[Key, Column])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, conn: Connection, project_id: ProjectId, version: int, number: int
    ) -> Column | None:
        """A column as it is at a version; nothing when something was written while it was read."""
        key = (project_id, version, number)
        with self.lock:
            found = self.open.get(key)
            if found:
                self.open.move_to_end(key)
                return found
        found = self.read(key)
        if found is None:
            read = gathered(conn, project_id, number)
            if queries.version(conn, project_id).values != version:
                return None
            found = self.write(key, read)
        if self.folder is not None or len(found.values) <= SMALL:
            self.keep(key, found)
        return found

    def keep(self, key: Key, column: Column) -> None:
        """Have a column at hand, and no older one of its project."""
        with self.lock:
            for other in [k for k in self.open if k[0] == key[0] and k[1] != key[1]]:
                del self.open[other]
            self.open[key] = column
            while len(self.open) > OPEN:
                self.open.popitem(last=False)

    def path(self, key: Key) -> Path:
        """Where a column lies; there is a folder."""
        assert self.folder is not None
        return self.folder / f"{key[0]}" / f"{key[1]}" / f"n{key[2]:03d}"

    def read(self, key: Key) -> Column | None:
        """A column from its file, mapped; nothing when there is none, or only half of it."""
        if self.folder is None:
            return None
        try:
            data = np.memmap(self.path(key), np.uint8, "r")
            magic, count = data[:HEADER].view("<u8").tolist()
        except (OSError, ValueError):
            return None
        if magic != MAGIC or len(data) != HEADER + AN_OBJECT * count:
            return None
        whole = np.asarray(data[HEADER:])
        values, rest = whole[: 8 * count], whole[8 * count :]
        places, upwards = rest[: 4 * count], rest[4 * count :]
        return Column(values.view("<f8"), places.view("<u4"), upwards.view("<u4"))

    def write(self, key: Key, column: Column) -> Column:
        """Keep a column; where that fails (no room, no right) it is in memory alone."""
        if self.folder is None:
            return column
        path = self.path(key)
        draft = self.folder / f".{token_hex(6)}.draft"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.forget_others(path.parent)
            with draft.open("wb") as file:
                for part in parts(column):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except OSError:
            with suppress(OSError):
                draft.unlink()
            return column
        return self.read(key) or column

    def forget_others(self, kept: Path) -> None:
        """Remove what is of other versions, and what nobody finished."""
        for other in kept.parent.iterdir():
            if other != kept:
                shutil.rmtree(other, ignore_errors=True)
        for draft in kept.parent.parent.glob(".*.draft"):
            if draft.stat().st_mtime < kept.stat().st_mtime - 3600:
                draft.unlink(missing_ok=True)


def parts(column: Column) -> Iterator[bytes]:
    """A column as it lies in its file."""
    yield np.array([MAGIC, len(column.values)], "<u8").tobytes()
    yield column.values.astype("<f8").tobytes()
    yield column.places.astype("<u4").tobytes()
    yield column.upwards.astype("<u4").tobytes()


def gathered(conn: Connection, project_id: ProjectId, number: int) -> Column:
    """A column from the database, ten million objects at a time."""
    last = queries.last_place(conn, project_id)
    chunks = [
        queries.column(conn, project_id, number, first, first + CHUNK)
        for first in range(0, last + 1, CHUNK)
    ]
    nothing = (np.zeros(0, np.uint32), np.zeros(0))
    places = np.concatenate([nothing[0], *[places for places, _ in chunks]])
    values = np.concatenate([nothing[1], *[values for _, values in chunks]])
    return Column(values, places, np.argsort(values, kind="stable").astype(np.uint32))
