"""The SQL that touches all rows of a project: removing them, and checking them."""

from typing import LiteralString

from calanus.kit.db import Connection, execute, fetch_all, fetch_value, fetch_values
from calanus.kit.ids import ProjectId
from calanus.subsets.types import Miscount, PackState

# In this order: what depends on objects first.
TABLES: tuple[LiteralString, ...] = (
    "object_lists",
    "second_looks",
    "confirmations",
    "audits",
    "second_readings",
    "readings",
    "features",
    "unlike_objects",
    "predictions",
    "history",
    "batches",
    "thumbnails",
    "images",
    "packs",
    "object_values",
    "objects",
    "processes",
    "acquisitions",
    "samples",
)


def pack_paths(conn: Connection, project_id: ProjectId) -> list[str]:
    """Where the images of a project lie."""
    sql = "SELECT path FROM packs WHERE project_id = %(project_id)s ORDER BY pack_id"
    return fetch_values(conn, sql, project_id=project_id)


def empty(conn: Connection, project_id: ProjectId) -> dict[str, int]:
    """Remove all rows of a project from every table; how many from each."""
    removed: dict[str, int] = {}
    for table in TABLES:
        sql = f"DELETE FROM {table} WHERE project_id = %(project_id)s"
        removed[table] = execute(conn, sql, project_id=project_id)
    return removed


# What belongs to objects, each with the column that names them.
OF_OBJECTS: tuple[LiteralString, ...] = (
    "second_looks",
    "confirmations",
    "second_readings",
    "features",
    "unlike_objects",
    "predictions",
    "history",
    "object_values",
    "objects",
)


