"""Background work as people see it: its record, its states, and why it may not be asked for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from calanus.kit.errors import CalanusError, Forbidden, NotFound
from calanus.kit.ids import JobId, ProjectId, UserId

WAITING = "Waiting for a slot"
STARTING = "Starting"
PROCEEDING = "Proceeding"
RESTARTING = "Restarting"
KILLED = "Killed"
DONE = "Done"

CLUES = "clues"  # beside what a question asks: what helps to answer it
MOST_ERRORS = 1000  # kept in the record; the job's folder has them all
MOST_ATTEMPTS = 3  # a job that takes its process down three times is not tried again


class JobState(StrEnum):
    """Where a job stands; the letters are EcoTaxa's."""

    PENDING = "P"
    RUNNING = "R"
    ASKING = "A"
    ERROR = "E"
    FINISHED = "F"


ENDED = frozenset({JobState.ERROR, JobState.FINISHED})


@dataclass(frozen=True)
class Job:
    """A piece of background work: what was asked, where it stands, what came of it."""

    job_id: JobId
    kind: str
    owner_id: UserId
    project_id: ProjectId | None
    state: JobState
    wanted: dict[str, Any]
    progress: int | None
    message: str
    errors: list[str]
    error_count: int
    question: dict[str, Any] | None
    reply: dict[str, Any] | None
    kept: dict[str, Any]
    result: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    attempts: int
    archived: bool

    @property
    def asked(self) -> dict[str, Any]:
        """What its question asks, and nothing else."""
        return {name: told for name, told in (self.question or {}).items() if name != CLUES}

    @property
    def clues(self) -> dict[str, Any]:
        """What helps to answer its question."""
        return (self.question or {}).get(CLUES, {})


@dataclass(frozen=True)
class Running:
    """A job somebody says to be running."""

    job_id: JobId
    runner: str
    silent: float  # seconds since its last heartbeat


@dataclass(frozen=True)
class Outcome:
    """How a run of a job ended, by the job's own account."""

    state: JobState
    message: str
    progress: int | None = None
    errors: tuple[str, ...] = ()
    result: dict[str, Any] | None = None
    question: dict[str, Any] | None = None


class JobNotFound(NotFound):
    def __init__(self, job_id: int) -> None:
        super().__init__(f"There is no job {job_id}.")


class NotYourJob(Forbidden):
    def __init__(self, job_id: int) -> None:
        super().__init__(
            f"You can't do this: job {job_id} is somebody else's; only its owner or an application "
            "manager sees it."
        )


class ManagersOnly(Forbidden):
    def __init__(self) -> None:
        super().__init__(
            "You can't do this: only an application manager may list everybody's jobs."
        )


class FileMissing(NotFound):
    def __init__(self, job_id: int, what: str) -> None:
        super().__init__(f"Job {job_id} has no {what}.")


class KindUnknown(CalanusError):
    def __init__(self, kind: str) -> None:
        super().__init__(f"This version of Calanus does not know how to do a job of kind {kind}.")


class JobFailed(CalanusError):
    """The job met errors that a person can mend: all of them, in sentences."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors[:MOST_ERRORS]))
        self.errors = errors


class Asked(BaseException):
    """The job stops until somebody answers; no `except Exception` of a job is in the way."""

    def __init__(self, question: dict[str, Any]) -> None:
        super().__init__("The job asks a question.")
        self.question = question


class Cancelled(BaseException):
    """Somebody stopped the job, or another process runs it now; nor is one in this way."""
