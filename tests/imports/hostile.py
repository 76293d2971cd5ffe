"""Archives and images that nobody means well with, made in a folder."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PIL import Image

from lab import encoded, png

TABLE = b"object_id\timg_file_name\n[t]\t[t]\no1\ta.png\n"
Maker = Callable[[Path], Path]


def zip_of(folder: Path, **members: bytes) -> Path:
    """A zip of these files; of names, `__` stands for a dot and `_0` for nothing."""
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ecotaxa_a.tsv", TABLE)
        archive.writestr("a.png", png())
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return path


def zip_named(*names: str) -> Maker:
    """A zip of files with these names."""

    def make(folder: Path) -> Path:
        path = folder / "hostile.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, png())
        return path

    return make


def zip_of_kind(kind: int) -> Maker:
    """A zip of something that is no file."""

    def make(folder: Path) -> Path:
        path = folder / "hostile.zip"
        info = zipfile.ZipInfo("a.png")
        info.external_attr = (kind | 0o777) << 16
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(info, "/etc/passwd")
        return path

    return make


def tar_with(*infos: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> Maker:
    """A tar with members that hold nothing."""

    def make(folder: Path) -> Path:
        path = folder / "hostile.tar"
        with tarfile.open(path, "w", format=form) as archive:
            for info in infos:
                archive.addfile(info, io.BytesIO(bytes(info.size)))
        return path

    return make


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member of a tar."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


def tar_of(
    path: Path, files: dict[str, bytes], mode: Literal["w", "w:gz"] = "w", form: int = 2
) -> Path:
    """A sound tar."""
    with tarfile.open(path, mode, format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def tar_header(kind: bytes, size: bytes, name: bytes = b"a") -> bytes:
    """A header as nobody's program writes it."""
    block = bytearray(name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2)
    block += size.ljust(12, b"\0")[:12] + b"00000000000\0" + b" " * 8 + kind
    block += bytes(100) + b"ustar\x0000" + bytes(247)
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def raw_tar(*blocks: bytes) -> Maker:
    """A tar of an empty file, then headers and bytes as they are given."""

    def make(folder: Path) -> Path:
        path = folder / "hostile.tar"
        path.write_bytes(tar_header(b"0", b"0", b"first") + b"".join(blocks) + bytes(1024))
        return path

    return make


def changed(make: Maker, change: Callable[[bytearray], None]) -> Maker:
    """The same file with some bytes changed."""

    def made(folder: Path) -> Path:
        path = make(folder)
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)
        return path

    return made


def set_entry(at: int, form: str, value: int) -> Callable[[bytearray], None]:
    """Change a field of the first line of a zip's directory."""

    def change(data: bytearray) -> None:
        struct.pack_into(form, data, data.index(b"PK\1\2") + at, value)

    return change


def cut(length: int) -> Callable[[bytearray], None]:
    """Leave away the end."""

    def change(data: bytearray) -> None:
        del data[len(data) - length :]

    return change


def sharing(folder: Path) -> Path:
    """A zip whose members lie on top of one another."""
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.png", bytes(range(256)) * 40)
        original = made.getinfo("a.png")
        for number in range(20):
            twin = zipfile.ZipInfo(f"b{number}.png")
            twin.header_offset, twin.CRC = original.header_offset, original.CRC
            twin.file_size = twin.compress_size = original.file_size
            made.filelist.append(twin)
    return path


def many(count: int) -> Maker:
    """A zip of a great many empty files, its directory written by hand."""

    def make(folder: Path) -> Path:
        path = folder / "hostile.zip"
        name = b"%07d.png"
        lines = [
            struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0)
            + name % number
            for number in range(count)
        ]
        directory = b"".join(lines)
        end64 = struct.pack(
            "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), 0
        )
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(directory), 1)
        tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
        path.write_bytes(directory + end64 + locator + tail)
        return path

    return make


def bomb(folder: Path) -> Path:
    """A zip with a member that grows a thousandfold."""
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ecotaxa_a.tsv", bytes(70_000_000))
    return path


def bomb_in_part(folder: Path) -> Path:
    """A zip that holds a zip that grows a thousandfold."""
    inner = bomb(folder).read_bytes()
    return zip_of(folder, s_Images__zip=inner)


def packed_part(folder: Path) -> Path:
    """A zip that holds a deflated zip, of nothing but zeros."""
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s_Images.zip", bytes(70_000_000))
    return path


def gz_bomb(folder: Path) -> Path:
    """A gzip file that grows a thousandfold."""
    path = folder / "ecotaxa_a.tsv.gz"
    path.write_bytes(gzip.compress(bytes(70_000_000), 9))
    return path


def gz_of(folder: Path) -> Path:
    """A sound tar.gz."""
    return tar_of(folder / "hostile.tar.gz", {"ecotaxa_a.tsv": TABLE, "a.png": png()}, "w:gz")


def zip_sound(folder: Path) -> Path:
    """A sound zip."""
    return zip_of(folder)


def tar_sound(folder: Path) -> Path:
    """A sound tar."""
    return tar_of(folder / "hostile.tar", {"ecotaxa_a.tsv": TABLE, "a.png": png()})


def wrong_crc(data: bytearray) -> None:
    """Change the checksum of the first member."""
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 16, 1)


PNG_START = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    checked = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checked)


def png_with(*chunks: bytes, width: int = 8, height: int = 6) -> bytes:
    """A picture with chunks of somebody's own before its pixels."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return PNG_START + head + b"".join(chunks) + png()[33:]


def text_bomb() -> bytes:
    """A picture with a text that grows a thousandfold."""
    return png_with(png_chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(80_000_000), 9)))


def profile_bomb() -> bytes:
    """A picture with a profile of colours that grows a thousandfold."""
    return png_with(png_chunk(b"iCCP", b"note\0\0" + zlib.compress(bytes(80_000_000), 9)))


def long_film() -> bytes:
    """An animated picture of very many frames: only the first is looked at."""
    frame = encoded(Image.new("P", (8, 6)), "GIF")
    body = frame[: frame.index(b",")]
    image = frame[frame.index(b",") : -1]
    return body + image * 20_000 + b";"


def tiff_with(tag: int, kind: int, count: int, value: int) -> bytes:
    """A TIFF that says something absurd besides."""
    data = bytearray(encoded(Image.new("L", (8, 6), 90), "TIFF"))
    start = struct.unpack_from("<L", data, 4)[0]
    entries = struct.unpack_from("<H", data, start)[0]
    for place in range(entries):
        at = start + 2 + 12 * place
        if struct.unpack_from("<H", data, at)[0] == tag:
            struct.pack_into("<HHLL", data, at, tag, kind, count, value)
    return bytes(data)


def gif_of_size(width: int, height: int) -> bytes:
    """A GIF that claims a size."""
    data = bytearray(encoded(Image.new("L", (3, 3)), "GIF"))
    struct.pack_into("<HH", data, 6, width, height)
    return bytes(data)


def bmp_of_size(width: int, height: int) -> bytes:
    """A BMP that claims a size."""
    data = bytearray(encoded(Image.new("L", (3, 3)), "BMP"))
    struct.pack_into("<ii", data, 18, width, height)
    return bytes(data)


DEVICES = [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]
