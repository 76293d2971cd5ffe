"""The SQL of editing: the same values into the same columns of many rows."""

from collections.abc import Sequence
from typing import LiteralString

from psycopg import sql

from calanus.kit.db import Connection, execute
from calanus.kit.ids import ProjectId
from calanus.objects.types import Assignment, Level

TABLES: dict[Level, tuple[LiteralString, LiteralString]] = {
    Level.OBJECT: ("object_values", "object_id"),
    Level.SAMPLE: ("samples", "sample_id"),
    Level.ACQUISITION: ("acquisitions", "acquisition_id"),
    Level.PROCESS: ("processes", "acquisition_id"),
}

NOTHING: dict[str, LiteralString] = {"numbers": "'NaN'::float8", "texts": "NULL::text"}


def set_columns(
    conn: Connection,
    project_id: ProjectId,
    level: Level,
    ids: list[int],
    assignments: Sequence[Assignment],
) -> int:
    """Give columns their new values in all rows of these ids; how many rows there are."""
    table, key = TABLES[level]
    statement = sql.SQL(
        "UPDATE {table} SET {sets} WHERE project_id = {project} AND {key} = ANY(%(ids)s)"
    ).format(
        table=sql.Identifier(table),
        sets=sql.SQL(", ").join([target(a) for a in assignments]),
        project=sql.Literal(project_id),
        key=sql.Identifier(key),
    )
    values = {f"v{n}": a.value for n, a in enumerate(assignments)}
    return execute(conn, statement, ids=ids, **values)


def target(assignment: Assignment) -> sql.Composed:
    """One column, or one place of an array of free columns, and where its value stands."""
    column = sql.Composed([sql.Identifier(assignment.column)])
    if assignment.place:
        column += sql.SQL("[{}]").format(sql.Literal(assignment.place))
    return column + sql.SQL(" = {}").format(sql.Placeholder(f"v{assignment.order}"))


def pad(
    conn: Connection, project_id: ProjectId, level: Level, ids: list[int], widths: dict[str, int]
) -> None:
    """Room for free columns in rows that were loaded before these were there.

    PostgreSQL would begin an empty array at the place that is set first.
    """
    table, key = TABLES[level]
    for column, width in widths.items():
        statement = sql.SQL("""
            UPDATE {table}
               SET {column} = coalesce({column}, '{{}}') || array_fill(
                   {nothing}, ARRAY[%(width)s - coalesce(cardinality({column}), 0)])
             WHERE project_id = %(project_id)s AND {key} = ANY(%(ids)s)
               AND coalesce(cardinality({column}), 0) < %(width)s
        """).format(
            table=sql.Identifier(table),
            column=sql.Identifier(column),
            nothing=sql.SQL(NOTHING[column]),
            key=sql.Identifier(key),
        )
        execute(conn, statement, project_id=project_id, ids=ids, width=width)
