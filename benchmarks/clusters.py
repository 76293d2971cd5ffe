"""How pure clusters are, how much they hold, whether suggested names are right: labelled images.

    python benchmarks/clusters.py FOLDER [BAR_PX]

FOLDER has one folder a taxon. Only images that the network was not trained on are grouped; no way
sees a name. An action is what a person does: to name a cluster, or to click an intruder out of it.

For names, some images are validated before the others are grouped: half of them, one in ten, or
half of those of a third of the taxa, which is what a project looks like when it begins.
"""

import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from calanus.bench.learning import deep_features, new_to
from calanus.clusters import grouping
from calanus.clusters.making import COMPONENTS, REACH, squares
from calanus.clusters.service import FEWEST_VOTERS, VOTERS
from calanus.clusters.types import Members, Vectors
from calanus.features.extractors import NetworkExtractor, open_extractor
from calanus.features.folders import read_folder
from calanus.features.types import Features
from calanus.features.whitening import HalfWhitening

cluster: Any = import_module("sklearn.cluster")
Way = Callable[[Vectors], Members]
Vote = tuple[float, bool]
PURE = 0.9
SURE = 0.8  # of the votes: then a key takes the name
SEEDS = range(4)


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


def validated(truth: Members, how: str, seed: int) -> NDArray[np.bool_]:
    """Which images somebody has named before."""
    random = np.random.default_rng(seed)
    drawn = random.random(len(truth))
    if how == "one in ten":
        return drawn < 0.1
    taxa = random.permutation(truth.max() + 1)
    some = taxa[: max(2, len(taxa) // 3)] if how == "half of a third of the taxa" else taxa
    return (drawn < 0.5) & np.isin(truth, some)


def suggested(deep: Features, truth: Members, known: NDArray[np.bool_], reach: float) -> list[Vote]:
    """Of each cluster that gets a name: the share of votes for it, and whether it is right."""
    turning = HalfWhitening(COMPONENTS).fit(deep[~known])
    vectors, known_at = turning.transform(deep[~known]), turning.transform(deep[known])
    members = grouping.group(vectors)
    found: list[Vote] = []
    for number in range(int(members.max()) + 1):
        own = vectors[members == number]
        centre = own.mean(axis=0)
        apart = squares(known_at, centre)
        order = np.argsort(apart, kind="stable")[:VOTERS]
        voters = truth[known][order[apart[order] <= reach * squares(own, centre).mean()]]
        if len(voters) >= FEWEST_VOTERS:
            votes = np.bincount(voters)
            right = votes.argmax() == np.bincount(truth[~known][members == number]).argmax()
            found.append((votes.max() / len(voters), bool(right)))
    return found


def tell_names(deep: Features, truth: Members) -> None:
    """A table of suggested names, over some splits."""
    say = print
    say("| validated | reach | names | right | of ≥ 80 % of the votes | right |")
    say("| --- | --- | --- | --- | --- | --- |")
    for how in ("half", "one in ten", "half of a third of the taxa"):
        for reach in (REACH, np.inf):
            votes = [
                vote
                for seed in SEEDS
                for vote in suggested(deep, truth, validated(truth, how, seed), reach)
            ]
            sure = [right for share, right in votes if share >= SURE]
            all_right = np.mean([right for _, right in votes] or [0])
            say(
                f"| {how} | {reach:g} | {len(votes)} | {100 * all_right:.0f} % | {len(sure)} |"
                f" {100 * np.mean(sure or [0]):.0f} % |"
            )


def main(folder: Path, bar_px: int) -> None:
    """The tables of one folder."""
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
    say()
    tell_names(deep[rows], truth)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
