"""The images that a network is trained on: labelled folders, prepared once, split by their bytes.

Each folder is a label space of its own. Which images are never shown is decided by a hash of their
bytes, so that neither names nor order matter, and the list of those that were shown goes into the
network's card.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calanus.features.folders import LabelledFolder, read_folder, short_hash
from calanus.features.preparation import Preparation, border
from calanus.features.types import Images, ImageUnreadable, Pixels

UNSEEN = 0.15
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class LabelledImages:
    """The readable images of one folder: their hashes, classes, and whether they may be shown."""

    name: str
    folder: LabelledFolder
    hashes: Hashes
    labels: NDArray[np.int64]
    classes: Sequence[str]
    seen: NDArray[np.bool_]

    def rows(self, *, seen: bool) -> NDArray[np.int64]:
        """The rows that are shown, or those that never are."""
        return np.flatnonzero(self.seen == seen)

    def prepared(self, size: int, cache: Path) -> "PreparedImages":
        """All images as the network sees them at this size, kept in a file of the cache."""
        preparation = Preparation(size=size)
        known = hashlib.sha256(f"{preparation}".encode() + self.hashes.tobytes()).hexdigest()
        path = cache / f"{self.name}-{size}-{known[:16]}.npy"
        if not path.exists():
            pixels = np.stack(list(_prepare_all(preparation, self.folder)))
            cache.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.save(file, pixels, allow_pickle=False)
            part.replace(path)
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
        grounds = np.array([border(image) for image in pixels], np.uint8)
        return PreparedImages(pixels, grounds)


@dataclass(frozen=True)
class PreparedImages:
    """Images of one size, and the colour of the ground of each."""

    pixels: Images
    grounds: NDArray[np.uint8]  # (images, 3)


def _prepare_all(preparation: Preparation, folder: LabelledFolder) -> Iterator[Pixels]:
    with ThreadPoolExecutor(2) as threads:
        yield from threads.map(preparation, (data for _, data in folder.read()))


def labelled(root: Path, *, unseen: float = UNSEEN) -> LabelledImages:
    """The images of a folder; those that no reader can read are left out."""
    folder = read_folder(root)
    readable = [name for name, data in folder.read() if _readable(data)]
    kept = LabelledFolder(root, readable, [Path(name).parent.name for name in readable])
    classes = sorted(set(kept.taxa))
    labels = np.array([classes.index(taxon) for taxon in kept.taxa], np.int64)
    hashes = np.array([short_hash(data) for _, data in kept.read()], np.uint64)
    return LabelledImages(root.name, kept, hashes, labels, classes, _shown(hashes, labels, unseen))


def _readable(data: bytes) -> bool:
    try:
        Preparation(size=8)(data)
    except ImageUnreadable:
        return False
    return True


def _shown(hashes: Hashes, labels: NDArray[np.int64], unseen: float) -> NDArray[np.bool_]:
    """Of each class the share `unseen`, and at least one image of two, is kept back."""
    shown = np.ones(len(hashes), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        in_order = rows[np.argsort(hashes[rows], kind="stable")]
        held = max(round(unseen * len(rows)), min(1, len(rows) - 1)) if unseen else 0
        shown[in_order[:held]] = False
    hidden = np.isin(hashes, hashes[~shown])  # the same image twice is hidden twice
    return shown & ~hidden
