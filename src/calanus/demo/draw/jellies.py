"""Clear, soft animals: jellies, tunicates, arrow worms."""

import numpy as np

from calanus.demo.draw.curves import (
    Curve,
    arc,
    bend,
    ellipse,
    pebble,
    points,
    profile,
    ribbon,
    smooth,
    taper,
    turn,
    wander,
)
from calanus.demo.draw.sketch import Ink, Sketch

Rng = np.random.Generator


def appendicularian(rng: Rng) -> Sketch:
    """A dark little trunk and a long flat tail set at an angle; now and then its house."""
    sketch = Sketch()
    if rng.random() < 0.3:
        sketch.add(_house(rng))
    swing = rng.normal(0, 0.35)
    tail = smooth(
        points((0.28, 0.02), (0.2, 0.16), (0.06, 0.22 + swing * 0.1), (-0.15, 0.2 + swing * 0.3),
               (-0.4, 0.12 + swing * 0.5), (-0.6, 0.02 + swing * 0.55)),
        steps=10,
    )  # fmt: skip
    share = np.linspace(0, 1, len(tail))
    fin = 0.075 * np.minimum(1, 4 * share + 0.2) * np.minimum(1, 3 * (1 - share) + 0.12)
    sketch.fill(ribbon(tail, fin), Ink(0.3, soft=0.4, rim=0.22, grain=0.2))
    sketch.fill(taper(tail, 0.022, 0.008), Ink(0.4, soft=0.4))
    trunk = turn(pebble(rng, 0, 0, 0.1, 0.03) * (1.45, 0.95), 0.5 + rng.normal(0, 0.15))
    sketch.fill(trunk + np.array((0.36, -0.04)), Ink(0.65, soft=0.5, core=0.5, rim=0.15, grain=0.4))
    organs = (rng.normal(0.31, 0.01), rng.normal(-0.07, 0.01))
    return sketch.fill(ellipse(*organs, 0.06, 0.05), Ink(0.75, soft=0.8, grain=0.3))


def _house(rng: Rng) -> Sketch:
    """The mucous house: a faint bubble with two food-gathering filters."""
    sketch = Sketch()
    wall = pebble(rng, 0.05, 0.05, rng.uniform(0.68, 0.85), 0.03) * (1, 0.85)
    sketch.fill(wall, Ink(0.05, soft=1.5, rim=0.09, grain=0.5, grain_size=8))
    lines: list[Curve] = []
    for hand in (1, -1):
        for lean in np.linspace(0.15, 0.85, 7):
            lines.append(
                arc(0.2, 0.05, 0.2 + 0.4 * lean, hand * 0.5 + np.pi, hand * 1.4 + np.pi, 12)
            )
    return sketch.strokes(lines, 0.012, Ink(0.1, soft=0.8), end=1)


def chaetognath(rng: Rng) -> Sketch:
    """An arrow worm: a clear rod, hooks at the head, two pairs of side fins and a tail fin."""
    thick = rng.uniform(0.024, 0.034)
    body = profile(
        [(0.5, 0), (0.497, thick * 0.6), (0.475, thick * 0.95), (0.455, thick * 0.75),
         (0.42, thick * 0.85), (0.2, thick * 1.1), (-0.1, thick * 1.1), (-0.3, thick * 0.8),
         (-0.44, thick * 0.4), (-0.47, thick * 0.3)]
    )  # fmt: skip
    sketch = Sketch()
    fins = [_fin(0.1, -0.08, thick, 1), _fin(0.1, -0.08, thick, -1)]
    fins += [_fin(-0.12, -0.33, thick, 1), _fin(-0.12, -0.33, thick, -1)]
    fan = points((-0.43, 0.01), (-0.475, thick * 1.3), (-0.5, thick * 1.5), (-0.495, 0),
                 (-0.5, -thick * 1.5), (-0.475, -thick * 1.3), (-0.43, -0.01))  # fmt: skip
    sketch.fill([*fins, fan], Ink(0.16, soft=0.5, rim=0.06))
    clear = rng.uniform(0.3, 0.55)
    sketch.fill(body, Ink(clear, soft=0.5, rim=0.35, grain=0.2, grain_size=6))
    gut = smooth(points((0.46, 0), (0.1, rng.normal(0, 0.004)), (-0.18, 0)))
    sketch.fill(taper(gut, thick * 0.3, thick * 0.2), Ink(0.35, soft=0.6, grain=0.4))
    if rng.random() < 0.4:
        meal = ellipse(rng.uniform(-0.1, 0.2), 0, 0.04, thick * 0.6)
        sketch.fill(meal, Ink(0.6, soft=0.8, grain=0.4))
    sketch.fill(ellipse(0.478, 0, 0.02, thick * 0.9), Ink(0.35, soft=0.4))
    hooks = [arc(0.487, s * thick * 0.55, 0.015, s * 0.1, s * 1.6, 8) for s in (1, -1)]
    sketch.strokes(hooks, 0.008, Ink(0.5, soft=0.3))
    curl = (
        rng.normal(0, 0.5) if rng.random() < 0.75 else rng.choice([-1, 1]) * rng.uniform(1.2, 2.2)
    )
    return sketch.moved(lambda outline: bend(_dense(outline), curl))


