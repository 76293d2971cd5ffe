"""One object of the demo: which shape, how large, how the picture came out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calanus.demo.draw.others import flake, lump, strand
from calanus.demo.draw.paint import Density, Grey, Look, density, develop
from calanus.demo.draw.sketch import Sketch

Rng = np.random.Generator

SHORTEST, LONGEST = 30.0, 300.0  # pixels
SOILED = 0.10  # share of the organisms to which a crumb of detritus sticks
OUT_OF_FOCUS = 0.07  # share of the pictures that are badly blurred


@dataclass(frozen=True)
class Model:
    """What a species looks like."""

    sketch: Callable[[Rng], Sketch] | None  # None: detritus
    size: float  # middle length in pixels
    spread: float = 0.22  # of the logarithm of the length
    breaks: float = 0.0  # share of broken ones


def vignette(model: Model, rng: Rng) -> Grey:
    """A picture of one individual."""
    look = _look(model, rng)
    taken = _drawn(model, look, rng)
    if model.sketch is not None and rng.random() < SOILED:
        taken = _soiled(taken, rng)
    return develop(taken, look, rng)


def _drawn(model: Model, look: Look, rng: Rng) -> Density:
    sketch = _detritus(rng) if model.sketch is None else model.sketch(rng)
    if sketch is None:
        return np.pad(flake(rng, look.size), look.margin)
    if rng.random() < model.breaks:
        sketch = sketch.broken(float(rng.uniform(-0.3, 0.1)))
    return density(sketch, look, rng)


def _detritus(rng: Rng) -> Sketch | None:
    """Three in four are flakes (nothing to sketch); the others crumbs or strands."""
    kind = rng.random()
    if kind < 0.74:
        return None
    return lump(rng) if kind < 0.9 else strand(rng)


def _soiled(taken: Density, rng: Rng) -> Density:
    """The same with a flake somewhere on it."""
    height, width = int(taken.shape[0]), int(taken.shape[1])
    piece = flake(rng, float(rng.uniform(0.15, 0.4)) * min(height, width))
    tall, wide = min(len(piece), height), min(len(piece.T), width)
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    soiled = taken.copy()
    soiled[top : top + tall, left : left + wide] += piece[:tall, :wide]
    return soiled


def _look(model: Model, rng: Rng) -> Look:
    size = float(np.clip(model.size * np.exp(rng.normal(0, model.spread)), SHORTEST, LONGEST))
    blur = 0.3 + float(rng.gamma(1.6, 0.28)) * min(1.5, 0.5 + size / 150)
    if rng.random() < OUT_OF_FOCUS:
        blur = float(rng.uniform(2.0, 3.5)) * min(1.5, 0.4 + size / 150)
    return Look(
        size=size,
        angle=float(rng.uniform(0, 2 * np.pi)),
        contrast=float(np.exp(rng.normal(-0.05, 0.28))),
        blur=blur,
        light=float(rng.uniform(240, 250)),
        tilt=float(rng.gamma(1.5, 2.0)),
        noise=float(rng.uniform(0.9, 2.2)),
        margin=int(rng.integers(5, 12)),
    )
