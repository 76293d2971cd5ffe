"""Pictures as a screen shows them: upright, in eight bits, whatever the camera wrote."""

from PIL import Image, ImageOps

WIDE_MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N", "F"})
WHITES = (1, 255, 1023, 4095, 16_383, 65_535)  # of masks, and of sensors of 8 to 16 bits
ORIENTATION = 0x0112  # EXIF


def is_wide(image: Image.Image) -> bool:
    """Whether there are more grey levels than a screen shows."""
    return image.mode in WIDE_MODES


def is_turned(image: Image.Image) -> bool:
    """Whether a loaded picture lies on its side until its EXIF is obeyed; TIFF obeys by itself."""
    return "exif" in image.info and image.getexif().get(ORIENTATION, 1) in range(2, 9)


def upright(image: Image.Image) -> Image.Image:
    """A loaded picture as its EXIF wants it held."""
    return ImageOps.exif_transpose(image) if is_turned(image) else image


def eight_bits(image: Image.Image) -> Image.Image:
    """The same picture in 256 levels: grey (L) or colour (RGB), with transparency (LA, RGBA).

    White is the white of the smallest usual sensor (8, 10, 12, 14 or 16 bits) that holds the
    brightest pixel, so that images of one camera stay comparable; below zero, or above 16 bits,
    the picture's own range is spread.
    """
    if is_wide(image):
        return eight_of_many(image)
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
    seen.info.pop("icc_profile", None)  # it was that of inks, or of a palette
    return seen


def eight_of_many(image: Image.Image) -> Image.Image:
    """Many levels brought to 256."""
    values = image.convert("F")
    low, high = extrema(values)
    if not -float("inf") < low <= high < float("inf"):
        values = only_finite(values)
        low, high = extrema(values)
    black = min(low, 0.0)
    white = next((white for white in WHITES if high <= white), high) if black == 0 else high
    scale = 255 / max(white - black, 1e-30)
    return values.point(lambda value: value * scale - black * scale).convert("L")


def extrema(image: Image.Image) -> tuple[float, float]:
    """The darkest and the brightest pixel of a picture of one channel."""
    low, high = image.getextrema()
    assert isinstance(low, float)
    assert isinstance(high, float)
    return low, high


def only_finite(image: Image.Image) -> Image.Image:
    """The same picture, black where there is no number."""
    import numpy as np  # here, for it takes time to import, and pictures like these are rare

    values = np.asarray(image, np.float32)
    known = np.isfinite(values)
    least = values[known].min() if known.any() else np.float32(0)
    return Image.fromarray(np.where(known, values, least))
