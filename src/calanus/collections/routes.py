"""How HTTP asks for collections. Paths, names and shapes are EcoTaxa's."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from calanus.collections import aggregate, service
from calanus.collections.types import (
    BadCollection,
    Collection,
    CollectionChange,
    Licence,
    Named,
    Part,
    People,
)
from calanus.kit.db import Connection
from calanus.kit.http import Db
from calanus.kit.ids import id_list
from calanus.projects import service as projects
from calanus.projects.types import Access
from calanus.users.policy import Act
from calanus.users.routes import (
    Fields,
    MinUserModel,
    OrganizationModel,
    min_user,
    organization_model,
)
from calanus.users.session import CurrentUser, MaybeUser
from calanus.users.types import Organisation, User

router = APIRouter(tags=["collections"])

Ids = Annotated[str | None, Query(max_length=10_000)]
Text = Annotated[str, Query(max_length=255)]
# A person or an organisation: by id, by e-mail or name, or as the API itself writes one.
Reference = int | str | dict[str, Any]
References = Annotated[list[Reference], Field(max_length=1000)]
LONG = 100_000


class CreateCollectionReq(BaseModel):
    title: str = Field(max_length=1000)
    project_ids: list[int] = Field(min_length=1, max_length=10_000)


class DisplayOrder(BaseModel):
    creators: list[str] = Field(default=[], max_length=1000)
    associates: list[str] = Field(default=[], max_length=1000)


class CollectionModel(BaseModel):
    """A collection as EcoTaxa's clients read it; every property is always there."""

    id: int
    external_id: str
    external_id_system: str
    title: str
    short_title: str | None
    citation: str | None
    license: str | None
    abstract: str | None
    description: str | None
    project_ids: list[int]
    provider_user: MinUserModel | None
    contact_user: MinUserModel | None
    creator_users: list[MinUserModel]
    creator_organisations: list[OrganizationModel]
    associate_users: list[MinUserModel]
    associate_organisations: list[OrganizationModel]
    display_order: DisplayOrder
    is_private: bool


class CollectionReq(BaseModel):
    """What changes of a collection; PUT empties what is missing, PATCH lets it be."""

    external_id: str | None = None
    external_id_system: str | None = None
    title: str | None = None
    short_title: str | None = None
    provider_user: Reference | None = None
    contact_user: Reference | None = None
    project_ids: list[int] | None = Field(default=None, min_length=1, max_length=10_000)
    license: Licence | None = None
    citation: str | None = Field(default=None, max_length=LONG)
    abstract: str | None = Field(default=None, max_length=LONG)
    description: str | None = Field(default=None, max_length=LONG)
    creator_users: References | None = None
    associate_users: References | None = None
    creator_organisations: References | None = None
    associate_organisations: References | None = None
    display_order: DisplayOrder | None = None


class MinimalCollectionBO(BaseModel):
    id: int
    external_id: str | None
    title: str
    short_title: str | None
    provider_user: int | None
    contact_user: int | None
    project_ids: list[int]


class CollectionAggregatedRsp(BaseModel):
    """What the projects of a collection have in common."""

    can_be_administered: bool
    instrument: str
    access: Access
    initclassiflist: str
    classiffieldlist: str
    cnn_network_id: str
    status: str
    creator_users: list[MinUserModel]
    privileges: dict[Literal["managers", "annotators", "viewers"], list[MinUserModel]]
    freecols: dict[str, dict[str, str]]
    excluded: dict[str, list[int]]


TEXTS = (
    "external_id",
    "external_id_system",
    "title",
    "short_title",
    "license",
    "citation",
    "abstract",
    "description",
)
NEVER_EMPTY = {"external_id": "?", "external_id_system": "?"}
USERS = {"creator_users": Part.CREATOR, "associate_users": Part.ASSOCIATE}
ORGANISATIONS = {
    "creator_organisations": Part.CREATOR,
    "associate_organisations": Part.ASSOCIATE,
}


