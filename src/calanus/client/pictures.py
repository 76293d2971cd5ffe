"""Images of objects: many small ones in one answer, or one as it came."""

import io
import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from calanus.client.errors import Invalid, NotFound
from calanus.client.wire import Wire

if TYPE_CHECKING:
    from PIL.Image import Image

AT_ONCE = 200  # images a request
LARGEST = 320  # pixels


def thumbnails(
    wire: Wire, project_id: int, image_ids: Sequence[int], size: int
) -> Iterator[tuple[int, bytes]]:
    """Images by their ids, no larger than so many pixels; empty where there is none."""
    if not 1 <= size <= LARGEST:
        raise Invalid(f"size is between 1 and {LARGEST} pixels; project.image(…) is a whole one.")
    for start in range(0, len(image_ids), AT_ONCE):
        wanted = ",".join(map(str, image_ids[start : start + AT_ONCE]))
        path = f"/projects/{project_id}/thumbnails"
        answer = wire.send("GET", path, params={"ids": wanted, "size": size})
        yield from unpacked(answer.data)


def unpacked(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The images of one answer: their number, ids and lengths, then all bytes."""
    (count,) = struct.unpack_from("<I", data)
    head = struct.Struct("<QI")
    place = 4 + count * head.size
    for n in range(count):
        image_id, length = head.unpack_from(data, 4 + n * head.size)
        yield image_id, data[place : place + length]
        place += length


def image_bytes(wire: Wire, object_id: int, rank: int | None, *, original: bool) -> bytes:
    """One image of an object: as a browser shows it, or the very file that was given."""
    images = wire.get(f"/object/{object_id}")["images"]
    chosen = [one for one in images if rank is None or one["imgrank"] == rank]
    if not chosen:
        told = f"an image of rank {rank}" if rank is not None else "an image"
        raise NotFound(f"Object {object_id} does not have {told}.")
    params = {"v": chosen[0]["hash"], "original": "true" if original else None}
    return wire.send("GET", f"/vault/{chosen[0]['file_name']}", params=params).data


def small(data: bytes, size: int) -> "Image":
    """Bytes as an image, made no larger than so many pixels."""
    image = opened(data)
    image.thumbnail((size, size))
    return image


def opened(data: bytes) -> "Image":
    """Bytes as an image of Pillow."""
    from PIL import Image

    return Image.open(io.BytesIO(data))
