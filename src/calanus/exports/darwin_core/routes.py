"""How HTTP asks for a Darwin Core Archive."""

from fastapi import APIRouter

from calanus.exports.darwin_core import service
from calanus.exports.darwin_core.jobs import export_darwin_core
from calanus.exports.darwin_core.types import DarwinCoreExportReq, DarwinCoreOrder
from calanus.exports.routes import ExportRsp
from calanus.jobs.run import enqueue
from calanus.kit.http import Db
from calanus.users.session import CurrentUser

router = APIRouter(tags=["collections"])


@router.post("/collections/export/darwin_core", operation_id="darwin_core_format_export")
def darwin_core_format_export(
    conn: Db, user: CurrentUser, request: DarwinCoreExportReq
) -> ExportRsp:
    """Start to write a collection for OBIS and GBIF; a dry run only says what is wrong."""
    found = service.require(conn, request, by=user)
    if not request.dry_run:
        service.refuse_private(found)
    findings = service.check(conn, found, request)
    if findings.errors or request.dry_run:
        return ExportRsp(errors=findings.errors, warnings=findings.warnings)
    order = DarwinCoreOrder(request=request)
    job_id = enqueue(conn, export_darwin_core, order, owner=user.user_id)
    return ExportRsp(warnings=findings.warnings, job_id=job_id)
