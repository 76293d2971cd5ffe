"""Identifying objects, and taking it back."""

from typing import Any
from uuid import uuid4

import numpy as np
import pytest

import given
from calanus.annotation import service
from calanus.annotation.types import (
    KEEP,
    DeprecatedTaxon,
    Guesses,
    NotUndoable,
    Operation,
    OthersBatch,
    UnknownObjects,
    UnknownTaxon,
    VersionConflict,
)
from calanus.annotation.types import ClassifyOrder as Order
from calanus.kit.db import Connection
from calanus.kit.ids import ObjectId
from calanus.objects.queries import recount
from calanus.objects.types import State
from calanus.projects.types import Project
from calanus.users.types import Privilege, User
from conftest import Budget
from given import CALANOIDA, COPEPODA, DETRITUS, NOON, OLD_NAME

World = tuple[User, Project]


@pytest.fixture
def world(conn: Connection) -> World:
    """Amanda, who annotates Tara."""
    amanda = given.user(conn)
    tara = given.project(conn, member=amanda)
    return amanda, given.refreshed(conn, tara, amanda)


def state_of(conn: Connection, object_id: ObjectId) -> tuple[Any, ...]:
    """Taxon, state, score and author of an object."""
    sql = "SELECT taxon_id, state, score, annotator_id FROM objects WHERE object_id = %s"
    row = conn.execute(sql, [object_id]).fetchone()
    assert row
    return row


def counts_are_right(conn: Connection, project: Project) -> bool:
    """Whether the counts equal a recount."""
    sql = "SELECT taxon_id, state, objects FROM counts WHERE project_id = %s AND objects <> 0"
    kept = {(t, s): n for t, s, n in conn.execute(sql, [project.project_id])}
    return kept == recount(conn, project.project_id)


def test_a_new_identification_keeps_the_old_one(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")

    done = service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)

    assert (done.changed, done.skipped) == (1, 0)
    assert state_of(conn, tile) == (COPEPODA, "V", None, amanda.user_id)
    [past] = service.history(conn, tara.project_id, tile)
    assert (past.classif_id, past.classif_qual, past.classif_score) == (DETRITUS, "P", 0.5)
    assert counts_are_right(conn, tara)


def test_what_changes_nothing_is_skipped(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=amanda)

    done = service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)

    assert (done.changed, done.skipped) == (0, 1)
    assert service.history(conn, tara.project_id, tile) == []


def test_validating_somebody_elses_identification_takes_it_over(
    conn: Connection, world: World
) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=COPEPODA, state="V")

    service.classify(conn, tara, Order([tile], [-1]), by=amanda, at=NOON)

    assert state_of(conn, tile)[3] == amanda.user_id
    assert len(service.history(conn, tara.project_id, tile)) == 1


def test_an_unidentified_object_cannot_be_validated_as_nothing(
    conn: Connection, world: World
) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1)

    done = service.classify(conn, tara, Order([tile], [-1]), by=amanda, at=NOON)

    assert (done.changed, done.skipped) == (0, 1)


def test_each_object_may_get_a_taxon_of_its_own(conn: Connection, world: World) -> None:
    amanda, tara = world
    one, two, three = given.objects(conn, tara, 3, taxon=DETRITUS, state="P")
    order = Order([one, two, three], [COPEPODA, CALANOIDA, -1], State.DUBIOUS)

    service.classify(conn, tara, order, by=amanda, at=NOON)

    assert [state_of(conn, tile)[:2] for tile in (one, two, three)] == [
        (COPEPODA, "D"),
        (CALANOIDA, "D"),
        (DETRITUS, "D"),
    ]
    assert counts_are_right(conn, tara)


def test_undo_gives_back_state_score_and_counts(conn: Connection, world: World) -> None:
    amanda, tara = world
    tiles = given.objects(conn, tara, 3, taxon=DETRITUS, state="P", scores=[0.9, 0.8, 0.7])
    done = service.classify(conn, tara, Order(list(tiles), [COPEPODA] * 3), by=amanda, at=NOON)

    undone = service.undo(conn, tara, done.row.batch_id, by=amanda, at=NOON)

    assert undone.changed == 3
    assert [state_of(conn, tile) for tile in tiles] == [
        (DETRITUS, "P", 0.9, None),
        (DETRITUS, "P", 0.8, None),
        (DETRITUS, "P", 0.7, None),
    ]
    assert service.history(conn, tara.project_id, tiles[0]) == []
    assert counts_are_right(conn, tara)


def test_undo_of_an_undo_is_a_redo_and_so_on(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    done = service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)

    undo = service.undo(conn, tara, done.row.batch_id, by=amanda, at=NOON)
    redo = service.undo(conn, tara, undo.row.batch_id, by=amanda, at=NOON)
    assert redo.row.operation == Operation.REDO
    assert state_of(conn, tile) == (COPEPODA, "V", None, amanda.user_id)
    assert len(service.history(conn, tara.project_id, tile)) == 1

    again = service.undo(conn, tara, redo.row.batch_id, by=amanda, at=NOON)
    assert again.changed == 1
    assert state_of(conn, tile) == (DETRITUS, "P", 0.5, None)
    assert counts_are_right(conn, tara)


