"""Classic features: what an instrument's software measures on the image of an object.

Names and definitions are those of ImageJ's «Analyze Particles» and of ZooProcess, which EcoTaxa
projects carry as free columns; `docs/reference/measures.md` lists them with their formulae, and
says how near we are to ZooProcess. Lengths are in pixels, grey levels in 0–255.
"""

import numpy as np
from PIL import Image

from calanus.features.measures.grey import grey_levels
from calanus.features.measures.particle import Grey, Particle, find_particle
from calanus.features.measures.shape import shape
from calanus.features.measures.texture import texture
from calanus.kit.pictures import eight_bits, is_wide

__all__ = ["NAMES", "Grey", "as_grey", "measure"]


def as_grey(image: Image.Image) -> Grey:
    """The grey levels of a picture, (height, width); what is transparent shows white."""
    if is_wide(image):
        return np.asarray(eight_bits(image))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return np.asarray(image.convert("L"))


def measure(image: Grey) -> dict[str, float]:
    """The features of the particle in a grey image (height, width), in the order of `NAMES`.

    Every value is finite, whatever the image: where a ratio has no denominator it is 0.
    """
    if image.ndim != 2 or image.size == 0:
        raise ValueError(f"A grey image has two sides of at least a pixel; this is {image.shape}.")
    particle = find_particle(image)
    return _measured(particle)


def _measured(particle: Particle) -> dict[str, float]:
    levels = grey_levels(particle)
    outline = shape(particle)
    return {**levels, **outline, **_between(levels, outline), **texture(particle)}


def _between(levels: dict[str, float], outline: dict[str, float]) -> dict[str, float]:
    """Features that need both the grey levels and the outline."""
    offset = np.hypot(levels["xm"] - outline["x"], levels["ym"] - outline["y"])
    return {
        "centroids": float(offset),
        "cdexc": float(offset**2 / outline["area_exc"]),
    }


NAMES: tuple[str, ...] = tuple(measure(np.zeros((1, 1), dtype=np.uint8)))
