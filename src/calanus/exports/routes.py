"""How HTTP asks for exports. Paths, names and shapes are EcoTaxa's."""

from fastapi import APIRouter
from pydantic import BaseModel

from calanus.exports import service
from calanus.exports.jobs import export_backup, export_general, export_summary
from calanus.exports.types import (
    BackupExportOrder,
    BackupExportReq,
    GeneralExportOrder,
    GeneralExportReq,
    SummaryExportOrder,
    SummaryExportReq,
)
from calanus.jobs.run import enqueue
from calanus.kit.http import Db
from calanus.objects.filters import ProjectFilters
from calanus.users.session import CurrentUser

router = APIRouter(tags=["objects"], prefix="/object_set/export")


class ExportRsp(BaseModel):
    errors: list[str] = []
    warnings: list[str] = []
    job_id: int = 0


@router.post("/general", operation_id="export_object_set_general")
def export_object_set_general(
    conn: Db, user: CurrentUser, filters: ProjectFilters, request: GeneralExportReq
) -> ExportRsp:
    """Start to write objects into tables, with or without images."""
    images = service.with_images(request)
    project = service.require(conn, request, images=images, by=user)
    order = GeneralExportOrder(filters=filters, request=request)
    job_id = enqueue(conn, export_general, order, owner=user.user_id, project_id=project.project_id)
    return ExportRsp(job_id=job_id)


@router.post("/backup", operation_id="export_object_set_backup")
def export_object_set_backup(
    conn: Db, user: CurrentUser, filters: ProjectFilters, request: BackupExportReq
) -> ExportRsp:
    """Start to write all of a project, so that it can be imported again."""
    project = service.require(conn, request, images=True, by=user)
    order = BackupExportOrder(filters=filters, request=request)
    job_id = enqueue(conn, export_backup, order, owner=user.user_id, project_id=project.project_id)
    return ExportRsp(job_id=job_id)


@router.post("/summary", operation_id="export_object_set_summary")
def export_object_set_summary(
    conn: Db, user: CurrentUser, filters: ProjectFilters, request: SummaryExportReq
) -> ExportRsp:
    """Start to count objects by sample, state and taxon."""
    project = service.require(conn, request, images=False, by=user)
    service.check_summary(request)
    order = SummaryExportOrder(filters=filters, request=request)
    job_id = enqueue(conn, export_summary, order, owner=user.user_id, project_id=project.project_id)
    return ExportRsp(job_id=job_id)
