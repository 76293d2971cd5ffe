"""How HTTP asks for the tree, in EcoTaxa's words; the index is ours."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from calanus.kit.db import Connection
from calanus.kit.http import Db, Fast, Installation
from calanus.kit.ids import id_list
from calanus.taxonomy import exchange, service, worms
from calanus.taxonomy.index import TreeIndex
from calanus.taxonomy.types import Hit, Index, TaxonInTree
from calanus.users import service as users
from calanus.users.session import CurrentUser, MaybeUser, Now
from calanus.users.types import User

router = APIRouter()
MayView = Callable[[Connection, User | None, int], bool]


class TaxonModel(BaseModel):
    """A taxon with its surroundings: lineages begin at the taxon and end at the root."""

    id: int
    name: str
    type: str
    status: str
    display_name: str
    lineage: list[str]
    id_lineage: list[int]
    lineage_status: str
    renm_id: int | None = None
    nb_objects: int
    nb_children_objects: int
    aphia_id: int | None = None
    rank: str | None = None
    children: list[int]


class TaxaSearchRsp(BaseModel):
    id: int
    status: str
    text: str
    pr: int
    aphia_id: int | None = None
    renm_id: int | None = None


class TaxonomyTreeStatus(BaseModel):
    last_refresh: str | None = None


class TaxaIndex(BaseModel):
    """The whole tree, in parallel columns; no parent is 0."""

    updated_at: datetime | None
    ids: list[int]
    parents: list[int]
    names: list[str]
    display_names: list[str]
    types: str
    statuses: str


def taxon_model(taxon: TaxonInTree) -> TaxonModel:
    """A taxon as EcoTaxa's clients read it."""
    return TaxonModel(
        id=taxon.taxon_id,
        name=taxon.name,
        type=taxon.type,
        status=taxon.status,
        display_name=taxon.display_name,
        lineage=taxon.lineage,
        id_lineage=taxon.id_lineage,
        lineage_status=taxon.lineage_status,
        renm_id=taxon.rename_to,
        nb_objects=taxon.objects,
        nb_children_objects=taxon.objects_below,
        aphia_id=taxon.aphia_id,
        rank=taxon.rank,
        children=taxon.children,
    )


def search_answer(hit: Hit) -> TaxaSearchRsp:
    """A found taxon as EcoTaxa's clients read it."""
    return TaxaSearchRsp(
        id=hit.taxon_id,
        status=hit.status,
        text=hit.display_name,
        pr=int(hit.preset),
        aphia_id=hit.aphia_id,
        renm_id=hit.rename_to,
    )


def ids_of(text: str) -> list[int]:
    """A list of ids; those that no taxon can have are left out."""
    return [n for n in id_list(text) if n < 2**31]


@router.get("/taxa", operation_id="query_root_taxa")
def query_root_taxa(conn: Db) -> list[TaxonModel]:
    """The tops of the tree."""
    return [taxon_model(taxon) for taxon in service.roots(conn)]


@router.get("/taxa/status", operation_id="taxa_tree_status")
def taxa_tree_status(
    conn: Db, user: CurrentUser, settings: Installation, now: Now
) -> TaxonomyTreeStatus:
    """When the tree last agreed with its reference: now, where it is the reference itself."""
    agreed = exchange.last_exchange(conn).done_at if exchange.has_central(settings) else now
    return TaxonomyTreeStatus(last_refresh=agreed and f"{agreed:%Y-%m-%dT%H:%M:%S}")


@router.get("/taxa/index", operation_id="taxa_index", response_model=TaxaIndex)
def taxa_index(request: Request, conn: Db, since: datetime | None = None) -> Response:
    """The whole tree for a page to search by itself; empty columns when unchanged `since`.

    With an ETag, and compressed for who can read it: asking again costs 304 and nothing else.
    """
    tree = tree_index(request).newest(conn)
    headers = {"ETag": tree.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if tree.etag in re.findall(r'W/"[^"]*"', request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if since and tree.changed_at <= (since if since.tzinfo else since.replace(tzinfo=UTC)):
        return Fast(Index(tree.changed_at, [], [], [], [], "", ""), headers=headers)
    if not packs(request.headers.get("accept-encoding", "")):
        return Response(tree.plain, media_type="application/json", headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(tree.packed, media_type="application/json", headers=headers)


def packs(accepted: str) -> bool:
    """Whether a client reads gzip."""
    named = {name.strip(): q for name, _, q in (p.partition(";") for p in accepted.split(","))}
    return "gzip" in named and named["gzip"].replace(" ", "") not in ("q=0", "q=0.0")


def tree_index(request: Request) -> TreeIndex:
    """The one index of this server."""
    state = request.app.state
    if not hasattr(state, "tree_index"):
        state.tree_index = TreeIndex()
    found: TreeIndex = state.tree_index
    return found


@router.get("/taxon/{taxon_id}", operation_id="query_taxa")
def query_taxa(conn: Db, taxon_id: int) -> TaxonModel | None:
    """One taxon, or null when there is none of this id."""
    found = service.in_tree(conn, [taxon_id] if 0 < taxon_id < 2**31 else [])
    return taxon_model(found[0]) if found else None


@router.get("/taxon_set/query", operation_id="query_taxa_set")
def query_taxa_set(
    conn: Db, ids: Annotated[str, Query(description="The ids, separated by any one character.")]
) -> list[TaxonModel]:
    """Several taxa; unknown ids are left out."""
    return [taxon_model(taxon) for taxon in service.in_tree(conn, ids_of(ids))]


@router.get("/taxo_worms", operation_id="get_taxonomy_worms")
def get_taxonomy_worms(
    conn: Db, user: CurrentUser, taxaids: Annotated[str, Query(max_length=100_000)] = ""
) -> dict[int, int]:
    """The taxon with an AphiaID that stands for each taxon; those without one are left out."""
    return dict(worms.equivalents(conn, ids_of(taxaids)).items())


@router.get("/taxon_set/wormsification", operation_id="wormsification_taxa_set")
def wormsification_taxa_set(
    conn: Db, ids: Annotated[str, Query(max_length=100_000)]
) -> dict[int, TaxonModel]:
    """The taxa with an AphiaID that stand for these, by their ids."""
    standing = worms.equivalents(conn, ids_of(ids)).values()
    return {t.taxon_id: taxon_model(t) for t in service.in_tree(conn, standing)}


@router.get("/taxon_set/search", operation_id="search_taxa")
def search_taxa(
    request: Request,
    conn: Db,
    user: MaybeUser,
    query: str,
    project_id: Annotated[int | None, Query(ge=-(2**31), lt=2**31)] = None,
) -> list[TaxaSearchRsp]:
    """Taxa for what somebody types, those the project proposes first."""
    recent = users.preference(conn, user, project_id, "mru") if user and project_id else ""
    may_view: MayView = request.app.state.may_view
    hits = service.search(
        conn,
        query[:200],
        project_id=project_id,
        proposed=project_id is not None and may_view(conn, user, project_id),
        recent=id_list(recent),
        anonymous=user is None,
    )
    return [search_answer(hit) for hit in hits]
