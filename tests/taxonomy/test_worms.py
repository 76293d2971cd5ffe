"""What stands for a taxon in the World Register of Marine Species."""

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection, connect, execute
from calanus.taxonomy import queries, worms
from given import CALANOIDA, COPEPODA, DETRITUS, OLD_NAME

EGG, HATCHED, LOST = 40, 41, 42


@pytest.fixture
def tree(conn: Connection) -> Connection:
    grow(conn)
    return conn


def grow(conn: Connection) -> None:
    """Copepoda has an AphiaID, Calanoida has none; an egg is below Copepoda."""
    given.taxa(conn)
    for taxon_id, parent, name, kind, lineage in [
        (EGG, COPEPODA, "egg", "M", [1, COPEPODA, EGG]),
        (HATCHED, EGG, "hatched", "M", [1, COPEPODA, EGG, HATCHED]),
        (LOST, DETRITUS, "lost", "M", [DETRITUS, LOST]),
    ]:
        execute(
            conn,
            """
            INSERT INTO taxa (taxon_id, parent_id, name, display_name, type, lineage, folded)
            VALUES (%(id)s, %(parent)s, %(name)s, %(name)s, %(kind)s, %(lineage)s, %(name)s)
            """,
            id=taxon_id,
            parent=parent,
            name=name,
            kind=kind,
            lineage=lineage,
        )
    execute(conn, "UPDATE taxa SET aphia_id = 1080 WHERE taxon_id = %(t)s", t=COPEPODA)
    rename(conn, OLD_NAME, COPEPODA)


def rename(conn: Connection, taxon_id: int, to: int | None) -> None:
    """Advise another taxon in the place of one."""
    execute(conn, "UPDATE taxa SET rename_to = %(to)s WHERE taxon_id = %(t)s", to=to, t=taxon_id)


@pytest.mark.parametrize(
    ("taxon", "stands"),
    [
        (COPEPODA, COPEPODA),
        (CALANOIDA, None),
        (OLD_NAME, COPEPODA),
        (EGG, COPEPODA),
        (HATCHED, COPEPODA),
        (DETRITUS, None),
        (LOST, None),
        (999, None),
    ],
)
def test_what_stands_for_a_taxon(tree: Connection, taxon: int, stands: int | None) -> None:
    assert dict(worms.equivalents(tree, [taxon])) == ({taxon: stands} if stands else {})


def test_a_form_follows_its_new_name(tree: Connection) -> None:
    rename(tree, LOST, EGG)
    assert dict(worms.equivalents(tree, [LOST])) == {LOST: COPEPODA}


def test_names_that_run_in_a_circle_end(tree: Connection) -> None:
    rename(tree, LOST, DETRITUS)
    rename(tree, DETRITUS, LOST)
    assert worms.equivalents(tree, [LOST, DETRITUS]) == {}


def test_the_kingdom_is_found_above(tree: Connection) -> None:
    execute(tree, "UPDATE taxa SET rank = 'Kingdom' WHERE taxon_id = 1")
    found = queries.find_many(tree, [CALANOIDA, DETRITUS])
    assert dict(worms.kingdoms(tree, found)) == {CALANOIDA: "Biota"}


def test_without_ranks_a_kingdom_is_known_by_its_name(tree: Connection) -> None:
    execute(tree, "UPDATE taxa SET name = 'Animalia' WHERE taxon_id = %(t)s", t=COPEPODA)
    found = queries.find_many(tree, [CALANOIDA])
    assert dict(worms.kingdoms(tree, found)) == {CALANOIDA: "Animalia"}


def test_over_http(web: TestClient, clone: str) -> None:
    with connect(clone) as conn:
        grow(conn)
        user = given.user(conn)

    answer = web.get(f"/taxo_worms?taxaids={EGG}+{DETRITUS}", headers=given.headers(user))
    assert answer.json() == {str(EGG): COPEPODA}
    assert web.get("/taxo_worms?taxaids=", headers=given.headers(user)).json() == {}
    found = web.get(f"/taxon_set/wormsification?ids={EGG},{OLD_NAME}").json()
    assert [(key, taxon["aphia_id"]) for key, taxon in found.items()] == [(str(COPEPODA), 1080)]
