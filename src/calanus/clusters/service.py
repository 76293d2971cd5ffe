"""Clusters as people use them: what is left of each, and what it may be called."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calanus.clusters import queries
from calanus.clusters.types import (
    KIND,
    Cluster,
    ClusterMissing,
    Grouped,
    Known,
    ObjectIds,
    RunReplaced,
)
from calanus.jobs import service as jobs
from calanus.jobs.recovery import folder_of
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy

FILE = "clusters.npz"  # in the folder of the job
SHOWN = 24  # objects of a cluster in a list of them
VOTERS = 15  # validated objects that say what a cluster is
FEWEST_VOTERS = 3  # fewer say nothing


@dataclass(frozen=True)
class Present:
    """Objects as they are now, by id."""

    object_ids: ObjectIds
    taxa: NDArray[np.int64]  # 0 where there is none
    validated: NDArray[np.bool_]

    def places(self, object_ids: ObjectIds) -> ObjectIds:
        """Where those stand that are still there, in the order given."""
        if not len(self.object_ids):
            return np.empty(0, np.int64)
        found = np.searchsorted(self.object_ids, object_ids)
        found = np.minimum(found, len(self.object_ids) - 1)
        return found[self.object_ids[found] == object_ids]


def keep(folder: Path, found: Grouped) -> None:
    """Write the clusters of a run into the folder of its job."""
    with (folder / FILE).open("wb") as file:
        np.savez_compressed(
            file,
            objects=np.array([found.objects, found.alone]),
            object_ids=found.object_ids,
            starts=found.starts,
            near=found.near,
            made_at=np.array(found.made_at.isoformat()),
        )


def newest(conn: Connection, settings: Settings, project: Project) -> Grouped | None:
    """The clusters of the newest run that came to its end and was not put away."""
    job = jobs.newest_finished(conn, KIND, project.project_id)
    if job is None:
        return None
    path = folder_of(settings, job.job_id) / FILE
    if not path.is_file():
        return None
    with np.load(path) as kept:
        objects, alone = kept["objects"].tolist()
        made_at = datetime.fromisoformat(str(kept["made_at"]))
        return Grouped(
            job.job_id, made_at, objects, alone, kept["object_ids"], kept["starts"], kept["near"]
        )


def require(conn: Connection, settings: Settings, project: Project, job_id: int) -> Grouped:
    """The clusters of a run that is the newest.

    Raises:
        RunReplaced: it is not.
    """
    found = newest(conn, settings, project)
    if found is None or found.job_id != job_id:
        raise RunReplaced(job_id)
    return found


def left(conn: Connection, project: Project, found: Grouped, cluster_id: int) -> list[Known]:
    """The objects of a cluster that are there and not validated, both extremes first.

    Raises:
        ClusterMissing: the run found fewer.
    """
    if cluster_id >= found.clusters:
        raise ClusterMissing(cluster_id, found.clusters)
    ids = found.of(cluster_id)
    now = {each.object_id: each for each in queries.known(conn, project.project_id, ids)}
    there = [now[object_id] for object_id in ids.tolist() if object_id in now]
    return [each for each in there if each.state != "V"]


def told(conn: Connection, project: Project, found: Grouped) -> list[Cluster]:
    """All clusters as they are now, those with most left first."""
    now = present(conn, project, np.union1d(found.object_ids, found.near))
    clusters = [cluster(found, number, now) for number in range(found.clusters)]
    named = {each.taxon for each in clusters if each.taxon}
    taxa = taxonomy.find_many(conn, named)
    names: dict[int, str] = {taxon.taxon_id: taxon.display_name for taxon in taxa}
    ordered = sorted(clusters, key=lambda each: (-each.left, each.cluster_id))
    return [replace(each, taxon_name=names.get(each.taxon or 0, "")) for each in ordered]


def present(conn: Connection, project: Project, object_ids: ObjectIds) -> Present:
    """Objects as they are now."""
    found = queries.known(conn, project.project_id, object_ids)
    return Present(
        np.array([each.object_id for each in found], np.int64),
        np.array([each.taxon_id for each in found], np.int64),
        np.array([each.state == "V" for each in found], np.bool_),
    )


def cluster(found: Grouped, number: int, now: Present) -> Cluster:
    """One cluster as it is now, with what it may be called."""
    ids = found.of(number)
    own = now.places(ids)
    waiting = own[~now.validated[own]]
    shown = now.object_ids[waiting[:SHOWN]].tolist()
    told = Cluster(number, len(ids), len(waiting), shown)
    if not len(waiting):
        return told
    taxon, share = suggested(now, own, waiting, now.places(found.near[number]))
    return replace(told, taxon=taxon, share=share)


def suggested(
    now: Present, own: ObjectIds, waiting: ObjectIds, near: ObjectIds
) -> tuple[int | None, float | None]:
    """What validated objects say: its own, then those near; else what most is predicted as."""
    places = np.concatenate([own, near])
    voters = places[now.validated[places]][:VOTERS]
    if len(voters) >= FEWEST_VOTERS:
        return commonest(now.taxa[voters], len(voters))
    predicted = now.taxa[waiting]
    return commonest(predicted[predicted != 0], len(waiting))


def commonest(taxa: NDArray[np.int64], of: int) -> tuple[int | None, float | None]:
    """The taxon named most often, the first of those named alike, and its share of so many."""
    if not len(taxa):
        return None, None
    known, first, votes = np.unique(taxa, return_index=True, return_counts=True)
    best = np.lexsort((first, -votes))[0]
    return int(known[best]), round(float(votes[best]) / of, 3)
