"""The SQL of batches: what was done, by whom, and whether it was taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from calanus.annotation.types import (
    BatchRow,
    Begun,
    ChangedSince,
    Operation,
    Reclassified,
)
from calanus.kit.db import (
    Connection,
    execute,
    fetch_all,
    fetch_one,
    fetch_value,
    fetch_values,
)
from calanus.kit.ids import BatchId, ProjectId, UserId

BATCH = """
    b.batch_id, b.project_id, b.author_id, u.name AS author, b.made_at, b.operation, b.objects,
    b.undoes, b.undone_by, b.record
"""


def begin(
    conn: Connection,
    project_id: ProjectId,
    operation: Operation,
    *,
    by: UserId,
    at: datetime,
    client_key: UUID | None = None,
) -> Begun:
    """A batch under which the changes to come are remembered."""
    sql = """
        INSERT INTO batches (project_id, author_id, made_at, operation, objects, client_key)
        VALUES (%(project_id)s, %(by)s, %(at)s, %(operation)s, 0, %(key)s) RETURNING batch_id
    """
    batch_id = fetch_value(
        conn, sql, project_id=project_id, by=by, at=at, operation=operation, key=client_key
    )
    return Begun(BatchId(batch_id), project_id, by, at)


def finish(
    conn: Connection,
    batch_id: BatchId,
    *,
    objects: int,
    record: dict[str, Any] | None = None,
    undoes: int | None = None,
) -> BatchRow:
    """How many objects it changed, what reproduces it, and what it takes back; what it is now."""
    sql = f"""
        UPDATE batches b
           SET objects = %(objects)s, record = %(kept)s, undoes = %(undoes)s
          FROM users u
         WHERE b.batch_id = %(batch_id)s AND u.user_id = b.author_id RETURNING {BATCH}
    """
    row = fetch_one(
        conn,
        BatchRow,
        sql,
        batch_id=batch_id,
        objects=objects,
        kept=Jsonb(record or {}),
        undoes=undoes,
    )
    assert row is not None
    return row


def find_batch(conn: Connection, project_id: ProjectId, batch_id: int) -> BatchRow | None:
    """One batch of a project."""
    sql = f"""
        SELECT {BATCH} FROM batches b JOIN users u ON u.user_id = b.author_id
         WHERE b.project_id = %(project_id)s AND b.batch_id = %(batch_id)s
    """
    return fetch_one(conn, BatchRow, sql, project_id=project_id, batch_id=batch_id)


def find_by_key(conn: Connection, project_id: ProjectId, client_key: UUID) -> BatchRow | None:
    """The batch of a client's key: the same key twice is the same act."""
    sql = f"""
        SELECT {BATCH} FROM batches b JOIN users u ON u.user_id = b.author_id
         WHERE b.project_id = %(project_id)s AND b.client_key = %(client_key)s
    """
    return fetch_one(conn, BatchRow, sql, project_id=project_id, client_key=client_key)


def list_batches(
    conn: Connection, project_id: ProjectId, *, before: int, limit: int
) -> list[BatchRow]:
    """The acts on a project, the newest first.

    Learning again of which a later one left nothing is passed over.
    """
    sql = f"""
        SELECT {BATCH} FROM batches b JOIN users u ON u.user_id = b.author_id
         WHERE b.project_id = %(project_id)s AND b.batch_id < %(before)s
           AND (b.operation <> 'relearn' OR b.objects > 0)
         ORDER BY b.batch_id DESC LIMIT %(limit)s
    """
    return fetch_all(conn, BatchRow, sql, project_id=project_id, before=before, limit=limit)


def batches_since(conn: Connection, project_id: ProjectId, since: int) -> list[BatchRow]:
    """The acts on a project after one of them, the oldest first."""
    sql = f"""
        SELECT {BATCH} FROM batches b JOIN users u ON u.user_id = b.author_id
         WHERE b.project_id = %(project_id)s AND b.batch_id > %(since)s
         ORDER BY b.batch_id LIMIT 100
    """
    return fetch_all(conn, BatchRow, sql, project_id=project_id, since=since)


