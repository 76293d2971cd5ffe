"""How pure clusters are, and how much they hold, by ways of making them, on labelled images.

    python benchmarks/clusters.py FOLDER [BAR_PX]

FOLDER has one folder a taxon. Only images that the network was not trained on are grouped; no way
sees a name. An action is what a person does: to name a cluster, or to click an intruder out of it.
"""

import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np

from calanus.bench.learning import deep_features, new_to
from calanus.clusters import grouping
from calanus.clusters.making import COMPONENTS
from calanus.clusters.types import Members, Vectors
from calanus.features.extractors import NetworkExtractor, open_extractor
from calanus.features.folders import read_folder
from calanus.features.whitening import HalfWhitening

cluster: Any = import_module("sklearn.cluster")
Way = Callable[[Vectors], Members]
PURE = 0.9


def hdbscan(smallest: int, how: str) -> Way:
    """By density."""

    def way(vectors: Vectors) -> Members:
        found = cluster.HDBSCAN(
            smallest, min_samples=1, cluster_selection_method=how, copy=True, n_jobs=2
        )
        return np.asarray(found.fit_predict(vectors), np.int64)

    return way


def kmeans(each: int) -> Way:
    """By means of so many objects."""

    def way(vectors: Vectors) -> Members:
        found = cluster.KMeans(max(2, len(vectors) // each), n_init=1, random_state=0)
        return np.asarray(found.fit_predict(vectors), np.int64)

    return way


def even(each: int) -> Way:
    """By means that each take as many objects: the surest object and mean first."""

    def way(vectors: Vectors) -> Members:
        many = max(2, len(vectors) // each)
        found = cluster.KMeans(many, n_init=1, random_state=0).fit(vectors)
        apart = np.asarray(found.transform(vectors))
        most, members = -(-len(vectors) // many), np.full(len(vectors), -1)
        room = np.full(many, most)
        for place in np.argsort(apart, axis=None, kind="stable"):
            row, to = divmod(int(place), many)
            if members[row] < 0 and room[to]:
                members[row], room[to] = to, room[to] - 1
        return members

    return way


def tree(each: int, linkage: str) -> Way:
    """By a tree that is cut."""

    def way(vectors: Vectors) -> Members:
        found = cluster.AgglomerativeClustering(max(2, len(vectors) // each), linkage=linkage)
        return np.asarray(found.fit_predict(vectors), np.int64)

    return way


def ours(smallest: int | None = None) -> Way:
    """As the room makes them."""
    return lambda vectors: grouping.group(vectors, smallest)


WAYS: Mapping[str, Way] = {
    "HDBSCAN, leaf, 3": hdbscan(3, "leaf"),
    "HDBSCAN, leaf, 5": hdbscan(5, "leaf"),
    "HDBSCAN, leaf, 10": hdbscan(10, "leaf"),
    "HDBSCAN, eom, 5": hdbscan(5, "eom"),
    "k-means, 10 each": kmeans(10),
    "k-means, 10 each, even": even(10),
    "average, 10 each": tree(10, "average"),
    "Ward, 10 each": tree(10, "ward"),
    "Ward, 20 each": tree(20, "ward"),
    "ours, smallest 3": ours(3),
    "ours, smallest 10": ours(10),
    "ours": ours(),
}


def judged(members: Members, truth: Members) -> tuple[float, ...]:
    """Share of objects in clusters, purity, objects a cluster, share in pure ones, actions."""
    counts = [np.bincount(truth[members == n]) for n in np.unique(members[members >= 0])]
    inside = sum(int(count.sum()) for count in counts)
    right = sum(int(count.max()) for count in counts)
    pure = sum(int(c.sum()) for c in counts if c.max() >= PURE * c.sum())
    actions = len(counts) + inside - right
    size = inside / max(len(counts), 1)
    share, purity, in_pure = inside / len(truth), right / max(inside, 1), pure / len(truth)
    return 100 * share, 100 * purity, size, 100 * in_pure, 1000 * actions / max(right, 1)


def main(folder: Path, bar_px: int) -> None:
    """A table of one folder."""
    extractor = cast(NetworkExtractor, open_extractor())
    images = read_folder(folder)
    fresh = new_to(extractor, images)
    deep = deep_features(extractor, images, bar_px)
    rows = np.flatnonzero(np.isfinite(deep).all(axis=1) & fresh)
    _, truth = np.unique(np.array(images.taxa)[rows], return_inverse=True)
    say = print
    say(f"{folder.name}: {len(rows)} images of {len(np.unique(truth))} taxa, {extractor.name}")
    say("| | in clusters | purity | objects each | in clusters ≥ 90 % pure | actions | seconds |")
    say("| --- | --- | --- | --- | --- | --- | --- |")
    vectors = HalfWhitening(COMPONENTS).fit(deep[rows]).transform(deep[rows])
    for name, way in WAYS.items():
        began = time.process_time()
        share, purity, size, pure, actions = judged(way(vectors), truth)
        seconds = time.process_time() - began
        say(
            f"| {name} | {share:.0f} % | {purity:.1f} % | {size:.1f} | {pure:.0f} % |"
            f" {actions:.0f} | {seconds:.2f} |"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
