"""How HTTP asks for predictions. Paths, names and shapes are EcoTaxa's, where it has them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from calanus.features import models
from calanus.features.extractors import known_names
from calanus.jobs.run import enqueue
from calanus.kit.errors import Invalid
from calanus.kit.http import Db, Fast, Installation
from calanus.kit.ids import id_list
from calanus.objects.filters import ProjectFilters
from calanus.prediction import previews, reports, service, sources, taught, trays
from calanus.prediction.jobs import classifier, predict, report
from calanus.prediction.previews import LearningTime
from calanus.prediction.reports import ListedModel, ReportModel
from calanus.prediction.sources import LearningSources, Search
from calanus.prediction.types import (
    ClassifierReq,
    ColumnStats,
    PredictionReq,
    PredictOrder,
    ReportOrder,
    TaxonAbove,
    TaxonTaught,
)
from calanus.projects import service as projects
from calanus.users.policy import Act
from calanus.users.session import CurrentUser, Now

router = APIRouter()
MOST_SHOWN = 10_000


class ClassifierModel(BaseModel):
    """An imported classifier."""

    name: str
    classes: list[str] = Field(description="Lineages, from the root down, by >.")
    card: dict[str, Any] = Field(description="What taught it, and when.")


class MLModel(BaseModel):
    name: str


class PredictionRsp(BaseModel):
    errors: list[str] = []
    warnings: list[str] = []
    job_id: int = 0


class FeatureTaught(BaseModel):
    name: str
    kept: bool
    reason: str
    filled: float = Field(description="The share of objects that have a value.")
    least: float | None
    median: float | None
    most: float | None


class LearningSetModel(BaseModel):
    """What would be learnt; `too_small` are taxa of a few objects only.

    `above` are the taxa above those learnt, with the objects that teach them or one below; where a
    taxon is too small, `suggested` is the nearest that is not, when all too small ones below join.
    """

    objects: int
    taxa: Sequence[TaxonTaught]
    features: Sequence[FeatureTaught]
    too_small: Sequence[int]
    above: Sequence[TaxonAbove]
    suggested: Mapping[int, int]


class TrayRsp(BaseModel):
    """Objects left as they were, in an order in which look-alikes stand side by side.

    Without a batch there is no tray. `left` are those nobody has identified since. The filter
    `unlike` with the batch, and the order `obj.tray_place`, show it.
    """

    batch_id: int | None = None
    made_at: datetime | None = None
    objects: int = 0
    left: int = 0
    object_ids: list[int] = []


@router.get("/ml_models", operation_id="query_ml_models", tags=["misc"])
def query_ml_models(settings: Installation) -> list[MLModel]:
    """The deep-feature models a project may choose, the default first."""
    return [MLModel(name=name) for name in known_names(settings.data)]


@router.post("/object_set/predict", operation_id="predict_object_set", tags=["objects"])
def predict_object_set(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    filters: ProjectFilters,
    request: Annotated[PredictionReq, Body()],
) -> PredictionRsp:
    """Start to learn from projects and to predict the unsure objects of a filter."""
    if request.model is None:
        wanted = service.plan(conn, request, by=user, data=settings.data)
    else:
        wanted = taught.plan(conn, request, by=user)
        taught.open_taught(conn, wanted, settings.data)  # refused now, rather than by the job
    order = PredictOrder(filters=filters, request=request)
    project_id = wanted.target.project_id
    job_id = enqueue(conn, predict, order, owner=user.user_id, project_id=project_id)
    return PredictionRsp(job_id=job_id)


@router.post("/projects/{project_id}/learning_set", operation_id="learning_set", tags=["projects"])
def learning_set(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    project_id: int,
    request: PredictionReq,
) -> LearningSetModel:
    """What a prediction of this project would learn from; nothing is changed."""
    wanted = request.model_copy(update={"project_id": project_id})
    found = previews.preview(conn, wanted, by=user, data=settings.data)
    columns = [
        FeatureTaught(name=c.name, kept=c.kept, reason=c.reason, **vars(spread))
        for c, spread in zip(found.features, found.spreads, strict=True)
    ]
    return LearningSetModel(
        objects=found.objects,
        taxa=found.taxa,
        features=columns,
        too_small=found.too_small,
        above=found.above,
        suggested=found.suggested,
    )


@router.post(
    "/projects/{project_id}/learning_time", operation_id="learning_time", tags=["projects"]
)
def learning_time(
    conn: Db, user: CurrentUser, settings: Installation, project_id: int, request: PredictionReq
) -> LearningTime:
    """How long a prediction of this project would take: an estimate, by what the latest took."""
    wanted = request.model_copy(update={"project_id": project_id})
    return previews.expected(conn, wanted, by=user, data=settings.data)


@router.get(
    "/projects/{project_id}/learning_sources", operation_id="learning_sources", tags=["projects"]
)
def learning_sources(
    conn: Db,
    user: CurrentUser,
    project_id: int,
    title_filter: Annotated[str, Query(description="A part of the title, or the id.")] = "",
    instrument_filter: str = "",
    features: Annotated[int, Query(ge=0, description="At least so many of its numbers.")] = 0,
    ids: Annotated[str, Query(max_length=10_000, description="These, and no others.")] = "",
    most: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> LearningSources:
    """Other projects to learn from: those of the same instrument first, then by numbers shared."""
    wanted = Search(id_list(ids), title_filter, instrument_filter, features)
    return sources.search(conn, project_id, wanted, most=most, by=user)


@router.post(
    "/projects/{project_id}/learning_report", operation_id="learning_report", tags=["projects"]
)
def learning_report(
    conn: Db, user: CurrentUser, project_id: int, request: PredictionReq
) -> PredictionRsp:
    """Start to find out how good a prediction would be, on objects held out; nothing is changed."""
    wanted = service.plan(conn, request.model_copy(update={"project_id": project_id}), by=user)
    order = ReportOrder(request=wanted.request)
    return PredictionRsp(
        job_id=enqueue(conn, report, order, owner=user.user_id, project_id=project_id)
    )


@router.get("/classifiers", operation_id="list_classifiers", tags=["misc"])
def list_classifiers(_: CurrentUser, settings: Installation) -> list[ClassifierModel]:
    """The classifiers that were imported, which predict without a learning set."""
    found = models.classifiers(settings.data)
    return [ClassifierModel(name=m.name, classes=m.classes, card=m.card) for m in found]


@router.post("/projects/{project_id}/classifier", operation_id="make_classifier", tags=["projects"])
def make_classifier(
    conn: Db, user: CurrentUser, settings: Installation, project_id: int, asked: ClassifierReq
) -> PredictionRsp:
    """Start to learn by deep features, and to write what was learnt to a file of the job's."""
    order = asked.by_images(project_id)
    service.plan(conn, order.request, by=user, data=settings.data)
    return PredictionRsp(
        job_id=enqueue(conn, classifier, order, owner=user.user_id, project_id=project_id)
    )


