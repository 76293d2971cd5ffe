"""Curves in the plane: what a body is outlined with.

A body lies along the x axis, from its tail at −0.5 to its head at 0.5; y grows downwards.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Curve: TypeAlias = NDArray[np.float64]  # (points, 2): x, y
Numbers: TypeAlias = NDArray[np.float64]


def points(*xy: tuple[float, float]) -> Curve:
    """A curve through corners."""
    return np.array(xy, dtype=np.float64)


def smooth(corners: ArrayLike, *, closed: bool = False, steps: int = 8) -> Curve:
    """A curve through corners without edges (Catmull and Rom's spline)."""
    knots = np.asarray(corners, dtype=np.float64)
    if closed:
        knots = np.concatenate((knots[-1:], knots, knots[:2]))
    else:
        knots = np.concatenate((2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]))
    before, here, there, after = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    t = np.arange(steps)[None, :, None] / steps
    curve = here + t * (there - before) / 2
    curve = curve + t**2 * (before - 2.5 * here + 2 * there - after / 2)
    curve = curve + t**3 * ((after - before) / 2 + 1.5 * (here - there))
    line = curve.reshape(-1, 2)
    return line if closed else np.concatenate((line, knots[-2:-1]))


def profile(knots: Sequence[tuple[float, float]], *, samples: int = 48) -> Curve:
    """A body symmetric about the x axis, given as (x, half width) from head to tail."""
    line = smooth(np.array(knots), steps=max(2, samples // len(knots)))
    line[:, 1] = np.maximum(line[:, 1], 0.0)
    return np.concatenate((line, line[::-1] * (1, -1)))


def ribbon(path: Curve, half_width: ArrayLike) -> Curve:
    """The band along a path, as wide on both sides as told (one width, or one a point)."""
    along = np.gradient(path, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = np.stack((-along[:, 1], along[:, 0]), axis=1) / length[:, None]
    width = np.broadcast_to(np.asarray(half_width, dtype=np.float64), length.shape)[:, None]
    return np.concatenate((path + across * width, (path - across * width)[::-1]))


def taper(path: Curve, start: float, end: float) -> Curve:
    """A band that narrows (or widens) evenly from one half width to another."""
    return ribbon(path, np.linspace(start, end, len(path)))


def ellipse(x: float, y: float, rx: float, ry: float, turned: float = 0.0, n: int = 40) -> Curve:
    """An ellipse around (x, y)."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    around = np.stack((rx * np.cos(t), ry * np.sin(t)), axis=1)
    return turn(around, turned) + np.array((x, y))


def arc(x: float, y: float, radius: float, start: float, end: float, n: int = 24) -> Curve:
    """A part of a circle."""
    t = np.linspace(start, end, n)
    return np.stack((x + radius * np.cos(t), y + radius * np.sin(t)), axis=1)


def pebble(rng: np.random.Generator, x: float, y: float, radius: float, rough: float) -> Curve:
    """A closed outline that is round but for `rough`."""
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    distance = np.ones_like(t)
    for wave in range(2, 9):
        size = rough * rng.normal() / wave**0.8
        distance = distance + size * np.cos(wave * t + rng.uniform(0, 2 * np.pi))
    distance = radius * np.maximum(distance, 0.2)
    return np.stack((x + distance * np.cos(t), y + distance * np.sin(t)), axis=1)


def turn(curve: Curve, angle: float) -> Curve:
    """A curve turned about the origin."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return curve @ np.array(((cosine, sine), (-sine, cosine)))


def bend(curve: Curve, amount: float) -> Curve:
    """A curve on a body whose axis, straight before, turns by `amount` from −0.5 to 0.5."""
    if abs(amount) < 1e-3:
        return curve
    x, y = curve.T
    angle = amount * x
    axis_x, axis_y = np.sin(angle) / amount, (1 - np.cos(angle)) / amount
    return np.stack((axis_x - y * np.sin(angle), axis_y + y * np.cos(angle)), axis=1)


def wander(
    rng: np.random.Generator, start: tuple[float, float], heading: float, length: float, curl: float
) -> Curve:
    """A path that strays from its heading: tentacles, fibres."""
    steps = 24
    turning = np.cumsum(rng.normal(0, curl, steps)) * 0.6 + np.linspace(
        0, rng.normal(0, curl), steps
    )
    angles = heading + np.cumsum(turning) / steps * 4
    moves = np.stack((np.cos(angles), np.sin(angles)), axis=1) * length / steps
    return np.concatenate(([start], start + np.cumsum(moves, axis=0)))