def test_a_redone_batch_can_be_undone_by_its_own_number(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    done = service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)
    undo = service.undo(conn, tara, done.row.batch_id, by=amanda, at=NOON)
    service.undo(conn, tara, undo.row.batch_id, by=amanda, at=NOON)

    service.undo(conn, tara, done.row.batch_id, by=amanda, at=NOON)

    assert state_of(conn, tile) == (DETRITUS, "P", 0.5, None)


def test_undo_walks_back_through_several_batches(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    first = service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)
    second = service.classify(conn, tara, Order([tile], [CALANOIDA]), by=amanda, at=NOON)

    service.undo(conn, tara, second.row.batch_id, by=amanda, at=NOON)
    service.undo(conn, tara, first.row.batch_id, by=amanda, at=NOON)

    assert state_of(conn, tile) == (DETRITUS, "P", 0.5, None)


def test_undo_leaves_alone_what_others_changed_since(conn: Connection, world: World) -> None:
    amanda, tara = world
    bo = given.application_manager(conn)
    kept, taken = given.objects(conn, tara, 2, taxon=DETRITUS, state="P")
    mine = service.classify(conn, tara, Order([kept, taken], [COPEPODA] * 2), by=amanda, at=NOON)
    service.classify(conn, tara, Order([taken], [CALANOIDA]), by=bo, at=NOON)

    undone = service.undo(conn, tara, mine.row.batch_id, by=amanda, at=NOON)

    assert undone.changed == 1
    assert [(c.object_id, c.by) for c in undone.conflicts] == [(taken, bo.name)]
    assert state_of(conn, taken)[0] == CALANOIDA
    assert state_of(conn, kept)[:2] == (DETRITUS, "P")
    assert counts_are_right(conn, tara)


def test_nobody_undoes_twice_and_only_managers_undo_others(conn: Connection, world: World) -> None:
    amanda, tara = world
    bo = given.user(conn, name="Bo Newcomer")
    [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    done = service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)

    with pytest.raises(OthersBatch, match=r"Amanda.*project manager"):
        service.undo(conn, tara, done.row.batch_id, by=bo, at=NOON)
    service.undo(conn, tara, done.row.batch_id, by=amanda, at=NOON)
    with pytest.raises(NotUndoable, match="already"):
        service.undo(conn, tara, done.row.batch_id, by=amanda, at=NOON)


def test_the_same_key_twice_is_the_same_act(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    order = Order([tile], [COPEPODA], client_key=uuid4())

    once = service.classify(conn, tara, order, by=amanda, at=NOON)
    twice = service.classify(conn, tara, order, by=amanda, at=NOON)

    assert once.row.batch_id == twice.row.batch_id
    assert twice.changed == 1
    assert len(service.history(conn, tara.project_id, tile)) == 1


def test_back_to_predicted_restores_the_last_prediction(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile, never] = given.objects(conn, tara, 2, taxon=DETRITUS, state="P", scores=[0.8, 0.3])
    service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON)
    service.classify(conn, tara, Order([tile], [CALANOIDA]), by=amanda, at=NOON)

    order = Order([tile, never], [-1, -1], None, operation=Operation.UNVALIDATE)
    done = service.classify(conn, tara, order, by=amanda, at=NOON)

    assert (done.changed, done.skipped) == (1, 1)
    assert state_of(conn, tile) == (DETRITUS, "P", 0.8, None)
    assert counts_are_right(conn, tara)


def test_a_stale_version_stops_the_whole_act(conn: Connection, world: World) -> None:
    amanda, tara = world
    one, two = given.objects(conn, tara, 2, taxon=DETRITUS, state="P")
    done = service.classify(conn, tara, Order([two], [CALANOIDA]), by=amanda, at=NOON)

    stale = Order([one, two], [COPEPODA] * 2, versions=[0, 0])
    with pytest.raises(VersionConflict) as conflict:
        service.classify(conn, tara, stale, by=amanda, at=NOON)
    assert conflict.value.objects == [two]
    assert state_of(conn, one)[1] == "P"

    fresh = Order([one, two], [COPEPODA] * 2, versions=[0, done.row.batch_id])
    assert service.classify(conn, tara, fresh, by=amanda, at=NOON).changed == 2


def test_bad_orders_get_a_sentence(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=OLD_NAME, state="P")

    with pytest.raises(DeprecatedTaxon, match="Oldname"):
        service.classify(conn, tara, Order([tile], [OLD_NAME]), by=amanda, at=NOON)
    with pytest.raises(UnknownTaxon, match="999"):
        service.classify(conn, tara, Order([tile], [999]), by=amanda, at=NOON)
    with pytest.raises(UnknownObjects, match=str(tile + 1)):
        service.classify(conn, tara, Order([tile + 1], [COPEPODA]), by=amanda, at=NOON)


