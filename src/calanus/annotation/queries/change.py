"""The SQL of changing identifications: sets, never loops; objects locked in order of id."""

from calanus.annotation.queries.shape import (
    CHANGE,
    EACH,
    FORMER,
    MOMENT,
    MOVES,
    PREDICTED,
    REMEMBER,
)
from calanus.annotation.types import Begun, Changed, Move
from calanus.kit import copy
from calanus.kit.db import (
    Connection,
    copy_in,
    execute,
    fetch_tuples,
)
from calanus.kit.ids import BatchId, ProjectId


def lock(
    conn: Connection, project_id: ProjectId, objects: list[int]
) -> list[tuple[int, int | None, str | None, int]]:
    """Lock objects in id order: two annotators may wait for each other, never deadlock.

    (object, taxon, state, version) of each.
    """
    sql = """
        SELECT object_id, taxon_id, state, version FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(objects)s)
         ORDER BY object_id FOR NO KEY UPDATE
    """
    return conn.execute(sql, {"project_id": project_id, "objects": objects}).fetchall()


def identify(
    conn: Connection,
    project_id: ProjectId,
    wanted: dict[int, int],
    state: str | None,
    *,
    under: Begun,
) -> list[Changed]:
    """Give locked objects a taxon (-1: theirs) and a state (none: theirs), and remember what was.

    One statement: what does not change in taxon, state or author is left alone, and so is what
    would have no taxon or no human state.
    """
    sql = f"""
        WITH wanted AS (
            SELECT o.*, coalesce(nullif(w.taxon_id, -1), o.taxon_id) AS new_taxon_id,
                   coalesce(%(state)s, o.state) AS new_state, NULL::float8 AS new_score,
                   %(by)s::int AS new_annotator_id, {MOMENT} AS new_identified_at,
                   %(batch_id)s::bigint AS new_version
              FROM unnest(%(objects)s::bigint[], %(taxa)s::int[]) AS w (object_id, taxon_id)
              JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = w.object_id
        ), changing AS MATERIALIZED (
            SELECT * FROM wanted
             WHERE new_taxon_id IS NOT NULL AND new_state = ANY('{{V,D}}')
               AND (taxon_id, state, annotator_id)
                   IS DISTINCT FROM (new_taxon_id, new_state, new_annotator_id)
        ), remembered AS ({REMEMBER}), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn,
        Changed,
        sql,
        project_id=project_id,
        objects=list(wanted.keys()),
        taxa=list(wanted.values()),
        state=state,
        batch_id=under.batch_id,
        by=under.by,
        at=under.at,
    )


def unvalidate(
    conn: Connection, project_id: ProjectId, objects: list[int], *, under: Begun
) -> list[Changed]:
    """Give locked objects back the last prediction of their history, with its score."""
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, p.taxon_id AS new_taxon_id, p.score AS new_score, {PREDICTED}
              FROM objects o
              JOIN LATERAL (
                   SELECT h.taxon_id, h.score FROM history h
                    WHERE h.project_id = o.project_id AND h.object_id = o.object_id
                      AND h.undone_by IS NULL AND h.state = 'P'
                    ORDER BY h.batch_id DESC LIMIT 1) p ON true
             WHERE o.project_id = %(project_id)s AND o.object_id = ANY(%(objects)s)
               AND o.state <> 'P'
        ), remembered AS ({REMEMBER}), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn,
        Changed,
        sql,
        project_id=project_id,
        objects=objects,
        batch_id=under.batch_id,
        at=under.at,
    )


def reset(
    conn: Connection, project_id: ProjectId, objects: list[int], *, under: Begun
) -> list[Changed]:
    """Make what people identified predictions of the same taxon, with score 1."""
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, o.taxon_id AS new_taxon_id, 1::float8 AS new_score, {PREDICTED}
              FROM objects o
             WHERE project_id = %(project_id)s AND object_id = ANY(%(objects)s)
               AND state IN ('V', 'D')
             ORDER BY object_id FOR NO KEY UPDATE
        ), kept AS (
            INSERT INTO predictions (project_id, object_id, batch_id, taxa, scores)
            SELECT project_id, object_id, %(batch_id)s, ARRAY[taxon_id], ARRAY[1] FROM changing
        ), remembered AS ({REMEMBER}), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn,
        Changed,
        sql,
        project_id=project_id,
        objects=objects,
        batch_id=under.batch_id,
        at=under.at,
    )


def stage_guesses(conn: Connection, columns: list[copy.Column]) -> None:
    """Guesses by COPY into a table that lives as long as the transaction."""
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS guesses (
            object_id bigint, t1 integer, t2 integer, t3 integer,
            s1 float8, s2 float8, s3 float8) ON COMMIT DROP
        """,
    )
    execute(conn, "TRUNCATE guesses")
    with copy_in(conn, "guesses", ["object_id", "t1", "t2", "t3", "s1", "s2", "s3"]) as into:
        copy.send(into, [columns])


