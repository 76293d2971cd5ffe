"""A project that learns again while it is sorted: its setting, and what came of the last time."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from calanus.kit.ids import ProjectId, UserId

KIND = "Relearning"
DECISIONS = 20  # objects validated since the last time, before it is worth learning again
QUIET = 3.0  # seconds without a decision: the page is done
LONGEST_WAIT = 30.0  # seconds after which somebody who never pauses is learnt from, too
MOST_OF_A_TAXON = 5000  # objects that teach; more would only take longer


class RelearnOrder(BaseModel):
    """The job of learning again."""

    project_id: int


@dataclass(frozen=True)
class Relearning:
    """What is kept of a project that learns again."""

    project_id: ProjectId
    owner_id: UserId
    asked_batch: int
    learnt_at: datetime | None
    learnt_from: int
    changed: int
    trouble: str
    learning: bool  # a job is at it


@dataclass(frozen=True)
class Due:
    """A project with decisions to learn from, and in whose name."""

    project_id: ProjectId
    owner_id: UserId
    newest: int  # the last of the decisions


@dataclass(frozen=True)
class Learnt:
    """What came of learning again; `until` is the last act that was known."""

    until: int
    objects: int = 0
    changed: int = 0
    trouble: str = ""
