"""Copepods and other crustaceans, from above or from the side."""

from itertools import pairwise

import numpy as np

from calanus.demo.draw.curves import Curve, ellipse, points, profile, smooth, taper, turn
from calanus.demo.draw.sketch import Ink, Sketch

Rng = np.random.Generator

APPENDAGE = Ink(0.42, soft=0.4)
HAIR = Ink(0.22, soft=0.3)


def calanoid(rng: Rng) -> Sketch:
    """A calanoid copepod: oval prosome, short narrow urosome, antennules as long as the body."""
    side = rng.random() < 0.45
    width = rng.uniform(0.115, 0.15) * (1.05 if side else 1.0)
    tail = rng.uniform(-0.36, -0.3)
    body = profile(
        [(0.5, 0), (0.49, 0.035), (0.45, width * 0.62), (0.32, width * 0.95), (0.12, width),
         (-0.1, width * 0.9), (-0.2, width * 0.62), (-0.235, width * 0.3), (-0.25, 0.03)]
    )  # fmt: skip
    dark = rng.uniform(0.55, 1.05)
    sketch = Sketch()
    sketch.strokes(_antennules(rng, side), 0.016, Ink(0.6, soft=0.3), end=0.35)
    if side:
        sketch.strokes(_legs(rng, width), 0.02, APPENDAGE)
    sketch.add(_urosome(rng, tail, 0.027))
    sketch.fill(body, Ink(dark, soft=0.5, core=0.45, rim=0.25, grain=0.22, grain_size=5))
    sketch.add(_inside(rng, width, dark))
    sketch.strokes(_segments(width, (-0.02, -0.09, -0.15, -0.2)), 0.007, Ink(0.25), end=1)
    if side:
        sketch = sketch.moved(_bowed)
    return sketch


def _bowed(outline: Curve) -> Curve:
    """The outline of a body whose back is arched."""
    return np.stack((outline[:, 0], outline[:, 1] + 0.25 * outline[:, 0] ** 2), axis=1)


def _inside(rng: Rng, width: float, dark: float) -> Sketch:
    """Gut, fat and eye, as they shine through a clear prosome."""
    sketch = Sketch()
    gut = smooth([(0.36, 0), (0.2, rng.normal(0, 0.012)), (0.0, rng.normal(0, 0.012)), (-0.2, 0)])
    sketch.fill(
        taper(gut, width * rng.uniform(0.15, 0.3), 0.01), Ink(0.3 * dark, soft=1.2, grain=0.5)
    )
    if rng.random() < 0.45:
        fat = ellipse(rng.uniform(-0.08, 0.02), rng.normal(0, 0.02), 0.13, width * 0.42)
        sketch.fill(fat, Ink(rng.choice([-0.28, 0.3]), soft=1.0, core=0.3))
    if rng.random() < 0.35:
        sketch.fill(ellipse(0.455, 0, 0.014, 0.014), Ink(0.7, soft=0.4))
    return sketch


def _antennules(rng: Rng, side: bool) -> list[Curve]:
    """First antennae; held out, swept back or, one in six, one of them lost."""
    sweep = rng.uniform(0.0, 0.75)
    reach = rng.uniform(0.5, 0.72)
    kept = [1, -1]
    if rng.random() < 0.16:
        kept.pop(int(rng.integers(2)))
    paths: list[Curve] = []
    for hand in kept:
        lean = sweep + rng.normal(0, 0.08)
        out = reach * (0.55 if side and hand < 0 else 1) * hand
        knots = points(
            (0.455, 0.04 * hand),
            (0.47 - 0.05 * lean, 0.22 * out / reach * 0.8),
            (0.44 - 0.30 * lean, 0.62 * out),
            (0.38 - 0.75 * lean, out * (1 - 0.2 * lean)),
        )
        paths.append(smooth(knots, steps=10))
    return paths


