"""The SQL of taxa.

Two statements read uphill, as exceptions to the rule that rooms read downhill only: `validated`
reads `counts` and `preset` reads `projects`, because EcoTaxa's answers about taxa hold both.
"""

from typing import LiteralString

from calanus.kit.db import (
    Connection,
    execute,
    fetch_all,
    fetch_one,
    fetch_value,
    fetch_values,
)
from calanus.kit.ids import TaxonId
from calanus.taxonomy.names import Question, fold
from calanus.taxonomy.types import STARTER_IDS, Hit, Index, Taxon, TaxonInTree, TaxonRow

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
          FROM (SELECT taxon_id, sum(objects) AS objects FROM counts
                 WHERE state = 'V' GROUP BY taxon_id) v
          JOIN taxa t ON t.taxon_id = v.taxon_id
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
        SELECT max(updated_at) AS updated_at,
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


def last_change(conn: Connection) -> str | None:
    """When the tree last changed, as EcoTaxa's front end reads it."""
    sql = """SELECT to_char(max(updated_at), 'YYYY-MM-DD"T"HH24:MI:SS') FROM taxa"""
    return fetch_value(conn, sql)


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


# --- Writing -------------------------------------------------------------------------------------


def lock(conn: Connection) -> None:
    """One change of the tree at a time: names are unique over it."""
    execute(conn, "LOCK TABLE taxa IN SHARE ROW EXCLUSIVE MODE")


def homonyms(conn: Connection, name: str, *, below: int | None = None) -> list[TaxonId]:
    """Taxa of this name in any case of letters, in the whole tree or below one parent."""
    sql = """
        SELECT taxon_id FROM taxa WHERE lower(name) = lower(%(name)s)
           AND (%(below)s::int IS NULL OR parent_id = %(below)s)
    """
    return fetch_values(conn, sql, name=name, below=below)


def insert(
    conn: Connection, names: list[str], parent_id: int | None, type_: str, status: str
) -> list[tuple[str, TaxonId]]:
    """New taxa below one parent, under ids of our own; display names are still to be made."""
    sql = """
        INSERT INTO taxa (taxon_id, parent_id, name, display_name, folded, type, status, lineage)
        SELECT id, %(parent_id)s, name, name, folded, %(type)s, %(status)s,
               coalesce((SELECT lineage FROM taxa WHERE taxon_id = %(parent_id)s), '{}') || id
          FROM (SELECT nextval('local_taxa')::int AS id, name, folded
                  FROM unnest(%(names)s::text[], %(folded)s::text[]) AS t (name, folded)) AS made
        RETURNING name, taxon_id
    """
    values = {
        "names": names,
        "folded": [fold(name) for name in names],
        "parent_id": parent_id,
        "type": type_,
        "status": status,
    }
    return [(name, TaxonId(taxon_id)) for name, taxon_id in conn.execute(sql, values).fetchall()]


def parents(conn: Connection) -> dict[int, int | None]:
    """The bare shape of the tree."""
    return dict(conn.execute("SELECT taxon_id, parent_id FROM taxa").fetchall())


def upsert(conn: Connection, rows: list[TaxonRow], columns: frozenset[str]) -> tuple[int, int]:
    """Add or update taxa; a column the file lacks keeps what is there. How many of each."""
    execute(conn, "CREATE TEMP TABLE taxa_read (LIKE taxa) ON COMMIT DROP")
    execute(conn, "ALTER TABLE taxa_read ALTER folded DROP NOT NULL, ALTER lineage DROP NOT NULL")
    copied = """
        COPY taxa_read (taxon_id, parent_id, name, display_name, type, status, rank, aphia_id,
                        rename_to, source_url, source_desc, folded, created_at, updated_at)
        FROM STDIN
    """
    with conn.cursor() as cursor, cursor.copy(copied) as copy:
        for r in rows:
            optional = (r.rank, r.aphia_id, r.rename_to, r.source_url, r.source_desc)
            written = (r.taxon_id, r.parent_id, r.name, r.name, r.type, r.status or "A", *optional)
            copy.write_row((*written, fold(r.name), "now", "now"))
    changed = update_known(conn, columns)
    added = execute(conn, ADD)
    execute(conn, "DROP TABLE taxa_read")
    return added, changed


KEPT: dict[str, LiteralString] = {
    "type": "type = r.type",
    "status": "status = r.status",
    "rank": "rank = r.rank",
    "aphia_id": "aphia_id = r.aphia_id",
    "rename_to": "rename_to = r.rename_to",
    "source_url": "source_url = r.source_url",
    "source_desc": "source_desc = r.source_desc",
}

ADD = """
    INSERT INTO taxa (taxon_id, parent_id, name, display_name, type, status, rank, aphia_id,
                      rename_to, source_url, source_desc, folded, lineage)
    SELECT taxon_id, parent_id, name, display_name, type, status, rank, aphia_id,
           rename_to, source_url, source_desc, folded, ARRAY[taxon_id]
      FROM taxa_read r WHERE NOT EXISTS (SELECT 1 FROM taxa t WHERE t.taxon_id = r.taxon_id)
"""