def seen(user: User, *, by: User | None) -> MinUserModel:
    """A person; e-mail addresses are for people signed in."""
    found = min_user(user)
    return found if by else found.model_copy(update={"email": ""})


def model(found: Collection, people: People, by: User | None) -> CollectionModel:
    """A collection as EcoTaxa writes it."""

    def users(members: Sequence[User | Organisation]) -> list[MinUserModel]:
        return [seen(who, by=by) for who in members if isinstance(who, User)]

    def places(members: Sequence[User | Organisation]) -> list[OrganizationModel]:
        return [organization_model(who) for who in members if isinstance(who, Organisation)]

    order = service.order_of(people)
    return CollectionModel(
        id=found.collection_id,
        **{name: getattr(found, name) for name in TEXTS},
        project_ids=found.project_ids,
        provider_user=seen(people.provider, by=by) if people.provider else None,
        contact_user=seen(people.contact, by=by) if people.contact else None,
        creator_users=users(people.creators),
        creator_organisations=places(people.creators),
        associate_users=users(people.associates),
        associate_organisations=places(people.associates),
        display_order=DisplayOrder(creators=order[Part.CREATOR], associates=order[Part.ASSOCIATE]),
        is_private=found.is_private,
    )


def models(conn: Connection, found: Sequence[Collection], by: User | None) -> list[CollectionModel]:
    """Collections as EcoTaxa writes them."""
    people = service.people(conn, found)
    return [model(each, people[each.collection_id], by) for each in found]


def named(reference: Reference) -> Named:
    """Whom a reference means.

    Raises:
        BadCollection: it says neither an id nor a name.
    """
    if isinstance(reference, dict):
        said = next((reference[k] for k in ("id", "email", "name") if reference.get(k)), "")
        reference = said if isinstance(said, int) else str(said)
    if isinstance(reference, str) and not reference.strip():
        raise BadCollection("Name people and organisations by an id, an e-mail or a name.")
    if isinstance(reference, str) and reference.strip().isdecimal():
        return int(reference)
    return reference


def change_of(order: CollectionReq, *, replace: bool) -> CollectionChange:
    """A request as a change: of everything (PUT), or of what it gives (PATCH)."""
    given = set(CollectionReq.model_fields) if replace else order.model_fields_set
    values: dict[str, object] = {
        name: getattr(order, name) or NEVER_EMPTY.get(name) for name in TEXTS if name in given
    }
    if order.license == Licence.NONE and "license" in values:
        values["license"] = ""
    if replace and order.title is None:  # what a collection cannot lack stays
        values.pop("title")
    people = {"contact": order.contact_user, "provider": order.provider_user}
    return CollectionChange(
        values=values,
        people={
            name: None if reference is None else named(reference)
            for name, reference in people.items()
            if f"{name}_user" in given
        },
        project_ids=order.project_ids,
        users=contributors(order, given, USERS),
        organisations=contributors(order, given, ORGANISATIONS),
        order=order_asked(order.display_order),
    )


def contributors(
    order: CollectionReq, given: set[str], fields: dict[str, Part]
) -> dict[Part, Sequence[Named]]:
    """The lists of contributors that a request gives."""
    lists: dict[str, list[Reference]] = {name: getattr(order, name) or [] for name in fields}
    return {
        part: [named(reference) for reference in lists[name]]
        for name, part in fields.items()
        if name in given
    }


def order_asked(asked: DisplayOrder | None) -> dict[Part, Sequence[str]]:
    """The order of citing that a request asks for; an empty one asks for nothing."""
    lists = {Part.CREATOR: asked.creators, Part.ASSOCIATE: asked.associates} if asked else {}
    return {part: keys for part, keys in lists.items() if keys}


@router.post("/collections/create", operation_id="create_collection")
def create_collection(order: CreateCollectionReq, user: CurrentUser, conn: Db) -> int:
    """Put projects together, all of them managed by the caller."""
    return service.create(conn, order.title, order.project_ids, by=user)


