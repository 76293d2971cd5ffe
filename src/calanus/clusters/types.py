"""What a cluster is: a view of look-alikes, and never a place objects live."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from calanus.kit.errors import CalanusError, Conflict, NotFound
from calanus.objects.filters import ProjectFilters

KIND = "Clusters"
FEWEST = 10  # objects, below which nobody needs clusters
MOST = 500_000  # objects that are grouped at once

ObjectIds: TypeAlias = NDArray[np.int64]  # (objects,)
Vectors: TypeAlias = NDArray[np.float32]  # (objects, components)
Members: TypeAlias = NDArray[np.int64]  # (objects,): the cluster of each, -1 where it is alone


class ClustersReq(BaseModel):
    """What is grouped: the objects of a filter that nobody has validated."""

    filters: ProjectFilters = ProjectFilters()
    smallest: int | None = Field(
        default=None, ge=2, le=1000, description="Objects of the smallest cluster."
    )


class ClustersOrder(ClustersReq):
    """The same, of a project."""

    project_id: int


class Known(NamedTuple):
    """An object as it is now."""

    object_id: int
    taxon_id: int  # 0 where there is none
    state: str  # empty where there is none
    version: int


@dataclass(frozen=True)
class Cluster:
    """What is left of a cluster, and what it may be called."""

    cluster_id: int
    objects: int
    left: int
    shown: list[int]
    taxon: int | None = None
    taxon_name: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Grouped:
    """What a run found: clusters one after the other, both extremes of each first."""

    job_id: int
    made_at: datetime
    objects: int
    alone: int
    object_ids: ObjectIds
    starts: ObjectIds  # (clusters + 1,): where each begins, and where the last one ends
    near: ObjectIds  # (clusters, some): validated ones, the nearest first; 0 where there is none

    @property
    def clusters(self) -> int:
        """How many there are."""
        return len(self.starts) - 1

    def of(self, cluster_id: int) -> ObjectIds:
        """The objects of a cluster."""
        return self.object_ids[self.starts[cluster_id] : self.starts[cluster_id + 1]]


class NothingToGroup(CalanusError):
    """The objects of a filter cannot be grouped; the sentence says why."""


class RunReplaced(Conflict):
    def __init__(self, job_id: int) -> None:
        super().__init__(
            f"The clusters of job {job_id} are no longer the newest of this project: read its "
            "clusters again."
        )


class ClusterMissing(NotFound):
    def __init__(self, cluster_id: int, clusters: int) -> None:
        super().__init__(
            f"There is no cluster {cluster_id}: the newest run found {clusters}. Read the clusters "
            "again."
        )
