"""The SQL of updates: what is there today, what it becomes, kept aside until all of it is known."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg.rows import namedtuple_row

from calanus.kit.copy import Column, send
from calanus.kit.db import Connection, copy_in, execute, fetch_value, fetch_values
from calanus.kit.ids import ProjectId

LOCK: Mapping[bool, LiteralString] = {True: "FOR NO KEY UPDATE OF v", False: ""}
READ_PARENTS: Mapping[str, LiteralString] = {
    "sample": """
        SELECT sample_id, orig_id, dataportal_descriptor, texts FROM samples
         WHERE project_id = %(project_id)s AND sample_id = ANY(%(ids)s)
         ORDER BY sample_id
    """,
    "acquisition": """
        SELECT acquisition_id, orig_id, instrument, texts FROM acquisitions
         WHERE project_id = %(project_id)s AND acquisition_id = ANY(%(ids)s)
         ORDER BY acquisition_id
    """,
    "process": """
        SELECT acquisition_id, orig_id, orig_id, texts FROM processes
         WHERE project_id = %(project_id)s AND acquisition_id = ANY(%(ids)s)
         ORDER BY acquisition_id
    """,
}
WRITE_PARENTS: Mapping[str, LiteralString] = {
    "sample": """
        UPDATE samples p SET dataportal_descriptor = c.fixed, texts = c.texts
          FROM changed_parents c
         WHERE c.level = 'sample' AND p.project_id = %(project_id)s AND p.sample_id = c.id
    """,
    "acquisition": """
        UPDATE acquisitions p SET instrument = c.fixed, texts = c.texts
          FROM changed_parents c
         WHERE c.level = 'acquisition' AND p.project_id = %(project_id)s
           AND p.acquisition_id = c.id
    """,
    "process": """
        UPDATE processes p SET orig_id = c.fixed, texts = c.texts
          FROM changed_parents c
         WHERE c.level = 'process' AND p.project_id = %(project_id)s AND p.acquisition_id = c.id
    """,
}


def make_stage(conn: Connection) -> None:
    """Tables for what objects and parents become; they go with the transaction."""
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS changed_values (
            object_id bigint PRIMARY KEY, latitude float8, longitude float8, depth_min float8,
            depth_max float8, object_date date, object_time time, sun_position text, link text,
            comment text, numbers float8[], texts text[]) ON COMMIT DROP
        """,
    )
    execute(
        conn,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS changed_parents (
            level text, id bigint, fixed text, texts text[], PRIMARY KEY (level, id)
        ) ON COMMIT DROP
        """,
    )
    execute(conn, "TRUNCATE changed_values, changed_parents")


def present(
    conn: Connection, project_id: ProjectId, names: Sequence[str], *, lock: bool
) -> list[Any]:
    """Objects of these names with all that an update may change, staged changes counted in.

    Of two objects of one name the later one comes last. Days and moments are numbers, as numpy
    wants them; locked are the values only, so that nobody who sorts has to wait.
    """
    sql = f"""
        SELECT v.object_id, v.orig_id, o.sample_id, o.acquisition_id,
               n.latitude, n.longitude, n.depth_min, n.depth_max,
               n.object_date - date '1970-01-01' AS day,
               (extract(epoch FROM n.object_time) * 1000000)::bigint AS moment,
               n.sun_position, n.link, n.comment, n.numbers,
               coalesce(n.texts, '{{}}') AS texts,
               o.version,
               CASE WHEN t.object_id IS NULL THEN o.taxon_id ELSE t.taxon_id END AS taxon_id,
               CASE WHEN t.object_id IS NULL THEN o.state ELSE t.state END AS state,
               CASE WHEN t.object_id IS NULL THEN o.annotator_id
                    ELSE t.annotator_id END AS annotator_id,
               (extract(epoch FROM CASE WHEN t.object_id IS NULL THEN o.identified_at
                                        ELSE t.identified_at END) * 1000000)::bigint
                   AS identified_at
          FROM object_values v
          JOIN objects o USING (project_id, object_id)
          LEFT JOIN told t USING (object_id)
          LEFT JOIN changed_values c USING (object_id)
         CROSS JOIN LATERAL (
               SELECT c.latitude, c.longitude, c.depth_min, c.depth_max, c.object_date,
                      c.object_time, c.sun_position, c.link, c.comment, c.numbers, c.texts
                WHERE c.object_id IS NOT NULL
               UNION ALL
               SELECT v.latitude, v.longitude, v.depth_min, v.depth_max, v.object_date,
                      v.object_time, v.sun_position, v.link, v.comment, v.numbers, v.texts
                WHERE c.object_id IS NULL) n
         WHERE v.project_id = %(project_id)s AND v.orig_id = ANY(%(names)s)
         ORDER BY v.object_id {LOCK[lock]}
    """
    with conn.cursor(binary=True, row_factory=namedtuple_row) as cursor:
        return cursor.execute(sql, {"project_id": project_id, "names": list(names)}).fetchall()


def stage_values(conn: Connection, object_ids: Sequence[int], columns: list[Column]) -> None:
    """What some objects become; what was staged of them before is replaced."""
    execute(conn, "DELETE FROM changed_values WHERE object_id = ANY(%(ids)s)", ids=list(object_ids))
    names: list[LiteralString] = [
        "object_id", "latitude", "longitude", "depth_min", "depth_max", "object_date",
        "object_time", "sun_position", "link", "comment", "numbers", "texts",
    ]  # fmt: skip
    with copy_in(conn, "changed_values", names) as stream:
        send(stream, [columns])


def count_changed(conn: Connection) -> tuple[int, int]:
    """How many objects change in any way, and how many in their identification."""
    changed = fetch_value(
        conn,
        """
        SELECT count(*) FROM (SELECT object_id FROM changed_values
                              UNION SELECT object_id FROM told) c
        """,
    )
    return changed, fetch_value(conn, "SELECT count(*) FROM told")


def write_values(conn: Connection, project_id: ProjectId) -> int:
    """Make objects what was staged; how many."""
    execute(conn, "ANALYZE changed_values")
    sql = """
        UPDATE object_values v
           SET latitude = c.latitude, longitude = c.longitude, depth_min = c.depth_min,
               depth_max = c.depth_max, object_date = c.object_date,
               object_time = c.object_time, sun_position = c.sun_position, link = c.link,
               comment = c.comment, numbers = c.numbers, texts = c.texts
          FROM changed_values c
         WHERE v.project_id = %(project_id)s AND v.object_id = c.object_id
    """
    return execute(conn, sql, project_id=project_id)


def moved_samples(conn: Connection, project_id: ProjectId) -> list[int]:
    """The samples of changed objects."""
    sql = """
        SELECT DISTINCT o.sample_id FROM changed_values c
          JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = c.object_id
    """
    return fetch_values(conn, sql, project_id=project_id)


def parents(
    conn: Connection, project_id: ProjectId, level: str, ids: Sequence[int]
) -> list[tuple[Any, ...]]:
    """Some samples, acquisitions or processes: (id, name, fixed column, texts)."""
    values = {"project_id": project_id, "ids": list(ids)}
    return conn.execute(READ_PARENTS[level], values).fetchall()


def stage_parents(conn: Connection, columns: list[Column]) -> None:
    """What some parents become."""
    with copy_in(conn, "changed_parents", ["level", "id", "fixed", "texts"]) as stream:
        send(stream, [columns])


def write_parents(conn: Connection, project_id: ProjectId) -> None:
    """Make samples, acquisitions and processes what was staged."""
    for sql in WRITE_PARENTS.values():
        execute(conn, sql, project_id=project_id)


def taxa_names(conn: Connection, taxon_ids: Sequence[int]) -> dict[int, str]:
    """The display names of taxa."""
    sql = "SELECT taxon_id, display_name FROM taxa WHERE taxon_id = ANY(%(ids)s)"
    return dict(conn.execute(sql, {"ids": list(taxon_ids)}).fetchall())


def people_names(conn: Connection, user_ids: Sequence[int]) -> dict[int, str]:
    """The names of accounts."""
    sql = "SELECT user_id, name FROM users WHERE user_id = ANY(%(ids)s)"
    return dict(conn.execute(sql, {"ids": list(user_ids)}).fetchall())


# --- Answers that were given before --------------------------------------------------------------


def remember(
    conn: Connection, project_id: ProjectId, kind: str, meant: Mapping[str, int], *, by: int
) -> None:
    """Keep what names were said to mean in a project."""
    sql = """
        INSERT INTO remembered_names (project_id, kind, name, meant, answered_by, answered_at)
        SELECT %(project_id)s, %(kind)s, n, m, %(by)s, now()
          FROM unnest(%(names)s::text[], %(meant)s::int[]) AS t (n, m)
        ON CONFLICT (project_id, kind, name)
        DO UPDATE SET meant = excluded.meant, answered_by = excluded.answered_by,
                      answered_at = excluded.answered_at
    """
    execute(
        conn,
        sql,
        project_id=project_id,
        kind=kind,
        names=list(meant.keys()),
        meant=list(meant.values()),
        by=by,
    )


def remembered(
    conn: Connection, project_id: ProjectId, kind: str, names: Sequence[str], *, by: int
) -> dict[str, int]:
    """What names meant before: in this project, else the last time this person was asked."""
    sql = """
        SELECT DISTINCT ON (r.name) r.name, r.meant
          FROM remembered_names r
         WHERE r.kind = %(kind)s AND r.name = ANY(%(names)s)
           AND (r.project_id = %(project_id)s OR r.answered_by = %(by)s)
           AND CASE r.kind WHEN 'taxa' THEN EXISTS (SELECT FROM taxa WHERE taxon_id = r.meant)
                           ELSE EXISTS (SELECT FROM users WHERE user_id = r.meant) END
         ORDER BY r.name, r.project_id = %(project_id)s DESC, r.answered_at DESC
    """
    values = {"project_id": project_id, "kind": kind, "names": list(names), "by": by}
    return dict(conn.execute(sql, values).fetchall())
