"""The SQL of identifications that a table tells, each with its author and its moment."""

from collections.abc import Sequence
from typing import LiteralString

from calanus.annotation.queries.shape import CHANGE, MOVES
from calanus.annotation.types import Begun, Move
from calanus.kit import copy
from calanus.kit.db import Connection, copy_in, execute, fetch_value
from calanus.kit.ids import ProjectId


def make_told(conn: Connection) -> None:
    """An empty table for identifications, which lives as long as the transaction."""
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS told (
            object_id bigint PRIMARY KEY, seen bigint NOT NULL, taxon_id integer, state text,
            annotator_id integer, identified_at timestamptz) ON COMMIT DROP
        """,
    )
    execute(conn, "TRUNCATE told")


def stage_told(conn: Connection, object_ids: Sequence[int], columns: list[copy.Column]) -> None:
    """Identifications by COPY; those of an object that was told before are replaced.

    `seen` is the version that they were compared with.
    """
    execute(conn, "DELETE FROM told WHERE object_id = ANY(%(ids)s)", ids=list(object_ids))
    names: list[LiteralString] = [
        "object_id", "seen", "taxon_id", "state", "annotator_id", "identified_at",
    ]  # fmt: skip
    with copy_in(conn, "told", names) as into:
        copy.send(into, [columns])


def lock_told(conn: Connection, project_id: ProjectId) -> int:
    """Lock the staged objects in order of their ids; how many are no longer as they were seen."""
    sql = """
        WITH locked AS (
            SELECT o.version, t.seen
              FROM told t
              JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = t.object_id
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        )
        SELECT count(*) FROM locked WHERE version <> seen
    """
    return fetch_value(conn, sql, project_id=project_id)


def record_told(conn: Connection, project_id: ProjectId, *, under: Begun) -> list[Move]:
    """Identify objects as staged, where they are as they were when they were compared."""
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, t.taxon_id AS new_taxon_id, t.state AS new_state,
                   CASE t.state WHEN 'P' THEN 1.0 END::float8 AS new_score,
                   t.annotator_id AS new_annotator_id, t.identified_at AS new_identified_at,
                   %(batch_id)s::bigint AS new_version
              FROM told t
              JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = t.object_id
             WHERE o.version = t.seen
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        ), remembered AS (
            INSERT INTO history (project_id, object_id, batch_id, taxon_id, state, score,
                                 annotator_id, identified_at, version, after_taxon_id,
                                 after_state, after_score, after_annotator_id,
                                 after_identified_at)
            SELECT project_id, object_id, %(batch_id)s, taxon_id, state, score, annotator_id,
                   identified_at, version, new_taxon_id, new_state, new_score, new_annotator_id,
                   new_identified_at FROM changing
        ), kept AS (
            INSERT INTO predictions (project_id, object_id, batch_id, taxa, scores)
            SELECT project_id, object_id, %(batch_id)s, ARRAY[new_taxon_id], ARRAY[new_score]
              FROM changing WHERE new_state = 'P'
        ), changed AS ({CHANGE}) {MOVES}
    """
    values = {"project_id": project_id, "batch_id": under.batch_id}
    return conn.execute(sql, values).fetchall()
