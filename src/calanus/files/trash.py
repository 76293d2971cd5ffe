"""The trash of a person: what is removed waits there, and knows where it was."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from calanus.files.folders import (
    confined,
    existing,
    is_blocked,
    one_at_a_time,
    private_of,
    trash_of,
    unused,
)
from calanus.files.types import DirectoryModel, NotInTrash, PathRefused

EVERYTHING = "*"


def remove(root: Path, sub_path: str) -> int:
    """Move to the trash; what is in the trash already goes for good. How many things went."""
    trash = trash_of(root)
    if sub_path == EVERYTHING:
        gone = [entry for entry in root.iterdir() if entry != trash]
    else:
        gone = [existing(root, sub_path)]
    if root in gone:
        raise PathRefused(sub_path)
    for path in gone:
        if path.is_relative_to(trash):
            erase(root, path)
        else:
            throw(root, path)
    return len(gone)


def throw(root: Path, path: Path) -> None:
    """Into the trash, noting where it was."""
    trash = trash_of(root)
    trash.mkdir(exist_ok=True)
    with one_at_a_time(root):
        wanted = unused(trash / path.name)
        note_of(root, wanted.name).write_text(path.relative_to(root).as_posix(), "utf-8")
        path.rename(wanted)


def erase(root: Path, path: Path) -> None:
    """Out of the trash, or the whole trash, for good."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    trash = trash_of(root)
    if path == trash:
        shutil.rmtree(notes_of(root))
    elif path.parent == trash:
        note_of(root, path.name).unlink(missing_ok=True)


def restore(root: Path, sub_path: str) -> str:
    """Back to where it was, or beside what is there now; its path."""
    path = existing(root, sub_path)
    trash = trash_of(root)
    if trash not in path.parents:
        raise NotInTrash(sub_path)
    origin = origin_of(root, path.name) if path.parent == trash else None
    wanted = confined(root, origin or path.name)
    if is_blocked(root, wanted):
        wanted = root / path.name  # the folder it was in has become a file
    with one_at_a_time(root):
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted = unused(wanted)
        path.rename(wanted)
        note_of(root, path.name).unlink(missing_ok=True)
    return wanted.relative_to(root).as_posix()


def with_origins(root: Path, listed: DirectoryModel) -> DirectoryModel:
    """A listing of the trash that says where each thing was; another listing as it is."""
    if confined(root, listed.path) != trash_of(root):
        return listed
    entries = [
        entry.model_copy(update={"origin": origin_of(root, entry.name)}) for entry in listed.entries
    ]
    return listed.model_copy(update={"entries": entries})


def notes_of(root: Path) -> Path:
    """Where it is noted where things were."""
    folder = private_of(root) / "origins"
    folder.mkdir(exist_ok=True)
    return folder


def note_of(root: Path, name: str) -> Path:
    """The note about one thing of the trash."""
    return notes_of(root) / hashlib.blake2b(name.encode(), digest_size=20).hexdigest()


def origin_of(root: Path, name: str) -> str | None:
    """Where a thing of the trash was, when that was noted."""
    note = note_of(root, name)
    return note.read_text("utf-8") if note.exists() else None


def erase_old(root: Path, *, before: datetime) -> int:
    """Erase what was thrown away before a moment; how many things that were."""
    gone = [path for path, at in thrown(root) if at < before.timestamp()]
    for path in gone:
        erase(root, path)
    return len(gone)


def thrown(root: Path) -> Iterator[tuple[Path, float]]:
    """What is in the trash, and since when: since its note, else since its last renaming."""
    trash = trash_of(root)
    if not trash.is_dir():
        return
    with os.scandir(trash) as found:
        entries = list(found)
    for entry in entries:
        note = note_of(root, entry.name)
        since = note.stat() if note.exists() else entry.stat(follow_symlinks=False)
        yield Path(entry.path), since.st_mtime if note.exists() else since.st_ctime
