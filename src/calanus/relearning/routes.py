"""How HTTP asks whether a project learns again while it is sorted, and switches it."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from calanus.kit.http import Db
from calanus.projects import service as projects
from calanus.relearning import service
from calanus.relearning.types import Relearning
from calanus.users.policy import Act
from calanus.users.session import CurrentUser

router = APIRouter()


class RelearningReq(BaseModel):
    on: bool


class RelearningRsp(BaseModel):
    """Whether a project learns again while it is sorted, and what came of the last time."""

    on: bool
    learning: bool = Field(default=False, description="A job is at it, or waits for its turn.")
    learnt_at: datetime | None = None
    learnt_from: int = Field(default=0, description="Objects that taught.")
    changed: int = Field(default=0, description="Objects whose prediction is another one since.")
    trouble: str = Field(default="", description="Why nothing was learnt the last time.")


@router.get("/projects/{project_id}/relearning", operation_id="relearning", tags=["projects"])
def relearning(project_id: int, user: CurrentUser, conn: Db) -> RelearningRsp:
    """Whether a project learns again while it is sorted, and what came of it."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    return told(service.find(conn, project))


@router.put("/projects/{project_id}/relearning", operation_id="set_relearning", tags=["projects"])
def set_relearning(
    project_id: int, order: RelearningReq, user: CurrentUser, conn: Db
) -> RelearningRsp:
    """Learn again from what people validate, in the name of who switches it on; or no more."""
    project = projects.require(conn, user, project_id, Act.PREDICT)
    return told(service.switch(conn, project, on=order.on, by=user))


def told(found: Relearning | None) -> RelearningRsp:
    """A setting as it is sent."""
    if found is None:
        return RelearningRsp(on=False)
    return RelearningRsp(
        on=True,
        learning=found.learning,
        learnt_at=found.learnt_at,
        learnt_from=found.learnt_from,
        changed=found.changed,
        trouble=found.trouble,
    )
