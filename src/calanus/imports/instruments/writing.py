"""An EcoTaxa package being written: tables, and images as PNG without loss, in one zip.

One file rather than one an image: a week of an IFCB is a million of them.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Cell: TypeAlias = str | float | None
Row: TypeAlias = Mapping[str, Cell]
Pixels: TypeAlias = NDArray[np.uint8]  # (height, width), or (height, width, 3) in colour

TEXT, NUMBER = "[t]", "[f]"


class PackageWriter:
    """A zip into which tables and images go as they are made; nothing is packed twice."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
        self.names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def image(self, name: str, pixels: Pixels) -> None:
        """An image, to the last bit what the instrument recorded."""
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        self.file(name, out.getvalue())

    def file(self, name: str, data: bytes) -> None:
        """A file as it is."""
        self.names.add(name)
        self._zip.writestr(name, data)

    def table(self, name: str, rows: Sequence[Row]) -> None:
        """A table: its columns in the order in which rows bring them, empty ones left out."""
        headers = [h for h in every_header(rows) if any(row.get(h) is not None for row in rows)]
        texts = {h for h in headers if any(isinstance(row.get(h), str) for row in rows)}
        out = io.StringIO(newline="")
        lines = csv.writer(out, delimiter="\t", lineterminator="\n")
        lines.writerow(headers)
        lines.writerow([TEXT if h in texts else NUMBER for h in headers])
        lines.writerows([[written(row.get(h)) for h in headers] for row in rows])
        self.file(name, out.getvalue().encode())


def every_header(rows: Iterable[Row]) -> list[str]:
    """The names of all columns, in the order in which they are met."""
    return list(dict.fromkeys(header for row in rows for header in row))


def written(cell: Cell) -> str:
    """A cell as text; numbers keep every digit, and what is missing or no number is empty."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if cell is None or not isfinite(cell):
        return ""
    return str(int(cell)) if cell == int(cell) and abs(cell) < 2**53 else repr(float(cell))
