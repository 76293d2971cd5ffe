"""Vignettes: what a UVP6 shows of a particle, drawn from its raw image and some settings.

Settings and drawing are those of EcoTaxa, in a file `compute_vignette.txt`, but for the font.
"""

import configparser
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw, ImageFont

from calanus.kit.pictures import eight_bits

SECTION = "vignette"
BAR_LEFT, BAR_ABOVE_BOTTOM, TICK = 9, 4, 2  # pixels
BAR_MARGIN, LABEL_LEFT, LABEL_MARGIN = 10, 10, 10  # pixels
LABEL_SIZE = 1.5  # of the font, in heights of its letters
WHITE, LIGHT, BLACK = 255, 254, 0  # of the ground: what is not black is not quite white
LONGEST_BAR = 30_000  # pixels
MICRONS = 1000  # a millimetre
YES, NO = ("y", "yes", "true", "1"), ("n", "no", "false", "0")


class Vignette(NamedTuple):
    """How vignettes are drawn."""

    gamma: float
    invert: bool
    keep_original: bool
    colour: int  # of bar and label, 0–255
    font_px: int
    footer_px: int
    scale: float
    bar_mm: float
    bar_px: int


class BadSettings(Exception):
    """Settings that cannot be followed, and why."""


class Settings:
    """The keys of the file, each read with its own complaint."""

    def __init__(self, told: str) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(told)
        except configparser.Error as error:
            reason = str(error).replace("\n", " ").replace("'<string>'", "the file")
            raise BadSettings(f"the settings cannot be read: {reason}.") from None
        if not parser.has_section(SECTION):
            raise BadSettings(f"there is no section [{SECTION}].")
        self.values = parser[SECTION]

    def number(self, key: str, default: float | None, low: float, high: float) -> float:
        """A number between two others."""
        told = self.values.get(key)
        if told is None and default is not None:
            return default
        if told is None:
            raise BadSettings(f"{key} is missing.")
        try:
            value = float(told)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise BadSettings(f"{key}: “{told[:50]}” is not a number from {low:g} to {high:g}.")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Yes or no."""
        told = self.values.get(key)
        if told is None:
            return default
        if told.strip().lower() not in (*YES, *NO):
            raise BadSettings(f"{key}: “{told[:50]}” is neither y nor n.")
        return told.strip().lower() in YES

    def colour(self, key: str, default: str) -> int:
        """A colour by its name, as a grey level."""
        told = self.values.get(key, default).strip()
        try:
            grey = ImageColor.getcolor(told, "L")
        except ValueError:
            raise BadSettings(f"{key}: “{told[:50]}” is not a colour (white, black).") from None
        assert isinstance(grey, int)
        return grey


def read_settings(told: str) -> Vignette:
    """How vignettes are to be drawn.

    Raises:
        BadSettings: a key is missing, or says what cannot be.
    """
    settings = Settings(told)
    scale = settings.number("scale", 1, 0.01, 100)
    bar_mm = settings.number("scalebarsize_mm", None, 0, 10_000)
    pixel = settings.number("pixel_size", None, 0.001, 1_000_000)
    bar_px = int(round(bar_mm * MICRONS / pixel) * scale)
    if bar_px > LONGEST_BAR:
        raise BadSettings(
            f"scalebarsize_mm: a bar of {bar_mm:g} mm is {bar_px:,} pixels long, where "
            f"{LONGEST_BAR:,} are drawn at most."
        )
    return Vignette(
        gamma=settings.number("gamma", 1, 0.01, 100),
        invert=settings.flag("invert", default=False),
        keep_original=settings.flag("keeporiginal", default=True),
        colour=settings.colour("fontcolor", "black"),
        font_px=int(settings.number("fontheight_px", 10, 1, 1000)),
        footer_px=int(settings.number("footerheight_px", 31, 0, 10_000)),
        scale=scale,
        bar_mm=bar_mm,
        bar_px=bar_px,
    )


def size_of(image: tuple[int, int], vignette: Vignette) -> tuple[int, int]:
    """Width and height of the vignette of an image, in pixels."""
    width, height = scaled(image, vignette)
    return max(width, vignette.bar_px + BAR_MARGIN), height + vignette.footer_px


def draw(image: Image.Image, vignette: Vignette) -> Image.Image:
    """The vignette of a raw image, in grey levels."""
    ground = BLACK if vignette.colour == WHITE else LIGHT
    canvas = Image.new("L", size_of(image.size, vignette), ground)
    particle = eight_bits(image).convert("L").point(corrections(vignette))
    if vignette.scale != 1:
        size = scaled(image.size, vignette)
        particle = particle.resize(size, Image.Resampling.BICUBIC)
    canvas.paste(particle, (0, 0))
    draw_bar(canvas, vignette)
    return canvas


def corrections(vignette: Vignette) -> list[int]:
    """What becomes of each grey level."""
    levels = [int(255 * (level / 255) ** (1 / vignette.gamma)) for level in range(256)]
    return [255 - level for level in levels] if vignette.invert else levels


def scaled(image: tuple[int, int], vignette: Vignette) -> tuple[int, int]:
    """Width and height of the particle's image."""
    return max(1, int(image[0] * vignette.scale)), max(1, int(image[1] * vignette.scale))


def draw_bar(canvas: Image.Image, vignette: Vignette) -> None:
    """The scale bar at the bottom, ticks at its ends, and its length above."""
    pen = ImageDraw.Draw(canvas)
    top = canvas.height - BAR_ABOVE_BOTTOM
    end = BAR_LEFT + vignette.bar_px
    line = [(BAR_LEFT, top + TICK), (BAR_LEFT, top), (end, top), (end, top + TICK)]
    pen.line(line, fill=vignette.colour)
    label = (LABEL_LEFT, canvas.height - LABEL_MARGIN - vignette.font_px)
    font = ImageFont.load_default(round(LABEL_SIZE * vignette.font_px))
    pen.text(label, f"{vignette.bar_mm:g} mm", fill=vignette.colour, font=font)
