"""Guesses from outside become predictions: three at most, the best first, people left alone."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

import given
from calanus.annotation import queries, service
from calanus.annotation.guessing import take_guesses
from calanus.annotation.types import BadOrder, DeprecatedTaxon, UnknownObjects, UnknownTaxon
from calanus.kit.db import Connection
from calanus.kit.ids import TaxonId
from calanus.projects.types import Project
from calanus.users.types import User
from given import BIOTA, CALANOIDA, COPEPODA, DETRITUS, NOON, OLD_NAME


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection) -> Project:
    return given.project(conn)


def test_the_best_of_four_guesses_is_the_prediction_and_three_are_kept(
    conn: Connection, tara: Project, head: User
) -> None:
    [tile] = given.objects(conn, tara, 1)
    found = [(BIOTA, 0.1), (DETRITUS, 0.2), (CALANOIDA, 0.15), (COPEPODA, 0.5)]

    changed = take_guesses(conn, tara, [tile], [found], by=head, at=NOON)

    [now] = queries.identified(conn, tara.project_id, [tile])
    assert (changed, now.taxon_id, now.state, now.score) == (1, COPEPODA, "P", 0.5)
    kept = service.predictions(conn, [tile], by=head)
    assert [(taxon, score) for _, taxon, score in kept] == [
        (COPEPODA, 0.5),
        (DETRITUS, 0.2),
        (CALANOIDA, 0.15),
    ]


def test_what_a_person_identified_is_left_alone(
    conn: Connection, tara: Project, head: User
) -> None:
    [mine] = given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=head)
    [other] = given.objects(conn, tara, 1, taxon=COPEPODA, state="P")

    changed = take_guesses(
        conn, tara, [mine, other], [[(DETRITUS, 1.0)], [(DETRITUS, 0.0)]], by=head, at=NOON
    )

    first, second = queries.identified(conn, tara.project_id, [mine, other])
    assert (changed, first.taxon_id, first.state) == (1, COPEPODA, "V")
    assert (second.taxon_id, second.state, second.score) == (DETRITUS, "P", 0.0)


def test_guesses_are_one_act_that_can_be_undone(
    conn: Connection, tara: Project, head: User
) -> None:
    tiles = given.objects(conn, tara, 2)
    take_guesses(conn, tara, tiles, [[(COPEPODA, 0.9)]] * 2, by=head, at=NOON)
    [batch] = service.list_batches(conn, tara.project_id)

    service.undo(conn, given.refreshed(conn, tara, head), batch.batch_id, by=head, at=NOON)

    assert [o.state for o in queries.identified(conn, tara.project_id, [*tiles])] == [None, None]


@pytest.mark.parametrize(
    ("guesses", "sentence"),
    [
        ([], "has no guess"),
        ([(TaxonId(-1), 0.5)], "names a taxon"),
        ([(COPEPODA, 1.5)], "between 0 and 1, not 1.5"),
        ([(COPEPODA, float("nan"))], "between 0 and 1, not nan"),
        ([(COPEPODA, 0.5), (COPEPODA, 0.4)], "the same taxon twice"),
    ],
)
def test_guesses_that_make_no_sense_get_a_sentence(
    conn: Connection, tara: Project, head: User, guesses: list[tuple[int, float]], sentence: str
) -> None:
    [tile] = given.objects(conn, tara, 1)

    with pytest.raises(BadOrder, match=sentence):
        take_guesses(conn, tara, [tile], [guesses], by=head, at=NOON)


def test_taxa_and_objects_must_be_there(conn: Connection, tara: Project, head: User) -> None:
    [tile] = given.objects(conn, tara, 1)

    with pytest.raises(UnknownTaxon):
        take_guesses(conn, tara, [tile], [[(77, 0.5)]], by=head, at=NOON)
    with pytest.raises(DeprecatedTaxon):
        take_guesses(conn, tara, [tile], [[(OLD_NAME, 0.5)]], by=head, at=NOON)
    with pytest.raises(UnknownObjects):
        take_guesses(conn, tara, [tile, tile + 1], [[(COPEPODA, 0.5)]] * 2, by=head, at=NOON)
    with pytest.raises(BadOrder, match="twice"):
        take_guesses(conn, tara, [tile, tile], [[(COPEPODA, 0.5)]] * 2, by=head, at=NOON)


def test_a_thousand_objects_take_nine_statements(
    conn: Connection,
    tara: Project,
    head: User,
    at_most: Callable[[int], AbstractContextManager[None]],
) -> None:
    tiles = given.objects(conn, tara, 1000)

    with at_most(9):
        take_guesses(conn, tara, tiles, [[(COPEPODA, 0.5)]] * 1000, by=head, at=NOON)


def test_predictions_come_by_object_whatever_was_asked_first(
    conn: Connection, tara: Project, head: User
) -> None:
    other = given.project(conn, title="Bongo nets")
    tiles = [given.objects(conn, project, 1)[0] for project in (tara, other)]
    for project, tile in zip((tara, other), tiles, strict=True):
        take_guesses(conn, project, [tile], [[(COPEPODA, 0.5)]], by=head, at=NOON)

    kept = service.predictions(conn, [99, tiles[1], tiles[1] + 7, tiles[0]], by=head)

    assert kept == [(tile, COPEPODA, 0.5) for tile in sorted(tiles)]
