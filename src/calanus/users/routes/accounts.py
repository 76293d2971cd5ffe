"""How HTTP asks for accounts."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from calanus.kit.http import Db, Installation
from calanus.kit.ids import id_list
from calanus.kit.settings import Settings
from calanus.users import guests, letters, passwords, registration, service
from calanus.users.policy import Act, may
from calanus.users.routes.models import (
    WHOLE_ACCOUNT,
    AccountReq,
    Fields,
    MinUserModel,
    ProjectSummaryModel,
    UserModelWithRights,
    full_user,
    min_user,
)
from calanus.users.session import CurrentUser, MaybeUser, Now
from calanus.users.types import AccountRole, AccountStatus, BadAccount, Decision, KeptLetter, User

router = APIRouter()


class LetterModel(BaseModel):
    """A letter that was not sent, without its words, which may hold a secret."""

    id: int
    recipient: str
    subject: str
    created_at: datetime
    attempts: int
    given_up: bool
    trouble: str | None


def letter_model(letter: KeptLetter) -> LetterModel:
    """A letter as application managers see it."""
    return LetterModel(
        id=letter.letter_id,
        recipient=letter.recipient,
        subject=letter.subject,
        created_at=letter.created_at,
        attempts=letter.attempts,
        given_up=letter.given_up_at is not None,
        trouble=letter.trouble,
    )


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
def update_user(
    user_id: int, order: AccountReq, user: CurrentUser, conn: Db, settings: Installation, now: Now
) -> None:
    """Change one's own account, or any for application managers; a new password comes with it.

    They may also give somebody else a status, and the administration; what is absent stays as it
    is.
    """
    registration.describe(conn, user_id, order.profile, by=user, settings=settings, at=now)
    if user_id != user.user_id:
        administrate(conn, user_id, order, user, settings, now)
    elif order.new_password:
        passwords.change(conn, user, order.new_password, settings=settings, at=now)


def administrate(
    conn: Db, user_id: int, order: AccountReq, by: User, settings: Settings, now: datetime
) -> None:
    """What only an application manager says, of somebody else."""
    found = service.find(conn, user_id)
    if order.new_password:
        passwords.set_for(conn, found, order.new_password, by=by, settings=settings, at=now)
    if order.can_do is not None:
        role = AccountRole.APPLICATION_MANAGER if 2 in order.can_do else AccountRole.USER
        service.appoint(conn, user_id, role=role, by=by)
    remark = order.status_admin_comment
    if order.status is not None and order.status != found.status:
        decision = Decision(status_numbered(order.status), remark)
        registration.decide(conn, user_id, decision, by=by, settings=settings, at=now)
    elif remark is not None:
        registration.remark(conn, user_id, remark, by=by)


def status_numbered(number: int) -> AccountStatus:
    """A status by its number on the wire."""
    if number not in {int(status) for status in AccountStatus}:
        raise BadAccount(f"{number} is no status; -1 is blocked, 0 inactive, 1 active, 2 pending.")
    return AccountStatus(number)


@router.get("/letters", operation_id="list_letters", tags=["users"])
def list_letters(user: CurrentUser, conn: Db) -> list[LetterModel]:
    """Letters that wait to be sent, or never will be, for application managers."""
    return [letter_model(letter) for letter in letters.unsent(conn, by=user)]


@router.get("/countries", operation_id="get_countries", tags=["misc"])
def get_countries() -> list[str]:
    """The countries one may come from."""
    return list(guests.countries())
