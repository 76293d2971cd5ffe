"""The features of an IFCB, measured as its own laboratory does (WHOI, version 4).

They come with the extra `calanus[ifcb]`; what it does not bring is not missed otherwise.
"""

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from calanus.imports.instruments.ifcb.beside import spelled
from calanus.imports.instruments.writing import Cell, Pixels
from calanus.imports.types import PackageRefused


@cache
def extractor() -> Any:
    """Who measures.

    Raises:
        PackageRefused: nobody does here.
    """
    try:
        return import_module("planktofeatures.extractors").WHOIVersion4()
    except ImportError:
        raise PackageRefused(
            "Measuring IFCB images needs the extra “ifcb”: install calanus[ifcb], or import "
            "without measuring."
        ) from None


def measured(pixels: Pixels) -> dict[str, Cell]:
    """All features of an image, those that cannot be computed as nothing."""
    try:
        with np.errstate(all="ignore"):
            values: dict[str, float] = extractor().process(pixels).values
    except (ValueError, IndexError, ZeroDivisionError, FloatingPointError):
        return {}  # an image in which no organism can be told from the water
    return {spelled(name): float(value) for name, value in values.items()}
