"""Packs are ordinary tar files, written once, read by position, and never half there."""

import tarfile
from pathlib import Path

import pytest

from calanus.files.vault import PackWriter, Vault, extension, read_images
from calanus.kit.db import connect
from calanus.kit.ids import ProjectId
from lab import Lab, png

TARA = ProjectId(3)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """An empty vault."""
    return Vault(tmp_path / "vault")


def test_a_pack_is_a_tar_that_any_tool_opens(vault: Vault) -> None:
    files = {"000000000.png": png(), "empty.gif": b"", "block.bin": bytes(512)}
    with PackWriter(vault, TARA, 1) as pack:
        for name, data in files.items():
            pack.append(name, data)
        pack.finish()

    with tarfile.open(vault.packs / "3/1.tar") as tar:
        opened = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        found = {name: file.read() for name, file in opened.items() if file}

    assert found == files
    assert pack.bytes == (vault.packs / "3/1.tar").stat().st_size


def test_what_was_written_is_read_by_its_place(vault: Vault) -> None:
    with PackWriter(vault, TARA, 1) as pack:
        places = [pack.append(f"{n}.bin", bytes([n]) * n * 100) for n in range(10)]
        pack.finish()

    read = [vault.read("3/1.tar", place.position, place.length) for place in places]

    assert read == [bytes([n]) * n * 100 for n in range(10)]


def test_a_pack_whose_writer_fails_is_gone(vault: Vault) -> None:
    with pytest.raises(TypeError), PackWriter(vault, TARA, 1) as pack:
        pack.append("a.png", None)  # pyright: ignore[reportArgumentType]

    assert not (vault.packs / "3/1.tar").exists()


def test_a_pack_that_was_replaced_is_read_anew(vault: Vault) -> None:
    for shade in (b"old", b"new"):
        with PackWriter(vault, TARA, 1) as pack:
            place = pack.append("a", shade)
        assert vault.read("3/1.tar", place.position, place.length) == shade
        pack.discard()


def test_first_images_come_as_they_lie(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|img_rank\n[t]|[t]|[f]\n"
        "o1|a.png|5\no2|b.png|0\no1|c.png|2\no3|b.png|0\n",
        a=png(1, 1),
        b=png(2, 2),
        c=png(3, 3),
    )
    lab.load()
    first, second, third = (row["object_id"] for row in lab.objects())

    with connect(lab.url) as conn:
        vault = Vault(lab.settings.data / "vault")
        found = list(read_images(conn, vault, lab.project_id, [third, second, first]))

    assert dict(found) == {first: png(3, 3), second: png(2, 2), third: png(2, 2)}
    assert found[-1][0] == first


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b"\xff\xd8\xff\xe0", ".jpg"),
        (png(), ".png"),
        (b"GIF89a", ".gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", ".webp"),
        (b"<script>", ""),
        (b"", ""),
    ],
)
def test_an_ending_is_told_from_the_bytes(data: bytes, ending: str) -> None:
    assert extension(data) == ending
