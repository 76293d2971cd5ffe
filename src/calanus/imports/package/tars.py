"""The members of a tar archive, each where it lies.

Python's own reader takes headers of any length into memory, and those of the versions we run on
may be led in circles; this one reads what is needed, and only forward. Formats: v7, ustar and pax
(POSIX.1-2001), GNU's long names.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from calanus.files.tar import BLOCK
from calanus.imports.members import PLAIN, Damaged, Source
from calanus.imports.package.names import decoded, safe_name, shown
from calanus.imports.package.unpacking import explosive, is_explosive
from calanus.imports.types import PackageRefused

HEADER = struct.Struct("<100s24x12s12x8sc100s8s80x155s12x")
CHECKSUM = slice(148, 156)
LONGEST_NOTE = 2**20  # bytes: of a name, or of what is told of the member that follows
FILES, FOLDERS = (b"0", b"\0", b"7"), (b"5", b"D", b"V")
LONG_NAME, LONG_LINK = b"L", b"K"
OF_NEXT, OF_NEXT_SUN, OF_ALL = b"x", b"X", b"g"
NOTES = (LONG_NAME, LONG_LINK, OF_NEXT, OF_NEXT_SUN, OF_ALL)
KINDS = {b"1": "a link", b"2": "a link", b"S": "a file with holes", b"M": "a part of a file"}


class Entry(NamedTuple):
    """A plain file of the archive."""

    name: str
    size: int
    offset: int


class Header(NamedTuple):
    """The block before a member."""

    kind: bytes
    name: str
    size: int


class BadTar(Exception):
    """What of the format is broken."""


def is_tar(archive: Source) -> bool:
    """Whether a file begins as a tar does."""
    with open(archive.path, "rb") as file:
        file.seek(archive.start)
        try:
            return header_of(file.read(BLOCK)) is not None
        except BadTar:
            return False


def entries(archive: Source, name: str) -> Iterator[Entry]:
    """The plain files of an archive, in their order; offsets count from its start.

    Raises:
        PackageRefused: it is damaged, or holds links, devices, or paths that lead out of it.
    """
    try:
        with open(archive.path, "rb", buffering=BLOCK * 8) as file:
            yield from members(file, archive)
    except (OSError, BadTar) as error:
        raise PackageRefused(f"“{name}” is a damaged tar archive: {error}.") from None


def names(data: Iterator[bytes], name: str, packed: int) -> Iterator[str]:
    """The names of the plain files of a tar that comes unpacked, a piece at a time; if it is one.

    Raises:
        PackageRefused: it is made to explode, or holds what cannot be trusted.
    """
    stream = Stream(data, name, packed)
    try:
        for entry in members(stream, Source("", PLAIN, 0, 2**63)):
            yield entry.name
    except (Damaged, BadTar):
        return  # whoever opens it says what is wrong


class Stream:
    """Bytes that come piece by piece, read and passed over like a file, but only forward."""

    def __init__(self, data: Iterator[bytes], name: str, packed: int) -> None:
        self.data = data
        self.name = name
        self.packed = packed
        self.at = 0
        self.came = 0
        self.left = b""

    def read(self, length: int) -> bytes:
        """The next bytes, fewer at the end."""
        while len(self.left) < length and (piece := self.next()):
            self.left += piece
        found, self.left = self.left[:length], self.left[length:]
        self.at += len(found)
        return found

    def seek(self, position: int) -> None:
        """Pass over what comes before."""
        while position - self.at > len(self.left):
            self.at += len(self.left)
            self.left = self.next()
            if not self.left:
                return
        self.left = self.left[position - self.at :]
        self.at = position

    def next(self) -> bytes:
        """The next piece."""
        for piece in self.data:
            self.came += len(piece)
            if is_explosive(self.came, self.packed):
                raise explosive(self.name, self.came, self.packed)
            if piece:
                return piece
        return b""


def members(file: "BinaryIO | Stream", archive: Source) -> Iterator[Entry]:
    """One member after the other, until the empty block at the end."""
    at = archive.start
    end = archive.start + archive.length
    notes: dict[str, str] = {}
    while True:
        file.seek(at)
        header = header_of(file.read(BLOCK))
        if header is None:
            return
        size = size_told(notes, header)
        first = at + BLOCK
        at = first + size + -size % BLOCK
        if first + size > end:
            raise BadTar(f"“{shown(header.name)}” is cut off")
        if header.kind in NOTES:
            if header.kind != OF_ALL:
                notes |= note(file, header)
            continue
        entry = file_of(header, notes, size, first - archive.start)
        notes = {}
        if entry is not None:
            yield entry


def header_of(block: bytes) -> Header | None:
    """What a block says of the member after it; nothing where the archive ends."""
    if len(block) < BLOCK:
        raise BadTar("it ends too early")
    if not any(block):
        return None
    name, size, checksum, kind, _, magic, prefix = HEADER.unpack(block)
    summed = sum(block) - sum(block[CHECKSUM]) + 8 * ord(" ")
    if number(checksum) != summed:
        raise BadTar("a header's checksum is wrong")
    path = text(name)
    if magic.startswith(b"ustar\0") and (before := text(prefix)):
        path = f"{before}/{path}"
    return Header(kind, path, number(size))


def number(field: bytes) -> int:
    """A number in octal, or in 256s where it is large."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.split(b"\0")[0].strip()
    if digits and not digits.isdigit():
        raise BadTar("a header holds no number where one must be")
    try:
        return int(digits or b"0", 8)
    except ValueError:
        raise BadTar("a header holds no number where one must be") from None