def _legs(rng: Rng, width: float) -> list[Curve]:
    """Mouth parts and swimming legs under the body, seen from the side."""
    lean = rng.uniform(0.3, 0.9)
    paths: list[Curve] = []
    for x, length in ((0.36, 0.1), (0.3, 0.12), (0.22, 0.09), (0.06, 0.12), (0.0, 0.13),
                      (-0.06, 0.13), (-0.12, 0.12)):  # fmt: skip
        foot = (x - lean * length, width * 0.85 + length * rng.uniform(0.7, 1.0))
        paths.append(smooth(points((x, width * 0.7), (x - 0.02, width + 0.02), foot)))
    return paths


def _urosome(rng: Rng, tail: float, half: float) -> Sketch:
    """Abdomen in four rings, two furcal rami and a fan of setae."""
    drop = rng.normal(0, 0.03)
    sketch = Sketch()
    steps = np.linspace(-0.23, tail, 5)
    for i, (start, end) in enumerate(pairwise(steps)):
        thick = half * (1 - 0.1 * i)
        y = drop * i / 4
        ring = ellipse((start + end) / 2, y, abs(start - end) * 0.56, thick, n=16)
        sketch.fill(ring, Ink(0.6, soft=0.3, core=0.3))
    rami = [
        points((tail + 0.01, drop + s * 0.012), (tail - 0.06, drop + s * 0.024)) for s in (1, -1)
    ]
    sketch.strokes(rami, 0.022, Ink(0.55, soft=0.3), end=0.8)
    setae = [
        points((tail - 0.055, drop + s * 0.024), (tail - 0.15, drop + s * 0.024 + spread))
        for s in (1, -1)
        for spread in rng.normal(s * 0.025, 0.03, 3)
    ]
    return sketch.strokes(setae, 0.009, HAIR)


def _segments(width: float, at: tuple[float, ...]) -> list[Curve]:
    return [
        smooth(points((x + 0.012, -width * s), (x - 0.012, 0), (x + 0.012, width * s)))
        for x, s in zip(at, np.linspace(0.92, 0.6, len(at)), strict=True)
    ]


def oithona(rng: Rng) -> Sketch:
    """A small cyclopoid: pear-shaped prosome, a long slim urosome, stiff antennules with setae."""
    width = rng.uniform(0.105, 0.13)
    dark = rng.uniform(0.5, 0.85)
    body = profile(
        [(0.5, 0), (0.49, 0.04), (0.44, width * 0.85), (0.33, width), (0.18, width * 0.8),
         (0.08, width * 0.52), (0.03, width * 0.42), (0.0, 0.03)]
    )  # fmt: skip
    sketch = Sketch()
    antennae = [_stiff(rng, hand) for hand in (1, -1)]
    sketch.strokes(antennae, 0.022, Ink(0.5, soft=0.3))
    hairs = [
        points(tuple(path[i]), (path[i, 0] + rng.normal(0.03, 0.06), path[i, 1] * 1.3))
        for path in antennae
        for i in range(5, len(path), 4)
    ]
    sketch.strokes(hairs, 0.009, HAIR)
    slim = smooth(points((0.02, 0), (-0.18, rng.normal(0, 0.015)), (-0.37, rng.normal(0, 0.03))))
    sketch.fill(taper(slim, 0.04, 0.022), Ink(dark * 0.9, soft=0.3, core=0.3, grain=0.2))
    end = slim[-1]
    tails = [points(tuple(end), (end[0] - 0.17, end[1] + s)) for s in rng.normal(0, 0.06, 4)]
    sketch.strokes(tails, 0.012, HAIR)
    if rng.random() < 0.3:
        sketch.add(_egg_sacs(rng))
    sketch.fill(body, Ink(dark, soft=0.5, core=0.4, rim=0.2, grain=0.25, grain_size=4))
    sketch.fill(ellipse(0.455, 0, 0.018, 0.018), Ink(0.6, soft=0.4))
    return sketch.strokes(_segments(width * 0.8, (0.17, 0.1, 0.05)), 0.009, Ink(0.2), end=1)


def _stiff(rng: Rng, hand: int) -> Curve:
    back = rng.uniform(0.0, 0.2)
    tip = (0.42 - back, hand * rng.uniform(0.3, 0.4))
    return smooth(points((0.45, hand * 0.06), (0.46 - back * 0.3, hand * 0.2), tip), steps=10)


