"""Single cells and their chains."""

import numpy as np

from calanus.demo.draw.curves import Curve, bend, ellipse, pebble, points, smooth, taper, turn
from calanus.demo.draw.sketch import Ink, Sketch

Rng = np.random.Generator


def diatom_chain(rng: Rng) -> Sketch:
    """A chain of box-shaped cells; most bear long curved setae, as Chaetoceros does."""
    cells = int(rng.integers(5, 16))
    pitch = 1 / cells
    half = rng.uniform(0.35, 0.75) * pitch
    setae = rng.random() < 0.72
    sketch = Sketch()
    gaps = np.linspace(0.5, -0.5, cells + 1)
    if setae:
        sketch.strokes(_setae(rng, gaps, half), pitch * 0.12, Ink(0.3, soft=0.3), end=0.5)
    boxes: list[Curve] = []
    inside: list[Curve] = []
    for x in (gaps[:-1] + gaps[1:]) / 2:
        long, waist = pitch * rng.uniform(0.4, 0.46), half * rng.uniform(0.86, 0.94)
        boxes.append(
            smooth(
                points((x + long, half), (x, waist), (x - long, half), (x - long * 0.85, 0),
                       (x - long, -half), (x, -waist), (x + long, -half), (x + long * 0.85, 0)),
                closed=True, steps=4,
            )
        )  # fmt: skip
        inside.append(pebble(rng, x + rng.normal(0, 0.004), 0, half * 0.5, 0.2))
    sketch.fill(boxes, Ink(0.32, soft=0.3, rim=0.4))
    sketch.fill(inside, Ink(0.4, soft=0.6, grain=0.4))
    curl = rng.normal(0, 0.5)
    return sketch.moved(lambda outline: bend(outline, curl))


def _setae(
    rng: Rng, gaps: np.ndarray[tuple[int], np.dtype[np.float64]], half: float
) -> list[Curve]:
    """From each gap two bristles a side, those of the ends swept back along the chain."""
    reach = rng.uniform(0.22, 0.42)
    paths: list[Curve] = []
    for x in gaps:
        for hand in (1, -1):
            lean = 0.9 * x + rng.normal(0, 0.12)
            for spread in (0.1, -0.1):
                tip = (x + (lean + spread) * reach, hand * (half + reach * rng.uniform(0.8, 1.1)))
                knee = (x + 0.25 * (lean + spread) * reach, hand * (half + reach * 0.4))
                paths.append(smooth(points((x, hand * half * 0.8), knee, tip)))
    return paths


def tripos(rng: Rng) -> Sketch:
    """An anchor: one long horn in front, two that curve forward behind, a girdle between."""
    front = rng.uniform(0.6, 0.85)
    horns = [smooth(points((0.04, 0), (0.25, rng.normal(0, 0.01)), (front, rng.normal(0, 0.05))))]
    open_, reach = rng.uniform(0.9, 1.3), rng.uniform(0.3, 0.6)
    for hand in (1, -1):
        long = reach * rng.uniform(0.85, 1.0)
        horn = points((-0.05, hand * 0.06), (-0.17, hand * 0.17), (-0.13, hand * 0.27 * open_),
                      (0.05, hand * 0.33 * open_), (0.05 + long, hand * 0.4 * open_))  # fmt: skip
        horns.append(smooth(horn, steps=10))
    dark = rng.uniform(0.6, 0.9)
    sketch = Sketch().fill([taper(horn, 0.034, 0.012) for horn in horns], Ink(dark * 0.8, soft=0.3))
    body = smooth(
        points((0.17, 0.025), (0.06, 0.1), (0.0, 0.125), (-0.09, 0.11), (-0.12, 0.0),
               (-0.09, -0.11), (0.0, -0.125), (0.06, -0.1), (0.17, -0.025)),
        closed=True,
    )  # fmt: skip
    sketch.fill(body, Ink(dark * 0.8, soft=0.4, core=0.4, grain=0.2))
    girdle = smooth(points((0.0, -0.12), (0.025, 0), (0.0, 0.12)))
    return sketch.strokes([girdle], 0.03, Ink(-0.35, soft=0.3), end=1)


