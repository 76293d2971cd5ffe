"""Finding names in the World Register of Marine Species, and making taxa of them."""

from datetime import datetime
from typing import Any

from calanus.kit.db import Connection, Transactions
from calanus.kit.ids import TaxonId
from calanus.kit.outside import BadAnswer, NotSetUp
from calanus.kit.settings import Settings
from calanus.taxonomy import exchange, queries, service
from calanus.taxonomy.aphia import NOT_SET_UP, RANKS, AphiaRecord, NoSuchName, Step, register
from calanus.taxonomy.central import NAME, central
from calanus.taxonomy.types import BadTaxon, Made, TaxonStatus, TaxonType
from calanus.taxonomy.worms import kingdoms


def search_worms(
    transactions: Transactions, settings: Settings, name: str, *, at: datetime
) -> list[dict[str, Any]]:
    """What the register has under a name, with the taxa here that bear the same AphiaID."""
    if not settings.worms_url and exchange.has_central(settings):
        return central(settings).search_worms(name)
    records, asked_at = register(settings, transactions).named(name, at=at)
    with transactions() as conn:
        here = service.with_aphia_ids(conn, [record.AphiaID for record in records])
    return [candidate(record, here.get(record.AphiaID), asked_at) for record in records]


def candidate(record: AphiaRecord, taxon_id: TaxonId | None, asked_at: datetime) -> dict[str, Any]:
    """A name of the register, and the taxon here, if any."""
    above = [str(name) for rank in RANKS if (name := getattr(record, rank))]
    return {
        "aphia_id": record.AphiaID,
        "name": record.scientificname,
        "authority": record.authority,
        "rank": record.rank,
        "status": record.status,
        "valid_aphia_id": record.valid_AphiaID,
        "valid_name": record.valid_name,
        "lineage": [name for name in above if name != record.scientificname],
        "id": taxon_id,
        "as_of": asked_at.isoformat(),
    }


def add_worms(
    transactions: Transactions,
    settings: Settings,
    aphia_id: int,
    *,
    by: str,
    at: datetime,
    in_use: exchange.InUse | None = None,
) -> TaxonId:
    """Add a name of the register as a taxon, with all above it that is missing.

    With a reference server that is its business, and its taxa are pulled then.

    Raises:
        BadTaxon, NoSuchName: it is here already, or the register does not accept it.
        OutsideTrouble: nobody can be asked.
    """
    with transactions() as conn:
        refuse_known(conn, aphia_id)
    if exchange.has_central(settings):
        central(settings).add_from_worms(aphia_id)
        done = exchange.pull(transactions, settings, in_use=in_use)
        if done.error:
            raise BadAnswer(NAME, f"added it, but it could not be brought here: {done.error}")
        with transactions() as conn:
            found = service.with_aphia_ids(conn, [aphia_id])
        if aphia_id not in found:
            raise BadAnswer(NAME, "said ok, and told no such taxon")
        return found[aphia_id]
    if not settings.worms_url:
        raise NotSetUp(NOT_SET_UP)
    asked = register(settings, transactions)
    record = asked.record(aphia_id, at=at)
    if record.valid_AphiaID and record.valid_AphiaID != aphia_id:
        raise NoSuchName(
            f"{record.scientificname} ({aphia_id}) is not the accepted name; the register advises "
            f"{record.valid_name} ({record.valid_AphiaID})."
        )
    chain = asked.classification(aphia_id, at=at)
    with transactions() as conn:
        queries.lock(conn)
        refuse_known(conn, aphia_id)
        return plant(conn, chain, by=by)


def refuse_known(conn: Connection, aphia_id: int) -> None:
    """Refuse what is in the tree already."""
    known = service.with_aphia_ids(conn, [aphia_id])
    if known:
        [taxon] = queries.find_many(conn, [known[aphia_id]])
        raise BadTaxon(f"AphiaID {aphia_id} is in the tree already: {taxon.display_name}.")


def plant(conn: Connection, chain: list[Step], *, by: str) -> TaxonId:
    """Add the end of a chain below its deepest part that is here.

    A taxon of the same name and without an AphiaID is the same taxon, and gets its AphiaID.
    """
    known = service.with_aphia_ids(conn, [step.AphiaID for step in chain])
    kingdom = next((s.scientificname for s in chain if (s.rank or "").lower() == "kingdom"), "")
    at, missing = None, list(chain)
    for depth in range(len(chain) - 1, -1, -1):
        at = known.get(chain[depth].AphiaID) or namesake(conn, chain[depth], kingdom)
        if at is not None:
            missing = chain[depth + 1 :]
            break
    for step in missing:
        [(_, at)] = queries.insert(
            conn, [step.scientificname], at, TaxonType.PHYLO, TaxonStatus.APPROVED
        )
        url = f"https://www.marinespecies.org/aphia.php?p=taxdetails&id={step.AphiaID}"
        made = Made(by, None, url, aphia_id=step.AphiaID, rank=step.rank)
        queries.describe(conn, at, made)
    service.name_again(conn, [step.scientificname for step in missing])
    assert at is not None
    return at


def namesake(conn: Connection, step: Step, kingdom: str) -> TaxonId | None:
    """The live branch of this name without an AphiaID, which it gets; not of another kingdom."""
    same = queries.find_many(conn, list(queries.homonyms(conn, step.scientificname)))
    free = [
        t
        for t in same
        if t.type == TaxonType.PHYLO and t.status != TaxonStatus.DEPRECATED and t.aphia_id is None
    ]
    tops = kingdoms(conn, free)
    fit = [t for t in free if kingdom in ("", tops.get(t.taxon_id, kingdom))]
    if not fit:
        return None
    queries.register(conn, fit[0].taxon_id, step.AphiaID, step.rank)
    return fit[0].taxon_id
