"""Shells, larvae, eggs, and what is no animal: detritus, fibres, bubbles."""

import numpy as np

from calanus.demo.draw.curves import (
    arc,
    ellipse,
    pebble,
    points,
    ribbon,
    smooth,
    taper,
    turn,
    wander,
)
from calanus.demo.draw.paint import Density, blurred, cloud
from calanus.demo.draw.sketch import Ink, Sketch

Rng = np.random.Generator


def limacina(rng: Rng) -> Sketch:
    """A shell of three whorls that widen evenly, now and then with its two wings spread."""
    whorls, widening = rng.uniform(2.6, 3.4), rng.uniform(1.75, 2.05)
    turns = np.linspace(-whorls, 0, 180)
    radius = 0.36 * widening**turns
    spiral = np.stack((np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)), axis=1)
    spiral = spiral * radius[:, None]
    last = turns > -1
    sketch = Sketch()
    if rng.random() < 0.5:
        sketch.add(_wings(rng))
    dark = rng.uniform(0.4, 0.7)
    ink = Ink(dark, soft=0.5, core=0.2, rim=0.35, grain=0.2, grain_size=5)
    sketch.fill(spiral[last], ink)
    body = smooth(spiral[turns > -rng.uniform(0.6, 0.85)] * 0.83)
    sketch.fill(taper(body, 0.03, 0.09), Ink(0.35, soft=1.0, grain=0.4, grain_size=4))
    sketch.fill(taper(spiral[~last], 0.006, 0.013), Ink(0.75, soft=0.4))
    mouth = ellipse(0.29, 0.015, 0.085, 0.05)
    sketch.fill(mouth, Ink(0.3, soft=0.5, rim=0.3))
    hand = float(rng.choice([-1, 1], p=[0.85, 0.15]))
    return sketch.moved(lambda outline: outline * (1, hand))


def _wings(rng: Rng) -> Sketch:
    """The two lobes of the foot, spread at the mouth of the shell."""
    sketch = Sketch()
    for heading in (rng.normal(0.95, 0.15), rng.normal(-0.45, 0.15)):
        long, wide = rng.uniform(0.36, 0.46), rng.uniform(0.12, 0.16)
        wing = smooth(
            points((-0.04, -0.05), (0.4, -0.9), (0.85, -1), (1, -0.1), (0.9, 0.75), (0.5, 0.8),
                   (0.0, 0.05)),
            closed=True,
        )  # fmt: skip
        placed = turn(wing * (long, wide), heading) + np.array((0.27, 0.03))
        sketch.fill(placed, Ink(0.26, soft=0.5, rim=0.15, grain=0.25))
    return sketch


def pluteus(rng: Rng) -> Sketch:
    """A sea urchin's larva: an arrow head of skeletal rods, clear skin between, a round gut."""
    sketch = Sketch()
    spread = rng.uniform(0.17, 0.28)
    tips = [
        (0.5, spread * 1.25),
        (0.36, spread * 0.5),
        (0.36, -spread * 0.5),
        (0.5, -spread * 1.25),
    ]
    tips = [(x + rng.normal(0, 0.03), y + rng.normal(0, 0.012)) for x, y in tips]
    skin = [(-0.45, 0.0), (-0.1, spread * 0.75), tips[0], (0.12, spread * 0.5), tips[1],
            (0.08, 0.0), tips[2], (0.12, -spread * 0.5), tips[3],
            (-0.1, -spread * 0.75)]  # fmt: skip
    sketch.fill(smooth(skin, closed=True, steps=5), Ink(0.22, soft=0.5, rim=0.2, grain=0.25))
    rods = [smooth(points((-0.44, 0.0), (-0.12, tip[1] * 0.62), tip)) for tip in tips]
    sketch.strokes(rods, 0.022, Ink(0.6, soft=0.3), end=0.7)
    cross = [points((-0.12, -spread * 0.7), (-0.12, spread * 0.7))]
    sketch.strokes(cross, 0.018, Ink(0.35, soft=0.4), end=1)
    gut = pebble(rng, -0.13, 0, 0.075, 0.08) * (1.2, 1)
    sketch.fill(gut, Ink(0.45, soft=0.7, core=0.3, grain=0.3))
    dots = [ellipse(tip[0] - 0.02, tip[1], 0.014, 0.014, n=10) for tip in tips]
    return sketch.fill(dots, Ink(0.5, soft=0.4))


