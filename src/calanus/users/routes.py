"""How HTTP asks for accounts and sign-in."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from calanus.kit.errors import CalanusError, TooMany
from calanus.kit.http import Db, Installation, id_list
from calanus.kit.interface import refusal
from calanus.users import guests, service
from calanus.users.policy import Act, ask, may
from calanus.users.session import COOKIE, LIFETIME, CurrentUser, MaybeUser, Now, token_of
from calanus.users.types import AccountRole, AccountStatus, Guest, NewUser, Organisation, User
from calanus.users.wire import HIDDEN, WHOLE_ACCOUNT, ProjectSummaryModel, UserActivateReq

router = APIRouter()


class LoginReq(BaseModel):
    username: str = Field(max_length=255)
    password: str = Field(max_length=1024)


class MinUserModel(BaseModel):
    id: int
    email: str
    name: str
    organisation: str


class UserModelWithRights(MinUserModel):
    """An account as EcoTaxa's clients read it; every property is always there."""

    country: str | None = None
    orcid: str | None = None
    usercreationdate: datetime | None = None
    password: str = HIDDEN
    status: int | None = None
    status_date: datetime | None = None
    status_admin_comment: str | None = None
    usercreationreason: str | None = None
    mail_status: bool | None = None
    mail_status_date: datetime | None = None
    can_do: list[int] = []
    last_used_projects: list[ProjectSummaryModel] = []


class NewUserReq(BaseModel):
    """What an application manager fills in to make an account."""

    id: int | None = None
    email: str = Field(max_length=255)
    name: str = Field(max_length=255)
    password: str = Field(max_length=1024)
    organisation: str = Field(default="", max_length=512)
    country: str | None = Field(default=None, max_length=50)
    orcid: str | None = Field(default=None, max_length=20)
    can_do: list[int] | None = None


class PasswordReq(BaseModel):
    current: str = Field(max_length=1024)
    password: str = Field(max_length=1024)


class GuestModel(BaseModel):
    """Somebody who is cited without having an account."""

    id: int = -1
    email: str = Field(max_length=255)
    name: str = Field(max_length=255)
    organisation: str = Field(default="", max_length=512)
    country: str | None = Field(default=None, max_length=50)
    orcid: str | None = Field(default=None, max_length=20)


class AccountReq(GuestModel):
    """An account as EcoTaxa's clients send it back."""

    password: str | None = Field(default=None, max_length=1024)
    status: AccountStatus | None = None
    can_do: list[int] | None = None


class OrganizationModel(BaseModel):
    id: int = -1
    name: str = Field(max_length=512)
    directories: str | None = Field(default=None, max_length=2000)


# What EcoTaxa asks of people who register by themselves; here nobody does.
NoBot = Annotated[list[str] | None, Query(max_length=2, description="Not read.")]
MailToken = Annotated[str | None, Query(max_length=1024, description="Not read.")]
Fields = Annotated[str, Query(max_length=2000, description="Not read: each comes whole.")]
CAN_DO = {1: Act.CREATE_PROJECT, 2: Act.ADMINISTRATE, 3: Act.ADMINISTRATE, 4: Act.CREATE_TAXA}


def min_user(user: User) -> MinUserModel:
    """An account in short."""
    return MinUserModel(
        id=user.user_id, email=user.email, name=user.name, organisation=user.organisation
    )


def role_of(can_do: list[int]) -> AccountRole:
    """What an account is that may do such things."""
    return AccountRole.APPLICATION_MANAGER if 2 in can_do else AccountRole.USER


def full_user(user: User) -> UserModelWithRights:
    """An account with what the policy lets it do."""
    return UserModelWithRights(
        **min_user(user).model_dump(),
        country=user.country,
        orcid=user.orcid,
        usercreationdate=user.created_at.replace(tzinfo=None),
        status=user.status,
        usercreationreason=user.reason,
        mail_status=True,
        can_do=[code for code, act in CAN_DO.items() if may(user, act)],
    )


@router.post(
    "/login",
    operation_id="login",
    tags=["authentification"],
    response_model=str,
    responses=refusal(TooMany),
)
def login(
    order: LoginReq, request: Request, conn: Db, settings: Installation, now: Now
) -> Response:
    """Sign in: the token as bare JSON, and as a cookie for the page."""
    address = request.client.host if request.client else "?"
    outcome = service.sign_in(
        conn, order.username, order.password, address=address, at=now, policy=settings.policy
    )
    if isinstance(outcome, CalanusError):
        return JSONResponse({"detail": str(outcome)}, outcome.status)
    token = token_of(outcome, request.app.state.secret_key)
    response = JSONResponse(token)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout", operation_id="logout", tags=["authentification"])
def logout(response: Response) -> None:
    """Forget the page's cookie; tokens given to scripts stay good."""
    response.delete_cookie(COOKIE)


@router.post("/users/me/sign_out_everywhere", operation_id="sign_out_everywhere", tags=["users"])
def sign_out_everywhere(user: CurrentUser, conn: Db, now: Now, response: Response) -> None:
    """Revoke every token of one's own account."""
    service.sign_out_everywhere(conn, user, at=now)
    response.delete_cookie(COOKIE)


