"""The SQL of going back in the history of objects, of undoing that, and of doing it again.

A revert pops rows of history, as EcoTaxa does, by marking them. What an object was before it is
a row too, of the revert's own batch; it bears the revert's mark from the start, so that whoever
reads the history, or reverts again, never meets it.
"""

from typing import Any

from calanus.annotation.queries.shape import CHANGE, EACH, FORMER, MOVES
from calanus.annotation.types import Changed, Move, Reverted, RevertLine
from calanus.kit.db import Connection, execute, fetch_all, fetch_tuples, fetch_value
from calanus.kit.ids import BatchId, ProjectId


def hold(conn: Connection, project_id: ProjectId, objects: list[int]) -> int:
    """Lock objects in order of their ids, without reading them; how many there are."""
    sql = """
        SELECT count(*) FROM (
            SELECT 1 FROM objects
             WHERE project_id = %(project_id)s AND object_id = ANY(%(objects)s)
             ORDER BY object_id FOR NO KEY UPDATE) held
    """
    return fetch_value(conn, sql, project_id=project_id, objects=objects)


def stage_reverts(
    conn: Connection,
    project_id: ProjectId,
    objects: list[int],
    *,
    target: int | None,
    skipped: int | None,
) -> None:
    """Find where each object would go back to, and keep it until the transaction ends.

    That is the newest row that still stands; of one person's decisions (`target`), or of anybody's
    but one person's (`skipped`). Without one an object becomes unidentified: its first row tells
    the version that it had then, where it was so before.
    """
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS reverting (
            object_id bigint PRIMARY KEY, taxon_id integer, state text, since bigint NOT NULL,
            to_taxon_id integer, to_state text, to_score float8, to_annotator_id integer,
            to_identified_at timestamptz, to_version bigint) ON COMMIT DROP
        """,
    )
    execute(conn, "TRUNCATE reverting")
    sql = """
        INSERT INTO reverting
        SELECT o.object_id, o.taxon_id, o.state, coalesce(h.batch_id, 0), h.taxon_id, h.state,
               h.score, h.annotator_id, h.identified_at, coalesce(h.version, first.version)
          FROM unnest(%(objects)s::bigint[]) AS w (object_id)
          JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = w.object_id
          LEFT JOIN LATERAL (
               SELECT * FROM history h
                WHERE h.project_id = o.project_id AND h.object_id = o.object_id
                  AND h.undone_by IS NULL AND h.state IS NOT NULL
                  AND (%(target)s::int IS NULL
                       OR h.state IN ('V', 'D') AND h.annotator_id = %(target)s)
                  AND (%(skipped)s::int IS NULL
                       OR h.annotator_id IS DISTINCT FROM %(skipped)s)
                ORDER BY h.batch_id DESC LIMIT 1) h ON true
          LEFT JOIN LATERAL (
               SELECT CASE WHEN h.state IS NULL THEN h.version END AS version FROM history h
                WHERE h.project_id = o.project_id AND h.object_id = o.object_id
                  AND h.undone_by IS NULL
                ORDER BY h.batch_id LIMIT 1) first ON true
         WHERE %(target)s::int IS NULL
            OR h.batch_id IS NOT NULL AND o.annotator_id <> %(target)s
    """
    execute(conn, sql, project_id=project_id, objects=objects, target=target, skipped=skipped)


def staged(conn: Connection) -> list[Reverted]:
    """Where each staged object goes back to, in order of their ids."""
    sql = """
        SELECT object_id, taxon_id, to_taxon_id, to_state, to_score, to_annotator_id,
               to_identified_at AT TIME ZONE 'UTC' AS to_identified_at
          FROM reverting ORDER BY object_id
    """
    return fetch_all(conn, Reverted, sql)


def staged_lines(conn: Connection) -> list[RevertLine]:
    """How many staged objects go from where to where; the most first."""
    sql = """
        SELECT taxon_id, state, to_taxon_id, to_state, to_annotator_id, u.name AS to_annotator,
               min(to_identified_at) AS earliest, max(to_identified_at) AS latest,
               count(*)::int AS objects
          FROM reverting LEFT JOIN users u ON u.user_id = to_annotator_id
         WHERE state IS NOT NULL OR to_state IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 9 DESC, 1, 3, 2, 4, 5
    """
    return fetch_all(conn, RevertLine, sql)


def revert(conn: Connection, project_id: ProjectId, *, revert_id: BatchId) -> list[Move]:
    """Give the staged objects what they go back to; the rows since then are marked."""
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, r.since, r.to_taxon_id AS new_taxon_id, r.to_state AS new_state,
                   r.to_score AS new_score, r.to_annotator_id AS new_annotator_id,
                   r.to_identified_at AS new_identified_at,
                   coalesce(r.to_version, %(revert_id)s) AS new_version
              FROM reverting r
              JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = r.object_id
             WHERE r.state IS NOT NULL OR r.to_state IS NOT NULL
        ), remembered AS (
            INSERT INTO history (project_id, object_id, batch_id, taxon_id, state, score,
                                 annotator_id, identified_at, version, after_taxon_id,
                                 after_state, after_score, after_annotator_id,
                                 after_identified_at, after_version, undone_by)
            SELECT project_id, object_id, %(revert_id)s, taxon_id, state, score, annotator_id,
                   identified_at, version, new_taxon_id, new_state, new_score, new_annotator_id,
                   new_identified_at, new_version, %(revert_id)s FROM changing
        ), popped AS (
            UPDATE history h SET undone_by = %(revert_id)s
              FROM changing c
             WHERE h.project_id = %(project_id)s AND h.object_id = c.object_id
               AND h.batch_id >= c.since AND h.undone_by IS NULL
        ), changed AS ({CHANGE}) {MOVES}
    """
    values: dict[str, Any] = {"project_id": project_id, "revert_id": revert_id}
    return conn.execute(sql, values).fetchall()


