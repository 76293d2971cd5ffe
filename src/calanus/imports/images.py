"""Images, checked and stored by processes of their own; each is decoded: that alone proves it.

This module is imported by every such process, so it imports little: no database, no numpy.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from io import BytesIO
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from calanus.files.sizes import FULL_SIZE, THUMBNAILS
from calanus.files.tar import member, write_at
from calanus.imports import members
from calanus.imports.members import Damaged, Member, Source
from calanus.imports.vignettes import Vignette, draw, size_of
from calanus.kit.pictures import eight_bits, is_turned, is_wide, upright

LONGEST_SIDE = 32_767  # pixels
LARGEST_FILE = 2**29  # bytes
HASH_BYTES = 16
FORMATS_READ = "PNG, JPEG, GIF, TIFF and BMP"
FORMATS = {
    b"\xff\xd8\xff": ("JPEG", ".jpg"),
    b"\x89PNG": ("PNG", ".png"),
    b"GIF8": ("GIF", ".gif"),
    b"II*\0": ("TIFF", ".tif"),
    b"MM\0*": ("TIFF", ".tif"),
    b"II+\0": ("TIFF", ".tif"),
    b"MM\0+": ("TIFF", ".tif"),
    b"BM": ("BMP", ".bmp"),
}
ENDINGS = ("", ".jpg", ".png", ".gif")  # of what a browser gets; none of what is no image
SHOWN_BY_BROWSERS = frozenset(ENDINGS[1:])
TURNED_BY_BROWSERS = frozenset({".jpg"})


class Task(NamedTuple):
    """One image: where its bytes are and where they go."""

    name: str  # in the package
    member: Member
    sequence: int  # gives the file its name in the pack


class Chunk(NamedTuple):
    """Images that lie one after the other in a pack."""

    sources: Mapping[int, Source]  # those that its images come from
    pack: str  # file to write into; "" checks only
    position: int  # where the header of the first image goes
    most_pixels: int
    tasks: Sequence[Task]
    vignette: Vignette | None = None  # what is to be drawn of each


class Checked(NamedTuple):
    """What an image turned out to be; `problem` says why it is none."""

    width: int = 0
    height: int = 0
    hash: bytes = b""
    thumbnails: Sequence[tuple[int, bytes]] = ()
    ending: str = ""  # of the format that it is, whatever its name
    problem: str = ""
    vignette: bytes = b""  # a file, drawn of the image, which is then what all this is about

    @property
    def shown_ending(self) -> str:
        """The ending of what a browser gets."""
        made = any(size == FULL_SIZE for size, _ in self.thumbnails)
        return ".png" if made else self.ending


class Unusable(Exception):
    """An image that cannot be stored, and why."""


def store(chunk: Chunk) -> list[Checked]:
    """Read, check and write the images of a chunk."""
    # Sizes are looked at before decoding, here; Pillow's own limit would only warn.
    Image.MAX_IMAGE_PIXELS = None
    # What can be decoded is sound, whatever Pillow thinks of a tag that it skips.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    results: list[Checked] = []
    parts: list[bytes] = []
    for task in chunk.tasks:
        data, result = b"", Checked()
        try:
            data = read(chunk, task)
            result = check(data, chunk.most_pixels, chunk.vignette)
        except Unusable as error:
            result = Checked(problem=str(error))
        results.append(result)
        if chunk.pack:
            filled = data if len(data) == task.member.size else bytes(task.member.size)
            parts.append(member(f"{task.sequence:09d}{result.ending}", filled))
    if chunk.pack:
        descriptor = os.open(chunk.pack, os.O_WRONLY)
        try:
            write_at(descriptor, b"".join(parts), chunk.position)
        finally:
            os.close(descriptor)
    return results


def read(chunk: Chunk, task: Task) -> bytes:
    """The bytes of an image."""
    try:
        return members.content(chunk.sources[task.member.source], task.name, task.member)
    except Damaged as error:
        raise Unusable(str(error)) from None


def check(data: bytes, most_pixels: int, vignette: Vignette | None = None) -> Checked:
    """What an image is, and what a screen needs to show it.

    Raises:
        Unusable: no image of a format we know, too large, or damaged.
    """
    name, ending = format_of(data)
    try:
        with Image.open(BytesIO(data), formats=(name,)) as image:
            refuse_size(image.size, most_pixels)
            if vignette:
                refuse_size(size_of(image.size, vignette), most_pixels)
            image.load()
            return examined(image, data, ending, vignette)
    except Unusable:
        raise
    except UnidentifiedImageError:  # names our buffer, not what is wrong
        raise Unusable("damaged: it begins like an image and ends too early, or is none") from None
    except Exception as error:  # Pillow raises whatever its decoders do
        raise Unusable(
            f"damaged: it cannot be decoded ({str(error) or 'no reason given'})"
        ) from None


def examined(image: Image.Image, data: bytes, ending: str, vignette: Vignette | None) -> Checked:
    """What is kept of a loaded image beside its bytes."""
    turned = is_turned(image) and ending not in TURNED_BY_BROWSERS
    foreign = ending not in SHOWN_BY_BROWSERS or is_wide(image) or turned
    seen = upright(image)
    if vignette is not None:
        seen, foreign, ending = draw(seen, vignette), False, ".png"
        data = encoded(seen, "PNG")
    return Checked(
        *seen.size,
        hash=blake2b(data, digest_size=HASH_BYTES).digest(),
        thumbnails=renditions(seen, foreign=foreign),
        ending=ending,
        vignette=b"" if vignette is None else data,
    )


def format_of(data: bytes) -> tuple[str, str]:
    """What the first bytes say an image is: Pillow's name, and the ending of a file's."""
    for sign, known in FORMATS.items():
        if data.startswith(sign):
            return known
    raise Unusable(f"not an image: {FORMATS_READ} are read" if data else "empty")


def refuse_size(size: tuple[int, int], most_pixels: int) -> None:
    """Known from the header, before anything is decoded."""
    width, height = size
    if width * height > most_pixels:
        raise Unusable(f"too large: {width} × {height} pixels, {most_pixels:,} at most")
    if max(size) > LONGEST_SIDE:
        raise Unusable(f"too large: {width} × {height} pixels, {LONGEST_SIDE:,} a side at most")


def renditions(image: Image.Image, *, foreign: bool) -> list[tuple[int, bytes]]:
    """Smaller versions of a large image, and one of full size where no browser shows it right."""
    if not foreign and max(image.size) <= THUMBNAILS[0]:
        return []
    seen = eight_bits(image)
    made = [(FULL_SIZE, encoded(seen, "PNG"))] if foreign else []
    return made + thumbnails_of(seen)


def thumbnails_of(image: Image.Image) -> list[tuple[int, bytes]]:
    """Smaller versions of a large image; the smaller ones are made from the larger ones."""
    if max(image.size) <= THUMBNAILS[0]:
        return []
    small = image.copy()
    made: list[tuple[int, bytes]] = []
    for size in THUMBNAILS:
        small.thumbnail((size, size), Image.Resampling.LANCZOS)
        made.append((size, encoded(small, "WEBP", quality=85, method=2)))
    return made


def encoded(image: Image.Image, format_: str, **how: int) -> bytes:
    """A picture as a file."""
    out = BytesIO()
    image.save(out, format_, **how)
    return out.getvalue()
