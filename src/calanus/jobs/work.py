"""The worker: takes tickets from the queue, and attends to the processes that do the jobs.

procrastinate hands out tickets and wakes us; our `jobs` table is the truth. A ticket without a
pending job is nothing, and a pending job without a ticket gets a new one from the sweeper.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process, create_subprocess_exec
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any, TypeVar

import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException

from calanus.jobs import queries
from calanus.jobs.child import LOST
from calanus.jobs.recovery import LOG, folder_of, give_back, recover, sweep
from calanus.kit.db import Connection, connect, pool
from calanus.kit.ids import JobId
from calanus.kit.processes import mark_of
from calanus.kit.settings import Settings

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

SLOTS = 2  # jobs at a time: a short export need not wait for a long import
BEAT_EVERY = 2.0  # seconds
SWEEP_EVERY = 10.0  # seconds
GRACE = 3.0  # seconds from "please end" to the end
TRY_AGAIN = 1.0  # seconds before the database is asked again


class Worker:
    """One process that has jobs done, each in a child of its own."""

    def __init__(
        self,
        settings: Settings,
        database_url: str,
        modules: Mapping[str, str],
        *,
        slots: int = SLOTS,
    ) -> None:
        self.settings = settings
        self.database_url = database_url
        self.modules = modules  # where the function of each kind is
        self.slots = slots
        self.mark = mark_of(os.getpid())
        self.living: set[str] = set()
        self.stopping = asyncio.Event()
        self.hung_up = asyncio.Event()  # the database, on all its connections, since we listen
        self.era = 0  # how often it did
        self.pool = pool(database_url, size=slots + 2)

    async def run(self) -> None:
        """Work until told to stop; a database that goes away is waited for."""
        loop = asyncio.get_running_loop()
        for how in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(how, self.stopping.set)
        watches = [asyncio.create_task(self.keep_sweeping()), asyncio.create_task(self.watch())]
        try:
            while not self.stopping.is_set():
                try:
                    await self.take_tickets()
                except (ProcrastinateException, psycopg.Error, OSError) as trouble:
                    logger.warning("The queue does not answer (%s); trying again", trouble)
                await self.pause(TRY_AGAIN)
        finally:
            await asyncio.gather(*watches)
            self.pool.close()

    async def pause(self, seconds: float) -> None:
        """Wait, unless we are told to stop."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def keep_sweeping(self) -> None:
        """Recover what dead processes left: now, and every ten seconds."""
        while not self.stopping.is_set():
            await self.ask(
                lambda conn: sweep(conn, self.settings, mine=self.mark, living=self.living)
            )
            await self.pause(SWEEP_EVERY)

    async def watch(self) -> None:
        """Hold a line to the database: when it breaks, the others of before are dead as well.

        procrastinate's own listener does not outlive its connection, and would leave us polling.
        """
        line: Connection | None = None
        while not self.stopping.is_set():
            if line and not await asyncio.to_thread(queries.answers, line):
                line = None
                self.era += 1
                self.hung_up.set()
            if line is None:
                line = await asyncio.to_thread(self.call)
            await self.pause(BEAT_EVERY)
        if line:
            line.close()

    def call(self) -> Connection | None:
        """A new line to the database; nothing while it is away."""
        try:
            return connect(self.database_url, autocommit=True)
        except psycopg.OperationalError:
            return None

    async def ask(self, question: Callable[[Connection], Answer]) -> Answer | None:
        """A word with the database, off the loop; nothing when it is away."""

        def said() -> Answer:
            with self.pool.connection(timeout=5) as conn:
                return question(conn)

        try:
            return await asyncio.to_thread(said)
        except (psycopg.Error, OSError) as trouble:
            logger.warning("The database did not do what it was asked (%s)", trouble)
            return None

    async def take_tickets(self) -> None:
        """Let procrastinate call `do` for each ticket, until it loses the database or we stop."""
        connector = procrastinate.PsycopgConnector(
            conninfo=self.database_url, min_size=1, max_size=3, timeout=5
        )
        app = procrastinate.App(connector=connector)

        @app.task(name=queries.TASK, queue=queries.QUEUE)
        async def run_job(job_id: int) -> None:
            """What a ticket stands for."""
            await self.do(JobId(job_id))

        assert run_job
        self.hung_up.clear()
        async with app.open_async():
            taking = asyncio.create_task(
                app.run_worker_async(
                    queues=[queries.QUEUE],
                    concurrency=self.slots,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            )
            await first_of(taking, self.stopping, self.hung_up)
            taking.cancel()
            try:
                await taking
            except asyncio.CancelledError:
                return

    async def do(self, job_id: JobId) -> None:
        """Claim a job and see it through; nothing when somebody else has it."""
        runner = f"{self.mark} {token_hex(4)}"
        self.living.add(runner)
        try:
            if await self.ask(lambda conn: queries.claim(conn, job_id, runner)):
                lost = await self.attend(job_id, runner)
                await self.tidy(job_id, runner, lost=lost)
        finally:
            self.living.discard(runner)

    async def attend(self, job_id: JobId, runner: str) -> bool:
        """Have a child do the job, and tell that it lives; whether it only lost the database."""
        async with self.child(job_id, runner) as child:
            era = self.era
            ended = asyncio.create_task(child.wait())
            while not ended.done() and not self.stopping.is_set():
                await first_of(ended, self.stopping, patience=BEAT_EVERY)
                if not ended.done() and not await self.beats(job_id, runner):
                    return False
                if not ended.done() and self.era != era:
                    return True  # its connections are dead, though it may not know for long
            return not ended.done() or ended.result() == LOST

    async def beats(self, job_id: JobId, runner: str) -> bool:
        """Say that the run lives; false when the job is no longer ours."""
        return await self.ask(lambda conn: queries.beat(conn, job_id, runner)) is not False

    async def tidy(self, job_id: JobId, runner: str, *, lost: bool) -> None:
        """Put back a job that its run did not settle, as soon as the database answers.

        A stop of ours, or a lost database, is no fault of the job; another end counts.
        """

        def put_back(conn: Connection) -> bool:
            if lost:
                return give_back(conn, job_id, runner)
            return recover(conn, job_id, runner, self.settings)

        while await self.ask(put_back) is None and not self.stopping.is_set():
            await self.pause(TRY_AGAIN)

    @asynccontextmanager
    async def child(self, job_id: JobId, runner: str) -> AsyncGenerator[Process]:
        """A process doing a job; what it says goes to the job's log, and it ends with us."""
        folder = folder_of(self.settings, job_id)
        folder.mkdir(parents=True, exist_ok=True)
        spoken = {
            "parent": os.getpid(),
            "job_id": job_id,
            "runner": runner,
            "database_url": self.database_url,
            "settings": self.settings.model_dump_json(),
            "modules": dict(self.modules),
        }
        with (folder / LOG).open("ab") as log:
            child = await create_subprocess_exec(
                *(sys.executable, "-m", "calanus.jobs.child"),
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        try:
            assert child.stdin
            child.stdin.write(json.dumps(spoken).encode() + b"\n")
            child.stdin.close()
            yield child
        finally:
            await end(child)


async def first_of(
    task: asyncio.Task[Any], *events: asyncio.Event, patience: float | None = None
) -> None:
    """Wait for a task or an event, whichever is first, or until patience ends."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait([task, *waits], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def end(child: Process) -> None:
    """End a child and its pool: it is asked first, and after the grace no longer."""
    if child.returncode is None:
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), GRACE)
        except TimeoutError:
            logger.warning("Job process %s did not end when asked", child.pid)
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    await child.wait()
