"""Predictions made again while people sort: never over a decision, and little to remember."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation import queries, service
from calanus.annotation.guessing import KEPT
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
    for part in guesses:
        queries.stage_refined(conn, staged(part, seen))
    under = service.begin(conn, act.project_id, Operation.RELEARN, by=act.by, at=act.at)
    moved = queries.record_refined(conn, act.project_id, under=under) if guesses else []
    changed = service.move_many(conn, act.project_id, moved)
    service.close(conn, under, objects=changed, record=act.told)
    return changed


def staged(guesses: Guesses, seen: Seen) -> list[copy.Column]:
    """The columns of guesses, each with the version of its object when it was seen."""
    ids, versions = seen
    shape = (len(guesses.object_ids), KEPT)
    taxa, scores = np.zeros(shape, np.int32), np.zeros(shape)
    best = min(KEPT, guesses.taxa.shape[1])
    taxa[:, :best], scores[:, :best] = guesses.taxa[:, :best], guesses.scores[:, :best]
    missing = taxa <= 0
    columns = [copy.int8(guesses.object_ids)]
    columns.append(copy.int8(versions[np.searchsorted(ids, guesses.object_ids)]))
    columns += [copy.int4(taxa[:, n], missing[:, n]) for n in range(KEPT)]
    columns += [copy.float8(scores[:, n], missing[:, n]) for n in range(KEPT)]
    return columns
