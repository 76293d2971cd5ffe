"""The demo project is made once, whole, whatever happened to the process that began it."""

from pathlib import Path

import pytest

import given
from calanus.demo import service
from calanus.demo.package import write_package
from calanus.demo.service import TITLE, ensure_demo, make_demo
from calanus.demo.species import SPECIES
from calanus.kit.db import connect, execute, fetch_value
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.taxonomy import lists
from calanus.taxonomy import service as taxonomy
from calanus.users.types import User

OBJECTS = 50


@pytest.fixture
def owner(clone: str) -> User:
    with connect(clone) as conn:
        return given.application_manager(conn)


@pytest.fixture
def package(settings: Settings) -> Path:
    path = settings.data / "demo" / "demo.zip"
    path.parent.mkdir(parents=True)
    write_package(path, objects=OBJECTS)
    return path


def objects_of(database_url: str, project_id: int) -> tuple[int, int]:
    """How many objects a project counts, and how many of them are validated."""
    with connect(database_url) as conn:
        totals = projects.totals(conn, [project_id])[project_id]
        return totals.objects, totals.validated


def test_the_demo_is_made_once(clone: str, settings: Settings, owner: User, package: Path) -> None:
    project_id = make_demo(settings, clone, owner)
    again = make_demo(settings, clone, owner)

    objects, validated = objects_of(clone, project_id)
    assert again == project_id
    assert objects == OBJECTS
    assert len(SPECIES) <= validated < OBJECTS
    with connect(clone) as conn:
        assert [p.title for p in projects.list_projects(conn, owner)] == [TITLE]
    assert not package.exists()


def test_a_start_killed_before_the_import_is_finished_by_the_next(
    clone: str, settings: Settings, owner: User, package: Path
) -> None:
    with connect(clone) as conn:
        begun, job_id = ensure_demo(conn, package, owner)

    project_id = make_demo(settings, clone, owner)

    assert project_id == begun
    assert objects_of(clone, project_id)[0] == OBJECTS
    with connect(clone) as conn:
        assert fetch_value(conn, "SELECT count(*) FROM jobs") == 1
        assert fetch_value(conn, "SELECT job_id FROM jobs") == job_id


def test_an_import_that_failed_is_made_again_and_nothing_twice(
    clone: str, settings: Settings, owner: User, package: Path
) -> None:
    with connect(clone) as conn:
        begun, _ = ensure_demo(conn, package, owner)
        execute(conn, "UPDATE jobs SET state = 'E', cancelled = true")

    project_id = make_demo(settings, clone, owner)

    assert project_id == begun
    assert objects_of(clone, project_id)[0] == OBJECTS


def test_who_deleted_objects_of_the_demo_does_not_get_them_back(
    clone: str, settings: Settings, owner: User, package: Path
) -> None:
    project_id = make_demo(settings, clone, owner)
    with connect(clone) as conn:
        execute(conn, "UPDATE jobs SET archived = true")
        execute(conn, "DELETE FROM images")
        execute(conn, "DELETE FROM objects WHERE state IS NULL")

    assert make_demo(settings, clone, owner) == project_id
    with connect(clone) as conn:
        assert fetch_value(conn, "SELECT count(*) FROM objects") < OBJECTS


def test_where_the_tree_lacks_a_taxon_of_the_demo_it_is_made(
    clone: str, settings: Settings, owner: User, package: Path
) -> None:
    """As on an installation that brought its own list of taxa, without bubbles."""
    with connect(clone) as conn:
        lists.load_starter(conn)
        execute(conn, "DELETE FROM taxa WHERE name = 'bubble'")

    make_demo(settings, clone, owner)

    with connect(clone) as conn:
        [bubble] = taxonomy.resolve_names(conn, ["bubble"])["bubble"]
        assert taxonomy.find(conn, bubble).name == "bubble"


def test_in_a_tree_of_somebody_elses_the_demo_hangs_its_taxa_from_a_root_of_its_own(
    clone: str, settings: Settings, owner: User, package: Path
) -> None:
    with connect(clone) as conn:
        taxonomy.create(conn, "Fungi", None)

    project_id = make_demo(settings, clone, owner)

    assert objects_of(clone, project_id)[0] == OBJECTS
    with connect(clone) as conn:
        assert taxonomy.resolve_names(conn, ["Calanoida"])["calanoida"]


def test_a_failed_demo_says_why(
    clone: str,
    settings: Settings,
    owner: User,
    package: Path,
) -> None:
    package.write_bytes(b"no zip")

    with pytest.raises(service.DemoFailed, match="could not be made"):
        make_demo(settings, clone, owner)
