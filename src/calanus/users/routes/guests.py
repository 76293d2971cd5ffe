"""How HTTP asks for guests and organisations."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from calanus.kit.http import Db
from calanus.kit.ids import id_list
from calanus.users import guests
from calanus.users.routes.models import Fields, min_user
from calanus.users.session import CurrentUser, MaybeUser
from calanus.users.types import Guest, Organisation, User

router = APIRouter()


class GuestModel(BaseModel):
    """Somebody who is cited without having an account."""

    id: int = -1
    email: str = Field(max_length=255)
    name: str = Field(max_length=255)
    organisation: str = Field(default="", max_length=512)
    country: str | None = Field(default=None, max_length=50)
    orcid: str | None = Field(default=None, max_length=20)


class OrganizationModel(BaseModel):
    id: int = -1
    name: str = Field(max_length=512)
    directories: str | None = Field(default=None, max_length=2000)


def guest_model(guest: User) -> GuestModel:
    """A guest as EcoTaxa writes one."""
    return GuestModel(
        **min_user(guest).model_dump(), country=guest.country or "", orcid=guest.orcid or ""
    )


def guest_of(order: GuestModel) -> Guest:
    """What a request says of a guest."""
    return Guest(
        email=order.email.strip(),
        name=order.name.strip(),
        organisation=order.organisation.strip(),
        country=order.country or None,
        orcid=order.orcid or None,
    )


def organization_model(found: Organisation) -> OrganizationModel:
    """An organisation as EcoTaxa writes it."""
    return OrganizationModel(
        id=found.organisation_id, name=found.name, directories=found.directories
    )


@router.get("/guests", operation_id="get_guests", tags=["guests"])
def get_guests(
    user: CurrentUser,
    conn: Db,
    ids: Annotated[str, Query(max_length=10_000)] = "",
    fields: Fields = "*default",
) -> list[GuestModel]:
    """People who are cited without having an account, all or some by id."""
    wanted = id_list(ids)
    found = guests.list_guests(conn, by=user)
    return [guest_model(guest) for guest in found if not wanted or guest.user_id in wanted]


@router.get("/guests/search", operation_id="search_guest", tags=["guests"])
def search_guest(
    user: CurrentUser, conn: Db, by_name: Annotated[str | None, Query(max_length=255)] = None
) -> list[GuestModel]:
    """Guests by name; `%` stands for anything."""
    return [guest_model(guest) for guest in guests.list_guests(conn, by_name or "%", by=user)]


@router.post("/guests/create", operation_id="create_guest", tags=["guests"])
def create_guest(order: GuestModel, user: CurrentUser, conn: Db) -> GuestModel:
    """Write down somebody to be cited."""
    return guest_model(guests.create_guest(conn, guest_of(order), by=user))


@router.get("/guests/{guest_id}", operation_id="get_guest", tags=["guests"])
def get_guest(guest_id: int, user: CurrentUser, conn: Db) -> GuestModel:
    """One guest."""
    return guest_model(guests.find_guest(conn, guest_id, by=user))


@router.put("/guests/{guest_id}", operation_id="update_guest", tags=["guests"])
def update_guest(guest_id: int, order: GuestModel, user: CurrentUser, conn: Db) -> GuestModel:
    """Replace what is known of a guest."""
    return guest_model(guests.update_guest(conn, guest_id, guest_of(order), by=user))


@router.get("/organizations/search", operation_id="search_organizations", tags=["organizations"])
def search_organizations(
    conn: Db, name: Annotated[str, Query(max_length=512)]
) -> list[OrganizationModel]:
    """Organisations by name; `%` stands for anything."""
    return [organization_model(found) for found in guests.search_organisations(conn, name)]


@router.get("/organizations", operation_id="get_organizations", tags=["organizations"])
def get_organizations(
    user: MaybeUser, conn: Db, ids: Annotated[str, Query(max_length=10_000)] = ""
) -> list[OrganizationModel]:
    """Organisations by id, or all."""
    found = guests.list_organisations(conn, id_list(ids) or None, by=user)
    return [organization_model(each) for each in found]


@router.post("/organizations/create", operation_id="create_organization", tags=["organizations"])
def create_organization(order: OrganizationModel, user: CurrentUser, conn: Db) -> OrganizationModel:
    """Write down an organisation."""
    made = guests.create_organisation(conn, order.name, order.directories or "", by=user)
    return organization_model(made)


@router.put(
    "/organizations/{organization_id}",
    operation_id="update_organization",
    tags=["organizations"],
)
def update_organization(
    organization_id: int, order: OrganizationModel, user: CurrentUser, conn: Db
) -> OrganizationModel:
    """Replace what is known of an organisation."""
    return organization_model(
        guests.update_organisation(
            conn, organization_id, order.name, order.directories or "", by=user
        )
    )
