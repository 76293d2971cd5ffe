"""The trash knows where things were, and does not keep them for ever."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calanus.files import drafts, folders, trash
from calanus.files.drafts import Draft
from calanus.files.tidying import tidy
from calanus.files.types import NotInTrash
from calanus.kit.ids import UserId
from calanus.kit.settings import Settings

NOW = datetime.now(UTC)


@pytest.fixture
def root(settings: Settings) -> Path:
    """The files of person 7: a table in a folder."""
    root = folders.folder_of(settings, UserId(7))
    (root / "leg 3").mkdir()
    (root / "leg 3/net.tsv").write_text("1")
    return root


def test_what_is_restored_is_where_it_was(root: Path) -> None:
    trash.remove(root, "leg 3/net.tsv")
    [line] = trash.with_origins(root, folders.listing(root, "trash.7")).entries

    assert line.origin == "leg 3/net.tsv"
    assert trash.restore(root, "trash.7/net.tsv") == "leg 3/net.tsv"
    assert (root / "leg 3/net.tsv").read_text() == "1"


def test_what_is_restored_takes_no_other_s_place(root: Path) -> None:
    trash.remove(root, "leg 3/net.tsv")
    (root / "leg 3/net.tsv").write_text("2")
    trash.remove(root, "leg 3/net.tsv")
    (root / "leg 3/net.tsv").write_text("3")

    assert trash.restore(root, "trash.7/net.tsv") == "leg 3/net (2).tsv"
    assert trash.restore(root, "trash.7/net (2).tsv") == "leg 3/net (3).tsv"
    assert [p.read_text() for p in sorted((root / "leg 3").iterdir())] == ["1", "2", "3"]


def test_a_folder_that_has_become_a_file_is_gone_around(root: Path) -> None:
    trash.remove(root, "leg 3/net.tsv")
    (root / "leg 3").rmdir()
    (root / "leg 3").write_text("a file now")

    assert trash.restore(root, "trash.7/net.tsv") == "net.tsv"


def test_a_part_of_a_thrown_folder_can_be_restored(root: Path) -> None:
    trash.remove(root, "leg 3")

    assert trash.restore(root, "trash.7/leg 3/net.tsv") == "net.tsv"
    assert trash.restore(root, "trash.7/leg 3") == "leg 3"


def test_only_the_trash_is_restored_from(root: Path) -> None:
    trash.remove(root, "leg 3/net.tsv")

    for path in ("leg 3", "trash.7"):
        with pytest.raises(NotInTrash):
            trash.restore(root, path)


def test_the_trash_is_emptied_at_once(root: Path) -> None:
    trash.remove(root, "leg 3/net.tsv")
    trash.remove(root, "leg 3")

    assert trash.remove(root, "trash.7") == 1
    assert list(root.iterdir()) == []
    assert list(trash.notes_of(root).iterdir()) == []


def test_old_trash_is_erased_and_new_trash_stays(root: Path, settings: Settings) -> None:
    os.utime(root / "leg 3/net.tsv", (0, 0))  # an old file, thrown away just now
    trash.remove(root, "leg 3/net.tsv")
    (root / "trash.7/foreign").write_text("nobody noted when it came")

    assert tidy(settings, at=NOW + timedelta(days=13)) == 0
    assert tidy(settings, at=NOW + timedelta(days=15)) > 0
    assert list((root / "trash.7").iterdir()) == []
    assert (root / "leg 3").exists()


def test_uploads_to_which_nothing_comes_are_given_up(root: Path, settings: Settings) -> None:
    folder = drafts.drafts_of(root)
    draft = Draft(folder=folder, path="a.zip", length=10)
    drafts.begin(draft)
    draft.data.write_bytes(b"12345")
    (folder / "killed.form").write_bytes(b"1")

    assert tidy(settings, at=NOW + timedelta(days=4)) == 0
    assert tidy(settings, at=NOW + timedelta(days=6)) == 6
    assert list(folder.iterdir()) == []


def test_what_cannot_be_erased_keeps_nobody_else_s(
    root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folders.folder_of(settings, UserId(8))
    (other / "a").write_text("12345")
    trash.remove(other, "a")
    trash.remove(root, "leg 3")
    erase = trash.erase

    def refuse(where: Path, path: Path) -> None:
        if where == root:
            raise PermissionError(path)
        erase(where, path)

    monkeypatch.setattr(trash, "erase", refuse)

    assert tidy(settings, at=NOW + timedelta(days=15)) == 5
    assert (root / "trash.7/leg 3").exists()
