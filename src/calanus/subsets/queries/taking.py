"""The SQL of a subset: which objects are taken, and their rows in another project.

What is taken stands in temporary tables of the job's own connection: `taken` (object_id, place),
`taken_images`, `taken_thumbnails`, then `new_samples` and `new_acquisitions` (old_id, new_id).
"""

from collections.abc import Iterator
from typing import LiteralString

import numpy as np
from numpy.typing import NDArray

from calanus.kit import copy
from calanus.kit.db import Connection, copy_in, execute, fetch_all, fetch_value
from calanus.kit.ids import ProjectId
from calanus.subsets.types import (
    Arrived,
    Fits,
    GroupDefinitions,
    LimitMethods,
    StoredCopy,
    SubsetReq,
)

GROUPS: dict[GroupDefinitions, LiteralString] = {
    GroupDefinitions.CATEGORIES: "o.taxon_id",
    GroupDefinitions.SAMPLES: "o.sample_id",
    GroupDefinitions.ACQUISITIONS: "o.acquisition_id",
    GroupDefinitions.OBJECTS: "o.object_id",
}
LIMITS: dict[LimitMethods, LiteralString] = {
    LimitMethods.CONSTANT: "place_in_group <= %(limit)s",
    LimitMethods.PERCENT: "100 * part_of_group <= %(limit)s",
}
IMAGES_AT_ONCE = 2000


def begin(conn: Connection) -> None:
    """The tables of what is taken, empty."""
    conn.execute("DROP TABLE IF EXISTS taken, taken_images, taken_thumbnails")
    conn.execute("DROP TABLE IF EXISTS new_samples, new_acquisitions")
    conn.execute("CREATE TEMP TABLE taken (object_id bigint PRIMARY KEY, place bigint)")
    conn.execute("""
        CREATE TEMP TABLE taken_images (
            old_id bigint PRIMARY KEY, place bigint, pack_id integer, position bigint)
    """)
    conn.execute("""
        CREATE TEMP TABLE taken_thumbnails (
            place bigint, size smallint, pack_id integer, position bigint, length integer)
    """)
    conn.execute("CREATE TEMP TABLE new_samples (old_id bigint PRIMARY KEY, new_id bigint)")
    conn.execute("CREATE TEMP TABLE new_acquisitions (old_id bigint PRIMARY KEY, new_id bigint)")


def choose(
    conn: Connection,
    project_id: ProjectId,
    matching: NDArray[np.int64],
    request: SubsetReq,
    *,
    seed: int,
) -> int:
    """Take some of the matching objects of each group, by chance; how many.

    A hash of the object's id and a seed is the dice: the same seed throws the same.
    """
    conn.execute("CREATE TEMP TABLE matching (object_id bigint) ON COMMIT DROP")
    with copy_in(conn, "matching", ["object_id"]) as stream:
        copy.send(stream, [[copy.int8(matching)]])
    conn.execute("ANALYZE matching")
    sql = f"""
        WITH thrown AS (
            SELECT o.object_id, row_number() OVER dice AS place_in_group,
                   percent_rank() OVER dice AS part_of_group
              FROM matching JOIN objects o USING (object_id)
             WHERE o.project_id = %(project_id)s
            WINDOW dice AS (PARTITION BY {GROUPS[request.group_type]}
                            ORDER BY hashint8extended(o.object_id, %(seed)s), o.object_id))
        INSERT INTO taken
        SELECT object_id, row_number() OVER (ORDER BY object_id) - 1 FROM thrown
         WHERE {LIMITS[request.limit_type]}
    """
    return execute(conn, sql, project_id=project_id, limit=request.limit_value, seed=seed)


def leave_known(conn: Connection, source: ProjectId, target: ProjectId) -> int:
    """Leave aside what the destination has by name; how many."""
    sql = """
        DELETE FROM taken USING object_values theirs, object_values ours
         WHERE theirs.project_id = %(source)s AND theirs.object_id = taken.object_id
           AND ours.project_id = %(target)s AND ours.orig_id = theirs.orig_id
    """
    return execute(conn, sql, source=source, target=target)


def image_count(conn: Connection, source: ProjectId) -> int:
    """How many images the objects taken have."""
    sql = """
        SELECT count(*) FROM taken JOIN images i USING (object_id)
         WHERE i.project_id = %(source)s
    """
    return int(fetch_value(conn, sql, source=source))


