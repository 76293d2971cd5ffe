"""Imports in processes of their own, which tests kill or let wait."""

import os
import signal

from calanus.imports.jobs import import_package
from calanus.jobs import service as jobs
from calanus.kit.ids import JobId
from calanus.kit.settings import Settings


def import_here(settings: Settings, url: str, job_id: JobId) -> None:
    """Import; this module knows the kind of job."""
    jobs.run_here(settings, url, job_id)


def import_until_killed(settings: Settings, url: str, job_id: JobId) -> None:
    """Import, and stop for good once the packs are written and nothing is committed."""
    load = import_package.function.__globals__["load"]

    def load_and_die(*given_: object) -> None:
        load(*given_)
        os.kill(os.getpid(), signal.SIGKILL)

    import_package.function.__globals__["load"] = load_and_die
    jobs.run_here(settings, url, job_id)
