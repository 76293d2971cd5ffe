"""Jobs whose files nobody comes back for are put away by themselves."""

from datetime import UTC, datetime, timedelta

import pytest

import job_kinds
from calanus.jobs import service
from calanus.jobs.recovery import LOG
from calanus.jobs.types import JobState
from calanus.kit.db import connect
from calanus.kit.ids import JobId
from calanus.worker import JOBS, PUT_AWAY, put_jobs_away
from job_kinds import Nothing, Upto
from job_world import World, world_of_a_test

world = pytest.fixture(world_of_a_test)
NOW = datetime.now(UTC)


def put_away(world: World, *kinds: str, days: float) -> int:
    """What is put away of these kinds once so many days went by."""
    with connect(world.url) as conn:
        return service.put_away_old(conn, kinds, world.settings, at=NOW + timedelta(days=days))


def standing(world: World, *job_ids: JobId) -> list[tuple[str, bool]]:
    """The states of jobs, and whether they are archived."""
    found = [world.job(job_id) for job_id in job_ids]
    return [(job.state, job.archived) for job in found]


def test_a_finished_job_goes_after_a_week_and_another_after_a_month(world: World) -> None:
    done = world.ask_for(job_kinds.count, Upto(count=1))
    asking = world.ask_for(job_kinds.ask_twice, Nothing())
    failed = world.ask_for(job_kinds.refuse, Nothing())
    waiting = world.ask_for(job_kinds.count, Upto())
    for job_id in (done, asking, failed):
        world.run(job_id)
    folder = service.folder_of(world.settings, done)
    (folder / "export.zip").write_bytes(b"PK")
    kinds = ("Count", "AskTwice", "Refuse")

    assert put_away(world, *kinds, days=6) == 0
    assert put_away(world, *kinds, days=8) == 1
    assert [path.name for path in folder.iterdir()] == [LOG]
    assert put_away(world, *kinds, days=29) == 0
    assert put_away(world, *kinds, days=31) == 3

    assert standing(world, done, asking, failed, waiting) == [
        (JobState.FINISHED, True),
        *[(JobState.ERROR, True)] * 3,
    ]
    assert world.job(waiting).message == "Killed"


def test_jobs_of_other_kinds_stay(world: World) -> None:
    done = world.ask_for(job_kinds.count, Upto(count=1))
    world.run(done)

    assert put_away(world, "Refuse", days=400) == 0
    assert standing(world, done) == [(JobState.FINISHED, False)]


def test_the_worker_puts_away_what_was_moved_and_written(world: World) -> None:
    done = world.ask_for(job_kinds.count, Upto(count=1))
    world.run(done)
    with connect(world.url) as conn:
        old = "UPDATE jobs SET kind = 'BackupExport', updated_at = now() - interval '8 days'"
        conn.execute(old)

    assert put_jobs_away(world.settings, world.url) == 1
    assert set(PUT_AWAY) < set(JOBS)
    assert "Prediction" not in PUT_AWAY


def test_a_job_that_says_nothing_has_a_log_too(world: World) -> None:
    asking = world.ask_for(job_kinds.ask_twice, Nothing())

    job = world.run(asking)

    assert service.log_file(job, world.settings).read_text() == ""
