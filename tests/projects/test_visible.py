"""Which of several projects somebody may see."""

import given
from calanus.kit.db import Connection
from calanus.projects import service
from conftest import Budget


def test_many_projects_are_looked_at_in_two_statements(conn: Connection, at_most: Budget) -> None:
    amanda = given.user(conn)
    mine = given.project(conn, member=amanda)
    public, private = given.project(conn, access="1"), given.project(conn)
    asked = [private.project_id, public.project_id, 999_999, mine.project_id]

    with at_most(2):
        seen = service.visible(conn, amanda, asked)

    assert [p.project_id for p in seen] == [public.project_id, mine.project_id]
    assert service.visible(conn, None, asked) == []