def _fin(front: float, back: float, thick: float, hand: int) -> Curve:
    middle = (front + back) / 2
    return smooth(
        points((front, hand * thick), (middle, hand * thick * 1.9), (back, hand * thick * 1.7),
               (back - 0.02, hand * thick * 0.8)),
        closed=True,
    )  # fmt: skip


def _dense(outline: Curve) -> Curve:
    """The outline with points enough to be bent."""
    t = np.linspace(0, len(outline), 4 * len(outline), endpoint=False)
    closed = np.concatenate((outline, outline[:1]))
    known = np.arange(len(closed))
    return np.stack([np.interp(t, known, closed[:, i]) for i in (0, 1)], axis=1)


def medusa(rng: Rng) -> Sketch:
    """A hydromedusa: bell, velum, radial canals, manubrium, tentacles; from the side or below."""
    return _medusa_below(rng) if rng.random() < 0.35 else _medusa_side(rng)


def _medusa_side(rng: Rng) -> Sketch:
    tall, wide = rng.uniform(0.55, 0.75), rng.uniform(0.33, 0.42)
    squeeze = rng.uniform(0.75, 1.0)
    bell = points(
        (-tall / 2, wide * squeeze), (-0.1, wide), (0.12, wide * 0.92), (tall * 0.42, wide * 0.5),
        (tall / 2, 0), (tall * 0.42, -wide * 0.5), (0.12, -wide * 0.92), (-0.1, -wide),
        (-tall / 2, -wide * squeeze),
    )  # fmt: skip
    sketch = Sketch()
    count = int(rng.integers(5, 12))
    rim = np.linspace(-wide * squeeze, wide * squeeze, count)
    arms = [wander(rng, (-tall / 2, y), np.pi + y * 0.8, rng.uniform(0.25, 0.7), 0.55) for y in rim]
    sketch.strokes(arms, 0.022, Ink(0.35, soft=0.4), end=0.4)
    sketch.fill(smooth(bell)[:-1], Ink(0.14, soft=0.5, rim=0.4, grain=0.25, grain_size=7))
    hollow = (smooth(bell) - (tall * -0.06, 0)) * (0.78, 0.8) + (-tall * 0.17, 0)
    sketch.fill(hollow, Ink(0.07, soft=0.7, rim=0.22))
    canals = [
        smooth(points((tall * 0.27, 0), (0.1, wide * s * 0.72), (-tall / 2, wide * squeeze * s)))
        for s in (-0.85, -0.3, 0.3, 0.85)
    ]
    sketch.strokes(canals, 0.018, Ink(0.2, soft=0.5), end=1)
    mouth = smooth(
        points((tall * 0.28, 0), (0.1, rng.normal(0, 0.02)), (-0.12, rng.normal(0, 0.05)))
    )
    share = np.linspace(0, 1, len(mouth))
    half = 0.075 * np.sqrt(np.minimum(1, 5 * share + 0.05) * np.minimum(1, 3 * (1 - share) + 0.1))
    sketch.fill(ribbon(mouth, half), Ink(0.55, soft=0.8, core=0.3, grain=0.4))
    bulbs = [ellipse(-tall / 2, y, 0.022, 0.02, n=12) for y in rim]
    return sketch.fill(bulbs, Ink(0.6, soft=0.5))


def _medusa_below(rng: Rng) -> Sketch:
    radius = 0.4
    sketch = Sketch()
    count = int(rng.choice([8, 12, 16, 24]))
    around = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.05, count)
    length = rng.uniform(0.12, 0.35)
    arms = [
        wander(
            rng, (radius * np.cos(a), radius * np.sin(a)), a, length * rng.uniform(0.6, 1.2), 0.5
        )
        for a in around
    ]
    sketch.strokes(arms, 0.018, Ink(0.35, soft=0.4), end=0.4)
    sketch.fill(pebble(rng, 0, 0, radius, 0.015), Ink(0.14, soft=0.5, rim=0.5, grain=0.2))
    canals: list[Curve] = []
    for a in np.arange(4) * np.pi / 2:
        way = (np.cos(a), np.sin(a))
        canals.append(points((0, 0), (radius * way[0], radius * way[1])))
        place = (0.55 * radius * way[0], 0.55 * radius * way[1])
        gonad = ellipse(*place, rng.uniform(0.07, 0.1), 0.035, a)
        sketch.fill(gonad, Ink(0.4, soft=0.7, core=0.3))
    sketch.strokes(canals, 0.02, Ink(0.25, soft=0.4), end=1)
    sketch.fill(pebble(rng, 0, 0, 0.08, 0.1), Ink(0.5, soft=0.8, core=0.3))
    bulbs = [ellipse(radius * np.cos(a), radius * np.sin(a), 0.018, 0.018, n=10) for a in around]
    return sketch.fill(bulbs, Ink(0.5, soft=0.4))


