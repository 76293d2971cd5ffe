"""How HTTP asks for objects, samples, acquisitions and processes."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from calanus.kit.db import Connection
from calanus.kit.http import Db, Fast, Written
from calanus.kit.ids import id_list, project_of_object
from calanus.objects import editing, levels, lists, service, stats, views
from calanus.objects.filters import ProjectFilters
from calanus.objects.levels import ParentLevel
from calanus.objects.types import Edit, Level, ObjectNotFound
from calanus.objects.wire import (
    AcquisitionModel,
    BulkUpdateReq,
    Columns,
    LevelTable,
    ListReq,
    ListRsp,
    ObjectModel,
    ObjectSetQueryRsp,
    ObjectSetSummaryRsp,
    ProcessModel,
    SampleModel,
    SampleTaxoStatsModel,
    TilesReq,
    ViewReq,
    ViewRsp,
    acquisition_model,
    object_model,
    process_model,
    sample_model,
    sample_stats,
)
from calanus.projects import service as projects
from calanus.projects.visit import Visiting
from calanus.users.policy import Act
from calanus.users.session import CurrentUser, MaybeUser
from calanus.users.types import User

router = APIRouter()


@router.post(
    "/object_set/{project_id}/query",
    operation_id="get_object_set",
    tags=["objects"],
    response_model=ObjectSetQueryRsp,
)
def get_object_set(
    project_id: int,
    filters: ProjectFilters,
    visit: Visiting,
    request: Request,
    fields: Annotated[str | None, Query(max_length=20_000)] = None,
    order_field: Annotated[str | None, Query(max_length=300)] = None,
    window_start: Annotated[int | None, Query(ge=0)] = None,
    window_size: Annotated[int | None, Query(ge=0, le=service.MOST_AT_ONCE)] = None,
) -> Fast:
    """A window of the objects of a filter, or all of them, with the fields asked for."""
    window = service.Window(window_start or 0, window_size, order_field, fields or "")
    state = request.app.state
    with visit.reading(project_id) as (conn, project, user):
        found = views.in_order(state.orderings, conn, project, filters, order_field, by=user)
        if found:
            page = service.page_of(conn, project, filters, found.part, window, by=user)
        else:
            page = service.page(conn, project, filters, window, by=user, known=state.windows)
    return Fast(
        {
            "object_ids": [row[0] for row in page.rows],
            "acquisition_ids": [row[1] for row in page.rows],
            "sample_ids": [row[2] for row in page.rows],
            "project_ids": [project_id] * len(page.rows),
            "details": [row[3:] for row in page.rows],
            "total_ids": page.total,
        }
    )


@router.post(
    "/object_set/{project_id}/summary",
    operation_id="get_object_set_summary",
    tags=["objects"],
)
def get_object_set_summary(
    project_id: int, filters: ProjectFilters, only_total: bool, visit: Visiting
) -> ObjectSetSummaryRsp:
    """How many objects of a filter are in each state."""
    with visit.reading(project_id) as (conn, project, user):
        found = service.summary(conn, project, filters, by=user)
    states = (None, None, None) if only_total else (found.validated, found.dubious, found.predicted)
    return ObjectSetSummaryRsp(
        total_objects=found.total,
        validated_objects=states[0],
        dubious_objects=states[1],
        predicted_objects=states[2],
    )


@router.post(
    "/projects/{project_id}/view", operation_id="open_view", tags=["views"], response_model=ViewRsp
)
def open_view(project_id: int, order: ViewReq, visit: Visiting, request: Request) -> Fast:
    """Look at the objects of a filter: a still scene to scroll over, and its beginning."""
    state, filters, wanted = request.app.state, order.filters, order.order_field
    with visit.reading(project_id) as (conn, project, user):
        found = views.in_order(state.orderings, conn, project, filters, wanted, by=user)
        asked = views.Asked(filters, found or wanted, ",".join(order.fields))
        view = views.open_view(conn, project, asked, by=user, known=state.windows)
        columns = views.columns(conn, project, view, start=0, count=order.first)
    state.views.keep(view)
    return Fast(
        {
            "view_id": view.view_id,
            "total": len(view.ids),
            "batch_id": view.batch_id,
            "columns": columns,
        }
    )


@router.get(
    "/projects/{project_id}/view/{view_id}",
    operation_id="read_view",
    tags=["views"],
    response_model=Columns,
)
def read_view(
    project_id: int,
    view_id: str,
    visit: Visiting,
    request: Request,
    start: Annotated[int, Query(ge=0, le=views.FARTHEST)],
    count: Annotated[int, Query(ge=1, le=views.LARGEST_CHUNK)],
) -> Fast:
    """A part of a view."""
    with visit.reading(project_id) as (conn, project, _):
        view = request.app.state.views.find(view_id, project.project_id)
        return Fast(views.columns(conn, project, view, start=start, count=count))


@router.post("/projects/{project_id}/tiles", operation_id="object_tiles", tags=["views"])
def object_tiles(project_id: int, order: TilesReq, visit: Visiting) -> Columns:
    """What a grid shows of objects, in the order they are named."""
    with visit.reading(project_id) as (conn, project, _):
        return Columns(start=0, **views.tiles(conn, project, order.object_ids))


@router.post("/projects/{project_id}/lists", operation_id="keep_list", tags=["objects"])
def keep_list(project_id: int, order: ListReq, user: CurrentUser, conn: Db) -> ListRsp:
    """Keep a list of objects, so that the filter `listed` finds them; the same ones, the same list.

    A project has its 200 newest lists.
    """
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    list_id, objects = lists.keep_named(conn, project, order.object_ids, at=datetime.now(UTC))
    return ListRsp(list_id=list_id, objects=objects)


@router.get(
    "/projects/{project_id}/levels/{level}",
    operation_id="level_table",
    tags=["views"],
    response_model=LevelTable,
)
def level_table(project_id: int, level: ParentLevel, user: MaybeUser, conn: Db) -> Fast:
    """All samples, acquisitions or processes of a project, free columns included, by columns."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    return Fast(levels.table(conn, project, level))