def stored_images(conn: Connection, source: ProjectId) -> Iterator[list[StoredCopy]]:
    """Where the bytes of the images taken lie, with their thumbnails, as they lie."""
    sql = """
        SELECT i.image_id, p.path, i.position, i.length,
               coalesce((SELECT json_agg(json_build_array(t.size, tp.path, t.position, t.length)
                                         ORDER BY t.size DESC)
                  FROM thumbnails t JOIN packs tp USING (project_id, pack_id)
                 WHERE t.project_id = i.project_id AND t.image_id = i.image_id), '[]') AS smaller
          FROM taken JOIN images i USING (object_id) JOIN packs p USING (project_id, pack_id)
         WHERE i.project_id = %(source)s AND i.image_id > %(after)s
         ORDER BY i.image_id LIMIT %(most)s
    """
    after = 0
    while found := fetch_all(
        conn, StoredCopy, sql, source=source, after=after, most=IMAGES_AT_ONCE
    ):
        yield found
        after = found[-1].image_id


def note_images(conn: Connection, rows: list[tuple[int, ...]]) -> None:
    """Where images were copied to: (old id, place, pack, position)."""
    old, places, packs, positions = zip(*rows, strict=True)
    columns = [copy.int8(old), copy.int8(places), copy.int4(packs), copy.int8(positions)]
    with copy_in(conn, "taken_images", ["old_id", "place", "pack_id", "position"]) as stream:
        copy.send(stream, [columns])


def note_thumbnails(conn: Connection, rows: list[tuple[int, ...]]) -> None:
    """Where thumbnails were copied to: (place of the image, size, pack, position, length)."""
    places, sizes, packs, positions, lengths = zip(*rows, strict=True)
    columns = [
        copy.int8(places),
        copy.int2(sizes),
        copy.int4(packs),
        copy.int8(positions),
        copy.int4(lengths),
    ]
    names: list[LiteralString] = ["place", "size", "pack_id", "position", "length"]
    with copy_in(conn, "taken_thumbnails", names) as stream:
        copy.send(stream, [columns])


def hold_still(conn: Connection, source: ProjectId) -> int:
    """Nobody identifies the objects taken until the transaction ends; how many are still there."""
    sql = """
        SELECT count(*) FROM (
            SELECT 1 FROM objects WHERE project_id = %(source)s
               AND object_id IN (SELECT object_id FROM taken)
             ORDER BY object_id FOR SHARE) AS held
    """
    return int(fetch_value(conn, sql, source=source))


# A parent that nobody named bears a name made of the id of what it belongs to.
SAMPLE_NAME: LiteralString = """
    CASE s.orig_id WHEN '__DUMMY_ID__' || %(source)s || '__'
         THEN '__DUMMY_ID__' || %(target)s || '__' ELSE s.orig_id END
"""
ACQUISITION_NAME: LiteralString = """
    CASE a.orig_id WHEN '__DUMMY_ID__' || a.sample_id || '__'
         THEN '__DUMMY_ID__' || n.new_id || '__' ELSE a.orig_id END
"""
# Element 0 of an array is nothing; so is what lies beyond its end.
NUMBERS: LiteralString = """
    ARRAY(SELECT coalesce(v.numbers[p], 'NaN') FROM unnest(%(numbers)s::int[])
          WITH ORDINALITY AS t (p, n) ORDER BY n)
"""
TEXTS: LiteralString = """
    ARRAY(SELECT v.texts[p] FROM unnest(%(texts)s::int[]) WITH ORDINALITY AS t (p, n) ORDER BY n)
"""
OBJECT_TEXTS: LiteralString = f"nullif({TEXTS}, '{{}}')"  # objects without any have nothing


