"""How HTTP asks for what is alike: EcoTaxa's search, and ours, which also says how to show it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from calanus.kit.http import Db
from calanus.objects import service as objects
from calanus.objects import views
from calanus.objects.filters import ProjectFilters
from calanus.objects.wire import Columns
from calanus.projects import service as projects
from calanus.similarity import service
from calanus.users.policy import Act
from calanus.users.session import CurrentUser, MaybeUser

router = APIRouter()
MOST_NEIGHBOURS = 10_000
MOST_SHOWN = 200


class SimilaritySearchRsp(BaseModel):
    neighbor_ids: list[int]
    sim_scores: list[float]
    message: str


class AlikeRsp(BaseModel):
    """What looks like an object, the likest first, as a grid shows it."""

    message: str
    missing: int = Field(description="Objects that have no deep features yet, about.")
    scores: list[float]
    columns: Columns


@router.post(
    "/object_set/{project_id}/similarity_search/{object_id}",
    operation_id="get_object_set_similarity_search",
    tags=["objects"],
)
def get_object_set_similarity_search(
    project_id: int,
    object_id: int,
    filters: ProjectFilters,
    user: MaybeUser,
    conn: Db,
    request: Request,
    size: Annotated[int, Query(ge=0, le=MOST_NEIGHBOURS)] = 100,
) -> SimilaritySearchRsp:
    """The objects of a filter that are nearest to one by their deep features."""
    project = projects.require(conn, user, project_id, Act.COMPARE)
    search = service.Search(object_id, filters, size)
    found = service.nearest(request.app.state.blocks, conn, project, search, by=user)
    return SimilaritySearchRsp(
        neighbor_ids=found.object_ids, sim_scores=found.scores, message=found.message
    )


@router.get("/objects/{object_id}/alike", operation_id="object_alike", tags=["object"])
def object_alike(
    object_id: int,
    user: CurrentUser,
    conn: Db,
    request: Request,
    size: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = 24,
) -> AlikeRsp:
    """What looks like an object in its project, without the object itself."""
    project, found = objects.find(conn, object_id, by=user)
    projects.require(conn, user, project.project_id, Act.COMPARE)
    search = service.Search(found.object_id, ProjectFilters(), size + 1, partly=True)
    near = service.nearest(request.app.state.blocks, conn, project, search, by=user)
    kept = [(o, s) for o, s in zip(near.object_ids, near.scores, strict=True) if o != object_id]
    ids = [other for other, _ in kept][:size]
    return AlikeRsp(
        message=near.message,
        missing=near.missing,
        scores=[score for _, score in kept][:size],
        columns=Columns(start=0, **views.tiles(conn, project, ids)),
    )
