"""What may be done with jobs: find, answer, cancel, start again, put away."""

import shutil
from pathlib import Path
from typing import Any

from calanus.jobs import queries
from calanus.jobs.here import run_here
from calanus.jobs.recovery import ERRORS, LOG, folder_of, sweep
from calanus.jobs.types import (
    ENDED,
    KILLED,
    PROCEEDING,
    RESTARTING,
    FileMissing,
    Job,
    JobNotFound,
    JobState,
    ManagersOnly,
    NotYourJob,
)
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.users.types import User

__all__ = ["run_here", "sweep"]


def find(conn: Connection, job_id: int, *, by: User) -> Job:
    """A job, for its owner or an application manager. Archived ones bear the negative number.

    Raises:
        JobNotFound: there is none of this number.
        NotYourJob: it is somebody else's.
    """
    job = queries.find(conn, abs(job_id))
    if job is None or job.archived != (job_id < 0):
        raise JobNotFound(job_id)
    if job.owner_id != by.user_id and not by.is_application_manager:
        raise NotYourJob(job_id)
    return job


def list_jobs(
    conn: Connection,
    *,
    by: User,
    everybodys: bool = False,
    kind: str | None = None,
    state: JobState | None = None,
) -> list[Job]:
    """Jobs that are not archived, the newest first.

    Raises:
        ManagersOnly: everybody's, for somebody who is no application manager.
    """
    if everybodys and not by.is_application_manager:
        raise ManagersOnly
    return queries.listed(conn, owner_id=None if everybodys else by.user_id, kind=kind, state=state)


def answer(conn: Connection, job: Job, reply: dict[str, Any]) -> bool:
    """Answer a job's question, and let it proceed; nothing happens when it asks nothing."""
    if not queries.answer(conn, job.job_id, reply, PROCEEDING):
        return False
    queries.defer(conn, [job.job_id])
    return True


def restart(conn: Connection, job: Job) -> bool:
    """Start a failed job again, from what its steps kept; nothing happens to another job."""
    if not queries.restart(conn, job.job_id, RESTARTING):
        return False
    queries.defer(conn, [job.job_id])
    return True


def cancel(conn: Connection, job: Job) -> bool:
    """Stop a job that has not ended. Its process ends when it next says that it lives."""
    return queries.cancel(conn, job.job_id, KILLED)


def archive(conn: Connection, job: Job, settings: Settings) -> bool:
    """Put an ended job away: its files go, its log stays."""
    if not queries.archive(conn, job.job_id):
        return False
    folder = folder_of(settings, job.job_id)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOG:
            path.unlink()
    return True


def put_away_former(conn: Connection, kind: str, project_id: int, job_id: int) -> None:
    """Of a kind of job that comes again and again, list the last one of a project only."""
    queries.put_away_former(conn, kind, project_id, job_id)


def erase(conn: Connection, job: Job, settings: Settings) -> None:
    """What EcoTaxa's DELETE does: an ended job is put away, another one is stopped."""
    if job.state in ENDED:
        archive(conn, job, settings)
    else:
        cancel(conn, job)


def log_file(job: Job, settings: Settings) -> Path:
    """The log of a job.

    Raises:
        FileMissing: it has not begun.
    """
    path = folder_of(settings, job.job_id) / LOG
    if not path.is_file():
        raise FileMissing(job.job_id, "log yet")
    return path


def errors_file(job: Job, settings: Settings) -> Path:
    """All errors of a job: the table it made of them (`error_file`), else a sentence a line.

    Raises:
        FileMissing: it met none, or the file is gone.
    """
    folder = folder_of(settings, job.job_id)
    name = (job.result or {}).get("error_file")
    if isinstance(name, str) and Path(name).name == name and (folder / name).is_file():
        return folder / name
    if (folder / ERRORS).is_file() and job.state == JobState.ERROR:
        return folder / ERRORS
    raise FileMissing(job.job_id, "list of errors")


def produced_file(job: Job, settings: Settings) -> Path:
    """The file a job made: the `out_file` of its result, a name in its folder.

    Raises:
        FileMissing: it made none, or it is gone.
    """
    name = (job.result or {}).get("out_file")
    if isinstance(name, str) and Path(name).name == name:
        path = folder_of(settings, job.job_id) / name
        if path.is_file():
            return path
    raise FileMissing(job.job_id, "file")


def of_project(conn: Connection, project_id: int) -> list[Job]:
    """The jobs of a project, alive or ended within the hour; the caller has asked for the right."""
    return queries.of_project(conn, project_id)


def newest_finished(conn: Connection, kind: str, project_id: int) -> Job | None:
    """What a project has of a kind of job; the caller has asked for the right, and it is whosever.

    One that was put away does not count, nor one that is under way or failed.
    """
    return queries.newest_finished(conn, kind, project_id)


def latest_results(
    conn: Connection, kinds: list[str], *, having: str, most: int
) -> list[dict[str, Any]]:
    """What the latest jobs of some kinds, whoever's, told under an entry of their results."""
    return queries.latest_results(conn, kinds, having, most)


def workers_alive(conn: Connection) -> int:
    """How many workers wait for jobs or do them."""
    return queries.workers_alive(conn, silent=60)
