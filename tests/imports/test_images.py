"""Images are decoded once, kept byte for byte, and refused before they can do harm."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from calanus.files.sizes import FULL_SIZE
from calanus.files.vault import Vault
from calanus.imports.images import Checked, Chunk, Task, Unusable, check, store
from calanus.imports.members import FOLDER, Member, Source
from lab import Lab, encoded, png

MOST = 20_000 * 20_000


def test_what_is_stored_is_what_was_given(lab: Lab) -> None:
    pictures: dict[str, bytes | None] = {
        "a": png(30, 20),
        "b": encoded(Image.new("RGB", (9, 9)), "GIF"),
        "c": png(7, 7),
    }
    lab.package("object_id|img_file_name\n[t]|[t]\n1|a.png\n2|b.png\n3|c.png\n", **pictures)

    lab.load()

    vault = Vault(lab.settings.data / "vault")
    stored = lab.find(
        "SELECT path, position, length, width, height FROM images "
        "JOIN packs USING (project_id, pack_id) ORDER BY image_id"
    )
    assert [vault.read(i["path"], i["position"], i["length"]) for i in stored] == list(
        pictures.values()
    )
    assert [(i["width"], i["height"]) for i in stored] == [(30, 20), (9, 9), (7, 7)]
    assert lab.find("SELECT * FROM thumbnails") == []


def test_two_rows_that_name_one_file_share_its_bytes(lab: Lab) -> None:
    lab.package("object_id|img_file_name\n[t]|[t]\n1|a.png\n2|a.png\n", a=None)

    lab.load()

    one, other = lab.find("SELECT position, length FROM images ORDER BY image_id")
    assert one == other


def test_a_large_image_gets_thumbnails_of_three_sizes(lab: Lab) -> None:
    lab.package("object_id|img_file_name\n[t]|[t]\n1|a.png\n", a=png(1000, 500))

    lab.load()

    vault = Vault(lab.settings.data / "vault")
    found = lab.find(
        "SELECT size, path, position, length FROM thumbnails "
        "JOIN packs USING (project_id, pack_id) ORDER BY size"
    )
    sizes = {
        t["size"]: Image.open(io.BytesIO(vault.read(t["path"], t["position"], t["length"]))).size
        for t in found
    }
    assert sizes == {64: (64, 32), 160: (160, 80), 320: (320, 160)}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_pixels_has_thumbnails(mode: str) -> None:
    found = check(encoded(Image.new(mode, (400, 300)), "PNG"), MOST)

    assert (found.width, found.height, found.ending) == (400, 300, ".png")
    full = [FULL_SIZE] if mode == "I;16" else []
    assert [size for size, _ in found.thumbnails] == [*full, 320, 160, 64]


def test_cmyk_is_shown_too() -> None:
    found = check(encoded(Image.new("CMYK", (400, 300)), "JPEG"), MOST)

    assert (len(found.thumbnails), found.ending) == (3, ".jpg")


def header_of_png(width: int, height: int) -> bytes:
    """A picture that claims a size and holds nothing."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + png()[33:]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (header_of_png(30_000, 30_000), "too large: 30000 × 30000 pixels"),
        (header_of_png(40_000, 10), "32,767 a side at most"),
        (png(64, 64)[:70], "damaged: it cannot be decoded"),
        (encoded(Image.effect_noise((64, 64), 50), "JPEG")[:900], "damaged"),
        (b"this is text", "not an image: PNG, JPEG, GIF, TIFF and BMP are read"),
        (b"", "empty"),
        (encoded(Image.new("L", (30, 30)), "TIFF")[:60], "damaged"),
        (encoded(Image.new("L", (30, 30)), "BMP")[:60], "damaged"),
        (b"\xff\xd8\xff" + bytes(100), "damaged"),
    ],
    ids=["bomb", "long", "cut PNG", "cut JPEG", "text", "empty", "cut TIFF", "cut BMP", "noise"],
)
def test_what_cannot_be_kept_says_why(data: bytes, told: str) -> None:
    with pytest.raises(Unusable) as refused:
        check(data, MOST)

    assert told in str(refused.value)


def test_a_bomb_is_refused_by_its_header_in_a_whole_import(lab: Lab) -> None:
    lab.package("object_id|img_file_name\n[t]|[t]\n1|a.png\n", a=header_of_png(60_000, 60_000))

    [error] = lab.load().errors

    assert error.startswith("[base]/ecotaxa_a.tsv, line 3: img_file_name: “a.png” is too large")


def stored_from(folder: Path, **given: Any) -> Checked:
    """What comes of one image of a folder."""
    member = Member(given.pop("size", 0))
    task = Task("a.png", member, 0)._replace(**given)
    [found] = store(Chunk({0: Source(str(folder), FOLDER)}, "", 0, MOST, [task]))
    return found


def test_a_file_that_changed_since_it_was_listed_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())

    assert "changed while it was read" in stored_from(tmp_path, size=3).problem
    assert "cannot be read" in stored_from(tmp_path, name="b.png", size=3).problem


def test_the_ending_of_a_name_does_not_matter(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name\n[t]|[t]\n1|a.png\n", a=encoded(Image.new("L", (5, 5)), "JPEG")
    )

    assert lab.load().state == "F"
