"""Nothing that is given to an import writes elsewhere, hangs, or stops the one who reads it."""

import os
import random
import tarfile
from pathlib import Path

import hostile
import pytest
from hostile import (
    Maker,
    changed,
    cut,
    raw_tar,
    set_entry,
    tar_header,
    tar_member,
    tar_with,
    zip_named,
    zip_of_kind,
)

from calanus.imports.images import Chunk, Task, store
from calanus.imports.package import Package, Unpacking, open_package
from calanus.imports.types import PackageRefused
from calanus.kit.tsv import NotATable, read
from lab import Lab, png

MOST = 20_000 * 20_000
LINK, HARD, FIFO = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE
DEVICE, SPARSE = tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE
LEADS_OUT, LINK_TOLD, DAMAGED = "leads out of it", "a link or a device", "damaged"
NO_FILE = "only plain files are read"

ARCHIVES: dict[str, tuple[Maker, str]] = {
    "zip that climbs": (zip_named("../out.png"), LEADS_OUT),
    "zip that climbs later": (zip_named("a/../../out.png"), LEADS_OUT),
    "zip with an absolute path": (zip_named("/etc/out.png"), LEADS_OUT),
    "zip with a drive": (zip_named("C:/out.png"), LEADS_OUT),
    "zip with a drive alone": (zip_named("c:out.png"), LEADS_OUT),
    "zip that climbs in Windows": (zip_named("..\\out.png"), LEADS_OUT),
    "zip with a share": (zip_named("\\\\host\\out.png"), LEADS_OUT),
    "zip with an endless path": (zip_named("a/" * 3000 + "a.png"), "a path of 6,005 letters"),
    "zip with a link": (zip_of_kind(hostile.DEVICES[0]), LINK_TOLD),
    "zip with a device": (zip_of_kind(hostile.DEVICES[1]), LINK_TOLD),
    "zip with a disk": (zip_of_kind(hostile.DEVICES[2]), LINK_TOLD),
    "zip with a pipe": (zip_of_kind(hostile.DEVICES[3]), LINK_TOLD),
    "zip with a socket": (zip_of_kind(hostile.DEVICES[4]), LINK_TOLD),
    "zip with two of one name": (zip_named("a.png", "./a.png"), "two members named “a.png”"),
    "zip of overlapping members": (hostile.sharing, "overlap"),
    "zip that explodes": (hostile.bomb, "would grow from"),
    "zip in a zip that explodes": (hostile.bomb_in_part, "would grow from"),
    "zeros as a zip in a zip": (hostile.packed_part, "would grow from"),
    "gzip that explodes": (hostile.gz_bomb, "would grow from"),
    "zip with an encrypted member": (
        changed(hostile.zip_sound, set_entry(8, "<H", 1)),
        "encrypted; make the archive without a password",
    ),
    "zip packed by few programs": (
        changed(hostile.zip_sound, set_entry(10, "<H", 14)),
        "method 14",
    ),
    "zip that lies about a length": (
        changed(hostile.zip_sound, set_entry(24, "<L", 20)),
        DAMAGED,
    ),
    "zip that lies about an offset": (
        changed(hostile.zip_sound, set_entry(42, "<L", 7)),
        DAMAGED,
    ),
    "zip with an offset beyond its end": (
        changed(hostile.zip_sound, set_entry(42, "<L", 2**31)),
        DAMAGED,
    ),
    "zip with a missing 64-bit number": (
        changed(hostile.zip_sound, set_entry(42, "<L", 2**32 - 1)),
        "a number of 64 bits is missing",
    ),
    "zip with a wrong checksum": (changed(hostile.zip_sound, hostile.wrong_crc), "checksum"),
    "zip cut off": (changed(hostile.zip_sound, cut(10)), "its end is missing"),
    "zip with a torn directory": (changed(hostile.zip_sound, cut(60)), "its end is missing"),
    "zip of too many files": (hostile.many(10_001), "more than 10,000 files; split it"),
    "zip of a million files": (hostile.many(1_000_000), "more than 10,000 files; split it"),
    "tar that climbs": (tar_with(tar_member("../out.png")), LEADS_OUT),
    "tar with an absolute path": (tar_with(tar_member("/etc/out.png")), LEADS_OUT),
    "tar with a long path that climbs": (
        tar_with(tar_member("a/" * 80 + "../" * 90 + "out.png"), form=tarfile.GNU_FORMAT),
        LEADS_OUT,
    ),
    "tar with a pax path that climbs": (tar_with(tar_member("é/../../out.png")), LEADS_OUT),
    "tar with a link": (tar_with(tar_member("a.png", LINK, "/etc/passwd")), NO_FILE),
    "tar with a hard link": (tar_with(tar_member("a.png", HARD, "../x")), NO_FILE),
    "tar with a pipe": (tar_with(tar_member("a.png", FIFO)), NO_FILE),
    "tar with a device": (tar_with(tar_member("a.png", DEVICE)), NO_FILE),
    "tar with a file of holes": (raw_tar(tar_header(SPARSE, b"0")), "a file with holes"),
    "tar with two of one name": (tar_with(tar_member("a"), tar_member("a")), "two members"),
    "tar with a size below nothing": (raw_tar(tar_header(b"0", b"\xff" * 12)), "no number"),
    "tar with a size that is none": (raw_tar(tar_header(b"0", b"9z")), "no number"),
    "tar with a size beyond its end": (raw_tar(tar_header(b"0", b"77777777777")), "cut off"),
    "tar with a size of 2⁸⁸": (raw_tar(tar_header(b"0", b"\x80" + b"\xff" * 11)), "cut off"),
    "tar with a long note": (
        raw_tar(tar_header(b"x", b"10000000"), bytes(2**21)),
        "a note about a member takes 2,097,152 bytes",
    ),
    "tar with a broken note": (raw_tar(tar_header(b"x", b"5"), b"9 ab\n".ljust(512)), "broken"),
    "tar with a note without end": (raw_tar(tar_header(b"x", b"10000")), "cut off"),
    "tar with a wrong checksum": (
        changed(hostile.tar_sound, lambda data: data.__setitem__(1026, 7)),
        DAMAGED,
    ),
    "tar cut off": (changed(hostile.tar_sound, cut(9700)), "cut off"),
    "tar without end": (changed(hostile.tar_sound, cut(8192)), "ends too early"),
    "gzip cut off": (changed(hostile.gz_of, cut(12)), "cut off"),
    "gzip with a wrong checksum": (
        changed(hostile.gz_of, lambda data: data.__setitem__(-6, data[-6] ^ 1)),
        DAMAGED,
    ),
}

