"""The SQL that reads taxa.

Two statements read uphill, as exceptions to the rule that rooms read downhill only: `validated`
reads `counts` and `preset` reads `projects`, because EcoTaxa's answers about taxa hold both.
"""

from datetime import datetime

from calanus.kit.db import (
    Connection,
    fetch_all,
    fetch_one,
    fetch_value,
    fetch_values,
)
from calanus.kit.ids import TaxonId
from calanus.taxonomy.names import Question
from calanus.taxonomy.types import STARTER_IDS, Hit, Index, Taxon, TaxonInTree, TaxonRecord

COLUMNS = """
    taxon_id, parent_id, name, display_name, type, status, rank, aphia_id, rename_to, lineage
"""


def find_many(conn: Connection, taxon_ids: list[int]) -> list[Taxon]:
    """Taxa by id; unknown ids are left out."""
    sql = f"SELECT {COLUMNS} FROM taxa WHERE taxon_id = ANY(%(ids)s) ORDER BY taxon_id"
    return fetch_all(conn, Taxon, sql, ids=taxon_ids)


def in_tree(conn: Connection, taxon_ids: list[int]) -> list[TaxonInTree]:
    """Taxa with their lineages and children; `validated` adds the numbers of objects."""
    sql = """
        SELECT t.taxon_id, t.name, t.display_name, t.type, t.status, t.rank, t.aphia_id,
               t.rename_to, up.lineage, up.id_lineage, up.lineage_status,
               ARRAY(SELECT c.taxon_id FROM taxa c WHERE c.parent_id = t.taxon_id
                      ORDER BY lower(c.name), c.taxon_id) AS children,
               0 AS objects, 0 AS objects_below
          FROM taxa t
          CROSS JOIN LATERAL (
            SELECT array_agg(a.name ORDER BY l.depth DESC) AS lineage,
                   array_agg(a.taxon_id ORDER BY l.depth DESC) AS id_lineage,
                   string_agg(a.status, '' ORDER BY l.depth DESC) AS lineage_status
              FROM unnest(t.lineage) WITH ORDINALITY AS l (taxon_id, depth)
              JOIN taxa a USING (taxon_id)
          ) up
         WHERE t.taxon_id = ANY(%(ids)s) ORDER BY t.taxon_id
    """
    return fetch_all(conn, TaxonInTree, sql, ids=taxon_ids)


