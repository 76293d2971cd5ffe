"""Objects that look alike, put together by their deep features; the same ones, always.

Ward's tree is cut so that clusters have some objects each on average. Density (HDBSCAN) leaves
most objects alone in so many dimensions, and k-means makes clusters of two taxa more often.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.clusters.types import Members, ObjectIds, Vectors

ALONE = -1
LEAST = 3  # objects of the smallest cluster, where objects are few
KEPT = 0.8  # of all: those nearest to the midst of their cluster; the others belong nowhere
LARGEST_TREE = 5_000  # leaves: 100 MB of distances, and two seconds
BATCH, ROUNDS = 10_000, 10  # of what makes leaves


def usual(objects: int) -> int:
    """The smallest cluster of so many objects, where nobody says: more of them, larger ones.

    800 objects come in clusters of ten, 100,000 in some of fifty, and so in fewer than somebody
    would tire of.
    """
    return max(LEAST, round(objects ** (1 / 3) / 2))


def group(vectors: Vectors, smallest: int | None = None, seed: int = 0) -> Members:
    """The cluster of each row of (objects, components), the largest first, or that it is alone."""
    smallest = smallest or usual(len(vectors))
    clusters = max(2, len(vectors) // (2 * smallest))
    leaves, of = leaves_of(vectors, seed)
    if len(leaves) <= clusters:
        return renumbered(trimmed(vectors, of), smallest)
    cluster: Any = import_module("sklearn.cluster")  # late: it costs half a second
    tree = cluster.AgglomerativeClustering(clusters, linkage="ward")
    members = np.asarray(tree.fit_predict(leaves), np.int64)[of]
    return renumbered(trimmed(vectors, members), smallest)


def leaves_of(vectors: Vectors, seed: int) -> tuple[Vectors, Members]:
    """What the tree is built of, and the leaf of each row: rows, or the midst of a few alike."""
    if len(vectors) <= LARGEST_TREE:
        return vectors, np.arange(len(vectors))
    cluster: Any = import_module("sklearn.cluster")
    found = cluster.MiniBatchKMeans(
        LARGEST_TREE,
        init="random",  # k-means++ would take longer than all the rest
        n_init=1,
        batch_size=BATCH,
        max_iter=ROUNDS,
        reassignment_ratio=0,
        random_state=seed,
    )
    of = np.asarray(found.fit_predict(vectors), np.int64)
    used, of = np.unique(of, return_inverse=True)
    return midst(vectors, of, len(used)), of


def midst(vectors: Vectors, members: Members, clusters: int) -> Vectors:
    """The mean of each cluster; all rows are in one."""
    order = np.argsort(members, kind="stable")
    starts = np.searchsorted(members[order], np.arange(clusters))
    sums = np.add.reduceat(vectors[order], starts, axis=0)
    return (sums / np.bincount(members, minlength=clusters)[:, None]).astype(np.float32)


def trimmed(vectors: Vectors, members: Members) -> Members:
    """The same without the rows that lie farthest from the midst of their cluster."""
    apart = vectors - midst(vectors, members, int(members.max()) + 1)[members]
    far: NDArray[np.float32] = np.einsum("ij,ij->i", apart, apart)
    return np.where(far > np.quantile(far, KEPT), ALONE, members)


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