def copy_samples(conn: Connection, arrived: Arrived, fits: Fits) -> int:
    """The samples of the objects taken, found by name in the destination or made there."""
    values = {
        "source": arrived.source,
        "target": arrived.target,
        "first": arrived.first.sample,
        "texts": fits["sample"].texts,
    }
    made = execute(
        conn,
        f"""
        INSERT INTO samples (project_id, sample_id, orig_id, latitude, longitude,
                             dataportal_descriptor, texts)
        SELECT %(target)s, %(first)s + row_number() OVER (ORDER BY v.sample_id) - 1, v.name,
               v.latitude, v.longitude, v.dataportal_descriptor, {TEXTS}
          FROM (SELECT s.*, {SAMPLE_NAME} AS name FROM samples s
                 WHERE s.project_id = %(source)s AND s.sample_id IN (
                       SELECT o.sample_id FROM taken JOIN objects o USING (object_id)
                        WHERE o.project_id = %(source)s)) v
         WHERE NOT EXISTS (SELECT 1 FROM samples mine WHERE mine.project_id = %(target)s
                              AND mine.orig_id = v.name)
        """,
        **values,
    )
    sql = f"""
        INSERT INTO new_samples
        SELECT s.sample_id, mine.sample_id
          FROM samples s JOIN samples mine
               ON mine.project_id = %(target)s AND mine.orig_id = {SAMPLE_NAME}
         WHERE s.project_id = %(source)s
    """
    execute(conn, sql, **values)
    return made


def copy_acquisitions(conn: Connection, arrived: Arrived, fits: Fits) -> int:
    """The acquisitions of the objects taken with their processes, found by name or made."""
    values = {
        "source": arrived.source,
        "target": arrived.target,
        "first": arrived.first.acquisition,
    }
    made = execute(
        conn,
        f"""
        INSERT INTO acquisitions (project_id, acquisition_id, sample_id, orig_id, instrument, texts)
        SELECT %(target)s, %(first)s + row_number() OVER (ORDER BY v.acquisition_id) - 1, v.new_id,
               v.name, v.instrument, {TEXTS}
          FROM (SELECT a.*, n.new_id, {ACQUISITION_NAME} AS name
                  FROM acquisitions a JOIN new_samples n ON n.old_id = a.sample_id
                 WHERE a.project_id = %(source)s AND a.acquisition_id IN (
                       SELECT o.acquisition_id FROM taken JOIN objects o USING (object_id)
                        WHERE o.project_id = %(source)s)) v
         WHERE NOT EXISTS (SELECT 1 FROM acquisitions mine WHERE mine.project_id = %(target)s
                              AND mine.sample_id = v.new_id AND mine.orig_id = v.name)
        """,
        **values,
        texts=fits["acquisition"].texts,
    )
    sql = f"""
        INSERT INTO new_acquisitions
        SELECT a.acquisition_id, mine.acquisition_id
          FROM acquisitions a
          JOIN new_samples n ON n.old_id = a.sample_id
          JOIN acquisitions mine ON mine.project_id = %(target)s
               AND mine.sample_id = n.new_id AND mine.orig_id = {ACQUISITION_NAME}
         WHERE a.project_id = %(source)s
    """
    execute(conn, sql, **values)
    sql = f"""
        INSERT INTO processes (project_id, acquisition_id, orig_id, texts)
        SELECT %(target)s, n.new_id,
               CASE v.orig_id WHEN '__DUMMY_ID__' || v.acquisition_id || '__'
                    THEN '__DUMMY_ID__' || n.new_id || '__' ELSE v.orig_id END, {TEXTS}
          FROM processes v JOIN new_acquisitions n ON n.old_id = v.acquisition_id
         WHERE v.project_id = %(source)s AND n.new_id >= %(first)s
    """
    execute(conn, sql, **values, texts=fits["process"].texts)
    return made


def copy_objects(conn: Connection, arrived: Arrived, fits: Fits) -> int:
    """The objects taken, as they are identified, with all that is known of them."""
    values = {"source": arrived.source, "target": arrived.target, "first": arrived.first.object}
    sql = """
        INSERT INTO objects (project_id, taxon_id, object_id, sample_id, acquisition_id, score,
                             identified_at, version, annotator_id, state)
        SELECT %(target)s, o.taxon_id, %(first)s + taken.place, s.new_id, a.new_id, o.score,
               o.identified_at, %(batch_id)s, o.annotator_id, o.state
          FROM taken
          JOIN objects o ON o.project_id = %(source)s AND o.object_id = taken.object_id
          JOIN new_samples s ON s.old_id = o.sample_id
          JOIN new_acquisitions a ON a.old_id = o.acquisition_id
    """
    copied = execute(conn, sql, **values, batch_id=arrived.batch_id)
    numbers = "v.numbers" if fits["object"].plain("n") else NUMBERS
    sql = f"""
        INSERT INTO object_values (project_id, object_id, orig_id, latitude, longitude, depth_min,
                                   depth_max, object_date, object_time, sun_position, link,
                                   comment, numbers, texts)
        SELECT %(target)s, %(first)s + taken.place, v.orig_id, v.latitude, v.longitude, v.depth_min,
               v.depth_max, v.object_date, v.object_time, v.sun_position, v.link, v.comment,
               {numbers}, {OBJECT_TEXTS}
          FROM taken
          JOIN object_values v ON v.project_id = %(source)s AND v.object_id = taken.object_id
    """
    execute(conn, sql, **values, numbers=fits["object"].numbers, texts=fits["object"].texts)
    return copied