def _egg_sacs(rng: Rng) -> Sketch:
    sketch = Sketch()
    for hand in (1, -1):
        sac = [
            ellipse(-0.08 - 0.055 * i, hand * (0.075 + 0.01 * i), 0.038, 0.034, n=16)
            for i in range(int(rng.integers(3, 5)))
        ]
        for egg in sac:
            sketch.fill(egg, Ink(0.75, soft=0.4, core=0.5, rim=0.1))
    return sketch


def nauplius(rng: Rng) -> Sketch:
    """A copepod's larva: a small shield, three pairs of legs with setae, one eye, two spines."""
    long, wide = rng.uniform(0.3, 0.36), rng.uniform(0.2, 0.26)
    shield = profile(
        [(long, 0), (long * 0.97, wide * 0.5), (long * 0.6, wide * 0.95), (0, wide),
         (-long * 0.6, wide * 0.65), (-long, wide * 0.25), (-long * 1.05, 0)]
    )  # fmt: skip
    sketch = Sketch()
    legs: list[Curve] = []
    hairs: list[Curve] = []
    for x, heading, length in ((0.24, 1.05, 0.3), (0.12, 1.6, 0.36), (-0.02, 2.05, 0.28)):
        for hand in (1, -1):
            angle = hand * (heading + rng.normal(0, 0.16))
            base = (x, hand * wide * 0.7)
            knee = (base[0] + length * 0.6 * np.cos(angle), base[1] + length * 0.6 * np.sin(angle))
            outer = angle + hand * rng.uniform(0.1, 0.5)
            foot = (knee[0] + length * 0.5 * np.cos(outer), knee[1] + length * 0.5 * np.sin(outer))
            legs.append(smooth(points(base, knee, foot)))
            hairs += [
                points(
                    foot, (foot[0] + 0.17 * np.cos(outer + a), foot[1] + 0.17 * np.sin(outer + a))
                )
                for a in (-0.45, 0.0, 0.45)
            ]
    sketch.strokes(hairs, 0.014, HAIR).strokes(legs, 0.055, Ink(0.45, soft=0.4), end=0.45)
    spines = [points((-long, s * 0.03), (-long - 0.14, s * 0.08)) for s in (1, -1)]
    sketch.strokes(spines, 0.02, APPENDAGE)
    sketch.fill(shield, Ink(rng.uniform(0.55, 0.8), soft=0.5, core=0.5, rim=0.15, grain=0.25))
    return sketch.fill(ellipse(long * 0.72, 0, 0.035, 0.035), Ink(0.9, soft=0.4))


def ostracod(rng: Rng) -> Sketch:
    """An ostracod: a bean of two valves with a notch, a brush of antennae, a dark eye."""
    tall = rng.uniform(0.3, 0.36)
    shell = smooth(
        points((0.5, -0.02), (0.42, -tall * 0.75), (0.1, -tall), (-0.3, -tall * 0.85),
               (-0.5, -0.05), (-0.38, tall * 0.7), (0.0, tall * 0.92), (0.33, tall * 0.75),
               (0.44, tall * 0.28), (0.38, tall * 0.12)),
        closed=True,
    )  # fmt: skip
    sketch = Sketch()
    brush = [
        smooth(points((0.38, 0.1), (0.55, 0.12 + s * 0.4), (0.68, 0.16 + s)))
        for s in rng.normal(0.08, 0.1, 5)
    ]
    sketch.strokes(brush, 0.018, Ink(0.4, soft=0.3))
    ink = Ink(rng.uniform(0.6, 1.0), soft=0.5, core=0.35, rim=0.45, grain=0.3, grain_size=6)
    sketch.fill(shell, ink)
    sketch.fill(turn(ellipse(0.02, 0.03, 0.25, 0.16), 0.2), Ink(0.35, soft=2.0, grain=0.5))
    return sketch.fill(ellipse(0.3, -tall * 0.3, 0.035, 0.035), Ink(0.9, soft=0.5))
