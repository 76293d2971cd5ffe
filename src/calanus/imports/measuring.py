"""Measuring images in processes of their own."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calanus.features.measures import NAMES, as_grey, measure
from calanus.imports.images import Chunk, read


def names_of_measures() -> tuple[str, ...]:
    """The names of the measures, in their order."""
    return NAMES


def measured(chunk: Chunk, bar_px: int) -> NDArray[np.float64]:
    """The measures of some images, (images, measures); they were decoded once and are sound."""
    found = np.empty((len(chunk.tasks), len(NAMES)))
    for row, task in enumerate(chunk.tasks):
        with Image.open(BytesIO(read(chunk, task))) as image:
            grey = as_grey(image)
        cut = grey[:-bar_px] if 0 < bar_px < len(grey) else grey
        found[row] = list(measure(cut).values())
    return found