def test_leaving_a_deprecated_taxon_is_always_allowed(conn: Connection, world: World) -> None:
    amanda, tara = world
    [tile] = given.objects(conn, tara, 1, taxon=OLD_NAME, state="P")

    assert service.classify(conn, tara, Order([tile], [COPEPODA]), by=amanda, at=NOON).changed == 1


def test_nothing_is_confirmed_or_doubted_as_a_deprecated_taxon(
    conn: Connection, world: World
) -> None:
    amanda, tara = world
    [old, fresh] = given.objects(conn, tara, 2, taxon=OLD_NAME, state="P")
    [mine] = given.objects(conn, tara, 1, taxon=OLD_NAME, state="V", by=amanda)
    [others] = given.objects(conn, tara, 1, taxon=OLD_NAME, state="V")

    for tiles, state in (([old], "V"), ([fresh, old], "D"), ([others], "V"), ([mine], "D")):
        order = Order([*tiles], [KEEP] * len(tiles), State(state))
        with pytest.raises(DeprecatedTaxon, match="Oldname"):
            service.classify(conn, tara, order, by=amanda, at=NOON)
    assert state_of(conn, old)[1] == "P"
    # What would not change, or keeps its state, stays in nobody's way.
    assert service.classify(conn, tara, Order([mine], [KEEP]), by=amanda, at=NOON).changed == 0
    moved = Order([others], [KEEP], None)
    assert service.classify(conn, tara, moved, by=amanda, at=NOON).changed == 1


def guesses(tiles: list[ObjectId], score: float) -> Guesses:
    """The same two guesses for all."""
    return Guesses(
        np.array(tiles),
        np.array([[CALANOIDA, DETRITUS]] * len(tiles), dtype=np.int32),
        np.array([[score, 1 - score]] * len(tiles)),
    )


def test_guesses_become_predictions_of_what_no_person_identified(
    conn: Connection, world: World
) -> None:
    amanda, tara = world
    [blank] = given.objects(conn, tara, 1)
    [guessed] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    [sure] = given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=amanda)

    under = service.begin(conn, tara.project_id, Operation.PREDICT, by=amanda, at=NOON)
    tiles = [blank, guessed, sure]
    changed = service.record_guesses(conn, tara.project_id, guesses(tiles, 0.75), under=under)
    service.close(conn, under, objects=changed, record={"seed": 1})

    assert changed == 2
    assert state_of(conn, blank) == (CALANOIDA, "P", 0.75, None)
    assert state_of(conn, sure) == (COPEPODA, "V", None, amanda.user_id)
    assert [(g.taxon_id, g.score) for g in service.guesses_of(conn, tara.project_id, blank)] == [
        (CALANOIDA, 0.75),
        (DETRITUS, 0.25),
    ]
    assert service.predictions(conn, [guessed], by=given.application_manager(conn)) == [
        (guessed, CALANOIDA, 0.75),
        (guessed, DETRITUS, 0.25),
    ]
    assert counts_are_right(conn, tara)


def test_a_prediction_is_undone_as_one(conn: Connection, world: World) -> None:
    amanda, tara = world
    [blank] = given.objects(conn, tara, 1)
    [guessed] = given.objects(conn, tara, 1, taxon=DETRITUS, state="P")
    under = service.begin(conn, tara.project_id, Operation.PREDICT, by=amanda, at=NOON)
    service.record_guesses(conn, tara.project_id, guesses([blank, guessed], 0.6), under=under)
    service.close(conn, under, objects=2)

    service.undo(conn, tara, under.batch_id, by=amanda, at=NOON)

    assert state_of(conn, blank) == (None, None, None, None)
    assert state_of(conn, guessed) == (DETRITUS, "P", 0.5, None)
    assert service.guesses_of(conn, tara.project_id, blank) == []
    assert counts_are_right(conn, tara)


def test_a_thousand_objects_take_as_many_statements_as_one(
    conn: Connection, world: World, at_most: Budget
) -> None:
    amanda, tara = world
    tiles = given.objects(conn, tara, 1000, taxon=DETRITUS, state="P")
    order = Order(list(tiles), [COPEPODA] * 1000)

    with at_most(10):  # one for the taxa used of late
        service.classify(conn, tara, order, by=amanda, at=NOON)
    again = Order(list(given.objects(conn, tara, 10, state="P", taxon=DETRITUS)), [COPEPODA] * 10)
    with at_most(10):
        service.classify(conn, tara, again, by=amanda, at=NOON)


def test_a_member_who_only_views_is_no_annotator(conn: Connection) -> None:
    viewer = given.user(conn, name="Vera View")
    tara = given.project(conn, member=viewer, privilege=Privilege.VIEW)

    assert given.refreshed(conn, tara, viewer).role < given.project(conn).role
