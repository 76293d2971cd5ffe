"""The SQL of jobs. What a run writes is fenced by its `runner`: who lost the job writes nothing."""

from datetime import datetime
from typing import Any

from psycopg import OperationalError
from psycopg.types.json import Jsonb

from calanus.jobs.types import STARTING, WAITING, Job, JobState, Outcome, Running
from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value, fetch_values
from calanus.kit.ids import JobId, UserId

TASK = "run_job"
QUEUE = "jobs"


def insert(
    conn: Connection,
    kind: str,
    wanted: dict[str, Any],
    *,
    owner_id: int,
    project_id: int | None,
    message: str,
) -> JobId:
    """A pending job."""
    sql = """
        INSERT INTO jobs (kind, wanted, owner_id, project_id, message)
        VALUES (%(kind)s, %(wanted)s, %(owner_id)s, %(project_id)s, %(message)s)
        RETURNING job_id
    """
    values = {"kind": kind, "owner_id": owner_id, "project_id": project_id, "message": message}
    return fetch_value(conn, sql, wanted=Jsonb(wanted), **values)


def defer(conn: Connection, job_ids: list[JobId]) -> None:
    """A ticket in the queue for each job, in the caller's transaction.

    This is the function that procrastinate itself calls to defer; its library would need a
    connection of its own, and a job must be there exactly when its cause is.
    """
    sql = f"""
        SELECT procrastinate_defer_jobs_v1(array_agg(
                   ROW('{QUEUE}', '{TASK}', 0, NULL, NULL,
                       jsonb_build_object('job_id', job_id), NULL
                   )::procrastinate_job_to_defer_v1))
          FROM unnest(%(job_ids)s::bigint[]) AS job_id
    """
    execute(conn, sql, job_ids=job_ids)


COLUMNS = """
    job_id, kind, owner_id, project_id, state, wanted, progress, message, errors, error_count,
    question, reply, kept, result, created_at, updated_at, attempts, archived
"""


def find(conn: Connection, job_id: int) -> Job | None:
    """One job, archived or not."""
    sql = f"SELECT {COLUMNS} FROM jobs WHERE job_id = %(job_id)s"
    return fetch_one(conn, Job, sql, job_id=job_id)


def listed(
    conn: Connection, *, owner_id: UserId | None, kind: str | None, state: JobState | None
) -> list[Job]:
    """Jobs that are not archived, the newest first."""
    sql = f"""
        SELECT {COLUMNS}
          FROM jobs
         WHERE NOT archived
           AND (%(owner_id)s::integer IS NULL OR owner_id = %(owner_id)s)
           AND (%(kind)s::text IS NULL OR kind = %(kind)s)
           AND (%(state)s::text IS NULL OR state = %(state)s)
         ORDER BY job_id DESC
    """
    return fetch_all(conn, Job, sql, owner_id=owner_id, kind=kind, state=state)


def claim(conn: Connection, job_id: int, runner: str) -> bool:
    """Take a pending job, which waits no longer; false when somebody else did, or it is over."""
    sql = """
        UPDATE jobs
           SET state = 'R', runner = %(runner)s, heartbeat_at = now(), updated_at = now(),
               attempts = attempts + 1,
               message = CASE message WHEN %(waiting)s THEN %(starting)s ELSE message END
         WHERE job_id = %(job_id)s AND state = 'P'
    """
    values = {"job_id": job_id, "runner": runner, "waiting": WAITING, "starting": STARTING}
    return execute(conn, sql, **values) == 1


def beat(conn: Connection, job_id: int, runner: str) -> bool:
    """Say that the runner lives; false when the job is no longer its own."""
    sql = """
        UPDATE jobs SET heartbeat_at = now()
         WHERE job_id = %(job_id)s AND runner = %(runner)s AND state = 'R'
    """
    return execute(conn, sql, job_id=job_id, runner=runner) == 1


def answers(conn: Connection) -> bool:
    """Whether a connection still reaches the database."""
    try:
        return fetch_value(conn, "SELECT true")
    except OperationalError:
        return False