@router.get(
    "/object/{object_id}",
    operation_id="object_query",
    tags=["object"],
    response_model=ObjectModel,
)
def object_query(object_id: int, visit: Visiting) -> Written:
    """One object with its images and all its columns."""
    missing = ObjectNotFound(object_id)
    with projects.naming(missing), visit.reading(project_of_object(object_id)) as visited:
        conn, project, user = visited
        found = service.find_in(conn, project, object_id, by=user)
        images = service.images(conn, project.project_id, [object_id])
    return Written(object_model(project, found, images))


@router.post(
    "/object_set/parents",
    operation_id="query_object_set_parents",
    tags=["objects"],
    response_model=ObjectSetQueryRsp,
)
def query_object_set_parents(
    object_ids: Annotated[list[int], Body(max_length=service.MOST_AT_ONCE)],
    user: CurrentUser,
    conn: Db,
) -> Fast:
    """The acquisition, sample and project of objects; unknown ones are left out."""
    found = service.parents(conn, object_ids, by=user)
    return Fast(
        {
            "object_ids": [row.object_id for row in found],
            "acquisition_ids": [row.acquisition_id for row in found],
            "sample_ids": [row.sample_id for row in found],
            "project_ids": [project_of_object(row.object_id) for row in found],
            "details": [],
            "total_ids": len(found),
        }
    )


def edited(conn: Connection, level: Level, order: BulkUpdateReq, user: User) -> int:
    """Carry out an update of one level; how many rows were touched."""
    edits = [Edit(update.ucol, update.uval) for update in order.updates]
    at = datetime.now(UTC)
    return editing.edit(conn, level, order.target_ids, edits, by=user, at=at)


@router.post("/object_set/update", operation_id="update_object_set", tags=["objects"])
def update_object_set(order: BulkUpdateReq, user: CurrentUser, conn: Db) -> int:
    """Give columns of objects new values; how many objects there were."""
    return edited(conn, Level.OBJECT, order, user)


