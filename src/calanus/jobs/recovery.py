"""How runs end, and what becomes of those that end without a word."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from calanus.jobs import queries
from calanus.jobs.types import (
    MOST_ATTEMPTS,
    MOST_ERRORS,
    RESTARTING,
    JobState,
    Outcome,
    Running,
)
from calanus.kit.db import Connection
from calanus.kit.ids import JobId
from calanus.kit.processes import alive
from calanus.kit.settings import Settings

LOG = "log.txt"
ERRORS = "errors.txt"
SILENT_JOB = 60.0  # seconds after which a job of another machine is taken for dead
SILENT_WORKER = 30.0  # seconds; a living worker of procrastinate says so every 10


def folder_of(settings: Settings, job_id: int) -> Path:
    """Where a job keeps its log and its files."""
    return settings.data / "jobs" / str(job_id)


def settle(
    conn: Connection, job_id: JobId, runner: str, outcome: Outcome, settings: Settings
) -> bool:
    """Write how a run ended: the first errors in the record, all of them in the job's folder."""
    if outcome.errors:
        folder = folder_of(settings, job_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ERRORS).write_text("".join(f"{error}\n" for error in outcome.errors))
    count = len(outcome.errors)
    first = replace(outcome, errors=outcome.errors[:MOST_ERRORS])
    return queries.settle(conn, job_id, runner, first, count)


def recover(conn: Connection, job_id: JobId, runner: str, settings: Settings) -> bool:
    """A run that ended without a word: try again, unless it did so too often.

    A run that failed in a way it could tell has settled its job already, and nothing happens.
    """
    job = queries.find(conn, job_id)
    if job is None:
        return False
    if job.attempts < MOST_ATTEMPTS:
        given_back = queries.give_back(conn, job_id, runner, RESTARTING, 0)
        if given_back:
            queries.defer(conn, [job_id])
        return given_back
    why = (
        f"The job's process ended without a word {job.attempts} times, perhaps for want of "
        "memory. Restart it when the machine is less busy, or split it."
    )
    outcome = Outcome(JobState.ERROR, why, errors=(why,))
    return settle(conn, job_id, runner, outcome, settings)


def give_back(conn: Connection, job_id: JobId, runner: str) -> bool:
    """The worker stops: the job waits for the next one, and this run does not count."""
    if not queries.give_back(conn, job_id, runner, RESTARTING, -1):
        return False
    queries.defer(conn, [job_id])
    return True


def is_dead(job: Running, mine: str, living: Collection[str]) -> bool:
    """Whether nobody runs a job: of our own process we know, of this machine's we look.

    Heartbeats only tell for other machines: a laptop that slept has old ones, and lives.
    """
    if job.runner.startswith(mine):
        return job.runner not in living
    here = alive(job.runner)
    return job.silent > SILENT_JOB if here is None else not here


def sweep(
    conn: Connection, settings: Settings, *, mine: str = "", living: Collection[str] = ()
) -> int:
    """Give what dead processes left to living ones; how many jobs that was.

    `mine` is the mark of the process that sweeps, `living` the runners it has at work.
    """
    dead = [job for job in queries.running(conn) if is_dead(job, mine or "\0", living)]
    saved = [job for job in dead if recover(conn, job.job_id, job.runner, settings)]
    queries.drop_dead_tickets(conn, SILENT_WORKER)
    lost = queries.without_ticket(conn)
    if lost:
        queries.defer(conn, lost)
    return len(saved) + len(lost)
