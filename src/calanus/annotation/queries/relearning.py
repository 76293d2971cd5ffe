"""The SQL of predictions that are made again while people sort."""

from typing import LiteralString

import numpy as np
from numpy.typing import NDArray

from calanus.annotation.queries.shape import CHANGE, MOVES, PREDICTED, REMEMBER
from calanus.annotation.types import Begun, Move, Operation
from calanus.kit import copy
from calanus.kit.db import Connection, copy_in, execute, fetch_values
from calanus.kit.ids import ProjectId

HEADER, TRAILER = 19, 2  # bytes around the rows of COPY BINARY
OPEN_ROW = np.dtype(
    [("fields", ">i2"), ("l1", ">i4"), ("object_id", ">i8"), ("l2", ">i4"), ("version", ">i8")]
)
COLUMNS: list[LiteralString] = ["object_id", "version", "t1", "t2", "t3", "s1", "s2", "s3"]
# A score is shown with two digits: what moves less is the same to the eye.
LEAST_MOVE = 0.005


def open_objects(
    conn: Connection, project_id: ProjectId
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The unidentified and predicted objects of a project, with their versions."""
    statement = """
        COPY (SELECT object_id, version FROM objects
               WHERE project_id = %(project_id)s AND (state IS NULL OR state = 'P')
               ORDER BY object_id)
        TO STDOUT (FORMAT BINARY)
    """
    with conn.cursor() as cursor, cursor.copy(statement, {"project_id": project_id}) as found:
        data = b"".join([bytes(block) for block in found])
    rows = np.frombuffer(
        data, OPEN_ROW, (len(data) - HEADER - TRAILER) // OPEN_ROW.itemsize, HEADER
    )
    return rows["object_id"].astype(np.int64), rows["version"].astype(np.int64)


def stage_refined(conn: Connection, columns: list[copy.Column]) -> None:
    """Guesses with the versions they were made for, until the transaction ends."""
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS refined (
            object_id bigint, version bigint, t1 integer, t2 integer, t3 integer,
            s1 float8, s2 float8, s3 float8) ON COMMIT DROP
        """,
    )
    with copy_in(conn, "refined", COLUMNS) as into:
        copy.send(into, [columns])


def record_refined(conn: Connection, project_id: ProjectId, *, under: Begun) -> list[Move]:
    """Make the staged guesses predictions of objects that are as they were when guessed.

    Left alone is what changed meanwhile, what somebody is changing now, and what would be the same.
    An object whose prediction another relearning gave, and which nobody touched since, has one row
    of history for both: the later takes the place of the former, and what was before stays.
    """
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, array_remove(ARRAY[t1, t2, t3], NULL) AS taxa,
                   array_remove(ARRAY[s1, s2, s3], NULL) AS scores, former.batch_id AS former,
                   coalesce(t1, t2, t3) AS new_taxon_id,
                   coalesce(s1, s2, s3) AS new_score, {PREDICTED}
              FROM refined r
              JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = r.object_id
              LEFT JOIN (history former JOIN batches b
                             ON b.batch_id = former.batch_id AND b.operation = %(relearn)s)
                     ON former.project_id = o.project_id AND former.object_id = o.object_id
                    AND former.batch_id = o.version AND former.undone_by IS NULL
             WHERE (o.state IS NULL OR o.state = 'P') AND o.version = r.version
               AND (o.taxon_id IS DISTINCT FROM t1 OR o.score IS NULL
                    OR abs(o.score - s1) >= %(least)s)
             ORDER BY o.object_id FOR NO KEY UPDATE OF o SKIP LOCKED
        ), amended AS (
            UPDATE history h
               SET batch_id = %(batch_id)s, after_taxon_id = c.new_taxon_id,
                   after_score = c.new_score
              FROM changing c
             WHERE h.project_id = %(project_id)s AND h.object_id = c.object_id
               AND h.batch_id = c.former
        ), forgotten AS (
            DELETE FROM predictions p USING changing c
             WHERE p.project_id = %(project_id)s AND p.object_id = c.object_id
               AND p.batch_id = c.former
        ), shrunk AS (
            UPDATE batches b SET objects = b.objects - c.objects
              FROM (SELECT former, count(*)::int AS objects FROM changing
                     WHERE former IS NOT NULL GROUP BY former) c
             WHERE b.batch_id = c.former
        ), kept AS (
            INSERT INTO predictions (project_id, object_id, batch_id, taxa, scores)
            SELECT project_id, object_id, %(batch_id)s, taxa, scores FROM changing
        ), remembered AS ({REMEMBER} WHERE former IS NULL), changed AS ({CHANGE}) {MOVES}
    """
    values = {
        "project_id": project_id,
        "batch_id": under.batch_id,
        "at": under.at,
        "relearn": Operation.RELEARN,
        "least": LEAST_MOVE,
    }
    return conn.execute(sql, values).fetchall()


def relearnt(conn: Connection, project_id: ProjectId, objects: list[int]) -> list[int]:
    """Those of these objects whose present prediction was given by learning again."""
    sql = """
        SELECT o.object_id FROM objects o
          JOIN batches b ON b.batch_id = o.version AND b.operation = %(relearn)s
         WHERE o.project_id = %(project_id)s AND o.object_id = ANY(%(objects)s)
           AND o.state = 'P'
    """
    return fetch_values(
        conn, sql, project_id=project_id, objects=objects, relearn=Operation.RELEARN
    )
