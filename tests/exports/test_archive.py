"""Zip archives written as they grow, read back by the standard library."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calanus.exports import archive
from calanus.exports.archive import Archive

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)


def test_tables_grow_while_images_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"

    with Archive(path, at=NOON) as made, made.deflated("leg é/table.tsv") as write:
        write(b"object_id\n")
        made.store("leg é/a.png", b"first image")
        write(b"obj_1\n")
        made.store("leg é/b.png", b"")

    with zipfile.ZipFile(path) as read:
        assert read.testzip() is None
        assert read.read("leg é/table.tsv") == b"object_id\nobj_1\n"
        assert read.read("leg é/a.png") == b"first image"
        assert read.infolist()[0].date_time == (2026, 6, 21, 12, 0, 0)


def test_more_files_than_the_old_format_counts(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"

    with Archive(path, at=NOON) as made:
        for n in range(70_000):
            made.store(f"{n}.png", b"x")

    with zipfile.ZipFile(path) as read:
        assert len(read.infolist()) == 70_000
        assert read.read("69999.png") == b"x"


def test_offsets_beyond_the_old_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LIMIT", 100)  # as if four gigabytes were a hundred bytes
    path = tmp_path / "out.zip"

    with Archive(path, at=NOON) as made:
        made.store("a.png", b"a" * 90)
        with made.deflated("t.tsv") as write:
            write(b"t" * 200)
        made.store("b.png", b"b" * 90)

    assert path.read_bytes().count(b"PK\6\6") == 1


def test_an_archive_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"

    with pytest.raises(TypeError), Archive(path, at=NOON) as made:
        made.store("a.png", None)  # pyright: ignore[reportArgumentType] (that is the failure)

    assert list(tmp_path.iterdir()) == []
