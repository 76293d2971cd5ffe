"""A package: a zip or a folder, read member by member and never unpacked.

What a member is called decides nothing about this machine: names that are absolute, climb, or are
links, and archives made to explode, are refused before any of their content is read.
"""

import os
import stat
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, NamedTuple

from calanus.imports.types import PackageRefused

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
ENCRYPTED = 0x1
RATIO_CHECKED_FROM = 2**20  # bytes
MOST_RATIO = 250  # deflate reaches 1032 on nothing but zeros; tables reach 30, images 2
LARGEST_TABLE = 2**31  # bytes
LOCAL_HEADER = 30
PIECE = 2**16  # bytes; even those of an archive that lies grow to some megabytes only
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".bmp")


class Member(NamedTuple):
    """A file of a package: how long it is and where its bytes are. In a folder, they are at 0."""

    size: int
    offset: int = 0
    packed: int = 0
    method: int = STORED
    crc: int = 0


class Package(ABC):
    """Files by their path inside the package, with slashes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members: dict[str, Member] = {}
        self.links: set[str] = set()

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The content of a member."""

    @abstractmethod
    def copy(self, name: str, out: BinaryIO) -> None:
        """Write the content of a member into a file, little by little."""

    @property
    @abstractmethod
    def is_zip(self) -> bool:
        """Whether members lie in one file."""

    def tables(self) -> list[str]:
        """The tables EcoTaxa would read, in the order of their paths."""
        return sorted(name for name in self.members if is_table(name))

    def images(self) -> list[str]:
        """What looks like an image by its name, hidden and system files left out."""
        return sorted(filter(is_image, self.members))

    def unread(self) -> list[str]:
        """What EcoTaxa would do more with than we do."""
        return sorted(
            name
            for name in self.members
            if name.endswith("Images.zip") or name.endswith("compute_vignette.txt")
        )


def is_table(name: str) -> bool:
    """Whether a member is one of EcoTaxa's tables, by its name."""
    file = name.rpartition("/")[2]
    return file.startswith("ecotaxa") and file.endswith((".tsv", ".txt"))


def is_image(name: str) -> bool:
    """Whether a member is an image that belongs to the person rather than to a system."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and parts[-1].lower().endswith(IMAGE_ENDINGS)


def open_package(path: Path, *, most_members: int) -> Package:
    """A zip or a folder as a package.

    Raises:
        PackageRefused: neither, or an archive that cannot be trusted.
    """
    if path.is_dir():
        return Folder(path, most_members)
    if zipfile.is_zipfile(path):
        return Zip(path, most_members)
    raise PackageRefused(f"“{path.name}” is neither a folder nor a readable zip archive.")


class Folder(Package):
    """A folder on this machine. Links are seen and not followed."""

    def __init__(self, path: Path, most_members: int) -> None:
        super().__init__(path)
        for name, entry in walk(path):
            if entry.is_symlink():
                self.links.add(name)
            elif entry.is_file(follow_symlinks=False):
                self.members[name] = Member(entry.stat(follow_symlinks=False).st_size)
            if len(self.members) > most_members:
                raise too_many(path, most_members)

    @property
    def is_zip(self) -> bool:
        return False

    def read(self, name: str) -> bytes:
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW)
        with open(descriptor, "rb") as file:
            return file.read(LARGEST_TABLE)

    def copy(self, name: str, out: BinaryIO) -> None:
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW)
        with open(descriptor, "rb") as file:
            copyfileobj(file, out, PIECE)


def walk(root: Path, inside: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below a folder, by relative path; links are shown, not entered."""
    with os.scandir(root / inside) as found:
        entries = list(found)
    for entry in entries:
        name = f"{inside}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from walk(root, f"{name}/")
        else:
            yield name, entry


