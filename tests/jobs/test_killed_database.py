"""The database server is killed in the middle of everything, and everything ends well."""

import os
import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest

import job_kinds
from calanus.jobs import service
from calanus.jobs.types import ENDED, Job, JobState
from calanus.kit.db import connect
from calanus.kit.ids import JobId
from calanus.kit.migrate import migrate
from calanus.kit.postgres import embedded
from calanus.kit.settings import Settings
from conftest import a_server_s_folder
from job_kinds import Upto
from job_world import World, new_world, until


@pytest.fixture(scope="module")
def frail() -> Iterator[World]:
    """A world on an embedded server of its own, watched as `calanus serve` does."""
    programs = os.environ.get("CALANUS_PG_BIN", "")
    with a_server_s_folder() as folder:
        settings = Settings(data=folder, pg_bin=programs, database_url="")
        with embedded(settings, watch=True) as url:
            migrate(url)
            world = new_world(url, settings)
            yield world
            for worker in world.workers:
                if worker.poll() is None:
                    world.dismiss(worker)


def kill_server(world: World) -> None:
    """As the kernel does when memory ends."""
    pid = (world.settings.data / "pg/postmaster.pid").read_text().splitlines()[0]
    os.kill(int(pid), signal.SIGKILL)


def kill_backend(world: World) -> None:
    """One process of the server: it then drops all its connections and recovers by itself."""
    with connect(world.url) as conn:
        os.kill(conn.info.backend_pid, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_server, kill_backend])
def test_a_worker_and_its_job_outlive_the_database(
    frail: World, kill: Callable[[World], None]
) -> None:
    worker = frail.work()
    before = frail.traces()
    gate = frail.gate() / kill.__name__
    gate.mkdir()
    job_id = frail.ask_for(job_kinds.count, Upto(count=2, gate=gate))
    (gate / "1").touch()
    until(lambda: frail.traces() == [*before, "1"])

    kill(frail)
    (gate / "2").touch()

    done = until(lambda: ended(frail, job_id))
    assert (done.message, done.attempts) == ("Done", 1)
    assert frail.traces() == [*before, "1", "2"]
    again = frail.ask_for(job_kinds.count, Upto(count=1))
    until(lambda: ended(frail, again))
    frail.dismiss(worker)


def test_a_command_outlives_the_database(frail: World) -> None:
    gate = frail.gate() / "here"
    gate.mkdir()
    job_id = frail.ask_for(job_kinds.count, Upto(count=2, gate=gate))
    (gate / "1").touch()

    def kill(_: int, doing: str) -> None:
        if doing == "Waiting for 2" and not (gate / "2").exists():
            (gate / "2").touch()
            kill_server(frail)

    done = service.run_here(frail.settings, frail.url, job_id, on_progress=kill)

    assert (done.state, done.attempts) == (JobState.FINISHED, 1)


def ended(world: World, job_id: JobId) -> Job | None:
    """The job when it has ended; nothing while it has not, or the database is away."""
    try:
        job = world.job(job_id)
    except psycopg.OperationalError:
        return None
    return job if job.state in ENDED else None