IMAGES: dict[str, tuple[bytes, str]] = {
    "PNG of too many pixels": (hostile.png_with(width=30_000, height=30_000), "too large"),
    "GIF of too many pixels": (hostile.gif_of_size(65_000, 65_000), "too large"),
    "BMP of too many pixels": (hostile.bmp_of_size(2**30, 2**30), "too large"),
    "TIFF of too many pixels": (hostile.tiff_with(256, 4, 1, 2**31), "too large"),
    "PNG too long": (hostile.png_with(width=40_000, height=2), "32,767 a side at most"),
    "PNG with a text that explodes": (hostile.text_bomb(), DAMAGED),
    "PNG with a profile that explodes": (hostile.profile_bomb(), DAMAGED),
    "TIFF without a strip": (hostile.tiff_with(273, 4, 1, 2**31), DAMAGED),
    "TIFF of 60,000 bits": (hostile.tiff_with(258, 3, 1, 60_000), DAMAGED),
    "TIFF of an unknown packing": (hostile.tiff_with(259, 3, 1, 60_000), DAMAGED),
    "TIFF of height 0": (hostile.tiff_with(257, 4, 1, 0), DAMAGED),
    "JPEG of noise": (b"\xff\xd8\xff" + bytes(range(256)) * 8, DAMAGED),
    "PNG without pixels": (hostile.PNG_START, DAMAGED),
    "an SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
    "a program": (b"\x7fELF" + bytes(100), "not an image"),
}


