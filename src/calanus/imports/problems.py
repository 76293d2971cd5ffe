"""All that is wrong with a package: told in the order of reading, kept on the disk.

A million wrong rows are a file of some hundred megabytes, and 16 bytes each in memory.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import numpy as np

from calanus.imports.mistakes import Told, place_in_row
from calanus.imports.types import ImportProblem, Kind

NAMES = tuple(field.name for field in fields(ImportProblem))


class Problems:
    """Problems as they are found; iterated as a person reads: by file, by line, by cell."""

    def __init__(self, folder: Path) -> None:
        self._out = TemporaryFile(dir=folder)  # noqa: SIM115 (closed on exit)
        self._files: dict[str, int] = {}
        self._file = array("i")
        self._line = array("i")
        self._place = array("i")  # in the row
        self._start = array("q")
        self._end = 0
        self.kinds: set[Kind] = set()
        self.headers: dict[str, Sequence[str]] = {}  # by table: the order of cells
        self._more: dict[tuple[str, Kind, str, str], int] = {}  # lines that say the same
        self.tables: Sequence[str] = ()  # in the order in which they are read; the rest comes first

    def add(self, problem: ImportProblem) -> None:
        """One problem more."""
        written = json.dumps([getattr(problem, name) for name in NAMES]).encode("ascii") + b"\n"
        self._out.seek(self._end)
        self._out.write(written)
        self._file.append(self._files.setdefault(problem.file, len(self._files)))
        self._line.append(problem.line)
        self._place.append(place_in_row(problem, self.headers))
        self._start.append(self._end)
        self._end += len(written)
        self.kinds.add(problem.kind)

    def extend(self, problems: Iterable[ImportProblem]) -> None:
        """More of them."""
        for problem in problems:
            self.add(problem)

    def repeat(self, file: str, told: Told) -> None:
        """How often bad values return in a table of which each was added once."""
        for (kind, column, value), more in told.again.items():
            if more:
                self._more[(file, kind, column, value)] = more

    def __len__(self) -> int:
        return len(self._start)

    def __iter__(self) -> Iterator[ImportProblem]:
        """In order; those of one cell as they were found."""
        order = {table: place for place, table in enumerate(self.tables)}
        places = np.array([order.get(file, -1) for file in self._files], np.int64)
        of_file = places[np.array(self._file, np.int64)] if len(self) else places
        starts = np.array(self._start)
        for place in np.lexsort((np.array(self._place), np.array(self._line), of_file)):
            self._out.seek(int(starts[place]))
            kind, *rest = json.loads(self._out.readline())
            problem = ImportProblem(Kind(kind), *rest)
            more = self._more.get((problem.file, problem.kind, problem.column, problem.value))
            yield replace(problem, more=more) if more else problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the disk back."""
        self._out.close()
