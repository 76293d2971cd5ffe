"""The SQL of deep features: vectors go in and out by COPY BINARY, as half floats."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from calanus.features.types import Features, ObjectIds, StoredExtractor
from calanus.kit import copy
from calanus.kit.db import Connection, copy_in, execute, fetch_one
from calanus.kit.ids import ExtractorId, ProjectId

HEADER, TRAILER = 19, 2  # bytes around the rows of COPY BINARY
ID_ROW = np.dtype([("fields", ">i2"), ("length", ">i4"), ("id", ">i8")])


def find_extractor(conn: Connection, name: str, passport: str) -> StoredExtractor | None:
    """The extractor of a passport, if it has made vectors here."""
    sql = """
        SELECT extractor_id, name, passport, dimensions
          FROM extractors WHERE name = %(name)s AND passport = %(passport)s
    """
    return fetch_one(conn, StoredExtractor, sql, name=name, passport=passport)


def add_extractor(conn: Connection, name: str, passport: str, dimensions: int) -> None:
    """Give a passport its id; two who do so at once get the same."""
    sql = """
        INSERT INTO extractors (name, passport, dimensions)
        VALUES (%(name)s, %(passport)s, %(dimensions)s)
            ON CONFLICT (name, passport) DO NOTHING
    """
    execute(conn, sql, name=name, passport=passport, dimensions=dimensions)


def missing(
    conn: Connection, project_id: ProjectId, extractor_id: ExtractorId, object_ids: ObjectIds
) -> ObjectIds:
    """Those of these objects that have no vector yet, in the order of their ids."""
    statement = sql.SQL("""
        COPY (SELECT wanted.object_id
                FROM unnest(%(object_ids)s::bigint[]) AS wanted (object_id)
               WHERE NOT EXISTS (
                     SELECT 1 FROM features f
                      WHERE f.project_id = %(project_id)s AND f.extractor_id = %(extractor_id)s
                        AND f.object_id = wanted.object_id)
               ORDER BY wanted.object_id)
        TO STDOUT (FORMAT BINARY)
    """)
    values = {
        "project_id": project_id,
        "extractor_id": extractor_id,
        "object_ids": object_ids.tolist(),
    }
    return _rows(conn, statement, values, ID_ROW)["id"].astype(np.int64)


def store(
    conn: Connection,
    project_id: ProjectId,
    extractor_id: ExtractorId,
    object_ids: ObjectIds,
    vectors: Features,
) -> None:
    """Keep vectors; one that somebody else has kept meanwhile stays as it is."""
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS vectors (object_id bigint, vector bytea)
            ON COMMIT DROP
        """,
    )
    execute(conn, "TRUNCATE vectors")
    halves = np.ascontiguousarray(vectors, "<f2").view(np.uint8)
    length = copy.repeat(halves.shape[1].to_bytes(4, "big"), len(halves))
    columns = [copy.int8(object_ids), copy.Column(fixed=np.hstack([length, halves]))]
    with copy_in(conn, "vectors", ["object_id", "vector"]) as into:
        copy.send(into, [columns])
    sql = """
        INSERT INTO features (project_id, extractor_id, object_id, vector)
        SELECT %(project_id)s, %(extractor_id)s, object_id, vector FROM vectors ORDER BY object_id
            ON CONFLICT DO NOTHING
    """
    execute(conn, sql, project_id=project_id, extractor_id=extractor_id)


def load(
    conn: Connection,
    project_id: ProjectId,
    extractor: StoredExtractor,
    object_ids: ObjectIds,
) -> tuple[ObjectIds, Features]:
    """The vectors there are of these objects, and whose they are."""
    statement = sql.SQL("""
        COPY (SELECT f.object_id, f.vector
                FROM unnest(%(object_ids)s::bigint[]) AS wanted (object_id)
                JOIN features f ON f.project_id = %(project_id)s
                     AND f.extractor_id = %(extractor_id)s AND f.object_id = wanted.object_id)
        TO STDOUT (FORMAT BINARY)
    """)
    values = {
        "project_id": project_id,
        "extractor_id": extractor.extractor_id,
        "object_ids": object_ids.tolist(),
    }
    row = np.dtype([*ID_ROW.descr, ("bytes", ">i4"), ("vector", "<f2", (extractor.dimensions,))])
    found = _rows(conn, statement, values, row)
    return found["id"].astype(np.int64), found["vector"].astype(np.float32)


def forget_others(
    conn: Connection, project_id: ProjectId, extractor_id: ExtractorId, name: str
) -> int:
    """Remove the vectors that former ways of the same name left in a project."""
    sql = """
        DELETE FROM features f USING extractors e
         WHERE f.project_id = %(project_id)s AND f.extractor_id = e.extractor_id
           AND e.name = %(name)s AND e.extractor_id <> %(extractor_id)s
    """
    return execute(conn, sql, project_id=project_id, extractor_id=extractor_id, name=name)


def _rows(
    conn: Connection, statement: sql.SQL, values: dict[str, Any], row: np.dtype[Any]
) -> NDArray[Any]:
    with conn.cursor() as cursor, cursor.copy(statement, values) as found:
        data = b"".join([bytes(block) for block in found])
    return np.frombuffer(data, row, (len(data) - HEADER - TRAILER) // row.itemsize, HEADER)
