"""How HTTP asks for what other servers know of taxa: no transaction is held meanwhile."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from calanus.kit.http import Apart, Db, Installation
from calanus.kit.interface import OUTSIDE
from calanus.kit.outside import OutsideTrouble
from calanus.taxonomy import exchange, registering, service
from calanus.taxonomy.routes.tree import TaxonModel, taxon_model
from calanus.taxonomy.types import BadTaxon, TaxonNotFound, TaxonType
from calanus.users.policy import Act, ask
from calanus.users.session import CurrentUser, Now, UserAtTheDoor

router = APIRouter()

LARGEST = 2**31 - 1
AphiaID = Annotated[int, Field(ge=1, le=LARGEST)]


class TaxonCentral(BaseModel):
    """A taxon as a reference server records it."""

    id: int
    parent_id: int | None = None
    aphia_id: int | None = None
    rank: str | None = None
    name: str
    taxotype: str
    display_name: str | None = None
    lastupdate_datetime: datetime | None = None
    id_instance: int | None = None
    taxostatus: str
    rename_to: int | None = None
    source_url: str | None = None
    source_desc: str | None = None
    creator_email: str | None = None
    creation_datetime: datetime | None = None
    nbrobj: int | None = None
    nbrobjcum: int | None = None


class AddWormsTaxonModel(BaseModel):
    aphia_id: AphiaID


class WaitingTaxon(BaseModel):
    """A taxon made here that the reference server does not know yet, and why not."""

    id: int
    display_name: str
    trouble: str | None


class TaxaExchange(BaseModel):
    """Which servers outside this installation asks, and how far its exchanges are."""

    worms: bool
    central: bool
    last_exchange: datetime | None
    trouble: str | None
    waiting: list[WaitingTaxon]


def used_here(request: Request) -> exchange.InUse:
    """What a new reference list must leave in place; the rooms above know."""
    found: exchange.InUse = request.app.state.taxa_in_use
    return found


@router.get("/taxa/exchange", operation_id="taxa_exchange")
def taxa_exchange(conn: Db, user: CurrentUser, settings: Installation) -> TaxaExchange:
    """Which servers outside are asked about taxa, and what the reference server is to be told."""
    last = exchange.last_exchange(conn)
    return TaxaExchange(
        worms=bool(settings.worms_url) or exchange.has_central(settings),
        central=exchange.has_central(settings),
        last_exchange=last.done_at,
        trouble=last.trouble,
        waiting=[
            WaitingTaxon(id=w.taxon_id, display_name=w.display_name, trouble=w.trouble)
            for w in exchange.waiting(conn)
        ],
    )


@router.get(
    "/taxa/pull_from_central", operation_id="pull_taxa_update_from_central", responses=OUTSIDE
)
def pull_taxa_update_from_central(
    request: Request, transactions: Apart, user: UserAtTheDoor, settings: Installation
) -> dict[str, Any]:
    """Tell the reference server what was made here, and bring in what changed there.

    `error` says in a sentence why nothing came, when it is so.
    """
    ask(user, Act.CREATE_TAXA)
    return vars(exchange.pull(transactions, settings, in_use=used_here(request)))


@router.get(
    "/taxa/stats/push_to_central", operation_id="push_taxa_stats_in_central", responses=OUTSIDE
)
def push_taxa_stats_in_central(
    transactions: Apart, user: UserAtTheDoor, settings: Installation
) -> dict[str, str]:
    """Tell the reference server how many validated objects of each taxon there are here."""
    ask(user, Act.CREATE_TAXA)
    try:
        exchange.push_numbers(transactions, settings)
    except (OutsideTrouble, BadTaxon) as trouble:
        return {"msg": str(trouble)}
    return {"msg": "ok"}


@router.get("/taxon/central/{taxon_id}", operation_id="get_taxon_in_central", responses=OUTSIDE)
def get_taxon_in_central(
    transactions: Apart,
    user: UserAtTheDoor,
    settings: Installation,
    taxon_id: Annotated[int, Path(ge=0, le=LARGEST)],
) -> list[TaxonCentral]:
    """A taxon as the reference server records it; without one, as our own tree does."""
    found = exchange.in_central(transactions, settings, taxon_id)
    return [TaxonCentral(**vars(record)) for record in found]


@router.put("/taxon/central", operation_id="add_taxon_in_central", responses=OUTSIDE)
def add_taxon_in_central(
    transactions: Apart,
    user: UserAtTheDoor,
    settings: Installation,
    now: Now,
    name: Annotated[str, Query(max_length=200)],
    parent_id: Annotated[int, Query(ge=0, le=LARGEST)],
    taxotype: Annotated[str, Query(max_length=10)],
    creator_email: Annotated[str, Query(max_length=255)],
    source_desc: Annotated[str | None, Query(max_length=2000)] = None,
    source_url: Annotated[str | None, Query(max_length=2000)] = None,
) -> dict[str, Any]:
    """Make a taxon: `msg` is "ok", with its id, or a sentence that says why not.

    `pending` says why the reference server does not know it yet, when it is so.
    """
    ask(user, Act.CREATE_TAXA)
    if taxotype not in list(TaxonType):
        return {"msg": f"The type of a taxon is P or M, not “{taxotype}”."}
    wanted = exchange.Wanted(
        name.strip(), parent_id, TaxonType(taxotype), creator_email, source_desc, source_url
    )
    try:
        added = exchange.create(transactions, settings, wanted, at=now)
    except (BadTaxon, TaxonNotFound) as wrong:
        return {"msg": str(wrong)}
    said = {"pending": added.waits} if added.waits else {}
    return {"msg": "ok", "id": added.taxon_id, **said}


@router.get("/searchworms/{name}", operation_id="search_worms_name", responses=OUTSIDE)
def search_worms_name(
    transactions: Apart,
    user: UserAtTheDoor,
    settings: Installation,
    now: Now,
    name: Annotated[str, Path(max_length=200)],
) -> list[dict[str, Any]]:
    """What the World Register of Marine Species has under a name, and which of it is here.

    `as_of` is the date of the register's answer; an old one is told when it cannot be reached.
    """
    return registering.search_worms(transactions, settings, name, at=now)


@router.get("/worms/{aphia_id}", include_in_schema=False)
def get_worms(conn: Db, aphia_id: int) -> TaxonModel | None:
    """The taxon here that bears an AphiaID, if any."""
    here = service.with_aphia_ids(conn, [aphia_id] if 0 < aphia_id <= LARGEST else [])
    found = service.in_tree(conn, here.values())
    return taxon_model(found[0]) if found else None


@router.post("/addworms/", operation_id="add_worms_taxon", responses=OUTSIDE)
def add_worms_taxon(
    request: Request,
    transactions: Apart,
    user: UserAtTheDoor,
    settings: Installation,
    now: Now,
    wanted: AddWormsTaxonModel,
) -> dict[str, Any]:
    """Add a name of the World Register of Marine Species, with all above it that is missing."""
    ask(user, Act.CREATE_TAXA)
    taxon_id = registering.add_worms(
        transactions,
        settings,
        wanted.aphia_id,
        by=user.email,
        at=now,
        in_use=used_here(request),
    )
    return {"msg": "ok", "id": taxon_id}


class NewTaxonReq(BaseModel):
    name: str = Field(max_length=100)
    parent_id: int | None = Field(default=None, ge=1, le=LARGEST)
    type: TaxonType = TaxonType.PHYLO


@router.post("/taxa", operation_id="create_taxon_here")
def create_taxon_here(
    conn: Db, user: CurrentUser, settings: Installation, wanted: NewTaxonReq
) -> TaxonModel:
    """Make a taxon in this installation's own tree, without waiting for any server."""
    ask(user, Act.CREATE_TAXA)
    asked = exchange.Wanted(wanted.name, wanted.parent_id, wanted.type, user.email)
    taxon_id = exchange.create_here(conn, settings, asked)
    [made] = service.in_tree(conn, [taxon_id])
    return taxon_model(made)
