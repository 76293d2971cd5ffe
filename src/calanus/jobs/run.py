"""A job is a function with an order: `@job` makes it, `enqueue` asks for it, `Run` is its world."""

import json
import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, Generic, NoReturn, Self, TypeVar, get_type_hints

from pydantic import BaseModel

from calanus.jobs import queries
from calanus.jobs.recovery import LOG, folder_of
from calanus.jobs.types import CLUES, WAITING, Asked, Cancelled, Job, JobFailed
from calanus.kit.db import Connection, connect
from calanus.kit.ids import JobId, ProjectId, UserId
from calanus.kit.processes import follow_parent
from calanus.kit.settings import Settings

Order = TypeVar("Order", bound=BaseModel)
Item = TypeVar("Item")
OnProgress = Callable[[int, str], None]

SAY_EVERY = 0.5  # seconds between two writings of the progress

KINDS: dict[str, "JobKind[Any]"] = {}  # those whose module has been imported


class Run:
    """One run of a job: its order's owner, its connection, and how it speaks to people.

    `conn` is the job's own: what it writes there is kept by `keep`, and at the end. Whatever was
    not kept when a run stops (asked, cancelled, killed) is undone, and the next run starts from
    the top with `kept`.
    """

    def __init__(
        self,
        job: Job,
        runner: str,
        settings: Settings,
        database_url: str,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.job_id = job.job_id
        self.owner = job.owner_id
        self.project_id: ProjectId | None = job.project_id
        self.kept: dict[str, Any] = dict(job.kept)
        self.result: dict[str, Any] = {}
        self.settings = settings
        self.folder: Path = folder_of(settings, job.job_id)
        self.folder.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            (self.folder / LOG).touch()  # who says nothing has a log, too
        self.runner = runner
        self.cancelled = Event()  # set by who beats the heart of this run
        self.on_progress = on_progress
        self.said_at = -SAY_EVERY
        self.conn: Connection = connect(database_url)
        self.aside: Connection = connect(database_url, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.conn.close()
        self.aside.close()

    @property
    def lost(self) -> bool:
        """Whether the database went away under this run."""
        return self.conn.closed or self.aside.closed

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC)

    def log(self, sentence: str) -> None:
        """A line in the job's log, which its owner may read; lost where it cannot be written."""
        with suppress(OSError), (self.folder / LOG).open("a") as log:
            log.write(f"{self.now():%Y-%m-%d %H:%M:%S} {sentence}\n")

    def warn(self, sentence: str) -> None:
        """Something worth knowing that stops nothing: in the result's `infos`, and in the log."""
        self.result.setdefault("infos", []).append(sentence)
        self.log(sentence)

    def progress(self, percent: float, doing: str) -> None:
        """Where the job is; written now and then, so call it as often as you like.

        Raises:
            Cancelled: somebody stopped the job.
        """
        if self.cancelled.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self.said_at < SAY_EVERY:
            return
        self.said_at = now
        reached = max(0, min(100, int(percent)))
        told = queries.tell(self.aside, self.job_id, self.runner, progress=reached, message=doing)
        if not told:
            raise Cancelled
        if self.on_progress:
            self.on_progress(reached, doing)

    def steps(
        self,
        items: Iterable[Item],
        *,
        doing: str,
        total: int | None = None,
        between: tuple[float, float] = (0, 100),
    ) -> Iterator[Item]:
        """The items, one by one, with the progress they make between two percentages."""
        start, end = between
        if total is None:
            total = len(items) if isinstance(items, Sized) else 0
        for done, item in enumerate(items):
            self.progress(start + (end - start) * min(1, done / total if total else 0), doing)
            yield item

    def keep(self, **kept: Any) -> None:
        """Commit the work done so far, together with what the next run must know of it.

        Raises:
            Cancelled: the job is no longer this run's; nothing was committed.
        """
        self.kept |= kept
        if not queries.keep(self.conn, self.job_id, self.runner, self.kept):
            self.conn.rollback()
            raise Cancelled
        self.conn.commit()

    def ask(self, question: dict[str, Any], **clues: Any) -> dict[str, Any]:
        """The reply to a question; while there is none, the job stops here until it is answered.

        The same question, word by word, gets the same reply in every later run; so a job may ask
        several, one after the other. What was not kept before is undone. Clues are told beside the
        question, which stays as clients know it.

        Raises:
            Asked: caught by the runner, which stores the question.
        """
        asked = json.loads(json.dumps(question | ({CLUES: clues} if clues else {})))
        for answered in self.kept.get("answers", []):
            if answered["question"] == asked:
                return answered["reply"]
        raise Asked(asked)

    def fail(self, errors: Sequence[str]) -> NoReturn:
        """End the job with errors that a person can mend, all of them at once."""
        raise JobFailed(list(errors))

    @contextmanager
    def cpu_pool(self, workers: int | None = None) -> Generator[ProcessPoolExecutor]:
        """Processes for work that is pure calculation; they end with the job, however it ends."""
        pool = ProcessPoolExecutor(
            workers or len(os.sched_getaffinity(0)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=follow_parent,
            initargs=(os.getpid(),),
        )
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()


@dataclass(frozen=True)
class JobKind(Generic[Order]):
    """A kind of work: its name on the wire, the order it takes, the function that does it."""

    kind: str
    order_type: type[Order]
    function: Callable[[Run, Order], None]


def job(kind: str) -> Callable[[Callable[[Run, Order], None]], JobKind[Order]]:
    """Make a function of (run, order) a job; the order's type is read from its annotation."""

    def register(function: Callable[[Run, Order], None]) -> JobKind[Order]:
        order_type = get_type_hints(function)["order"]
        made: JobKind[Order] = JobKind(kind, order_type, function)
        KINDS[kind] = made
        return made

    return register


def enqueue(
    conn: Connection,
    kind: JobKind[Order],
    order: Order,
    *,
    owner: UserId,
    project_id: int | None = None,
) -> JobId:
    """Ask for a job, in the caller's own transaction: no job without its cause."""
    job_id = queries.insert(
        conn,
        kind.kind,
        order.model_dump(mode="json"),
        owner_id=owner,
        project_id=project_id,
        message=WAITING,
    )
    queries.defer(conn, [job_id])
    logging.getLogger(__name__).info("Job %s (%s) waits", job_id, kind.kind)
    return job_id
