"""The SQL of objects, their parents and their images."""

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from calanus.kit.db import Connection, fetch_all, fetch_one, fetch_value, fetch_values
from calanus.kit.ids import ProjectId
from calanus.objects.fields import FieldSql, Order
from calanus.objects.filters import Where
from calanus.objects.queries.joining import joins
from calanus.objects.types import (
    AcquisitionRecord,
    AcquisitionStats,
    ImageRecord,
    LastIds,
    ObjectRecord,
    Parents,
    ProcessRecord,
    SampleProgress,
    SampleRecord,
    SampleTally,
)


def count(conn: Connection, project_id: ProjectId, wanted: Where) -> dict[str | None, int]:
    """How many objects of a filter are in each state."""
    statement = sql.SQL(
        "SELECT o.state, count(*) FROM objects o {} WHERE o.project_id = %(project_id)s AND {}"
        " GROUP BY o.state"
    ).format(joins(wanted.tables), sql.SQL(wanted.sql))
    return dict(conn.execute(statement, {**wanted.values, "project_id": project_id}).fetchall())


def page(
    conn: Connection,
    project_id: ProjectId,
    wanted: Where,
    order: Order,
    *,
    shown: Sequence[FieldSql],
    window: tuple[int, int],
) -> list[tuple[Any, ...]]:
    """A window of a filter: object, acquisition, sample, then the fields that were asked.

    The window is cut on the tables that filter and order need; what is only shown is joined to
    the few rows that are left.
    """
    statement = sql.SQL("""
        WITH chosen AS MATERIALIZED (
            SELECT o.object_id AS chosen_id, row_number() OVER () AS place
              FROM (SELECT o.object_id FROM objects o {cut_joins}
                     WHERE o.project_id = %(project_id)s AND {where}
                     ORDER BY {order} OFFSET %(start)s LIMIT %(size)s) o)
        SELECT o.object_id, o.acquisition_id, o.sample_id {shown}
          FROM chosen
          JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = chosen.chosen_id
               {show_joins}
         ORDER BY chosen.place
    """).format(
        cut_joins=joins(wanted.tables | order.tables),
        where=sql.SQL(wanted.sql),
        order=order.sql(),
        shown=sql.Composed([sql.SQL(", ") + f.expression for f in shown]),
        show_joins=joins(frozenset[str]().union(*[f.tables for f in shown])),
    )
    values = {**wanted.values, "project_id": project_id, "start": window[0], "size": window[1]}
    return conn.execute(statement, values).fetchall()


def listed(
    conn: Connection, project_id: ProjectId, ids: list[int], shown: Sequence[FieldSql]
) -> list[tuple[Any, ...]]:
    """Objects in the order of their ids given, as `page` gives them."""
    statement = sql.SQL("""
        SELECT o.object_id, o.acquisition_id, o.sample_id {shown}
          FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (object_id, place)
          JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = wanted.object_id
           {joins}
         ORDER BY wanted.place
    """).format(
        shown=sql.Composed([sql.SQL(", ") + f.expression for f in shown]),
        joins=joins(frozenset[str]().union(*[f.tables for f in shown])),
    )
    return conn.execute(statement, {"ids": ids, "project_id": project_id}).fetchall()


def tiles(
    conn: Connection, project_id: ProjectId, ids: list[int], shown: Sequence[FieldSql]
) -> list[tuple[Any, ...]]:
    """What the grid shows of objects, in the order of their ids given; the fields come last."""
    statement = sql.SQL("""
        SELECT o.object_id, i.image_id, left(encode(i.hash, 'hex'), 8), i.width, i.height,
               (SELECT count(*) FROM images n
                 WHERE n.project_id = o.project_id AND n.object_id = o.object_id),
               o.taxon_id, o.state, o.score, o.version, o.sample_id {shown}
          FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (object_id, place)
          JOIN objects o ON o.project_id = %(project_id)s AND o.object_id = wanted.object_id
          {joins}
         ORDER BY wanted.place
    """).format(
        shown=sql.Composed([sql.SQL(", ") + f.expression for f in shown]),
        joins=joins(frozenset({"i"}).union(*[f.tables for f in shown])),
    )
    return conn.execute(statement, {"ids": ids, "project_id": project_id}).fetchall()


