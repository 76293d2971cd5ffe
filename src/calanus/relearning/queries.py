"""The SQL of learning again."""

from datetime import datetime
from typing import Any

from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value
from calanus.kit.ids import ProjectId, UserId
from calanus.relearning.types import (
    DECISIONS,
    KIND,
    LONGEST_WAIT,
    QUIET,
    Due,
    Learnt,
    Relearning,
)


def find(conn: Connection, project_id: ProjectId) -> Relearning | None:
    """The setting of a project, where it is on."""
    sql = """
        SELECT project_id, owner_id, asked_batch, learnt_at, learnt_from, changed, trouble,
               EXISTS (SELECT FROM jobs j
                        WHERE j.project_id = r.project_id AND j.kind = %(kind)s
                          AND j.state IN ('P', 'R')) AS learning
          FROM relearning r WHERE project_id = %(project_id)s
    """
    return fetch_one(conn, Relearning, sql, project_id=project_id, kind=KIND)


def switch_on(conn: Connection, project_id: ProjectId, *, by: UserId) -> None:
    """From the next decisions on; where it is on already nothing changes."""
    sql = """
        INSERT INTO relearning (project_id, owner_id, asked_batch)
        VALUES (%(project_id)s, %(by)s,
                coalesce((SELECT max(batch_id) FROM batches
                           WHERE project_id = %(project_id)s), 0))
            ON CONFLICT (project_id) DO NOTHING
    """
    execute(conn, sql, project_id=project_id, by=by)


def switch_off(conn: Connection, project_id: ProjectId) -> None:
    """Learn no more."""
    sql = "DELETE FROM relearning WHERE project_id = %(project_id)s"
    execute(conn, sql, project_id=project_id)


def due(conn: Connection) -> list[Due]:
    """The projects in which enough was decided since they were asked, and nobody learns.

    They are held until the transaction ends, so that two who look ask once.
    """
    sql = """
        SELECT r.project_id, r.owner_id, d.newest
          FROM relearning r
         CROSS JOIN LATERAL (
               SELECT sum(b.objects) AS objects, max(b.batch_id) AS newest,
                      min(b.made_at) AS first, max(b.made_at) AS last
                 FROM batches b
                WHERE b.project_id = r.project_id AND b.batch_id > r.asked_batch
                  AND b.operation IN ('classify', 'validate', 'update')
                  AND b.undone_by IS NULL) d
         WHERE d.objects >= %(least)s
           AND (d.last < now() - make_interval(secs => %(quiet)s)
                OR d.first < now() - make_interval(secs => %(longest)s))
           AND NOT EXISTS (
               SELECT FROM jobs j
                WHERE j.project_id = r.project_id AND j.kind IN (%(kind)s, 'Prediction')
                  AND j.state IN ('P', 'R', 'A'))
         ORDER BY r.project_id
           FOR UPDATE OF r SKIP LOCKED
    """
    return fetch_all(conn, Due, sql, least=DECISIONS, quiet=QUIET, longest=LONGEST_WAIT, kind=KIND)


def asked(conn: Connection, project_id: ProjectId, until: int) -> None:
    """Decisions up to an act are being learnt: only later ones ask again."""
    sql = "UPDATE relearning SET asked_batch = %(until)s WHERE project_id = %(project_id)s"
    execute(conn, sql, project_id=project_id, until=until)


def alone(conn: Connection, project_id: ProjectId) -> bool:
    """Hold a project's learning until the transaction ends; false where somebody else does."""
    sql = "SELECT pg_try_advisory_xact_lock(hashtext('relearning'), %(project_id)s)"
    return fetch_value(conn, sql, project_id=project_id)


def hold(conn: Connection, project_id: ProjectId) -> bool:
    """Whether the setting is still on; it stays so until the transaction ends."""
    sql = "SELECT true FROM relearning WHERE project_id = %(project_id)s FOR KEY SHARE"
    return bool(fetch_value(conn, sql, project_id=project_id))


def learnt(conn: Connection, project_id: ProjectId, found: Learnt, *, at: datetime) -> None:
    """What came of learning again."""
    sql = """
        UPDATE relearning
           SET asked_batch = greatest(asked_batch, %(until)s), trouble = %(trouble)s,
               learnt_at = CASE WHEN %(trouble)s = '' THEN %(at)s ELSE learnt_at END,
               learnt_from = CASE WHEN %(trouble)s = '' THEN %(objects)s ELSE learnt_from END,
               changed = %(changed)s
         WHERE project_id = %(project_id)s
    """
    execute(conn, sql, project_id=project_id, at=at, **vars(found))


def last_request(conn: Connection, project_id: ProjectId) -> dict[str, Any] | None:
    """What the last prediction of a project was asked, where it stands."""
    sql = """
        SELECT record -> 'request' FROM batches
         WHERE project_id = %(project_id)s AND operation = 'predict' AND undone_by IS NULL
           AND record ? 'request'
         ORDER BY batch_id DESC LIMIT 1
    """
    return fetch_value(conn, sql, project_id=project_id)
