"""Workers: jobs done elsewhere, and what becomes of them when a process is killed."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

import job_kinds
from calanus.jobs import queries, service
from calanus.jobs.recovery import sweep
from calanus.jobs.types import Job, JobState
from calanus.kit.db import connect, execute
from calanus.kit.ids import JobId
from calanus.kit.processes import mark_of, started
from calanus.kit.settings import Settings
from job_kinds import Nothing, Upto
from job_world import World, new_world, until, world_of_a_test

world = pytest.fixture(world_of_a_test)


@pytest.fixture(scope="module")
def lab(shared_clone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with a worker that lives through the tests that share it."""
    settings = Settings(data=tmp_path_factory.mktemp("lab"), database_url="")
    world = new_world(shared_clone, settings)
    worker = world.work()
    yield world
    world.dismiss(worker)


def claimed_by(world: World, runner: str) -> JobId:
    """A job that somebody says to be running."""
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        assert queries.claim(conn, job_id, runner)
        execute(conn, "DELETE FROM procrastinate_jobs")
    return job_id


def swept(world: World, job_id: JobId) -> Job:
    """The job after a sweep."""
    with connect(world.url) as conn:
        sweep(conn, world.settings)
    return world.job(job_id)


def test_a_worker_does_one_job_after_another(lab: World) -> None:
    first = lab.ask_for(job_kinds.count, Upto(count=2))
    assert lab.becomes(first, JobState.FINISHED).result == {"rowcount": 2}

    second = lab.ask_for(job_kinds.square, Upto(count=3))

    assert lab.becomes(second, JobState.FINISHED).result == {"squares": [0, 1, 4]}
    assert first not in lab.tickets()


def test_a_worker_asks_and_proceeds(lab: World) -> None:
    job_id = lab.ask_for(job_kinds.ask, Nothing())
    asking = lab.becomes(job_id, JobState.ASKING)

    with connect(lab.url) as conn:
        service.answer(conn, asking, {"users": {}})

    assert lab.becomes(job_id, JobState.FINISHED).result == {"users": {}}


def test_a_mistake_in_a_worker_leaves_its_trace_in_the_log_alone(lab: World) -> None:
    job_id = lab.ask_for(job_kinds.break_down, Nothing())

    failed = lab.becomes(job_id, JobState.ERROR)

    assert "KeyError" in failed.message
    assert "Traceback" in lab.log(job_id)


def test_a_cancelled_job_is_ended_though_it_says_nothing(lab: World) -> None:
    job_id = lab.ask_for(job_kinds.hold, Upto(gate=lab.gate()))
    said = lab.gate() / "holding"
    until(lambda: said.exists() and said.read_text())

    with connect(lab.url) as conn:
        service.cancel(conn, lab.job(job_id))

    until(lambda: started(int(said.read_text())) is None)
    killed = lab.job(job_id)
    assert (killed.state, killed.message) == ("E", "Killed")


def test_a_job_whose_process_was_killed_starts_again_from_its_last_step(lab: World) -> None:

    done = lab.becomes(lab.ask_for(job_kinds.crash, Upto(count=2)), JobState.FINISHED)

    assert (done.result, done.attempts) == ({"crashed": 2}, 3)


def test_a_job_that_kills_its_process_three_times_is_given_up(lab: World) -> None:

    failed = lab.becomes(lab.ask_for(job_kinds.crash, Upto(count=9)), JobState.ERROR)

    assert failed.message.startswith("The job's process ended without a word 3 times")
    assert failed.errors == [failed.message]


def test_a_killed_worker_takes_its_jobs_along_and_the_next_one_resumes(world: World) -> None:
    first = world.work()
    job_id = world.ask_for(job_kinds.count, Upto(count=2, gate=world.gate()))
    (world.gate() / "1").touch()
    until(lambda: world.traces() == ["1"])

    world.dismiss(first, signal.SIGKILL)
    (world.gate() / "2").touch()
    world.work()

    assert world.becomes(job_id, JobState.FINISHED).attempts == 2
    assert world.traces() == ["1", "2"]


def test_a_job_ends_with_its_killed_worker(world: World) -> None:
    worker = world.work()
    world.ask_for(job_kinds.hold, Upto(gate=world.gate()))
    said = world.gate() / "holding"
    until(lambda: said.exists() and said.read_text())

    world.dismiss(worker, signal.SIGKILL)

    until(lambda: started(int(said.read_text())) is None)


def test_a_worker_told_to_stop_puts_its_jobs_back(world: World) -> None:
    worker = world.work()
    job_id = world.ask_for(job_kinds.count, Upto(count=2, gate=world.gate()))
    (world.gate() / "1").touch()
    until(lambda: world.traces() == ["1"])

    world.dismiss(worker)

    waiting = world.job(job_id)
    assert (waiting.state, waiting.message, waiting.attempts) == ("P", "Restarting", 0)
    assert worker.returncode == 0
    assert job_id in world.tickets()


def test_a_command_follows_a_job_that_a_worker_took(lab: World) -> None:
    job_id = lab.ask_for(job_kinds.count, Upto(count=1, gate=lab.gate()))
    lab.becomes(job_id, JobState.RUNNING)
    seen: list[str] = []

    def see(_: int, doing: str) -> None:
        seen.append(doing)
        if doing == "Waiting for 1":
            (lab.gate() / "1").touch()

    done = service.run_here(lab.settings, lab.url, job_id, on_progress=see)

    assert done.state == JobState.FINISHED
    assert "Waiting for 1" in seen


def test_the_job_of_a_dead_process_waits_again(world: World) -> None:
    job_id = claimed_by(world, f"{mark_of(os.getpid())[:-1]}x token")

    assert swept(world, job_id).state == JobState.PENDING
    assert world.tickets() == [job_id]


def test_the_job_of_a_living_process_is_left_alone_however_long_it_slept(world: World) -> None:
    job_id = claimed_by(world, f"{mark_of(os.getpid())} token")
    with connect(world.url) as conn:
        conn.execute("UPDATE jobs SET heartbeat_at = now() - interval '2 hours'")

    assert swept(world, job_id).state == JobState.RUNNING


def test_the_job_of_another_machine_is_its_own_until_its_heart_stops(world: World) -> None:
    job_id = claimed_by(world, "elsewhere/boot/ns 12 345 token")
    assert swept(world, job_id).state == JobState.RUNNING

    with connect(world.url) as conn:
        conn.execute("UPDATE jobs SET heartbeat_at = now() - interval '61 seconds'")

    assert swept(world, job_id).state == JobState.PENDING


def test_who_lost_a_job_keeps_nothing_more(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto(count=2, gate=world.gate()))
    runs = threading.Thread(target=world.run, args=(job_id,))
    runs.start()
    until(lambda: world.job(job_id).message == "Waiting for 1")
    with connect(world.url) as conn:
        conn.execute("UPDATE jobs SET runner = %s", [f"{mark_of(os.getpid())} other"])

    (world.gate() / "1").touch()
    until(lambda: "Stopped." in world.log(job_id))

    assert world.traces() == []
    with connect(world.url) as conn:
        service.cancel(conn, world.job(job_id))
    runs.join()


def test_a_pending_job_without_a_ticket_gets_one(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        execute(conn, "UPDATE procrastinate_jobs SET status = 'doing'")

    swept(world, job_id)

    assert world.tickets() == [job_id]