def find(conn: Connection, project_id: ProjectId, object_id: int) -> ObjectRecord | None:
    """One object, hot and cold."""
    statement = """
        SELECT o.project_id, o.object_id, o.sample_id, o.acquisition_id, o.taxon_id, o.state,
               o.score, o.annotator_id, o.identified_at, o.version, v.orig_id, v.latitude,
               v.longitude, v.depth_min, v.depth_max, v.object_date, v.object_time,
               v.sun_position, v.link, v.comment, v.numbers,
               coalesce(v.texts, '{}') AS texts,
               hashtext(v.orig_id) AS random_value
          FROM objects o JOIN object_values v USING (project_id, object_id)
         WHERE o.project_id = %(project_id)s AND o.object_id = %(object_id)s
    """
    return fetch_one(conn, ObjectRecord, statement, project_id=project_id, object_id=object_id)


def images(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> list[ImageRecord]:
    """All images of objects, by rank."""
    statement = """
        SELECT object_id, image_id, rank, width, height, hash, orig_file_name, ending FROM images
         WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s) ORDER BY object_id, rank
    """
    return fetch_all(conn, ImageRecord, statement, project_id=project_id, ids=object_ids)


def sample(conn: Connection, project_id: ProjectId, sample_id: int) -> SampleRecord | None:
    """One sample."""
    statement = """
        SELECT project_id, sample_id, orig_id, latitude, longitude, dataportal_descriptor, texts
          FROM samples WHERE project_id = %(project_id)s AND sample_id = %(sample_id)s
    """
    return fetch_one(conn, SampleRecord, statement, project_id=project_id, sample_id=sample_id)


def samples(conn: Connection, project_ids: list[int], pattern: str) -> list[SampleRecord]:
    """The samples of projects whose name matches a LIKE pattern."""
    statement = """
        SELECT project_id, sample_id, orig_id, latitude, longitude, dataportal_descriptor, texts
          FROM samples WHERE project_id = ANY(%(ids)s) AND orig_id ILIKE %(pattern)s
         ORDER BY project_id, orig_id
    """
    return fetch_all(conn, SampleRecord, statement, ids=project_ids, pattern=pattern)


def acquisition(
    conn: Connection, project_id: ProjectId, acquisition_id: int
) -> AcquisitionRecord | None:
    """One acquisition."""
    statement = """
        SELECT project_id, acquisition_id, sample_id, orig_id, instrument, texts
          FROM acquisitions WHERE project_id = %(project_id)s AND acquisition_id = %(id)s
    """
    return fetch_one(conn, AcquisitionRecord, statement, project_id=project_id, id=acquisition_id)


def acquisitions(conn: Connection, project_id: ProjectId) -> list[AcquisitionRecord]:
    """The acquisitions of a project."""
    statement = """
        SELECT project_id, acquisition_id, sample_id, orig_id, instrument, texts
          FROM acquisitions WHERE project_id = %(project_id)s ORDER BY acquisition_id
    """
    return fetch_all(conn, AcquisitionRecord, statement, project_id=project_id)


def process(conn: Connection, project_id: ProjectId, process_id: int) -> ProcessRecord | None:
    """One process; it bears the id of its acquisition."""
    statement = """
        SELECT project_id, acquisition_id, orig_id, texts FROM processes
         WHERE project_id = %(project_id)s AND acquisition_id = %(id)s
    """
    return fetch_one(conn, ProcessRecord, statement, project_id=project_id, id=process_id)


def processes(conn: Connection, project_id: ProjectId) -> list[ProcessRecord]:
    """The processes of a project."""
    statement = """
        SELECT project_id, acquisition_id, orig_id, texts FROM processes
         WHERE project_id = %(project_id)s ORDER BY acquisition_id
    """
    return fetch_all(conn, ProcessRecord, statement, project_id=project_id)


def sample_progress(conn: Connection, project_id: ProjectId) -> list[SampleProgress]:
    """How far each sample is: one pass over an index of the hot table."""
    statement = """
        SELECT s.sample_id, s.orig_id, count(o.object_id) AS objects,
               count(*) FILTER (WHERE o.state = 'V') AS validated
          FROM samples s
          LEFT JOIN objects o ON o.project_id = s.project_id AND o.sample_id = s.sample_id
         WHERE s.project_id = %(project_id)s GROUP BY s.sample_id, s.orig_id ORDER BY s.orig_id
    """
    return fetch_all(conn, SampleProgress, statement, project_id=project_id)


def newest_batch(conn: Connection, project_id: ProjectId) -> int:
    """The last act on a project: whatever was computed before it may be old."""
    statement = """
        SELECT coalesce(max(batch_id), 0) FROM batches WHERE project_id = %(project_id)s
    """
    return int(fetch_value(conn, statement, project_id=project_id))


def recount(conn: Connection, project_id: ProjectId) -> dict[tuple[int, str], int]:
    """What the counts of a project must be: every object looked at."""
    statement = """
        SELECT coalesce(taxon_id, -1), coalesce(state, 'U'), count(*) FROM objects
         WHERE project_id = %(project_id)s GROUP BY 1, 2
    """
    rows = conn.execute(statement, {"project_id": project_id}).fetchall()
    return {(taxon_id, state): objects for taxon_id, state, objects in rows}


def samples_of(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> list[int]:
    """The samples of objects."""
    statement = """
        SELECT DISTINCT sample_id FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s)
    """
    return fetch_values(conn, statement, project_id=project_id, ids=object_ids)


def parents(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> list[Parents]:
    """The acquisition and the sample of objects, in order of their ids."""
    statement = """
        SELECT object_id, acquisition_id, sample_id FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s) ORDER BY object_id
    """
    return fetch_all(conn, Parents, statement, project_id=project_id, ids=object_ids)


def sample_tallies(
    conn: Connection, project_id: ProjectId, sample_ids: list[int]
) -> list[SampleTally]:
    """How many objects of each taxon and state samples hold: one pass over an index."""
    statement = """
        SELECT sample_id, coalesce(taxon_id, -1) AS taxon_id, coalesce(state, 'U') AS state,
               count(*) AS objects
          FROM objects
         WHERE project_id = %(project_id)s AND sample_id = ANY(%(ids)s)
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    return fetch_all(conn, SampleTally, statement, project_id=project_id, ids=sample_ids)


def last_ids(conn: Connection, project_id: ProjectId) -> LastIds:
    """The highest sample, acquisition, object and image of a project, counted inside it."""
    statement = """
        SELECT (SELECT coalesce(max(sample_id) - %(project_id)s * 1000000::bigint, 0)
                  FROM samples WHERE project_id = %(project_id)s) AS sample,
               (SELECT coalesce(max(acquisition_id) - %(project_id)s * 10000000::bigint, 0)
                  FROM acquisitions WHERE project_id = %(project_id)s) AS acquisition,
               (SELECT coalesce(max(object_id) - %(project_id)s * 100000000::bigint, 0)
                  FROM objects WHERE project_id = %(project_id)s) AS object,
               (SELECT coalesce(max(image_id) - %(project_id)s * 1000000000::bigint, 0)
                  FROM images WHERE project_id = %(project_id)s) AS image
    """
    found = fetch_one(conn, LastIds, statement, project_id=project_id)
    assert found is not None
    return found


def acquisition_stats(conn: Connection, project_id: ProjectId) -> list[AcquisitionStats]:
    """What each acquisition of a project holds."""
    statement = """
        SELECT s.orig_id AS sample, a.orig_id AS acquisition, a.acquisition_id,
               count(o.object_id)::int AS objects,
               count(*) FILTER (WHERE o.state = 'V')::int AS validated,
               count(*) FILTER (WHERE o.state = 'D')::int AS dubious,
               count(*) FILTER (WHERE o.state = 'P')::int AS predicted,
               min(v.depth_min) AS depth_min, max(v.depth_max) AS depth_max,
               min(v.object_date) AS first_day, max(v.object_date) AS last_day,
               (SELECT count(*) FROM images i JOIN objects io USING (project_id, object_id)
                 WHERE io.project_id = a.project_id
                   AND io.acquisition_id = a.acquisition_id)::int AS images
          FROM acquisitions a
          JOIN samples s ON s.project_id = a.project_id AND s.sample_id = a.sample_id
          LEFT JOIN objects o ON o.project_id = a.project_id
               AND o.acquisition_id = a.acquisition_id
          LEFT JOIN object_values v ON v.project_id = o.project_id AND v.object_id = o.object_id
         WHERE a.project_id = %(project_id)s
         GROUP BY s.orig_id, a.orig_id, a.project_id, a.acquisition_id ORDER BY 1, 2, 3
    """
    return fetch_all(conn, AcquisitionStats, statement, project_id=project_id)


def number_stats(
    conn: Connection, project_id: ProjectId
) -> list[tuple[int, int, int, float, float]]:
    """(acquisition, place, how many, least, most) of each free number; NaN is no number."""
    statement = """
        SELECT o.acquisition_id, n.place::int, count(*)::int, min(n.value), max(n.value)
          FROM objects o
          JOIN object_values v ON v.project_id = o.project_id AND v.object_id = o.object_id,
               unnest(v.numbers) WITH ORDINALITY AS n (value, place)
         WHERE o.project_id = %(project_id)s AND n.value <> 'NaN'
         GROUP BY 1, 2 ORDER BY 1, 2
    """
    return conn.execute(statement, {"project_id": project_id}).fetchall()
