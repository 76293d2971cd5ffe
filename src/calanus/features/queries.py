"""The SQL of deep features: vectors go in and out by COPY BINARY, as half floats."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from calanus.features.types import Features, ObjectIds, StoredExtractor
from calanus.kit import copy
from calanus.kit.db import Connection, copy_in, execute, fetch_one, fetch_value
from calanus.kit.ids import ExtractorId, ProjectId

HEADER, TRAILER = 19, 2  # bytes around the rows of COPY BINARY
ROWS_A_BLOCK = 8192
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


def extractor_used(conn: Connection, project_id: ProjectId, name: str) -> StoredExtractor | None:
    """The extractor of a name that made vectors of a project; the newest, where several did."""
    sql = """
        SELECT e.extractor_id, e.name, e.passport, e.dimensions
          FROM extractors e
         WHERE e.name = %(name)s
           AND EXISTS (SELECT 1 FROM features f WHERE f.project_id = %(project_id)s
                          AND f.extractor_id = e.extractor_id)
         ORDER BY e.extractor_id DESC LIMIT 1
    """
    return fetch_one(conn, StoredExtractor, sql, name=name, project_id=project_id)


def moment(conn: Connection, project_id: ProjectId, extractor_id: ExtractorId) -> int:
    """A number that is another one whenever the vectors of a project changed."""
    sql = """
        SELECT moment FROM feature_changes
         WHERE project_id = %(project_id)s AND extractor_id = %(extractor_id)s
    """
    return fetch_value(conn, sql, project_id=project_id, extractor_id=extractor_id) or 0


def scan(
    conn: Connection, project_id: ProjectId, extractor: StoredExtractor, components: int
) -> Iterator[tuple[ObjectIds, Features]]:
    """The first components of all vectors of a project, in order of the objects, in blocks."""
    statement = sql.SQL("""
        COPY (SELECT object_id, substring(vector FROM 1 FOR {})
                FROM features WHERE project_id = {} AND extractor_id = {} ORDER BY object_id)
        TO STDOUT (FORMAT BINARY)
    """).format(2 * components, project_id, extractor.extractor_id)
    row = np.dtype([*ID_ROW.descr, ("bytes", ">i4"), ("vector", "<f2", (components,))])
    read, skip = bytearray(), HEADER
    with conn.cursor() as cursor, cursor.copy(statement) as found:
        for block in found:
            read += block
            rows = (len(read) - skip) // row.itemsize
            if rows >= ROWS_A_BLOCK:
                yield _read(bytes(read), row, rows, skip)
                del read[: skip + rows * row.itemsize]
                skip = 0
    yield _read(bytes(read), row, (len(read) - skip - TRAILER) // row.itemsize, skip)


def _read(data: bytes, row: np.dtype[Any], rows: int, skip: int) -> tuple[ObjectIds, Features]:
    found = np.frombuffer(data, row, rows, skip)
    return found["id"].astype(np.int64), found["vector"].astype(np.float32)


def lacking(conn: Connection, project_id: ProjectId, extractor_id: ExtractorId) -> bool:
    """Whether an object that has an image has no vector."""
    sql = """
        SELECT EXISTS (
            SELECT 1 FROM objects o
             WHERE o.project_id = %(project_id)s
               AND NOT EXISTS (SELECT 1 FROM features f
                                WHERE f.project_id = o.project_id
                                  AND f.extractor_id = %(extractor_id)s
                                  AND f.object_id = o.object_id)
               AND EXISTS (SELECT 1 FROM images i
                            WHERE i.project_id = o.project_id AND i.object_id = o.object_id))
    """
    return fetch_value(conn, sql, project_id=project_id, extractor_id=extractor_id)


def image_hashes(
    conn: Connection, project_id: ProjectId, object_ids: ObjectIds
) -> tuple[ObjectIds, NDArray[np.uint64]]:
    """The first 8 bytes of the hash of the first image of objects, and whose they are."""
    statement = sql.SQL("""
        COPY (SELECT DISTINCT ON (i.object_id)
                     i.object_id, substring(i.hash || decode(repeat('00', 8), 'hex') FOR 8)
                FROM unnest(%(object_ids)s::bigint[]) AS wanted (object_id)
                JOIN images i ON i.project_id = %(project_id)s AND i.object_id = wanted.object_id
               ORDER BY i.object_id, i.rank, i.image_id)
        TO STDOUT (FORMAT BINARY)
    """)
    row = np.dtype([*ID_ROW.descr, ("bytes", ">i4"), ("hash", ">u8")])
    values = {"project_id": project_id, "object_ids": object_ids.tolist()}
    found = _rows(conn, statement, values, row)
    return found["id"].astype(np.int64), found["hash"].astype(np.uint64)


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