def objects_named(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> list[str]:
    """Lock objects in order of their ids; the names of those that exist."""
    sql = """
        SELECT v.orig_id FROM objects o JOIN object_values v USING (project_id, object_id)
         WHERE o.project_id = %(project_id)s AND o.object_id = ANY(%(ids)s)
         ORDER BY o.object_id FOR UPDATE OF o
    """
    return fetch_values(conn, sql, project_id=project_id, ids=object_ids)


def tally_of(
    conn: Connection, project_id: ProjectId, object_ids: list[int]
) -> list[tuple[int | None, str | None, int]]:
    """(taxon, state, how many) of objects."""
    sql = """
        SELECT taxon_id, state, count(*) FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s) GROUP BY 1, 2
    """
    rows = conn.execute(sql, {"project_id": project_id, "ids": object_ids}).fetchall()
    return [(taxon, state, n) for taxon, state, n in rows]


def remove_objects(conn: Connection, project_id: ProjectId, object_ids: list[int]) -> int:
    """Remove objects from every table; how many images went with them."""
    values = {"project_id": project_id, "ids": object_ids}
    sql = """
        DELETE FROM thumbnails t USING images i
         WHERE i.project_id = %(project_id)s AND i.object_id = ANY(%(ids)s)
           AND t.project_id = i.project_id AND t.image_id = i.image_id
    """
    execute(conn, sql, **values)
    images = execute(
        conn,
        "DELETE FROM images WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s)",
        **values,
    )
    for table in OF_OBJECTS:
        sql = f"DELETE FROM {table} WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s)"
        execute(conn, sql, **values)
    return images


def remove_unused_packs(conn: Connection, project_id: ProjectId) -> list[str]:
    """Forget the packs of which no image is left; where they lie."""
    sql = """
        DELETE FROM packs p WHERE project_id = %(project_id)s
           AND NOT EXISTS (SELECT 1 FROM images i
                            WHERE i.project_id = p.project_id AND i.pack_id = p.pack_id)
           AND NOT EXISTS (SELECT 1 FROM thumbnails t
                            WHERE t.project_id = p.project_id AND t.pack_id = p.pack_id)
        RETURNING path
    """
    return fetch_values(conn, sql, project_id=project_id)


def miscounts(conn: Connection, project_id: ProjectId) -> list[Miscount]:
    """Where what a project remembers differs from what it holds."""
    sql = """
        WITH real AS (
            SELECT coalesce(taxon_id, -1) AS taxon_id, coalesce(state, 'U') AS state,
                   count(*) AS objects
              FROM objects WHERE project_id = %(project_id)s GROUP BY 1, 2
        ), remembered AS (
            SELECT taxon_id, state, objects FROM counts
             WHERE project_id = %(project_id)s AND objects <> 0
        )
        SELECT taxon_id, state, coalesce(remembered.objects, 0) AS remembered,
               coalesce(real.objects, 0) AS real
          FROM real FULL JOIN remembered USING (taxon_id, state)
         WHERE coalesce(remembered.objects, 0) <> coalesce(real.objects, 0)
         ORDER BY taxon_id, state
    """
    return fetch_all(conn, Miscount, sql, project_id=project_id)


def packs(conn: Connection, project_id: ProjectId) -> list[PackState]:
    """The packs of a project, and how far the images and thumbnails in each reach."""
    sql = """
        SELECT p.path, p.bytes, greatest(
                   (SELECT max(position + length) FROM images i
                     WHERE i.project_id = p.project_id AND i.pack_id = p.pack_id),
                   (SELECT max(position + length) FROM thumbnails t
                     WHERE t.project_id = p.project_id AND t.pack_id = p.pack_id), 0) AS reach
          FROM packs p WHERE p.project_id = %(project_id)s ORDER BY p.pack_id
    """
    return fetch_all(conn, PackState, sql, project_id=project_id)


# What must hold in every project: a sentence, and how many rows break it.
INVARIANTS: dict[str, LiteralString] = {
    "object(s) without values": """
        SELECT count(*) FROM objects o WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM object_values v
             WHERE v.project_id = o.project_id AND v.object_id = o.object_id)
    """,
    "value(s) without object": """
        SELECT count(*) FROM object_values v WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM objects o
             WHERE o.project_id = v.project_id AND o.object_id = v.object_id)
    """,
    "object(s) whose acquisition is absent or in another sample": """
        SELECT count(*) FROM objects o WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM acquisitions a
             WHERE a.project_id = o.project_id AND a.acquisition_id = o.acquisition_id
               AND a.sample_id = o.sample_id)
    """,
    "acquisition(s) without sample": """
        SELECT count(*) FROM acquisitions a WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM samples s
             WHERE s.project_id = a.project_id AND s.sample_id = a.sample_id)
    """,
    "acquisition(s) without process": """
        SELECT count(*) FROM acquisitions a WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM processes p
             WHERE p.project_id = a.project_id AND p.acquisition_id = a.acquisition_id)
    """,
    "image(s) without object": """
        SELECT count(*) FROM images i WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM objects o
             WHERE o.project_id = i.project_id AND o.object_id = i.object_id)
    """,
    "image(s) whose pack is not known": """
        SELECT count(*) FROM images i WHERE project_id = %(project_id)s AND NOT EXISTS (
            SELECT 1 FROM packs p
             WHERE p.project_id = i.project_id AND p.pack_id = i.pack_id)
    """,
    "object(s) with a state but no taxon or date": """
        SELECT count(*) FROM objects WHERE project_id = %(project_id)s
           AND state IN ('P', 'V', 'D') AND (taxon_id IS NULL OR identified_at IS NULL)
    """,
    "object(s) without state that have a taxon, an author, a date or a score": """
        SELECT count(*) FROM objects WHERE project_id = %(project_id)s AND state IS NULL
           AND num_nonnulls(taxon_id, annotator_id, identified_at, score) > 0
    """,
    "validated or dubious object(s) without author, or with a score": """
        SELECT count(*) FROM objects WHERE project_id = %(project_id)s
           AND state IN ('V', 'D') AND (annotator_id IS NULL OR score IS NOT NULL)
    """,
    "predicted object(s) without score, or with an author": """
        SELECT count(*) FROM objects WHERE project_id = %(project_id)s
           AND state = 'P' AND (annotator_id IS NOT NULL OR score IS NULL)
    """,
    "object(s) of an unknown taxon": """
        SELECT count(*) FROM objects o WHERE project_id = %(project_id)s
           AND taxon_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM taxa t WHERE t.taxon_id = o.taxon_id)
    """,
}


def broken(conn: Connection, project_id: ProjectId, rule: str) -> int:
    """How many rows of a project break an invariant."""
    return int(fetch_value(conn, INVARIANTS[rule], project_id=project_id))


def taxa_in_use(conn: Connection) -> list[int]:
    """Taxa that any object bears or bore, that a project proposes, or that a recast writes."""
    sql = """
        SELECT taxon_id FROM counts WHERE objects > 0
        UNION SELECT taxon_id FROM history WHERE taxon_id IS NOT NULL
        UNION SELECT after_taxon_id FROM history WHERE after_taxon_id IS NOT NULL
        UNION SELECT unnest(taxa) FROM predictions
        UNION SELECT unnest(initial_taxa) FROM projects
        UNION SELECT value::bigint FROM recasts, json_each_text(from_to) WHERE value <> '0'
    """
    return fetch_values(conn, sql)
