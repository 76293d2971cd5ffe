"""All that is wrong with a package: told in the order of reading, kept on the disk.

A million wrong rows are a file of some hundred megabytes, and 16 bytes each in memory.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import numpy as np

from calanus.imports.types import ImportProblem, Kind

NAMES = tuple(field.name for field in fields(ImportProblem))


class Problems:
    """Problems as they are found; iterated as a person reads: files in their order, then lines."""

    def __init__(self, folder: Path) -> None:
        self._out = TemporaryFile(dir=folder)  # noqa: SIM115 (closed on exit)
        self._files: dict[str, int] = {}
        self._file = array("i")
        self._line = array("i")
        self._start = array("q")
        self._end = 0
        self.kinds: set[Kind] = set()
        self.tables: Sequence[str] = ()  # in the order in which they are read; the rest comes first

    def add(self, problem: ImportProblem) -> None:
        """One problem more."""
        written = json.dumps([getattr(problem, name) for name in NAMES]).encode("ascii") + b"\n"
        self._out.seek(self._end)
        self._out.write(written)
        self._file.append(self._files.setdefault(problem.file, len(self._files)))
        self._line.append(problem.line)
        self._start.append(self._end)
        self._end += len(written)
        self.kinds.add(problem.kind)

    def extend(self, problems: Iterable[ImportProblem]) -> None:
        """More of them."""
        for problem in problems:
            self.add(problem)

    def __len__(self) -> int:
        return len(self._start)

    def __iter__(self) -> Iterator[ImportProblem]:
        """In order; those of one line as they were found."""
        order = {table: place for place, table in enumerate(self.tables)}
        places = np.array([order.get(file, -1) for file in self._files], np.int64)
        of_file = places[np.array(self._file, np.int64)] if len(self) else places
        starts = np.array(self._start)
        for place in np.lexsort((np.array(self._line), of_file)):
            self._out.seek(int(starts[place]))
            kind, *rest = json.loads(self._out.readline())
            yield ImportProblem(Kind(kind), *rest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the disk back."""
        self._out.close()
