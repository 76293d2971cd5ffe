"""Taxa: finding them and making them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from calanus.kit.db import Connection
from calanus.kit.ids import TaxonId
from calanus.taxonomy import queries
from calanus.taxonomy.names import complaint, match_key, spellings, understand
from calanus.taxonomy.types import (
    BadTaxon,
    Hit,
    Index,
    Made,
    Taxon,
    TaxonInTree,
    TaxonNotFound,
    TaxonRecord,
    TaxonStatus,
    TaxonType,
)

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


def records(conn: Connection, taxon_ids: Iterable[int]) -> list[TaxonRecord]:
    """All that is recorded of taxa, with their numbers of validated objects."""
    ids = sorted(set(taxon_ids))
    numbers = queries.validated(conn, ids)
    return [
        replace(record, nbrobj=own, nbrobjcum=below)
        for record in queries.records(conn, ids)
        for own, below in [numbers.get(record.id, (0, 0))]
    ]


def with_aphia_ids(conn: Connection, aphia_ids: Iterable[int]) -> dict[int, TaxonId]:
    """The taxa that bear these AphiaIDs."""
    return queries.with_aphia_ids(conn, sorted(set(aphia_ids)))


def index(conn: Connection) -> Index:
    """The whole tree, column by column."""
    return queries.index(conn)


def last_change(conn: Connection) -> datetime:
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
    proposed: bool = True,
    recent: list[int] | None = None,
    anonymous: bool = False,
) -> list[Hit]:
    """Taxa for what somebody types: accent-blind, words in any order, `child<ancestor`.

    A short query in a project looks only among the taxa used there of late (`recent`, the last
    first), as in EcoTaxa; an anonymous caller must type more. What the project proposes comes
    first, for who may know it (`proposed`).
    """
    short = len(query) < SHORT_QUERY
    if short and anonymous:
        return []
    ask_project = proposed and project_id is not None
    preset = queries.preset(conn, project_id) if ask_project and project_id is not None else []
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
    made: Made | None = None,
) -> TaxonId:
    """A new taxon, named by the rules of the field.

    Raises:
        BadTaxon: the name breaks a rule or is taken, or the parent cannot have it.
        TaxonNotFound: there is no such parent.
    """
    queries.lock(conn)
    check_new(conn, name, parent_id, type_)
    [(_, taxon_id)] = queries.insert(conn, [name], parent_id, type_, status)
    if made:
        queries.describe(conn, taxon_id, made)
    name_again(conn, [name])
    return taxon_id


def check_new(conn: Connection, name: str, parent_id: int | None, type_: TaxonType) -> None:
    """Pass what may be made as a new taxon; else raise as `create` does."""
    wrong = complaint(name, type_)
    if wrong:
        raise BadTaxon(wrong)
    check_parent(conn, parent_id, type_)
    everywhere = type_ == TaxonType.PHYLO
    if queries.homonyms(conn, name, below=None if everywhere else parent_id):
        where = "in the tree" if everywhere else "below this parent"
        raise BadTaxon(f"There is already a taxon “{name}” {where}.")


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