def update_known(conn: Connection, columns: frozenset[str]) -> int:
    """Bring known taxa up to the file, in the columns it has."""
    kept = ", ".join([KEPT[name] for name in KEPT if name in columns])
    sql = f"""
        UPDATE taxa t SET parent_id = r.parent_id, name = r.name, updated_at = now()
               {", " + kept if kept else ""}
          FROM taxa_read r WHERE r.taxon_id = t.taxon_id
    """
    return execute(conn, sql)


def remove_starter(conn: Connection, kept: list[int]) -> int:
    """Take the starter tree away, but for the taxa kept and all that stands above them."""
    sql = """
        DELETE FROM taxa t WHERE t.taxon_id BETWEEN %(first)s AND %(last)s
           AND NOT EXISTS (SELECT 1 FROM taxa k WHERE t.taxon_id = ANY(k.lineage)
                            AND (k.taxon_id = ANY(%(kept)s)
                                 OR k.taxon_id NOT BETWEEN %(first)s AND %(last)s))
    """
    return execute(conn, sql, first=STARTER_IDS.start, last=STARTER_IDS.stop - 1, kept=kept)


def hang_lineages(conn: Connection) -> int:
    """Every lineage from the roots down; how many changed."""
    sql = """
        WITH RECURSIVE tree AS (
            SELECT taxon_id, ARRAY[taxon_id] AS lineage FROM taxa WHERE parent_id IS NULL
            UNION ALL
            SELECT c.taxon_id, p.lineage || c.taxon_id
              FROM taxa c JOIN tree p ON p.taxon_id = c.parent_id
        )
        UPDATE taxa t SET lineage = tree.lineage FROM tree
         WHERE tree.taxon_id = t.taxon_id AND t.lineage <> tree.lineage
    """
    return execute(conn, sql)


def stale_display_names(conn: Connection, names: list[str] | None) -> list[tuple[int, str]]:
    """Display names that must change, among homonyms of some names or in the whole tree.

    The shortest of name, name<parent, name<parent<grandparent and one more that is unique, in
    any case of letters (contract 6.3). Only homonyms can collide, so only they are compared.
    """
    sql = """
        WITH formed AS (
            SELECT t.taxon_id, t.display_name, t.name AS f1,
                   concat(t.name, '<', p.name) AS f2,
                   concat(t.name, '<', p.name, '<', g.name) AS f3,
                   concat(t.name, '<', p.name, '<', g.name, '<', h.name) AS f4
              FROM taxa t
              LEFT JOIN taxa p ON p.taxon_id = t.parent_id
              LEFT JOIN taxa g ON g.taxon_id = p.parent_id
              LEFT JOIN taxa h ON h.taxon_id = g.parent_id
             WHERE %(names)s::text[] IS NULL OR lower(t.name) = ANY(%(names)s)
        ), counted AS (
            SELECT taxon_id, display_name, f1, f2, f3, f4,
                   count(*) OVER (PARTITION BY lower(f1)) AS n1,
                   count(*) OVER (PARTITION BY lower(f2)) AS n2,
                   count(*) OVER (PARTITION BY lower(f3)) AS n3
              FROM formed
        ), chosen AS (
            SELECT taxon_id, display_name,
                   left(CASE WHEN n1 = 1 THEN f1 WHEN n2 = 1 THEN f2 WHEN n3 = 1 THEN f3
                             ELSE f4 END, 200) AS wanted
              FROM counted
        )
        SELECT taxon_id, wanted FROM chosen WHERE wanted <> display_name
    """
    return [
        (taxon_id, wanted) for taxon_id, wanted in conn.execute(sql, {"names": names}).fetchall()
    ]


def set_display_names(conn: Connection, wanted: list[tuple[int, str]]) -> None:
    """Give taxa their display names and what search reads of them."""
    sql = """
        UPDATE taxa t SET display_name = w.display_name, folded = w.folded, updated_at = now()
          FROM unnest(%(ids)s::int[], %(names)s::text[], %(folded)s::text[])
               AS w (taxon_id, display_name, folded)
         WHERE t.taxon_id = w.taxon_id
    """
    names = [name for _, name in wanted]
    folded = [fold(name) for name in names]
    execute(conn, sql, ids=[taxon_id for taxon_id, _ in wanted], names=names, folded=folded)


def reserve_ids(conn: Connection, least: int) -> None:
    """Number the next taxon made here above every one there is, and from `least` on."""
    sql = """
        SELECT setval('local_taxa', greatest(%(least)s, max(taxon_id) + 1,
                      (SELECT last_value + is_called::int FROM local_taxa)), false) FROM taxa
    """
    execute(conn, sql, least=least)


def all_rows(conn: Connection) -> list[tuple[object, ...]]:
    """The whole tree as a taxonomy file holds it, parents before children."""
    sql = """
        SELECT taxon_id, parent_id, name, display_name, type, status, rank, aphia_id, rename_to,
               source_url, source_desc
          FROM taxa ORDER BY cardinality(lineage), taxon_id
    """
    return conn.execute(sql).fetchall()
