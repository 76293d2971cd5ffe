"""The SQL of reading identifications, past and present, and of checking taxa."""

from calanus.annotation.types import (
    Activity,
    Guess,
    Historical,
    Identified,
)
from calanus.kit.db import (
    Connection,
    fetch_all,
    fetch_tuples,
    fetch_values,
)
from calanus.kit.ids import ProjectId, UserId


def identified(conn: Connection, project_id: ProjectId, objects: list[int]) -> list[Identified]:
    """The present identification of objects."""
    sql = """
        SELECT object_id, taxon_id, state, score, version FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(objects)s) ORDER BY object_id
    """
    return fetch_tuples(conn, Identified, sql, project_id=project_id, objects=objects)


def counted(
    conn: Connection, project_id: ProjectId
) -> tuple[int, list[int] | None, list[str] | None, list[int] | None]:
    """The newest batch of a project, then taxa, states and counts, parallel: all in one row."""
    sql = """
        SELECT coalesce((SELECT max(batch_id) FROM batches WHERE project_id = %(project_id)s), 0),
               array_agg(taxon_id ORDER BY taxon_id, state),
               array_agg(state ORDER BY taxon_id, state),
               array_agg(objects ORDER BY taxon_id, state)
          FROM counts WHERE project_id = %(project_id)s AND objects > 0
    """
    row = conn.execute(sql, {"project_id": project_id}).fetchone()
    assert row is not None
    return row[0], row[1], row[2], row[3]


def deprecated(conn: Connection, taxa: list[int]) -> tuple[list[str], list[int]]:
    """Which of these taxa are deprecated, by name, and which do not exist, by id."""
    sql = """
        SELECT w.taxon_id, t.display_name, t.status
          FROM unnest(%(taxa)s::int[]) AS w (taxon_id) LEFT JOIN taxa t USING (taxon_id)
         WHERE t.taxon_id IS NULL OR t.status = 'D' ORDER BY 1
    """
    rows = conn.execute(sql, {"taxa": taxa}).fetchall()
    return [name for _, name, status in rows if status], [t for t, _, status in rows if not status]


def deprecated_of(
    conn: Connection, project_id: ProjectId, objects: list[int], *, state: str, by: UserId
) -> list[str]:
    """The deprecated taxa of objects, by name; of those that would get another state or author."""
    sql = """
        SELECT DISTINCT t.display_name
          FROM objects o JOIN taxa t ON t.taxon_id = o.taxon_id AND t.status = 'D'
         WHERE o.project_id = %(project_id)s AND o.object_id = ANY(%(objects)s)
           AND (o.state, o.annotator_id) IS DISTINCT FROM (%(state)s, %(by)s::int)
         ORDER BY 1
    """
    return fetch_values(conn, sql, project_id=project_id, objects=objects, state=state, by=by)


def history(conn: Connection, project_id: ProjectId, object_id: int) -> list[Historical]:
    """What an object was before, the newest first; acts that were taken back are left out."""
    sql = """
        SELECT h.object_id AS objid, h.taxon_id AS classif_id,
               h.identified_at AT TIME ZONE 'UTC' AS classif_date,
               h.annotator_id AS classif_who,
               CASE h.state WHEN 'P' THEN 'A' ELSE 'M' END AS classif_type,
               h.state AS classif_qual, h.score AS classif_score, u.name AS user_name,
               t.display_name AS taxon_name
          FROM history h
          LEFT JOIN users u ON u.user_id = h.annotator_id
          LEFT JOIN taxa t ON t.taxon_id = h.taxon_id
         WHERE h.project_id = %(project_id)s AND h.object_id = %(object_id)s
           AND h.undone_by IS NULL AND h.state IS NOT NULL
         ORDER BY h.batch_id DESC
    """
    return fetch_all(conn, Historical, sql, project_id=project_id, object_id=object_id)


def guesses(conn: Connection, project_id: ProjectId, object_id: int) -> list[Guess]:
    """The best guesses of the last prediction of an object that was not taken back."""
    sql = """
        SELECT t.taxon_id, t.display_name, g.score
          FROM (SELECT p.taxa, p.scores
                  FROM predictions p JOIN batches b ON b.batch_id = p.batch_id
                 WHERE p.project_id = %(project_id)s AND p.object_id = %(object_id)s
                   AND b.undone_by IS NULL
                   AND NOT EXISTS (
                       SELECT 1 FROM history h
                        WHERE h.project_id = p.project_id AND h.object_id = p.object_id
                          AND h.batch_id = p.batch_id AND h.undone_by IS NOT NULL)
                 ORDER BY p.batch_id DESC LIMIT 1) p,
               unnest(p.taxa, p.scores) AS g (taxon_id, score)
          JOIN taxa t USING (taxon_id)
         ORDER BY g.score DESC
    """
    return fetch_all(conn, Guess, sql, project_id=project_id, object_id=object_id)


def predictions(
    conn: Connection, project_id: ProjectId, objects: list[int]
) -> list[tuple[int, int, float]]:
    """(object, taxon, score) of the present predictions of predicted objects, best first."""
    sql = """
        SELECT o.object_id, g.taxon_id, g.score
          FROM objects o
          LEFT JOIN predictions p ON p.project_id = o.project_id
               AND p.object_id = o.object_id AND p.batch_id = o.version
         CROSS JOIN LATERAL unnest(coalesce(p.taxa, ARRAY[o.taxon_id]),
                                   coalesce(p.scores, ARRAY[o.score])) AS g (taxon_id, score)
         WHERE o.project_id = %(project_id)s AND o.object_id = ANY(%(objects)s)
           AND o.state = 'P'
         ORDER BY o.object_id, g.score DESC
    """
    return conn.execute(sql, {"project_id": project_id, "objects": objects}).fetchall()


def activity(conn: Connection, project_ids: list[int]) -> list[Activity]:
    """Who did how much in projects: present identifications, and former ones that stand."""
    sql = """
        SELECT project_id, user_id, u.name, sum(now)::int AS now, sum(now + former)::int AS acts,
               date_trunc('second', coalesce(max(present_at), max(former_at)))
                   AT TIME ZONE 'UTC' AS last_at
          FROM (SELECT project_id, annotator_id AS user_id, count(*) AS now, 0 AS former,
                       max(identified_at) AS present_at, NULL::timestamptz AS former_at
                  FROM objects
                 WHERE project_id = ANY(%(ids)s) AND annotator_id IS NOT NULL GROUP BY 1, 2
                 UNION ALL
                SELECT project_id, annotator_id, 0, count(*), NULL, max(identified_at)
                  FROM history
                 WHERE project_id = ANY(%(ids)s) AND annotator_id IS NOT NULL
                   AND undone_by IS NULL GROUP BY 1, 2) done
          JOIN users u USING (user_id)
         GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
    """
    return fetch_all(conn, Activity, sql, ids=project_ids)
