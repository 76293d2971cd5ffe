"""Which objects a filter matches, in which order, and how many."""

from typing import Any

import pytest
from psycopg import sql

import given
from calanus.kit.db import Connection, execute
from calanus.kit.ids import ObjectId
from calanus.objects import fields, service
from calanus.objects.filters import ProjectFilters, where
from calanus.objects.types import BadFilter, ObjectNotFound, TooManyObjects, UnknownField
from calanus.projects.types import Project
from calanus.users.types import User
from conftest import Budget
from given import BIOTA, CALANOIDA, COPEPODA, DETRITUS

World = tuple[User, Project, list[ObjectId]]


@pytest.fixture
def world(conn: Connection) -> World:
    """Two copepods (one validated), three predicted detritus, one unidentified."""
    amanda = given.user(conn)
    tara = given.project(conn, member=amanda)
    ids = given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=amanda)
    ids += given.objects(conn, tara, 1, taxon=CALANOIDA, state="V")
    ids += given.objects(conn, tara, 3, taxon=DETRITUS, state="P", scores=[0.9, 0.1, 0.5])
    ids += given.objects(conn, tara, 1)
    columns = '{"area": "n01", "never": "n02", "note": "t01"}'
    execute(conn, "UPDATE projects SET object_columns = %(c)s", c=columns)
    return amanda, given.refreshed(conn, tara, amanda), ids


def found(conn: Connection, world: World, order: str | None = None, **filters: str) -> list[int]:
    """The places, within the world, of what a filter matches."""
    amanda, tara, ids = world
    matched = service.matching(conn, tara, ProjectFilters(**filters), by=amanda, order=order)
    return [ids.index(ObjectId(i)) for i in matched.tolist()]


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"taxo": str(COPEPODA)}, [0]),
        ({"taxo": str(COPEPODA), "taxochild": "Y"}, [0, 1]),
        ({"taxo": f"{BIOTA},{DETRITUS}", "taxochild": "Y"}, [0, 1, 2, 3, 4]),
        ({"taxo": "None"}, []),
        ({"statusfilter": "V"}, [0, 1]),
        ({"statusfilter": "P"}, [2, 3, 4]),
        ({"statusfilter": "U"}, [5]),
        ({"statusfilter": "NV"}, [2, 3, 4, 5]),
        ({"statusfilter": "PV"}, [0, 1, 2, 3, 4]),
        ({"statusfilter": "UP"}, [2, 3, 4, 5]),
        ({"statusfilter": "VM"}, [0]),
        ({"statusfilter": "NVM"}, [1]),
        ({"statusfilter": "nonsense"}, []),
        ({"freenum": "oscore", "freenumst": "0.5"}, [2, 4]),
        ({"freenum": "oscore", "freenumst": "0.2", "freenumend": "0.5"}, [4]),
        ({"freenum": "on01", "freenumend": "2"}, [0, 1]),
        ({"freenum": "fre.area", "freenumst": "6"}, [5]),
        ({"freenum": "fre.never", "freenumst": "0"}, []),
        ({"depthmin": "5"}, [0, 1, 2, 3, 4, 5]),
        ({"depthmin": "15"}, []),
        ({"depthmax": "15"}, []),
        ({"MapN": "44", "MapS": "43", "MapE": "8", "MapW": "7"}, [0, 1, 2, 3, 4, 5]),
        ({"MapN": "44", "MapS": "43", "MapE": "-170", "MapW": "170"}, []),
        ({"daytime": "D,N", "month": "6", "fromdate": "2026-06-01"}, [0, 1, 2, 3, 4, 5]),
        ({"todate": "2026-06-20"}, []),
        ({"fromtime": "11:00:00", "totime": "13:00:00"}, [0, 1, 2, 3, 4, 5]),
        ({"fromtime": "11:00:00", "totime": "13:00:00", "inverttime": "1"}, []),
        ({"validfromdate": "2025-06-21 12:00"}, [0, 1, 2, 3, 4]),
        ({"instrum": "no such instrument"}, []),
        ({"taxo": "", "statusfilter": "", "samples": ""}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_filter_matches(
    conn: Connection, world: World, filters: dict[str, str], places: list[int]
) -> None:
    assert found(conn, world, **filters) == places
    amanda, tara, _ = world
    total = service.summary(conn, tara, ProjectFilters(**filters), by=amanda).total
    assert total == len(places)


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"taxo": "copepods"}, "taxo takes ids"),
        ({"MapN": "1"}, "four sides"),
        ({"depthmin": "deep"}, "depthmin takes a number"),
        ({"fromdate": "june"}, "fromdate takes a date"),
        ({"freenum": "fre.nothing", "freenumst": "1"}, "no number"),
        ({"freetxt": "x", "freetxtval": "y"}, "freetxt takes a column"),
    ],
)
def test_a_filter_that_means_nothing_gets_a_sentence(
    conn: Connection, world: World, filters: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadFilter, match=sentence):
        found(conn, world, **filters)