def tell(conn: Connection, job_id: int, runner: str, *, progress: int, message: str) -> bool:
    """Where the job is; false when it is no longer the runner's own."""
    sql = """
        UPDATE jobs SET progress = %(progress)s, message = %(message)s, updated_at = now()
         WHERE job_id = %(job_id)s AND runner = %(runner)s AND state = 'R'
    """
    values = {"job_id": job_id, "runner": runner, "progress": progress, "message": message}
    return execute(conn, sql, **values) == 1


def keep(conn: Connection, job_id: int, runner: str, kept: dict[str, Any]) -> bool:
    """What the steps done so far remember, in the transaction of their work."""
    sql = """
        UPDATE jobs SET kept = %(kept)s, updated_at = now()
         WHERE job_id = %(job_id)s AND runner = %(runner)s AND state = 'R'
    """
    return execute(conn, sql, job_id=job_id, runner=runner, kept=Jsonb(kept)) == 1


def settle(conn: Connection, job_id: int, runner: str, outcome: Outcome, errors: int) -> bool:
    """How a run ended; the reply to an earlier question goes when another is asked."""
    sql = """
        UPDATE jobs
           SET state = %(state)s, message = %(message)s,
               progress = coalesce(%(progress)s, progress),
               errors = %(errors)s, error_count = %(error_count)s, result = %(result)s,
               question = coalesce(%(question)s, question),
               reply = CASE WHEN %(question)s::jsonb IS NULL THEN reply END,
               runner = NULL, heartbeat_at = NULL, updated_at = now()
         WHERE job_id = %(job_id)s AND runner = %(runner)s AND state = 'R'
    """
    values = {
        "state": outcome.state,
        "message": outcome.message,
        "progress": outcome.progress,
        "errors": Jsonb(outcome.errors),
        "error_count": errors,
        "result": None if outcome.result is None else Jsonb(outcome.result),
        "question": None if outcome.question is None else Jsonb(outcome.question),
    }
    return execute(conn, sql, job_id=job_id, runner=runner, **values) == 1


def give_back(conn: Connection, job_id: int, runner: str, message: str, tried: int) -> bool:
    """Pending again; a stop that was asked for takes its attempt back, a crash does not."""
    sql = """
        UPDATE jobs
           SET state = 'P', message = %(message)s, attempts = attempts + %(tried)s,
               runner = NULL, heartbeat_at = NULL, updated_at = now()
         WHERE job_id = %(job_id)s AND runner = %(runner)s AND state = 'R'
    """
    values = {"job_id": job_id, "runner": runner, "message": message, "tried": tried}
    return execute(conn, sql, **values) == 1


def answer(conn: Connection, job_id: int, reply: dict[str, Any], message: str) -> bool:
    """Store a reply, and remember it beside its question for when the job starts again."""
    sql = """
        UPDATE jobs
           SET state = 'P', reply = %(reply)s, message = %(message)s, attempts = 0,
               kept = jsonb_set(kept, '{answers}', coalesce(kept -> 'answers', '[]')
                   || jsonb_build_array(
                          jsonb_build_object('question', question, 'reply', %(reply)s::jsonb))),
               updated_at = now()
         WHERE job_id = %(job_id)s AND state = 'A'
    """
    return execute(conn, sql, job_id=job_id, reply=Jsonb(reply), message=message) == 1


def restart(conn: Connection, job_id: int, message: str) -> bool:
    """A failed job becomes pending again; what it kept stays."""
    sql = """
        UPDATE jobs
           SET state = 'P', message = %(message)s, errors = '[]', error_count = 0, attempts = 0,
               cancelled = false, updated_at = now()
         WHERE job_id = %(job_id)s AND state = 'E' AND NOT archived
    """
    return execute(conn, sql, job_id=job_id, message=message) == 1


def cancel(conn: Connection, job_id: int, message: str) -> bool:
    """Stop a job that has not ended; its runner sees that the job is no longer its own."""
    sql = """
        UPDATE jobs
           SET state = 'E', message = %(message)s, cancelled = true, runner = NULL,
               heartbeat_at = NULL, updated_at = now()
         WHERE job_id = %(job_id)s AND state IN ('P', 'R', 'A')
    """
    return execute(conn, sql, job_id=job_id, message=message) == 1


def archive(conn: Connection, job_id: int) -> bool:
    """Put an ended job away."""
    sql = """
        UPDATE jobs SET archived = true, updated_at = now()
         WHERE job_id = %(job_id)s AND state IN ('E', 'F') AND NOT archived
    """
    return execute(conn, sql, job_id=job_id) == 1


