"""How rough and how branched a particle is: fractal dimension and skeleton, as ZooProcess does.

Sources: Bérubé & Jébrak 1999, Computers & Geosciences 25, 1059–1071 (dimension by a distance
map); Zhang & Suen 1984, Comm. ACM 27, 236–239 (skeleton). The radii and the rounding of distances
are those that give ZooProcess's numbers: `docs/reference/measures.md` says how nearly.
"""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from skimage import morphology  # pyright: ignore[reportMissingTypeStubs]  # it ships no types

from calanus.features.measures.particle import Mask, distances

RADII = np.arange(1, 39)
_morphology = cast(Any, morphology)
_LOG_RADII = np.log(RADII) - np.log(RADII).mean()


def roughness(mask: Mask, inside: NDArray[np.float64]) -> dict[str, float]:
    """Of the object's own pixels: the rims of holes are boundary too. `inside` are its depths."""
    return {
        "fractal": _dimension(mask, inside),
        "skelarea": float(_morphology.skeletonize(np.pad(mask, 1)).sum()),
    }


def _dimension(mask: Mask, inside: NDArray[np.float64]) -> float:
    """2 − the slope of log(pixels within r of the boundary, on both sides) over log(r)."""
    outside = distances(~np.pad(mask, RADII[-1] + 1))
    near = np.cumsum(_by_radius(inside) + _by_radius(outside))
    return 2 - float(_LOG_RADII @ np.log(near)) / float(_LOG_RADII @ _LOG_RADII)


def _by_radius(distance: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many pixels lie at each radius, rounded, half down; those on the other side are at 0."""
    radius = np.ceil(distance - 0.5).astype(np.int64).ravel()
    return np.bincount(radius, minlength=RADII[-1] + 1)[RADII]
