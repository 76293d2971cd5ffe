"""Taxonomy files: tab-separated, one taxon a line, ids kept. Pure: text in, rows and errors out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from calanus.taxonomy.types import LARGEST_ID, BadTaxaFile, TaxaFile, TaxonRow

WRITTEN = [
    "id",
    "parent_id",
    "name",
    "display_name",
    "taxotype",
    "taxostatus",
    "rank",
    "aphia_id",
    "rename_to",
    "source_url",
    "source_desc",
    "creator_email",
    "origin",
    "origin_id",
]
# What other lists call these columns. Display names are made here, so theirs are not read.
READ = {
    "id": "taxon_id",
    "parent_id": "parent_id",
    "name": "name",
    "type": "type",
    "taxotype": "type",
    "status": "status",
    "taxostatus": "status",
    "rank": "rank",
    "aphia_id": "aphia_id",
    "rename_to": "rename_to",
    "source_url": "source_url",
    "source_desc": "source_desc",
    "creator_email": "creator_email",
    "origin": "origin",
    "origin_id": "origin_id",
}
NEEDED = ("taxon_id", "parent_id", "name")
# aphia_id is a courtesy: bad ones are dropped
NUMBERS = ("taxon_id", "parent_id", "rename_to", "origin_id")
INSTALLATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # a UUID
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read_taxa(path: Path) -> TaxaFile:
    """The taxa of a file and all its errors, each with its line.

    Raises:
        BadTaxaFile: it is no such file at all.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTaxaFile([f"{path.name} is not UTF-8: {error.reason}."]) from None
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    header = [READ.get(cell.strip().lower(), "") for cell in cells(lines[0])]
    missing = [name.replace("taxon_id", "id") for name in NEEDED if name not in header]
    if missing:
        raise BadTaxaFile([f"{path.name}, line 1: no column {', '.join(missing)}."])
    rows: list[TaxonRow] = []
    errors: list[str] = []
    for line, cells_ in numbered(lines[1:]):
        row = dict(zip(header, cells_, strict=False))
        found = list(errors_of(row))
        if len(cells_) > len(header):
            found.append(f"{len(cells_)} cells under {len(header)} headers")
        errors += [f"{path.name}, line {line}: {sentence}." for sentence in found]
        if not found:
            rows.append(row_of(line, row))
    errors += [f"{path.name}, line {sentence}" for sentence in twice(rows)]
    return TaxaFile(frozenset(header), rows, errors)


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The lines that say something, with their numbers; the header was line 1."""
    for number, line in enumerate(lines, 2):
        if line.strip():
            yield number, cells(line)


def cells(line: str) -> list[str]:
    """The cells of a line, out of their quotes when they wear some."""
    return [unquoted(cell.strip()) for cell in line.split("\t")]


def unquoted(cell: str) -> str:
    """A cell as meant."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def errors_of(row: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one line by itself."""
    for column in NUMBERS:
        value = row.get(column, "")
        name = "id" if column == "taxon_id" else column
        if value and whole_number(value) is None:
            yield f"{name} is “{value}”, and must be a whole number from 1 to {LARGEST_ID:,}"
    if not row.get("taxon_id"):
        yield "there is no id"
    name = row.get("name", "")
    if not 1 <= len(name) <= 100:
        yield f"the name has {len(name)} characters, and must have 1 to 100"
    if row.get("type", "").upper() not in ("", "P", "M"):
        yield f"the type is “{row['type']}”, and must be P (phylogenetic) or M (morphological)"
    if row.get("status", "").upper() not in ("", "A", "N", "D"):
        yield f"the status is “{row['status']}”, and must be A, N or D"
    if row.get("rename_to") and row.get("rename_to") == row.get("taxon_id"):
        yield "the taxon is to be replaced by itself (rename_to)"
    if row.get("origin") and not INSTALLATION.fullmatch(row["origin"].lower()):
        yield f"the origin is “{row['origin']}”, and must be the UUID of an installation"
    if any(CONTROL.search(cell) for cell in row.values()):
        yield "a cell holds a control character"


def whole_number(cell: str) -> int | None:
    """An id, or nothing."""
    if cell.isascii() and cell.isdigit() and len(cell) < 11 and 1 <= int(cell) <= LARGEST_ID:
        return int(cell)
    return None


def row_of(line: int, row: Mapping[str, str]) -> TaxonRow:
    """One line without errors."""
    number = {name: whole_number(row.get(name, "")) for name in NUMBERS}
    assert number["taxon_id"] is not None
    return TaxonRow(
        line=line,
        taxon_id=number["taxon_id"],
        parent_id=number["parent_id"],
        name=row["name"],
        type=row.get("type", "").upper() or "P",
        status=row.get("status", "").upper() or "A",
        rank=row.get("rank") or None,
        aphia_id=whole_number(row.get("aphia_id", "")),
        rename_to=number["rename_to"],
        source_url=row.get("source_url") or None,
        source_desc=row.get("source_desc") or None,
        creator_email=row.get("creator_email") or None,
        origin=row.get("origin", "").lower() or None,
        origin_id=number["origin_id"],
    )


def twice(rows: Iterable[TaxonRow]) -> Iterator[str]:
    """Ids given twice, here or where the taxon was made."""
    seen: dict[int, int] = {}
    made: dict[tuple[str, int], int] = {}
    for row in rows:
        first = seen.setdefault(row.taxon_id, row.line)
        if first != row.line:
            yield f"{row.line}: the id {row.taxon_id} was given in line {first}."
        if row.origin:
            number = row.origin_id or row.taxon_id
            first = made.setdefault((row.origin, number), row.line)
            if first != row.line:
                yield f"{row.line}: taxon {number} of {row.origin} was given in line {first}."


def on_cycles(rows: Sequence[TaxonRow], parents: Mapping[int, int | None]) -> list[TaxonRow]:
    """The taxa that stand above themselves, the tree being `parents`."""
    sound: set[int] = set()
    cyclic: set[int] = set()
    for start in parents:
        path: list[int] = []
        on_path: set[int] = set()
        here: int | None = start
        while here is not None and here in parents and here not in sound and here not in cyclic:
            if here in on_path:
                cyclic.update(path[path.index(here) :])
                break
            path.append(here)
            on_path.add(here)
            here = parents[here]
        sound.update(on_path - cyclic)
    return [row for row in rows if row.taxon_id in cyclic]


def write_taxa(path: Path, rows: Iterable[Sequence[object]]) -> int:
    """Write taxa, columns as in `WRITTEN`; how many."""
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(WRITTEN) + "\n")
        for row in rows:
            file.write("\t".join(map(as_cell, row)) + "\n")
            written += 1
    return written


def as_cell(value: object) -> str:
    """A value as `unquoted` reads it again: on one line, in quotes when it begins with one."""
    text = "" if value is None else " ".join(str(value).split())
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text
