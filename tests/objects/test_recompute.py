"""What follows from date, time and place: telling it anew."""

import pytest

import given
from calanus.kit.db import Connection, execute, fetch_all, fetch_values
from calanus.objects import service
from calanus.objects.types import SampleRecord
from calanus.projects.types import Project, ProjectClosed, RightMissing
from calanus.users.types import User


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection) -> Project:
    return given.project(conn)


def suns(conn: Connection, project: Project) -> list[str]:
    sql = "SELECT sun_position FROM object_values WHERE project_id = %(p)s ORDER BY object_id"
    return fetch_values(conn, sql, p=project.project_id)


def test_the_sun_is_told_anew_where_it_stood_wrongly(
    conn: Connection, tara: Project, head: User
) -> None:
    noon, night, timeless = given.objects(conn, tara, 3)
    sql = (
        "UPDATE object_values SET object_time = '23:30', sun_position = 'D' WHERE object_id = %(o)s"
    )
    execute(conn, sql, o=night)
    sql = "UPDATE object_values SET object_time = NULL, sun_position = 'N' WHERE object_id = %(o)s"
    execute(conn, sql, o=timeless)

    changed = service.recompute_sun(conn, tara.project_id, by=head)

    assert noon < night < timeless
    assert (changed, suns(conn, tara)) == (2, ["D", "N", "?"])
    assert service.recompute_sun(conn, tara.project_id, by=head) == 0


def test_a_sample_goes_to_the_corner_of_its_objects(
    conn: Connection, tara: Project, head: User
) -> None:
    first, second, placeless = given.objects(conn, tara, 3)
    sql = "UPDATE object_values SET latitude = %(y)s, longitude = %(x)s WHERE object_id = %(o)s"
    execute(conn, sql, o=first, y=-10, x=30)
    execute(conn, sql, o=second, y=-5, x=20)
    execute(conn, sql, o=placeless, y=-80, x=None)

    moved = service.recompute_positions(conn, tara.project_id, by=head)

    [sample] = fetch_all(
        conn,
        SampleRecord,
        "SELECT * FROM samples WHERE project_id = %(p)s",
        p=tara.project_id,
    )
    assert (moved, sample.latitude, sample.longitude) == (1, -10, 20)
    assert service.recompute_positions(conn, tara.project_id, by=head) == 0


def test_an_annotator_recomputes_nothing(conn: Connection) -> None:
    annotator = given.user(conn)
    tara = given.project(conn, member=annotator)

    with pytest.raises(RightMissing):
        service.recompute_sun(conn, tara.project_id, by=annotator)
    with pytest.raises(RightMissing):
        service.recompute_positions(conn, tara.project_id, by=annotator)


def test_a_closed_project_stays_as_it_is(conn: Connection, head: User) -> None:
    closed = given.project(conn, status="ExploreOnly")

    with pytest.raises(ProjectClosed):
        service.recompute_sun(conn, closed.project_id, by=head)
