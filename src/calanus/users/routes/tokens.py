"""How HTTP asks for personal tokens."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints

from calanus.kit.http import Db
from calanus.users import tokens
from calanus.users.session import CurrentUser, Now
from calanus.users.types import NewToken, PersonalToken, Scope

router = APIRouter()
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class TokenReq(BaseModel):
    """A token to be made: what for, how far it reaches, for how many days."""

    name: Name
    scope: Scope = Scope.READ
    days: int = Field(default=90, ge=1, le=tokens.LONGEST_LIFE)


class TokenModel(BaseModel):
    """A personal token, without itself."""

    id: int
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    expired: bool
    last_used_at: datetime | None


class NewTokenModel(TokenModel):
    """A personal token just made, with itself: it is never shown again."""

    token: str


def token_model(known: PersonalToken, now: datetime) -> TokenModel:
    """A token as the list shows it."""
    return TokenModel(
        id=known.token_id,
        name=known.name,
        scope=known.scope,
        created_at=known.created_at,
        expires_at=known.expires_at,
        expired=known.expires_at <= now,
        last_used_at=known.last_used_at,
    )


@router.get("/users/me/tokens", operation_id="list_tokens", tags=["users"])
def list_tokens(user: CurrentUser, conn: Db, now: Now) -> list[TokenModel]:
    """One's personal tokens, the newest first."""
    return [token_model(known, now) for known in tokens.list_tokens(conn, user)]


@router.post("/users/me/tokens", operation_id="create_token", tags=["users"])
def create_token(order: TokenReq, user: CurrentUser, conn: Db, now: Now) -> NewTokenModel:
    """Make a personal token; the answer is the only one that holds it."""
    new = NewToken(order.name, order.scope, order.days)
    known, token = tokens.create(conn, new, owner=user, at=now)
    return NewTokenModel(**token_model(known, now).model_dump(), token=token)


@router.delete("/users/me/tokens/{token_id}", operation_id="revoke_token", tags=["users"])
def revoke_token(token_id: Annotated[int, Path(ge=1)], user: CurrentUser, conn: Db) -> None:
    """End a personal token, at once and for good."""
    tokens.revoke(conn, token_id, owner=user)
