"""Calanus from Python: the loop of a project, and its objects as frames.

It knows the server by its HTTP interface only, and imports nothing of it.
"""

from calanus.client.batches import Batch
from calanus.client.calanus import Calanus
from calanus.client.errors import (
    CalanusError,
    Conflict,
    ConnectionLost,
    Forbidden,
    Invalid,
    JobAsks,
    JobFailed,
    NeedsPackage,
    NoConnection,
    NotCalanus,
    NotFound,
    NotSignedIn,
    ServerFailed,
    TimedOut,
    TooLarge,
    TooMany,
    Unknown,
)
from calanus.client.jobs import Job
from calanus.client.objects import Objects
from calanus.client.project import Project
from calanus.client.taxa import Taxa
from calanus.client.types import Filters, Question, Taxon

__all__ = [
    "Batch",
    "Calanus",
    "CalanusError",
    "Conflict",
    "ConnectionLost",
    "Filters",
    "Forbidden",
    "Invalid",
    "Job",
    "JobAsks",
    "JobFailed",
    "NeedsPackage",
    "NoConnection",
    "NotCalanus",
    "NotFound",
    "NotSignedIn",
    "Objects",
    "Project",
    "Question",
    "ServerFailed",
    "Taxa",
    "Taxon",
    "TimedOut",
    "TooLarge",
    "TooMany",
    "Unknown",
]
