"""The SQL of whole orders: all ids of a filter, the values of a column, and whether they are good.

Many numbers come as one value of bytes: as rows, taking each from the other costs more than finding
them.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from calanus.kit.db import Connection, execute
from calanus.kit.ids import OBJECTS, ProjectId
from calanus.objects.fields import Order
from calanus.objects.filters import Where
from calanus.objects.queries.joining import joins

Places = NDArray[np.uint32]  # objects, counted inside their project
Values = NDArray[np.float64]

# One row of COPY BINARY of one bigint: how many fields, how long, the value; big endian.
ID_ROW = np.dtype([("fields", ">i2"), ("length", ">i4"), ("id", ">i8")])
COPY_HEADER = 19
PAIR = np.dtype([("place", ">i4"), ("value", ">f8")])
MANY = 64  # rows that say what was written, before they are put together


class Version(NamedTuple):
    """What a reader sees of what was written in a project: equal where the same was."""

    objects: int
    values: int
    rows: int
    clean: bool  # nothing was written by the reader itself


def version(conn: Connection, project_id: ProjectId) -> Version:
    """The sums of what was drawn by lot by those who wrote (see the table `changes`)."""
    statement = """
        SELECT coalesce(sum(token) FILTER (WHERE kind = 'objects'), 0) %% 9223372036854775807,
               coalesce(sum(token) FILTER (WHERE kind = 'values'), 0) %% 9223372036854775807,
               count(*), pg_current_xact_id_if_assigned() IS NULL
          FROM changes WHERE project_id = %(project_id)s
    """
    row = conn.execute(statement, {"project_id": project_id}).fetchone()
    assert row is not None
    return Version(int(row[0]), int(row[1]), row[2], row[3])


def put_together(conn: Connection, project_id: ProjectId) -> None:
    """One row for many that were written, with their sum: it says the same."""
    statement = """
        WITH gone AS (
            DELETE FROM changes WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM changes WHERE project_id = %(project_id)s
                   FOR UPDATE SKIP LOCKED))
            RETURNING kind, token)
        INSERT INTO changes (project_id, kind, token)
        SELECT %(project_id)s, kind, (sum(token) %% 9223372036854775807)::bigint
          FROM gone GROUP BY kind
    """
    execute(conn, statement, project_id=project_id)


def ordered(conn: Connection, project_id: ProjectId, wanted: Where, order: Order) -> Places:
    """All objects of a filter, in order, counted inside their project.

    Downwards an index has what is empty first. To have it last, it is carried to the end here: the
    database would sort all.
    """
    carried = order.descending and (order.empty_last or order.empty_least)
    asked = replace(order, empty_last=False, empty_least=False) if carried else order
    statement = sql.SQL("""
        SELECT string_agg(int4send((o.object_id - {first})::int), ''::bytea ORDER BY {order}),
               {empty}
          FROM objects o {joins} WHERE o.project_id = {project} AND {where}
    """).format(
        first=sql.Literal(project_id * OBJECTS),
        order=asked.sql(),
        empty=order.empty() if carried else sql.SQL("0"),
        joins=joins(wanted.tables | order.tables),
        project=sql.Literal(project_id),
        where=sql.SQL(wanted.sql),
    )
    with conn.cursor(binary=True) as cursor:
        data, empty = cursor.execute(statement, wanted.values).fetchone() or (None, 0)
    places = np.frombuffer(data or b"", ">i4").astype(np.uint32)
    return np.concatenate([places[empty:], places[:empty]]) if empty else places


def last_place(conn: Connection, project_id: ProjectId) -> int:
    """The highest object of a project, counted inside it; -1 where there is none."""
    statement = "SELECT max(object_id) FROM object_values WHERE project_id = %(project_id)s"
    [last] = conn.execute(statement, {"project_id": project_id}).fetchone() or (None,)
    return -1 if last is None else int(last) - project_id * OBJECTS


def column(
    conn: Connection, project_id: ProjectId, number: int, first: int, after: int
) -> tuple[Places, Values]:
    """A free number of the objects from one place to before another; NaN where it is missing.

    They are sorted here: rows asked for in order are read one by one through an index, and lie
    anywhere; in any order, the table is read as it lies, by several processes.
    """
    statement = """
        SELECT string_agg(int4send((object_id - %(base)s)::int)
                          || float8send(coalesce(numbers[%(number)s], 'NaN')), ''::bytea)
          FROM object_values
         WHERE project_id = %(project_id)s
           AND object_id >= %(base)s + %(first)s AND object_id < %(base)s + %(after)s
    """
    base = project_id * OBJECTS
    given = {"project_id": project_id, "number": number, "first": first, "after": after}
    with conn.cursor(binary=True) as cursor:
        [data] = cursor.execute(statement, {**given, "base": base}).fetchone() or (None,)
    pairs = np.frombuffer(data or b"", PAIR)
    places = pairs["place"].astype(np.uint32)
    values = pairs["value"].astype(np.float64)
    if (places[1:] > places[:-1]).all():
        return places, values
    by_place = np.argsort(places, kind="stable")
    return places[by_place], values[by_place]


def taxa_of(
    conn: Connection, project_id: ProjectId, object_ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The taxa of objects, in the order given; 0 where there is none."""
    statement = """
        COPY (SELECT coalesce(o.taxon_id, 0)::bigint
                FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (object_id, place)
                LEFT JOIN objects o ON o.project_id = %(project_id)s
                     AND o.object_id = wanted.object_id
               ORDER BY wanted.place)
        TO STDOUT (FORMAT BINARY)
    """
    values = {"project_id": project_id, "ids": object_ids.tolist()}
    with conn.cursor() as cursor, cursor.copy(statement, values) as copy:
        data = b"".join([bytes(block) for block in copy])
    found = np.frombuffer(data, ID_ROW, count=len(object_ids), offset=COPY_HEADER)
    return found["id"].astype(np.int64)
