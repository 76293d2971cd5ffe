"""The SQL of learning: who may teach, and the numbers of objects as one matrix."""

from collections.abc import Sequence
from typing import Any, LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from calanus.kit import copy
from calanus.kit.db import Connection, copy_in, fetch_one, fetch_value, fetch_values
from calanus.kit.ids import BatchId, ProjectId
from calanus.objects.fields import FieldSql
from calanus.prediction.types import KeptTray, Numbers

HEADER, TRAILER = 19, 2  # bytes around the rows of COPY BINARY


def row(*columns: tuple[str, str]) -> np.dtype[Any]:
    """A row of COPY BINARY whose columns have one width: each value follows its length."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, dtype in columns:
        fields += [(f"length of {name}", ">i4"), (name, dtype)]
    return np.dtype(fields)


CANDIDATE = row(("object_id", ">i8"), ("taxon_id", ">i4"), ("draw", ">i8"), ("found", ">i8"))


def candidates(
    conn: Connection,
    project_id: ProjectId,
    *,
    taxa: Sequence[int],
    limit: int | None,
    seed: int,
) -> NDArray[Any]:
    """Validated objects: at most `limit` of a taxon, drawn by a seeded hash of their names.

    md5, because it is the same in every version of PostgreSQL and on every machine. All taxa
    when none is named. Rows have object_id, taxon_id, draw, found (how many of the taxon).
    """
    statement = sql.SQL("""
        COPY (SELECT object_id, taxon_id, draw, found
                FROM (SELECT *, row_number() OVER (PARTITION BY taxon_id ORDER BY draw, object_id)
                                AS place, count(*) OVER (PARTITION BY taxon_id) AS found
                        FROM (SELECT o.object_id, o.taxon_id,
                                     ('x' || left(md5(%(seed)s || ':' || v.orig_id), 16))
                                         ::bit(64)::bigint AS draw
                                FROM objects o
                                JOIN object_values v USING (project_id, object_id)
                               WHERE o.project_id = %(project_id)s AND o.state = 'V'
                                 AND (%(all_taxa)s OR o.taxon_id = ANY(%(taxa)s::int[]))) drawn
                     ) placed
               WHERE %(limit)s::int IS NULL OR place <= %(limit)s::int
               ORDER BY object_id)
        TO STDOUT (FORMAT BINARY)
    """)
    values = {
        "project_id": project_id,
        "taxa": list(taxa),
        "all_taxa": not taxa,
        "limit": limit,
        "seed": str(seed),
    }
    return _rows(conn, statement, values, CANDIDATE)


def numbers(
    conn: Connection,
    project_id: ProjectId,
    fields: Sequence[FieldSql],
    object_ids: NDArray[np.int64],
) -> Numbers:
    """The values of fields: (objects, fields), in the order of the ids; NaN where missing."""
    if not fields or not len(object_ids):
        return np.full((len(object_ids), len(fields)), np.nan)
    values = sql.SQL(", ").join(
        [sql.SQL("coalesce(({})::float8, 'NaN')").format(field.expression) for field in fields]
    )
    statement = sql.SQL("""
        COPY (SELECT wanted.place, {}
                FROM unnest(%(object_ids)s::bigint[]) WITH ORDINALITY AS wanted (object_id, place)
                JOIN objects o ON o.project_id = %(project_id)s
                     AND o.object_id = wanted.object_id
                JOIN object_values v ON v.project_id = o.project_id
                     AND v.object_id = o.object_id)
        TO STDOUT (FORMAT BINARY)
    """).format(values)
    shape = row(("place", ">i8"), *[(str(n), ">f8") for n in range(len(fields))])
    given = {"project_id": project_id, "object_ids": object_ids.tolist()}
    found = _rows(conn, statement, given, shape)
    matrix = np.full((len(object_ids), len(fields)), np.nan)
    for n in range(len(fields)):
        matrix[found["place"] - 1, n] = found[str(n)]
    return matrix


def teachers(conn: Connection) -> dict[int, tuple[int, int]]:
    """Projects with validated objects, how many and of how many taxa; or with taxa to learn as."""
    statement = """
        SELECT p.project_id, coalesce(sum(c.objects), 0)::bigint, count(c.taxon_id)::int
          FROM projects p
          LEFT JOIN counts c ON c.project_id = p.project_id AND c.state = 'V' AND c.objects > 0
         GROUP BY p.project_id
        HAVING count(c.taxon_id) > 0 OR p.prediction_settings ~ 'posttaxomapping=\\d'
    """
    return {project: (objects, taxa) for project, objects, taxa in conn.execute(statement)}


def targets(conn: Connection, project_id: ProjectId) -> int:
    """How many objects of a project are unidentified or predicted."""
    statement = """
        SELECT coalesce(sum(objects), 0)::bigint FROM counts
         WHERE project_id = %(project_id)s AND state IN ('U', 'P')
    """
    return fetch_value(conn, statement, project_id=project_id)


def unseen_targets(conn: Connection, project_id: ProjectId, extractor_id: int) -> int:
    """How many of those have no vector of an extractor yet."""
    statement = """
        SELECT count(*) FROM objects o
         WHERE o.project_id = %(project_id)s AND (o.state IS NULL OR o.state = 'P')
           AND NOT EXISTS (
               SELECT 1 FROM features f
                WHERE f.project_id = %(project_id)s AND f.extractor_id = %(extractor_id)s
                  AND f.object_id = o.object_id)
    """
    return fetch_value(conn, statement, project_id=project_id, extractor_id=extractor_id)


def samples(
    conn: Connection, project_id: ProjectId, object_ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The sample of each object, in the order of the ids; 0 of an object that is gone."""
    statement = sql.SQL("""
        COPY (SELECT wanted.place, o.sample_id::bigint
                FROM unnest(%(object_ids)s::bigint[]) WITH ORDINALITY AS wanted (object_id, place)
                JOIN objects o ON o.project_id = %(project_id)s
                     AND o.object_id = wanted.object_id)
        TO STDOUT (FORMAT BINARY)
    """)
    given = {"project_id": project_id, "object_ids": object_ids.tolist()}
    rows = _rows(conn, statement, given, row(("place", ">i8"), ("sample", ">i8")))
    found = np.zeros(len(object_ids), np.int64)
    found[rows["place"] - 1] = rows["sample"]
    return found


