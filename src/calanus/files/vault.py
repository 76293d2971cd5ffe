"""The vault: images in append-only packs, each an ordinary tar file, read by `pread`.

A pack belongs to whoever writes it until a transaction keeps its row; the writer holds a lock on
the file meanwhile, so that a pack without row and without lock is the leftover of a killed run.
"""

import fcntl
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from calanus.files import queries
from calanus.files.tar import BLOCK, END, member, span, write_at
from calanus.files.types import Place
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId

OPEN_PACKS = 128
LARGEST_PACK = 2**30  # bytes after which a writer had better start another pack

SIGNS = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG": ".png",
    b"GIF8": ".gif",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"II+\0": ".tif",
    b"MM\0+": ".tif",
    b"BM": ".bmp",
}


def extension(data: bytes | memoryview) -> str:
    """The ending of a file name that tells what the bytes are; "" for what is no image."""
    start = bytes(data[:12])
    for sign, ending in SIGNS.items():
        if start.startswith(sign):
            return ending
    return ".webp" if start.startswith(b"RIFF") and start.endswith(b"WEBP") else ""


class OpenPack:
    """A pack open for reading: closed when its last reader lets go, never under their hands."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)


class Vault:
    """The folder of packs, and the few of them that are open for reading."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packs = root / "packs"
        self._open: OrderedDict[str, OpenPack] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: str, position: int, length: int) -> bytes:
        """The bytes of a file: `path` is the pack's, as its row says."""
        pack = self._pack(path)
        return os.pread(pack.descriptor, length, position)

    def _pack(self, path: str) -> OpenPack:
        """A pack open for reading; one that was removed meanwhile is opened anew."""
        with self._lock:
            pack = self._open.pop(path, None)
            if pack is None or not os.fstat(pack.descriptor).st_nlink:
                pack = OpenPack(os.open(self.packs / path, os.O_RDONLY))
            self._open[path] = pack
            if len(self._open) > OPEN_PACKS:
                self._open.popitem(last=False)
            return pack


class PackWriter:
    """A new pack; leave the `with` only when the transaction that names the pack has ended.

    The pack bears its number, or a name of the writer's own when the number is given later.
    """

    def __init__(
        self, vault: Vault, project_id: ProjectId, pack_id: int, *, name: str = ""
    ) -> None:
        self.pack_id = pack_id
        self.path = f"{project_id}/{name or pack_id}.tar"
        self.file = vault.packs / self.path
        self.bytes = 0
        self.in_doubt = False  # a commit that names the pack was asked for
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._out = FileIO(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o640), "r+")
        fcntl.flock(self._out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._out.truncate(0)

    def reserve(self, length: int) -> Place:
        """Room for a file that another process will write, header included, before `finish`."""
        start = self.bytes
        self.bytes += span(length)
        return Place(self.pack_id, start + BLOCK, length)

    def append(self, name: str, data: bytes) -> Place:
        """Write a file at the end."""
        place = self.reserve(len(data))
        write_at(self._out.fileno(), member(name, data), place.position - BLOCK)
        return place

    def finish(self) -> None:
        """Complete the tar and wait until the disk holds it: call before the commit."""
        write_at(self._out.fileno(), END, self.bytes)
        self.bytes += len(END)
        os.fsync(self._out.fileno())
        synchronise(self.file.parent)

    def discard(self) -> None:
        """Remove the pack: nothing will name it."""
        self.file.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Of a commit whose answer was lost nobody knows the outcome: `remove_orphans` looks it up.
        if error is not None and not self.in_doubt:
            self.discard()
        self._out.close()


def synchronise(folder: Path) -> None:
    """Make the name of a new file as durable as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_packs(conn: Connection, project_id: ProjectId, packs: Sequence[PackWriter]) -> int:
    """Name finished packs in a project that the caller holds; the number the first one gets.

    The others follow it in order. From the commit on, the packs are the project's.
    """
    first = queries.last_pack(conn, project_id) + 1
    for number, pack in enumerate(packs, first):
        queries.insert_pack(conn, project_id, number, pack.path, pack.bytes)
    return first


def has_images(conn: Connection, project_id: ProjectId) -> bool:
    """Whether any object of a project has an image."""
    return queries.has_images(conn, project_id)


def read_images(
    conn: Connection, vault: Vault, project_id: ProjectId, object_ids: Sequence[int]
) -> Iterator[tuple[int, bytes]]:
    """The first image of each object that has one, in the order in which they lie."""
    for image in queries.first_images(conn, project_id, object_ids):
        yield image.object_id, vault.read(image.path, image.position, image.length)


def remove_orphans(conn: Connection, vault: Vault) -> int:
    """Remove the packs of killed runs: no row names them, nobody writes them. The bytes freed."""
    known = queries.known_packs(conn)
    found = [(p.relative_to(vault.packs).as_posix(), p) for p in vault.packs.glob("*/*.tar")]
    return sum(remove_orphan(conn, path, file) for path, file in found if path not in known)


def remove_orphan(conn: Connection, path: str, file: Path) -> int:
    """Remove one pack, unless somebody writes it or has just kept it."""
    with FileIO(os.open(file, os.O_RDWR), "r+") as pack:
        try:
            fcntl.flock(pack, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        if queries.is_known(conn, path):
            return 0
        size = os.fstat(pack.fileno()).st_size
        file.unlink(missing_ok=True)
        return size