@router.put("/users/me/password", operation_id="change_password", tags=["users"])
def change_password(
    order: PasswordReq, user: CurrentUser, conn: Db, now: Now, response: Response
) -> None:
    """Change one's own password, which revokes every token given before."""
    service.change_password(conn, user, order.password, current=order.current, at=now)
    response.delete_cookie(COOKIE)


@router.get("/users/me", operation_id="show_current_user", tags=["users"])
def show_current_user(user: CurrentUser, conn: Db, request: Request) -> UserModelWithRights:
    """Who is asking, what the policy lets them do, and where they worked last."""
    titles: dict[int, str] = request.app.state.titles(
        conn, user, service.recent_projects(conn, user)
    )
    recent = [ProjectSummaryModel(projid=p, title=title) for p, title in titles.items()]
    recent.sort(key=lambda project: project.title)
    return full_user(user).model_copy(update={"last_used_projects": recent})


@router.get("/users/search", operation_id="search_user", tags=["users"])
def search_user(
    _: CurrentUser, conn: Db, by_name: Annotated[str | None, Query(max_length=255)] = None
) -> list[MinUserModel]:
    """Active accounts by name; `%` stands for anything."""
    return [min_user(user) for user in service.search(conn, by_name)] if by_name else []


@router.get("/users/admins", operation_id="get_users_admins", tags=["users"])
def get_users_admins(user: MaybeUser, conn: Db) -> list[MinUserModel]:
    """Who administrates accounts; e-mail addresses only for people signed in."""
    found = [min_user(manager) for manager in service.managers(conn)]
    return found if user else [each.model_copy(update={"email": ""}) for each in found]


@router.get("/users/user_admins", operation_id="get_admin_users", tags=["users"])
def get_admin_users(_: CurrentUser, conn: Db) -> list[MinUserModel]:
    """Who administrates this installation."""
    return [min_user(manager) for manager in service.managers(conn)]


@router.get(
    "/users/my_preferences/{project_id}", operation_id="get_current_user_prefs", tags=["users"]
)
def get_current_user_prefs(user: CurrentUser, conn: Db, project_id: int, key: str) -> str:
    """One text remembered for the caller in a project."""
    return service.preference(conn, user, project_id, key)


@router.put(
    "/users/my_preferences/{project_id}", operation_id="set_current_user_prefs", tags=["users"]
)
def set_current_user_prefs(
    user: CurrentUser, conn: Db, project_id: int, key: str, value: str
) -> None:
    """Remember one text for the caller in a project; an empty one forgets."""
    service.remember(conn, user, project_id, key, value)


@router.post(
    "/users/create", operation_id="create_user", tags=["users"], openapi_extra=WHOLE_ACCOUNT
)
def create_user(
    order: NewUserReq, user: CurrentUser, conn: Db, no_bot: NoBot = None, token: MailToken = None
) -> MinUserModel:
    """Make an account; only application managers may."""
    fields = order.model_dump(exclude={"id", "can_do"})
    new = NewUser(**fields, role=role_of(order.can_do or []))
    return min_user(service.create(conn, new, by=user))


@router.post("/users/activate/{user_id}/{status}", operation_id="activate_user", tags=["users"])
def activate_user(
    user_id: int,
    status: str,
    user: CurrentUser,
    conn: Db,
    no_bot: NoBot = None,
    order: UserActivateReq | None = None,
) -> MinUserModel:
    """Block, activate or suspend an account; only application managers may."""
    ask(user, Act.ADMINISTRATE)
    known = {state.name.lower(): state for state in AccountStatus}
    if status not in known:
        raise CalanusError(f"“{status}” is no status; known are {', '.join(known)}.")
    return min_user(service.appoint(conn, user_id, status=known[status], by=user))


@router.get("/users", operation_id="get_users", tags=["users"])
def get_users(
    user: CurrentUser,
    conn: Db,
    ids: Annotated[str, Query(max_length=10_000)] = "",
    fields: Fields = "*default",
) -> list[UserModelWithRights]:
    """All accounts, or some by id, for application managers; nobody for others, as in EcoTaxa."""
    if not may(user, Act.ADMINISTRATE):
        return []
    return [full_user(found) for found in service.list_users(conn, id_list(ids) or None)]


@router.get("/users/{user_id}", operation_id="get_user", tags=["users"])
def get_user(user_id: int, _: CurrentUser, conn: Db) -> MinUserModel:
    """One account in short."""
    return min_user(service.find(conn, user_id))


@router.put(
    "/users/{user_id}", operation_id="update_user", tags=["users"], openapi_extra=WHOLE_ACCOUNT
)
def update_user(user_id: int, order: AccountReq, user: CurrentUser, conn: Db, now: Now) -> None:
    """Change one's own account, or any for application managers; a new password comes with it."""
    guests.describe(conn, user_id, guest_of(order), by=user)
    if order.password not in (None, "", HIDDEN):
        service.give_password(conn, user_id, order.password, by=user, at=now)
    if user_id != user.user_id:
        role = None if order.can_do is None else role_of(order.can_do)
        service.appoint(conn, user_id, status=order.status, role=role, by=user)


@router.get("/countries", operation_id="get_countries", tags=["misc"])
def get_countries() -> list[str]:
    """The countries one may come from."""
    return list(guests.countries())


# --- Guests and organisations --------------------------------------------------------------------


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
