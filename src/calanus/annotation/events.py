"""What happens on a project, told as it happens.

One look at the database serves all pages that a server process has listening: the hub looks, and
hands what is new to everybody who follows its project.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import orjson
import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from calanus.annotation import following
from calanus.annotation.types import Batch, TooManyListeners
from calanus.annotation.wire import MOST_IN_EVENT, batch_model
from calanus.jobs import service as jobs
from calanus.jobs.types import Job
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId, UserId
from calanus.objects import service as objects

logger = logging.getLogger(__name__)

EVERY = 0.7  # seconds between two looks
LIFETIME = 600.0  # seconds; then the page asks again, and its right to is looked at again
SILENCE = 15.0  # seconds after which a comment keeps the line open
MOST_LISTENERS = 1000  # of a server process
MOST_OF_ONE = 30  # of one person: tabs
MOST_WAITING = 200  # events; whoever is slower than that comes back and asks since when
# A number is given when an act begins: one that took long appears among numbers already told.
LOOK_BACK = 5000

Told = tuple[int | None, bytes]  # the number of a batch, none for a job; and the event
Progress = tuple[str, int | None, str]  # state, percent and message of a job


@dataclass(eq=False)
class Topic:
    """A project that somebody follows: what was told of it, and to whom to tell more."""

    project_id: ProjectId
    start: int  # the newest batch when the first one came
    told: set[int] = field(default_factory=set[int])
    jobs: dict[int, Progress] = field(default_factory=dict[int, Progress])
    queues: set[asyncio.Queue[Told | None]] = field(default_factory=set[asyncio.Queue[Told | None]])


class Hub:
    """All who follow projects at this server process, and the one who looks for them."""

    def __init__(self) -> None:
        self.topics: dict[ProjectId, Topic] = {}
        self.people = Counter[UserId]()
        self.task: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """How many pages follow something."""
        return self.people.total()

    def admit(self, user_id: UserId) -> None:
        """Pass, or say that there are too many.

        Raises:
            TooManyListeners: of this person, or of all.
        """
        if self.people[user_id] >= MOST_OF_ONE or self.listeners >= MOST_LISTENERS:
            raise TooManyListeners

    async def follow(
        self,
        pool: ConnectionPool[Connection],
        project_id: ProjectId,
        user_id: UserId,
        *,
        since: int | None,
    ) -> AsyncIterator[bytes]:
        """The events of a project after a batch (none: from now on), for ten minutes."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LIFETIME
        queue: asyncio.Queue[Told | None] = asyncio.Queue(MOST_WAITING)
        self.people[user_id] += 1
        try:
            yield b"retry: 2000\n\n"
            newest = await loop.run_in_executor(None, newest_batch, pool, project_id)
            self.join(pool, project_id, newest).queues.add(queue)
            known: set[int] = set()
            for batch_id, line in await loop.run_in_executor(
                None, catch_up, pool, project_id, newest if since is None else since
            ):
                known |= {batch_id} if batch_id else set()
                yield line
            while (left := end - loop.time()) > 0:
                try:
                    told = await asyncio.wait_for(queue.get(), min(SILENCE, left))
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if told is None:
                    return
                if told[0] is None or told[0] not in known:
                    yield told[1]
        finally:
            self.people[user_id] -= 1
            self.leave(project_id, queue)

    def join(self, pool: ConnectionPool[Connection], project_id: ProjectId, newest: int) -> Topic:
        """The topic of a project; somebody looks as long as there is one."""
        topic = self.topics.setdefault(project_id, Topic(project_id, newest))
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.watch(pool))
        return topic

    def leave(self, project_id: ProjectId, queue: asyncio.Queue[Told | None]) -> None:
        """One page less; a project that nobody follows is not looked at."""
        topic = self.topics.get(project_id)
        if topic is not None:
            topic.queues.discard(queue)
            if not topic.queues:
                del self.topics[project_id]
        self.people += Counter()  # who follows nothing is forgotten

    async def watch(self, pool: ConnectionPool[Connection]) -> None:
        """Look again and again, as long as somebody follows; a database that is away comes back."""
        loop = asyncio.get_running_loop()
        while self.topics:
            topics = list(self.topics.values())
            try:
                found = await loop.run_in_executor(None, look, pool, topics)
            except (psycopg.Error, PoolTimeout) as trouble:
                logger.warning("Events wait for the database: %s", trouble)
                found = {}
            for project_id, told in found.items():
                for queue in self.topics[project_id].queues if project_id in self.topics else ():
                    hand(queue, told)
            await asyncio.sleep(EVERY)


def hand(queue: asyncio.Queue[Told | None], told: list[Told]) -> None:
    """Give events to one who listens; who does not take them is sent away, to come back."""
    for line in told:
        if queue.qsize() >= MOST_WAITING - 1:
            if not queue.full():
                queue.put_nowait(None)
            return
        queue.put_nowait(line)


def newest_batch(pool: ConnectionPool[Connection], project_id: ProjectId) -> int:
    """The last act on a project."""
    with pool.connection() as conn:
        return objects.newest_batch(conn, project_id)


def catch_up(pool: ConnectionPool[Connection], project_id: ProjectId, since: int) -> list[Told]:
    """What happened since a batch, and how the jobs of the project are."""
    told: list[Told] = []
    with pool.connection() as conn:
        while batches := following.batches_since(conn, project_id, since, most=MOST_IN_EVENT):
            told += [batch_event(batch, listed) for batch, listed in batches]
            since = batches[-1][0].row.batch_id
        for job in jobs.of_project(conn, project_id):
            told.append((None, job_event(job)))
    return told


def look(pool: ConnectionPool[Connection], topics: list[Topic]) -> dict[ProjectId, list[Told]]:
    """What is new in some projects; it is remembered as told."""
    with pool.connection() as conn:
        fresh = following.new_batches(conn, {t.project_id: t.told for t in topics}, LOOK_BACK)
        return {t.project_id: news(conn, t, fresh.get(t.project_id, [])) for t in topics}


def news(conn: Connection, topic: Topic, fresh: list[int]) -> list[Told]:
    """The events of one project's new batches, and of its jobs that went on."""
    told: list[Told] = []
    wanted = [batch_id for batch_id in fresh if topic.told or batch_id > topic.start]
    for batch, listed in following.batches_named(
        conn, topic.project_id, wanted, most=MOST_IN_EVENT
    ):
        told.append(batch_event(batch, listed))
    topic.told |= {*fresh, 0}  # 0: it was looked at
    for job in jobs.of_project(conn, topic.project_id):
        now = (str(job.state), job.progress, job.message)
        if topic.jobs.get(job.job_id) != now:
            topic.jobs[job.job_id] = now
            told.append((None, job_event(job)))
    return told


def batch_event(batch: Batch, listed: bool) -> Told:
    """A batch as an event."""
    batch_id = batch.row.batch_id
    return batch_id, event("batch", batch_model(batch, listed=listed), batch_id)


def job_event(job: Job) -> bytes:
    """How far a job is, as an event."""
    line = {
        "job_id": job.job_id,
        "type": job.kind,
        "state": job.state,
        "progress_pct": job.progress,
        "progress_msg": job.message,
    }
    return event("job", line)


def event(kind: str, content: object, event_id: int | None = None) -> bytes:
    """One server-sent event."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {kind}\ndata: ".encode() + orjson.dumps(content) + b"\n\n"
