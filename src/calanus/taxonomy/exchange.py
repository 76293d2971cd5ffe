"""Exchanges with a reference server of taxa: it is waited for while no transaction is open."""

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from calanus.kit.db import Connection, Transactions
from calanus.kit.ids import TaxonId
from calanus.kit.outside import BadAnswer, NotSetUp, OutsideTrouble
from calanus.kit.settings import Settings
from calanus.taxonomy import lists, queries, service
from calanus.taxonomy.central import NAME, Central, CentralTaxon, Refused, central
from calanus.taxonomy.types import (
    OWN_IDS,
    BadTaxaFile,
    BadTaxon,
    ExchangeUnderWay,
    LastExchange,
    Made,
    Pulled,
    TaxaFile,
    TaxonRecord,
    TaxonType,
    Waiting,
)

InUse = Callable[[Connection], Collection[int]]
MOST_SENT = 500  # taxa in one exchange
COLUMNS = frozenset(
    {
        *("type", "status", "rank", "aphia_id", "rename_to", "source_url", "source_desc"),
        *("creator_email", "central_at"),
    }
)


@dataclass(frozen=True)
class Wanted:
    """A taxon that somebody wants to be made."""

    name: str
    parent_id: int | None
    type: TaxonType
    creator_email: str
    source_desc: str | None = None
    source_url: str | None = None


@dataclass(frozen=True)
class Added:
    """A taxon that was made, and what became of it at the reference server."""

    taxon_id: TaxonId
    waits: str | None = None  # why the reference server does not know it yet


def has_central(settings: Settings) -> bool:
    """Whether there is a reference server to tell."""
    return bool(settings.taxonomy_server_url)


def create_here(conn: Connection, settings: Settings, wanted: Wanted) -> TaxonId:
    """Make a taxon in our own tree at once; the reference server, if any, is told later."""
    made = Made(
        wanted.creator_email,
        wanted.source_desc,
        wanted.source_url,
        awaits_central=has_central(settings),
    )
    return service.create(conn, wanted.name, wanted.parent_id, wanted.type, made=made)


def create(
    transactions: Transactions, settings: Settings, wanted: Wanted, *, at: datetime
) -> Added:
    """Make a taxon, at the reference server when there is one that answers, else here alone.

    A server that cannot be reached costs nobody their work: the taxon is made here, and sent at
    the next exchange. What the server refuses in words is not made.

    Raises:
        BadTaxon, TaxonNotFound: the name, the parent, or the server's refusal.
    """
    if not has_central(settings):
        with transactions() as conn:
            return Added(create_here(conn, settings, wanted))
    with transactions() as conn:
        told = announced(conn, wanted, at)
    try:
        return from_central(transactions, central(settings), told)
    except (OutsideTrouble, Unready) as trouble:
        with transactions() as conn:
            taxon_id = create_here(conn, settings, wanted)
            queries.refused(conn, taxon_id, str(trouble))
        return Added(taxon_id, str(trouble))


class Unready(BadTaxon):
    """A taxon that cannot be sent before its parent."""


def announced(conn: Connection, wanted: Wanted, at: datetime) -> Waiting:
    """What the reference server is told of a taxon that could be made here."""
    service.check_new(conn, wanted.name, wanted.parent_id, wanted.type)
    parent = service.find(conn, wanted.parent_id) if wanted.parent_id is not None else None
    known = [i for i in (parent.taxon_id, parent.rename_to) if i and i < OWN_IDS] if parent else []
    return Waiting(
        taxon_id=TaxonId(0),
        display_name=wanted.name,
        name=wanted.name,
        type=wanted.type,
        parent_id=known[0] if known else None,
        parent_name=parent and parent.display_name,
        creator_email=wanted.creator_email,
        source_desc=wanted.source_desc,
        source_url=wanted.source_url,
        created_at=at,
        trouble=None,
    )


def from_central(transactions: Transactions, server: Central, told: Waiting) -> Added:
    """Let the reference server make a taxon, and bring it in."""
    number = number_of(server, told)
    try:
        news = server.taxon(number)
        with transactions() as conn:
            graft(conn, news)
    except OutsideTrouble as trouble:
        return Added(
            TaxonId(number), f"It is made there, and comes here at the next pull: {trouble}"
        )
    return Added(TaxonId(number))


def number_of(server: Central, told: Waiting) -> int:
    """The number that the reference server gives a taxon."""
    if told.parent_name is not None and told.parent_id is None:
        raise Unready(
            f"{told.display_name} stands below {told.parent_name}, which the reference server does "
            "not know."
        )
    return server.add(told)


def send(transactions: Transactions, server: Central, told: Waiting) -> None:
    """Tell the reference server of one taxon that was made here, and remember its number there."""
    number = number_of(server, told)
    with transactions() as conn:
        queries.sent(conn, told.taxon_id, number)


