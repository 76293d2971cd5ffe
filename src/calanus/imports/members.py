"""Where the bytes of a package's files are, and how they are read.

This module is imported by every process that reads images, so it imports little.
"""

import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

FOLDER, ZIP, PLAIN = 0, 1, 2  # members are files; lie behind zip headers; lie as they are
STORED, DEFLATED = 0, 8
LOCAL = struct.Struct("<4s22x2H")  # of a zip's header before a member: name and extra lengths
USUAL_HEADER = 256  # bytes: a header with its name and extra, most of the time
PIECE = 2**20
ORIGINAL = "\0"  # before the name of a file that stands behind a vignette; no file is called so


class Source(NamedTuple):
    """What holds members: a folder or a file of this machine, or an archive that lies in a file."""

    path: str
    kind: int
    start: int = 0  # where an archive begins
    length: int = 0


class Member(NamedTuple):
    """A file of a package: how long it is and where its bytes are."""

    size: int
    source: int = 0  # place among the package's sources
    offset: int = 0  # in its source: of the zip's header, or of the bytes themselves
    packed: int = 0
    method: int = STORED
    crc: int = 0


class Damaged(Exception):
    """A member that cannot be read, and why."""


class Opened:
    """A file open for reading: closed when its last reader lets go."""

    def __init__(self, path: str) -> None:
        # Not to wait for the other end of a pipe, nor to be led elsewhere by a link.
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if hasattr(self, "descriptor"):
            close(self.descriptor)


@lru_cache(maxsize=4)
def opened(path: str, _identity: tuple[int, int]) -> Opened:
    """An archive, opened once for many members."""
    return Opened(path)


def archive_at(path: str) -> Opened:
    """An archive that is still the file of this name."""
    try:
        found = os.stat(path, follow_symlinks=False)
        return opened(path, (found.st_dev, found.st_ino))
    except OSError as error:
        raise Damaged(f"cannot be read ({error.strerror})") from None


def content(source: Source, name: str, member: Member) -> bytes:
    """The bytes of a member, at once: for images.

    Raises:
        Damaged: it is not what its archive or its folder said.
    """
    if source.kind != ZIP:
        return b"".join(pieces(source, name, member))
    file = archive_at(source.path)
    at = source.start + member.offset
    head = os.pread(file.descriptor, USUAL_HEADER + member.packed, at)
    start = LOCAL.size + lengths_in(head)
    packed = head[start : start + member.packed]
    if len(packed) < member.packed:
        packed = os.pread(file.descriptor, member.packed, at + start)
    return whole(packed, member)


def whole(packed: bytes, member: Member) -> bytes:
    """The content of a zip's member, never longer than its directory says."""
    data = packed
    if member.method == DEFLATED:
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.size + 1)
        except zlib.error as error:
            raise Damaged(f"damaged in the archive ({error})") from None
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise Damaged("damaged in the archive: its checksum is wrong")
    return data


def pieces(source: Source, name: str, member: Member) -> Iterator[bytes]:
    """The bytes of a member, a piece at a time; what is wrong with it may be told only at the end.

    Raises:
        Damaged: it is not what its archive or its folder said.
    """
    if source.kind == FOLDER:
        yield from of_file(os.path.join(source.path, name.removeprefix(ORIGINAL)), member.size)
    elif source.kind == PLAIN:
        file = archive_at(source.path)
        yield from span(file, source.start + member.offset, member.size)
    else:
        yield from of_zip(source, member)


def of_file(path: str, size: int) -> Iterator[bytes]:
    """A file of a folder that is no link and has not changed since it was listed."""
    try:
        file = Opened(path)
        facts = os.fstat(file.descriptor)
    except OSError as error:
        raise Damaged(f"cannot be read ({error.strerror})") from None
    if facts.st_size != size or not stat.S_ISREG(facts.st_mode):
        raise Damaged("changed while it was read; import again")
    yield from span(file, 0, size)


def span(file: Opened, start: int, length: int) -> Iterator[bytes]:
    """Some bytes of a file."""
    end = start + length
    while start < end:
        data = os.pread(file.descriptor, min(PIECE, end - start), start)
        if not data:
            raise Damaged("cut off: the file ends before it")
        start += len(data)
        yield data


def of_zip(source: Source, member: Member) -> Iterator[bytes]:
    """A member of a zip, its length and its checksum compared with the directory's."""
    file = archive_at(source.path)
    packed = span(file, data_start(source, member), member.packed)
    size = crc = 0
    for data in inflated(packed) if member.method == DEFLATED else packed:
        size += len(data)
        if size > member.size:
            break
        crc = zlib.crc32(data, crc)
        yield data
    if size != member.size or crc != member.crc:
        raise Damaged("damaged in the archive: its checksum is wrong")


def data_start(source: Source, member: Member) -> int:
    """Where the bytes of a zip's member begin, in the file that holds the zip."""
    at = source.start + member.offset
    head = os.pread(archive_at(source.path).descriptor, LOCAL.size, at)
    return at + LOCAL.size + lengths_in(head)


def lengths_in(head: bytes) -> int:
    """How much of a zip's local header follows its fixed part."""
    if len(head) < LOCAL.size or not head.startswith(b"PK\3\4"):
        raise Damaged("damaged in the archive: there is no such member where the directory says")
    _, name, extra = LOCAL.unpack_from(head)
    return name + extra


def inflated(packed: Iterator[bytes], window: int = -zlib.MAX_WBITS) -> Iterator[bytes]:
    """Deflated bytes made plain, never more than a piece at a time."""
    inflater = zlib.decompressobj(window)
    try:
        for data in packed:
            rest = data
            while rest and not inflater.eof:
                plain = inflater.decompress(rest, PIECE)
                rest = inflater.unconsumed_tail
                if plain:
                    yield plain
        while not inflater.eof and (plain := inflater.decompress(b"", PIECE)):
            yield plain
    except zlib.error as error:
        raise Damaged(f"damaged in the archive ({error})") from None