def guessed(
    conn: Connection, project_id: ProjectId, batch_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """What a prediction wrote: ids in order, and three guesses of each; 0 where there are fewer."""
    statement = sql.SQL("""
        COPY (SELECT object_id, coalesce(taxa[1], 0), coalesce(taxa[2], 0), coalesce(taxa[3], 0),
                     coalesce(scores[1], 0), coalesce(scores[2], 0), coalesce(scores[3], 0)
                FROM predictions
                JOIN objects USING (project_id, object_id)
               WHERE project_id = %(project_id)s AND batch_id = %(batch_id)s
               ORDER BY object_id)
        TO STDOUT (FORMAT BINARY)
    """)
    taxa, scores = [f"t{n}" for n in range(3)], [f"s{n}" for n in range(3)]
    shape = row(("id", ">i8"), *[(t, ">i4") for t in taxa], *[(s, ">f8") for s in scores])
    found = _rows(conn, statement, {"project_id": project_id, "batch_id": batch_id}, shape)
    return (
        found["id"].astype(np.int64),
        np.stack([found[t] for t in taxa], axis=1).astype(np.int64),
        np.stack([found[s] for s in scores], axis=1).astype(np.float64),
    )


def keep_tray(
    conn: Connection,
    project_id: ProjectId,
    batch_id: BatchId,
    object_ids: NDArray[np.int64],
    strangeness: NDArray[np.float32],
) -> None:
    """Keep the objects of a tray in their order."""
    rows = len(object_ids)
    names: list[LiteralString] = ["project_id", "object_id", "batch_id", "place", "strangeness"]
    with copy_in(conn, "unlike_objects", names) as into:
        columns = [
            copy.int4(np.full(rows, project_id)),
            copy.int8(object_ids),
            copy.int8(np.full(rows, batch_id)),
            copy.int4(np.arange(rows)),
            copy.float8(strangeness),
        ]
        copy.send(into, [columns])


def last_tray(conn: Connection, project_id: ProjectId) -> KeptTray | None:
    """The tray of the newest prediction that kept one and was not taken back; how much is left.

    The objects that a person has identified since are no longer counted as left.
    """
    sql = """
        SELECT b.batch_id, b.made_at, count(*)::int AS objects,
               count(*) FILTER (WHERE o.state IS NULL OR o.state = 'P')::int AS left
          FROM unlike_objects u
          JOIN batches b USING (batch_id)
          JOIN objects o ON o.project_id = u.project_id AND o.object_id = u.object_id
         WHERE u.project_id = %(project_id)s AND b.undone_by IS NULL
         GROUP BY b.batch_id ORDER BY b.batch_id DESC LIMIT 1
    """
    return fetch_one(conn, KeptTray, sql, project_id=project_id)


def tray(conn: Connection, project_id: ProjectId, batch_id: BatchId, most: int) -> list[int]:
    """The first objects of a tray, in its order."""
    sql = """
        SELECT object_id FROM unlike_objects
         WHERE project_id = %(project_id)s AND batch_id = %(batch_id)s
         ORDER BY place LIMIT %(most)s
    """
    return fetch_values(conn, sql, project_id=project_id, batch_id=batch_id, most=most)


def _rows(
    conn: Connection,
    statement: sql.SQL | sql.Composed,
    values: dict[str, Any],
    shape: np.dtype[Any],
) -> NDArray[Any]:
    with conn.cursor() as cursor, cursor.copy(statement, values) as found:
        data = b"".join([bytes(block) for block in found])
    return np.frombuffer(data, shape, (len(data) - HEADER - TRAILER) // shape.itemsize, HEADER)
