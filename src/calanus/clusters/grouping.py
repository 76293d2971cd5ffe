"""Objects that look alike, put together by their deep features; the same ones, always."""

from importlib import import_module
from typing import Any

import numpy as np

from calanus.clusters.types import Members, ObjectIds, Vectors

ALONE = -1
SIZE = 40  # objects of a cluster, on average


def group(vectors: Vectors, smallest: int | None, seed: int = 0) -> Members:
    """The cluster of each row of (objects, components), or that it is alone."""
    cluster: Any = import_module("sklearn.cluster")  # late: it costs half a second
    centres = max(2, len(vectors) // SIZE)
    found = cluster.MiniBatchKMeans(centres, random_state=seed, n_init=1, batch_size=4096)
    members = np.asarray(found.fit_predict(vectors), np.int64)
    return renumbered(members, smallest or 2)


def renumbered(members: Members, smallest: int) -> Members:
    """Clusters by their size, the largest first; those too small are none."""
    known, sizes = np.unique(members[members != ALONE], return_counts=True)
    kept = sizes >= smallest
    order = np.lexsort((known[kept], -sizes[kept]))
    numbers = np.full(int(known.max(initial=-1)) + 2, ALONE, np.int64)
    numbers[known[kept][order]] = np.arange(len(order))
    return numbers[members]  # the last entry is that of who is alone


def interleaved(vectors: Vectors) -> ObjectIds:
    """An order of rows: from both ends of what varies most, in turn, towards the middle."""
    if len(vectors) < 3:
        return np.arange(len(vectors))
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred).eigenvectors[:, -1]
    axis *= np.sign(axis[np.argmax(np.abs(axis))])  # an axis has no sign of its own
    ranked = np.argsort(centred @ axis, kind="stable")
    found = np.empty(len(ranked), np.int64)
    half = (len(ranked) + 1) // 2
    found[::2], found[1::2] = ranked[:half], ranked[half:][::-1]
    return found
