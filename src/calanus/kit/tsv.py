"""EcoTaxa's tables as text: tabs, quotes, any line end, and the encodings met in the field.

What the cells mean is the importing room's business.
"""

import csv
import io
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from calanus.kit.errors import Invalid

BOM = b"\xef\xbb\xbf"
LONGEST_CELL = 1_000_000
END = "\0"
PIECE = 2**20
ROWS_A_BLOCK = 4_000


class NotATable(Invalid):
    """A file that cannot be read as a table at all."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Block:
    """Some consecutive rows, column by column."""

    first_line: int
    rows: int
    columns: Mapping[str, Sequence[str]]  # as written, blanks included
    extra: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """Cells beyond the last header, by place in the block."""

    def texts(self, name: str) -> list[str]:
        """The cells of a column without outer blanks; "" where there is no such column."""
        return [cell.strip() for cell in self.columns.get(name, [""] * self.rows)]

    def numbers(self, name: str) -> tuple[NDArray[np.float64], list[int]]:
        """The numbers of a column, and the places of cells that need a closer look: here, all."""
        return np.full(len(self.columns[name]), np.nan), list(range(self.rows))

    def cells(self, name: str, places: Sequence[int]) -> list[str]:
        """Some cells of a column, as written."""
        column = self.columns[name]
        return [column[place] for place in places]


@dataclass(frozen=True)
class Heads:
    """How a table begins."""

    headers: list[str]
    """Trimmed, in lower case; of two alike the last counts."""
    types: dict[str, str]
    """What the second line says of each column, as written; nothing where it is a row already."""
    row: list[str] = field(default_factory=list[str])
    """The cells of the second line, where it is a row already."""

    @property
    def first_line(self) -> int:
        """The line of the first row of values."""
        return 2 if self.row else 3


class Table(Protocol):
    """A table whose header lines are read, and whose rows are still to come."""

    @property
    def heads(self) -> Heads:
        """How it begins."""
        ...

    def blocks(self) -> Iterator[Block]:
        """The rows, some thousand at a time. Lines are counted without the blank ones.

        Raises:
            NotATable: the cells cannot be told apart.
        """
        ...


@dataclass(frozen=True)
class Lines:
    """A table cut into cells by the csv module, which knows quotes."""

    heads: Heads
    lines: Iterator[list[str]]  # without the headers and their types
    text: io.TextIOWrapper  # held, because its end would close the file

    def blocks(self, size: int = ROWS_A_BLOCK) -> Iterator[Block]:
        """The rows, so many at a time."""
        first_line = self.heads.first_line
        while rows := checked(islice(self.lines, size), first_line):
            yield block(self.heads.headers, rows, first_line)
            first_line += len(rows)


@dataclass(frozen=True)
class Text:
    """What a file is, all of it looked at."""

    utf8: bool
    plain: bool  # without quotes, lines end as on Unix: a tab is a tab, a line a line


def read(source: bytes | BinaryIO, *, key: str = "") -> Lines:
    """The table of a file, which stays open as long as rows are read; `key` as of `heads`.

    Raises:
        NotATable: binary data, or a text that ends inside a quoted cell of absurd length.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    return cut(file, look(file), key)


def cut(file: BinaryIO, text: Text, key: str) -> Lines:
    """A file that was looked at, cut into cells."""
    held = opened(file, text)
    lines = parse(held)
    found = heads(lines, key)
    return Lines(found, chain([found.row], lines) if found.row else lines, held)


def look(file: BinaryIO) -> Text:
    """UTF-8 when the file says so or reads as such, else Latin-1, as instruments write it."""
    decode, utf8, plain = getincrementaldecoder("utf-8")().decode, True, True
    file.seek(0)
    while piece := file.read(PIECE):
        if b"\0" in piece:
            raise NotATable(1, "this is not a text in UTF-8 or Latin-1: it holds zero bytes")
        plain = plain and b'"' not in piece and b"\r" not in piece
        utf8 = utf8 and decodes(decode, piece)
    return Text(utf8 and decodes(decode, b"", final=True), plain)


def decodes(decode: "Decode", piece: bytes, *, final: bool = False) -> bool:
    """Whether a piece goes on as it should."""
    try:
        decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


class Decode(Protocol):
    """How Python decodes piece by piece."""

    def __call__(self, piece: bytes, final: bool, /) -> str: ...


def opened(file: BinaryIO, text: Text) -> io.TextIOWrapper:
    """The file as text, from its first character; every line ends as on Unix."""
    file.seek(0)
    file.seek(len(BOM) if file.read(len(BOM)) == BOM else 0)
    return io.TextIOWrapper(file, "utf-8" if text.utf8 else "latin-1", newline=None)


def heads(lines: Iterator[list[str]], key: str) -> Heads:
    """The headers, and the types below them, unless that line is a row already.

    Types stand in square brackets. A line of none is a row where it fills the column `key`, which
    every row fills; else it is passed over, as EcoTaxa does.
    """
    headers = [header.strip().lower() for header in next_line(lines, 1)]
    second = next_line(lines, 2)
    types = dict(zip(headers, second, strict=False))
    if types.get(key, "").strip() and not any(cell.strip().startswith("[") for cell in second):
        return Heads(headers, {}, second)
    return Heads(headers, types)


def parse(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines that are not blank, cut at tabs; quotes count at the start of a cell only."""
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(chain(lines, end_of_text()), delimiter="\t")
    return filter(None, iter(rows.__next__, [END]))


def end_of_text() -> Iterator[str]:
    """A last line that no text holds: whoever asks for another is still inside a quoted cell."""
    yield END
    raise csv.Error("the text ends inside a quoted cell")


def next_line(lines: Iterator[list[str]], number: int) -> list[str]:
    """One line, or an empty one at the end of the file."""
    found = checked(islice(lines, 1), number)
    return found[0] if found else []


def checked(lines: Iterator[list[str]], first_line: int) -> list[list[str]]:
    """Lines as a list; the parser's own complaint becomes a sentence."""
    rows: list[list[str]] = []
    try:
        rows.extend(lines)
    except csv.Error as error:
        reason = f"the cells cannot be told apart ({error}): a quote may never be closed"
        raise NotATable(first_line + len(rows), reason) from None
    return rows


def block(headers: list[str], rows: list[list[str]], first_line: int) -> Block:
    """Rows turned into columns; short rows are completed, long ones cut and told."""
    width = len(headers)
    extra: dict[int, list[str]] = {}
    if any(len(row) != width for row in rows):
        extra = {place: row[width:] for place, row in enumerate(rows) if len(row) > width}
        rows = [(row + [""] * (width - len(row)))[:width] for row in rows]
    columns = dict(zip(headers, zip(*rows, strict=True), strict=True))
    return Block(first_line, len(rows), columns, extra)
