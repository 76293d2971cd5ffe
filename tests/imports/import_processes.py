"""Imports in processes of their own, which tests kill or let wait."""

import os
import signal
from collections.abc import Callable

from calanus.imports import jobs as _  # noqa: F401 (this process knows the kind of job)
from calanus.imports import queries
from calanus.imports.spool import Spool
from calanus.imports.store import Store
from calanus.jobs import service as jobs
from calanus.kit.ids import JobId
from calanus.kit.settings import Settings


def import_here(settings: Settings, url: str, job_id: JobId) -> None:
    """Import; this module knows the kind of job."""
    jobs.run_here(settings, url, job_id)


MOMENTS = {
    "a block was read": (Spool, "append"),
    "images were checked": (Store, "gather"),
    "packs are complete": (Store, "finish"),
    "parents were loaded": (queries, "load_processes"),
    "objects were loaded": (queries, "load_objects"),
    "all was loaded": (queries, "load_images"),
}


def import_until_killed(settings: Settings, url: str, job_id: JobId, moment: str) -> None:
    """Import, and stop for good at a moment before the commit."""
    where, name = MOMENTS[moment]
    act: Callable[..., object] = getattr(where, name)

    def act_and_die(*given_: object) -> None:
        act(*given_)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(where, name, act_and_die)
    jobs.run_here(settings, url, job_id)
