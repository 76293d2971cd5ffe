"""Back in the history of objects: what goes back, whereto, and that it can be undone."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import given
from calanus.annotation import reverting, service
from calanus.annotation.guessing import take_guesses
from calanus.annotation.reverting import RevertOrder
from calanus.annotation.types import BadOrder, ClassifyOrder, NotUndoable, OthersBatch
from calanus.kit import db
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import State
from calanus.projects import service as projects
from calanus.projects.types import Project
from given import CALANOIDA, COPEPODA, DETRITUS, NOON
from revert_world import Sorted

ALL = ProjectFilters()


@pytest.fixture
def world(conn: Connection) -> Sorted:
    return Sorted(conn)


def test_an_object_goes_back_to_what_it_was_before(world: Sorted) -> None:
    [tile, other] = world.tiles
    predicted = world.is_now(tile)
    first = world.type(tile, COPEPODA, world.amanda)
    world.type(tile, CALANOIDA, world.ben)

    world.revert()

    assert world.is_now(tile) == (COPEPODA, "V", None, first)
    assert world.past(tile) == [(DETRITUS, "P")]
    assert world.is_now(other) == (None, None, None, 0), "it had no identification before"
    world.counted()

    world.revert()

    assert world.is_now(tile) == predicted
    assert service.predictions(world.conn, [tile], by=world.head) == [
        (tile, DETRITUS, 0.7),
        (tile, COPEPODA, 0.2),
    ]
    world.counted()


def test_a_revert_is_undone_and_done_again_as_one_act(world: Sorted) -> None:
    [tile, other] = world.tiles
    first = world.type(tile, COPEPODA, world.amanda)
    second = world.type(tile, CALANOIDA, world.ben)
    before, past = [world.is_now(t) for t in world.tiles], world.past(tile)
    reverted = world.revert()
    after = [world.is_now(t) for t in world.tiles]

    undone = world.undo(reverted)

    assert (undone.changed, undone.conflicts) == (2, [])
    assert [world.is_now(t) for t in world.tiles] == before
    assert world.past(tile) == past
    world.counted()

    again = world.undo(undone.row.batch_id)

    assert again.changed == 2
    assert [world.is_now(t) for t in world.tiles] == after
    assert world.past(tile) == [(DETRITUS, "P")]
    world.counted()

    world.undo(again.row.batch_id)

    assert [world.is_now(t) for t in world.tiles] == before
    assert world.past(tile) == past
    world.undo(second)
    assert world.is_now(tile) == (COPEPODA, "V", None, first)
    assert world.is_now(other) == before[1]
    world.counted()


def test_two_reverts_are_undone_one_after_the_other(world: Sorted) -> None:
    [tile, _] = world.tiles
    world.type(tile, COPEPODA, world.amanda)
    world.type(tile, CALANOIDA, world.ben)
    first = world.revert()
    once = world.is_now(tile)
    second = world.revert()

    early = world.undo(first)
    assert [(c.object_id, c.by) for c in early.conflicts] == [(tile, world.head.name)]
    world.undo(early.row.batch_id)  # nothing of it is left to be done again
    world.undo(second)
    assert world.is_now(tile) == once


def test_undoing_the_earlier_of_two_reverts_leaves_what_the_later_one_did(world: Sorted) -> None:
    [tile, other] = world.tiles
    world.type(tile, COPEPODA, world.amanda)
    first = world.revert()
    world.type(tile, CALANOIDA, world.ben)
    kept = world.is_now(tile)

    undone = world.undo(first)

    assert [(c.object_id, c.by) for c in undone.conflicts] == [(tile, "Benoît")]
    assert world.is_now(tile) == kept
    assert world.is_now(other)[:3] == (DETRITUS, "P", 0.7)
    world.counted()


def test_back_to_one_persons_decisions_where_another_person_decided_since(world: Sorted) -> None:
    [tile, other] = world.tiles
    first = world.type(tile, COPEPODA, world.amanda)
    world.type(tile, CALANOIDA, world.ben)
    world.type(tile, DETRITUS, world.ben, State.DUBIOUS)
    world.type(other, COPEPODA, world.amanda)
    hers = world.is_now(other)

    world.revert(target=world.amanda)

    assert world.is_now(tile) == (COPEPODA, "V", None, first)
    assert world.is_now(other) == hers, "it is hers already"
    assert world.past(tile) == [(DETRITUS, "P")]
    world.counted()


def test_one_persons_work_is_skipped_when_the_filter_names_them(world: Sorted) -> None:
    [tile, _] = world.tiles
    first = world.type(tile, COPEPODA, world.amanda)
    world.type(tile, CALANOIDA, world.ben)
    world.type(tile, DETRITUS, world.ben)

    world.revert(filt_last_annot=str(world.ben.user_id))

    assert world.is_now(tile) == (COPEPODA, "V", None, first)
    assert world.is_now(world.tiles[1])[1] == "P", "nobody of that name identified it"
    world.counted()


def test_what_was_imported_as_identified_becomes_unidentified(
    conn: Connection, world: Sorted
) -> None:
    [tile] = given.objects(conn, world.tara, 1, taxon=COPEPODA, state="V", by=world.amanda)

    reverted = world.revert(taxo=str(COPEPODA))

    assert world.is_now(tile) == (None, None, None, reverted)
    world.counted()
    typed = world.type(tile, CALANOIDA, world.ben)
    world.revert(taxo=str(CALANOIDA))
    assert world.is_now(tile) == (None, None, None, reverted)
    assert typed != reverted
    world.counted()


def test_what_has_nowhere_to_go_stays_and_makes_no_history(conn: Connection) -> None:
    head = given.application_manager(conn)
    tara = given.project(conn)
    given.objects(conn, tara, 3)

    batch_id = reverting.revert(conn, tara, RevertOrder(ALL), by=head, at=NOON)

    assert service.require_batch(conn, tara.project_id, batch_id).objects == 0
    [rows] = conn.execute("SELECT count(*) FROM history").fetchall()
    assert rows == (0,)


def test_a_batch_whose_last_row_was_popped_is_taken_back(world: Sorted) -> None:
    [tile, other] = world.tiles
    alone = world.type(tile, COPEPODA, world.amanda)
    order = ClassifyOrder([tile, other], [CALANOIDA] * 2)
    both = service.classify(world.conn, world.tara, order, by=world.ben, at=NOON).row.batch_id
    [sample] = {o.sample_id for o in objects.parents(world.conn, [tile], by=world.head)}

    first = world.revert(samples=str(sample))

    def undone_by(batch_id: int) -> int | None:
        return service.require_batch(world.conn, world.tara.project_id, batch_id).undone_by

    assert (undone_by(both), undone_by(alone)) == (first, None)
    with pytest.raises(NotUndoable, match="taken back already"):
        world.undo(both)
    world.undo(first)
    assert undone_by(both) is None
    assert world.undo(both).changed == 2


def test_guesses_that_were_taken_back_are_not_shown(world: Sorted) -> None:
    [tile, _] = world.tiles
    assert service.guesses_of(world.conn, world.tara.project_id, tile)

    world.revert()

    assert service.guesses_of(world.conn, world.tara.project_id, tile) == []


def test_only_its_author_or_a_manager_undoes_a_revert(world: Sorted) -> None:
    world.type(world.tiles[0], COPEPODA, world.amanda)
    reverted = world.revert()
    members = {world.tara.contact_id or 0: "Manage", world.amanda.user_id: "Annotate"}
    given.users.set_members(world.conn, world.tara.project_id, members)

    with pytest.raises(OthersBatch):
        world.undo(reverted, by=world.amanda)


def test_too_many_objects_at_once_are_refused(
    world: Sorted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reverting, "MOST_OBJECTS", 1)

    with pytest.raises(BadOrder, match="Narrow the filter"):
        world.revert()


def test_who_classifies_while_a_revert_waits_keeps_their_work(clone: str) -> None:
    with db.connect(clone, autocommit=True) as shore:
        world = Sorted(shore)
        [tile, other] = world.tiles
        for each in world.tiles:
            world.type(each, COPEPODA, world.amanda)
        hers = str(world.amanda.user_id)
        order = RevertOrder(ProjectFilters(filt_last_annot=hers))

        def classify(conn: Connection) -> None:
            typed = ClassifyOrder([tile], [CALANOIDA])
            service.classify(conn, world.tara, typed, by=world.ben, at=NOON)

        def go_back(conn: Connection) -> None:
            reverting.revert(conn, world.tara, order, by=world.head, at=NOON)

        one_waits(clone, shore, classify, go_back)

        assert world.is_now(tile)[:2] == (CALANOIDA, "V"), "it is Ben's now: no business of theirs"
        assert world.is_now(other)[:3] == (DETRITUS, "P", 0.7)
        world.counted()


def test_who_waits_for_another_act_on_an_object_comes_after_it(clone: str) -> None:
    """Whoever asked first: the history of an object is in the order of what was done to it."""
    with db.connect(clone, autocommit=True) as shore:
        world = Sorted(shore)
        [tile, _] = world.tiles

        later = NOON + timedelta(seconds=2)

        def guess(conn: Connection) -> None:
            told = [[(COPEPODA, 0.8)]]
            take_guesses(conn, world.tara, [tile], told, by=world.head, at=later)

        def guess_otherwise(conn: Connection) -> None:
            told = [[(CALANOIDA, 0.9)]]
            take_guesses(conn, world.tara, [tile], told, by=world.head, at=NOON)

        one_waits(clone, shore, guess, guess_otherwise)

        assert world.is_now(tile)[:3] == (CALANOIDA, "P", 0.9)
        assert world.past(tile) == [(COPEPODA, "P"), (DETRITUS, "P")]
        lines = service.history(shore, world.tara.project_id, tile)
        now = objects.find(shore, tile, by=world.head)[1].identified_at
        assert now
        moments = [line.classif_date for line in lines]
        assert moments == [moment.replace(tzinfo=None) for moment in (later, NOON)]
        assert now > later


def one_waits(
    clone: str,
    shore: Connection,
    first: Callable[[Connection], None],
    then: Callable[[Connection], None],
) -> None:
    """Two acts at once: the second begins before the first is committed, and waits for it."""

    def second() -> None:
        with db.connect(clone) as conn:
            then(conn)

    with db.connect(clone) as busy:
        first(busy)
        waiting = threading.Thread(target=second)
        waiting.start()
        while not blocked(shore):
            pass
        busy.commit()
    waiting.join()


def blocked(conn: Connection) -> bool:
    """Whether somebody waits for somebody."""
    sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
    row = conn.execute(sql).fetchone()
    return bool(row and row[0])


def test_a_thousand_objects_take_as_many_statements_as_one(conn: Connection, at_most: Any) -> None:
    head, tara = given.application_manager(conn), given.project(conn)
    tiles = given.objects(conn, tara, 1000, taxon=DETRITUS, state="P")
    service.classify(
        conn, tara, ClassifyOrder(list[int](tiles), [COPEPODA] * 1000), by=head, at=NOON
    )

    with at_most(13):
        reverting.revert(conn, tara, RevertOrder(ALL), by=head, at=NOON)

    assert projects_counts(conn, tara) == {(DETRITUS, "P"): 1000}


def projects_counts(conn: Connection, tara: Project) -> dict[tuple[int, str], int]:
    """The counts as they are kept."""
    return {(t.taxon_id, t.state): t.objects for t in projects.tallies(conn, [tara.project_id])}
