"""EcoTaxa's tables as text: tabs, quotes, any line end, and the encodings met in the field.

What the cells mean is the importing room's business.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from calanus.kit.errors import Invalid

BOM = b"\xef\xbb\xbf"
LONGEST_CELL = 1_000_000
END = "\0"
FIRST_ROW = 3  # the line of the first row of values: after the headers and their types


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


@dataclass(frozen=True)
class Table:
    """A table whose two header lines are read, and whose rows are still to come."""

    headers: list[str]  # trimmed, in lower case; of two alike the last counts
    types: dict[str, str]  # as written
    lines: Iterator[list[str]]

    def blocks(self, size: int = 10_000) -> Iterator[Block]:
        """The rows, so many at a time. Lines are counted without the blank ones."""
        first_line = FIRST_ROW
        while rows := checked(islice(self.lines, size), first_line):
            yield block(self.headers, rows, first_line)
            first_line += len(rows)


def read(data: bytes) -> Table:
    """The table of a file.

    Raises:
        NotATable: binary data, or a text that ends inside a quoted cell of absurd length.
    """
    lines = parse(decode(data))
    headers = [header.strip().lower() for header in next_line(lines, 1)]
    types = dict(zip(headers, next_line(lines, 2), strict=False))
    return Table(headers, types, lines)


def decode(data: bytes) -> str:
    """UTF-8 when the file says so or reads as such, else Latin-1, as instruments write it."""
    if b"\0" in data:
        raise NotATable(1, "this is not a text in UTF-8 or Latin-1: it holds zero bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.removeprefix(BOM).decode("latin-1")


def parse(text: str) -> Iterator[list[str]]:
    """The lines that are not blank, cut at tabs; quotes count at the start of a cell only."""
    csv.field_size_limit(LONGEST_CELL)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    rows = csv.reader(chain(io.StringIO(text, newline="\n"), end_of_text()), delimiter="\t")
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
