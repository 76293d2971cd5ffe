"""Images drawn for tests: shapes whose taxa even a small network tells apart."""

import io

import numpy as np
from PIL import Image, ImageDraw


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def disc(size: tuple[int, int] = (60, 40), *, ink: int = 40, paper: int = 230) -> Image.Image:
    """An ellipse that leaves a margin."""
    image = Image.new("L", size, paper)
    width, height = size
    ImageDraw.Draw(image).ellipse((5, 5, width - 6, height - 6), fill=ink)
    return image


def stick(size: tuple[int, int] = (60, 40), *, ink: int = 40, paper: int = 230) -> Image.Image:
    """A thin line from corner to corner."""
    image = Image.new("L", size, paper)
    width, height = size
    ImageDraw.Draw(image).line((4, 4, width - 5, height - 5), fill=ink, width=2)
    return image


def noisy(image: Image.Image, seed: int) -> Image.Image:
    """The same with a little grain, so that no two are alike."""
    grain = np.random.default_rng(seed).normal(0, 6, (image.height, image.width))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))
