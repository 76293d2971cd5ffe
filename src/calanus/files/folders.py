"""A folder for each person: what they upload, and what an import reads. No path leads out of it."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path, PurePosixPath

from calanus.files.types import (
    BadUpload,
    DirectoryEntryModel,
    DirectoryModel,
    FileExists,
    FileNotThere,
    NotAFolder,
    PathRefused,
)
from calanus.kit.ids import UserId
from calanus.kit.settings import Settings

ARCHIVES = (".zip", ".tar.gz", ".tar", ".tgz")
LONGEST_PATH = 3000  # bytes; file systems end at 4096, the data folder included


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


@contextmanager
def one_at_a_time(root: Path) -> Generator[None]:
    """What looks first and acts then, such as for a free name or for room, does so alone."""
    with (private_of(root) / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


def too_long(path: PurePosixPath) -> bool:
    """Whether the file system would refuse a name; or could not even be told it."""
    try:
        lengths = [len(part.encode()) for part in path.parts]
    except UnicodeEncodeError:
        return True
    return len(lengths) > 64 or max(lengths, default=0) > 255 or sum(lengths) > LONGEST_PATH


def private_of(root: Path) -> Path:
    """Beside a person's folder, what Calanus notes about it: never listed, never imported."""
    folder = root.with_name(f".{root.name}")
    folder.mkdir(exist_ok=True)
    return folder


def trash_of(root: Path) -> Path:
    """Where a person's removed files wait; made by the first of them."""
    return root / f"trash.{root.name}"


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
    if is_blocked(root, path):
        raise NotAFolder(sub_path)
    return path


def is_blocked(root: Path, path: Path) -> bool:
    """Whether a folder that the path passes through is a file."""
    return any(step.is_file() for step in path.parents if step.is_relative_to(root))


def place_of(root: Path, sub_path: str) -> Path:
    """A path at which a file may be put, perhaps instead of an older one."""
    path = confined(root, sub_path)
    if path.is_dir() or path == trash_of(root):
        raise BadUpload(f"“{sub_path}” is a folder; choose another name.")
    if is_blocked(root, path):
        raise NotAFolder(sub_path)
    return path


def unused(path: Path) -> Path:
    """This path, or with a number the next one at which there is nothing."""
    ending = next((end for end in ARCHIVES if path.name.lower().endswith(end)), path.suffix)
    stem = path.name.removesuffix(path.name[-len(ending) :]) if ending else path.name
    short = stem.encode()[:220].decode(errors="ignore")
    wanted, number = path, 1
    while wanted.exists():
        number += 1
        wanted = path.with_name(f"{short} ({number}){path.name[len(stem) :]}")
    return wanted


def measured(path: Path) -> tuple[int, int]:
    """The bytes and the number of files of a file or folder; what vanishes meanwhile is nothing."""
    size = count = 0
    waiting = [path]
    while waiting:
        try:
            here = waiting.pop()
            with os.scandir(here) as found:
                for entry in found:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
                        count += 1
        except NotADirectoryError:
            return path.lstat().st_size, 1
        except (FileNotFoundError, PermissionError):
            continue
    return size, count


def listing(root: Path, sub_path: str, *, deep: bool = True) -> DirectoryModel:
    """What a folder holds, folders first; links are nothing.

    `deep` measures all that the folders in it hold, too.
    """
    folder = existing(root, sub_path)
    try:
        with os.scandir(folder) as found:
            entries = [line for entry in found for line in lines_of(entry, deep=deep)]
    except (NotADirectoryError, PermissionError):
        raise FileNotThere(sub_path) from None
    entries.sort(key=lambda entry: (entry.type, entry.name))
    return DirectoryModel(path=sub_path, entries=entries)


def lines_of(entry: os.DirEntry[str], *, deep: bool) -> Iterator[DirectoryEntryModel]:
    """The line of a listing about a thing, unless it is a link or has just vanished.

    EcoTaxa tells size and time of zips only; ours are told beside.
    """
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if entry.is_symlink():
        return
    is_folder = entry.is_dir()
    size, files = (facts.st_size, 1) if not is_folder else (0, 0)
    if is_folder and deep:
        size, files = measured(Path(entry.path))
    changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    is_zip = not is_folder and entry.name.lower().endswith(".zip")
    yield DirectoryEntryModel(
        name=entry.name.encode("utf-8", "replace").decode(),
        type="D" if is_folder else "F",
        size=size if is_zip else 0,
        mtime=changed.strftime("%Y-%m-%d %H:%M:%S") if is_zip else "",
        bytes=size,
        files=files,
        changed=changed,
    )


def create(root: Path, sub_path: str) -> str:
    """A new folder."""
    free(root, sub_path).mkdir(parents=True)
    return sub_path


def move(root: Path, source_path: str, dest_path: str) -> str:
    """Another name, or another folder, for a file or a folder."""
    with one_at_a_time(root):
        moved, wanted = existing(root, source_path), free(root, dest_path)
        if moved == root or wanted.is_relative_to(moved) or wanted == trash_of(root):
            raise PathRefused(dest_path)
        wanted.parent.mkdir(parents=True, exist_ok=True)
        moved.rename(wanted)
    return dest_path