def read_wholly(path: Path, unpacking: Path) -> tuple[Package, list[str]]:
    """Open a package and look at every file of it, as an import does; what is wrong with images."""
    package = open_package(path, most_members=10_000, unpacking=Unpacking(unpacking))
    for name in package.tables():
        for block in read(package.read(name)).blocks():
            assert block.rows
    tasks = [Task(name, package.members[name], 0) for name in package.images()]
    chunk = Chunk(dict(enumerate(package.sources)), "", 0, MOST, tasks)
    return package, [checked.problem for checked in store(chunk) if checked.problem]


def answer(path: Path, unpacking: Path) -> str:
    """The sentence that refuses a package, or an image of it; none when all is well."""
    try:
        return "; ".join(read_wholly(path, unpacking)[1])
    except (PackageRefused, NotATable) as error:
        return str(error)


@pytest.mark.parametrize(("make", "told"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_is_refused_in_a_sentence(tmp_path: Path, make: Maker, told: str) -> None:
    given = tmp_path / "given"
    given.mkdir()
    path = make(given)
    before = set(tmp_path.rglob("*"))

    sentence = answer(path, tmp_path / "unpacking")

    assert told in sentence
    assert len(sentence) < 500
    left = set(tmp_path.rglob("*")) - before
    assert all(file.is_relative_to(tmp_path / "unpacking") for file in left)


@pytest.mark.parametrize(("data", "told"), IMAGES.values(), ids=IMAGES)
def test_an_image_is_refused_in_a_sentence(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "a.png").write_bytes(data)

    _, [problem] = read_wholly(tmp_path, tmp_path / "unpacking")

    assert told in problem


def test_a_film_of_very_many_frames_costs_no_more_than_its_first(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(hostile.long_film())

    assert read_wholly(tmp_path, tmp_path / "unpacking")[1] == []


def test_absurd_tags_that_a_picture_does_not_need_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(hostile.tiff_with(279, 4, 1, 2**32 - 1))
    (tmp_path / "b.tif").write_bytes(hostile.tiff_with(284, 2, 2**31, 2**31))

    assert read_wholly(tmp_path, tmp_path / "unpacking")[1] == []


@pytest.mark.parametrize("make", [hostile.zip_sound, hostile.tar_sound, hostile.gz_of])
def test_whatever_byte_is_wrong_the_answer_is_a_sentence_or_a_package(
    tmp_path: Path, make: Maker
) -> None:
    path = make(tmp_path)
    sound = path.read_bytes()
    dice = random.Random(4)  # noqa: S311 (nothing secret)
    refused = 0
    for _ in range(500):
        data = bytearray(sound)
        for _ in range(dice.choice([1, 1, 1, 4])):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        refused += bool(answer(path, tmp_path / "unpacking"))
    assert refused > 100


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ecotaxa_a.tsv")
    (tmp_path / "a.png").write_bytes(png())

    package, problems = read_wholly(tmp_path, tmp_path / "unpacking")

    assert (package.tables(), package.images(), problems) == ([], ["a.png"], [])


def test_a_pipe_that_took_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "ecotaxa_a.tsv").write_bytes(b"")
    package = open_package(tmp_path, most_members=10)
    (tmp_path / "ecotaxa_a.tsv").unlink()
    os.mkfifo(tmp_path / "ecotaxa_a.tsv")

    with pytest.raises(PackageRefused, match="changed while it was read"):
        package.read("ecotaxa_a.tsv")


def test_what_is_refused_ends_the_import_with_a_sentence_and_nothing_else(lab: Lab) -> None:
    lab.folder.mkdir()

    for make in (hostile.gz_bomb, hostile.bomb_in_part, hostile.sharing):
        job = lab.load(make(lab.folder))

        assert (job.state, len(job.errors)) == ("E", 1)
        assert lab.objects() == []
        assert not list(lab.settings.data.rglob("*.part"))
