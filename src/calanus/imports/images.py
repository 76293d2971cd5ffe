"""Images, checked and stored by processes of their own; each is decoded: that alone proves it.

This module is imported by every such process, so it imports little: no database, no numpy.
"""

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from typing import NamedTuple

from PIL import Image

from calanus.files.tar import member, write_at

LONGEST_SIDE = 32_767  # pixels
THUMBNAILS = (320, 160, 64)  # pixels; only of images that are larger than the first
LOCAL_HEADER = 30
NAME_AND_EXTRAS = 256  # bytes that usually follow it at most
HASH_BYTES = 16
FORMATS = {b"\xff\xd8\xff": ("JPEG", ".jpg"), b"\x89PN": ("PNG", ".png"), b"GIF": ("GIF", ".gif")}
REFUSED = {
    b"II*": "a TIFF image; convert it to PNG",
    b"MM\0": "a TIFF image; convert it to PNG",
    b"BM": "a BMP image; convert it to PNG",
}
WIDE_MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N", "F"})


class Task(NamedTuple):
    """One image: where its bytes are and where they go."""

    name: str  # in the package
    size: int
    offset: int
    packed: int
    method: int
    crc: int
    sequence: int  # gives the file its name in the pack


class Chunk(NamedTuple):
    """Images that lie one after the other in a pack."""

    package: str
    is_zip: bool
    pack: str  # file to write into; "" checks only
    position: int  # where the header of the first image goes
    most_pixels: int
    tasks: Sequence[Task]


class Checked(NamedTuple):
    """What an image turned out to be; `problem` says why it is none."""

    width: int = 0
    height: int = 0
    hash: bytes = b""
    thumbnails: Sequence[tuple[int, bytes]] = ()
    problem: str = ""


class Unusable(Exception):
    """An image that cannot be stored, and why."""


def store(chunk: Chunk) -> list[Checked]:
    """Read, check and write the images of a chunk."""
    # Sizes are looked at before decoding, here; Pillow's own limit would only warn.
    Image.MAX_IMAGE_PIXELS = None
    results: list[Checked] = []
    parts: list[bytes] = []
    for task in chunk.tasks:
        data, result, ending = b"", Checked(), ""
        try:
            data = read(chunk, task)
            result, ending = check(data, chunk.most_pixels)
        except Unusable as error:
            result = Checked(problem=str(error))
        results.append(result)
        if chunk.pack:
            filled = data if len(data) == task.size else bytes(task.size)
            parts.append(member(f"{task.sequence:09d}{ending}", filled))
    if chunk.pack:
        descriptor = os.open(chunk.pack, os.O_WRONLY)
        try:
            write_at(descriptor, b"".join(parts), chunk.position)
        finally:
            os.close(descriptor)
    return results


def read(chunk: Chunk, task: Task) -> bytes:
    """The bytes of an image."""
    if not chunk.is_zip:
        return read_file(os.path.join(chunk.package, task.name), task.size)
    archive = opened(chunk.package).descriptor
    # Most often one call brings it all: a longer name or more extras are rare. A memory map would
    # count every page it ever showed as this process's.
    data = os.pread(archive, LOCAL_HEADER + NAME_AND_EXTRAS + task.packed, task.offset)
    start = LOCAL_HEADER + sum(struct.unpack_from("<HH", data, 26))
    data = data[start : start + task.packed]
    if len(data) < task.packed:
        data = os.pread(archive, task.packed, task.offset + start)
    if task.method:
        try:
            data = zlib.decompressobj(-15).decompress(data, task.size + 1)
        except zlib.error as error:
            raise Unusable(f"damaged in the archive ({error})") from None
    if len(data) != task.size or zlib.crc32(data) != task.crc:
        raise Unusable("damaged in the archive: its checksum is wrong")
    return data


def read_file(path: str, size: int) -> bytes:
    """The bytes of a file that is no link and has not changed since it was listed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror})") from None
    try:
        data = os.read(descriptor, size + 1)
        while len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
            data += more
    finally:
        os.close(descriptor)
    if len(data) != size:
        raise Unusable("changed while it was read; import again")
    return data


class Archive:
    """An archive open for reading, as long as anybody holds it."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        close(self.descriptor)


opened = lru_cache(maxsize=2)(Archive)


def check(data: bytes, most_pixels: int) -> tuple[Checked, str]:
    """What an image is, and the ending its format deserves.

    Raises:
        Unusable: no image of a format we know, too large, or damaged.
    """
    known = FORMATS.get(data[:3])
    if known is None:
        raise Unusable(refusal(data))
    name, ending = known
    try:
        with Image.open(BytesIO(data), formats=(name,)) as image:
            refuse_size(image.size, most_pixels)
            image.load()
            thumbnails = thumbnails_of(image)
            width, height = image.size
    except Unusable:
        raise
    except Exception as error:  # Pillow raises whatever its decoders do
        raise Unusable(
            f"damaged: it cannot be decoded ({str(error) or 'no reason given'})"
        ) from None
    digest = blake2b(data, digest_size=HASH_BYTES).digest()
    return Checked(width, height, digest, thumbnails), ending


def refusal(data: bytes) -> str:
    """Why these bytes are not taken."""
    for sign, reason in REFUSED.items():
        if data.startswith(sign):
            return reason
    return "not an image: PNG, JPEG and GIF are read" if data else "empty"


def refuse_size(size: tuple[int, int], most_pixels: int) -> None:
    """Known from the header, before anything is decoded."""
    width, height = size
    if width * height > most_pixels:
        raise Unusable(f"too large: {width} × {height} pixels, {most_pixels:,} at most")
    if max(size) > LONGEST_SIDE:
        raise Unusable(f"too large: {width} × {height} pixels, {LONGEST_SIDE:,} a side at most")


def thumbnails_of(image: Image.Image) -> list[tuple[int, bytes]]:
    """Smaller versions of a large image; the smaller ones are made from the larger ones."""
    if max(image.size) <= THUMBNAILS[0]:
        return []
    small = shown(image)
    made: list[tuple[int, bytes]] = []
    for size in THUMBNAILS:
        small = small.copy() if small is image else small
        small.thumbnail((size, size), Image.Resampling.LANCZOS)
        out = BytesIO()
        small.save(out, "WEBP", quality=85, method=2)
        made.append((size, out.getvalue()))
    return made


def shown(image: Image.Image) -> Image.Image:
    """An image in the eight bits a screen shows."""
    if image.mode in WIDE_MODES:
        low, high = image.convert("F").getextrema()
        assert isinstance(low, float)
        assert isinstance(high, float)
        scale = 1.0 if high <= 255 else 255.0 / 65535.0 if high <= 65535 else 255.0 / high
        return image.convert("F").point(lambda value: value * scale).convert("L")
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    return image.convert("RGBA" if image.mode in ("LA", "PA") else "RGB")
