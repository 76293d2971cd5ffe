"""The SQL that changes the tree."""

from typing import LiteralString

from calanus.kit.db import Connection, execute, fetch_value, fetch_values
from calanus.kit.ids import TaxonId
from calanus.taxonomy.names import fold
from calanus.taxonomy.types import STARTER_IDS, Made, TaxonRow


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


def describe(conn: Connection, taxon_id: int, made: Made) -> None:
    """Record of a new taxon what there is beside its place."""
    sql = """
        UPDATE taxa SET creator_email = %(creator_email)s, source_desc = %(source_desc)s,
               source_url = %(source_url)s, aphia_id = %(aphia_id)s, rank = %(rank)s,
               awaits_central = %(awaits_central)s
         WHERE taxon_id = %(taxon_id)s
    """
    execute(conn, sql, taxon_id=taxon_id, **vars(made))


def register(conn: Connection, taxon_id: int, aphia_id: int, rank: str | None) -> None:
    """Give a taxon that had none its AphiaID, and its rank where that is not known."""
    sql = """
        UPDATE taxa SET aphia_id = %(aphia_id)s, rank = coalesce(rank, %(rank)s),
               updated_at = clock_timestamp()
         WHERE taxon_id = %(taxon_id)s AND aphia_id IS NULL
    """
    execute(conn, sql, taxon_id=taxon_id, aphia_id=aphia_id, rank=rank)


def upsert(
    conn: Connection, rows: list[TaxonRow], columns: frozenset[str], *, awaits: bool
) -> tuple[int, int]:
    """Add or update taxa; a column the file lacks keeps what is there. How many of each.

    With `awaits`, new taxa that people made await the reference server.
    """
    execute(conn, "CREATE TEMP TABLE taxa_read (LIKE taxa) ON COMMIT DROP")
    execute(
        conn,
        """
        ALTER TABLE taxa_read ALTER folded DROP NOT NULL, ALTER lineage DROP NOT NULL,
              ALTER awaits_central DROP NOT NULL
        """,
    )
    copied = """
        COPY taxa_read (taxon_id, parent_id, name, display_name, type, status, rank, aphia_id,
                        rename_to, source_url, source_desc, creator_email, origin, origin_id,
                        central_at, id_instance, folded, created_at, updated_at)
        FROM STDIN
    """
    with conn.cursor() as cursor, cursor.copy(copied) as copy:
        for r in rows:
            copy.write_row(
                (
                    *(r.taxon_id, r.parent_id, r.name, r.name, r.type, r.status or "A"),
                    *(r.rank, r.aphia_id, r.rename_to, r.source_url, r.source_desc),
                    *(r.creator_email, r.origin, r.origin_id, r.central_at, r.id_instance),
                    *(fold(r.name), "now", "now"),
                )
            )
    changed = update_known(conn, columns)
    added = execute(conn, ADD, awaits=awaits, own=STARTER_IDS.stop)
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
    "creator_email": "creator_email = r.creator_email",
    "central_at": "central_at = r.central_at, id_instance = r.id_instance",
}

ADD = """
    INSERT INTO taxa (taxon_id, parent_id, name, display_name, type, status, rank, aphia_id,
                      rename_to, source_url, source_desc, creator_email, origin, origin_id,
                      central_at, id_instance, folded, lineage, awaits_central)
    SELECT taxon_id, parent_id, name, display_name, type, status, rank, aphia_id,
           rename_to, source_url, source_desc, creator_email, origin, origin_id,
           central_at, id_instance, folded, ARRAY[taxon_id],
           %(awaits)s AND taxon_id >= %(own)s AND status = 'N'
      FROM taxa_read r WHERE NOT EXISTS (SELECT 1 FROM taxa t WHERE t.taxon_id = r.taxon_id)
"""


def update_known(conn: Connection, columns: frozenset[str]) -> int:
    """Bring known taxa up to the file, in the columns it has."""
    kept = ", ".join([KEPT[name] for name in KEPT if name in columns])
    sql = f"""
        UPDATE taxa t SET parent_id = r.parent_id, name = r.name, updated_at = clock_timestamp()
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
        UPDATE taxa t SET display_name = w.display_name, folded = w.folded,
               updated_at = clock_timestamp()
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


def next_ids(conn: Connection, how_many: int) -> list[int]:
    """New numbers for taxa."""
    sql = "SELECT nextval('local_taxa')::int FROM generate_series(1, %(how_many)s)"
    return fetch_values(conn, sql, how_many=how_many)


def instance(conn: Connection) -> str:
    """Who this installation is, among those that exchange lists of taxa."""
    return str(fetch_value(conn, "SELECT instance FROM tree"))


def of_origin(conn: Connection, keys: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The taxa here that were made elsewhere, by where and their number there."""
    sql = """
        SELECT t.origin::text, t.origin_id, t.taxon_id
          FROM unnest(%(origins)s::uuid[], %(ids)s::int[]) AS k (origin, origin_id)
          JOIN taxa t USING (origin, origin_id)
    """
    values = {"origins": [origin for origin, _ in keys], "ids": [number for _, number in keys]}
    rows = conn.execute(sql, values).fetchall()
    return {(origin, number): taxon_id for origin, number, taxon_id in rows}


def twins(conn: Connection, taxon_ids: list[int]) -> list[str]:
    """Display names of taxa below whose parent stands another live one of the same name."""
    sql = """
        SELECT t.display_name FROM taxa t
         WHERE t.taxon_id = ANY(%(ids)s) AND t.status <> 'D'
           AND EXISTS (SELECT 1 FROM taxa o
                        WHERE o.taxon_id <> t.taxon_id AND lower(o.name) = lower(t.name)
                          AND o.parent_id IS NOT DISTINCT FROM t.parent_id AND o.status <> 'D')
         ORDER BY t.display_name
    """
    return fetch_values(conn, sql, ids=taxon_ids)


def lost_advice(conn: Connection, taxon_ids: list[int]) -> int:
    """How many of these are to be replaced by a taxon that is not there."""
    sql = """
        SELECT count(*) FROM taxa t
         WHERE t.taxon_id = ANY(%(ids)s) AND t.rename_to IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM taxa o WHERE o.taxon_id = t.rename_to)
    """
    return int(fetch_value(conn, sql, ids=taxon_ids))