class Zip(Package):
    """A zip archive; its directory is read once, its members where they lie."""

    def __init__(self, path: Path, most_members: int) -> None:
        super().__init__(path)
        try:
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise PackageRefused(f"“{path.name}” is a damaged zip archive: {error}.") from None
        if len(entries) > most_members:
            raise too_many(path, most_members)
        for entry in entries:
            name = safe_name(entry)
            if name in self.members:
                raise PackageRefused(f"The archive holds two members named “{name}”.")
            if not entry.is_dir() and name:
                self.members[name] = member_of(entry)
        refuse_overlap(path, self.members)

    @property
    def is_zip(self) -> bool:
        return True

    def read(self, name: str) -> bytes:
        content = BytesIO()
        self.copy(name, content)
        return content.getvalue()

    def copy(self, name: str, out: BinaryIO) -> None:
        member = self.members[name]
        if member.size > LARGEST_TABLE:
            raise PackageRefused(f"“{name}” is larger than {LARGEST_TABLE:,} bytes.")
        with self.path.open("rb") as file:
            file.seek(member.offset)
            head = file.read(LOCAL_HEADER)
            file.seek(member.offset + LOCAL_HEADER + sum(struct.unpack("<HH", head[26:30])))
            size = crc = 0
            for piece in unpacked(file, member, name):
                size, crc = size + len(piece), zlib.crc32(piece, crc)
                if size > member.size:
                    break
                out.write(piece)
        if size != member.size or crc != member.crc:
            raise PackageRefused(f"“{name}” is damaged in the archive: its checksum is wrong.")


def unpacked(file: BinaryIO, member: Member, name: str) -> Iterator[bytes]:
    """The content of a member, from its first byte on."""
    if member.method != DEFLATED:
        for start in range(0, member.packed, PIECE):
            yield file.read(min(PIECE, member.packed - start))
        return
    inflate = zlib.decompressobj(-15)
    try:
        for start in range(0, member.packed, PIECE):
            yield inflate.decompress(file.read(min(PIECE, member.packed - start)))
    except zlib.error as error:
        raise PackageRefused(f"“{name}” is damaged in the archive: {error}.") from None


def unpack(packed: bytes, member: Member, name: str) -> bytes:
    """The content of a member, never longer than its directory says."""
    data = packed
    if member.method == DEFLATED:
        try:
            data = zlib.decompressobj(-15).decompress(packed, member.size + 1)
        except zlib.error as error:
            raise PackageRefused(f"“{name}” is damaged in the archive: {error}.") from None
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise PackageRefused(f"“{name}” is damaged in the archive: its checksum is wrong.")
    return data


def safe_name(entry: zipfile.ZipInfo) -> str:
    """The path of a member inside the package.

    Raises:
        PackageRefused: the path leads out of the package, or the member is no plain file.
    """
    name = entry.filename.replace("\\", "/").removeprefix("./")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0]:
        raise PackageRefused(f"The archive holds “{entry.filename}”, a path that leads out of it.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PackageRefused(f"The archive holds “{entry.filename}”, a link or a device.")
    return name


def member_of(entry: zipfile.ZipInfo) -> Member:
    """Where a member lies, if it can be trusted.

    Raises:
        PackageRefused: it is encrypted, packed in a rare way, or made to explode.
    """
    name = entry.filename
    if entry.flag_bits & ENCRYPTED:
        raise PackageRefused(f"“{name}” is encrypted; make the archive without a password.")
    if entry.compress_type not in (STORED, DEFLATED):
        raise PackageRefused(
            f"“{name}” is packed in a way few programs read (method {entry.compress_type}); "
            "make the archive with the usual one, deflate."
        )
    stored_otherwise = entry.compress_type == STORED and entry.file_size != entry.compress_size
    exploding = entry.file_size > max(RATIO_CHECKED_FROM, MOST_RATIO * entry.compress_size)
    if exploding or stored_otherwise:
        raise PackageRefused(
            f"“{name}” would grow from {entry.compress_size:,} to {entry.file_size:,} bytes: "
            "that is no table and no image."
        )
    return Member(
        entry.file_size, entry.header_offset, entry.compress_size, entry.compress_type, entry.CRC
    )


def refuse_overlap(path: Path, members: dict[str, Member]) -> None:
    """Members that share bytes are how small archives explode without any large ratio."""
    if sum(member.packed for member in members.values()) > path.stat().st_size:
        raise PackageRefused(f"The members of “{path.name}” overlap: the archive is not genuine.")


def too_many(path: Path, most: int) -> PackageRefused:
    """The sentence for a package of too many files."""
    return PackageRefused(f"“{path.name}” holds more than {most:,} files; split it.")
