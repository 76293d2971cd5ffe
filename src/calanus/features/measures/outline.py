"""The outline of a mask: its perimeter along the pixels' edges, and its convex hull."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from calanus.features.measures.particle import Mask

Points: TypeAlias = NDArray[np.float64]  # (points, 2): x, y of pixel corners

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


def hull(filled: Mask) -> Points:
    """The convex hull of the pixels' corners, in order (Andrew's monotone chain)."""
    height = filled.shape[0]
    left = filled.argmax(axis=1)
    right = filled.shape[1] - filled[:, ::-1].argmax(axis=1)
    rows = np.flatnonzero(filled.any(axis=1))
    low, high = np.full(height + 1, filled.shape[1]), np.zeros(height + 1, dtype=np.int64)
    for edge in (rows, rows + 1):
        low[edge] = np.minimum(low[edge], left[rows])
        high[edge] = np.maximum(high[edge], right[rows])
    used = np.flatnonzero(low <= high)
    one_side = _chain([(int(low[y]), int(y)) for y in used], 1)
    other_side = _chain([(int(high[y]), int(y)) for y in used], -1)
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
    leaves = np.zeros((inside.size, _DIRECTIONS), dtype=bool)
    leaves[start, direction] = True
    return _follow(_successors(leaves, end, direction, edge), int(edge[0]))


def _successors(
    leaves: Mask, end: NDArray[np.int64], direction: NDArray[np.int64], edge: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each edge the one that follows; where two leave a corner, the left turn, so that
    pixels touching by a corner are one piece."""
    following = np.full(leaves.size, -1, dtype=np.int64)
    for turn in (1, 0, 3):  # right, straight on, left: the last that exists wins
        onward = (direction + turn) % _DIRECTIONS
        exists = leaves[end, onward]
        following[edge[exists]] = end[exists] * _DIRECTIONS + onward[exists]
    return following


def _follow(following: NDArray[np.int64], first: int) -> list[int]:
    onward: list[int] = following.tolist()
    walk: list[int] = []
    edge = first
    while True:
        walk.append(edge & 3)
        edge = onward[edge]
        if edge == first:
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
