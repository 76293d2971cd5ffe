"""Taxa: finding them, making them, and bringing in whole lists of them."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from calanus.kit.db import Connection
from calanus.kit.ids import TaxonId
from calanus.taxonomy import queries
from calanus.taxonomy.files import on_cycles, read_taxa, write_taxa
from calanus.taxonomy.names import complaint, match_key, spellings, understand
from calanus.taxonomy.types import (
    BIOTA,
    OWN_IDS,
    STARTER_IDS,
    BadTaxaFile,
    BadTaxon,
    Hit,
    Index,
    TaxaFile,
    TaxaImported,
    Taxon,
    TaxonInTree,
    TaxonNotFound,
    TaxonStatus,
    TaxonType,
)

STARTER = Path(__file__).parent / "starter.tsv"
SHORT_QUERY = 3


def find_many(conn: Connection, taxon_ids: Iterable[int]) -> list[Taxon]:
    """Taxa by id; unknown ids are left out."""
    return queries.find_many(conn, sorted(set(taxon_ids)))


def find(conn: Connection, taxon_id: int) -> Taxon:
    """One taxon.

    Raises:
        TaxonNotFound: there is none of this id.
    """
    found = queries.find_many(conn, [taxon_id])
    if not found:
        raise TaxonNotFound(taxon_id)
    return found[0]


def in_tree(conn: Connection, taxon_ids: Iterable[int]) -> list[TaxonInTree]:
    """Taxa with lineage, children and numbers of validated objects; unknown ids are left out."""
    ids = sorted(set(taxon_ids))
    numbers = queries.validated(conn, ids)
    return [
        replace(taxon, objects=own, objects_below=below)
        for taxon in queries.in_tree(conn, ids)
        for own, below in [numbers.get(taxon.taxon_id, (0, 0))]
    ]


def roots(conn: Connection) -> list[TaxonInTree]:
    """The tops of the tree."""
    return in_tree(conn, queries.roots(conn))


def index(conn: Connection) -> Index:
    """The whole tree, column by column."""
    return queries.index(conn)


def last_change(conn: Connection) -> str | None:
    """When the tree last changed."""
    return queries.last_change(conn)


def descendants(conn: Connection, taxon_ids: Iterable[int]) -> list[TaxonId]:
    """Taxa and all that is below them."""
    return queries.descendants(conn, list(taxon_ids))


def search(
    conn: Connection,
    query: str,
    *,
    project_id: int | None = None,
    recent: list[int] | None = None,
    anonymous: bool = False,
) -> list[Hit]:
    """Taxa for what somebody types: accent-blind, words in any order, `child<ancestor`.

    A short query in a project looks only among the taxa used there of late (`recent`, the last
    first), as in EcoTaxa; an anonymous caller must type more.
    """
    short = len(query) < SHORT_QUERY
    if short and anonymous:
        return []
    preset = queries.preset(conn, project_id) if project_id is not None else []
    among = (recent or []) if short and project_id is not None else None
    return queries.search(conn, understand(query), among=among, preset=preset)


def resolve_names(conn: Connection, names: Iterable[str]) -> dict[str, list[TaxonId]]:
    """The taxa each name may mean, by name in lower case: exactly one is an answer.

    A name is a taxon's name, its display name, name<parent, or "X (Y)" for X<Y. A live taxon
    wins over deprecated ones, and any taxon over those of the starter tree.
    """
    wanted = {name.lower(): spellings(match_key(name)) for name in names}
    found: dict[str, list[TaxonId]] = {}
    asked = sorted({spelling for keys in wanted.values() for spelling in keys})
    for key, taxon_id in queries.matches(conn, asked):
        found.setdefault(key, []).append(taxon_id)
    return {
        key: sorted({taxon_id for spelling in keys for taxon_id in found.get(spelling, [])})
        for key, keys in wanted.items()
    }


# --- Making taxa ---------------------------------------------------------------------------------


def create(
    conn: Connection,
    name: str,
    parent_id: int | None,
    type_: TaxonType = TaxonType.PHYLO,
    *,
    status: TaxonStatus = TaxonStatus.NOT_APPROVED,
) -> TaxonId:
    """A new taxon, named by the rules of the field.

    Raises:
        BadTaxon: the name breaks a rule or is taken, or the parent cannot have it.
        TaxonNotFound: there is no such parent.
    """
    wrong = complaint(name, type_)
    if wrong:
        raise BadTaxon(wrong)
    queries.lock(conn)
    check_parent(conn, parent_id, type_)
    everywhere = type_ == TaxonType.PHYLO
    if queries.homonyms(conn, name, below=None if everywhere else parent_id):
        where = "in the tree" if everywhere else "below this parent"
        raise BadTaxon(f"There is already a taxon “{name}” {where}.")
    [(_, taxon_id)] = queries.insert(conn, [name], parent_id, type_, status)
    name_again(conn, [name])
    return taxon_id


def check_parent(conn: Connection, parent_id: int | None, type_: TaxonType) -> None:
    """A parent is there and alive; only a phylogenetic taxon may stand at the top."""
    if parent_id is None:
        if type_ == TaxonType.MORPHO:
            raise BadTaxon("A morphological taxon stands below another taxon: name its parent.")
        return
    parent = find(conn, parent_id)
    if parent.status == TaxonStatus.DEPRECATED:
        raise BadTaxon(f"{parent.display_name} is deprecated: choose another parent.")


def adopt(conn: Connection, names: Iterable[str], parent_id: int) -> dict[str, TaxonId]:
    """New morphological taxa named as they come, after folders: no rule but length and blanks.

    What the parent already has under a name, in any case of letters, is taken as it is.
    """
    queries.lock(conn)
    check_parent(conn, parent_id, TaxonType.MORPHO)
    made: dict[str, TaxonId] = {}
    wanted: dict[str, str] = {}
    for name in sorted(set(names)):
        if not 1 <= len(name) <= 100 or name != " ".join(name.split()):
            raise BadTaxon(f"“{name}” cannot be a taxon's name: 1 to 100 characters, no tabs.")
        known = queries.homonyms(conn, name, below=parent_id)
        if known:
            made[name] = known[0]
        else:
            wanted.setdefault(name.lower(), name)
    new = queries.insert(
        conn, list(wanted.values()), parent_id, TaxonType.MORPHO, TaxonStatus.NOT_APPROVED
    )
    name_again(conn, list(wanted.values()))
    by_key = {name.lower(): taxon_id for name, taxon_id in new}
    return made | {name: by_key[name.lower()] for name in set(names) - made.keys()}


def name_again(conn: Connection, names: list[str] | None) -> None:
    """Make the display names of all homonyms of these names anew, or of the whole tree."""
    keys = None if names is None else [name.lower() for name in names]
    stale = queries.stale_display_names(conn, keys)
    if stale:
        queries.set_display_names(conn, stale)


# --- Lists of taxa -------------------------------------------------------------------------------


def import_tsv(
    conn: Connection, path: Path, *, in_use: Collection[int] | None = None
) -> TaxaImported:
    """Add and update the taxa of a file, keeping their ids.

    A reference list (one that brings ids of EcoTaxa's range) takes the place of the starter tree
    when the caller says which taxa are `in_use`: the others of the starter tree go.

    Raises:
        BadTaxaFile: something is wrong; all of it is told, and nothing is written.
    """
    read = read_taxa(path)
    queries.lock(conn)
    before = queries.parents(conn)
    read, orphans = hang_orphans(read, before)
    after = before | {row.taxon_id: row.parent_id for row in read.rows}
    errors = read.errors + [
        f"{path.name}, line {row.line}: {row.name} ({row.taxon_id}) stands above itself."
        for row in on_cycles(read.rows, after)
    ]
    if errors:
        raise BadTaxaFile(errors)
    added, updated = queries.upsert(conn, read.rows, read.columns)
    queries.hang_lineages(conn)
    removed = 0
    if in_use is not None and brings_reference(read):
        written = {row.taxon_id for row in read.rows}
        removed = queries.remove_starter(conn, sorted(written | set(in_use)))
    queries.reserve_ids(conn, STARTER_IDS.stop)
    name_again(conn, None)
    return TaxaImported(added, updated, removed, warnings_of(read, orphans))


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


def warnings_of(read: TaxaFile, orphans: int) -> list[str]:
    """What the person who imports should know."""
    if not orphans:
        return []
    return [
        f"{orphans:,} of {len(read.rows):,} taxa name a parent that is absent: hung from the root."
    ]


def export_tsv(conn: Connection, path: Path) -> int:
    """Write the whole tree to a file that can be imported again; how many taxa."""
    return write_taxa(path, queries.all_rows(conn))


def load_starter(conn: Connection) -> int:
    """Plant the starter tree where there is no taxon yet; how many were planted."""
    if queries.count(conn):
        return 0
    return import_tsv(conn, STARTER).added
