"""Where images lie, kept in memory block by block: a page of images costs no statement.

A block holds the images of a thousand consecutive ids. It is believed for a minute, or until a URL
names another hash than the block's: ids of removed images may be given again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg_pool import ConnectionPool

from calanus.files import queries
from calanus.files.sizes import FULL_SIZE
from calanus.files.vault import Vault
from calanus.kit.db import Connection
from calanus.kit.ids import project_of_image

BLOCK = 1000  # images
KEPT = 4000  # blocks: about 200 MB when every one is full and has thumbnails
BELIEVED = 60.0  # seconds

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Location:
    """Where the bytes of one image, or of its thumbnail, lie."""

    path: str
    position: int
    length: int
    hash: str  # the first eight hexadecimal digits of the image's


@dataclass(frozen=True)
class Block:
    """A thousand ids: (image_id, pack_id, position, length, hash) in sorted columns."""

    images: Ints  # (5, images)
    thumbnails: Ints  # (5, thumbnails): image_id, size, pack_id, position, length
    paths: dict[int, str]
    loaded_at: float

    def image(self, image_id: int) -> Location | None:
        """The image itself."""
        place = int(np.searchsorted(self.images[0], image_id))
        if place == self.images.shape[1] or self.images[0, place] != image_id:
            return None
        _, pack_id, position, length, hash8 = self.images[:, place].tolist()
        return Location(self.paths[pack_id], position, length, f"{hash8:08x}")

    def thumbnail(self, image_id: int, size: int) -> Location | None:
        """The smallest thumbnail of at least this size, else the largest, else the image itself."""
        image = self.image(image_id)
        first, last = np.searchsorted(self.thumbnails[0], [image_id, image_id + 1]).tolist()
        if image is None or first == last:
            return image
        sizes = self.thumbnails[1, first:last]
        place = first + min(int(np.searchsorted(sizes, size)), last - first - 1)
        return self.made(place, image)

    def rendition(self, image_id: int) -> Location | None:
        """What a screen shows of an image at full size: the image itself, or one made of it."""
        image = self.image(image_id)
        place = int(np.searchsorted(self.thumbnails[0], image_id, side="right")) - 1
        last = self.thumbnails[:2, place].tolist() if place >= 0 else None
        return self.made(place, image) if image and last == [image_id, FULL_SIZE] else image

    def made(self, place: int, image: Location) -> Location:
        """One of the pictures that were made of an image."""
        _, _, pack_id, position, length = self.thumbnails[:, place].tolist()
        return Location(self.paths[pack_id], position, length, image.hash)


class ImageIndex:
    """All blocks of an installation, the least recently used forgotten first."""

    def __init__(
        self,
        pool: ConnectionPool[Connection],
        vault: Vault,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pool = pool
        self.vault = vault
        self.clock = clock
        self._blocks: OrderedDict[int, Block] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, image_id: int, *, size: int = FULL_SIZE, hash8: str = "") -> Location | None:
        """Where a picture of about this size lies; of size 0, the very file that was given."""
        found = look(self.block(image_id // BLOCK), image_id, size)
        if hash8 and found and found.hash != hash8:
            found = look(self.load(image_id // BLOCK), image_id, size)
        return found

    def read(self, location: Location) -> bytes:
        """The bytes at a location."""
        return self.vault.read(location.path, location.position, location.length)

    def block(self, number: int) -> Block:
        """A block that is still believed."""
        with self._lock:
            block = self._blocks.get(number)
            if block is not None:
                self._blocks.move_to_end(number)
        if block is None or self.clock() - block.loaded_at > BELIEVED:
            return self.load(number)
        return block

    def load(self, number: int) -> Block:
        """Read a block from the database."""
        with self.pool.connection() as conn:
            block = read_block(conn, number, self.clock())
        with self._lock:
            self._blocks[number] = block
            self._blocks.move_to_end(number)
            while len(self._blocks) > KEPT:
                self._blocks.popitem(last=False)
        return block


def look(block: Block, image_id: int, size: int) -> Location | None:
    """An image in one of its sizes, or as it was given."""
    if size == FULL_SIZE:
        return block.rendition(image_id)
    return block.thumbnail(image_id, size) if size else block.image(image_id)


def read_block(conn: Connection, number: int, at: float) -> Block:
    """A block as the database has it now."""
    first = number * BLOCK
    project_id, last = project_of_image(first), first + BLOCK - 1
    images = queries.image_block(conn, project_id, first, last)
    thumbnails = queries.thumbnail_block(conn, project_id, first, last)
    paths = queries.pack_paths(conn, project_id)
    return Block(columns(images), columns(thumbnails), paths, at)


def columns(rows: list[tuple[Any, ...]]) -> Ints:
    """Rows of five numbers as columns."""
    return np.array(rows, dtype=np.int64).reshape(-1, 5).T
