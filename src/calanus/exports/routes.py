"""How HTTP asks for exports. Paths, names and shapes are EcoTaxa's."""

from math import isfinite
from typing import Annotated, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt

from calanus.exports import recast, service, summaries
from calanus.exports.jobs import (
    OLD_QUANTITIES,
    export_backup,
    export_general,
    export_old,
    export_summary,
    sums_of,
)
from calanus.exports.source import merged
from calanus.exports.types import (
    BackupExportOrder,
    BackupExportReq,
    ExportOrder,
    ExportReq,
    GeneralExportOrder,
    GeneralExportReq,
    Recast,
    RecastOperation,
    RecastTarget,
    SummaryExportOrder,
    SummaryExportReq,
)
from calanus.jobs.run import JobKind, enqueue
from calanus.kit.arithmetic import LONGEST
from calanus.kit.db import Connection
from calanus.kit.http import Db, Installation
from calanus.objects.filters import ProjectFilters
from calanus.objects.service import seen_by
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.session import CurrentUser
from calanus.users.types import User

Order = TypeVar("Order", GeneralExportOrder, BackupExportOrder, SummaryExportOrder, ExportOrder)

exports = APIRouter(tags=["objects"], prefix="/object_set/export")
recasts = APIRouter(tags=["Taxonomy Tree"])
formulae = APIRouter(tags=["projects"])


class ExportRsp(BaseModel):
    errors: list[str] = []
    warnings: list[str] = []
    job_id: int = 0


class FormulaeReq(BaseModel):
    """Formulae to try; those not given are the project's."""

    formulae: dict[str, Annotated[str, Field(max_length=LONGEST)]] = {}


class TriedFormula(BaseModel):
    """One of the variables: its formula, what is wrong with it, or its value for each object."""

    name: str
    formula: str
    unit: str
    error: str | None
    values: list[float | None]


class TriedObject(BaseModel):
    object_id: int
    name: str
    sample: str


class FormulaeRsp(BaseModel):
    """Formulae tried on one object of each of the first acquisitions."""

    variables: list[TriedFormula]
    objects: list[TriedObject]
    quantities: dict[str, list[float | None]]
    warnings: list[str]


@exports.post("", operation_id="export_object_set", deprecated=True)
def export_object_set(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    filters: ProjectFilters,
    request: ExportReq,
) -> ExportRsp:
    """Start an export as EcoTaxa's older clients ask for it: TSV, BAK, DOI, SUM, ABO, CNC, BIV."""
    found = service.require(conn, request, images=service.old_with_images(request), by=user)
    service.check_area(request, settings)
    if request.exp_type in OLD_QUANTITIES:
        summaries.check(found, sums_of(request))
    else:
        service.old(merged(found), request, comments=False)
    order = ExportOrder(filters=filters, request=request)
    return begin(conn, export_old, order, found, user)


@exports.post("/general", operation_id="export_object_set_general")
def export_object_set_general(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    filters: ProjectFilters,
    request: GeneralExportReq,
) -> ExportRsp:
    """Start to write objects into tables, with or without images."""
    found = service.require(conn, request, images=service.with_images(request), by=user)
    service.check_area(request, settings)
    order = GeneralExportOrder(filters=filters, request=request)
    return begin(conn, export_general, order, found, user)


@exports.post("/backup", operation_id="export_object_set_backup")
def export_object_set_backup(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    filters: ProjectFilters,
    request: BackupExportReq,
) -> ExportRsp:
    """Start to write all of a project, so that it can be imported again."""
    found = service.require(conn, request, images=True, by=user)
    service.check_area(request, settings)
    order = BackupExportOrder(filters=filters, request=request)
    return begin(conn, export_backup, order, found, user)


@exports.post("/summary", operation_id="export_object_set_summary")
def export_object_set_summary(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    filters: ProjectFilters,
    request: SummaryExportReq,
) -> ExportRsp:
    """Start to sum objects by sample, state and taxon: numbers, concentrations, biovolumes."""
    found = service.require(conn, request, images=False, by=user)
    service.check_area(request, settings)
    summaries.check(found, request)
    order = SummaryExportOrder(filters=filters, request=request)
    return begin(conn, export_summary, order, found, user)


def begin(
    conn: Connection, kind: JobKind[Order], order: Order, found: list[Project], user: User
) -> ExportRsp:
    """Start a job, which stands with the first of its projects; its filters mean something."""
    for project in found:
        seen_by(project, order.filters, user)
    project_id = found[0].project_id
    return ExportRsp(job_id=enqueue(conn, kind, order, owner=user.user_id, project_id=project_id))


@formulae.post("/projects/{project_id}/formulae", operation_id="try_formulae")
def try_formulae(conn: Db, user: CurrentUser, project_id: int, order: FormulaeReq) -> FormulaeRsp:
    """Try formulae on some objects, and say what is wrong with those that cannot be computed."""
    project = projects.require(conn, user, project_id, Act.EXPORT)
    tried = summaries.try_formulae(conn, project, order.formulae)
    return FormulaeRsp(
        variables=[
            TriedFormula(
                name=v.name, formula=v.text, unit=v.unit, error=v.error, values=finite(v.values)
            )
            for v in tried.variables
        ],
        objects=[TriedObject(object_id=o, name=n, sample=s) for o, n, s in tried.objects],
        quantities={name: finite(values) for name, values in tried.quantities.items()},
        warnings=tried.warnings,
    )


def finite(values: list[float]) -> list[float | None]:
    """Numbers as JSON has them."""
    return [value if isfinite(value) else None for value in values]


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
    operation: RecastOperation | None = None,
    is_collection: bool = False,
) -> TaxoRecastRsp | None:
    """How the exports of a project or collection write its taxa; null when as they are."""
    wanted = operation or RecastOperation.PROJECT_EXPORT
    found = recast.find(conn, RecastTarget(target_id, is_collection), wanted, by=user)
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
router.include_router(formulae)
