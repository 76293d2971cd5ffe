"""How HTTP asks for identifications: EcoTaxa's calls, and ours for batches, undo and events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from calanus.annotation import choices, guessing, reverting, service, whole, workspace
from calanus.annotation.activity import ProjectUserStatsModel, user_stats
from calanus.annotation.types import KEEP, BadOrder, ClassifyOrder, Operation, UnknownObjects
from calanus.annotation.wire import (
    BatchModel,
    BatchReq,
    BatchSummary,
    ClassifyAutoReq,
    ClassifyAutoReqMult,
    ClassifyReq,
    CountsRsp,
    HistoricalClassification,
    ObjectPanel,
    ObjectSetRevertToHistoryRsp,
    PredictionInfoRsp,
    RevertReq,
    RevertRsp,
    UndoReq,
    Workspace,
    batch_model,
    batch_summary,
    historical,
    last_entry,
    revert_line,
    tally_lines,
)
from calanus.kit.db import Connection
from calanus.kit.errors import TooMany
from calanus.kit.http import Db, Fast
from calanus.kit.ids import id_list
from calanus.kit.interface import files, refusal
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import State
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.projects.visit import Acting, Visiting
from calanus.taxonomy.routes.tree import TaxonModel, ids_of, taxon_model
from calanus.users.policy import Act
from calanus.users.session import CurrentUser, MaybeUser, Now
from calanus.users.types import User

router = APIRouter()
T = TypeVar("T")
S = TypeVar("S")


@router.post("/object_set/classify", operation_id="classify_object_set", tags=["objects"])
def classify_object_set(order: ClassifyReq, user: CurrentUser, conn: Db, now: Now) -> int:
    """Give each listed object a taxon (-1: the one it has) and a state; how many changed."""
    if not order.target_ids and not order.classifications:
        return 0
    if order.wanted_qualification not in ("V", "D", "="):
        raise BadOrder(f"The state wanted is V, D or =, not “{order.wanted_qualification}”.")
    kept = order.wanted_qualification == "="
    project_id = objects.project_of(order.target_ids)
    with projects.naming(UnknownObjects(order.target_ids)):
        project = projects.require(conn, user, project_id, Act.ANNOTATE)
    asked = ClassifyOrder(
        order.target_ids,
        order.classifications,
        None if kept else State(order.wanted_qualification),
    )
    return service.classify(conn, project, asked, by=user, at=now).changed


@router.post("/object_set/classify_auto", operation_id="classify_auto_object_set", tags=["objects"])
def classify_auto_object_set(order: ClassifyAutoReq, user: CurrentUser, conn: Db, now: Now) -> int:
    """Take one guess for each object as its prediction; how many changed."""
    pairs = zip_all(order.classifications, order.scores)
    return guessed(conn, order.target_ids, [[pair] for pair in pairs], user, now)


@router.post(
    "/object_set/classify_auto_multiple",
    operation_id="classify_auto_mult_object_set",
    tags=["objects"],
)
def classify_auto_mult_object_set(
    order: ClassifyAutoReqMult, user: CurrentUser, conn: Db, now: Now
) -> int:
    """Take the best of some guesses for each object as its prediction; how many changed."""
    rows = zip_all(order.classifications, order.scores)
    return guessed(conn, order.target_ids, [zip_all(*row) for row in rows], user, now)


@router.post(
    "/object_set/{project_id}/reset_to_predicted",
    operation_id="reset_object_set_to_predicted",
    tags=["objects"],
)
def reset_object_set_to_predicted(
    project_id: int, filters: ProjectFilters, user: CurrentUser, conn: Db, now: Now
) -> None:
    """Make what people identified in a filter predictions again, of the same taxon."""
    project = projects.require(conn, user, project_id, Act.EDIT)
    whole.reset_to_predicted(conn, project, filters, by=user, at=now)


@router.post(
    "/object_set/{project_id}/reclassify", operation_id="reclassify_object_set", tags=["objects"]
)
def reclassify_object_set(
    project_id: int,
    filters: ProjectFilters,
    user: CurrentUser,
    conn: Db,
    now: Now,
    forced_id: int,
    reason: Annotated[str, Query(max_length=80)],
) -> int:
    """Move all objects of one taxon to another one, whatever their state; how many."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    order = whole.Reclassification.of(filters, forced_id, reason)
    return whole.reclassify(conn, project, order, by=user, at=now)


@router.post(
    "/object_set/{project_id}/revert_to_history",
    operation_id="revert_object_set_to_history",
    tags=["objects"],
    response_model=ObjectSetRevertToHistoryRsp,
)
def revert_object_set_to_history(
    project_id: int,
    filters: ProjectFilters,
    user: CurrentUser,
    conn: Db,
    now: Now,
    dry_run: bool,
    target: int | None = None,
) -> Fast:
    """Give the objects of a filter their last identification before this one, or one person's.

    The dry run tells what would change. Repeated, it goes back further; it can be undone.
    """
    project = projects.require(conn, user, project_id, Act.EDIT)
    order = reverting.RevertOrder(filters, target)
    if dry_run:
        reverting.prepare(conn, project, order, by=user)
    else:
        reverting.revert(conn, project, order, by=user, at=now)
    found = reverting.told(conn)
    taxa = [taxon for each in found for taxon in (each.taxon_id, each.to_taxon_id)]
    named = reverting.names(conn, taxa) if dry_run else {}
    return Fast({"last_entries": [last_entry(each) for each in found], "classif_info": named})


