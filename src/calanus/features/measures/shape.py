"""The shape of a particle: areas, ellipse, outline, hull, symmetry, thickness.

Sources: ImageJ 1.x user guide, «Analyze › Set Measurements»; ZooProcess manual (Gorsky et al.
2010, J. Plankton Res. 32, 285–303); Hu 1962, IRE Trans. Inform. Theory 8, 179–187.
"""

import numpy as np
from numpy.typing import NDArray

from calanus.features.measures.outline import Places, Points, drawn_hull, hull, middles, perimeter
from calanus.features.measures.particle import Mask, Particle, depths
from calanus.features.measures.rough import roughness


def shape(particle: Particle) -> dict[str, float]:
    """Everything that the outline alone tells."""
    area, area_exc = float(particle.filled.sum()), float(particle.mask.sum())
    height, width = particle.filled.shape
    moments = Moments(particle.filled)
    around = perimeter(particle.filled)
    middle = middles(particle.filled)
    corners = hull(middle)
    feret = _feret(corners)
    major, minor, angle = moments.ellipse()
    depth = depths(particle.filled)
    own_depth = depth if area == area_exc else depths(particle.mask)
    return {
        "area": area,
        "area_exc": area_exc,
        "%area": 100 * (1 - area_exc / area),
        "x": moments.x,
        "y": moments.y,
        "perim.": around,
        "width": float(width),
        "height": float(height),
        "major": major,
        "minor": minor,
        "angle": angle,
        "circ.": 4 * np.pi * area / around**2,
        "feret": feret,
        "esd": 2 * float(np.sqrt(area / np.pi)),
        "elongation": major / minor,
        "circex": 4 * np.pi * area_exc / around**2,
        "perimareaexc": around / float(np.sqrt(area_exc)),
        "feretareaexc": feret / float(np.sqrt(area_exc)),
        "perimferet": around / feret,
        "perimmajor": around / major,
        "extent": area / (height * width),
        "parts": float(particle.parts),
        **_hull_features(middle, corners, area, around),
        **roughness(particle.mask, own_depth),
        **_symmetry(particle.filled, moments),
        **_thickness(depth[particle.filled]),
        **moments.hu(),
    }


class Moments:
    """Moments of a mask, each pixel a unit square."""

    def __init__(self, mask: Mask) -> None:
        rows, columns = np.nonzero(mask)
        self.n = float(rows.size)
        self.x, self.y = float(columns.mean()) + 0.5, float(rows.mean()) + 0.5
        self.dx: NDArray[np.float64] = columns.astype(np.float64) + (0.5 - self.x)
        self.dy: NDArray[np.float64] = rows.astype(np.float64) + (0.5 - self.y)
        self.xx = _dot(self.dx, self.dx) / self.n + 1 / 12
        self.yy = _dot(self.dy, self.dy) / self.n + 1 / 12
        self.xy = _dot(self.dx, self.dy) / self.n

    def ellipse(self) -> tuple[float, float, float]:
        """Major and minor axis of the ellipse of the same area and second moments, and the
        angle of the major axis from the x axis, 0–180°, counter-clockwise as one sees it."""
        middle, half = (self.xx + self.yy) / 2, np.hypot((self.xx - self.yy) / 2, self.xy)
        large, small = middle + half, max(middle - half, 1 / 12)
        scale = np.sqrt(4 * self.n / (np.pi * np.sqrt(large * small)))
        angle = np.degrees(0.5 * np.arctan2(-2 * self.xy, self.xx - self.yy)) % 180
        return float(scale * np.sqrt(large)), float(scale * np.sqrt(small)), float(angle)

    def hu(self) -> dict[str, float]:
        """Hu's first four invariants, as sign · log₁₀ so that a forest and a line can use them."""
        xx, yy, xy = self.xx / self.n, self.yy / self.n, self.xy / self.n
        size = self.n**2.5
        dxx, dyy = self.dx * self.dx, self.dy * self.dy
        x3, y3 = _dot(dxx, self.dx) / size, _dot(dyy, self.dy) / size
        x2y, xy2 = _dot(dxx, self.dy) / size, _dot(dyy, self.dx) / size
        invariants = (
            xx + yy,
            (xx - yy) ** 2 + 4 * xy**2,
            (x3 - 3 * xy2) ** 2 + (3 * x2y - y3) ** 2,
            (x3 + xy2) ** 2 + (x2y + y3) ** 2,
        )
        return {f"hu{i}": float(np.log10(v + 1e-9)) for i, v in enumerate(invariants, start=1)}


def _dot(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """The sum of products, without the threads that BLAS would wake for so little."""
    return float(np.einsum("i,i->", left, right))


def _feret(corners: NDArray[np.float64]) -> float:
    """The longest distance between two points of the outline."""
    apart = corners[:, None, :] - corners[None, :, :]
    return float(np.sqrt((apart**2).sum(axis=-1).max()))


def _hull_features(middle: Places, corners: Points, area: float, around: float) -> dict[str, float]:
    """The convex hull: drawn in pixels for its area and perimeter, exact for the convexity."""
    convex_area, convex_perimeter = drawn_hull(middle)
    sides = np.hypot(*np.diff(corners, axis=0, append=corners[:1]).T)
    return {
        "convarea": float(convex_area),
        "convperim": float(convex_perimeter),
        "solidity": area / convex_area,
        "convexity": float(sides.sum()) / around,
    }


def _symmetry(filled: Mask, moments: Moments) -> dict[str, float]:
    """Share of the pixels that have no counterpart on the other side of an axis.

    Ours, on the axes of the ellipse; ZooProcess's symetrieh and symetriev are another measure.
    """
    turn = 0.5 * np.arctan2(2 * moments.xy, moments.xx - moments.yy)
    cosine, sine = np.cos(2 * turn), np.sin(2 * turn)
    across_major = moments.dx * cosine + moments.dy * sine, moments.dx * sine - moments.dy * cosine
    framed = np.pad(filled, 1)
    shares: list[float] = []
    for x, y in (across_major, (-across_major[0], -across_major[1]), (-moments.dx, -moments.dy)):
        columns = np.clip(np.floor(x + (moments.x + 1)).astype(np.int64), 0, framed.shape[1] - 1)
        rows = np.clip(np.floor(y + (moments.y + 1)).astype(np.int64), 0, framed.shape[0] - 1)
        met = np.count_nonzero(framed.ravel()[rows * framed.shape[1] + columns])
        shares.append(1 - met / moments.n)
    return {"asymmajor": shares[0], "asymminor": shares[1], "asymcentre": shares[2]}


def _thickness(depth: NDArray[np.float64]) -> dict[str, float]:
    """Depth of the pixels below the outline: deepest, mean, and the ratio of both."""
    deepest, mean = float(depth.max()), float(depth.mean())
    return {"depthmax": deepest, "depthmean": mean, "depthratio": deepest / mean}
