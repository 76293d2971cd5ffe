"""Learning again while people sort: when it is time, and what it writes."""

from datetime import UTC, datetime

import numpy as np
import pytest
from relearning_world import Sea, guess_all

import given
from calanus.annotation import relearning as writing
from calanus.annotation import service as annotation
from calanus.annotation.types import (
    Guesses,
    Operation,
)
from calanus.jobs import service as jobs
from calanus.jobs.types import JobState
from calanus.kit.db import Connection, connect, fetch_values
from calanus.kit.settings import Settings
from calanus.relearning import jobs as relearning
from calanus.relearning import service
from conftest import Budget
from given import COPEPODA, DETRITUS

pytestmark = given.vaults_close_late


@pytest.fixture
def sea(shore: Connection, clone: str, settings: Settings) -> Sea:
    return Sea(shore, clone, settings)


# --- When ----------------------------------------------------------------------------------------


def test_twenty_decisions_and_a_pause_ask_once(sea: Sea) -> None:
    sea.decide(sea.large[:19])
    assert sea.ask() == 0

    sea.decide(sea.large[19:20])

    assert sea.ask() == 1
    assert sea.ask() == 0


def test_a_page_in_the_making_is_waited_for(sea: Sea) -> None:
    sea.decide(sea.large[:20], at=datetime.now(UTC))

    assert sea.ask() == 0


def test_who_never_pauses_is_learnt_from_too(sea: Sea) -> None:
    sea.decide(sea.large[:10])
    sea.decide(sea.large[10:20], at=datetime.now(UTC))

    assert sea.ask() == 1


def test_switched_off_nothing_happens(sea: Sea) -> None:
    sea.switch(on=False)
    sea.decide(sea.large[:20])

    assert sea.ask() == 0


def test_what_is_decided_during_a_job_waits_for_its_end(sea: Sea) -> None:
    sea.decide(sea.large[:20])
    assert sea.ask() == 1
    sea.decide(sea.large[:20], taxon=DETRITUS)

    assert sea.ask() == 0

    [job_id] = fetch_values(sea.conn, "SELECT job_id FROM jobs")
    assert jobs.run_here(sea.settings, sea.url, job_id).state == JobState.FINISHED
    assert sea.ask() == 0  # learnt already: they were there when it began
    sea.decide(sea.large[:20])
    assert sea.ask() == 1


def test_taking_predictions_back_is_no_decision(sea: Sea) -> None:
    sea.learn()
    annotation.undo(sea.conn, sea.tara, sea.newest(), by=sea.head, at=given.NOON)

    assert sea.ask() == 0


def test_two_who_look_at_once_ask_once(sea: Sea) -> None:
    sea.decide(sea.large[:20])

    with connect(sea.url) as one, connect(sea.url) as other:
        assert (relearning.ask(one), relearning.ask(other)) == (1, 0)


def test_a_look_is_one_statement_and_a_lesson_few_however_many_objects(
    sea: Sea, at_most: Budget
) -> None:
    with connect(sea.url) as conn, at_most(1):
        relearning.ask(conn)
    guesses, seen, act = guess_all(sea, given.CALANOIDA)
    with sea.conn.transaction(), at_most(8):
        writing.record(sea.conn, act, [guesses], seen)


# --- What ----------------------------------------------------------------------------------------


def test_what_is_undecided_is_predicted_again_and_decisions_stay(sea: Sea) -> None:
    sea.decide(sea.large[:1], taxon=DETRITUS)

    job = sea.learn()

    assert (job.state, job.errors) == (JobState.FINISHED, [])
    assert sea.lines(sea.large) == [(DETRITUS, "V")] + [(COPEPODA, "P")] * 23
    assert sea.lines(sea.small) == [(DETRITUS, "P")] * 6
    assert sea.counts_are_right()
    found = service.find(sea.conn, sea.tara)
    assert found
    assert (found.learnt_from, found.changed, found.trouble) == (17, 29, "")


def test_it_is_one_act_that_can_be_undone_and_done_again(sea: Sea) -> None:
    sea.learn()
    act = sea.newest()

    undone = annotation.undo(sea.conn, sea.tara, act, by=sea.head, at=given.NOON)
    assert undone.changed == 30
    assert sea.lines(sea.large) == [(DETRITUS, "P")] * 24
    assert sea.counts_are_right()

    annotation.undo(sea.conn, sea.tara, undone.row.batch_id, by=sea.head, at=given.NOON)
    assert sea.lines(sea.large) == [(COPEPODA, "P")] * 24
    assert annotation.guesses_of(sea.conn, sea.tara.project_id, sea.large[0])[0].score > 0.5