def unrevert(
    conn: Connection, project_id: ProjectId, revert_id: int, *, undo_id: BatchId
) -> list[Changed]:
    """Give objects back what they were before a revert, where nobody touched them since.

    The rows that the revert popped stand again; its own are marked as undone.
    """
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, {FORMER}
              FROM history h
              JOIN objects o ON o.project_id = h.project_id AND o.object_id = h.object_id
             WHERE h.project_id = %(project_id)s AND h.batch_id = %(revert_id)s
               AND h.undone_by = %(revert_id)s AND o.version = h.after_version
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        ), marked AS (
            UPDATE history h
               SET undone_by = CASE WHEN h.batch_id = %(revert_id)s THEN %(undo_id)s END
              FROM changing c
             WHERE h.project_id = %(project_id)s AND h.object_id = c.object_id
               AND h.undone_by = %(revert_id)s
        ), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn, Changed, sql, project_id=project_id, revert_id=revert_id, undo_id=undo_id
    )


def revert_again(
    conn: Connection, project_id: ProjectId, revert_id: int, *, undo_id: int
) -> list[Changed]:
    """Do a revert again that was undone, where nobody touched the objects since.

    What it popped is what stands from the row on that holds the version it goes back to; all, where
    it made objects unidentified in a way they never were.
    """
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, h.after_taxon_id AS new_taxon_id, h.after_state AS new_state,
                   h.after_score AS new_score, h.after_annotator_id AS new_annotator_id,
                   h.after_identified_at AS new_identified_at, h.after_version AS new_version,
                   coalesce((SELECT max(b.batch_id) FROM history b
                              WHERE b.project_id = h.project_id AND b.object_id = h.object_id
                                AND b.undone_by IS NULL AND b.version = h.after_version
                                AND h.after_version <> %(revert_id)s), 0) AS since
              FROM history h
              JOIN objects o ON o.project_id = h.project_id AND o.object_id = h.object_id
             WHERE h.project_id = %(project_id)s AND h.batch_id = %(revert_id)s
               AND h.undone_by = %(undo_id)s AND o.version = h.version
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        ), marked AS (
            UPDATE history h SET undone_by = %(revert_id)s
              FROM changing c
             WHERE h.project_id = %(project_id)s AND h.object_id = c.object_id
               AND (h.batch_id = %(revert_id)s OR h.batch_id >= c.since AND h.undone_by IS NULL)
        ), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn, Changed, sql, project_id=project_id, revert_id=revert_id, undo_id=undo_id
    )


def mark_popped(conn: Connection, project_id: ProjectId, revert_id: int) -> None:
    """Batches of which a revert popped the last row are taken back; those given back are not."""
    sql = """
        UPDATE batches SET undone_by = NULL
         WHERE project_id = %(project_id)s AND undone_by = %(revert_id)s
    """
    execute(conn, sql, project_id=project_id, revert_id=revert_id)
    sql = """
        UPDATE batches b SET undone_by = %(revert_id)s
         WHERE b.project_id = %(project_id)s AND b.undone_by IS NULL
           AND b.batch_id IN (
               SELECT h.batch_id FROM history r
                 JOIN history h ON h.project_id = r.project_id AND h.object_id = r.object_id
                WHERE r.project_id = %(project_id)s AND r.batch_id = %(revert_id)s
                  AND h.undone_by = %(revert_id)s AND h.batch_id <> %(revert_id)s)
           AND NOT EXISTS (SELECT 1 FROM history h
                            WHERE h.project_id = b.project_id AND h.batch_id = b.batch_id
                              AND h.undone_by IS NULL)
    """
    execute(conn, sql, project_id=project_id, revert_id=revert_id)