@router.post("/sample_set/update", operation_id="update_samples", tags=["samples"])
def update_samples(order: BulkUpdateReq, user: CurrentUser, conn: Db) -> int:
    """Give columns of samples new values; how many samples there were."""
    return edited(conn, Level.SAMPLE, order, user)


@router.post("/acquisition_set/update", operation_id="update_acquisitions", tags=["acquisitions"])
def update_acquisitions(order: BulkUpdateReq, user: CurrentUser, conn: Db) -> int:
    """Give columns of acquisitions new values; how many acquisitions there were."""
    return edited(conn, Level.ACQUISITION, order, user)


@router.post("/process_set/update", operation_id="update_processes", tags=["processes"])
def update_processes(order: BulkUpdateReq, user: CurrentUser, conn: Db) -> int:
    """Give columns of processes new values; how many processes there were."""
    return edited(conn, Level.PROCESS, order, user)


@router.get("/sample_set/taxo_stats", operation_id="sample_set_get_stats", tags=["samples"])
def sample_set_get_stats(
    user: MaybeUser, conn: Db, sample_ids: Annotated[str, Query(max_length=100_000)]
) -> list[SampleTaxoStatsModel]:
    """How far samples are, and which taxa they hold."""
    return sample_stats(service.sample_tallies(conn, id_list(sample_ids), by=user))


@router.post(
    "/projects/{project_id}/recompute_geo",
    operation_id="project_recompute_geography",
    tags=["projects"],
)
def project_recompute_geography(project_id: int, user: CurrentUser, conn: Db) -> int:
    """Put every sample where its objects are; how many moved."""
    return service.recompute_positions(conn, project_id, by=user)


@router.post(
    "/projects/{project_id}/recompute_sunpos",
    operation_id="project_recompute_sunpos",
    tags=["projects"],
)
def project_recompute_sunpos(project_id: int, user: CurrentUser, conn: Db) -> int:
    """Tell anew where the sun stood for every object; for how many that changed something."""
    return service.recompute_sun(conn, project_id, by=user)


@router.get("/samples/search", operation_id="samples_search", tags=["samples"])
def samples_search(
    user: MaybeUser,
    conn: Db,
    project_ids: Annotated[str, Query(max_length=10_000)],
    id_pattern: Annotated[str, Query(max_length=255)] = "",
) -> list[SampleModel]:
    """The samples of projects by name; `*` stands for anything."""
    found = service.samples(conn, id_list(project_ids), id_pattern, by=user)
    return [sample_model(None, sample) for sample in found]


@router.get("/sample/{sample_id}", operation_id="sample_query", tags=["samples"])
def sample_query(sample_id: int, user: MaybeUser, conn: Db) -> SampleModel:
    """One sample with its free columns."""
    return sample_model(*service.sample(conn, sample_id, by=user))


@router.get("/acquisitions/search", operation_id="acquisitions_search", tags=["acquisitions"])
def acquisitions_search(user: MaybeUser, conn: Db, project_id: int) -> list[AcquisitionModel]:
    """The acquisitions of a project."""
    found = service.acquisitions(conn, project_id, by=user)
    return [acquisition_model(None, acquisition) for acquisition in found]


@router.get(
    "/acquisition/{acquisition_id}", operation_id="acquisition_query", tags=["acquisitions"]
)
def acquisition_query(acquisition_id: int, user: MaybeUser, conn: Db) -> AcquisitionModel:
    """One acquisition with its free columns."""
    return acquisition_model(*service.acquisition(conn, acquisition_id, by=user))


@router.get("/process/{process_id}", operation_id="process_query", tags=["processes"])
def process_query(process_id: int, user: MaybeUser, conn: Db) -> ProcessModel:
    """One process with its free columns."""
    return process_model(*service.process(conn, process_id, by=user))


@router.get("/projects/{project_id}/stats", operation_id="project_stats", tags=["projects"])
def project_stats(project_id: int, user: CurrentUser, conn: Db) -> list[str]:
    """What each acquisition of a project holds, in sentences; slow for a large project."""
    return stats.sentences(conn, projects.require(conn, user, project_id, Act.VIEW_IMAGES))
