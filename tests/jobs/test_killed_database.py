"""The database server is killed in the middle of everything, and everything ends well."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import job_kinds
import pytest
from job_kinds import Upto
from job_world import World, new_world, until

from calanus.jobs import service
from calanus.jobs.types import JobState
from calanus.kit.migrate import migrate
from calanus.kit.postgres import embedded
from calanus.kit.settings import Settings


@pytest.fixture(scope="module")
def frail() -> Iterator[World]:
    """A world on an embedded server of its own, watched as `calanus serve` does."""
    folder = Path(tempfile.mkdtemp(prefix="calanus-test-"))
    folder.chmod(0o711)
    settings = Settings(data=folder, pg_bin=os.environ.get("CALANUS_PG_BIN", ""), database_url="")
    with embedded(settings, watch=True) as url:
        migrate(url)
        world = new_world(url, settings)
        yield world
        for worker in world.workers:
            world.dismiss(worker)
    shutil.rmtree(folder)


def kill_database(world: World) -> None:
    """As the kernel does when memory ends."""
    pid = (world.settings.data / "pg/postmaster.pid").read_text().splitlines()[0]
    os.kill(int(pid), signal.SIGKILL)


def test_a_worker_and_its_job_outlive_the_database(frail: World) -> None:
    frail.work()
    job_id = frail.ask_for(job_kinds.count, Upto(count=2, gate=frail.gate()))
    (frail.gate() / "1").touch()
    until(lambda: frail.traces() == ["1"])

    kill_database(frail)
    (frail.gate() / "2").touch()

    done = until(lambda: ended(frail, job_id))
    assert (done.message, done.attempts) == ("Done", 1)
    assert frail.traces() == ["1", "2"]
    again = frail.ask_for(job_kinds.count, Upto(count=1))
    until(lambda: ended(frail, again))


def test_a_command_outlives_the_database(frail: World) -> None:
    for worker in frail.workers:
        frail.dismiss(worker)
    gate = frail.gate() / "here"
    gate.mkdir()
    job_id = frail.ask_for(job_kinds.count, Upto(count=2, gate=gate))
    (gate / "1").touch()

    def kill(_: int, doing: str) -> None:
        if doing == "Waiting for 2" and not (gate / "2").exists():
            (gate / "2").touch()
            kill_database(frail)

    done = service.run_here(frail.settings, frail.url, job_id, on_progress=kill)

    assert (done.state, done.attempts) == (JobState.FINISHED, 1)


def ended(world: World, job_id: int) -> object:
    """The job when it has ended; nothing while it has not, or the database is away."""
    import psycopg

    try:
        job = world.job(job_id)  # pyright: ignore
    except psycopg.OperationalError:
        return None
    return job if job.state in ("E", "F") else None
