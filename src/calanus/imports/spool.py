"""What was read of objects, on the disk until it is loaded: a block of rows is in memory at once.

A block is a line of JSON (all that is no array) and the arrays after it, as numpy writes them.
The file has no name: it goes when the import ends, however it ends.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from calanus.imports.rows import Values

BUFFER = 2**20


@dataclass(frozen=True)
class NewObjects:
    """Some rows that make objects, and the acquisition (its place) of each."""

    values: Values
    acquisitions: list[int]


class Spool:
    """Blocks of new objects, written once and read as often as wanted, in their order."""

    def __init__(self, folder: Path) -> None:
        self._file = TemporaryFile(dir=folder, buffering=BUFFER)  # noqa: SIM115 (closed on exit)
        self._starts: list[int] = []
        self._end = 0
        self.objects = 0

    def append(self, block: NewObjects) -> None:
        """One block more."""
        told: dict[str, Any] = {}
        arrays: dict[str, NDArray[Any]] = {}
        for field in fields(Values):
            value = getattr(block.values, field.name)
            (arrays if isinstance(value, np.ndarray) else told)[field.name] = value
        line = json.dumps({"told": told, "arrays": [*arrays], "acquisitions": block.acquisitions})
        self._file.seek(self._end)
        self._file.write(line.encode("ascii") + b"\n")
        for array in arrays.values():
            np.save(self._file, array, allow_pickle=False)
        self._starts.append(self._end)
        self._end = self._file.tell()
        self.objects += len(block.values)

    def __iter__(self) -> Iterator[NewObjects]:
        for start in self._starts:
            self._file.seek(start)
            line: dict[str, Any] = json.loads(self._file.readline())
            arrays = {name: np.load(self._file, allow_pickle=False) for name in line["arrays"]}
            yield NewObjects(Values(**line["told"], **arrays), line["acquisitions"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the disk back."""
        self._file.close()
