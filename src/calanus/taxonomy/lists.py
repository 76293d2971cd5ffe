"""Whole lists of taxa: into the tree and out of it, from one installation to another.

An id below 1,000,000,000 means the same taxon everywhere. What people make has ids from there on,
and two installations may give one id to two taxa: so a list says where such a taxon was made and
its number there, and at arrival it is found again by these, or numbered anew when need be.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from calanus.kit.db import Connection
from calanus.taxonomy import queries
from calanus.taxonomy.files import on_cycles, read_taxa, twice, write_taxa
from calanus.taxonomy.service import name_again
from calanus.taxonomy.types import (
    BIOTA,
    OWN_IDS,
    STARTER_IDS,
    BadTaxaFile,
    TaxaFile,
    TaxaImported,
    TaxonRow,
)

STARTER = Path(__file__).parent / "starter.tsv"


def import_tsv(
    conn: Connection,
    path: Path,
    *,
    in_use: Collection[int] | None = None,
    awaits: bool = False,
) -> TaxaImported:
    """Add and update the taxa of a file, keeping their ids.

    A reference list (one that brings ids of EcoTaxa's range) takes the place of the starter tree
    when the caller says which taxa are `in_use`: the others of the starter tree go. With `awaits`,
    what people made elsewhere is to be told to the reference server.

    Raises:
        BadTaxaFile: something is wrong; all of it is told, and nothing is written.
    """
    read = read_taxa(path)
    queries.lock(conn)
    return take(conn, read, path.name, in_use=in_use, awaits=awaits)


def take(
    conn: Connection,
    read: TaxaFile,
    name: str,
    *,
    in_use: Collection[int] | None = None,
    awaits: bool = False,
) -> TaxaImported:
    """Graft taxa onto the tree, which the caller has locked; `name` says where they come from."""
    before = queries.parents(conn)
    read, renumbered = settle(conn, read, before)
    read, orphans = hang_orphans(read, before)
    after = before | {row.taxon_id: row.parent_id for row in read.rows}
    errors = read.errors + [
        f"{name}, line {row.line}: {row.name} ({row.taxon_id}) stands above itself."
        for row in on_cycles(read.rows, after)
    ]
    errors += [f"{name}, line {sentence}" for sentence in twice(read.rows)] if renumbered else []
    if errors:
        raise BadTaxaFile(errors)
    added, updated = queries.upsert(conn, read.rows, read.columns, awaits=awaits)
    queries.hang_lineages(conn)
    removed = 0
    if in_use is not None and brings_reference(read):
        written = {row.taxon_id for row in read.rows}
        removed = queries.remove_starter(conn, sorted(written | set(in_use)))
    queries.reserve_ids(conn, STARTER_IDS.stop)
    name_again(conn, None)
    new = [row.taxon_id for row in read.rows if row.taxon_id not in before]
    told = Told(orphans, renumbered, queries.twins(conn, [n for n in new if own(n)]))
    lost = queries.lost_advice(conn, [row.taxon_id for row in read.rows])
    return TaxaImported(added, updated, removed, told.sentences(len(read.rows), lost))


def own(taxon_id: int) -> bool:
    """Whether a number is one of those that people's taxa get, here or elsewhere."""
    return taxon_id >= STARTER_IDS.stop


def settle(
    conn: Connection, read: TaxaFile, before: Collection[int]
) -> tuple[TaxaFile, list[TaxonRow]]:
    """The file with the numbers its taxa have here, and those that had to get new ones."""
    made = [r for r in read.rows if r.origin and own(r.taxon_id)]
    if not made:
        return bare(read), []
    here = queries.instance(conn)
    known = queries.of_origin(conn, [key(r) for r in made])
    ours = {r.taxon_id: key(r)[1] for r in made if r.origin == here}
    ours |= {r.taxon_id: known[key(r)] for r in made if key(r) in known}
    taken = set(before) | set(ours.values())
    strangers = [r for r in made if r.taxon_id not in ours]
    moved = [r for r in strangers if r.taxon_id in taken]
    queries.reserve_ids(conn, max([STARTER_IDS.stop, *(r.taxon_id + 1 for r in made)]))
    numbers = dict(
        zip([r.taxon_id for r in moved], queries.next_ids(conn, len(moved)), strict=True)
    )
    rows = [renumber(r, ours | numbers, here) for r in bare(read).rows]
    return replace(read, rows=rows), moved


def bare(read: TaxaFile) -> TaxaFile:
    """The file without origins where an id means the same everywhere."""
    rows = [r if own(r.taxon_id) else replace(r, origin=None, origin_id=None) for r in read.rows]
    return replace(read, rows=rows)


def key(row: TaxonRow) -> tuple[str, int]:
    """Where a taxon was made, and its number there."""
    return row.origin or "", row.origin_id or row.taxon_id


def renumber(row: TaxonRow, numbers: dict[int, int], here: str) -> TaxonRow:
    """A line with the numbers of this installation; what was made here has no other origin."""
    elsewhere = row.origin is not None and row.origin != here
    return replace(
        row,
        taxon_id=numbers.get(row.taxon_id, row.taxon_id),
        parent_id=numbers.get(row.parent_id or 0, row.parent_id),
        rename_to=numbers.get(row.rename_to or 0, row.rename_to),
        origin=row.origin if elsewhere else None,
        origin_id=key(row)[1] if elsewhere else None,
    )


def brings_reference(read: TaxaFile) -> bool:
    """Whether a file holds taxa that were numbered elsewhere."""
    return any(row.taxon_id != BIOTA and row.taxon_id < OWN_IDS for row in read.rows)


def hang_orphans(read: TaxaFile, known: Collection[int]) -> tuple[TaxaFile, int]:
    """Hang taxa whose parent is nowhere from Biota, or leave them at the top when it is absent."""
    ids = set(known) | {row.taxon_id for row in read.rows}
    top = BIOTA if BIOTA in ids else None
    orphans = {r.taxon_id for r in read.rows if r.parent_id is not None and r.parent_id not in ids}
    rows = [replace(r, parent_id=top) if r.taxon_id in orphans else r for r in read.rows]
    return replace(read, rows=rows), len(orphans)


@dataclass(frozen=True)
class Told:
    """What the person who imports should know."""

    orphans: int
    renumbered: list[TaxonRow]
    twins: list[str]

    def sentences(self, rows: int, lost: int) -> list[str]:
        """As sentences."""
        said: list[str] = []
        if self.orphans:
            said.append(
                f"{self.orphans:,} of {rows:,} taxa name a parent that is absent: "
                "hung from the root."
            )
        if self.renumbered:
            said.append(
                f"{some(r.name for r in self.renumbered)}: made elsewhere under numbers that are "
                "taken here, and numbered anew."
            )
        if self.twins:
            said.append(
                f"{some(self.twins)}: made elsewhere, and there is a namesake below the same "
                "parent; keep one, and deprecate the other in its favour (taxostatus D, rename_to)."
            )
        if lost:
            said.append(
                f"{lost:,} taxa are to be replaced by a taxon that is not there (rename_to)."
            )
        return said


def some(names: Iterable[str]) -> str:
    """A few names, and how many more."""
    listed = list(names)
    more = f" and {len(listed) - 5:,} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more


def export_tsv(conn: Connection, path: Path) -> int:
    """Write the whole tree to a file that can be imported again; how many taxa."""
    return write_taxa(path, queries.all_rows(conn))


def load_starter(conn: Connection) -> int:
    """Plant the starter tree where there is no taxon yet; how many were planted."""
    if queries.count(conn):
        return 0
    return import_tsv(conn, STARTER).added
