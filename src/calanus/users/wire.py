"""What EcoTaxa's clients send and read of accounts, besides what an account is."""

from typing import Any

from pydantic import BaseModel, Field

HIDDEN = "?"  # what EcoTaxa shows in the place of a password
# A request may hold any part of an account; clients know it as the whole one.
WHOLE_ACCOUNT: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/UserModelWithRights"}}
        }
    }
}


class ProjectSummaryModel(BaseModel):
    projid: int
    title: str


class UserActivateReq(BaseModel):
    """What EcoTaxa's clients send with a new status; an application manager's word is enough."""

    token: str | None = Field(default=None, max_length=1024)
    reason: str | None = Field(default=None, max_length=1000)
    password: str | None = Field(default=None, max_length=1024)