def validated(conn: Connection, taxon_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Validated objects of taxa in all projects: their own, and those of their whole branch."""
    sql = """
        SELECT above.taxon_id,
               coalesce(sum(v.objects) FILTER (WHERE v.taxon_id = above.taxon_id), 0)::bigint,
               sum(v.objects)::bigint
          FROM (SELECT taxon_id, lineage FROM taxa WHERE lineage && %(ids)s::int[]) t
          JOIN (SELECT taxon_id, sum(objects) AS objects FROM counts
                 WHERE state = 'V' AND taxon_id IN
                       (SELECT taxon_id FROM taxa WHERE lineage && %(ids)s::int[])
                 GROUP BY taxon_id) v ON v.taxon_id = t.taxon_id
          CROSS JOIN unnest(t.lineage) AS above (taxon_id)
         WHERE above.taxon_id = ANY(%(ids)s) GROUP BY above.taxon_id
    """
    rows = conn.execute(sql, {"ids": taxon_ids}).fetchall()
    return {taxon_id: (own, below) for taxon_id, own, below in rows}


def roots(conn: Connection) -> list[int]:
    """Taxa without a parent."""
    return fetch_values(conn, "SELECT taxon_id FROM taxa WHERE parent_id IS NULL ORDER BY taxon_id")


def index(conn: Connection) -> Index:
    """The whole tree, column by column, by id."""
    sql = """
        SELECT (SELECT changed_at FROM tree) AS updated_at,
               coalesce(array_agg(taxon_id ORDER BY taxon_id), '{}') AS ids,
               coalesce(array_agg(coalesce(parent_id, 0) ORDER BY taxon_id), '{}') AS parents,
               coalesce(array_agg(name ORDER BY taxon_id), '{}') AS names,
               coalesce(array_agg(display_name ORDER BY taxon_id), '{}') AS display_names,
               coalesce(string_agg(type, '' ORDER BY taxon_id), '') AS types,
               coalesce(string_agg(status, '' ORDER BY taxon_id), '') AS statuses
          FROM taxa
    """
    found = fetch_one(conn, Index, sql)
    assert found is not None
    return found


def last_change(conn: Connection) -> datetime:
    """When the tree last changed; removals count."""
    return fetch_value(conn, "SELECT changed_at FROM tree")


def count(conn: Connection) -> int:
    """How many taxa there are."""
    return int(fetch_value(conn, "SELECT count(*) FROM taxa"))


def search(
    conn: Connection, asked: Question, *, among: list[int] | None, preset: list[int]
) -> list[Hit]:
    """Taxa by EcoTaxa's pattern, or by the beginnings of words in any order below ancestors."""
    sql = r"""
        SELECT t.taxon_id, t.status, t.display_name, t.taxon_id = ANY(%(preset)s) AS preset,
               t.aphia_id, t.rename_to
          FROM taxa t
         WHERE (%(among)s::int[] IS NULL OR t.taxon_id = ANY(%(among)s))
           AND (t.folded LIKE %(pattern)s
                OR t.folded ~ ALL(%(words)s::text[])
                   AND NOT EXISTS (
                       SELECT 1 FROM unnest(%(ancestors)s::text[]) AS wanted (pattern)
                        WHERE NOT EXISTS (
                            SELECT 1 FROM taxa a
                             WHERE a.taxon_id = ANY(t.lineage) AND a.taxon_id <> t.taxon_id
                               AND a.folded LIKE wanted.pattern)))
         ORDER BY array_position(%(among)s::int[], t.taxon_id), t.taxon_id = ANY(%(preset)s) DESC,
                  t.folded LIKE %(pattern)s DESC, lower(t.display_name), t.taxon_id
         LIMIT 200
    """
    return fetch_all(
        conn,
        Hit,
        sql,
        pattern=asked.pattern,
        words=asked.words,
        ancestors=asked.ancestors,
        among=among,
        preset=preset,
    )


def preset(conn: Connection, project_id: int) -> list[int]:
    """The taxa a project proposes first."""
    sql = "SELECT initial_taxa FROM projects WHERE project_id = %(project_id)s"
    return fetch_value(conn, sql, project_id=project_id) or []


def descendants(conn: Connection, taxon_ids: list[int]) -> list[TaxonId]:
    """Taxa and all that is below them."""
    sql = "SELECT taxon_id FROM taxa WHERE lineage && %(ids)s::int[] ORDER BY taxon_id"
    return fetch_values(conn, sql, ids=taxon_ids)


def matches(conn: Connection, keys: list[str]) -> list[tuple[str, TaxonId]]:
    """Taxa by name, display name or name<parent, in lower case; the best matches of each key.

    A deprecated taxon gives way to a live one, and one of the starter tree to any other.
    """
    sql = """
        WITH found AS (
            SELECT lower(t.name) AS key, t.taxon_id, t.status FROM taxa t
             WHERE lower(t.name) = ANY(%(keys)s)
            UNION
            SELECT lower(t.display_name), t.taxon_id, t.status FROM taxa t
             WHERE lower(t.display_name) = ANY(%(keys)s)
            UNION
            SELECT k.key, t.taxon_id, t.status
              FROM unnest(%(keys)s::text[]) AS k (key)
              JOIN taxa p ON lower(p.name) = split_part(k.key, '<', 2)
              JOIN taxa t ON t.parent_id = p.taxon_id AND lower(t.name) = split_part(k.key, '<', 1)
             WHERE k.key LIKE '%%<%%'
        ), graded AS (
            SELECT key, taxon_id,
                   rank() OVER (PARTITION BY key ORDER BY status = 'D',
                                taxon_id BETWEEN %(first)s AND %(last)s) AS grade
              FROM found
        )
        SELECT key, taxon_id FROM graded WHERE grade = 1 ORDER BY key, taxon_id
    """
    values = {"keys": keys, "first": STARTER_IDS.start, "last": STARTER_IDS.stop - 1}
    return [(key, TaxonId(taxon_id)) for key, taxon_id in conn.execute(sql, values).fetchall()]


def records(conn: Connection, taxon_ids: list[int]) -> list[TaxonRecord]:
    """All that is recorded of taxa; `validated` adds the numbers of objects."""
    sql = """
        SELECT taxon_id AS id, parent_id, aphia_id, rank, name, type AS taxotype, display_name,
               coalesce(central_at, updated_at AT TIME ZONE 'UTC') AS lastupdate_datetime,
               id_instance, status AS taxostatus, rename_to, source_url, source_desc,
               creator_email, created_at AT TIME ZONE 'UTC' AS creation_datetime
          FROM taxa WHERE taxon_id = ANY(%(ids)s) ORDER BY taxon_id
    """
    return fetch_all(conn, TaxonRecord, sql, ids=taxon_ids)


def with_aphia_ids(conn: Connection, aphia_ids: list[int]) -> dict[int, TaxonId]:
    """The taxa that bear these AphiaIDs; a live branch before a form or a deprecated one."""
    sql = """
        SELECT DISTINCT ON (aphia_id) aphia_id, taxon_id FROM taxa
         WHERE aphia_id = ANY(%(ids)s) ORDER BY aphia_id, status = 'D', type <> 'P', taxon_id
    """
    return {a: TaxonId(t) for a, t in conn.execute(sql, {"ids": aphia_ids}).fetchall()}


def all_rows(conn: Connection) -> list[tuple[object, ...]]:
    """The whole tree as a taxonomy file holds it, parents before children.

    What was made by people bears where, and its number there: elsewhere the number may be taken.
    """
    sql = """
        SELECT taxon_id, parent_id, name, display_name, type, status, rank, aphia_id, rename_to,
               source_url, source_desc, creator_email,
               CASE WHEN taxon_id >= %(own)s THEN coalesce(origin, instance) END,
               CASE WHEN taxon_id >= %(own)s THEN coalesce(origin_id, taxon_id) END
          FROM taxa CROSS JOIN tree ORDER BY cardinality(lineage), taxon_id
    """
    return conn.execute(sql, {"own": STARTER_IDS.stop}).fetchall()