@router.get("/collections", operation_id="list_collections")
def list_collections(
    user: CurrentUser, conn: Db, collection_ids: Ids = None, fields: Fields = "*default"
) -> list[CollectionModel]:
    """The collections of which the caller manages all projects, all or some by id."""
    ids = id_list(collection_ids) if collection_ids else None
    return models(conn, service.listed(conn, ids=ids, by=user), user)


@router.get("/collections/search", operation_id="search_collections")
def search_collections(
    user: CurrentUser, conn: Db, title: Text, fields: Fields = "*default"
) -> list[CollectionModel]:
    """Collections of the caller by title; `%` stands for anything."""
    return models(conn, service.listed(conn, title, by=user), user)


@router.get("/collections/by_title", operation_id="collection_by_title")
def collection_by_title(user: MaybeUser, conn: Db, q: Text) -> CollectionModel:
    """The collection of exactly this title, for everybody."""
    return models(conn, [service.by_title(conn, q)], user)[0]


@router.get("/collections/by_short_title", operation_id="collection_by_short_title")
def collection_by_short_title(user: MaybeUser, conn: Db, q: Text) -> CollectionModel:
    """The collection of exactly this short title, for everybody."""
    return models(conn, [service.by_title(conn, q, short=True)], user)[0]


@router.get(
    "/collections/aggregated_projects_properties",
    operation_id="collection_aggregated_projects_properties",
)
def collection_aggregated_projects_properties(
    user: CurrentUser, conn: Db, project_ids: Annotated[str, Query(max_length=10_000)]
) -> CollectionAggregatedRsp:
    """What projects have in common, and which of them differ."""
    found = aggregate.of(conn, id_list(project_ids), by=user)
    members = {name: [min_user(each) for each in held] for name, held in found.members.items()}
    return CollectionAggregatedRsp(
        can_be_administered=found.manageable,
        instrument=found.instrument,
        access=Access(found.access),
        initclassiflist=",".join(map(str, found.initial_taxa)),
        classiffieldlist="\n".join(found.shown_fields),
        cnn_network_id=found.extractor,
        status=found.status,
        creator_users=[min_user(each) for each in found.contacts],
        privileges={
            "managers": members["Manage"],
            "annotators": members["Annotate"],
            "viewers": members["View"],
        },
        freecols=found.columns,
        excluded=found.excluded,
    )


@router.get("/collections/{collection_id}", operation_id="get_collection")
def get_collection(collection_id: int, user: CurrentUser, conn: Db) -> CollectionModel:
    """One collection."""
    return models(conn, [service.require(conn, user, collection_id)], user)[0]


@router.put("/collections/{collection_id}", operation_id="update_collection")
def update_collection(
    collection_id: int, order: CollectionReq, user: CurrentUser, conn: Db
) -> None:
    """Replace everything of a collection; what is missing becomes empty."""
    service.change(conn, collection_id, change_of(order, replace=True), by=user)


@router.patch("/collections/{collection_id}", operation_id="patch_collection")
def patch_collection(collection_id: int, order: CollectionReq, user: CurrentUser, conn: Db) -> None:
    """Change only what is given of a collection."""
    service.change(conn, collection_id, change_of(order, replace=False), by=user)


@router.delete("/collections/{collection_id}", operation_id="erase_collection")
def erase_collection(collection_id: int, user: CurrentUser, conn: Db) -> int:
    """Remove a collection that is not published; its projects stay."""
    return service.delete(conn, collection_id, by=user)


@router.get(
    "/projects/{project_id}/collections", operation_id="project_collections", tags=["projects"]
)
def project_collections(project_id: int, user: MaybeUser, conn: Db) -> list[MinimalCollectionBO]:
    """The collections a project is in, for everybody who may see the project."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    return [
        MinimalCollectionBO(
            id=found.collection_id,
            external_id=found.external_id,
            title=found.title,
            short_title=found.short_title,
            provider_user=found.provider_id,
            contact_user=found.contact_id,
            project_ids=found.project_ids,
        )
        for found in service.of_project(conn, project.project_id)
    ]
