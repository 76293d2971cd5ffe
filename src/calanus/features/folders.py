"""Folders of labelled images, for fitting and benchmarks: the folder's name is the taxon."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calanus.features.extractors import NetworkExtractor, extract
from calanus.features.types import Features

ENDINGS = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True)
class LabelledFolder:
    """The images of a folder tree by sorted relative path, with the folder each lies in."""

    root: Path
    images: Sequence[str]  # relative paths, with forward slashes
    taxa: Sequence[str]

    @property
    def samples(self) -> Sequence[str]:
        """What the folder of each image's taxon lies in; all of one, where taxa lie at the top."""
        return [Path(image).parent.parent.as_posix() for image in self.images]

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Each image's path and bytes, in order."""
        for image in self.images:
            yield image, (self.root / image).read_bytes()


def read_folder(root: Path) -> LabelledFolder:
    """The images below a folder that lie in a folder of their own taxon."""
    paths = [path.relative_to(root) for path in root.rglob("*") if path.suffix.lower() in ENDINGS]
    images = sorted(path.as_posix() for path in paths if len(path.parts) > 1)
    return LabelledFolder(root, images, [Path(image).parent.name for image in images])


def short_hash(data: bytes) -> int:
    """The first 8 bytes of the hash by which the vault, too, knows an image."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=16).digest()[:8], "big")


def raw_features(extractor: NetworkExtractor, folder: LabelledFolder) -> Features:
    """What the network says of each image of a folder, before any projection."""
    found = [rows for _, rows in extract(extractor.raw, folder.read())]
    raw = np.concatenate(found) if found else np.empty((0, 0), np.float32)
    return raw[np.isfinite(raw).all(axis=1)]
