"""The SQL of Darwin Core Archives: samples, what they hold, and what they lack."""

from calanus.exports.darwin_core.types import Sampled
from calanus.kit.db import Connection, fetch_all, fetch_value, fetch_values


def sampled(conn: Connection, project_id: int) -> list[Sampled]:
    """The samples of a project that hold dated objects, by name."""
    sql = """
        SELECT s.project_id, s.sample_id, s.orig_id, s.texts,
               coalesce(s.latitude, min(v.latitude)) AS latitude,
               coalesce(s.longitude, min(v.longitude)) AS longitude,
               min(v.latitude) AS south, max(v.latitude) AS north,
               min(v.longitude) AS west, max(v.longitude) AS east,
               min(v.object_date + coalesce(v.object_time, '00:00')) AS begins,
               max(v.object_date + coalesce(v.object_time, '00:00')) AS ends,
               bool_and(v.object_time IS NOT NULL) AS timed,
               min(v.depth_min) AS depth_min, max(v.depth_max) AS depth_max
          FROM samples s
          JOIN objects o ON o.project_id = s.project_id AND o.sample_id = s.sample_id
          JOIN object_values v ON v.project_id = o.project_id AND v.object_id = o.object_id
         WHERE s.project_id = %(project_id)s AND v.object_date IS NOT NULL
         GROUP BY s.project_id, s.sample_id ORDER BY s.orig_id
    """
    return fetch_all(conn, Sampled, sql, project_id=project_id)


def any_dated(conn: Connection, project_ids: list[int]) -> bool:
    """Whether any object of these projects tells its date; the first one ends the look."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM object_values
                        WHERE project_id = ANY(%(ids)s) AND object_date IS NOT NULL)
    """
    return bool(fetch_value(conn, sql, ids=project_ids))


def undated(conn: Connection, project_ids: list[int]) -> list[str]:
    """The names of samples without a dated object; one found ends the look at a sample."""
    sql = """
        SELECT s.orig_id FROM samples s
         WHERE s.project_id = ANY(%(ids)s) AND NOT EXISTS (
               SELECT 1 FROM objects o
                 JOIN object_values v ON v.project_id = o.project_id AND v.object_id = o.object_id
                WHERE o.project_id = s.project_id AND o.sample_id = s.sample_id
                  AND v.object_date IS NOT NULL)
         ORDER BY s.project_id, s.orig_id
    """
    return fetch_values(conn, sql, ids=project_ids)
