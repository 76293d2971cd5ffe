"""What must be unpacked to be read: kept in one folder meanwhile, with every limit set."""

import shutil
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from calanus.imports.members import PIECE, Damaged, archive_at, span
from calanus.imports.types import PackageRefused

RATIO_CHECKED_FROM = 64 * 2**20  # bytes: a blank picture, uncompressed, may well come from nothing
MOST_RATIO = 250  # deflate reaches 1032 on nothing but zeros; tables reach 30, images 2
LEFT_FREE = 2**30  # bytes of the disk
GZIP_WINDOW = 31  # zlib's name for: a gzip header, then deflate
MOST_BYTES = 200 * 2**30


class Unpacking:
    """A folder for what a package holds in a form that cannot be read where it lies."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self.bytes = 0
        self.files = 0

    def keep(self, data: Iterable[bytes], *, name: str, packed: int) -> Path:
        """Write these bytes to a file of their own.

        Raises:
            PackageRefused: they are more than a package may take, or made to explode.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{self.files}.part"
            self.files += 1
            with path.open("wb") as out:
                for piece in self.checked(data, name, packed):
                    out.write(piece)
        except OSError as error:
            raise PackageRefused(f"“{name}” cannot be unpacked: {error.strerror}.") from None
        return path

    def checked(self, data: Iterable[bytes], name: str, packed: int) -> Iterator[bytes]:
        """The same bytes, as long as they are not too many."""
        size = 0
        for piece in data:
            size += len(piece)
            self.bytes += len(piece)
            self.refuse(name, size, packed)
            yield piece

    def refuse(self, name: str, size: int, packed: int) -> None:
        """Stop before the disk is full."""
        if is_explosive(size, packed):
            raise explosive(name, size, packed)
        if self.bytes > self.most_bytes:
            raise PackageRefused(
                f"“{name}” takes more than {self.most_bytes:,} bytes unpacked; split it, or ask "
                "the application manager to raise max_unpacked_bytes."
            )
        if shutil.disk_usage(self.folder).free < LEFT_FREE:
            raise PackageRefused(f"The disk is too full to unpack “{name}”.")

    def clear(self) -> None:
        """Nothing of it is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


def is_explosive(size: int, packed: int) -> bool:
    """Whether so many bytes never come from so few, but by intent."""
    return size > max(RATIO_CHECKED_FROM, MOST_RATIO * packed)


def explosive(name: str, size: int, packed: int) -> PackageRefused:
    """The sentence for what is made to explode."""
    return PackageRefused(
        f"“{name}” would grow from {packed:,} to {size:,} bytes or more: that is no table and no "
        "image."
    )


def gunzipped(path: Path, size: int) -> Iterator[bytes]:
    """The plain bytes of a gzip file, which may hold several streams, and zeros after them.

    Raises:
        Damaged: it is cut off, or its checksum is wrong.
    """
    inflater = zlib.decompressobj(GZIP_WINDOW)
    try:
        for data in span(archive_at(str(path)), 0, size):
            rest = data
            while rest:
                if inflater.eof:
                    inflater = zlib.decompressobj(GZIP_WINDOW)
                yield inflater.decompress(rest, PIECE)
                rest = inflater.unconsumed_tail or inflater.unused_data.lstrip(b"\0")
        while not inflater.eof and (plain := inflater.decompress(b"", PIECE)):
            yield plain
    except zlib.error as error:
        raise Damaged(f"damaged ({error})") from None
    if not inflater.eof:
        raise Damaged("cut off: the end of the file is missing")
