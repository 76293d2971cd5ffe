"""How HTTP asks for exports. Paths, names and shapes are EcoTaxa's."""

from fastapi import APIRouter
from pydantic import BaseModel, StrictInt

from calanus.exports import recast, service
from calanus.exports.jobs import export_backup, export_general, export_summary
from calanus.exports.types import (
    BackupExportOrder,
    BackupExportReq,
    GeneralExportOrder,
    GeneralExportReq,
    Recast,
    RecastOperation,
    RecastTarget,
    SummaryExportOrder,
    SummaryExportReq,
)
from calanus.jobs.run import enqueue
from calanus.kit.http import Db
from calanus.objects.filters import ProjectFilters
from calanus.users.session import CurrentUser

exports = APIRouter(tags=["objects"], prefix="/object_set/export")
recasts = APIRouter(tags=["Taxonomy Tree"])


class ExportRsp(BaseModel):
    errors: list[str] = []
    warnings: list[str] = []
    job_id: int = 0


@exports.post("/general", operation_id="export_object_set_general")
def export_object_set_general(
    conn: Db, user: CurrentUser, filters: ProjectFilters, request: GeneralExportReq
) -> ExportRsp:
    """Start to write objects into tables, with or without images."""
    images = service.with_images(request)
    project = service.require(conn, request, images=images, by=user)
    order = GeneralExportOrder(filters=filters, request=request)
    job_id = enqueue(conn, export_general, order, owner=user.user_id, project_id=project.project_id)
    return ExportRsp(job_id=job_id)


@exports.post("/backup", operation_id="export_object_set_backup")
def export_object_set_backup(
    conn: Db, user: CurrentUser, filters: ProjectFilters, request: BackupExportReq
) -> ExportRsp:
    """Start to write all of a project, so that it can be imported again."""
    project = service.require(conn, request, images=True, by=user)
    order = BackupExportOrder(filters=filters, request=request)
    job_id = enqueue(conn, export_backup, order, owner=user.user_id, project_id=project.project_id)
    return ExportRsp(job_id=job_id)


@exports.post("/summary", operation_id="export_object_set_summary")
def export_object_set_summary(
    conn: Db, user: CurrentUser, filters: ProjectFilters, request: SummaryExportReq
) -> ExportRsp:
    """Start to count objects by sample, state and taxon."""
    project = service.require(conn, request, images=False, by=user)
    service.check_summary(request)
    order = SummaryExportOrder(filters=filters, request=request)
    job_id = enqueue(conn, export_summary, order, owner=user.user_id, project_id=project.project_id)
    return ExportRsp(job_id=job_id)


class TaxoRecastRsp(BaseModel):
    """Taxon → the taxon that is written instead; 0 or null leaves it out."""

    from_to: dict[str, StrictInt | None]
    doc: dict[str, str] | None = None


class TaxonomyRecastReq(BaseModel):
    target_id: int
    operation: RecastOperation
    is_collection: bool = False
    recast: TaxoRecastRsp = TaxoRecastRsp(from_to={})


@recasts.get("/taxo_recast", operation_id="get_taxonomy_recast")
def get_taxonomy_recast(
    conn: Db,
    user: CurrentUser,
    target_id: int,
    operation: RecastOperation = RecastOperation.PROJECT_EXPORT,
    is_collection: bool = False,
) -> TaxoRecastRsp | None:
    """How the exports of a project or collection write its taxa; null when as they are."""
    found = recast.find(conn, RecastTarget(target_id, is_collection), operation, by=user)
    return found and TaxoRecastRsp(from_to=found.from_to, doc=found.doc)


@recasts.put("/taxo_recast", operation_id="update_taxonomy_recast")
def update_taxonomy_recast(conn: Db, user: CurrentUser, order: TaxonomyRecastReq) -> None:
    """Say anew how the exports of a project or collection write its taxa."""
    target = RecastTarget(order.target_id, order.is_collection)
    wanted = Recast(order.recast.from_to, order.recast.doc)
    recast.keep(conn, target, order.operation, wanted, by=user)


router = APIRouter()
router.include_router(exports)
router.include_router(recasts)
