"""The SQL of a merge: a project's rows get ids of another project, and stay where they are.

Ids move by a constant, so that no map of a million ids is needed; only samples and acquisitions
that both projects have by name are mapped, in temporary tables (old_id, new_id).
"""

from typing import LiteralString

from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.ids import ProjectId
from calanus.subsets.queries.taking import (
    ACQUISITION_NAME,
    NUMBERS,
    OBJECT_TEXTS,
    SAMPLE_NAME,
    TEXTS,
)
from calanus.subsets.types import Fits, Shift


def samples(conn: Connection, project_id: ProjectId) -> int:
    """How many samples a project has."""
    sql = "SELECT count(*) FROM samples WHERE project_id = %(project_id)s"
    return int(fetch_value(conn, sql, project_id=project_id))


def names_in_common(conn: Connection, source: ProjectId, target: ProjectId) -> int:
    """How many objects of the source bear a name that the destination has too."""
    sql = """
        SELECT count(*) FROM object_values theirs
         WHERE theirs.project_id = %(source)s AND EXISTS (
               SELECT 1 FROM object_values ours
                WHERE ours.project_id = %(target)s AND ours.orig_id = theirs.orig_id)
    """
    return int(fetch_value(conn, sql, source=source, target=target))


def samples_in_common(conn: Connection, source: ProjectId, target: ProjectId) -> int:
    """How many samples of the source the destination has by name."""
    sql = f"""
        SELECT count(*) FROM samples s JOIN samples mine
               ON mine.project_id = %(target)s AND mine.orig_id = {SAMPLE_NAME}
         WHERE s.project_id = %(source)s
    """
    return int(fetch_value(conn, sql, source=source, target=target))


def fuse_samples(conn: Connection, source: ProjectId, target: ProjectId, shift: Shift) -> None:
    """Where each sample of the source goes: to its namesake, or along."""
    conn.execute("DROP TABLE IF EXISTS new_samples, new_acquisitions")
    conn.execute("CREATE TEMP TABLE new_samples (old_id bigint PRIMARY KEY, new_id bigint)")
    conn.execute("CREATE TEMP TABLE new_acquisitions (old_id bigint PRIMARY KEY, new_id bigint)")
    sql = f"""
        INSERT INTO new_samples
        SELECT s.sample_id, coalesce(mine.sample_id, s.sample_id + %(shift)s)
          FROM samples s LEFT JOIN samples mine
               ON mine.project_id = %(target)s AND mine.orig_id = {SAMPLE_NAME}
         WHERE s.project_id = %(source)s
    """
    execute(conn, sql, source=source, target=target, shift=shift.sample)


def fuse_acquisitions(conn: Connection, source: ProjectId, target: ProjectId, shift: Shift) -> None:
    """Where each acquisition of the source goes: to its namesake in the same sample, or along."""
    sql = f"""
        INSERT INTO new_acquisitions
        SELECT a.acquisition_id, coalesce(mine.acquisition_id, a.acquisition_id + %(shift)s)
          FROM acquisitions a
          JOIN new_samples n ON n.old_id = a.sample_id
          LEFT JOIN acquisitions mine ON mine.project_id = %(target)s
               AND mine.sample_id = n.new_id AND mine.orig_id = {ACQUISITION_NAME}
         WHERE a.project_id = %(source)s
    """
    execute(conn, sql, source=source, target=target, shift=shift.acquisition)


def move_parents(
    conn: Connection, source: ProjectId, target: ProjectId, shift: Shift, fits: Fits
) -> None:
    """Move what has no namesake, and remove what has; the destination's stays as it is."""
    values = {"source": source, "target": target}
    sql = f"""
        UPDATE processes v
           SET project_id = %(target)s, acquisition_id = n.new_id, texts = {TEXTS},
               orig_id = CASE v.orig_id WHEN '__DUMMY_ID__' || n.old_id || '__'
                         THEN '__DUMMY_ID__' || n.new_id || '__' ELSE v.orig_id END
          FROM new_acquisitions n
         WHERE v.project_id = %(source)s AND v.acquisition_id = n.old_id
           AND n.new_id = n.old_id + %(shift)s
    """
    execute(conn, sql, **values, shift=shift.acquisition, texts=fits["process"].texts)
    sql = f"""
        UPDATE acquisitions a
           SET project_id = %(target)s, acquisition_id = m.new_id, sample_id = n.new_id,
               orig_id = {ACQUISITION_NAME}, texts = {TEXTS.replace("v.", "a.")}
          FROM new_acquisitions m, new_samples n
         WHERE a.project_id = %(source)s AND a.acquisition_id = m.old_id
           AND n.old_id = a.sample_id AND m.new_id = m.old_id + %(shift)s
    """
    execute(conn, sql, **values, shift=shift.acquisition, texts=fits["acquisition"].texts)
    sql = f"""
        UPDATE samples s
           SET project_id = %(target)s, sample_id = n.new_id, orig_id = {SAMPLE_NAME},
               texts = {TEXTS.replace("v.", "s.")}
          FROM new_samples n
         WHERE s.project_id = %(source)s AND s.sample_id = n.old_id
           AND n.new_id = n.old_id + %(shift)s
    """
    execute(conn, sql, **values, shift=shift.sample, texts=fits["sample"].texts)
    tables: tuple[LiteralString, ...] = ("processes", "acquisitions", "samples")
    for table in tables:
        execute(conn, f"DELETE FROM {table} WHERE project_id = %(source)s", source=source)


