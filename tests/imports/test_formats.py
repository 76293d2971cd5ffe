"""Every format is stored as it came, and shown upright in eight bits, whatever the browser."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin
from starlette.testclient import TestClient

import given
from calanus.features.measures import as_grey
from calanus.features.preparation import decode
from calanus.files.sizes import FULL_SIZE
from calanus.imports.images import Checked, check
from calanus.kit.ids import IMAGES
from calanus.kit.pictures import eight_bits
from lab import HEADERS, Lab, encoded

MOST = 20_000 * 20_000
TURNED_LEFT = 6  # EXIF: the top of the picture is at the right of the file


def levels(mode: str, *values: float) -> Image.Image:
    """A line of pixels."""
    dtype = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    return Image.fromarray(np.array([values], dtype))


def shown(image: Image.Image) -> list[int]:
    """The grey levels that a screen shows of a line of pixels."""
    return list(eight_bits(image).tobytes())


def turned(format_: str, size: tuple[int, int] = (8, 4)) -> bytes:
    """A picture that lies on its side, black in the corner that is to be at the top right."""
    image = Image.new("L", size, 200)
    image.paste(0, (0, 0, 2, 2))
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = TURNED_LEFT
    if format_ == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[0x0112] = TURNED_LEFT
        image.save(out, format_, tiffinfo=tags)
    else:
        image.save(out, format_, exif=exif)
    return out.getvalue()


def rendition(checked: Checked) -> Image.Image:
    """What a browser gets instead of the file."""
    return Image.open(BytesIO(dict(checked.thumbnails)[FULL_SIZE]))


@pytest.mark.parametrize(
    ("image", "seen"),
    [
        (levels("I;16", 0, 128, 255), [0, 128, 255]),
        (levels("I;16", 0, 512, 1023), [0, 127, 255]),
        (levels("I;16", 0, 2048, 4095), [0, 127, 255]),
        (levels("I;16", 0, 8192, 16383), [0, 127, 255]),
        (levels("I;16", 0, 32768, 65535), [0, 127, 255]),
        (levels("I;16", 0, 1, 1), [0, 255, 255]),
        (levels("I", -100, 0, 100), [0, 127, 255]),
        (levels("I", 0, 500_000, 1_000_000), [0, 127, 255]),
        (levels("F", 0, 0.5, 1), [0, 127, 255]),
        (levels("F", -1, 0, 1), [0, 127, 255]),
        (levels("F", 0, 128, 200), [0, 128, 200]),
        (levels("F", float("nan"), 0.5, 1), [127, 127, 255]),
        (levels("F", 0, 0.5, float("inf")), [0, 127, 0]),
        (levels("F", float("nan"), float("nan")), [0, 0]),
        (levels("I;16", 0, 0), [0, 0]),
    ],
)
def test_white_is_that_of_the_sensor(image: Image.Image, seen: list[int]) -> None:
    assert shown(image) == pytest.approx(seen, abs=1)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "CMYK", "I;16", "F", "P", "LAB"])
@pytest.mark.parametrize("size", [(40, 30), (400, 300)], ids=["small", "large"])
def test_a_tiff_is_shown_as_a_png_of_its_size(mode: str, size: tuple[int, int]) -> None:
    found = check(encoded(Image.new(mode, size), "TIFF"), MOST)

    assert (found.width, found.height) == size == rendition(found).size
    assert rendition(found).mode in ("L", "RGB", "RGBA")
    assert (found.ending, found.shown_ending) == (".tif", ".png")
    sizes = [FULL_SIZE, 320, 160, 64] if size[0] > 320 else [FULL_SIZE]
    assert [size for size, _ in found.thumbnails] == sizes


def test_a_bmp_is_shown_as_a_png() -> None:
    found = check(encoded(Image.new("RGB", (4, 3), "red"), "BMP"), MOST)

    assert rendition(found).getpixel((0, 0)) == (255, 0, 0)
    assert (found.ending, found.shown_ending) == (".bmp", ".png")


@pytest.mark.parametrize("packing", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiffs_are_read_however_they_are_packed(packing: str) -> None:
    out = BytesIO()
    Image.new("L", (40, 30), 77).save(out, "TIFF", compression=packing)

    assert rendition(check(out.getvalue(), MOST)).getpixel((5, 5)) == 77


def test_of_a_stack_the_first_picture_is_shown() -> None:
    out = BytesIO()
    first, second = Image.new("L", (4, 3), 10), Image.new("L", (9, 9), 20)
    first.save(out, "TIFF", save_all=True, append_images=[second])

    found = check(out.getvalue(), MOST)

    assert (found.width, found.height) == (4, 3)
    assert rendition(found).getpixel((0, 0)) == 10


def test_a_png_of_sixteen_bits_is_shown_in_the_levels_it_uses() -> None:
    found = check(encoded(levels("I;16", 0, 2048, 4095), "PNG"), MOST)

    assert list(rendition(found).tobytes()) == pytest.approx([0, 127, 255], abs=1)


def test_what_a_browser_shows_right_gets_no_second_file() -> None:
    for format_ in ("PNG", "JPEG", "GIF"):
        assert check(encoded(Image.new("L", (40, 30)), format_), MOST).thumbnails == []


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_a_picture_on_its_side_is_measured_and_shown_upright(format_: str) -> None:
    data = turned(format_)

    found = check(data, MOST)

    assert (found.width, found.height) == (4, 8)
    if format_ != "JPEG":  # which every browser turns by itself
        assert np.asarray(rendition(found)).shape == (8, 4)
        assert np.asarray(rendition(found))[0, -1] == 0
    assert decode(data).size == (4, 8)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_the_thumbnail_of_a_picture_on_its_side_is_upright(format_: str) -> None:
    found = check(turned(format_, (800, 400)), MOST)

    with Image.open(BytesIO(dict(found.thumbnails)[64])) as small:
        assert small.size == (32, 64)


def test_exif_that_makes_no_sense_turns_nothing() -> None:
    out = BytesIO()
    Image.new("L", (8, 4)).save(out, "JPEG", exif=b"Exif\0\0" + b"\xff" * 40)

    found = check(out.getvalue(), MOST)

    assert (found.width, found.height) == (8, 4)


def test_measuring_and_networks_see_what_people_see() -> None:
    deep = levels("I;16", 0, 2048, 4095)

    assert list(as_grey(deep)[0]) == pytest.approx([0, 127, 255], abs=1)
    assert list(decode(encoded(deep, "TIFF")).tobytes()) == pytest.approx([0, 127, 255], abs=1)


def test_a_tiff_is_kept_as_it_came_and_shown_as_a_png(lab: Lab, web: TestClient) -> None:
    deep = encoded(Image.new("I;16", (12, 9), 2048), "TIFF")
    lab.package(f"{HEADERS}o1|a.TIF\no2|b.JPEG\no3|c.png\n")
    (lab.folder / "a.TIF").write_bytes(deep)
    (lab.folder / "b.JPEG").write_bytes(turned("JPEG"))
    (lab.folder / "c.png").write_bytes(encoded(Image.new("L", (5, 5)), "JPEG"))
    assert lab.load().errors == []
    asking = given.headers(lab.owner)
    first = lab.project_id * IMAGES + 1
    folder, file = f"{first // 10_000:04d}", f"{first % 10_000:04d}"

    seen = web.get(f"/vault/{folder}/{file}.png", headers=asking)
    small = web.get(f"/vault/{folder}/{file}_mini.jpg", headers=asking)
    kept = web.get(f"/vault/{folder}/{file}.png?original=true", headers=asking)
    batch = web.get(f"/projects/{lab.project_id}/thumbnails?ids={first}&size=64", headers=asking)

    assert (seen.headers["content-type"], kept.headers["content-type"]) == (
        "image/png",
        "image/tiff",
    )
    assert kept.content == deep
    assert Image.open(BytesIO(seen.content)).size == (12, 9)
    assert seen.content == small.content
    assert batch.content.endswith(seen.content)
    assert [i["ending"] for i in lab.find("SELECT ending FROM images ORDER BY image_id")] == [
        ".png",
        ".jpg",
        ".jpg",
    ]
    object_id = lab.objects()[2]["object_id"]
    model = web.get(f"/object/{object_id}", headers=asking).json()
    assert model["images"][0]["file_name"].endswith(".jpg")  # though it is called c.png