def record_guesses(conn: Connection, project_id: ProjectId, *, under: Begun) -> list[Move]:
    """Make the staged guesses predictions of unidentified and predicted objects.

    What a person identified is left alone.
    """
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, array_remove(ARRAY[t1, t2, t3], NULL) AS taxa,
                   array_remove(ARRAY[s1, s2, s3], NULL) AS scores,
                   coalesce(t1, t2, t3) AS new_taxon_id,
                   coalesce(s1, s2, s3) AS new_score, {PREDICTED}
              FROM guesses g
              JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = g.object_id
             WHERE o.state IS NULL OR o.state = 'P'
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        ), kept AS (
            INSERT INTO predictions (project_id, object_id, batch_id, taxa, scores)
            SELECT project_id, object_id, %(batch_id)s, taxa, scores FROM changing
        ), remembered AS ({REMEMBER}), changed AS ({CHANGE}) {MOVES}
    """
    values = {"project_id": project_id, "batch_id": under.batch_id, "at": under.at}
    return conn.execute(sql, values).fetchall()


def take_back(
    conn: Connection, project_id: ProjectId, batch_id: int, *, undo_id: BatchId
) -> list[Changed]:
    """Give objects back what they were before a batch, where it is still their last change.

    Undo restores the version too: a version always means the same identification. Rows of history
    are found again by their place: by batch, a planner that knows no better would compare all with
    all.
    """
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, h.ctid AS place, {FORMER}
              FROM history h
              JOIN objects o ON o.project_id = h.project_id AND o.object_id = h.object_id
             WHERE h.project_id = %(project_id)s AND h.batch_id = %(batch_id)s
               AND h.undone_by IS NULL AND o.version = %(batch_id)s
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        ), marked AS (
            UPDATE history h SET undone_by = %(undo_id)s
              FROM changing c WHERE h.ctid = c.place
        ), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn, Changed, sql, project_id=project_id, batch_id=batch_id, undo_id=undo_id
    )


def bring_back(
    conn: Connection, project_id: ProjectId, batch_id: int, *, undo_id: int
) -> list[Changed]:
    """Make the objects again what a batch had made of them, where nobody touched them since."""
    sql = f"""
        WITH changing AS MATERIALIZED (
            SELECT o.*, h.ctid AS place, h.after_taxon_id AS new_taxon_id,
                   h.after_state AS new_state, h.after_score AS new_score,
                   CASE WHEN h.after_state <> 'P'
                        THEN coalesce(h.after_annotator_id, b.author_id) END AS new_annotator_id,
                   CASE WHEN h.after_state IS NOT NULL
                        THEN coalesce(h.after_identified_at, b.made_at) END AS new_identified_at,
                   h.batch_id AS new_version
              FROM history h
              JOIN batches b ON b.batch_id = h.batch_id
              JOIN objects o ON o.project_id = h.project_id AND o.object_id = h.object_id
             WHERE h.project_id = %(project_id)s AND h.batch_id = %(batch_id)s
               AND h.undone_by = %(undo_id)s AND o.version = h.version
             ORDER BY o.object_id FOR NO KEY UPDATE OF o
        ), marked AS (
            UPDATE history h SET undone_by = NULL
              FROM changing c WHERE h.ctid = c.place
        ), changed AS ({CHANGE}) {EACH}
    """
    return fetch_tuples(
        conn, Changed, sql, project_id=project_id, batch_id=batch_id, undo_id=undo_id
    )