def text(field: bytes) -> str:
    """A text, up to the zero that ends it."""
    return decoded(field.split(b"\0")[0], "latin-1")


def note(file: "BinaryIO | Stream", header: Header) -> dict[str, str]:
    """What is told of the member that follows: its long name, or several things."""
    if header.size > LONGEST_NOTE:
        raise BadTar(f"a note about a member takes {header.size:,} bytes")
    told = file.read(header.size)
    if len(told) < header.size:
        raise BadTar("it ends too early")
    if header.kind == LONG_NAME:
        return {"path": text(told)}
    return dict(records(told)) if header.kind != LONG_LINK else {}


def records(told: bytes) -> Iterator[tuple[str, str]]:
    """The records of a pax header: `length key=value`, each ended by a line."""
    at = 0
    while at < len(told) and told[at]:
        digits = told[at : at + 20].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        key, equals, value = told[at + len(digits) + 1 : at + length].partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise BadTar("a note about a member is broken")
        yield key.decode("latin-1"), decoded(value[:-1], "latin-1")
        at += length


def size_told(notes: dict[str, str], header: Header) -> int:
    """The length of a member; a note tells it where its header cannot."""
    told = notes.get("size", "")
    if header.kind in NOTES or not told:
        return 0 if header.kind in KINDS and header.kind != b"S" else header.size
    if not told.isdecimal() or len(told) > 20:
        raise BadTar("a note about a member is broken")
    return int(told)


def file_of(header: Header, notes: dict[str, str], size: int, offset: int) -> Entry | None:
    """A member as a plain file; nothing for a folder.

    Raises:
        PackageRefused: it is anything else, or its path leads out of the package.
    """
    told = notes.get("path", header.name)
    name = safe_name(told)
    holes = any(key.startswith("GNU.sparse") for key in notes)
    if header.kind not in (*FILES, *FOLDERS) or holes:
        kind = KINDS[b"S"] if holes else KINDS.get(header.kind, "a device or a pipe")
        reason = f"The archive holds “{shown(told)}”, {kind}: only plain files are read."
        raise PackageRefused(reason)
    if header.kind in FOLDERS or not name or told.endswith("/"):
        return None
    return Entry(name, size, offset)
