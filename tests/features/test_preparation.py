"""What the network sees of an image, pinned pixel by pixel."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from calanus.features.preparation import Preparation
from calanus.features.types import ImageUnreadable
from drawn import disc, encoded, stick

prepare = Preparation()


def fingerprint(pixels: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (disc((60, 40)), "2bbe4b7569aa6c62"),
        (stick((500, 300)), "919a4823bcb59311"),
        (disc((33, 90), ink=220, paper=3), "a456167e9223a3cd"),
        (Image.merge("RGB", [disc(ink=ink) for ink in (10, 90, 160)]), "f2cc2bb8058da9b9"),
    ],
    ids=["enlarged", "shrunk", "dark field", "colour"],
)
def test_the_prepared_pixels_are_the_same_on_every_machine(
    image: Image.Image, expected: str
) -> None:
    assert fingerprint(prepare(encoded(image))) == expected


def test_an_image_becomes_a_square_with_its_aspect_kept() -> None:
    pixels = prepare(encoded(disc((80, 20))))

    assert pixels.shape == (224, 224, 3)
    dark = np.argwhere(pixels[:, :, 0] < 128)
    height, width = np.ptp(dark, axis=0) + 1
    assert width / height == pytest.approx(70 / 10, rel=0.1)


def test_what_is_beside_the_image_has_the_colour_of_its_border() -> None:
    pixels = prepare(encoded(disc((80, 20), paper=201)))

    assert set(np.unique(pixels[:60]).tolist()) == {201}


def test_bright_objects_on_a_dark_field_are_turned_into_dark_ones_on_light() -> None:
    bright = prepare(encoded(disc(ink=215, paper=25)))

    assert np.array_equal(bright, prepare(encoded(disc(ink=40, paper=230))))


def test_a_scale_bar_is_cropped_before_anything_is_measured() -> None:
    barred = Image.new("L", (60, 71), 0)
    barred.paste(disc((60, 40)), (0, 0))

    assert np.array_equal(prepare(encoded(barred), bar_px=31), prepare(encoded(disc((60, 40)))))


def test_an_image_lower_than_its_scale_bar_is_taken_whole() -> None:
    image = encoded(disc((60, 20)))

    assert np.array_equal(prepare(image, bar_px=31), prepare(image))


def test_colour_is_kept_where_there_is_colour() -> None:
    image = Image.new("RGB", (30, 30), (230, 230, 230))
    image.paste((200, 20, 20), (10, 10, 20, 20))

    assert prepare(encoded(image))[112, 112].tolist() == [200, 20, 20]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_of_an_image_prepares_alike(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image = disc(ink=0, paper=255).convert(mode)

    assert np.array_equal(prepare(encoded(image, kind)), prepare(encoded(disc(ink=0, paper=255))))


def test_sixteen_bits_are_read_by_their_upper_half() -> None:
    deep = Image.fromarray(np.asarray(disc(), np.uint16) * 257)

    assert np.array_equal(prepare(encoded(deep)), prepare(encoded(disc())))


def test_what_is_transparent_is_white_paper() -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((10, 10, 10, 255), (15, 15, 25, 25))

    pixels = prepare(encoded(image))

    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[112, 112].tolist() == [10, 10, 10]


@pytest.mark.parametrize("data", [b"", b"no image", encoded(disc())[:60]])
def test_what_is_no_image_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ImageUnreadable, match="An image cannot be read"):
        prepare(data)


def test_images_of_one_pixel_are_images() -> None:
    assert prepare(encoded(Image.new("L", (1, 1), 200))).shape == (224, 224, 3)
    assert prepare(encoded(Image.new("L", (900, 1), 200))).shape == (224, 224, 3)
