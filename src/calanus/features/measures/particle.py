"""The particle of an image: which pixels are the object, and which its background."""

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]  # scipy ships no types

Grey: TypeAlias = NDArray[np.uint8]  # (height, width)
Mask: TypeAlias = NDArray[np.bool_]  # (height, width)

# ZooProcess cuts at 243 where the background is 255.
TOLERANCE = 12
NEIGHBOURS = np.ones((3, 3), dtype=bool)

_ndimage = cast(Any, ndimage)


@dataclass(frozen=True)
class Particle:
    """An object cut to its bounding box: all arrays have the same (height, width)."""

    image: Grey
    mask: Mask  # the object's own pixels
    filled: Mask  # with its holes
    background: float  # grey level around it
    parts: int  # separate pieces in the image, this one included


def find_particle(image: Grey) -> Particle:
    """The largest connected piece that differs from the background; else the whole image."""
    level, tolerance = background(image)
    difference = np.abs(image.astype(np.int16) - round(level))
    mask, parts = _largest(difference >= _threshold(difference, tolerance))
    box = _bounding_box(mask)
    mask = mask[box]
    return Particle(image[box], mask, _fill(mask), level, parts)


def background(image: Grey) -> tuple[float, float]:
    """The grey level of the frame of an image, and how far noise may stray from it."""
    frame = np.concatenate((image[0], image[-1], image[:, 0], image[:, -1]))
    level = float(np.median(frame))
    noise = 1.4826 * float(np.median(np.abs(frame - level)))
    return level, max(TOLERANCE, 3 * noise)


def _threshold(difference: NDArray[np.int16], tolerance: float) -> float:
    """The tolerance, lowered for an object so faint that it would vanish."""
    strongest = float(difference.max())
    return tolerance if strongest >= tolerance else max(1.0, strongest / 2)


def _largest(mask: Mask) -> tuple[Mask, int]:
    """The largest piece, diagonal pixels touching, and the number of pieces of 4 pixels or more."""
    pieces, count = _ndimage.label(mask, structure=NEIGHBOURS)
    if count == 0:
        return np.ones_like(mask), 1
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax(), max(1, int((sizes >= 4).sum()))


def _bounding_box(mask: Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _fill(mask: Mask) -> Mask:
    """The mask with its holes: background that no side step leads out of."""
    outside, count = _ndimage.label(~np.pad(mask, 1))
    if count <= 1:
        return mask
    return (outside != outside[0, 0])[1:-1, 1:-1]


def depths(mask: Mask) -> NDArray[np.float64]:
    """How far each pixel of a mask lies from the nearest pixel outside."""
    return _ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
