"""How HTTP asks for jobs: EcoTaxa's paths and names."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel

from calanus.jobs import service
from calanus.jobs.types import Job, JobState
from calanus.kit.http import Db, Download, Installation
from calanus.kit.interface import parts
from calanus.users.session import CurrentUser

router = APIRouter(tags=["jobs"])

TABLE, OTHER = "text/tab-separated-values", "application/octet-stream"
MEDIA_TYPES = {".zip": "application/zip", ".tsv": TABLE}


class JobModel(BaseModel):
    """A job as EcoTaxa's clients read it."""

    id: int
    owner_id: int
    type: str
    params: dict[str, Any]
    state: JobState
    step: int | None
    progress_pct: int | None
    progress_msg: str | None
    errors: list[str]
    question: dict[str, Any]
    reply: dict[str, Any]
    inside: dict[str, Any]
    result: dict[str, Any]
    creation_date: datetime
    updated_on: datetime


def shown(job: Job) -> JobModel:
    """A job in EcoTaxa's words: times without their zone, archived ones by a negative number."""
    return JobModel(
        id=-job.job_id if job.archived else job.job_id,
        owner_id=job.owner_id,
        type=job.kind,
        params=params(job),
        state=job.state,
        step=None,
        progress_pct=job.progress,
        progress_msg=job.message,
        errors=job.errors,
        question=job.asked,
        reply=job.reply or {},
        inside=job.kept | job.clues,
        result=job.result or {},
        creation_date=naive(job.created_at),
        updated_on=naive(job.updated_at),
    )


def params(job: Job) -> dict[str, Any]:
    """What was asked for, as EcoTaxa writes it: the request itself, with filters beside it.

    A request that has no project of its own is given none: a `project_id` in it tells pyecotaxa
    that the job is an export of that project, whose file it may take.
    """
    beside = {name: value for name, value in job.wanted.items() if name != "project_id"}
    request = beside.pop("request", None)
    told = {"req": beside} if request is None else {"req": request, **beside}
    return {"prj_id": job.project_id, **told}


def naive(moment: datetime) -> datetime:
    """A time of the wire: UTC, unsaid."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@router.get("/jobs/", operation_id="list_jobs")
@router.get("/jobs", include_in_schema=False)
def list_jobs(
    user: CurrentUser,
    conn: Db,
    for_admin: Annotated[bool, Query(description="Everybody's, for managers.")] = False,
    job_type: str | None = None,
    job_status: JobState | None = None,
) -> list[JobModel]:
    """One's own jobs, or everybody's; the newest first, without the archived ones."""
    jobs = service.list_jobs(conn, by=user, everybodys=for_admin, kind=job_type, state=job_status)
    return [shown(job) for job in jobs]


@router.get("/jobs/{job_id}/", operation_id="get_job")
@router.get("/jobs/{job_id}", include_in_schema=False)
def get_job(job_id: int, user: CurrentUser, conn: Db) -> JobModel:
    """One job, for its owner or an application manager."""
    return shown(service.find(conn, job_id, by=user))


@router.post("/jobs/{job_id}/answer", operation_id="reply_job_question")
def reply_job_question(
    job_id: int,
    user: CurrentUser,
    conn: Db,
    reply: Annotated[dict[str, Any], Body(default_factory=dict)],
) -> None:
    """Answer the question a job asks; nothing happens when it asks none."""
    service.answer(conn, service.find(conn, job_id, by=user), reply)


@router.get("/jobs/{job_id}/restart", operation_id="restart_job")
def restart_job(job_id: int, user: CurrentUser, conn: Db) -> None:
    """Start a failed job again from its last step; nothing happens to another job."""
    service.restart(conn, service.find(conn, job_id, by=user))


@router.get(
    "/jobs/{job_id}/log",
    operation_id="get_job_log_file",
    response_class=Download,
    responses=parts("text/plain"),
)
def get_job_log_file(job_id: int, user: CurrentUser, conn: Db, settings: Installation) -> Download:
    """What a job said while it ran."""
    path = service.log_file(service.find(conn, job_id, by=user), settings)
    return Download(path, media_type="text/plain; charset=utf-8")


@router.get(
    "/jobs/{job_id}/errors",
    operation_id="get_job_errors",
    response_class=Download,
    responses=parts(TABLE, "text/plain"),
)
def get_job_errors(job_id: int, user: CurrentUser, conn: Db, settings: Installation) -> Download:
    """Every error of a job, as a file: the record of the job itself holds the first 1,000."""
    path = service.errors_file(service.find(conn, job_id, by=user), settings)
    kind = TABLE if path.suffix == ".tsv" else "text/plain"
    name = f"job_{job_id}_{path.name}"
    return Download(path, filename=name, media_type=f"{kind}; charset=utf-8")


@router.head("/jobs/{job_id}/file", include_in_schema=False)
@router.get(
    "/jobs/{job_id}/file",
    operation_id="get_job_file",
    response_class=Download,
    responses=parts(OTHER, *MEDIA_TYPES.values()),
)
def get_job_file(
    job_id: int,
    user: CurrentUser,
    conn: Db,
    settings: Installation,
    part: Annotated[
        str | None, Header(alias="Range", description="Bytes, such as bytes=0-999.")
    ] = None,
) -> Download:
    """The file a job produced; a part of it by Range."""
    path = service.produced_file(service.find(conn, job_id, by=user), settings)
    media_type = MEDIA_TYPES.get(path.suffix, OTHER)
    return Download(path, filename=path.name, media_type=media_type)


@router.delete("/jobs/{job_id}", operation_id="erase_job")
@router.delete("/jobs/{job_id}/", include_in_schema=False)  # what `get_job` makes of the address
def erase_job(job_id: int, user: CurrentUser, conn: Db, settings: Installation) -> None:
    """Put an ended job away, log apart; stop one that has not ended."""
    service.erase(conn, service.find(conn, job_id, by=user), settings)
