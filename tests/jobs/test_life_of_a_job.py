"""From the order to the result, in one process: what people see at each turn."""

import pytest

import given
import job_kinds
from calanus.jobs import queries, service
from calanus.jobs.run import enqueue
from calanus.jobs.types import JobNotFound, JobState, NotYourJob
from calanus.kit.db import connect
from calanus.kit.ids import JobId
from job_kinds import Much, Nothing, Upto
from job_world import World, world_of_a_test

world = pytest.fixture(world_of_a_test)


def test_a_job_runs_to_its_result(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto(count=3))
    waiting = world.job(job_id)
    assert (waiting.state, waiting.message, waiting.progress) == ("P", "Waiting for a slot", None)

    done = world.run(job_id)

    assert (done.state, done.message, done.progress) == ("F", "Done", 100)
    assert done.result == {"rowcount": 3}
    assert world.traces() == ["1", "2", "3"]
    assert "Counted." in world.log(job_id)


def test_a_job_that_has_begun_says_that_it_starts(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        assert queries.claim(conn, job_id, "somebody")

    begun = world.job(job_id)

    assert (begun.state, begun.message) == ("R", "Starting")


def test_no_cause_no_job(world: World) -> None:
    with connect(world.url) as conn:
        enqueue(conn, job_kinds.count, Upto(), owner=world.owner.user_id)
        conn.rollback()
        assert service.list_jobs(conn, by=world.owner) == []
    assert world.tickets() == []


def test_a_job_and_its_ticket_are_kept_with_their_cause(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())

    assert world.tickets() == [job_id]


def test_a_question_stops_the_job_and_its_answer_lets_it_proceed(world: World) -> None:
    job_id = world.ask_for(job_kinds.ask, Nothing())
    asking = world.run(job_id)
    assert (asking.state, asking.question) == ("A", {"users": ["Amanda"]})
    assert world.traces() == ["before"]

    with connect(world.url) as conn:
        service.answer(conn, asking, {"users": {"Amanda": 7}})
    proceeding = world.job(job_id)
    assert (proceeding.state, proceeding.message) == ("P", "Proceeding")
    assert job_id in world.tickets()

    done = world.run(job_id)
    assert done.result == {"users": {"Amanda": 7}}
    assert done.reply == {"users": {"Amanda": 7}}
    assert world.traces() == ["before", "undone when it stops here"]


def test_each_question_keeps_its_own_answer(world: World) -> None:
    job_id = world.ask_for(job_kinds.ask_twice, Nothing())
    for reply in ({"taxa": 10}, {"parent": 1}):
        asking = world.run(job_id)
        assert asking.state == JobState.ASKING
        with connect(world.url) as conn:
            service.answer(conn, asking, reply)

    done = world.run(job_id)

    assert done.result == {"first": {"taxa": 10}, "second": {"parent": 1}}


def test_an_answer_to_no_question_does_nothing(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    done = world.run(job_id)

    with connect(world.url) as conn:
        assert not service.answer(conn, done, {"users": {}})

    assert world.job(job_id) == done


def test_errors_are_counted_and_the_first_thousand_shown(world: World) -> None:
    job_id = world.ask_for(job_kinds.fail, Much(errors=1200))

    failed = world.run(job_id)

    assert (failed.state, failed.message) == ("E", "1200 error(s) during run")
    assert (failed.error_count, len(failed.errors)) == (1200, 1000)
    assert failed.result == {"infos": ["A column is empty."]}
    everything = service.folder_of(world.settings, job_id) / "errors.txt"
    assert len(everything.read_text().splitlines()) == 1200
    assert world.traces() == []


def test_the_sentence_of_a_room_is_shown_as_it_is(world: World) -> None:
    failed = world.run(world.ask_for(job_kinds.refuse, Nothing()))

    assert failed.message == "1 error(s) during run"
    assert failed.errors == ["A depth of 12,000 m is below the sea floor."]


def test_a_mistake_of_ours_is_a_sentence_and_its_trace_is_in_the_log(world: World) -> None:
    job_id = world.ask_for(job_kinds.break_down, Nothing())

    failed = world.run(job_id)

    assert failed.state == JobState.ERROR
    assert failed.message.startswith("The job met an error it did not expect (KeyError).")
    assert failed.errors == [failed.message]
    assert "Traceback" not in str(failed)
    assert "Traceback" in world.log(job_id)


def test_a_full_disk_is_told_as_such(world: World) -> None:
    failed = world.run(world.ask_for(job_kinds.fill_the_disk, Nothing()))

    assert failed.errors == [
        "The disk is full, and the job was stopped: make room, then restart it."
    ]
    assert world.traces() == []


def test_a_kind_nobody_knows_is_told(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        conn.execute("UPDATE jobs SET kind = 'Knit'")

    assert world.run(job_id).errors == [
        "This version of Calanus does not know how to do a job of kind Knit."
    ]


def test_only_a_failed_job_starts_again(world: World) -> None:
    failed = world.run(world.ask_for(job_kinds.refuse, Nothing()))
    done = world.run(world.ask_for(job_kinds.count, Upto()))

    with connect(world.url) as conn:
        assert service.restart(conn, failed)
        assert not service.restart(conn, done)

    again = world.job(failed.job_id)
    assert (again.state, again.message, again.errors) == ("P", "Restarting", [])


def test_a_cancelled_job_is_killed_and_starts_again_from_its_last_step(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto(count=2, gate=world.gate()))
    (world.gate() / "1").touch()

    def cancel(_: int, doing: str) -> None:
        if doing == "Waiting for 2":
            with connect(world.url) as conn:
                service.cancel(conn, world.job(job_id))

    killed = service.run_here(world.settings, world.url, job_id, on_progress=cancel)
    assert (killed.state, killed.message) == ("E", "Killed")
    assert world.traces() == ["1"]

    (world.gate() / "2").touch()
    with connect(world.url) as conn:
        service.restart(conn, killed)
    assert world.run(job_id).state == JobState.FINISHED
    assert world.traces() == ["1", "2"]


def test_an_interrupted_command_kills_its_job(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto(count=2))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.run_here(world.settings, world.url, job_id, on_progress=interrupt)

    assert world.job(job_id).message == "Killed"


def test_a_job_calculates_in_other_processes(world: World) -> None:
    done = world.run(world.ask_for(job_kinds.square, Upto(count=4)))

    assert done.result == {"squares": [0, 1, 4, 9]}


def test_an_archived_job_keeps_its_log_under_the_negative_number(world: World) -> None:
    job_id = world.ask_for(job_kinds.fail, Much(errors=1))
    failed = world.run(job_id)
    folder = service.folder_of(world.settings, job_id)
    (folder / "data").mkdir()
    (folder / "data/part").touch()

    with connect(world.url) as conn:
        service.erase(conn, failed, world.settings)

        assert service.list_jobs(conn, by=world.owner) == []
        with pytest.raises(JobNotFound):
            service.find(conn, job_id, by=world.owner)
        assert service.find(conn, -job_id, by=world.owner).archived
    assert [path.name for path in folder.iterdir()] == ["log.txt"]


def test_a_job_is_its_owners_and_the_application_managers(world: World) -> None:
    job_id = world.ask_for(job_kinds.count, Upto())
    with connect(world.url) as conn:
        stranger, head = given.user(conn, name="Basil"), given.application_manager(conn)

        with pytest.raises(NotYourJob):
            service.find(conn, job_id, by=stranger)
        assert service.list_jobs(conn, by=stranger) == []
        assert service.find(conn, job_id, by=head).job_id == job_id
        assert [j.job_id for j in service.list_jobs(conn, by=head, everybodys=True)] == [job_id]
        with pytest.raises(JobNotFound):
            service.find(conn, JobId(job_id + 1), by=head)
