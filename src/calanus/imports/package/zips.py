"""The directory of a zip archive, read without its members: a file, or a part of one.

Python's own reader keeps a kilobyte a member; this one keeps nothing, and checks while it reads.
Format: PKWARE's APPNOTE 6.3, with its 64-bit extensions.
"""

import os
import stat
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from calanus.imports.members import DEFLATED, STORED, Source
from calanus.imports.package.names import decoded, safe_name, shown
from calanus.imports.package.unpacking import explosive, is_explosive
from calanus.imports.types import PackageRefused

ENTRY = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
LOCATOR = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
LONGEST_COMMENT = 65_535
ENCRYPTED, UTF8 = 0x1, 0x800
LIMIT32 = 0xFFFFFFFF
EXTRA = struct.Struct("<2H")
SIZES64, UNICODE_NAME = 0x0001, 0x7075


class Entry(NamedTuple):
    """A line of the directory."""

    name: str
    size: int
    packed: int
    offset: int
    method: int
    crc: int


class Directory(NamedTuple):
    """Where the directory lies in the file, and what its offsets count from in the archive."""

    start: int
    length: int
    origin: int


def entries(archive: Source, name: str) -> Iterator[Entry]:
    """The plain files of an archive, in the order of its directory.

    Raises:
        PackageRefused: it is damaged, or holds what cannot be trusted.
    """
    try:
        with open(archive.path, "rb", buffering=2**18) as file:
            directory = find_directory(file, archive)
            file.seek(directory.start)
            packed = 0
            for entry in lines(file, directory):
                packed += entry.packed
                if packed > archive.length:
                    raise PackageRefused(f"The members of “{name}” overlap: it is not genuine.")
                yield entry
    except (OSError, struct.error, BadZip, ValueError) as error:
        raise PackageRefused(f"“{name}” is a damaged zip archive: {error}.") from None


class BadZip(Exception):
    """What of the format is broken."""


def is_zip(archive: Source) -> bool:
    """Whether a file ends as a zip does."""
    try:
        with open(archive.path, "rb") as file:
            find_directory(file, archive)
    except BadZip:
        return False
    return True


def find_directory(file: BinaryIO, archive: Source) -> Directory:
    """The directory, found from the end of the archive."""
    length = min(archive.length, END.size + LONGEST_COMMENT)
    first = archive.start + archive.length - length
    file.seek(first)
    tail = file.read(length)
    at = end_in(tail)
    _, disk, _, _, count, size, offset, _ = END.unpack_from(tail, at)
    end = first + at
    if LIMIT32 in (size, offset) or count == 0xFFFF:
        end, size, offset = wide_end(file, archive, end) or (end, size, offset)
    origin = end - size - offset - archive.start  # not 0 when a program to unpack it stands before
    if disk not in (0, 0xFFFF) or origin < 0:
        raise BadZip("its directory is not where it says, or in another file")
    return Directory(end - size, size, origin)


def end_in(tail: bytes) -> int:
    """Where the last record of an archive stands, its comment behind it."""
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if len(tail) - at >= END.size:
            comment = END.unpack_from(tail, at)[-1]
            if at + END.size + comment == len(tail):
                return at
        at = tail.rfind(b"PK\5\6", 0, at)
    raise BadZip("its end is missing")


def wide_end(file: BinaryIO, archive: Source, end: int) -> tuple[int, int, int] | None:
    """The same in 64 bits, where numbers need them: where it stands, size and offset."""
    at = end - LOCATOR.size - END64.size
    if at < archive.start:
        return None
    file.seek(at)
    record = file.read(END64.size + LOCATOR.size)
    if not record.startswith(b"PK\6\6") or record[END64.size :][:4] != b"PK\6\7":
        return None
    *_, size, offset = END64.unpack_from(record)
    return at, size, offset


def lines(file: BinaryIO, directory: Directory) -> Iterator[Entry]:
    """The directory, line by line, folders left out."""
    left = directory.length
    while left > 0:
        fields = ENTRY.unpack(file.read(ENTRY.size))
        signature, _, _, flags, method, _, _, crc, packed, size, n, x, c, _, _, mode, at = fields
        if signature != b"PK\1\2":
            raise BadZip("its directory is broken")
        raw, extra = file.read(n), file.read(x)
        file.seek(c, os.SEEK_CUR)
        left -= ENTRY.size + n + x + c
        if LIMIT32 in (size, packed, at):
            size, packed, at = widened(extra, size, packed, at)
        told = name_of(raw, extra, utf8=bool(flags & UTF8))
        name = safe_name(told)
        kind = stat.S_IFMT(mode >> 16)
        if told.endswith(("/", "\\")) or kind == stat.S_IFDIR or not name:
            continue
        entry = Entry(name, size, packed, directory.origin + at, method, crc)
        refuse(entry, kind=kind, encrypted=bool(flags & ENCRYPTED))
        yield entry
    if left < 0:
        raise BadZip("its directory is broken")


def extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The optional fields of a line."""
    at = 0
    while at + EXTRA.size <= len(extra):
        kind, length = EXTRA.unpack_from(extra, at)
        yield kind, extra[at + EXTRA.size : at + EXTRA.size + length]
        at += EXTRA.size + length


def widened(extra: bytes, *numbers: int) -> list[int]:
    """Size, packed size and offset, those too large for 32 bits taken from where they stand."""
    field = dict(extras(extra)).get(SIZES64, b"")
    found = iter(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
    wide = [next(found, -1) if number == LIMIT32 else number for number in numbers]
    if min(wide) < 0:
        raise BadZip("a number of 64 bits is missing from its directory")
    return wide


def name_of(raw: bytes, extra: bytes, *, utf8: bool) -> str:
    """The name of a member: in UTF-8 where it says so or can be, else in that of DOS."""
    if not utf8 and UNICODE_NAME in (fields := dict(extras(extra))):
        raw = fields[UNICODE_NAME][5:] or raw
    return decoded(raw, "cp437")


def refuse(entry: Entry, *, kind: int, encrypted: bool) -> None:
    """Stop at what cannot be trusted, or read.

    Raises:
        PackageRefused: it is a link, encrypted, packed in a rare way, or made to explode.
    """
    otherwise = entry.method == STORED and entry.size != entry.packed
    if otherwise or is_explosive(entry.size, entry.packed):
        raise explosive(shown(entry.name), entry.size, entry.packed)
    if kind in (0, stat.S_IFREG) and not encrypted and entry.method in (STORED, DEFLATED):
        return
    name = shown(entry.name)
    if kind not in (0, stat.S_IFREG):
        raise PackageRefused(f"The archive holds “{name}”, a link or a device.")
    if encrypted:
        raise PackageRefused(f"“{name}” is encrypted; make the archive without a password.")
    raise PackageRefused(
        f"“{name}” is packed in a way few programs read (method {entry.method}); "
        "make the archive with the usual one, deflate."
    )
