"""How HTTP asks for second looks, blind readings and abundances."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from calanus.audit import abundance, reading, service
from calanus.audit.jobs import audit
from calanus.audit.types import (
    MOST_DRAWS,
    AbundanceOrder,
    Abundances,
    Agreement,
    AnswerReq,
    AuditOrder,
    DrawReq,
    Look,
    Reading,
    Unread,
)
from calanus.files.vault import has_images
from calanus.jobs.run import enqueue
from calanus.kit.http import Db
from calanus.kit.ids import id_list
from calanus.kit.interface import files
from calanus.objects.types import BadFilter
from calanus.projects import service as projects
from calanus.users.policy import Act
from calanus.users.session import CurrentUser, Now

router = APIRouter(tags=["audit"])
MOST_CONFIRMED = 10_000
MOST_PLACES = 2**31 - 1


class AuditReq(BaseModel):
    """How to audit; what is left out is what the page proposes."""

    features: list[str] = Field(default=[], max_length=500)
    use_scn: bool | None = Field(
        default=None, description="Also compare by deep features; not said: where there are images."
    )
    limit: int = Field(default=2000, ge=5, le=20_000)
    seed: int = Field(default=0, ge=0, lt=2**31)


class AuditStarted(BaseModel):
    job_id: int


class AuditModel(BaseModel):
    """The last audit, and what of it nobody has settled yet, the most striking first."""

    made_at: datetime | None
    examined: int
    not_judged: list[int] = Field(description="Taxa that no held-out model had been taught.")
    by_sample: bool
    doubts: Sequence[Look]
    outliers: Sequence[Look]


class ConfirmReq(BaseModel):
    object_ids: list[int] = Field(max_length=MOST_CONFIRMED)


class Confirmed(BaseModel):
    confirmed: int


class TakeBackReq(BaseModel):
    place: int = Field(ge=1, le=MOST_PLACES)


def named(samples: str) -> list[int]:
    """The samples that a text names; none is all, and nonsense is not none."""
    found = id_list(samples)
    if samples.strip() and not found:
        raise BadFilter(f"Name samples by their ids, separated by commas, not “{samples[:80]}”.")
    return found


@router.post("/projects/{project_id}/audit", operation_id="start_audit")
def start_audit(project_id: int, order: AuditReq, user: CurrentUser, conn: Db) -> AuditStarted:
    """Start to look for validated objects that deserve a second look."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    told = order.model_dump()
    if order.use_scn is None:
        told["use_scn"] = has_images(conn, project.project_id)
    wanted = AuditOrder(project_id=project.project_id, **told)
    service.candidates(conn, service.plan(project, wanted))
    return AuditStarted(
        job_id=enqueue(conn, audit, wanted, owner=user.user_id, project_id=project.project_id)
    )


@router.get("/projects/{project_id}/audit", operation_id="read_audit")
def read_audit(project_id: int, user: CurrentUser, conn: Db) -> AuditModel:
    """What the last audit found and nobody has settled."""
    project = projects.require(conn, user, project_id, Act.COMPARE)
    found = service.standing(conn, project)
    record: dict[str, Any] = dict(found.audit.record) if found.audit else {}
    return AuditModel(
        made_at=found.audit.made_at if found.audit else None,
        examined=found.audit.examined if found.audit else 0,
        not_judged=record.get("not_judged", []),
        by_sample=record.get("by_sample", False),
        doubts=found.doubts,
        outliers=found.outliers,
    )


@router.post("/projects/{project_id}/audit/confirm", operation_id="confirm_objects")
def confirm_objects(
    project_id: int, order: ConfirmReq, user: CurrentUser, conn: Db, now: Now
) -> Confirmed:
    """Say that validated objects are what they are called: no audit asks again."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    return Confirmed(confirmed=service.confirm(conn, project, order.object_ids, by=user, at=now))


@router.post("/projects/{project_id}/audit/unconfirm", operation_id="unconfirm_objects")
def unconfirm_objects(project_id: int, order: ConfirmReq, user: CurrentUser, conn: Db) -> Confirmed:
    """Take that back."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    return Confirmed(confirmed=service.unconfirm(conn, project, order.object_ids))


