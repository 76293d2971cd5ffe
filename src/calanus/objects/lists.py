"""Lists of objects: picked one by one, kept so that a filter may name them by a number."""

import hashlib
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from calanus.kit.db import Connection
from calanus.kit.ids import project_of_object
from calanus.objects import queries
from calanus.objects.types import ObjectNotFound
from calanus.projects.types import Project

MOST_LISTS = 200  # of a project; the oldest go


def keep_list(
    conn: Connection, project: Project, object_ids: NDArray[np.int64], *, at: datetime
) -> int:
    """The number by which the filter `listed` finds these objects, the same for the same ones."""
    ids = np.unique(object_ids)
    digest = hashlib.sha256(ids.astype("<i8").tobytes()).digest()
    list_id = queries.keep_list(conn, project.project_id, ids.tolist(), digest, at=at)
    queries.forget_lists(conn, project.project_id, but=MOST_LISTS)
    return list_id


def keep_named(
    conn: Connection, project: Project, object_ids: list[int], *, at: datetime
) -> tuple[int, int]:
    """The number of a list of objects that somebody names, and how many there are.

    Raises:
        ObjectNotFound: one is of another project.
    """
    for object_id in object_ids:
        if project_of_object(object_id) != project.project_id:
            raise ObjectNotFound(object_id)
    ids = np.unique(np.array(object_ids, np.int64))
    return keep_list(conn, project, ids, at=at), len(ids)
