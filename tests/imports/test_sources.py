"""Whatever a package comes in, and whatever lies inside it, its files are the same."""

import gzip
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from calanus.cli.work import has_table
from calanus.imports.package import Package, Unpacking, names_in, open_package
from calanus.imports.types import PackageRefused
from lab import HEADERS, Lab, png

TABLE = HEADERS.replace("|", "\t").encode() + b"o1\ta.png\n"
FILES = {"tow/ecotaxa_tow.tsv": TABLE, "tow/a.png": png()}
Files = dict[str, bytes]


def zip_bytes(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_bytes(files: Files, form: int = tarfile.PAX_FORMAT, encoding: str = "utf-8") -> bytes:
    """A tar of files."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding=encoding) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    return out.getvalue()


def tar_gz(files: Files) -> bytes:
    """A tar.gz of files."""
    return gzip.compress(tar_bytes(files))


def stored(files: Files) -> bytes:
    """A zip of files that are not packed."""
    return zip_bytes(files, zipfile.ZIP_STORED)


def folder_of(path: Path, files: Files) -> Path:
    """A folder of files."""
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def opened(path: Path, tmp_path: Path) -> Package:
    """A package, with room to unpack."""
    return open_package(path, most_members=10_000, unpacking=Unpacking(tmp_path / "unpacking"))


ARCHIVES: dict[str, Callable[[Files], bytes]] = {
    "deflated.zip": zip_bytes,
    "stored.zip": stored,
    "plain.tar": tar_bytes,
    "packed.tar.gz": tar_gz,
    "packed.tgz": tar_gz,
    "without an ending": zip_bytes,
    "gnu.tar": lambda files: tar_bytes(files, tarfile.GNU_FORMAT),
    "ustar.tar": lambda files: tar_bytes(files, tarfile.USTAR_FORMAT),
    "unpacks itself.exe": lambda files: b"MZ" + bytes(1000) + zip_bytes(files),
    "commented.zip": lambda files: zip_bytes(files)[:-2] + b"\5\0hello",
    "two streams.tar.gz": lambda files: (
        gzip.compress(tar_bytes(files)[:700]) + gzip.compress(tar_bytes(files)[700:]) + bytes(9)
    ),
}


@pytest.fixture(params=ARCHIVES)
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same package in one archive after the other."""
    path = tmp_path / request.param
    path.write_bytes(ARCHIVES[request.param](FILES))
    return path


def test_every_archive_holds_what_its_folder_holds(given: Path, tmp_path: Path) -> None:
    package = opened(given, tmp_path)

    assert package.tables() == ["tow/ecotaxa_tow.tsv"]
    assert package.images() == ["tow/a.png"]
    assert {name: package.read(name) for name in FILES} == FILES
    assert {name: b"".join(package.pieces(name)) for name in FILES} == FILES


def test_a_first_look_tells_whether_there_is_a_table(given: Path, tmp_path: Path) -> None:
    bare = tmp_path / f"bare {given.name}"
    bare.write_bytes(ARCHIVES[given.name]({"copepoda/a.png": png(), "b.png": png()}))

    assert set(names_in(given)) == set(FILES)
    assert (has_table(given), has_table(bare)) == (True, False)


def test_an_archive_alone_in_a_folder_is_the_package(given: Path, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    name = given.name if "." in given.name[-5:] and "exe" not in given.name else "x.zip"
    given.rename(tmp_path / "alone" / name)

    assert opened(tmp_path / "alone", tmp_path).tables() == ["tow/ecotaxa_tow.tsv"]


@pytest.mark.parametrize("name", ["packed.tar.gz", "plain.tar", "stored.zip"])
def test_archives_are_imported(lab: Lab, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ARCHIVES[name](FILES))

    job = lab.load(tmp_path / name)

    assert (job.state, job.errors) == ("F", [])
    assert [o["orig_id"] for o in lab.objects()] == ["o1"]
    assert not list(lab.settings.data.rglob("unpacked"))


def test_a_table_alone_is_a_package_too(tmp_path: Path) -> None:
    (tmp_path / "ecotaxa_a.tsv").write_bytes(TABLE)
    (tmp_path / "ecotaxa_b.tsv.gz").write_bytes(gzip.compress(TABLE))

    for path in list(tmp_path.iterdir()):
        assert has_table(path)
        package = opened(path, tmp_path)
        [name] = package.tables()
        assert (name, package.read(name)) == (path.name.removesuffix(".gz"), TABLE)


# --- Parts ---------------------------------------------------------------------------------------

PART = {"ecotaxa_s1.tsv": TABLE, "a.png": png()}
PARTS: dict[str, Files] = {
    "deflated zip": {"raw/s1_Images.zip": zip_bytes(PART)},
    "stored zip": {"raw/s1_Images.zip": stored(PART)},
    "folder": {f"raw/s1_Images.zip/{name}": data for name, data in PART.items()},
}


@pytest.mark.parametrize("pack", [None, zip_bytes, stored, tar_bytes, tar_gz])
@pytest.mark.parametrize("part", ["deflated zip", "stored zip"])
def test_a_zip_called_images_is_a_part_wherever_it_lies(
    tmp_path: Path, pack: Callable[[Files], bytes] | None, part: str
) -> None:
    files = {"ecotaxa_top.tsv": TABLE, **PARTS[part]}
    path = tmp_path / "package"
    if pack is None:
        folder_of(path, files)
    else:
        path.write_bytes(pack(files))

    package = opened(path, tmp_path)

    assert package.parts == ["raw/s1_Images.zip/"]
    assert package.tables() == ["ecotaxa_top.tsv", "raw/s1_Images.zip/ecotaxa_s1.tsv"]
    assert package.read("raw/s1_Images.zip/ecotaxa_s1.tsv") == TABLE
    assert package.images() == ["raw/s1_Images.zip/a.png"]
    assert package.infos == []


def test_a_part_is_imported_and_told_by_its_place(lab: Lab) -> None:
    wrong = TABLE + b"o2\tnone.png\n"
    folder_of(lab.folder, {"raw/s1_Images.zip": zip_bytes(PART | {"ecotaxa_s1.tsv": wrong})})

    [error] = lab.load().errors

    assert error.startswith("[base]/raw/s1_Images.zip/ecotaxa_s1.tsv, line 4: img_file_name: ")

    folder_of(lab.folder, {"raw/s1_Images.zip": zip_bytes(PART)})
    job = lab.load()

    assert (job.state, job.errors) == ("F", [])
    assert lab.one("SELECT loaded_files AS f FROM projects")["f"] == [
        "raw/s1_Images.zip/ecotaxa_s1.tsv"
    ]


def test_tables_of_a_part_that_is_a_folder_are_read_once(lab: Lab) -> None:
    rows = {f"ecotaxa_{name}.tsv": TABLE.replace(b"o1", name.encode()) for name in ("s1", "more")}
    files = {f"s1_Images/{name}": data for name, data in rows.items()}
    folder_of(lab.folder, {**files, "s1_Images/a.png": png()})

    job = lab.load()

    assert (job.errors, sorted(o["orig_id"] for o in lab.objects())) == ([], ["more", "s1"])


def test_only_a_folder_with_a_table_of_its_name_is_a_part(tmp_path: Path) -> None:
    folder_of(tmp_path / "p", {"s1_Images/ecotaxa_s2.tsv": TABLE, "Images/ecotaxa_.tsv": TABLE})

    package = opened(tmp_path / "p", tmp_path)

    assert (package.parts, len(package.tables())) == (["Images/"], 2)


def test_other_archives_inside_are_told_and_left(tmp_path: Path) -> None:
    inner = zip_bytes({"ecotaxa_x.tsv": TABLE})
    files = {"ecotaxa_top.tsv": TABLE, "old/backup.zip": inner, "__MACOSX/._s1_Images.zip": b"?"}
    deep = zip_bytes({**PART, "s2_Images.zip": inner})
    folder_of(tmp_path / "p", {**files, "s1_Images.zip": deep})

    package = opened(tmp_path / "p", tmp_path)

    assert package.tables() == ["ecotaxa_top.tsv", "s1_Images.zip/ecotaxa_s1.tsv"]
    [info] = package.infos
    assert "2 archive(s) inside the package were not read" in info
    assert "old/backup.zip, s1_Images.zip/s2_Images.zip" in info


def test_a_part_that_is_no_zip_is_told_by_its_name(tmp_path: Path) -> None:
    folder_of(tmp_path / "p", {"ecotaxa_top.tsv": TABLE, "raw/s1_Images.zip": b"PK and no more"})

    with pytest.raises(PackageRefused, match=r"“\[base\]/raw/s1_Images\.zip” is a damaged zip"):
        opened(tmp_path / "p", tmp_path)


# --- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("ecotaxa_x.tsv", True),
        ("ecotaxa_x.txt", True),
        ("ecotaxa.tsv", True),
        (".hidden/ecotaxa_x.tsv", True),
        ("__MACOSX/ecotaxa_x.tsv", True),
        ("deep/er/ecotaxa_x.tsv", True),
        ("__MACOSX/._ecotaxa_x.tsv", False),
        ("Ecotaxa_x.tsv", False),
        ("ecotaxa_x.TSV", False),
        ("ecotaxa_x.csv", False),
        ("x.tsv", False),
    ],
)
def test_tables_are_known_by_their_names(tmp_path: Path, name: str, taken: bool) -> None:
    folder_of(tmp_path / "p", {name: TABLE, "other": b""})
    (tmp_path / "p.zip").write_bytes(zip_bytes({name: TABLE}))

    for path in (tmp_path / "p", tmp_path / "p.zip"):
        assert opened(path, tmp_path).tables() == ([name] if taken else [])