@router.post("/projects/{project_id}/revert", operation_id="revert_project", tags=["batches"])
def revert_project(
    project_id: int, order: RevertReq, user: CurrentUser, conn: Db, now: Now, dry_run: bool
) -> RevertRsp:
    """The same, told in sums: how many objects go from which taxon and state to which."""
    project = projects.require(conn, user, project_id, Act.EDIT)
    asked = reverting.RevertOrder(order.filters, order.target, order.client_key)
    if dry_run:
        reverting.prepare(conn, project, asked, by=user)
        batch = None
    else:
        batch_id = reverting.revert(conn, project, asked, by=user, at=now)
        batch = service.require_batch(conn, project.project_id, batch_id)
    lines = [revert_line(line) for line in reverting.lines(conn)]
    named = reverting.names(conn, [t for line in lines for t in (line.taxon_id, line.to_taxon_id)])
    return RevertRsp(
        objects=batch.objects if batch else sum(line.objects for line in lines),
        lines=lines,
        taxa={taxon_id: name for taxon_id, (name, _) in named.items()},
        batch_id=batch.batch_id if batch else None,
    )


def zip_all(taxa: Sequence[T], scores: Sequence[S]) -> list[tuple[T, S]]:
    """Taxa with their scores."""
    if len(taxa) != len(scores):
        raise BadOrder(f"{len(taxa)} taxa and {len(scores)} scores: each taxon needs one score.")
    return list(zip(taxa, scores, strict=True))


def guessed(
    conn: Connection,
    objects_: list[int],
    guesses: list[list[tuple[int, float]]],
    user: User,
    now: datetime,
) -> int:
    """Guesses for objects of one project."""
    if len(objects_) != len(guesses):
        raise BadOrder(f"{len(objects_)} objects and guesses for {len(guesses)}: each needs some.")
    if not objects_:
        return 0
    with projects.naming(UnknownObjects(objects_)):
        project = projects.require(conn, user, objects.project_of(objects_), Act.PREDICT)
    return guessing.take_guesses(conn, project, objects_, guesses, by=user, at=now)


@router.post(
    "/projects/{project_id}/batches",
    operation_id="make_batch",
    tags=["batches"],
    response_model=BatchModel,
)
def make_batch(project_id: int, order: BatchReq, visit: Acting) -> Fast:
    """Classify, validate, doubt, or put back to predicted: one act, saved and undoable."""
    with visit.acting(project_id, Act.ANNOTATE) as (conn, project, user):
        asked = order_of(conn, project, order, user)
        batch = service.classify(conn, project, asked, by=user, at=datetime.now(UTC))
    return Fast(batch_model(batch))


STATE_OF = {
    Operation.VALIDATE: State.VALIDATED,
    Operation.DOUBT: State.DUBIOUS,
    Operation.UNVALIDATE: None,
}


def order_of(conn: Connection, project: Project, order: BatchReq, user: User) -> ClassifyOrder:
    """A request as an order: its objects named one by one, each with a taxon and a state."""
    if order.operation != Operation.CLASSIFY and order.operation not in STATE_OF:
        raise BadOrder(f"“{order.operation}” is no act on a selection.")
    chosen = chosen_objects(conn, project, order, user)
    if order.operation != Operation.CLASSIFY:
        taxa, state = [KEEP] * len(chosen), STATE_OF[order.operation]
    elif order.taxa is not None:
        taxa, state = order.taxa, order.state
    elif order.taxon_id is not None:
        taxa, state = [order.taxon_id] * len(chosen), order.state
    else:
        raise BadOrder("To classify, say which taxon: taxon_id for all, or taxa one by one.")
    seen = None if order.operation == Operation.UNVALIDATE else order.taxa
    told = (order.versions, order.operation, order.client_key, seen)
    return ClassifyOrder(chosen, taxa, state, *told)


def chosen_objects(conn: Connection, project: Project, order: BatchReq, user: User) -> list[int]:
    """The objects of a request, by their ids or by a filter less some."""
    if (order.objects is None) == (order.selection is None):
        raise BadOrder("Name the objects, or a selection of them: one of both.")
    if order.objects is not None:
        return order.objects
    assert order.selection is not None
    left_out = set(order.selection.but)
    found = objects.matching(conn, project, order.selection.filters, by=user)
    return [object_id for object_id in found.tolist() if object_id not in left_out]