def acantharian(rng: Rng) -> Sketch:
    """A star: a dozen or two straight spines through a dark middle, a veil around it."""
    count = int(rng.choice([10, 12, 16, 20]))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.09, count)
    lengths = 0.5 * rng.uniform(0.72, 1.0, count)
    broken = rng.random(count) < 0.06
    lengths[broken] *= 0.5
    spines = [
        points((0, 0), (r * np.cos(a), r * np.sin(a))) for a, r in zip(angles, lengths, strict=True)
    ]
    sketch = Sketch()
    veil = np.stack((lengths * 0.62 * np.cos(angles), lengths * 0.62 * np.sin(angles)), axis=1)
    hollows = np.stack(
        (0.19 * np.cos(angles + np.pi / count), 0.19 * np.sin(angles + np.pi / count)), axis=1
    )
    star = np.stack((veil, hollows), axis=1).reshape(-1, 2)
    sketch.fill(smooth(star, closed=True, steps=4), Ink(0.16, soft=1.0, rim=0.08, grain=0.3))
    sketch.strokes(spines, 0.026, Ink(0.62, soft=0.3), end=0.35)
    middle = pebble(rng, 0, 0, rng.uniform(0.1, 0.16), 0.06)
    return sketch.fill(middle, Ink(0.75, soft=0.8, core=0.6, grain=0.4))


def foraminifer(rng: Rng) -> Sketch:
    """Globigerina: round chambers growing in a spiral, opaque, among a haze of fine spines."""
    chambers = int(rng.integers(7, 11))
    hand = rng.choice([-1, 1])
    step = rng.uniform(1.2, 1.45)
    balls: list[tuple[float, float, float]] = []
    for i in range(chambers):
        size = 0.055 * 1.19**i
        angle = hand * step * i
        away = 0.9 * size + 0.015 * i
        balls.append((away * np.cos(angle), away * np.sin(angle), size))
    sketch = Sketch()
    if rng.random() < 0.6:
        sketch.strokes(_spines(rng, balls), 0.01, Ink(0.26, soft=0.3))
    for x, y, size in balls:
        ball = pebble(rng, x, y, size, 0.03)
        sketch.fill(ball, Ink(rng.uniform(0.45, 0.7), soft=0.5, core=0.35, rim=0.4, grain=0.25))
    return sketch


def _spines(rng: Rng, balls: list[tuple[float, float, float]]) -> list[Curve]:
    paths: list[Curve] = []
    for x, y, size in balls[-5:]:
        for angle in np.arctan2(y, x) + rng.normal(0, 0.7, 9):
            out = size + rng.uniform(0.12, 0.3)
            paths.append(points((x, y), (x + out * np.cos(angle), y + out * np.sin(angle))))
    return paths


def colony(rng: Rng) -> Sketch:
    """A colonial radiolarian: a clear jelly with dark capsules scattered in it."""
    long = rng.uniform(0.8, 1.6)
    jelly = smooth(pebble(rng, 0, 0, 0.36, 0.04), closed=True, steps=2) * (long, 1 / long**0.6)
    sketch = Sketch()
    sketch.fill(jelly, Ink(0.1, soft=0.8, rim=0.18, grain=0.4, grain_size=6))
    size = float(rng.uniform(0.016, 0.024))
    places = rng.uniform(-1, 1, (90, 2))
    places = places[np.hypot(*places.T) < 0.9] * 0.34 * (long, 1 / long**0.6)
    capsules = [ellipse(x, y, size, size, n=12) for x, y in places]
    sketch.fill(capsules, Ink(0.6, soft=0.4, core=0.3))
    return sketch.moved(lambda outline: turn(outline, 0.2))
