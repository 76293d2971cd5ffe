"""Learning again beside people who sort: races, kills, switches, and over HTTP."""

import threading
from typing import Any

import pytest
from relearning_world import Sea, guess_all
from starlette.testclient import TestClient

import given
from calanus.annotation import relearning as writing
from calanus.annotation import service as annotation
from calanus.annotation.types import (
    KEEP,
    ClassifyOrder,
    Operation,
    VersionConflict,
)
from calanus.jobs import queries as job_queries
from calanus.jobs import service as jobs
from calanus.jobs.run import Run
from calanus.jobs.types import JobState
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings
from calanus.relearning import jobs as relearning
from calanus.relearning import service
from calanus.relearning.types import RelearnOrder
from calanus.users import service as users
from calanus.users.types import Privilege
from given import COPEPODA, DETRITUS

pytestmark = given.vaults_close_late


@pytest.fixture
def sea(shore: Connection, clone: str, settings: Settings) -> Sea:
    return Sea(shore, clone, settings)


# --- Beside people -------------------------------------------------------------------------------


def test_what_changed_while_it_learnt_is_left_alone(sea: Sea) -> None:
    guesses, seen, act = guess_all(sea, given.CALANOIDA)
    sea.decide(sea.large[:3])
    order = ClassifyOrder(sea.large[:1], [KEEP], None, operation=Operation.UNVALIDATE)
    annotation.classify(sea.conn, sea.tara, order, by=sea.head, at=given.NOON)

    with sea.conn.transaction():
        assert writing.record(sea.conn, act, [guesses], seen) == 27

    assert sea.lines(sea.large[:3]) == [(DETRITUS, "P")] + [(COPEPODA, "V")] * 2
    assert sea.counts_are_right()


def test_what_somebody_is_deciding_is_passed_over_without_waiting(sea: Sea) -> None:
    guesses, seen, act = guess_all(sea, given.CALANOIDA)
    with connect(sea.url) as person:
        order = ClassifyOrder(sea.large[:3], [COPEPODA] * 3)
        annotation.check_objects(person, sea.tara.project_id, order)  # their rows are held

        with sea.conn.transaction():
            sea.conn.execute("SET LOCAL lock_timeout = '5s'")
            assert writing.record(sea.conn, act, [guesses], seen) == 27
        annotation.classify(person, sea.tara, order, by=sea.head, at=given.NOON)

    assert sea.lines(sea.large[:3]) == [(COPEPODA, "V")] * 3
    assert sea.counts_are_right()


def test_who_decides_while_it_writes_waits_and_is_right(sea: Sea) -> None:
    guesses, seen, act = guess_all(sea, given.CALANOIDA)
    tiles, seen_as = sea.large[:3], [sea.version(tile) for tile in sea.large[:3]]

    def validate() -> None:
        with connect(sea.url) as person:
            order = ClassifyOrder(
                tiles, [KEEP] * 3, versions=seen_as, operation=Operation.VALIDATE,
                seen=[int(DETRITUS)] * 3,
            )  # fmt: skip
            annotation.classify(person, sea.tara, order, by=sea.head, at=given.NOON)

    person = threading.Thread(target=validate)
    with connect(sea.url) as machine:
        writing.record(machine, act, [guesses], seen)
        person.start()
        person.join(0.3)
        assert person.is_alive()  # it waits for the machine to have written
    person.join()

    assert sea.lines(tiles) == [(DETRITUS, "V")] * 3  # what they saw, not what it was meanwhile
    assert sea.lines(sea.large[3:4]) == [(given.CALANOIDA, "P")]
    assert sea.counts_are_right()


@pytest.mark.parametrize("operation", [Operation.VALIDATE, Operation.DOUBT])
def test_who_does_not_say_what_they_saw_is_asked_to_look(sea: Sea, operation: Operation) -> None:
    seen_as = [sea.version(tile) for tile in sea.large[:1]]
    sea.learn()

    order = ClassifyOrder(sea.large[:1], [KEEP], versions=seen_as, operation=operation)
    with pytest.raises(VersionConflict):
        annotation.classify(sea.conn, sea.tara, order, by=sea.head, at=given.NOON)