def pull(transactions: Transactions, settings: Settings, *, in_use: InUse | None = None) -> Pulled:
    """Tell the reference server what was made here, and bring in what changed there.

    Raises:
        ExchangeUnderWay: somebody does already.
    """
    try:
        server = central(settings)
    except NotSetUp as trouble:
        return Pulled(error=str(trouble))
    with alone(transactions, "pull") as ended:
        sent = 0
        try:
            sent = send_all(transactions, server)
            with transactions() as conn:
                newest = queries.newest(conn)
            news = server.changed_since(newest)
            with transactions() as conn:
                done = graft(conn, news, in_use=in_use)
                queries.recognise(conn)
                queries.retire_sent(conn)
            ended()
            return replace(done, sent=sent)
        except (OutsideTrouble, Refused) as trouble:
            ended(str(trouble))
            return Pulled(sent=sent, error=str(trouble))


@contextmanager
def alone(transactions: Transactions, kind: str) -> Generator[Callable[..., None]]:
    """The only exchange of a kind; a killed one lets go by itself after some minutes."""
    with transactions() as conn:
        if not queries.lease(conn, kind):
            raise ExchangeUnderWay
    how: list[str | None] = ["It was broken off."]

    def ended(trouble: str | None = None) -> None:
        how.append(trouble)

    try:
        yield ended
    finally:
        with transactions() as conn:
            queries.end(conn, kind, how[-1])


def send_all(transactions: Transactions, server: Central) -> int:
    """Tell the reference server of all that was made here, parents first; how many it took."""
    with transactions() as conn:
        first = [w.taxon_id for w in queries.waiting(conn, MOST_SENT)]
    taken = 0
    for taxon_id in first:
        # Read again: its parent may have got its number a moment ago.
        with transactions() as conn:
            told = next(
                (w for w in queries.waiting(conn, MOST_SENT) if w.taxon_id == taxon_id), None
            )
        if told is None:
            continue
        try:
            send(transactions, server, told)
            taken += 1
        except (Refused, Unready) as trouble:
            with transactions() as conn:
                queries.refused(conn, taxon_id, str(trouble))
    return taken


def graft(conn: Connection, news: list[CentralTaxon], *, in_use: InUse | None = None) -> Pulled:
    """Take what the reference server tells into the tree, but for what is known already."""
    queries.lock(conn)
    known = queries.central_times(conn, [taxon.id for taxon in news])
    rows = {t.id: t.row(n) for n, t in enumerate(news, 1)}
    new = [r for r in rows.values() if known.get(r.taxon_id) != r.central_at]
    if not new:
        return Pulled()
    try:
        used = in_use(conn) if in_use else None
        done = lists.take(conn, TaxaFile(COLUMNS, new, []), "the answer", in_use=used)
    except BadTaxaFile as trouble:
        raise BadAnswer(NAME, f"answered taxa that make no tree ({trouble.errors[0]})") from None
    return Pulled(done.added, done.updated)


def push_numbers(transactions: Transactions, settings: Settings) -> None:
    """Tell the reference server how many validated objects of each taxon there are here.

    Raises:
        OutsideTrouble, Refused: there is none, or it does not take them.
        ExchangeUnderWay: somebody does already.
    """
    server = central(settings)
    with alone(transactions, "push") as ended:
        with transactions() as conn:
            numbers = queries.validated_by_taxon(conn)
        try:
            server.tell_numbers(numbers)
        except (OutsideTrouble, Refused) as trouble:
            ended(str(trouble))
            raise
        ended()


def in_central(transactions: Transactions, settings: Settings, taxon_id: int) -> list[TaxonRecord]:
    """A taxon as the reference server has it; without one, as our own tree has it."""
    if not has_central(settings):
        with transactions() as conn:
            return service.records(conn, [taxon_id])
    found = central(settings).taxon(taxon_id)
    return [record_of(taxon) for taxon in found if taxon.id == taxon_id]


def record_of(taxon: CentralTaxon) -> TaxonRecord:
    """What the reference server tells, complete."""
    changed = taxon.lastupdate_datetime or datetime(1980, 1, 1)  # noqa: DTZ001
    told = taxon.model_dump()
    told |= {
        "display_name": taxon.display_name or taxon.name,
        "lastupdate_datetime": changed,
        "creation_datetime": taxon.creation_datetime or changed,
        "taxostatus": taxon.taxostatus or "A",
        "nbrobj": taxon.nbrobj or 0,
        "nbrobjcum": taxon.nbrobjcum or 0,
    }
    return TaxonRecord(**told)


def last_exchange(conn: Connection) -> LastExchange:
    """When the last exchange with the reference server went well, and what is wrong since."""
    return queries.last_exchange(conn)


def waiting(conn: Connection) -> list[Waiting]:
    """Taxa made here that the reference server does not know yet."""
    return queries.waiting(conn, MOST_SENT)
