"""One job in a process of its own, started by a worker: `python -m calanus.jobs.child`.

What to do comes as one line of JSON on the standard input, so that no password shows among the
arguments. Little is imported here: processes of a job's pool import this module again.
"""

import json
import signal
import sys
from importlib import import_module
from typing import Any, NoReturn

SETTLED = 0
CRASHED = 1
LOST = 75  # "try again later", of sysexits.h


def main() -> int:
    """Do the job; the exit status tells the worker whether it was settled."""
    from calanus.kit.processes import die_with_parent

    spoken = json.loads(sys.stdin.buffer.readline())
    die_with_parent(spoken["parent"])
    signal.signal(signal.SIGTERM, stop)
    return do(spoken)


def do(spoken: dict[str, Any]) -> int:
    """Find the job that the worker claimed, and perform it."""
    from psycopg import OperationalError

    from calanus.jobs import queries
    from calanus.jobs.perform import Collided, Lost, perform
    from calanus.jobs.run import Run
    from calanus.jobs.types import Cancelled
    from calanus.kit.db import connect
    from calanus.kit.settings import Settings

    settings = Settings.model_validate_json(spoken["settings"])
    try:
        with connect(spoken["database_url"]) as conn:
            job = queries.find(conn, int(spoken["job_id"]))
        assert job
        if job.kind in spoken["modules"]:
            import_module(spoken["modules"][job.kind])
        with Run(job, spoken["runner"], settings, spoken["database_url"]) as run:
            perform(run, job)
    except Cancelled:
        return SETTLED
    except Collided:
        return CRASHED
    except (Lost, OperationalError):
        return LOST
    return SETTLED


def stop(*_: object) -> NoReturn:
    """The worker wants us to end: undo what is not kept, tidy up, go."""
    from calanus.jobs.types import Cancelled

    raise Cancelled


if __name__ == "__main__":
    sys.exit(main())