def test_what_would_be_the_same_is_not_written_again(sea: Sea) -> None:
    sea.learn()
    before = sea.count("history"), sea.count("predictions")

    sea.learn()

    assert (sea.count("history"), sea.count("predictions")) == before
    assert [b.operation for b in annotation.list_batches(sea.conn, sea.tara.project_id)] == [
        Operation.RELEARN
    ]


def test_many_times_leave_one_row_an_object_and_undo_goes_before_all(sea: Sea) -> None:
    tiles = np.array(sea.large, np.int64)
    for n, score in enumerate((0.6, 0.7, 0.8)):
        seen = writing.open_objects(sea.conn, sea.tara.project_id)
        taxa = np.full((24, 1), (COPEPODA, DETRITUS, COPEPODA)[n], np.int32)
        guesses = Guesses(tiles, taxa, np.full((24, 1), score))
        act = writing.Act(sea.tara.project_id, sea.head, given.NOON, {})
        with sea.conn.transaction():
            assert writing.record(sea.conn, act, [guesses], seen) == 24

    relearnt = "batch_id IN (SELECT batch_id FROM batches WHERE operation = 'relearn')"
    assert sea.count("history", relearnt) == 24
    assert sea.count("predictions", relearnt) == 24
    listed = annotation.list_batches(sea.conn, sea.tara.project_id)
    assert [b.objects for b in listed] == [24]

    annotation.undo(sea.conn, sea.tara, sea.newest(), by=sea.head, at=given.NOON)

    assert sea.lines(sea.large) == [(DETRITUS, "P")] * 24
    sql = "SELECT DISTINCT score FROM objects WHERE object_id = ANY(%(ids)s)"
    assert fetch_values(sea.conn, sql, ids=sea.large) == [0.5]
    assert sea.counts_are_right()


def test_a_decision_between_two_times_keeps_its_own_past(sea: Sea) -> None:
    sea.learn()
    act = sea.decide(sea.large[:2], taxon=DETRITUS)
    sea.decide(sea.small)
    sea.learn()

    annotation.undo(sea.conn, sea.tara, act.row.batch_id, by=sea.head, at=given.NOON)

    assert sea.lines(sea.large[:2]) == [(COPEPODA, "P")] * 2
    assert sea.counts_are_right()


def test_it_learns_as_the_last_prediction_was_asked(sea: Sea) -> None:
    request = sea.predict(
        pre_mapping={DETRITUS: given.CALANOIDA},
        classifier="forest",
        learning_limit=7,
    )

    wanted = service.request_of(sea.conn, sea.tara)

    changed = {"classifier": "linear"}
    assert wanted == request.model_copy(update=changed)


def test_what_the_last_prediction_promised_is_kept(sea: Sea) -> None:
    sea.predict(risk=1)  # per cent: 16 objects cannot prove it, so nothing may be named

    job = sea.learn()

    assert job.result == {"rowcount": 0}
    assert sea.lines(sea.large) == [(DETRITUS, "P")] * 24


def test_what_a_classifier_of_a_file_named_is_not_unlearnt(sea: Sea) -> None:
    sea.predict()
    by_file = """jsonb_set(record, '{request,model}', '"uvp6"')"""
    sea.conn.execute(f"UPDATE batches SET record = {by_file} WHERE operation = 'predict'")

    job = sea.learn()

    assert job.state == JobState.FINISHED
    assert "by “uvp6”, which was taught elsewhere" in sea.trouble()
    assert sea.count("batches", "operation = 'relearn'") == 0


def test_what_cannot_be_learnt_is_told_and_fails_nothing(sea: Sea) -> None:
    sql = "UPDATE objects SET state = 'D' WHERE state = 'V' AND taxon_id = %s"
    sea.conn.execute(sql, [DETRITUS])

    job = sea.learn()

    assert job.state == JobState.FINISHED
    assert "two taxa" in sea.trouble()
    assert sea.count("batches", "operation = 'relearn'") == 0


def test_only_the_last_job_is_listed(sea: Sea) -> None:
    for _ in range(3):
        sea.learn()

    assert len(jobs.list_jobs(sea.conn, by=sea.head)) == 1
