"""Do a job in this process, and settle how it ended."""

import traceback
from errno import EDQUOT, ENOSPC

from psycopg.errors import DeadlockDetected, DiskFull, SerializationFailure

from calanus.jobs.recovery import settle
from calanus.jobs.run import KINDS, Run
from calanus.jobs.types import (
    DONE,
    Asked,
    Cancelled,
    Job,
    JobFailed,
    JobState,
    KindUnknown,
    Outcome,
)
from calanus.kit.errors import CalanusError

FULL = "The disk is full, and the job was stopped: make room, then restart it."


class Lost(Exception):
    """The database went away: the job did not fail, it is to be run again."""


class Collided(Exception):
    """Two transactions stood in each other's way: the job may be run again, but not for ever."""


def perform(run: Run, job: Job) -> None:
    """Run a claimed job to its end and write what came of it.

    Raises:
        Cancelled: the job is no longer this run's.
        Lost, Collided: nothing was written; the job may start again from what it kept.
    """
    try:
        outcome = attempt(run, job)
        if outcome.state is not JobState.FINISHED:
            run.conn.rollback()
        # In the transaction of the last step: a job is done exactly when its work is there.
        settled = settle(run.conn, run.job_id, run.runner, outcome, run.settings)
        if settled:
            run.conn.commit()
    except Exception as trouble:
        if run.lost:
            run.log("The database went away; the job will start again from its last step.")
            raise Lost from trouble
        raise
    if not settled:
        run.conn.rollback()
        raise Cancelled


def attempt(run: Run, job: Job) -> Outcome:
    """Call the job's function; what it raises becomes sentences for people.

    Raises:
        Cancelled: somebody stopped the job.
        Lost, Collided: it may be run again.
    """
    try:
        kind = KINDS.get(job.kind)
        if kind is None:
            raise KindUnknown(job.kind)
        kind.function(run, kind.order_type.model_validate(job.wanted))
    except Asked as asked:
        return Outcome(JobState.ASKING, "Waiting for an answer", question=asked.question)
    except Cancelled:
        run.log("Stopped.")
        raise
    except JobFailed as failed:
        return failure(run, failed.errors)
    except CalanusError as error:
        return failure(run, [str(error)])
    except Exception as error:
        return unexpected(run, error)
    return Outcome(JobState.FINISHED, DONE, progress=100, result=run.result)


def failure(run: Run, errors: list[str]) -> Outcome:
    """Errors that a person can mend."""
    for error in errors:
        run.log(error)
    message = f"{len(errors)} error(s) during run"
    return Outcome(JobState.ERROR, message, errors=tuple(errors), result=run.result)


def unexpected(run: Run, error: Exception) -> Outcome:
    """An error of ours: its trace goes to the log, a sentence to the person.

    Raises:
        Collided: the error is only that two transactions met.
    """
    if run.lost:
        raise error
    if isinstance(error, DeadlockDetected | SerializationFailure):
        raise Collided from error
    run.log("".join(traceback.format_exception(error)))
    if is_full(error):
        return failure(run, [FULL])
    sentence = (
        f"The job met an error it did not expect ({type(error).__name__}). Its log tells where; "
        "show it to who looks after this installation, then restart the job."
    )
    return Outcome(JobState.ERROR, sentence, errors=(sentence,), result=run.result)


def is_full(error: Exception) -> bool:
    """Whether there was no room left on a disk, of files or of the database."""
    no_room = isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)
    return no_room or isinstance(error, DiskFull)
