"""Do a job in the caller's own process, as the command line does."""

import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from secrets import token_hex

import psycopg

from calanus.jobs import queries
from calanus.jobs.perform import Collided, Lost, perform
from calanus.jobs.recovery import give_back, recover, sweep
from calanus.jobs.run import OnProgress, Run
from calanus.jobs.types import KILLED, Cancelled, Job, JobNotFound, JobState
from calanus.kit.db import connect
from calanus.kit.ids import JobId
from calanus.kit.processes import mark_of
from calanus.kit.settings import Settings

BEAT_EVERY = 2.0  # seconds
LOOK_EVERY = 0.5  # seconds
PATIENCE = 60.0  # seconds that the database may be away


def run_here(
    settings: Settings,
    database_url: str,
    job_id: JobId,
    *,
    on_progress: OnProgress | None = None,
) -> Job:
    """Run a job in this process until it ends or asks; follow it when a worker was faster.

    An interrupted job (Ctrl-C) is killed; a killed process leaves its job to the next worker.
    """
    here = Here(settings, database_url, job_id, on_progress)
    try:
        while True:
            job = here.patiently_advance()
            if job.state not in (JobState.PENDING, JobState.RUNNING):
                return job
    except KeyboardInterrupt:
        with connect(database_url) as conn:
            queries.cancel(conn, job_id, KILLED)
        raise


class Here:
    """A job and the process that does or follows it."""

    def __init__(
        self,
        settings: Settings,
        database_url: str,
        job_id: JobId,
        on_progress: OnProgress | None,
    ) -> None:
        self.settings = settings
        self.database_url = database_url
        self.job_id = job_id
        self.on_progress = on_progress
        self.runner = f"{mark_of(os.getpid())} {token_hex(4)}"

    def patiently_advance(self) -> Job:
        """Advance; a database that starts again is waited for."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.advance()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_EVERY)

    def advance(self) -> Job:
        """Do the job if it is free, else look how far its runner is."""
        with connect(self.database_url) as conn:
            # A run of ours that the database left behind.
            give_back(conn, self.job_id, self.runner)
            claimed = queries.claim(conn, self.job_id, self.runner)
        if claimed:
            self.do()
        else:
            time.sleep(LOOK_EVERY)
        with connect(self.database_url) as conn:
            if not claimed:
                sweep(conn, self.settings, mine=self.runner, living=[self.runner])
            job = queries.find(conn, self.job_id)
        if job is None:
            raise JobNotFound(self.job_id)
        if self.on_progress and not claimed:
            self.on_progress(job.progress or 0, job.message)
        return job

    def do(self) -> None:
        """Run the claimed job, with its heart beating."""
        with connect(self.database_url) as conn:
            job = queries.find(conn, self.job_id)
        assert job
        with (
            Run(job, self.runner, self.settings, self.database_url, self.on_progress) as run,
            self.heart(run),
        ):
            try:
                perform(run, job)
            except (Cancelled, Lost):
                return
            except Collided:
                recover(run.aside, self.job_id, self.runner, self.settings)

    @contextmanager
    def heart(self, run: Run) -> Generator[None]:
        """A thread that says the run lives, and tells it when it is cancelled."""
        stop = threading.Event()
        thread = threading.Thread(target=self.beat, args=(run, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def beat(self, run: Run, stop: threading.Event) -> None:
        """Every two seconds; a database that is away is asked again later."""
        while not stop.wait(BEAT_EVERY):
            try:
                with connect(self.database_url) as conn:
                    if not queries.beat(conn, self.job_id, self.runner):
                        run.cancelled.set()
            except psycopg.OperationalError:
                continue
