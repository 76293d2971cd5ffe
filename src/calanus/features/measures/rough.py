"""How rough and how branched a particle is: fractal dimension and skeleton, as ZooProcess does.

Sources: Bérubé & Jébrak 1999, Computers & Geosciences 25, 1059–1071 (dimension by a distance
map); Zhang & Suen 1984, Comm. ACM 27, 236–239 (skeleton). The radii and the rounding of distances
are those that give ZooProcess's numbers: `docs/reference/measures.md` says how nearly.
"""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from skimage import morphology  # pyright: ignore[reportMissingTypeStubs]  # it ships no types

from calanus.features.measures.particle import Mask

RADII = np.arange(1, 39)
FAR = int(RADII[-1]) + 1
LARGEST = 512  # pixels a side of a mask whose skeleton is drawn at its own size

_morphology = cast(Any, morphology)
_LOG_RADII = np.log(RADII) - np.log(RADII).mean()
_NEAR = RADII * (RADII + 1)  # squares of whole numbers that round, half down, to a radius at most


def roughness(mask: Mask, inside: NDArray[np.float64]) -> dict[str, float]:
    """Of the object's own pixels: the rims of holes are boundary too. `inside` are its depths."""
    return {
        "fractal": _dimension(mask, inside),
        "skelarea": _skeleton(mask),
    }


def _skeleton(mask: Mask) -> float:
    """Pixels of the skeleton. That of a large mask is drawn small, and its length scaled: the
    time to peel a mask grows with the cube of its side."""
    scale = -(-max(mask.shape) // LARGEST)
    if scale > 1:
        height, width = (-(-side // scale) for side in mask.shape)
        padding = ((0, height * scale - mask.shape[0]), (0, width * scale - mask.shape[1]))
        blocks = np.pad(mask, padding).reshape(height, scale, width, scale)
        mask = np.asarray(blocks.any(axis=(1, 3)))
    return float(_morphology.skeletonize(np.pad(mask, 1)).sum() * scale)


def _dimension(mask: Mask, inside: NDArray[np.float64]) -> float:
    """2 − the slope of log(pixels within r of the boundary, on both sides) over log(r)."""
    both = _counted(_squares(mask)) + _counted(np.rint(inside[mask] ** 2).astype(np.int64))
    near = np.cumsum(both)[_NEAR]
    return 2 - float(_LOG_RADII @ np.log(near)) / float(_LOG_RADII @ _LOG_RADII)


def _counted(squares: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many pixels lie at each squared distance; those at 0 are on the other side."""
    counts = np.bincount(np.minimum(squares, FAR**2).ravel(), minlength=FAR**2 + 1)
    counts[0] = 0
    return counts


def _squares(mask: Mask) -> NDArray[np.int16]:
    """Squared distances from a mask of the pixels around it; those beyond FAR are FAR² or more.

    Felzenszwalb & Huttenlocher 2012, Theory of Computing 8, 415–428: column by column, then the
    least over each row; that row is short here, so that small numbers side by side beat a tree.
    """
    wide = np.pad(mask, ((FAR, FAR), (0, 0)))
    rows = np.arange(len(wide), dtype=np.int32)[:, None]
    above = np.maximum.accumulate(np.where(wide, rows, np.int32(-FAR)), axis=0)
    below = np.where(wide, rows, np.int32(len(wide) + FAR))
    below = np.minimum.accumulate(below[::-1], axis=0)[::-1]
    column = np.minimum(np.minimum(rows - above, below - rows), FAR).astype(np.int16)
    framed = np.pad(column * column, ((0, 0), (2 * FAR, 2 * FAR)), constant_values=FAR**2)
    width = mask.shape[1] + 2 * FAR
    least = framed[:, FAR : FAR + width].copy()
    nearer = np.empty_like(least)
    for aside in range(1, FAR):
        left, right = FAR - aside, FAR + aside
        np.minimum(framed[:, left : left + width], framed[:, right : right + width], out=nearer)
        nearer += np.int16(aside**2)
        np.minimum(least, nearer, out=least)
    return least
