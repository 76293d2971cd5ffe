"""A conversion under way: what is read, where it is written, and what is found wrong meanwhile."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite

from calanus.imports.instruments.writing import PackageWriter, Row
from calanus.imports.package import Package
from calanus.imports.types import ImportProblem, Kind
from calanus.kit.tsv import NotATable

MISSING = re.compile(r"|na|[-+]?(?:nan|inf|infinity)(?:\(ind\))?|[-+]?1\.#\w+")
LONGEST_TEXT = 250  # what a free column holds


@dataclass
class Conversion:
    """The files of an instrument on their way into an EcoTaxa package."""

    source: Package
    out: PackageWriter
    most_pixels: int
    most_images: int
    tell: Callable[[str], None]  # doing what; raises where the job was stopped
    measure: bool = False
    objects: int = 0
    problems: list[ImportProblem] = field(default_factory=list[ImportProblem])
    infos: list[str] = field(default_factory=list[str])

    def wrong(self, file: str, reason: str, line: int = 0) -> None:
        """Something that a person has to mend before anything is loaded."""
        self.problems.append(ImportProblem(Kind.BAD_PACKAGE, reason, file, line))

    def text(self, file: str) -> str | None:
        """A file as text; nothing once it is told that it is none."""
        try:
            return text_of(self.source, file)
        except NotATable as error:
            self.wrong(file, f"it is damaged: {error}; copy it again.")
            return None

    def table(self, name: str, rows: Sequence[Row], *, objects: int | None = None) -> None:
        """Write the table of a sample, if it has any row."""
        if rows:
            self.out.table(name, rows)
            self.objects += len(rows) if objects is None else objects

    @property
    def full(self) -> bool:
        """Whether there are more images than one package may hold, which is then told."""
        if len(self.out.names) <= self.most_images:
            return False
        self.wrong(
            self.source.path.name,
            f"this is more than {self.most_images:,} images; import it in parts.",
        )
        return True


def text_of(source: Package, name: str) -> str:
    """A file as text: UTF-8, or Latin-1 where it cannot be that; whatever line ends it has.

    Raises:
        NotATable: it is binary.
    """
    data = source.read(name)
    if b"\0" in data:
        raise NotATable(1, "it is no text: it holds zero bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_csv(source: Package, name: str, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a table with headers; rows that are cut short lack their last cells.

    Raises:
        NotATable: it is binary.
    """
    lines = csv.DictReader(io.StringIO(text_of(source, name)), delimiter=delimiter, restval="")
    try:
        return [{k.strip(): v.strip() for k, v in row.items() if k} for row in lines]
    except csv.Error as error:
        raise NotATable(lines.line_num, f"its cells cannot be told apart: {error}") from None


def sections(text: str) -> dict[str, dict[str, str]]:
    """A text of [sections] with key=value lines; of a key that comes twice the first counts."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            current = found.setdefault(stripped[1:-1], {})
        elif "=" in stripped:
            key, _, value = stripped.partition("=")
            current.setdefault(key.strip(), value.strip())
    return found


def number_of(cell: str) -> float | None:
    """A cell as a finite number, or nothing where it is none."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) else None


def is_number(cell: str) -> bool:
    """Whether a cell may stand in a column of numbers: a number, or one of the ways to say none."""
    return number_of(cell) is not None or MISSING.fullmatch(cell.strip().lower()) is not None


def short(text: str) -> str | None:
    """A text that fits a free column, or nothing where there is none."""
    return " ".join(text.split())[:LONGEST_TEXT] or None