def untouched(
    conn: Connection, kinds: list[str], *, finished: datetime, others: datetime
) -> list[Job]:
    """Jobs of some kinds to which nothing happened since one moment, or another if finished."""
    sql = f"""
        SELECT {COLUMNS}
          FROM jobs
         WHERE NOT archived AND kind = ANY(%(kinds)s)
           AND updated_at < CASE state WHEN 'F' THEN %(finished)s::timestamptz
                                       ELSE %(others)s::timestamptz END
         ORDER BY job_id
    """
    return fetch_all(conn, Job, sql, kinds=kinds, finished=finished, others=others)


def put_away_former(conn: Connection, kind: str, project_id: int, job_id: int) -> None:
    """Put the ended jobs of a kind away that a project had before one of them."""
    sql = """
        UPDATE jobs SET archived = true, updated_at = now()
         WHERE project_id = %(project_id)s AND kind = %(kind)s AND job_id < %(job_id)s
           AND state IN ('E', 'F') AND NOT archived
    """
    execute(conn, sql, kind=kind, project_id=project_id, job_id=job_id)


def running(conn: Connection) -> list[Running]:
    """Jobs that say to be running."""
    sql = """
        SELECT job_id, runner,
               extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS silent
          FROM jobs
         WHERE state = 'R'
         ORDER BY job_id
    """
    return fetch_all(conn, Running, sql)


def drop_dead_tickets(conn: Connection, silent: float) -> int:
    """Forget tickets taken by a worker that died, whoever's job they were."""
    sql = f"""
        DELETE FROM procrastinate_jobs
         WHERE task_name = '{TASK}' AND status = 'doing'
           AND NOT EXISTS (
                   SELECT FROM procrastinate_workers w
                    WHERE w.id = worker_id
                      AND w.last_heartbeat > now() - make_interval(secs => %(silent)s))
    """
    return execute(conn, sql, silent=silent)


def without_ticket(conn: Connection) -> list[JobId]:
    """Pending jobs that no ticket will bring to a worker."""
    sql = f"""
        SELECT job_id
          FROM jobs
         WHERE state = 'P'
           AND NOT EXISTS (
                   SELECT FROM procrastinate_jobs
                    WHERE task_name = '{TASK}' AND status IN ('todo', 'doing')
                      AND (args ->> 'job_id')::bigint = job_id)
         ORDER BY job_id
    """
    return fetch_values(conn, sql)


def of_project(conn: Connection, project_id: int) -> list[Job]:
    """The jobs of a project that are alive or ended within the hour, the oldest first."""
    sql = f"""
        SELECT {COLUMNS}
          FROM jobs
         WHERE project_id = %(project_id)s AND NOT archived
           AND (state IN ('P', 'R', 'A') OR updated_at > now() - interval '1 hour')
         ORDER BY job_id
    """
    return fetch_all(conn, Job, sql, project_id=project_id)


def newest_finished(conn: Connection, kind: str, project_id: int) -> Job | None:
    """The last job of a kind that came to its end in a project, unless it was put away."""
    sql = f"""
        SELECT {COLUMNS} FROM jobs
         WHERE project_id = %(project_id)s AND kind = %(kind)s AND state = 'F' AND NOT archived
         ORDER BY job_id DESC LIMIT 1
    """
    return fetch_one(conn, Job, sql, kind=kind, project_id=project_id)


def latest_results(
    conn: Connection, kinds: list[str], having: str, most: int
) -> list[dict[str, Any]]:
    """The results of the latest jobs of some kinds that have an entry, the newest first."""
    sql = """
        SELECT result FROM jobs
         WHERE kind = ANY(%(kinds)s) AND state = 'F' AND result ? %(having)s
         ORDER BY job_id DESC LIMIT %(most)s
    """
    return fetch_values(conn, sql, kinds=kinds, having=having, most=most)


def workers_alive(conn: Connection, silent: float) -> int:
    """Workers that said so of late."""
    sql = """
        SELECT count(*) FROM procrastinate_workers
         WHERE last_heartbeat > now() - make_interval(secs => %(silent)s)
    """
    return int(fetch_value(conn, sql, silent=silent))
