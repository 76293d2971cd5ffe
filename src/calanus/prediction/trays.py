"""The tray of a prediction: the objects that look like nothing learnt, side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from calanus.kit.db import Connection
from calanus.kit.ids import BatchId, ProjectId
from calanus.prediction import queries, unlike
from calanus.prediction.held_out import HeldOut
from calanus.prediction.types import KeptTray, LearningSet, PredictionReq, Told
from calanus.prediction.unlike import Unlike


def learn(request: PredictionReq, learnt: LearningSet, told: HeldOut | None) -> Unlike | None:
    """What is strange to the learning set; nothing, where nobody asked or objects are too few."""
    if request.unlike is None or told is None:
        return None
    return unlike.learn(
        learnt.features,
        learnt.taxa,
        learnt.dimensions,
        told,
        rate=request.unlike / 100,
        seed=request.seed,
    )


def keep(
    conn: Connection, project_id: ProjectId, batch_id: BatchId, told: Sequence[Told]
) -> dict[str, Any]:
    """Keep what looks like nothing learnt, look-alikes side by side; how many there are."""
    trays = [part.tray for part in told if len(part.tray.object_ids)]
    if not trays:
        return {"objects": 0}
    order = unlike.tray_order(np.concatenate([tray.vectors for tray in trays]))
    ids = np.concatenate([tray.object_ids for tray in trays])[order]
    strangeness = np.concatenate([tray.strangeness for tray in trays])[order]
    queries.keep_tray(conn, project_id, batch_id, ids, strangeness)
    return {"objects": len(ids)}


def last(conn: Connection, project_id: ProjectId) -> KeptTray | None:
    """The tray of the newest prediction that has one and stands."""
    return queries.last_tray(conn, project_id)


def contents(
    conn: Connection, project_id: ProjectId, kept: KeptTray | None, most: int
) -> list[int]:
    """The first objects of a tray."""
    return queries.tray(conn, project_id, kept.batch_id, most) if kept else []
