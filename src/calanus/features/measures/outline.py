"""The outline of a mask: its perimeter along the pixels' edges, and its convex hull."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from calanus.features.measures.particle import Mask

Points: TypeAlias = NDArray[np.float64]  # (points, 2): x, y of pixel corners

Places: TypeAlias = NDArray[np.int64]  # (points, 2): x, y of pixels

# Directions of a step along an edge, object on the right hand: east, south, west, north.
_DIRECTIONS = 4


def perimeter(filled: Mask) -> float:
    """ImageJ's perimeter of a traced outline: its edges, each cut corner √2 instead of 2.

    Source: ImageJ 1.x, `PolygonRoi.getTracedPerimeter` (public domain): every second of a run
    of corners one pixel apart is cut.
    """
    sides = _sides(_walk(filled))
    corners = 0
    corner = False
    for side in sides:
        corner = side > 1 or not corner
        corners += corner
    return sum(sides) - corners * (2 - np.sqrt(2))


def hull(middle: Places) -> Points:
    """The convex hull of the pixels' corners, in order, from that of their middles."""
    x, y = middle.T
    top, rows = int(y.min()), int(np.ptp(y)) + 1
    low, high = np.full(rows + 1, int(x.max())), np.zeros(rows + 1, np.int64)
    for edge in (y - top, y - top + 1):
        np.minimum.at(low, edge, x)
        np.maximum.at(high, edge, x + 1)
    used = np.flatnonzero(low <= high)
    return _around(used + top, low[used], high[used])


def middles(filled: Mask) -> Places:
    """The convex hull of the pixels' middles, in order."""
    rows = np.flatnonzero(filled.any(axis=1))
    left = filled[rows].argmax(axis=1)
    right = filled.shape[1] - 1 - filled[rows][:, ::-1].argmax(axis=1)
    return _around(rows, left, right).astype(np.int64)


def drawn_hull(middle: Places) -> tuple[int, int]:
    """Area and perimeter, in pixels, of the convex hull drawn through the pixels' middles.

    ZooProcess's convarea and convperim: ImageJ draws each side in steps of its longer extent,
    adding and rounding, and fills what is inside (ImageJ 1.x, `ImageProcessor.lineTo`, public
    domain); the perimeter counts the pixels that touch the outside by a side or a corner.
    """
    corners = middle[::-1] - middle.min(axis=0)  # the way round decides halves
    width, height = corners.max(axis=0)
    low, high = np.full(height + 1, width), np.zeros(height + 1, np.int64)
    across, down = _lines(corners)
    np.minimum.at(low, down, across)
    np.maximum.at(high, down, across)
    area = int((high - low + 1).sum())
    inner_low = np.maximum.reduce([low[:-2], low[1:-1], low[2:]]) + 1
    inner_high = np.minimum.reduce([high[:-2], high[1:-1], high[2:]]) - 1
    return area, area - int(np.maximum(inner_high - inner_low + 1, 0).sum())


def _lines(corners: Places) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pixels x, y of all sides of a polygon, their steps added up one by one."""
    sides = np.roll(corners, -1, axis=0) - corners
    steps = np.maximum(np.abs(sides).max(axis=1), 1)
    places = np.repeat((sides / steps[:, None])[:, None, :], steps.max() + 1, axis=1)
    places[:, 0, :] = corners
    reached = np.add.accumulate(places, axis=1)[np.arange(steps.max() + 1) <= steps[:, None]]
    across, down = np.floor(reached + 0.5).astype(np.int64).T
    return across, down


def _around(rows: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> Points:
    """The convex hull of points given as the ends of rows (Andrew's monotone chain)."""
    down = rows.tolist()
    one_side = _chain(list(zip(left.tolist(), down, strict=True)), 1)
    other_side = _chain(list(zip(right.tolist(), down, strict=True)), -1)
    return np.array([*one_side, *reversed(other_side)], dtype=np.float64)


def _walk(filled: Mask) -> list[int]:
    """The directions of all unit edges of the outline, in the order of a walk around it."""
    grid = np.pad(filled, 1)
    inside, above, left = grid[1:, 1:], grid[:-1, 1:], grid[1:, :-1]
    width = inside.shape[1]
    top, bottom = np.flatnonzero(inside & ~above), np.flatnonzero(above & ~inside)
    right, back = np.flatnonzero(left & ~inside), np.flatnonzero(inside & ~left)
    start = np.concatenate((top, right, bottom + 1, back + width))
    end = np.concatenate((top + 1, right + width, bottom, back))
    direction = np.repeat(np.arange(_DIRECTIONS), [top.size, right.size, bottom.size, back.size])
    edge = start * _DIRECTIONS + direction
    order = np.argsort(edge)
    leaves = np.zeros((inside.size, _DIRECTIONS), dtype=bool)
    leaves[start, direction] = True
    following = np.searchsorted(edge, _successors(leaves, end, direction), sorter=order)
    return _follow(order[following].tolist(), direction.tolist())


def _successors(
    leaves: Mask, end: NDArray[np.int64], direction: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each edge the one that follows; where two leave a corner, the left turn, so that
    pixels touching by a corner are one piece."""
    following = np.full(end.size, -1, dtype=np.int64)
    for turn in (1, 0, 3):  # right, straight on, left: the last that exists wins
        onward = (direction + turn) % _DIRECTIONS
        exists = leaves[end, onward]
        following[exists] = end[exists] * _DIRECTIONS + onward[exists]
    return following


def _follow(onward: list[int], directions: list[int]) -> list[int]:
    """The directions met from the first edge on, until it is met again."""
    walk: list[int] = []
    edge = 0
    while True:
        walk.append(directions[edge])
        edge = onward[edge]
        if edge == 0:
            return walk


def _sides(walk: list[int]) -> list[int]:
    """Lengths of the straight sides of a closed walk, the first one whole."""
    turns = np.flatnonzero(np.diff(walk, append=walk[0]))
    return np.diff(turns, prepend=turns[-1] - len(walk)).tolist()


def _chain(points: list[tuple[int, int]], sense: int) -> list[tuple[int, int]]:
    """The convex part of a line of points that go down the image."""
    kept: list[tuple[int, int]] = []
    for x, y in points:
        while len(kept) > 1:
            (x1, y1), (x2, y2) = kept[-2:]
            if sense * ((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) < 0:
                break
            kept.pop()
        kept.append((x, y))
    return kept
