"""A folder for each person: what they upload, and what an import reads. No path leads out of it."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from calanus.files.types import (
    DirectoryEntryModel,
    DirectoryModel,
    FileExists,
    FileNotThere,
    PathRefused,
)
from calanus.kit.ids import UserId
from calanus.kit.settings import Settings

EVERYTHING = "*"


def folder_of(settings: Settings, user_id: UserId) -> Path:
    """The folder of a person, made at first need."""
    folder = settings.data / "files" / str(user_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def confined(root: Path, sub_path: str) -> Path:
    """A path inside a folder, whether or not it exists.

    Raises:
        PathRefused: it is absolute, climbs, or passes through a link.
    """
    wanted = PurePosixPath(sub_path.strip("/") if sub_path != "/" else "")
    if "\0" in sub_path or "\\" in sub_path or ".." in wanted.parts or too_long(wanted):
        raise PathRefused(sub_path)
    path = root / wanted
    steps = [path, *path.parents]
    inside = steps[: steps.index(root)]
    if any(step.is_symlink() for step in inside) or not path.resolve().is_relative_to(
        root.resolve()
    ):
        raise PathRefused(sub_path)
    return path


def too_long(path: PurePosixPath) -> bool:
    """Whether the file system would refuse a name."""
    return len(path.parts) > 64 or any(len(part.encode()) > 255 for part in path.parts)


def existing(root: Path, sub_path: str) -> Path:
    """A path inside a folder at which there is something."""
    path = confined(root, sub_path)
    if not path.exists():
        raise FileNotThere(sub_path)
    return path


def free(root: Path, sub_path: str) -> Path:
    """A path inside a folder at which there is nothing yet."""
    path = confined(root, sub_path)
    if path.exists():
        raise FileExists(sub_path)
    return path


def source(root: Path, sub_path: str) -> Path:
    """What an import names: a folder or a file; `x` also finds `x.zip`, and the reverse."""
    named = [sub_path, f"{sub_path.rstrip('/')}.zip", sub_path.removesuffix(".zip")]
    for candidate in named:
        path = confined(root, candidate)
        if path != root and path.exists():
            return path
    raise FileNotThere(sub_path)


def listing(root: Path, sub_path: str) -> DirectoryModel:
    """What a folder holds, folders first; sizes and times as EcoTaxa tells them, of zips only."""
    folder = existing(root, sub_path)
    if not folder.is_dir():
        raise FileNotThere(sub_path)
    with os.scandir(folder) as found:
        entries = [entry_of(entry) for entry in found if not entry.is_symlink()]
    entries.sort(key=lambda entry: (entry.type, entry.name))
    return DirectoryModel(path=sub_path, entries=entries)


def entry_of(entry: os.DirEntry[str]) -> DirectoryEntryModel:
    """One line of a listing."""
    if entry.is_dir() or not entry.name.lower().endswith(".zip"):
        kind = "D" if entry.is_dir() else "F"
        return DirectoryEntryModel(name=entry.name, type=kind, size=0, mtime="")
    facts = entry.stat()
    at = datetime.fromtimestamp(facts.st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return DirectoryEntryModel(name=entry.name, type="F", size=facts.st_size, mtime=at)


def create(root: Path, sub_path: str) -> str:
    """A new folder."""
    free(root, sub_path).mkdir(parents=True)
    return sub_path


def move(root: Path, source_path: str, dest_path: str) -> str:
    """Another name, or another folder, for a file or a folder."""
    moved, wanted = existing(root, source_path), free(root, dest_path)
    if moved == root or wanted.is_relative_to(moved):
        raise PathRefused(dest_path)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    moved.rename(wanted)
    return dest_path


def remove(root: Path, sub_path: str, trash: str) -> int:
    """Move to the trash; what is in the trash already goes for good. How many things went."""
    if sub_path == EVERYTHING:
        gone = [entry for entry in root.iterdir() if entry.name != trash]
    else:
        gone = [existing(root, sub_path)]
    if root in gone:
        raise PathRefused(sub_path)
    for path in gone:
        throw(path, root / trash)
    return len(gone)


def throw(path: Path, trash: Path) -> None:
    """Into the trash, or out of it for good."""
    if path.is_relative_to(trash):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return
    trash.mkdir(exist_ok=True)
    wanted = trash / path.name
    number = 1
    while wanted.exists():
        number += 1
        wanted = trash / f"{path.stem} ({number}){path.suffix}"
    path.rename(wanted)
