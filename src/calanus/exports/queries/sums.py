"""The SQL of summaries: who is where, and the numbers that formulae need."""

from typing import Any, NamedTuple

import numpy as np
from psycopg import sql

from calanus.exports.queries import FIXED, JOINS, PARENTS, Records, copied, records, selected
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.objects.filters import Where


class Group(NamedTuple):
    """How many objects of one taxon (0: none) and state (0: none) an acquisition has."""

    sample_id: int
    acquisition_id: int
    taxon_id: int
    state: int  # the code of its letter
    objects: int


class TaxonDay(NamedTuple):
    """How many objects of one taxon an acquisition has, and the last day on which they were."""

    sample_id: int
    acquisition_id: int
    taxon_id: int
    objects: int
    last_day: Any


def joined(wanted: Where, *more: str) -> sql.Composed:
    """The tables that a filter and a statement speak of."""
    needed = sorted(wanted.tables | set(more))
    return sql.SQL(" ").join([sql.SQL(JOINS[alias]) for alias in needed])


def groups(conn: Connection, project_id: ProjectId, wanted: Where) -> list[Group]:
    """The objects of a filter, counted where they are."""
    statement = sql.SQL(
        """
        SELECT o.sample_id, o.acquisition_id, coalesce(o.taxon_id, 0),
               coalesce(ascii(o.state), 0), count(*)
          FROM objects o {} WHERE o.project_id = {} AND {} GROUP BY 1, 2, 3, 4
        """
    ).format(joined(wanted), sql.Literal(project_id), sql.SQL(wanted.sql))
    return [Group(*row) for row in conn.execute(statement, wanted.values).fetchall()]


def taxon_days(conn: Connection, project_id: ProjectId, wanted: Where) -> list[TaxonDay]:
    """The objects of a filter, counted by acquisition and taxon, with their last day."""
    statement = sql.SQL(
        """
        SELECT o.sample_id, o.acquisition_id, coalesce(o.taxon_id, 0), count(*), max(v.object_date)
          FROM objects o {} WHERE o.project_id = {} AND {} GROUP BY 1, 2, 3
        """
    ).format(joined(wanted, "v"), sql.Literal(project_id), sql.SQL(wanted.sql))
    return [TaxonDay(*row) for row in conn.execute(statement, wanted.values).fetchall()]


def numbers(conn: Connection, project_id: ProjectId, wanted: Where, places: list[int]) -> Records:
    """The objects of a filter, with the free numbers at these places as fields n1, n2 …"""
    free = [
        sql.SQL(", coalesce(v.numbers[{}], 'NaN')").format(sql.Literal(place)) for place in places
    ]
    statement = sql.SQL(
        "COPY (SELECT {}{} FROM objects o {} WHERE o.project_id = {} AND {} ORDER BY o.object_id)"
        " TO STDOUT (FORMAT BINARY)"
    ).format(
        selected(PARENTS),
        sql.SQL("").join(free),
        joined(wanted, "v"),
        sql.Literal(project_id),
        sql.SQL(wanted.sql),
    )
    fields: list[Any] = [("fields", ">i2")]
    for name, type_ in [(n, FIXED[n][1]) for n in PARENTS] + [(f"n{p}", ">f8") for p in places]:
        fields += [(f"{name} length", ">i4"), (name, type_)]
    return records(copied(conn, statement, wanted.values), np.dtype(fields))


def texts(
    conn: Connection, project_id: ProjectId, wanted: Where, place: int
) -> list[tuple[str | None]]:
    """One free text of the objects of a filter, in the order of their ids."""
    statement = sql.SQL(
        "SELECT v.texts[{}] FROM objects o {} WHERE o.project_id = {} AND {} ORDER BY o.object_id"
    ).format(sql.Literal(place), joined(wanted, "v"), sql.Literal(project_id), sql.SQL(wanted.sql))
    return conn.execute(statement, wanted.values).fetchall()


def examples(conn: Connection, project_id: ProjectId, most: int) -> list[tuple[int, str, str]]:
    """(object, its name, its sample) of one object an acquisition, among the first of a project."""
    sql = """
        WITH first AS (
            SELECT object_id, sample_id, acquisition_id FROM objects
             WHERE project_id = %(project_id)s ORDER BY object_id LIMIT 5000
        ), one AS (
            SELECT DISTINCT ON (acquisition_id) object_id, sample_id FROM first
             ORDER BY acquisition_id, object_id LIMIT %(most)s
        )
        SELECT one.object_id, v.orig_id, s.orig_id
          FROM one
          JOIN object_values v ON v.project_id = %(project_id)s AND v.object_id = one.object_id
          JOIN samples s ON s.project_id = %(project_id)s AND s.sample_id = one.sample_id
         ORDER BY one.object_id
    """
    return conn.execute(sql, {"project_id": project_id, "most": most}).fetchall()
