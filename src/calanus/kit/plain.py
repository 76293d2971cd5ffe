"""Plain tables in a tenth of the time: no quotes, every row as wide as the headers; by polars.

What is not plain goes to the csv module (`kit.tsv`): a whole table, or the few rows of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import chain
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calanus.kit.tsv import (
    BOM,
    LONGEST_CELL,
    Block,
    Heads,
    Lines,
    NotATable,
    block,
    checked,
    cut,
    heads,
    look,
    parse,
)

PIECE = 4 * 2**20  # bytes of whole lines that make a block
LONGEST_LINE = 256 * 2**20
TAB, END = ord("\t"), ord("\n")


@dataclass(frozen=True)
class Cells:
    """Where the cells of a piece end; each begins after the one before."""

    piece: bytes
    ends: NDArray[np.int64]  # (rows, columns)

    def cell(self, row: int, column: int) -> str:
        """One cell, as written."""
        place = row * self.ends.shape[1] + column
        start = self.ends.item(place - 1) + 1 if place else 0
        return self.piece[start : self.ends.item(place)].decode()


class Columns(Mapping[str, Sequence[str]]):
    """The columns of a piece, each made a list of texts, or of numbers, when it is asked for."""

    def __init__(self, headers: list[str], frame: pl.DataFrame, cells: Cells) -> None:
        self.places = {header: place for place, header in enumerate(headers)}
        self.frame = frame
        self.cells = cells
        self._texts: dict[str, list[str]] = {}

    @cached_property
    def numbers(self) -> pl.DataFrame:
        """All columns as numbers: one call for all costs polars as much as for one."""
        return self.frame.select(pl.all().cast(pl.Float64, strict=False))

    def __getitem__(self, name: str) -> list[str]:
        if name not in self._texts:
            self._texts[name] = self.frame.to_series(self.places[name]).to_list()
        return self._texts[name]

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


class PlainBlock(Block):
    """Some rows as polars read them."""

    columns: Columns

    def numbers(self, name: str) -> tuple[NDArray[np.float64], list[int]]:
        """The numbers of a column, and the places of cells that need a closer look."""
        read = self.columns.numbers.to_series(self.columns.places[name])
        numbers = read.to_numpy(writable=True)  # NaN where polars sees no number
        return numbers, np.flatnonzero(~(numbers > -np.inf)).tolist()

    def cells(self, name: str, places: Sequence[int]) -> list[str]:
        """Some cells of a column, as written."""
        column = self.columns.places[name]
        return [self.columns.cells.cell(place, column) for place in places]


@dataclass(frozen=True)
class PlainTable:
    """A table of which every line is one row, and every tab parts two cells."""

    heads: Heads
    pieces: Iterator[bytes]  # without the headers and their types

    def blocks(self) -> Iterator[Block]:
        """The rows, some megabytes at a time."""
        first_line, headers = self.heads.first_line, self.heads.headers
        for piece in self.pieces:
            found = plain_block(headers, piece, first_line)
            if found is None:
                rows = checked(parse(StringIO(piece.decode(), newline="\n")), first_line)
                found = block(headers, rows, first_line)
            yield found
            first_line += found.rows


def read(file: BinaryIO, *, key: str = "") -> Lines | PlainTable:
    """The table of a file, read quickly if it is plain; `key` as of `tsv.heads`.

    Raises:
        NotATable: binary data, or what cannot be cut into cells.
    """
    text = look(file)
    if not (text.utf8 and text.plain):
        return cut(file, text, key)
    file.seek(0)
    file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
    found = heads(parse(next_lines(file)), key)
    row = ["\t".join(found.row).encode() + b"\n"] if found.row else []
    return PlainTable(found, chain(row, whole_lines(file)))


def next_lines(file: BinaryIO) -> Iterator[str]:
    """Line by line, as far as is asked."""
    while line := file.readline(LONGEST_LINE):
        yield line.decode()


def whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in pieces that end where lines end; blank lines are left out.

    Raises:
        NotATable: a line is longer than any table's.
    """
    rest = b""
    while piece := file.read(PIECE):
        if len(piece) < PIECE and not piece.endswith(b"\n"):
            piece += b"\n"  # the last line lacks its end
        end = piece.rfind(b"\n") + 1
        if end:
            yield from not_blank(rest + piece[:end])
            rest = b""
        rest += piece[end:]
        if len(rest) > LONGEST_LINE:
            raise NotATable(2, f"a line is longer than {LONGEST_LINE:,} bytes")
    yield from not_blank(rest + b"\n")


def not_blank(piece: bytes) -> Iterator[bytes]:
    """A piece without blank lines, if anything is left."""
    if piece.startswith(b"\n") or b"\n\n" in piece:
        piece = re.sub(rb"\n{2,}", b"\n", piece).lstrip(b"\n")
    if piece:
        yield piece


def plain_block(headers: list[str], piece: bytes, first_line: int) -> PlainBlock | None:
    """The rows of a piece, unless some are shorter or longer than the headers."""
    data = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero((data == TAB) | (data == END))
    if len(ends) % len(headers) or np.diff(ends, prepend=0).max() > LONGEST_CELL:
        return None
    signs = data[ends].reshape(-1, len(headers))
    if not ((signs[:, -1] == END).all() and (signs[:, :-1] == TAB).all()):
        return None
    frame = pl.read_csv(
        piece,
        separator="\t",
        has_header=False,
        quote_char=None,
        schema={str(place): pl.String for place in range(len(headers))},
    ).fill_null("")
    assert len(frame) == len(signs), "polars counts the rows as we do"
    return PlainBlock(
        first_line, len(frame), Columns(headers, frame, Cells(piece, ends.reshape(signs.shape)))
    )