def test_a_name_stands_whatever_was_predicted_since(sea: Sea) -> None:
    versions = [sea.version(tile) for tile in sea.large[:2]]
    sea.learn()

    sea.decide(sea.large[:2], taxon=given.CALANOIDA, versions=versions)

    assert sea.lines(sea.large[:2]) == [(given.CALANOIDA, "V")] * 2


def test_a_decision_of_somebody_else_is_still_a_conflict(sea: Sea) -> None:
    versions = [sea.version(tile) for tile in sea.large[:2]]
    sea.learn()
    sea.decide(sea.large[1:2])

    with pytest.raises(VersionConflict) as refused:
        sea.decide(sea.large[:2], taxon=given.CALANOIDA, versions=versions)

    assert refused.value.objects == sea.large[1:2]


def test_killed_before_the_end_nothing_is_written_and_the_next_run_does_it(sea: Sea) -> None:
    job_id, runner = sea.job(), "a machine that loses its power"
    assert job_queries.claim(sea.conn, job_id, runner)
    job = jobs.find(sea.conn, job_id, by=sea.head)
    with Run(job, runner, sea.settings, sea.url) as run:
        relearning.relearn.function(run, RelearnOrder(project_id=sea.tara.project_id))
        assert run.result == {"rowcount": 30}  # all is done, and nothing kept yet
    assert sea.lines(sea.large) == [(DETRITUS, "P")] * 24
    assert sea.count("batches", "operation = 'relearn'") == 0
    assert sea.counts_are_right()

    job_queries.give_back(sea.conn, job_id, runner, "Restarting", 0)
    job = jobs.run_here(sea.settings, sea.url, job_id)

    assert job.state == JobState.FINISHED
    assert sea.lines(sea.large) == [(COPEPODA, "P")] * 24
    assert sea.counts_are_right()


def test_two_jobs_at_once_are_one(sea: Sea) -> None:
    with connect(sea.url) as other:
        assert service.alone(other, sea.tara.project_id)

        job = sea.learn()

    assert (job.state, job.result) == (JobState.FINISHED, {})
    assert sea.lines(sea.large) == [(DETRITUS, "P")] * 24


def test_switched_off_while_it_learns_nothing_is_written(
    sea: Sea, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = service.service.train

    def off_first(*args: Any) -> Any:
        sea.switch(on=False)
        return train(*args)

    monkeypatch.setattr(service.service, "train", off_first)

    job = sea.learn()

    assert job.state == JobState.FINISHED
    assert sea.count("batches", "operation = 'relearn'") == 0


# --- Over HTTP -----------------------------------------------------------------------------------


def test_who_may_predict_switches_and_who_may_see_looks(web: TestClient, sea: Sea) -> None:
    guest = given.user(sea.conn, name="Vera Viewer")
    users.set_members(
        sea.conn,
        sea.tara.project_id,
        {sea.head.user_id: Privilege.MANAGE, guest.user_id: Privilege.VIEW},
    )
    at = f"/api/projects/{sea.tara.project_id}/relearning"
    mine, theirs = given.headers(sea.head), given.headers(guest)

    assert web.get(at, headers=theirs).json()["on"] is True
    refused = web.put(at, json={"on": False}, headers=theirs)
    assert refused.status_code == 403
    assert web.put(at, json={"on": False}, headers=mine).json()["on"] is False
    assert web.put(at, json={"on": True}, headers=mine).json() == {
        "on": True,
        "learning": False,
        "learnt_at": None,
        "learnt_from": 0,
        "changed": 0,
        "trouble": "",
    }
    assert web.put(at, json={"on": "perhaps"}, headers=mine).status_code == 422


def test_a_page_validates_what_it_saw(web: TestClient, sea: Sea) -> None:
    versions = [sea.version(tile) for tile in sea.large[:2]]
    sea.learn()
    body = {
        "client_key": "6a8b5f2e-3d0c-4a57-9c51-0f6a4f0e7c11",
        "operation": "validate",
        "objects": sea.large[:2],
        "taxa": [DETRITUS, DETRITUS],
        "versions": versions,
    }

    done = web.post(
        f"/api/projects/{sea.tara.project_id}/batches", json=body, headers=given.headers(sea.head)
    )

    assert done.status_code == 200
    assert (done.json()["taxa"], done.json()["states"]) == ([DETRITUS, DETRITUS], "VV")