def test_names_in_any_encoding_are_understood(tmp_path: Path) -> None:
    name = "récolte/tow é.png"
    (tmp_path / "a.zip").write_bytes(zip_bytes({name: png()}))
    without_flag = bytearray(zip_bytes({name: png()}))
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        without_flag[without_flag.index(sign) + at + 1] = 0
    (tmp_path / "b.zip").write_bytes(without_flag)
    dos = without_flag.replace("récolte".encode(), b"r\x82colte2").replace("é".encode(), b"\x822")
    (tmp_path / "c.zip").write_bytes(dos)
    (tmp_path / "d.tar").write_bytes(tar_bytes({name: png()}))
    (tmp_path / "e.tar").write_bytes(tar_bytes({name: png()}, tarfile.GNU_FORMAT, "latin-1"))

    found = {path.name: opened(path, tmp_path).images()[0] for path in tmp_path.iterdir()}

    assert found == {
        "a.zip": name,
        "b.zip": name,
        "c.zip": "récolte2/tow é2.png",
        "d.tar": name,
        "e.tar": name,
    }


@pytest.mark.parametrize("cell", ["r\xe9colte.png", "re\u0301colte.png"])
def test_accents_that_a_mac_writes_apart_are_the_same_letters(lab: Lab, cell: str) -> None:
    table = TABLE.replace(b"a.png", cell.encode())
    packed = zip_bytes({"ecotaxa_a.tsv": table, "re\u0301colte.png": png()})
    lab.folder.with_suffix(".zip").write_bytes(packed)

    assert lab.load(lab.folder.with_suffix(".zip")).errors == []


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_in_a_tar_are_whole(tmp_path: Path, form: int) -> None:
    name = "a/" * 60 + "b" * (90 if form == tarfile.USTAR_FORMAT else 300) + ".png"
    (tmp_path / "p.tar").write_bytes(tar_bytes({name: png()}, form))

    assert opened(tmp_path / "p.tar", tmp_path).images() == [name]