def move_objects(
    conn: Connection, source: ProjectId, target: ProjectId, shift: Shift, fits: Fits
) -> int:
    """Move the objects and all that is known of them; how many."""
    values = {"source": source, "target": target, "shift": shift.object}
    sql = """
        UPDATE objects o
           SET project_id = %(target)s, object_id = o.object_id + %(shift)s,
               sample_id = s.new_id, acquisition_id = a.new_id
          FROM new_samples s, new_acquisitions a
         WHERE o.project_id = %(source)s AND s.old_id = o.sample_id AND a.old_id = o.acquisition_id
    """
    moved = execute(conn, sql, **values)
    numbers = "v.numbers" if fits["object"].plain("n") else NUMBERS
    sql = f"""
        UPDATE object_values v
           SET project_id = %(target)s, object_id = v.object_id + %(shift)s, numbers = {numbers},
               texts = {OBJECT_TEXTS}
         WHERE v.project_id = %(source)s
    """
    execute(conn, sql, **values, numbers=fits["object"].numbers, texts=fits["object"].texts)
    tables: tuple[LiteralString, ...] = (
        "history",
        "predictions",
        "features",
        "unlike_objects",
        "confirmations",
        "second_readings",
    )
    for table in tables:
        sql = f"""
            UPDATE {table} SET project_id = %(target)s, object_id = object_id + %(shift)s
             WHERE project_id = %(source)s
        """
        execute(conn, sql, **values)
    # The key of a retry is of one project alone, and its objects have other ids now.
    sql = """
        UPDATE batches SET project_id = %(target)s, client_key = NULL
         WHERE project_id = %(source)s
    """
    execute(conn, sql, source=source, target=target)
    sql = "UPDATE readings SET project_id = %(target)s WHERE project_id = %(source)s"
    execute(conn, sql, source=source, target=target)
    forget_audit(conn, source)
    return moved


def forget_audit(conn: Connection, source: ProjectId) -> None:
    """What an audit found in a project says nothing of a larger one: it is done again."""
    tables: tuple[LiteralString, ...] = ("second_looks", "audits")
    for table in tables:
        execute(conn, f"DELETE FROM {table} WHERE project_id = %(source)s", source=source)


def move_images(conn: Connection, source: ProjectId, target: ProjectId, shift: Shift) -> None:
    """Move images, thumbnails and packs; the files stay where they are."""
    values = {"source": source, "target": target, "shift": shift.image, "packs": shift.pack}
    sql = """
        UPDATE images
           SET project_id = %(target)s, object_id = object_id + %(objects)s,
               image_id = image_id + %(shift)s, pack_id = pack_id + %(packs)s
         WHERE project_id = %(source)s
    """
    execute(conn, sql, **values, objects=shift.object)
    sql = """
        UPDATE thumbnails SET project_id = %(target)s, image_id = image_id + %(shift)s,
               pack_id = pack_id + %(packs)s
         WHERE project_id = %(source)s
    """
    execute(conn, sql, **values)
    sql = """
        UPDATE packs SET project_id = %(target)s, pack_id = pack_id + %(packs)s
         WHERE project_id = %(source)s
    """
    execute(conn, sql, source=source, target=target, packs=shift.pack)


def last_pack(conn: Connection, project_id: ProjectId) -> int:
    """The highest number of a pack."""
    sql = "SELECT coalesce(max(pack_id), 0) FROM packs WHERE project_id = %(project_id)s"
    return int(fetch_value(conn, sql, project_id=project_id))
