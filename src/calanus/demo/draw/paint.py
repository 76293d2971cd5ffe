"""From a sketch to grey levels: light that goes through water and organism onto a sensor."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]  # scipy ships no types

from calanus.demo.draw.curves import Curve, turn
from calanus.demo.draw.sketch import Ink, Sketch

Grey = NDArray[np.uint8]  # (height, width)
Density = NDArray[np.float32]  # (height, width): how much light is taken

FINE = 4  # sub-pixels a side, so that edges are not stairs
_ndimage = cast(Any, ndimage)


@dataclass(frozen=True)
class Look:
    """How one picture was taken."""

    size: float  # pixels per unit of the sketch
    angle: float = 0.0
    contrast: float = 1.0
    blur: float = 0.5  # out of focus by so many pixels
    light: float = 246.0  # grey level of the ground
    tilt: float = 0.0  # unevenness of the ground, grey levels across the picture
    noise: float = 1.5
    margin: int = 8


def density(sketch: Sketch, look: Look, rng: np.random.Generator) -> Density:
    """How much light the sketch takes in each pixel, with a margin around it."""
    placed = sketch.moved(lambda outline: turn(outline * look.size, look.angle))
    everywhere = np.concatenate([outline for part, _ in placed.parts for outline in part])
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    width, height = np.ceil(high - low).astype(int) + 2 * look.margin
    shift = look.margin - low
    taken = np.zeros((height, width), dtype=np.float32)
    for part, ink in placed.parts:
        _add(taken, [outline + shift for outline in part], ink, rng)
    return taken


def develop(taken: Density, look: Look, rng: np.random.Generator) -> Grey:
    """The picture of what takes the light: ground, absorption, focus, a faint fringe, noise."""
    height, width = taken.shape
    light = np.exp(-look.contrast * np.maximum(taken, -0.2))
    light = blurred(light, look.blur)
    light = light + 0.25 * (light - blurred(light, 1.2 + look.blur))
    across = np.linspace(-0.5, 0.5, width)[None, :] * np.cos(look.angle * 3)
    down = np.linspace(-0.5, 0.5, height)[:, None] * np.sin(look.angle * 3)
    ground = look.light + look.tilt * (across + down)
    noise = rng.standard_normal((height, width), dtype=np.float32) * look.noise
    return np.clip(ground * light + noise, 0, 255).round().astype(np.uint8)


def blurred(values: Density, sigma: float) -> Density:
    """Values out of focus."""
    return _ndimage.gaussian_filter(values, sigma, truncate=2.5) if sigma > 0.2 else values


def cloud(rng: np.random.Generator, shape: tuple[int, int], grain: float) -> Density:
    """Smooth noise around 0 with a spread near 1, lumps of about `grain` pixels."""
    rows, columns = (max(2, round(side / grain) + 2) for side in shape)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def _add(taken: Density, outlines: list[Curve], ink: Ink, rng: np.random.Generator) -> None:
    """Put a part onto the density, working only on the part's own rectangle."""
    corners = np.concatenate(outlines)
    spare = round(3 * ink.soft) + 2
    top_left = np.maximum(np.floor(corners.min(axis=0)).astype(int) - spare, 0)
    end = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + spare, taken.shape[::-1])
    width, height = end - top_left
    if width < 1 or height < 1:
        return
    mask = blurred(_mask([o - top_left for o in outlines], (width, height)), ink.soft)
    window = taken[top_left[1] : end[1], top_left[0] : end[0]]
    window += _layer(mask, ink, corners, rng)


def _mask(outlines: list[Curve], size: tuple[int, int]) -> Density:
    """How much of each pixel lies inside the outlines, 0–1."""
    sheet = Image.new("L", (int(size[0]) * FINE, int(size[1]) * FINE))
    pen = ImageDraw.Draw(sheet)
    for outline in outlines:
        pen.polygon((outline * FINE).ravel().tolist(), fill=255)
    return np.asarray(sheet.reduce(FINE)).astype(np.float32) * np.float32(1 / 255)


def _layer(mask: Density, ink: Ink, corners: Curve, rng: np.random.Generator) -> Density:
    layer = mask * np.float32(ink.dark)
    if ink.core or ink.rim:
        reach = float((corners.max(axis=0) - corners.min(axis=0)).min())
        if ink.core:
            inner = blurred(mask, max(0.5, reach / 6))
            layer = layer * (1 - ink.core + ink.core * 1.4 * inner**2)
        if ink.rim:
            edge = mask * (1 - blurred(mask, min(2.0, max(0.6, reach / 20))))
            layer = layer + 2 * ink.rim * edge
    if ink.grain:
        lumps = 0.7 * cloud(rng, mask.shape, 2 * ink.grain_size)
        lumps = lumps + 0.4 * cloud(rng, mask.shape, 0.6 * ink.grain_size)
        layer = layer * np.maximum(1 + ink.grain * lumps, 0.1)
    return layer