def siphonophore(rng: Rng) -> Sketch:
    """A chain: float, two rows of swimming bells, then a stem of stomachs with fishing lines."""
    sketch = Sketch()
    pairs = int(rng.integers(2, 5))
    curl = rng.normal(0, 0.7)
    stem = smooth(points((0.5, 0), (0.2, 0.0), (-0.1, 0.01), (-0.5, -0.02)), steps=12)
    lines: list[Curve] = []
    end = 0.42 - 0.13 * pairs
    for x in np.linspace(end - 0.03, -0.48, int(rng.integers(5, 10))):
        hand = rng.choice([-1, 1])
        start = (float(x), float(hand * 0.02))
        lines.append(wander(rng, start, hand * np.pi / 2 + rng.normal(0, 0.4), 0.22, 0.8))
        blob = pebble(rng, x, hand * 0.02, rng.uniform(0.018, 0.036), 0.15)
        sketch.fill(blob, Ink(0.5, soft=0.5, core=0.4))
    sketch.strokes(lines, 0.011, Ink(0.28, soft=0.4))
    sketch.strokes([stem], 0.02, Ink(0.4, soft=0.4), end=0.5)
    for pair in range(pairs):
        for hand in (1, -1):
            sketch.add(_bell(rng, 0.4 - 0.13 * pair - (0.03 if hand > 0 else 0), hand))
    sketch.fill(ellipse(0.5, 0, 0.035, 0.022), Ink(0.7, soft=0.4, rim=0.2))
    return sketch.moved(lambda outline: bend(_dense(outline), curl))


def _bell(rng: Rng, x: float, hand: int) -> Sketch:
    """A swimming bell: an angular clear block with a dark-walled hollow opening outwards."""
    s = rng.uniform(0.9, 1.1) * hand
    block = smooth(
        points((x + 0.06, 0.012 * s), (x + 0.065, 0.1 * s), (x + 0.02, 0.165 * s),
               (x - 0.055, 0.155 * s), (x - 0.07, 0.07 * s), (x - 0.04, 0.012 * s)),
        closed=True, steps=5,
    )  # fmt: skip
    hollow = smooth(
        points((x + 0.035, 0.06 * s), (x + 0.03, 0.13 * s), (x - 0.03, 0.15 * s),
               (x - 0.04, 0.08 * s), (x, 0.045 * s)),
        closed=True, steps=5,
    )  # fmt: skip
    sketch = Sketch()
    sketch.fill(block, Ink(0.1, soft=0.4, rim=0.45, grain=0.2))
    return sketch.fill(hollow, Ink(0.08, soft=0.4, rim=0.3))


def doliolid(rng: Rng) -> Sketch:
    """A barrel open at both ends, girdled by eight bands of muscle."""
    wide = rng.uniform(0.24, 0.3)
    edge = [(0.46, wide * 0.55), (0.4, wide * 0.78), (0.2, wide * 0.98), (0, wide),
            (-0.2, wide * 0.95), (-0.38, wide * 0.72), (-0.44, wide * 0.5)]  # fmt: skip
    barrel = profile(edge)
    sketch = Sketch()
    sketch.fill(barrel, Ink(0.1, soft=0.5, rim=0.5, grain=0.15, grain_size=8))
    known = np.array(edge)[::-1]
    bands: list[Curve] = []
    for x in (0.42 - 0.117 * i for i in range(8)):
        half = 0.98 * float(np.interp(x, known[:, 0], known[:, 1]))
        bow = rng.normal(0.0, 0.004) + 0.008
        bands.append(smooth(points((x - bow, -half), (x + bow * 0.4, 0), (x - bow, half))))
    sketch.strokes(bands, 0.028, Ink(0.38, soft=0.4), end=1)
    lips = [points((x, -wide * s), (x, wide * s)) for x, s in ((0.47, 0.5), (-0.45, 0.45))]
    sketch.strokes(lips, 0.02, Ink(0.3, soft=0.5), end=1)
    gills = smooth(points((0.02, -wide * 0.8), (-0.14, -wide * 0.1), (-0.06, wide * 0.7)))
    sketch.fill(ribbon(gills, 0.018), Ink(0.22, soft=0.8, grain=0.5))
    gut = pebble(rng, -0.2 + rng.normal(0, 0.02), wide * 0.45, 0.05, 0.15)
    return sketch.fill(gut, Ink(0.65, soft=0.7, core=0.4))