@router.get(
    "/learning_reports/{job_id}",
    operation_id="read_learning_report",
    tags=["projects"],
    response_model=ReportModel,
)
def read_learning_report(conn: Db, user: CurrentUser, settings: Installation, job_id: int) -> Fast:
    """The report that a job made, for its owner or an application manager."""
    return Fast(reports.read(conn, settings, job_id, by=user))


@router.post(
    "/learning_reports/{job_id}/lists", operation_id="list_reported_objects", tags=["projects"]
)
def list_reported_objects(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    now: Now,
    job_id: int,
    truth: Annotated[int | None, Query(description="The taxon they are.")] = None,
    guessed: Annotated[int | None, Query(description="The taxon they were taken for.")] = None,
) -> Sequence[ListedModel]:
    """Objects behind a figure of a report, as lists that the filter `listed` takes.

    With both taxa: exactly those of the cell. With one or none: only what was mistaken.
    """
    folder = reports.find(conn, settings, job_id, by=user)
    return reports.listed(conn, folder, truth=truth, guessed=guessed, by=user, at=now)


@router.get("/projects/{project_id}/unlike", operation_id="unlike_objects", tags=["projects"])
def unlike_objects(
    conn: Db,
    user: CurrentUser,
    project_id: int,
    most: Annotated[int, Query(ge=0, le=MOST_SHOWN, description="Objects named.")] = 1000,
) -> TrayRsp:
    """What looked like nothing learnt in the newest prediction that stands, side by side."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    kept = trays.last(conn, project.project_id)
    found = trays.contents(conn, project.project_id, kept, most)
    return TrayRsp(object_ids=found, **vars(kept) if kept else {})


@router.put(
    "/projects/{project_id}/prediction_settings",
    operation_id="set_project_predict_settings",
    tags=["projects"],
)
def set_project_predict_settings(
    conn: Db, user: CurrentUser, project_id: int, settings: str
) -> None:
    """Remember how this project was predicted last: an opaque text of the page's."""
    project = projects.require(conn, user, project_id, Act.PREDICT)
    projects.set_prediction_settings(conn, project.project_id, settings)


@router.get(
    "/project_set/column_stats", operation_id="project_set_get_column_stats", tags=["projects"]
)
def project_set_get_column_stats(
    conn: Db,
    user: CurrentUser,
    ids: str,
    names: str,
    limit: Annotated[int | None, Query(ge=1)] = None,
    categories: str | None = None,
) -> ColumnStats:
    """How many values features have in projects, and how they vary."""
    if not id_list(ids):
        raise Invalid("Name at least one project in ids.")
    request = PredictionReq(
        project_id=0,
        source_project_ids=id_list(ids),
        learning_limit=limit,
        features=[name.strip() for name in names.split(",") if name.strip()],
        categories=id_list(categories or ""),
        pre_mapping={},
    )
    return service.column_stats(conn, request, by=user)
