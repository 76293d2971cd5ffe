"""Accounts as they are on the wire: EcoTaxa's names, and ours where it has none."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from calanus.users.policy import Act, may
from calanus.users.types import Profile, User

HIDDEN = "?"  # what EcoTaxa shows in the place of a password
Fields = Annotated[str, Query(max_length=2000, description="Not read: each comes whole.")]
# A request may hold any part of an account; clients know it as the whole one.
WHOLE_ACCOUNT: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/UserModelWithRights"}}
        }
    }
}


class MinUserModel(BaseModel):
    id: int
    email: str
    name: str
    organisation: str


class ProjectSummaryModel(BaseModel):
    projid: int
    title: str


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


class AccountReq(BaseModel):
    """What is said of an account; what is absent of a manager's part stays as it is."""

    id: int | None = -1
    email: str = Field(max_length=255)
    name: str = Field(default="", max_length=255)
    organisation: str = Field(default="", max_length=512)
    country: str | None = Field(default=None, max_length=50)
    orcid: str | None = Field(default=None, max_length=20)
    usercreationreason: str | None = Field(default=None, max_length=2000)
    password: str | None = Field(default=None, max_length=1024)
    status: int | None = None
    status_admin_comment: str | None = Field(default=None, max_length=2000)
    can_do: list[int] | None = None

    @property
    def new_password(self) -> str | None:
        """A password, unless it is what EcoTaxa shows instead of one."""
        return self.password if self.password not in ("", HIDDEN) else None

    @property
    def profile(self) -> Profile:
        """Who somebody says to be."""
        return Profile(
            email=self.email.strip(),
            name=self.name.strip(),
            organisation=self.organisation.strip(),
            country=self.country or None,
            orcid=self.orcid or None,
            reason=(self.usercreationreason or "").strip() or None,
        )


CAN_DO = {1: Act.CREATE_PROJECT, 2: Act.ADMINISTRATE, 3: Act.ADMINISTRATE, 4: Act.CREATE_TAXA}


def min_user(user: User) -> MinUserModel:
    """An account in short."""
    return MinUserModel(
        id=user.user_id, email=user.email, name=user.name, organisation=user.organisation
    )


def full_user(user: User) -> UserModelWithRights:
    """An account with what the policy lets it do."""
    return UserModelWithRights(
        **min_user(user).model_dump(),
        country=user.country,
        orcid=user.orcid,
        usercreationdate=bare(user.created_at),
        status=user.status,
        status_date=bare(user.status_at),
        status_admin_comment=user.status_comment,
        usercreationreason=user.reason,
        mail_status=user.email_confirmed_at is not None,
        mail_status_date=bare(user.email_confirmed_at),
        can_do=[code for code, act in CAN_DO.items() if may(user, act)],
    )


def bare(moment: datetime | None) -> datetime | None:
    """A moment as EcoTaxa writes it: UTC, and saying nothing of it."""
    return moment.replace(tzinfo=None) if moment else None
