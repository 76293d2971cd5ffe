"""The SQL of what follows from others: where samples lie, and where the sun stood."""

from calanus.kit.db import Connection, execute, fetch_all
from calanus.kit.ids import ProjectId
from calanus.objects.types import Seen


def refresh_statistics(conn: Connection) -> None:
    """Let the planner know what was loaded: it would guess badly until the server looks itself."""
    execute(conn, "ANALYZE objects, object_values, images")


def place_samples(conn: Connection, project_id: ProjectId, samples: list[int] | None = None) -> int:
    """Put samples at the smallest latitude and longitude of their objects; how many moved.

    All samples, unless some are named. Only objects of which both are known tell; a sample without
    such an object stays where it is.
    """
    statement = """
        UPDATE samples s SET latitude = corner.latitude, longitude = corner.longitude
          FROM (SELECT o.sample_id, min(v.latitude) AS latitude, min(v.longitude) AS longitude
                  FROM objects o JOIN object_values v USING (project_id, object_id)
                 WHERE o.project_id = %(project_id)s
                   AND (%(samples)s::bigint[] IS NULL OR o.sample_id = ANY(%(samples)s))
                   AND v.latitude IS NOT NULL AND v.longitude IS NOT NULL
                 GROUP BY o.sample_id) corner
         WHERE s.project_id = %(project_id)s AND s.sample_id = corner.sample_id
           AND (s.latitude, s.longitude) IS DISTINCT FROM (corner.latitude, corner.longitude)
    """
    return execute(conn, statement, project_id=project_id, samples=samples)


def under_the_sun(conn: Connection, project_id: ProjectId, after: int, most: int) -> list[Seen]:
    """When and where objects were seen, in order of their ids, some at a time."""
    statement = """
        SELECT object_id, object_date AS day,
               (extract(epoch FROM object_time) * 1000000)::bigint AS moment,
               latitude, longitude, sun_position AS letter
          FROM object_values
         WHERE project_id = %(project_id)s AND object_id > %(after)s
         ORDER BY object_id LIMIT %(most)s
    """
    return fetch_all(conn, Seen, statement, project_id=project_id, after=after, most=most)


def some_under_the_sun(
    conn: Connection, project_id: ProjectId, object_ids: list[int]
) -> list[Seen]:
    """The same of some objects."""
    statement = """
        SELECT object_id, object_date AS day,
               (extract(epoch FROM object_time) * 1000000)::bigint AS moment,
               latitude, longitude, sun_position AS letter
          FROM object_values
         WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s) ORDER BY object_id
    """
    return fetch_all(conn, Seen, statement, project_id=project_id, ids=object_ids)


def set_sun(conn: Connection, project_id: ProjectId, letters: dict[int, str]) -> None:
    """Where the sun stood for some objects."""
    statement = """
        UPDATE object_values v SET sun_position = n.letter
          FROM unnest(%(ids)s::bigint[], %(letters)s::text[]) AS n (object_id, letter)
         WHERE v.project_id = %(project_id)s AND v.object_id = n.object_id
    """
    execute(
        conn,
        statement,
        project_id=project_id,
        ids=list(letters.keys()),
        letters=list(letters.values()),
    )