def test_names_that_no_table_can_hold_are_left_out_and_told(tmp_path: Path) -> None:
    files = {"Icon\r": b"", **FILES}
    (tmp_path / "p.zip").write_bytes(zip_bytes(files))
    folder_of(tmp_path / "p", FILES)
    Path(bytes(tmp_path / "p").decode() + "/bad\udce9.png").write_bytes(b"")

    for path in (tmp_path / "p", tmp_path / "p.zip"):
        package = opened(path, tmp_path)
        assert set(package.members) == set(FILES)
        assert "1 file(s) were left out" in package.infos[0]


# --- Large ---------------------------------------------------------------------------------------


def test_numbers_of_sixty_four_bits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in FILES.items():
            with archive.open(name, "w", force_zip64=True) as out:
                out.write(data)
    package = opened(path, tmp_path)

    assert {name: package.read(name) for name in FILES} == FILES


def test_seventy_thousand_files_are_listed(tmp_path: Path) -> None:
    names = {f"{number}.png": b"" for number in range(70_000)}
    (tmp_path / "p.zip").write_bytes(stored(names))

    package = open_package(tmp_path / "p.zip", most_members=70_000)

    assert set(package.members) == set(names)


def test_more_than_two_thousand_tables_are_too_many(tmp_path: Path) -> None:
    tables = {f"{number}/ecotaxa.tsv": TABLE for number in range(2001)}
    (tmp_path / "p.zip").write_bytes(zip_bytes(tables))

    with pytest.raises(PackageRefused, match="2,001 tables and parts"):
        opened(tmp_path / "p.zip", tmp_path)


def test_what_must_be_unpacked_stays_below_its_limit(tmp_path: Path) -> None:
    (tmp_path / "p.tar.gz").write_bytes(tar_gz(FILES))

    with pytest.raises(PackageRefused, match="takes more than 1,000 bytes unpacked"):
        open_package(
            tmp_path / "p.tar.gz", most_members=9, unpacking=Unpacking(tmp_path / "s", 1000)
        )


def test_a_folder_of_great_depth_is_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(600):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "ecotaxa.tsv").write_bytes(TABLE)

    assert len(opened(tmp_path, tmp_path).tables()) == 1