@router.get("/projects/{project_id}/abundances", operation_id="abundances")
def abundances(
    project_id: int,
    user: CurrentUser,
    conn: Db,
    samples: Annotated[str, Query(max_length=100_000)] = "",
    draws: Annotated[int, Query(ge=10, le=MOST_DRAWS)] = 200,
    seed: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> Abundances:
    """Counts of taxa per sample, and beside them estimates with 95 % intervals."""
    project = projects.require(conn, user, project_id, Act.EXPORT)
    return abundance.abundances(conn, project, AbundanceOrder(named(samples), draws, seed))


@router.get(
    "/projects/{project_id}/abundances.csv",
    operation_id="abundances_file",
    response_class=Response,
    responses=files("text/csv"),
)
def abundances_file(
    project_id: int,
    user: CurrentUser,
    conn: Db,
    samples: Annotated[str, Query(max_length=100_000)] = "",
    draws: Annotated[int, Query(ge=10, le=MOST_DRAWS)] = 200,
    seed: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> Response:
    """The same as a CSV file."""
    project = projects.require(conn, user, project_id, Act.EXPORT)
    order = AbundanceOrder(named(samples), draws, seed)
    text = abundance.as_csv(abundance.abundances(conn, project, order))
    name = f"abundances_{project.project_id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/projects/{project_id}/readings", operation_id="draw_reading")
def draw_reading(project_id: int, order: DrawReq, user: CurrentUser, conn: Db, now: Now) -> Reading:
    """Draw a random part of the validated objects, to be read again without their names."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    return reading.draw(conn, project, order, by=user, at=now)


@router.get("/projects/{project_id}/readings", operation_id="list_readings")
def list_readings(project_id: int, user: CurrentUser, conn: Db) -> list[Reading]:
    """What was drawn, the newest first, and how far each has been read."""
    project = projects.require(conn, user, project_id, Act.COMPARE)
    return reading.listed(conn, project)


@router.get("/projects/{project_id}/readings/{reading_id}/next", operation_id="next_unread")
def next_unread(
    project_id: int,
    reading_id: int,
    user: CurrentUser,
    conn: Db,
    after: Annotated[int, Query(ge=0, le=MOST_PLACES)] = 0,
) -> list[Unread]:
    """The next objects to name: their images, and nothing that tells what they are."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    return reading.following(conn, project, reading_id, after=after)


@router.post("/projects/{project_id}/readings/{reading_id}/answer", operation_id="answer_reading")
def answer_reading(
    project_id: int, reading_id: int, order: AnswerReq, user: CurrentUser, conn: Db, now: Now
) -> None:
    """Say what an object is. It is kept apart: no identification changes."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    reading.answer(conn, project, reading_id, order, by=user, at=now)


@router.post(
    "/projects/{project_id}/readings/{reading_id}/take_back", operation_id="take_back_reading"
)
def take_back_reading(
    project_id: int, reading_id: int, order: TakeBackReq, user: CurrentUser, conn: Db
) -> bool:
    """Forget one's own answer; whether there was one."""
    project = projects.require(conn, user, project_id, Act.ANNOTATE)
    return reading.take_back(conn, project, reading_id, order.place, by=user)


@router.get(
    "/projects/{project_id}/readings/{reading_id}/agreement", operation_id="reading_agreement"
)
def reading_agreement(project_id: int, reading_id: int, user: CurrentUser, conn: Db) -> Agreement:
    """How far the second reading agrees with the first, so far."""
    project = projects.require(conn, user, project_id, Act.COMPARE)
    return reading.agreement(conn, project, reading_id)
