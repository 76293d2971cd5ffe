"""From a network's features to the vector we keep: square roots, then a PCA fitted once.

Because all projects share one projection, their vectors compare. The square root evens out features
that are mostly zero with a few large values (power normalisation, Perronnin et al., ECCV 2010).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calanus.features.types import Features

SHIPPED = Path(__file__).parent / "lite0_projection.npz"


@dataclass(frozen=True)
class Projection:
    """A rotation into the directions in which plankton images differ most."""

    mean: NDArray[np.float32]  # (network's features,)
    axes: NDArray[np.float16]  # (network's features, dimensions), the most telling first

    def __call__(self, raw: Features) -> Features:
        """The vectors of raw features: (images, dimensions)."""
        return np.matmul(_rooted(raw) - self.mean, self._axes, dtype=np.float32)

    @cached_property
    def _axes(self) -> Features:
        return self.axes.astype(np.float32)

    @cached_property
    def passport(self) -> str:
        """The hash of its numbers."""
        numbers = self.mean.astype("<f4").tobytes() + self.axes.astype("<f2").tobytes()
        return hashlib.sha256(b"sqrt" + numbers).hexdigest()

    def save(self, path: Path) -> None:
        """Numbers only: such a file runs no code when it is read."""
        np.savez(path, mean=self.mean.astype("<f4"), axes=self.axes.astype("<f2"))


def load(path: Path = SHIPPED) -> Projection:
    """The projection of a file, without pickle."""
    with np.load(path, allow_pickle=False) as numbers:
        return Projection(numbers["mean"], numbers["axes"])


def fit(sets: Sequence[Features], dimensions: int) -> Projection:
    """The PCA of several sets of images, each of which counts the same however large it is."""
    rooted = [_rooted(raw).astype(np.float64) for raw in sets]
    mean = np.mean([x.mean(axis=0) for x in rooted], axis=0)
    spread = np.mean([(x - mean).T @ (x - mean) / len(x) for x in rooted], axis=0)
    axes = np.linalg.eigh(spread).eigenvectors[:, ::-1][:, :dimensions]
    upright = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return Projection(mean.astype(np.float32), (axes * upright).astype(np.float16))


def _rooted(raw: Features) -> Features:
    return np.sqrt(np.maximum(raw, np.float32(0)))