@pytest.mark.parametrize(
    ("order", "places"),
    [
        ("-obj.classif_score", [2, 4, 3, 5, 1, 0]),  # who sorts by score looks for what has one
        ("obj.classif_score", [3, 4, 2, 0, 1, 5]),
        ("-fre.area", [5, 4, 3, 2, 1, 0]),
        ("-obj.classif_when", [1, 0, 5, 4, 3, 2]),
        ("txo.display_name", [1, 0, 2, 3, 4, 5]),
        (None, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_an_order_is_stable(
    conn: Connection, world: World, order: str | None, places: list[int]
) -> None:
    assert found(conn, world, order) == places


def test_an_ecotaxa_page_puts_what_is_empty_first_downwards(conn: Connection, world: World) -> None:
    asked = page(conn, world, start=0, size=4, order="-obj.classif_score")

    assert [world[2].index(row[0]) for row in asked.rows] == [5, 1, 0, 2]


def page(conn: Connection, world: World, **window: Any) -> service.Page:
    """A window of everything."""
    amanda, tara, _ = world
    return service.page(conn, tara, ProjectFilters(), service.Window(**window), by=amanda)


def test_a_page_shows_the_fields_asked_for_in_their_order(conn: Connection, world: World) -> None:
    shown = "obj.orig_id,fre.area,fre.never,txo.display_name,usr.name,obj.imgcount,img.file_name"
    asked = page(conn, world, start=0, size=1, fields=shown)

    amanda, _, ids = world
    [row] = asked.rows
    assert row[0] == ids[0]
    assert row[3:] == (f"obj_{ids[0]}", 1.0, None, "Copepoda", amanda.name, 0, None)
    assert asked.total == 6


def test_windows_do_not_overlap_and_may_lie_beyond_the_end(conn: Connection, world: World) -> None:
    pages = [page(conn, world, start=s, size=2).rows for s in (0, 2, 4, 6)]

    assert [row[0] for rows in pages for row in rows] == world[2]
    assert page(conn, world, start=0, size=0).total == 6


def test_without_a_size_all_come_unless_they_are_too_many(
    conn: Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(page(conn, world, start=2, size=None).rows) == 4

    monkeypatch.setattr(service, "MOST_AT_ONCE", 3)

    assert len(page(conn, world, start=3, size=None).rows) == 3
    with pytest.raises(TooManyObjects, match="6 objects match, and 3 come at once"):
        page(conn, world, start=2, size=None)


def test_an_unknown_field_is_named(conn: Connection, world: World) -> None:
    with pytest.raises(UnknownField, match=r"usr\.password"):
        page(conn, world, fields="obj.objid,usr.password")
    with pytest.raises(UnknownField, match="sideways"):
        page(conn, world, order="sideways")


def test_anonymous_people_see_validated_objects_only(conn: Connection, world: World) -> None:
    _, tara, ids = world
    execute(conn, "UPDATE projects SET access = '2'")

    seen = service.matching(conn, tara, ProjectFilters(statusfilter="P"), by=None)

    assert seen.tolist() == ids[:2]
    with pytest.raises(ObjectNotFound):
        service.find(conn, ids[2], by=None)


def test_totals_come_from_the_counts(conn: Connection, world: World, at_most: Budget) -> None:
    amanda, tara, _ = world
    wanted = ProjectFilters(taxo=str(DETRITUS), statusfilter="P")

    with at_most(1):
        summary = service.summary(conn, tara, wanted, by=amanda)

    assert (summary.total, summary.predicted) == (3, 3)


@pytest.mark.parametrize("filters", [{"taxo": "20", "statusfilter": "P"}, {"statusfilter": "P"}])
def test_a_page_by_score_reads_an_index_and_sorts_nothing(
    conn: Connection, world: World, filters: dict[str, str]
) -> None:
    _, tara, _ = world
    asked = where(ProjectFilters(**filters), tara, asked_by=None)
    statement = sql.SQL(
        "EXPLAIN SELECT o.object_id FROM objects o"
        " WHERE o.project_id = 1 AND {} ORDER BY {} LIMIT 200"
    ).format(sql.SQL(asked.sql), fields.order("-obj.classif_score", tara).sql())
    conn.execute("SET LOCAL enable_seqscan = off")
    conn.execute("SET LOCAL enable_sort = off")  # the table is too small for it to matter

    plan = str(conn.execute(statement, asked.values).fetchall())

    assert "Index" in plan
    assert "Sort" not in plan