@router.post(
    "/projects/{project_id}/batches/{batch_id}/undo",
    operation_id="undo_batch",
    tags=["batches"],
    response_model=BatchModel,
)
def undo_batch(
    project_id: int, batch_id: int, order: UndoReq, user: CurrentUser, conn: Db, now: Now
) -> Fast:
    """Take a batch back, state and score included; taking back an undo is a redo."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    done = service.undo(conn, project, batch_id, by=user, at=now, client_key=order.client_key)
    return Fast(batch_model(done))


@router.get("/projects/{project_id}/batches", operation_id="list_batches", tags=["batches"])
def list_batches(
    project_id: int,
    user: CurrentUser,
    conn: Db,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[BatchSummary]:
    """What was done on a project, the newest first."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    rows = service.list_batches(conn, project.project_id, before=before, limit=limit)
    return [batch_summary(row) for row in rows]


@router.get(
    "/projects/{project_id}/counts",
    operation_id="counts",
    tags=["batches"],
    response_model=CountsRsp,
)
def counts(project_id: int, visit: Visiting) -> Fast:
    """How many objects of each taxon are in each state."""
    with visit.reading(project_id) as (conn, project, _):
        newest, tallies = service.newest_counts(conn, project.project_id)
    return Fast({"batch_id": newest, "taxa": tally_lines(tallies)})


@router.get("/projects/{project_id}/workspace", operation_id="workspace", tags=["views"])
def open_workspace(project_id: int, user: MaybeUser, conn: Db) -> Workspace:
    """All that the page needs to begin sorting."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    return workspace.describe(conn, project, user)


@router.get(
    "/projects/{project_id}/events",
    operation_id="events",
    tags=["batches"],
    response_class=StreamingResponse,
    responses={**files("text/event-stream"), **refusal(TooMany)},
)
def events(
    project_id: int,
    user: CurrentUser,
    conn: Db,
    request: Request,
    since: int | None = None,
    last_event_id: Annotated[int | None, Header()] = None,
) -> StreamingResponse:
    """What others do on a project and how its jobs go, as it happens (server-sent events)."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    state, seen = request.app.state, last_event_id or since or None
    state.hub.admit(user.user_id)
    stream = state.hub.follow(state.pool, project.project_id, user.user_id, since=seen)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


@router.get("/object/{object_id}/history", operation_id="object_query_history", tags=["object"])
def object_query_history(
    object_id: int, user: MaybeUser, conn: Db
) -> list[HistoricalClassification]:
    """What an object was before, the newest first."""
    project, found = objects.find(conn, object_id, by=user)
    past = service.history(conn, project.project_id, found.object_id)
    return [historical(each) for each in past]


@router.get("/objects/{object_id}/panel", operation_id="object_panel", tags=["object"])
def object_panel(object_id: int, user: MaybeUser, conn: Db) -> ObjectPanel:
    """One object with all its levels, its past, and its guesses."""
    return workspace.panel(conn, object_id, user)


@router.post("/object_set/predictions", operation_id="object_set_predictions", tags=["objects"])
def object_set_predictions(
    target_ids: Annotated[list[int], Body(max_length=1_000_000)], user: CurrentUser, conn: Db
) -> PredictionInfoRsp:
    """The best guesses for predicted objects: (object, taxon, score)."""
    return PredictionInfoRsp(
        result=[[*each] for each in service.predictions(conn, target_ids, by=user)]
    )


@router.get("/project_set/user_stats", operation_id="project_set_get_user_stats", tags=["projects"])
def project_set_get_user_stats(
    user: CurrentUser, conn: Db, ids: Annotated[str, Query(max_length=10_000)]
) -> list[ProjectUserStatsModel]:
    """Who identified how much in projects, and when last."""
    return user_stats(service.activity(conn, id_list(ids), by=user))


class TaxonUsageModel(BaseModel):
    projid: int
    title: str
    nb_validated: int


@router.get("/taxon/{taxon_id}/usage", operation_id="query_taxa_usage", tags=["Taxonomy Tree"])
def query_taxa_usage(
    user: MaybeUser, conn: Db, taxon_id: Annotated[int, Path(ge=-(2**31), lt=2**31)]
) -> list[TaxonUsageModel]:
    """The projects with validated objects of a taxon that the caller may see, the most first."""
    return [
        TaxonUsageModel(projid=u.project_id, title=u.title, nb_validated=u.validated)
        for u in projects.using(conn, user, taxon_id)
    ]


@router.get("/taxa/reclassification_stats", operation_id="reclassif_stats", tags=["Taxonomy Tree"])
def reclassif_stats(
    user: MaybeUser, conn: Db, taxa_ids: Annotated[str, Query(max_length=200_000)]
) -> list[TaxonModel]:
    """For each taxon, what most projects took in its place (not what it advises), or itself."""
    found = choices.usual_choices(conn, ids_of(taxa_ids), by=user)
    return [taxon_model(taxon) for taxon in found]


@router.get(
    "/taxa/reclassification_history/{project_id}",
    operation_id="reclassif_project_stats",
    tags=["Taxonomy Tree"],
)
def reclassif_project_stats(user: MaybeUser, conn: Db, project_id: int) -> list[dict[str, Any]]:
    """What a project took in the place of what (`name` is that of `to`), the oldest first."""
    project = projects.require(conn, user, project_id, Act.VIEW_IMAGES)
    made = choices.choices_in(conn, project)
    return [{"from": one.before, "to": one.after, "name": one.name} for one in made]
