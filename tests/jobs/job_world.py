"""The world of jobs: a database of one's own, a person, and workers as real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import given
from calanus.jobs import queries, service
from calanus.jobs.run import JobKind, enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import connect, execute, fetch_values
from calanus.kit.ids import JobId
from calanus.kit.settings import Settings
from calanus.users.types import User

HERE = Path(__file__).parent


def until(true: Callable[[], Any]) -> Any:
    """Wait for a condition; the test's own time limit ends a vain wait."""
    while not (found := true()):
        time.sleep(0.02)
    return found


@dataclass
class World:
    """An installation with one person who asks for jobs."""

    url: str
    settings: Settings
    owner: User
    workers: list[subprocess.Popen[bytes]] = field(
        default_factory=lambda: list[subprocess.Popen[bytes]]()
    )

    def ask_for(self, kind: JobKind[Any], order: BaseModel) -> JobId:
        """A job, committed."""
        with connect(self.url) as conn:
            return enqueue(conn, kind, order, owner=self.owner.user_id)

    def run(self, job_id: JobId) -> Job:
        """Do a job in this process."""
        return service.run_here(self.settings, self.url, job_id)

    def job(self, job_id: JobId) -> Job:
        """The job as it is now."""
        with connect(self.url) as conn:
            job = queries.find(conn, job_id)
        assert job
        return job

    def becomes(self, job_id: JobId, state: JobState) -> Job:
        """The job, once it is in a state."""
        until(lambda: self.job(job_id).state == state)
        return self.job(job_id)

    def runner(self, job_id: JobId) -> str | None:
        """Who runs a job."""
        sql = "SELECT runner FROM jobs WHERE job_id = %(job_id)s"
        with connect(self.url) as conn:
            return fetch_values(conn, sql, job_id=job_id)[0]

    def traces(self) -> list[str]:
        """What the jobs wrote and kept."""
        with connect(self.url) as conn:
            return fetch_values(conn, "SELECT sentence FROM traces ORDER BY trace_id")

    def tickets(self) -> list[int]:
        """The jobs that wait in the queue."""
        sql = "SELECT (args ->> 'job_id')::bigint FROM procrastinate_jobs WHERE status = 'todo'"
        with connect(self.url) as conn:
            return fetch_values(conn, sql)

    def log(self, job_id: JobId) -> str:
        """What the job said."""
        path = service.folder_of(self.settings, job_id) / service.LOG
        return path.read_text() if path.exists() else ""

    def gate(self) -> Path:
        """A folder in which files are permissions to go on."""
        folder = self.settings.data / "gate"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def work(self) -> subprocess.Popen[bytes]:
        """A worker in a process of its own."""
        modules = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        worker = subprocess.Popen(
            [sys.executable, HERE / "worker_process.py"],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": modules},
        )
        assert worker.stdin
        spoken = {"settings": self.settings.model_dump_json(), "database_url": self.url}
        with worker.stdin as line:
            line.write(json.dumps(spoken).encode())
        self.workers.append(worker)
        return worker

    def dismiss(self, worker: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> None:
        """End a worker."""
        worker.send_signal(how)
        worker.wait()


def new_world(url: str, settings: Settings) -> World:
    """A world in a database: somebody, and a table in which jobs leave traces."""
    with connect(url) as conn:
        execute(
            conn,
            """CREATE TABLE traces (
                trace_id bigint GENERATED ALWAYS AS IDENTITY, job_id bigint, sentence text)""",
        )
        owner = given.user(conn)
    return World(url, settings, owner)


def world_of_a_test(clone: str, settings: Settings) -> Iterator[World]:
    """A fixture, for the files that want it: a world whose workers end with the test."""
    world = new_world(clone, settings)
    yield world
    for worker in world.workers:
        if worker.poll() is None:
            world.dismiss(worker)
