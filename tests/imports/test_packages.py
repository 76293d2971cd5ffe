"""Packages are not trusted: what leads out of them, or explodes, is refused before it is read."""

import stat
import zipfile
from pathlib import Path

import pytest

from calanus.imports.package import open_package
from calanus.imports.types import PackageRefused
from lab import HEADERS, Lab, png, zipped


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Where a hostile archive is made."""
    return tmp_path / "hostile.zip"


def test_a_zip_and_its_folder_hold_the_same(lab: Lab) -> None:
    folder = lab.rows("o1|a.png o2|b.png", name="deep/er/ecotaxa_x.txt")
    packed = zipped(folder)

    one, other = (open_package(path, most_members=100) for path in (folder, packed))

    assert one.tables() == other.tables() == ["deep/er/ecotaxa_x.txt"]
    assert one.images() == other.images() == ["deep/er/a.png", "deep/er/b.png"]
    assert one.read("deep/er/ecotaxa_x.txt") == other.read("deep/er/ecotaxa_x.txt")


def test_a_zip_is_loaded_without_being_unpacked(lab: Lab) -> None:
    packed = zipped(lab.rows("o1|a.png o2|b.png"))

    job = lab.load(packed)

    assert (job.state, len(lab.objects())) == ("F", 2)
    assert not list(lab.settings.data.rglob("*.png"))


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "/etc/out.png", "C:/out.png", "..\\out.png"]
)
def test_a_member_that_leads_out_is_refused_by_name(archive: Path, name: str) -> None:
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(name, png())

    with pytest.raises(PackageRefused, match="leads out of it") as told:
        open_package(archive, most_members=100)

    assert "out.png" in str(told.value)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(archive: Path, kind: int) -> None:
    info = zipfile.ZipInfo("a.png")
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(info, "/etc/passwd")

    with pytest.raises(PackageRefused, match=r"“a\.png”, a link or a device"):
        open_package(archive, most_members=100)


def test_an_archive_that_explodes_is_refused_before_it_is_read(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("ecotaxa.tsv", bytes(70_000_000))

    with pytest.raises(PackageRefused, match=r"“ecotaxa\.tsv” would grow from .* to 70,000,000"):
        open_package(archive, most_members=100)


def test_a_member_longer_than_it_says_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("ecotaxa.tsv", b"object_id\timg_file_name\n" * 100)
    whole = archive.read_bytes()
    archive.write_bytes(whole.replace((2400).to_bytes(4, "little"), (24).to_bytes(4, "little")))

    with pytest.raises(PackageRefused, match="damaged"):
        open_package(archive, most_members=100).read("ecotaxa.tsv")


def test_members_that_share_their_bytes_are_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.png", bytes(range(256)) * 40)
        for number in range(20):
            twin = zipfile.ZipInfo(f"b{number}.png")
            original = made.getinfo("a.png")
            twin.header_offset, twin.CRC = original.header_offset, original.CRC
            twin.file_size = twin.compress_size = original.file_size
            made.filelist.append(twin)

    with pytest.raises(PackageRefused, match="overlap"):
        open_package(archive, most_members=100)


def test_too_many_members_are_refused(lab: Lab) -> None:
    folder = lab.rows("o1|a.png o2|b.png")

    for path in (folder, zipped(folder)):
        with pytest.raises(PackageRefused, match="more than 2 files"):
            open_package(path, most_members=2)


def test_an_encrypted_member_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("ecotaxa.tsv", b"secret")
    whole = bytearray(archive.read_bytes())
    whole[whole.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(whole)

    with pytest.raises(PackageRefused, match="encrypted"):
        open_package(archive, most_members=100)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "give a folder, a zip, a tar, a tar.gz, or a table by itself"),
        (b"no zip", "cannot be read as a package"),
        (b"PK\3\4", "is a damaged zip archive: its end is missing"),
        (b"7z\xbc\xaf\x27\x1c", "is packed with 7-Zip; give a folder"),
    ],
    ids=["empty", "text", "torn", "another kind"],
)
def test_what_is_no_package_is_refused_in_a_sentence(
    lab: Lab, archive: Path, data: bytes, told: str
) -> None:
    archive.write_bytes(data)

    job = lab.load(archive)

    assert job.state == "E"
    assert "“hostile.zip” " in job.errors[0]
    assert told in job.errors[0]


def test_what_is_not_there_is_told(lab: Lab, tmp_path: Path) -> None:
    assert "There is no file or folder" in lab.load(tmp_path / "nowhere").errors[0]


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd", "x/../../a.png", "C:/a.png"])
def test_a_table_cannot_name_an_image_outside_the_package(lab: Lab, name: str) -> None:
    (lab.folder.parent / "a.png").write_bytes(png())
    lab.package(f"{HEADERS}o1|{name}\n")

    for path in (lab.folder, zipped(lab.folder)):
        [error] = lab.load(path).errors
        assert "line 3: img_file_name:" in error
        assert "leads out of the package" in error


def test_a_link_in_a_folder_is_not_followed(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|a.png\n")
    (lab.folder.parent / "secret.png").write_bytes(png())
    (lab.folder / "a.png").symlink_to(lab.folder.parent / "secret.png")

    [error] = lab.load().errors

    assert "“a.png” is a link; links are not followed" in error


def test_images_lie_beside_their_table_or_below_it(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|sub/a.png\no2|sub\\b.png\n", "s1/ecotaxa_1.tsv")
    lab.package("", "s1/sub/note.txt", a=None, b=None)

    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
