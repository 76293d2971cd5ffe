"""A folder of this machine as a part of a package. Links are seen and not followed."""

import os
from collections.abc import Iterator
from pathlib import Path

from calanus.imports.types import PackageRefused


def walk(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below a folder that is no folder, by relative path.

    Raises:
        PackageRefused: a folder cannot be listed.
    """
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        for entry in listed(root, inside):
            name = f"{inside}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{name}/")
            else:
                yield name, entry


def listed(root: Path, inside: str) -> list[os.DirEntry[str]]:
    """What one folder holds."""
    try:
        with os.scandir(root / inside) as found:
            return list(found)
    except OSError as error:
        reason = f"The folder {inside or root} cannot be read: {error.strerror}."
        raise PackageRefused(reason) from None