def fish_egg(rng: Rng) -> Sketch:
    """A ball with a thin double wall, a clear gap, a yolk, oil, and often a curled embryo."""
    sketch = Sketch()
    wall = pebble(rng, 0, 0, 0.48, 0.006)
    sketch.fill(wall, Ink(0.09, soft=0.4, rim=0.55))
    sketch.fill(pebble(rng, 0, 0, 0.45, 0.006), Ink(0.02, soft=0.4, rim=0.2))
    away = rng.uniform(0, 0.05)
    size = rng.uniform(0.33, 0.41)
    yolk = pebble(rng, away, 0, size, 0.012)
    sketch.fill(yolk, Ink(rng.uniform(0.2, 0.4), soft=0.6, rim=0.22, grain=0.15, grain_size=6))
    if rng.random() < 0.6:
        start = rng.uniform(0, 2 * np.pi)
        back = arc(away, 0, size * 0.86, start, start + rng.uniform(2.2, 4.6), 40)
        share = np.linspace(0, 1, len(back))
        half = (0.085 - 0.06 * share) * np.sqrt(np.minimum(1, 9 * share + 0.05))
        sketch.fill(ribbon(back, half), Ink(0.6, soft=0.7, core=0.2, grain=0.4))
        eye = back[3]
        sketch.fill(ellipse(float(eye[0]), float(eye[1]), 0.035, 0.03), Ink(0.6, soft=0.5))
    angle = rng.uniform(0, 2 * np.pi)
    oil = (away + 0.5 * size * np.cos(angle), 0.5 * size * np.sin(angle))
    sketch.fill(ellipse(*oil, 0.085, 0.085), Ink(0.12, soft=0.3, rim=0.85))
    return sketch.fill(ellipse(oil[0] - 0.02, oil[1] - 0.02, 0.03, 0.03), Ink(-0.3, soft=0.5))


def bubble(rng: Rng) -> Sketch:
    """A bubble: light goes straight through its middle only, the rest is black."""
    sketch = Sketch()
    dark, clear = rng.uniform(1.3, 2.0), rng.uniform(0.45, 0.78)
    sketch.fill(ellipse(0, 0, 0.5, 0.5 * rng.uniform(0.97, 1.0), n=80), Ink(dark, soft=0.5))
    for share in (1.0, 0.85):
        middle = ellipse(0, 0, 0.5 * clear * share, 0.5 * clear * share, n=60)
        sketch.fill(middle, Ink(-dark * rng.uniform(0.42, 0.5), soft=1.5))
    gleam = rng.uniform(0, 2 * np.pi)
    away = 0.25 * (1 + clear)
    spot = ellipse(away * np.cos(gleam), away * np.sin(gleam), 0.06, 0.03, gleam + np.pi / 2)
    return sketch.fill(spot, Ink(-dark, soft=0.7))


def fibre(rng: Rng) -> Sketch:
    """A thread of even width that bends and kinks as no animal does; now and then two."""
    sketch = Sketch()
    count = 1 if rng.random() < 0.8 else 2
    for _ in range(count):
        curl = rng.choice([0.25, 0.8, 1.3])
        path = wander(rng, (0, 0), rng.uniform(0, 2 * np.pi), rng.uniform(0.9, 1.4), curl)
        path = smooth(path - path.mean(axis=0), steps=4)
        thick = rng.uniform(0.012, 0.026)
        dark = rng.uniform(0.35, 0.9)
        sketch.fill(taper(path, thick / 2, thick / 2), Ink(dark, soft=0.3, rim=0.2, grain=0.3))
    return sketch


