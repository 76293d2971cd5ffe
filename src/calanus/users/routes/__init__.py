"""How HTTP asks for accounts and sign-in."""

from fastapi import APIRouter

from calanus.users.routes import accounts, coming, guests, openid, tokens
from calanus.users.routes.guests import GuestModel, OrganizationModel, organization_model
from calanus.users.routes.models import (
    Fields,
    MinUserModel,
    UserModelWithRights,
    full_user,
    min_user,
)

__all__ = [
    "Fields",
    "GuestModel",
    "MinUserModel",
    "OrganizationModel",
    "UserModelWithRights",
    "full_user",
    "min_user",
    "organization_model",
    "router",
]

router = APIRouter()
for part in (coming, openid, tokens, accounts, guests):
    router.include_router(part.router)
