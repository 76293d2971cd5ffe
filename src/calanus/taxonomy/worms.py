"""Which taxon of the World Register of Marine Species stands for one of ours."""

from collections.abc import Iterable, Mapping

from calanus.kit.db import Connection
from calanus.kit.ids import TaxonId
from calanus.taxonomy import queries
from calanus.taxonomy.types import Taxon, TaxonType

KINGDOMS = (
    "Animalia",
    "Archaea",
    "Bacteria",
    "Chromista",
    "Fungi",
    "Plantae",
    "Protozoa",
    "Viruses",
)
LONGEST_WAY = 20  # renamings and ancestors that are followed


def equivalents(conn: Connection, taxon_ids: Iterable[int]) -> dict[TaxonId, TaxonId]:
    """The taxon with an AphiaID that stands for each of ours; those without one are absent.

    A branch of the tree with an AphiaID stands for itself, one without for what it is renamed to.
    A form (egg, part…) stands for what it is renamed to, else for its nearest ancestor that is no
    form. Source: EcoTaxa's /taxo_worms.
    """
    wanted = queries.find_many(conn, sorted(set(taxon_ids)))
    known = {taxon.taxon_id: taxon for taxon in wanted}
    for _ in range(LONGEST_WAY):
        named = {t.rename_to for t in known.values() if t.rename_to} | {
            ancestor for t in known.values() for ancestor in t.lineage
        }
        missing = sorted(named - set(known))
        if not missing:
            break
        known |= {taxon.taxon_id: taxon for taxon in queries.find_many(conn, missing)}
    found = {taxon.taxon_id: equivalent(taxon, known) for taxon in wanted}
    return {taxon_id: stands for taxon_id, stands in found.items() if stands is not None}


def equivalent(taxon: Taxon, known: Mapping[TaxonId, Taxon]) -> TaxonId | None:
    """The taxon with an AphiaID that stands for this one."""
    at: Taxon | None = taxon
    for _ in range(LONGEST_WAY):
        if at is None:
            return None
        if at.type == TaxonType.PHYLO and at.aphia_id:
            return at.taxon_id
        if at.rename_to:
            at = known.get(at.rename_to)
        elif at.type == TaxonType.MORPHO:
            at = next((known[a] for a in above(at) if known_branch(known, a)), None)
        else:
            return None
    return None


def above(taxon: Taxon) -> list[TaxonId]:
    """The ancestors of a taxon, the nearest first."""
    return [TaxonId(a) for a in reversed(taxon.lineage[:-1])]


def known_branch(known: Mapping[TaxonId, Taxon], taxon_id: TaxonId) -> bool:
    """Whether this is a known taxon, and no form."""
    return taxon_id in known and known[taxon_id].type == TaxonType.PHYLO


def kingdoms(conn: Connection, taxa: Iterable[Taxon]) -> dict[TaxonId, str]:
    """The kingdom of each taxon, by rank where ranks are known, else by its name; else absent."""
    wanted = list(taxa)
    ancestors = {a for taxon in wanted for a in taxon.lineage}
    tops = {
        t.taxon_id: t.name
        for t in queries.find_many(conn, sorted(ancestors))
        if (t.rank or "").lower() == "kingdom" or t.name in KINGDOMS
    }
    found = {
        taxon.taxon_id: next((tops[TaxonId(a)] for a in taxon.lineage if a in tops), "")
        for taxon in wanted
    }
    return {taxon_id: name for taxon_id, name in found.items() if name}