def pellet(rng: Rng) -> Sketch:
    """A faecal pellet: a dark even sausage, often broken at one end."""
    long = rng.uniform(0.09, 0.15)
    bow = smooth(
        points((0.5, 0), (0.15, rng.normal(0, 0.05)), (-0.2, rng.normal(0, 0.05)), (-0.5, 0))
    )
    share = np.linspace(0, 1, len(bow))
    width = (
        long * np.minimum(1, np.sqrt(6 * share + 0.15)) * np.minimum(1, np.sqrt(6 * (1 - share)))
    )
    ragged = width * (1 + 0.05 * rng.normal(size=len(bow)))
    sides = np.concatenate((bow + np.stack((0 * share, ragged), 1),
                            (bow - np.stack((0 * share, ragged), 1))[::-1]))  # fmt: skip
    return Sketch().fill(sides, Ink(rng.uniform(0.8, 1.3), soft=0.6, core=0.35, grain=0.3))


def flake(rng: Rng, size: float) -> Density:
    """Marine snow: lumps of every size that hang together, ragged and uneven.

    A field of noise whose lumps halve in size and strength, cut where it is low; this is no
    sketch but what it takes of the light, (height, width), about `size` pixels long.
    """
    long = max(24, round(size * 1.25))
    wide = max(20, round(size * rng.uniform(0.55, 1.15)))
    rows, columns = np.mgrid[:wide, :long].astype(np.float32)
    away = np.hypot(columns / (long / 2) - 1, rows / (wide / 2) - 1)
    field = 1.0 - 1.8 * away ** rng.uniform(1.2, 2.0) - 8 * np.maximum(0, away - 0.85)
    rough = rng.uniform(0.4, 0.8)
    for octave in range(5):
        grain = max(1.2, long / 2.5 / 2**octave)
        field = field + rough * 0.72**octave * cloud(rng, (wide, long), grain)
    inside = 0.55 + 0.3 * cloud(rng, (wide, long), 5) + 0.22 * cloud(rng, (wide, long), 2)
    taken = np.clip(field * 1.6, 0, 1) * np.clip(inside, 0.08, 2.0) * rng.uniform(0.45, 1.15)
    if rng.random() < 0.35:
        taken = taken * 0.35 + 0.5 * blurred(taken, 2.0)
    return dark_grains(rng, _trimmed(taken.astype(np.float32)))


def lump(rng: Rng) -> Sketch:
    """Compact detritus: an uneven crumb, as dark as an animal."""
    outline = pebble(rng, 0, 0, 0.4, rng.uniform(0.05, 0.22)) * (1, rng.uniform(0.3, 1.0))
    ink = Ink(rng.uniform(0.4, 1.1), soft=rng.uniform(0.4, 1.4), core=0.3, grain=0.45, grain_size=4)
    sketch = Sketch().fill(outline, ink)
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(-0.4, 0.4, 2)
        crumb = pebble(rng, x, 0.6 * y, rng.uniform(0.05, 0.18), 0.2)
        sketch.fill(crumb, Ink(rng.uniform(0.2, 0.8), soft=0.6, grain=0.4))
    return sketch


def strand(rng: Rng) -> Sketch:
    """Stringy detritus: a slack thread of slime with crumbs along it."""
    path = wander(rng, (-0.5, 0), 0, 1.0, 0.7)
    width = np.abs(0.03 + 0.025 * np.convolve(rng.normal(size=len(path)), np.ones(4) / 2, "same"))
    ink = Ink(rng.uniform(0.25, 0.6), soft=0.6, grain=0.5)
    sketch = Sketch().fill(ribbon(path, width + 0.006), ink)
    for x, y in path[rng.integers(0, len(path), int(rng.integers(1, 6)))]:
        crumb = pebble(rng, x, y, rng.uniform(0.02, 0.08), 0.2)
        sketch.fill(crumb, Ink(rng.uniform(0.3, 0.7), soft=0.6, grain=0.4))
    return sketch


def _trimmed(taken: Density) -> Density:
    """The taken without its empty margins."""
    there = taken > 0.04
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if rows.size == 0:
        return taken
    return taken[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def dark_grains(rng: Rng, taken: Density) -> Density:
    """The flake with the dark grains that have stuck to it."""
    places = np.argwhere(taken > 0.2)
    if places.size == 0:
        return taken
    grains = np.zeros_like(taken)
    for row, column in rng.choice(places, int(rng.integers(1, 9))):
        grains[row, column] = rng.uniform(4, 14)
    return taken + blurred(grains, float(rng.uniform(0.8, 1.6)))
