"""Predictions made again while people sort: never over a decision, and little to remember."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation import queries, service
from calanus.annotation.types import Guesses, Operation
from calanus.kit import copy
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.users.types import User

Seen = tuple[NDArray[np.int64], NDArray[np.int64]]  # (objects, their versions), ids ascending


def open_objects(conn: Connection, project_id: ProjectId) -> Seen:
    """What nobody has decided in a project, as it is now."""
    return queries.open_objects(conn, project_id)


@dataclass(frozen=True)
class Act:
    """One time of learning again: where, in whose name, when, and what reproduces it."""

    project_id: ProjectId
    by: User
    at: datetime
    told: dict[str, Any]


def record(conn: Connection, act: Act, guesses: Sequence[Guesses], seen: Seen) -> int:
    """Make guesses predictions of what is still as it was seen, as one act; how many changed."""
    ids, versions = seen
    for part in guesses:
        place = np.searchsorted(ids, part.object_ids)
        told = [copy.int8(part.object_ids), copy.int8(versions[place])]
        queries.stage_refined(conn, told + service.guess_columns(part))
    under = service.begin(conn, act.project_id, Operation.RELEARN, by=act.by, at=act.at)
    moved = queries.record_refined(conn, act.project_id, under=under) if guesses else []
    changed = service.move_many(conn, act.project_id, moved)
    service.close(conn, under, objects=changed, record=act.told)
    return changed
