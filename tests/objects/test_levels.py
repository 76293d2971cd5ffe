"""Samples, acquisitions and processes as tables; views with many fields."""

from pathlib import Path

import pytest

import given
from calanus.kit.db import Connection, execute
from calanus.objects import levels, views
from calanus.objects.filters import ProjectFilters
from calanus.objects.windows import Windows
from calanus.projects.types import Project
from calanus.users.types import User
from conftest import Budget

World = tuple[User, Project]


@pytest.fixture
def world(conn: Connection) -> World:
    """A project of two samples; one of its free columns is called as one that all have."""
    amanda = given.user(conn)
    tara = given.project(conn, member=amanda)
    given.objects(conn, tara, 3)
    given.objects(conn, tara, 2)
    free = '{"name": "t01", "net": "t02"}'
    execute(conn, "UPDATE projects SET sample_columns = %(c)s", c=free)
    execute(conn, "UPDATE samples SET texts = '{short, WP2}' WHERE mod(sample_id, 2) = 1")
    return amanda, given.refreshed(conn, tara, amanda)


def test_a_level_is_a_table_of_one_statement(
    conn: Connection, world: World, at_most: Budget
) -> None:
    _, tara = world
    with at_most(1):
        found = levels.table(conn, tara, "sample")

    assert found["free"] == ["sample.name", "net"]
    assert {len(values) for values in found["columns"].values()} == {len(found["ids"])} == {2}
    assert sorted(found["columns"]["net"], key=str) == [None, "WP2"]
    assert "short" in found["columns"]["sample.name"]
    assert "short" not in found["columns"]["name"]


def test_acquisitions_and_processes_tell_what_they_hang_from(
    conn: Connection, world: World
) -> None:
    _, tara = world
    samples = levels.table(conn, tara, "sample")
    acquisitions = levels.table(conn, tara, "acquisition")
    processes = levels.table(conn, tara, "process")

    assert set(acquisitions["columns"]["sample_id"]) <= set(samples["ids"])
    assert processes["columns"]["acquisition_id"] == processes["ids"]
    assert set(processes["ids"]) <= set(acquisitions["ids"])


def test_a_view_with_many_fields_comes_in_smaller_parts(
    conn: Connection, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amanda, tara = world
    shown = "obj.orig_id,obj.latitude,obj.depth_min,sam.orig_id"
    asked = views.Asked(ProjectFilters(), None, shown)
    view = views.open_view(conn, tara, asked, by=amanda, known=Windows.of(tmp_path))
    monkeypatch.setattr(views, "MOST_CELLS", 8)

    first = views.columns(conn, tara, view, start=0, count=100)
    rest = views.columns(conn, tara, view, start=2, count=100)

    assert [len(values) for values in first["fields"].values()] == [2] * 4
    assert first["object_ids"] + rest["object_ids"] == view.ids[:4].tolist()
