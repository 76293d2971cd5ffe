"""The vectors of a project as one block in a file, mapped into memory; made anew at will.

The truth is in the database. A block is named after the moment when the vectors last changed, so an
old one is never read; the folder may be deleted at any time.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from secrets import token_urlsafe

import numpy as np

from calanus.features import service as features
from calanus.features.types import StoredExtractor
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.similarity.types import CacheUnwritable, Distances, ObjectIds, Vectors

# The projection of an extractor sorts its axes by what they tell: the first ones are the search
# vector, and a quarter of the memory has to be read.
COMPONENTS = 64
KEPT_OPEN = 8  # blocks
ROWS_AT_ONCE = 65_536
# What a product of 64 single-precision numbers may be off by, of the sum of both squared lengths.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Block:
    """The search vectors of the objects of a project, in order of their ids."""

    object_ids: ObjectIds
    vectors: Vectors  # mapped from the file, not read into memory

    @cached_property
    def squares(self) -> Vectors:
        """The squared lengths of the vectors."""
        return np.einsum("ij,ij->i", self.vectors, self.vectors)

    def places(self, object_ids: ObjectIds) -> ObjectIds:
        """Where objects stand, in the order given; those that have no vector are left out."""
        if not len(self.object_ids):
            return np.empty(0, np.int64)
        found = np.minimum(np.searchsorted(self.object_ids, object_ids), len(self.object_ids) - 1)
        return found[self.object_ids[found] == object_ids]

    def vector(self, object_id: int) -> Vectors | None:
        """The vector of one object."""
        places = self.places(np.array([object_id], np.int64))
        return np.array(self.vectors[places[0]]) if len(places) else None

    def nearest(self, seed: Vectors, size: int, among: ObjectIds | None) -> ObjectIds:
        """The places of the nearest vectors, exactly; ties go to the smaller id.

        A product of all vectors with the seed finds who may be among them, give or take its
        rounding; those few are measured again with care.
        """
        squares = self.squares if among is None else self.squares[among]
        if not len(squares) or not size:
            return np.empty(0, np.int64)
        rough = squares - 2 * self._products(seed, among)
        size = min(size, len(rough))
        farthest = np.partition(rough, size - 1)[size - 1]
        slack = 2 * ROUNDING * (float(squares.max()) + float(seed @ seed))
        likely = np.flatnonzero(rough <= farthest + slack)
        places = likely if among is None else among[likely]
        order = np.lexsort((self.object_ids[places], self.distances(seed, places)))
        return places[order[:size]]

    def _products(self, seed: Vectors, among: ObjectIds | None) -> Vectors:
        # By one thread: `@` would share the rows out, and wait for the slowest on a busy machine.
        if among is not None and len(among) * 4 < len(self.object_ids):
            return np.einsum("ij,j->i", self.vectors[among], seed)
        products = np.einsum("ij,j->i", self.vectors, seed)
        return products if among is None else products[among]

    def distances(self, seed: Vectors, places: ObjectIds) -> Distances:
        """How far some vectors are from the seed."""
        found = np.empty(len(places))
        for at in range(0, len(places), ROWS_AT_ONCE):
            part = self.vectors[places[at : at + ROWS_AT_ONCE]].astype(np.float64)
            found[at : at + ROWS_AT_ONCE] = np.linalg.norm(part - seed, axis=1)
        return found


@dataclass
class Blocks:
    """The blocks that a server process has open, the least recently used closed first."""

    folder: Path
    open: OrderedDict[str, Block] = field(default_factory=OrderedDict[str, Block])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, conn: Connection, project_id: ProjectId, extractor: StoredExtractor) -> Block:
        """The block of a project as its vectors are now.

        Raises:
            CacheUnwritable: it is not there and cannot be made.
        """
        moment = features.moment(conn, project_id, extractor)
        family = f"{project_id}-{extractor.extractor_id}-"
        name = f"{family}{moment}"
        with self.lock:
            if name in self.open:
                self.open.move_to_end(name)
                return self.open[name]
        try:
            path = self.folder / name
            if not path.exists():
                self.make(conn, project_id, extractor, name)
            block = read(path, min(COMPONENTS, extractor.dimensions))
        except OSError as error:
            raise CacheUnwritable(error) from error
        with self.lock:
            for old in [key for key in self.open if key.startswith(family)]:
                del self.open[old]
            self.open[name] = block
            while len(self.open) > KEPT_OPEN:
                self.open.popitem(last=False)
        return block

    def make(
        self, conn: Connection, project_id: ProjectId, extractor: StoredExtractor, name: str
    ) -> None:
        """Write a block beside its name, then give it the name; older ones of the project go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        components = min(COMPONENTS, extractor.dimensions)
        draft = self.folder / f".{token_urlsafe(8)}"
        ids: list[ObjectIds] = []
        try:
            with draft.open("wb") as file:
                for object_ids, block in features.scan(conn, project_id, extractor, components):
                    file.write(block.tobytes())
                    ids.append(object_ids)
                file.write(np.concatenate(ids).tobytes())
            draft.rename(self.folder / name)
        finally:
            draft.unlink(missing_ok=True)
        for old in self.folder.glob(f"{project_id}-{extractor.extractor_id}-*"):
            if old.name != name:
                old.unlink(missing_ok=True)


def read(path: Path, components: int) -> Block:
    """A block from its file: the vectors one after the other, then whose they are."""
    objects = path.stat().st_size // (4 * components + 8)
    if not objects:
        return Block(np.empty(0, np.int64), np.empty((0, components), np.float32))
    vectors: Vectors = np.memmap(path, np.float32, "r", shape=(objects, components))
    return Block(np.fromfile(path, np.int64, offset=objects * components * 4), vectors)