def find_batches(
    conn: Connection, project_id: ProjectId, batch_ids: Sequence[int]
) -> list[BatchRow]:
    """Some batches of a project, the oldest first."""
    sql = f"""
        SELECT {BATCH} FROM batches b JOIN users u ON u.user_id = b.author_id
         WHERE b.project_id = %(project_id)s AND b.batch_id = ANY(%(ids)s) ORDER BY b.batch_id
    """
    return fetch_all(conn, BatchRow, sql, project_id=project_id, ids=list(batch_ids))


def last_batches(
    conn: Connection, project_ids: list[ProjectId], look_back: int
) -> list[tuple[ProjectId, int]]:
    """(project, batch) of some projects, among the last numbers that were given to any batch."""
    sql = """
        SELECT project_id, batch_id FROM batches
         WHERE project_id = ANY(%(ids)s)
           AND batch_id > (SELECT max(batch_id) FROM batches) - %(look_back)s
         ORDER BY batch_id
    """
    return conn.execute(sql, {"ids": project_ids, "look_back": look_back}).fetchall()


def touched(conn: Connection, project_id: ProjectId, batch_id: int, undone_by: int) -> list[int]:
    """The objects a batch changed (or, for an undo, gave back), in order of their ids."""
    sql = """
        SELECT object_id FROM history
         WHERE project_id = %(project_id)s AND batch_id = %(batch_id)s
        UNION
        SELECT object_id FROM history
         WHERE project_id = %(project_id)s AND batch_id = %(undone_by)s
           AND undone_by = %(batch_id)s
         ORDER BY object_id
    """
    return fetch_values(conn, sql, project_id=project_id, batch_id=batch_id, undone_by=undone_by)


def changed_since(conn: Connection, project_id: ProjectId, batch_id: int) -> list[ChangedSince]:
    """The objects of a batch that somebody changed after it, with who and when.

    Who that was the last act says that left a row or a mark: a version tells who identified the
    object as it is now, which an undo or a revert may have brought back.
    """
    sql = """
        SELECT h.object_id, u.name AS by, b.made_at AS at
          FROM history h
          JOIN objects o ON o.project_id = h.project_id AND o.object_id = h.object_id
          JOIN batches b ON b.batch_id = (
               SELECT max(greatest(l.batch_id, l.undone_by)) FROM history l
                WHERE l.project_id = h.project_id AND l.object_id = h.object_id)
          JOIN users u ON u.user_id = b.author_id
         WHERE h.project_id = %(project_id)s AND h.batch_id = %(batch_id)s
           AND coalesce(h.undone_by, h.batch_id) = h.batch_id
           AND o.version <> coalesce(h.after_version, h.batch_id)
         ORDER BY h.object_id
    """
    return fetch_all(conn, ChangedSince, sql, project_id=project_id, batch_id=batch_id)


def mark_undone(conn: Connection, batch_id: int, undone_by: int | None) -> None:
    """A batch is taken back, or brought back."""
    execute(
        conn,
        "UPDATE batches SET undone_by = %(undone_by)s WHERE batch_id = %(batch_id)s",
        batch_id=batch_id,
        undone_by=undone_by,
    )


def reclassifications(
    conn: Connection, *, before: list[int] | None = None, project_id: int | None = None
) -> list[Reclassified]:
    """What was chosen in the place of taxa, in which projects, the oldest choice first.

    Choices that were taken back are left out; one made again counts once, by its last date.
    """
    sql = """
        SELECT b.before, b.after, t.display_name AS name, t.status = 'D' AS deprecated,
               b.project_id, max(b.made_at) AS made_at
          FROM (SELECT (record->'reclassify'->>'from')::int AS before,
                       (record->'reclassify'->>'to')::int AS after, project_id, made_at
                  FROM batches
                 WHERE record ? 'reclassify' AND undone_by IS NULL
                   AND (%(before)s::int[] IS NULL
                        OR (record->'reclassify'->>'from')::int = ANY(%(before)s))
                   AND (%(project_id)s::int IS NULL OR project_id = %(project_id)s)) b
          JOIN taxa t ON t.taxon_id = b.after
         GROUP BY b.before, b.after, t.display_name, t.status, b.project_id
         ORDER BY made_at, b.before, b.after
    """
    return fetch_all(conn, Reclassified, sql, before=before, project_id=project_id)