def copy_past(conn: Connection, arrived: Arrived) -> None:
    """What the objects were before, their present guesses, and their features."""
    values = {"source": arrived.source, "target": arrived.target, "first": arrived.first.object}
    sql = """
        INSERT INTO history (project_id, taxon_id, object_id, batch_id, score, identified_at,
                             version, annotator_id, after_taxon_id, after_score, undone_by, state,
                             after_state, after_annotator_id, after_identified_at,
                             after_version)
        SELECT %(target)s, taxon_id, %(first)s + place, batch_id, score, identified_at, version,
               annotator_id, after_taxon_id, after_score, undone_by, state, after_state,
               after_annotator_id, after_identified_at, after_version
          FROM taken JOIN history USING (object_id) WHERE project_id = %(source)s
    """
    execute(conn, sql, **values)
    sql = """
        INSERT INTO predictions (project_id, object_id, batch_id, taxa, scores)
        SELECT %(target)s, %(first)s + place, %(batch_id)s, p.taxa, p.scores
          FROM taken
          JOIN objects o ON o.project_id = %(source)s AND o.object_id = taken.object_id
          JOIN predictions p ON p.project_id = o.project_id AND p.object_id = o.object_id
               AND p.batch_id = o.version
         WHERE o.state = 'P'
    """
    execute(conn, sql, **values, batch_id=arrived.batch_id)
    sql = """
        INSERT INTO features (project_id, extractor_id, object_id, vector)
        SELECT %(target)s, extractor_id, %(first)s + place, vector
          FROM taken JOIN features USING (object_id) WHERE project_id = %(source)s
    """
    execute(conn, sql, **values)


def copy_images(conn: Connection, arrived: Arrived, first_pack: int) -> int:
    """The images that were copied, of objects that were too."""
    sql = """
        INSERT INTO images (project_id, object_id, image_id, position, pack_id, length, width,
                            height, rank, hash, orig_file_name, ending)
        SELECT %(target)s, %(first_object)s + taken.place, %(first_image)s + t.place, t.position,
               %(first_pack)s + t.pack_id, i.length, i.width, i.height, i.rank, i.hash,
               i.orig_file_name, i.ending
          FROM taken_images t
          JOIN images i ON i.project_id = %(source)s AND i.image_id = t.old_id
          JOIN taken USING (object_id)
          JOIN objects o ON o.project_id = %(target)s
               AND o.object_id = %(first_object)s + taken.place
    """
    return execute(
        conn,
        sql,
        source=arrived.source,
        target=arrived.target,
        first_object=arrived.first.object,
        first_image=arrived.first.image,
        first_pack=first_pack,
    )


def copy_thumbnails(conn: Connection, arrived: Arrived, first_pack: int) -> None:
    """The thumbnails of the images that were copied."""
    sql = """
        INSERT INTO thumbnails (project_id, image_id, size, position, pack_id, length)
        SELECT i.project_id, i.image_id, t.size, t.position, %(first_pack)s + t.pack_id, t.length
          FROM taken_thumbnails t
          JOIN images i ON i.project_id = %(target)s AND i.image_id = %(first_image)s + t.place
    """
    execute(
        conn,
        sql,
        target=arrived.target,
        first_image=arrived.first.image,
        first_pack=first_pack,
    )


def tally(conn: Connection, arrived: Arrived) -> list[tuple[int | None, str | None, int]]:
    """(taxon, state, how many) of what arrived."""
    sql = """
        SELECT taxon_id, state, count(*) FROM objects
         WHERE project_id = %(target)s AND object_id >= %(first)s GROUP BY 1, 2
    """
    values = {"target": arrived.target, "first": arrived.first.object}
    return [(taxon, state, n) for taxon, state, n in conn.execute(sql, values).fetchall()]
