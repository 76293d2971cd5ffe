"""Measuring images in processes of their own."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calanus.features.measures import NAMES, as_grey, measure
from calanus.features.preparation import decode, without_bar
from calanus.features.types import ImageUnreadable
from calanus.imports.images import Chunk, read

Measures = NDArray[np.float64]  # (images, measures)


def names_of_measures() -> tuple[str, ...]:
    """The names of the measures, in their order."""
    return NAMES


def measured(chunk: Chunk, bar_px: int) -> Measures:
    """The measures of some images of a package; they were decoded once and are sound."""
    return measured_bytes([read(chunk, task) for task in chunk.tasks], bar_px)


def measured_bytes(images: Sequence[bytes], bar_px: int) -> Measures:
    """The measures of some images without the bar at their bottom; NaN of an unreadable one."""
    Image.MAX_IMAGE_PIXELS = None  # `decode` looks at sizes by itself
    found = np.full((len(images), len(NAMES)), np.nan)
    for row, data in enumerate(images):
        try:
            found[row] = list(measure(as_grey(without_bar(decode(data), bar_px))).values())
        except ImageUnreadable:
            continue
    return found
