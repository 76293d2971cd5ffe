"""What happens on a project, told as it happens."""

import asyncio
from collections.abc import AsyncIterator

import orjson
from psycopg_pool import ConnectionPool

from calanus.annotation import service
from calanus.annotation.wire import MOST_IN_EVENT, batch_model
from calanus.jobs import service as jobs
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId

EVERY = 0.7  # seconds between two looks
LIFETIME = 600.0  # seconds; then the page asks again, and its right to is looked at again
SILENCE = 15.0  # seconds after which a comment keeps the line open


class Follower:
    """One reader of a project's events: what it was told last."""

    def __init__(self, pool: ConnectionPool[Connection], project_id: ProjectId, since: int) -> None:
        self.pool = pool
        self.project_id = project_id
        self.since = since
        self.jobs: dict[int, tuple[str, int | None, str]] = {}

    def look(self) -> list[bytes]:
        """What happened since the last look, as events."""
        with self.pool.connection() as conn:
            batches = service.batches_since(conn, self.project_id, self.since, most=MOST_IN_EVENT)
            alive = jobs.of_project(conn, self.project_id)
        told: list[bytes] = []
        for batch, listed in batches:
            self.since = batch.row.batch_id
            told.append(event("batch", batch_model(batch, listed=listed), self.since))
        for job in alive:
            now = (str(job.state), job.progress, job.message)
            if self.jobs.get(job.job_id) != now:
                self.jobs[job.job_id] = now
                told.append(event("job", job_line(job.job_id, *now)))
        return told


def job_line(job_id: int, state: str, percent: int | None, message: str) -> dict[str, object]:
    """How far a job is."""
    return {"job_id": job_id, "state": state, "progress_pct": percent, "progress_msg": message}


def event(kind: str, content: object, event_id: int | None = None) -> bytes:
    """One server-sent event."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {kind}\ndata: ".encode() + orjson.dumps(content) + b"\n\n"


async def follow(
    pool: ConnectionPool[Connection], project_id: ProjectId, *, since: int
) -> AsyncIterator[bytes]:
    """The events of a project after a batch, for ten minutes."""
    follower = Follower(pool, project_id, since)
    loop = asyncio.get_running_loop()
    end, silent_since = loop.time() + LIFETIME, loop.time()
    yield b"retry: 2000\n\n"
    while loop.time() < end:
        told = await loop.run_in_executor(None, follower.look)
        for line in told:
            yield line
        if told:
            silent_since = loop.time()
        elif loop.time() - silent_since > SILENCE:
            silent_since = loop.time()
            yield b": still here\n\n"
        await asyncio.sleep(EVERY)
