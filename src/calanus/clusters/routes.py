"""How HTTP asks for clusters of look-alikes; they are named by the batches of every day."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from calanus.clusters import service
from calanus.clusters.jobs import ask
from calanus.clusters.types import ClustersReq
from calanus.kit.http import Db, Installation
from calanus.projects import service as projects
from calanus.users.policy import Act
from calanus.users.session import CurrentUser

router = APIRouter()
LARGEST_ID = 2**31 - 1


class ClustersStarted(BaseModel):
    job_id: int


class ClusterModel(BaseModel):
    """A cluster, and what of it nobody has validated yet.

    The taxon is what its evidence says: validated objects that lie near, or where there are none
    what most of it is predicted as. `share` is the part of the evidence that says so.
    """

    cluster_id: int
    objects: int = Field(description="In the run.")
    left: int = Field(description="Still not validated, and still there.")
    shown: list[int] = Field(description="Some of those left, both extremes first.")
    taxon: int | None
    taxon_name: str
    share: float | None


class ClustersRsp(BaseModel):
    """The clusters of the newest run; without one there is no job. Those with most left first."""

    job_id: int | None = None
    made_at: datetime | None = None
    objects: int = Field(default=0, description="In the run.")
    alone: int = Field(default=0, description="Of these, in no cluster.")
    clusters: list[ClusterModel] = []


class ClusterObjects(BaseModel):
    """What is left of a cluster, both extremes first, and the version of each: parallel lists."""

    object_ids: list[int]
    versions: list[int]


@router.post("/projects/{project_id}/clusters", operation_id="make_clusters", tags=["projects"])
def make_clusters(
    project_id: int, asked: ClustersReq, user: CurrentUser, conn: Db
) -> ClustersStarted:
    """Start to group what is not validated into clusters of look-alikes; nothing is changed."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    return ClustersStarted(job_id=ask(conn, project, asked, by=user))


@router.get("/projects/{project_id}/clusters", operation_id="list_clusters", tags=["projects"])
def list_clusters(
    project_id: int, user: CurrentUser, conn: Db, settings: Installation
) -> ClustersRsp:
    """The clusters of the newest run of a project, and what is left of each."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    found = service.newest(conn, settings, project)
    if found is None:
        return ClustersRsp()
    return ClustersRsp(
        job_id=found.job_id,
        made_at=found.made_at,
        objects=found.objects,
        alone=found.alone,
        clusters=[ClusterModel(**vars(each)) for each in service.told(conn, project, found)],
    )


@router.get(
    "/projects/{project_id}/clusters/{cluster_id}", operation_id="read_cluster", tags=["projects"]
)
def read_cluster(
    project_id: int,
    cluster_id: Annotated[int, Path(ge=0, le=LARGEST_ID)],
    job_id: Annotated[int, Query(ge=1, le=LARGEST_ID, description="The run it is of.")],
    user: CurrentUser,
    conn: Db,
    settings: Installation,
) -> ClusterObjects:
    """All that is left of a cluster, as a batch takes it."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    found = service.require(conn, settings, project, job_id)
    left = service.left(conn, project, found, cluster_id)
    return ClusterObjects(
        object_ids=[each.object_id for each in left], versions=[each.version for each in left]
    )
