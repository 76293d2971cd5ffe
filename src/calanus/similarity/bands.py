"""Look-alikes side by side in an order by taxon and score: within bands of it, when they are read.

To place neighbours costs two milliseconds a band, so a view of 100,000 objects is placed as far as
somebody looks, and no farther.
"""

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calanus.features import service as features
from calanus.features.look_alikes import side_by_side
from calanus.features.whitening import HalfWhitening
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.objects.views import Placed
from calanus.projects.types import Project
from calanus.similarity.blocks import Block, Blocks
from calanus.similarity.types import NotComparable, ObjectIds, Vectors
from calanus.users.types import User

ALIKE = "alike"  # the name of this order
BAND = 50  # objects: what one looks over at a glance, and a page of our measurements
LOOKS = 30  # components that tell look-alikes
MOST_FITTED = 20_000  # objects that say how the components vary


@dataclass
class Bands:
    """The bands of one order of objects, and which of them are placed."""

    starts: ObjectIds  # (bands + 1,): where each begins, and where the last one ends
    block: Block | None
    axes: Vectors  # (components, looks)
    placed: NDArray[np.bool_] = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.placed = np.zeros(len(self.starts) - 1, np.bool_)

    def place(self, ids: ObjectIds, start: int, stop: int) -> None:
        """Put look-alikes side by side where an order is read; what was placed stays."""
        if self.block is None:
            return
        first = max(int(np.searchsorted(self.starts, start, "right")) - 1, 0)
        last = int(np.searchsorted(self.starts, stop, "left"))
        with self.lock:
            for band in range(first, min(last, len(self.placed))):
                if not self.placed[band]:
                    part = ids[self.starts[band] : self.starts[band + 1]]
                    part[:] = self.neighbours(part, self.block)
                    self.placed[band] = True

    def neighbours(self, ids: ObjectIds, block: Block) -> ObjectIds:
        """Some objects so that neighbours look alike; who has no features keeps its place."""
        known = np.flatnonzero(np.isin(ids, block.object_ids[block.places(ids)]))
        if len(known) < 3:
            return ids
        looks = np.asarray(block.vectors[block.places(ids[known])]) @ self.axes
        found = ids.copy()
        found[known] = ids[known][side_by_side(looks.astype(np.float32))]
        return found


def in_bands(
    blocks: Blocks,
    conn: Connection,
    project: Project,
    wanted: ProjectFilters,
    order: str = ALIKE,
    *,
    by: User | None,
) -> Placed:
    """The objects of a filter by taxon and score, the best first, and the bands of this order.

    A project without features has the order, and nothing is placed in it.

    Raises:
        NotComparable: it is asked for by another name.
    """
    if order != ALIKE:
        raise NotComparable(f"There is no order “{order}”: write {ALIKE}.")
    ids = objects.matching(conn, project, wanted, by=by, order="-obj.classif_score")
    taxa = objects.taxa_of(conn, project, ids)
    by_taxon = np.argsort(taxa, kind="stable")
    extractor = features.extractor_used(conn, project)
    block = blocks.of(conn, project.project_id, extractor) if extractor else None
    axes = whitened(block.vectors) if block else np.empty((0, 0), np.float32)
    return Placed(ids[by_taxon], Bands(starts_of(taxa[by_taxon]), block, axes))


def starts_of(taxa: ObjectIds) -> ObjectIds:
    """Where bands begin in a run of taxa: with each taxon, and after every fifty of it."""
    begins = np.diff(taxa, prepend=-1) != 0
    places = np.arange(len(taxa))
    first = np.maximum.accumulate(np.where(begins, places, 0))
    return np.append(places[(places - first) % BAND == 0], len(taxa)).astype(np.int64)


def whitened(vectors: Vectors) -> Vectors:
    """The axes that turn vectors into their main components, the weaker raised to the stronger."""
    if not len(vectors):
        return np.empty((vectors.shape[1], 0), np.float32)
    some = np.asarray(vectors[:: max(1, len(vectors) // MOST_FITTED)], np.float32)
    return HalfWhitening(LOOKS).fit(some).axes.astype(np.float32)
