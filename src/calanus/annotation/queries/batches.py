"""The SQL of batches: what was done, by whom, and whether it was taken back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from calanus.annotation.types import (
    BatchRow,
    Begun,
    ChangedSince,
    Operation,
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
    """The acts on a project, the newest first."""
    sql = f"""
        SELECT {BATCH} FROM batches b JOIN users u ON u.user_id = b.author_id
         WHERE b.project_id = %(project_id)s AND b.batch_id < %(before)s
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
    """The objects of a batch that somebody changed after it, with who and when."""
    sql = """
        SELECT h.object_id, u.name AS by, b.made_at AS at
          FROM history h
          JOIN objects o ON o.project_id = h.project_id AND o.object_id = h.object_id
          JOIN batches b ON b.batch_id = o.version
          JOIN users u ON u.user_id = b.author_id
         WHERE h.project_id = %(project_id)s AND h.batch_id = %(batch_id)s
           AND h.undone_by IS NULL AND o.version <> %(batch_id)s
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
