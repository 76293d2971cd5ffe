"""How HTTP asks for the deep features of a project."""

from fastapi import APIRouter
from pydantic import BaseModel

from calanus.features.jobs import ask
from calanus.features.types import FeaturesReq
from calanus.kit.http import Db
from calanus.projects import service as projects
from calanus.users.policy import Act
from calanus.users.session import CurrentUser

router = APIRouter()


class FeaturesRsp(BaseModel):
    job_id: int


@router.post("/projects/{project_id}/features", operation_id="compute_features", tags=["projects"])
def compute_features(
    project_id: int, asked: FeaturesReq, user: CurrentUser, conn: Db
) -> FeaturesRsp:
    """Start to compute the deep features that a project lacks; a job already at it goes on."""
    project = projects.require(conn, user, project_id, Act.COMPARE)
    return FeaturesRsp(job_id=ask(conn, project, asked, by=user))
