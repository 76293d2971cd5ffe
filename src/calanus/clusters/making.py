"""From a filter to clusters: whose vectors are grouped, and which objects lie near each cluster."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from calanus.clusters import grouping, queries
from calanus.clusters.types import (
    FEWEST,
    MOST,
    Grouped,
    Members,
    NothingToGroup,
    ObjectIds,
    Vectors,
)
from calanus.features import service as features
from calanus.features.extractors import Extractor
from calanus.features.types import StoredExtractor
from calanus.features.whitening import HalfWhitening
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.users.types import User

COMPONENTS = 30
MOST_FITTED = 20_000  # objects that say how the components vary
ROWS = 10_000  # objects whose vectors are read at once
A_TAXON, MOST_VALIDATED = 200, 20_000  # validated objects that say what is near
NEAR = 20  # validated objects of a cluster
# The farthest of these, by the mean square of how far its own objects lie from its midst. What lies
# farther says nothing, least of all where few taxa are known: something is always nearest.
REACH = 2.0


@dataclass(frozen=True)
class Seen:
    """Objects by what tells look-alikes, and how vectors are turned into that."""

    object_ids: ObjectIds
    vectors: Vectors
    turning: HalfWhitening


def candidates(
    conn: Connection, project: Project, wanted: ProjectFilters, *, by: User
) -> ObjectIds:
    """The objects of a filter that are not validated, by id."""
    ours = objects.matching(conn, project, open_ones(wanted), by=by)
    if wanted.given().get("statusfilter"):  # a state of one's own choice is asked for as well
        ours = np.intersect1d(ours, objects.matching(conn, project, wanted, by=by))
    return np.sort(ours)


def open_ones(wanted: ProjectFilters) -> ProjectFilters:
    """A filter without what is validated."""
    return wanted.model_copy(update={"statusfilter": "NV"})


def waiting(conn: Connection, project: Project, wanted: ProjectFilters, *, by: User) -> int:
    """How many objects of a filter are not validated."""
    found = objects.summary(conn, project, wanted, by=by)
    return found.total - found.validated


def validated(conn: Connection, project: Project) -> ObjectIds:
    """Some validated objects of each taxon, by id."""
    found = queries.some_validated(conn, project.project_id, a_taxon=A_TAXON, most=MOST_VALIDATED)
    return np.sort(np.array(found, np.int64))


def check(project: Project, objects: int) -> None:
    """Whether so many objects can be grouped.

    Raises:
        NothingToGroup: they are too few, or too many.
    """
    if objects < FEWEST:
        raise NothingToGroup(
            f"{objects} objects of this filter in “{project.title}” have an image and are not "
            f"validated; clusters need {FEWEST} at least. Name these few one by one."
        )
    if objects > MOST:
        raise NothingToGroup(
            f"{objects:,} objects are more than are grouped at once ({MOST:,}): filter them, by "
            "sample for instance."
        )


def see(conn: Connection, project: Project, extractor: Extractor, ids: ObjectIds) -> Seen:
    """The main components of objects; who has no vector of this network is left out.

    Raises:
        NothingToGroup: too few have one.
    """
    stored = features.known_extractor(conn, extractor, project)
    some = ids[:: max(1, len(ids) // MOST_FITTED)]
    known = features.load(conn, project.project_id, stored, some)
    known = known[np.isfinite(known).all(axis=1)]
    check(project, len(known))
    turning = HalfWhitening(COMPONENTS).fit(known)
    found, vectors = turned(conn, project, stored, ids, turning)
    return Seen(found, vectors, turning)


def turned(
    conn: Connection,
    project: Project,
    stored: StoredExtractor,
    ids: ObjectIds,
    turning: HalfWhitening,
) -> tuple[ObjectIds, Vectors]:
    """The components of the objects that have a vector, read a part at a time."""
    kept: list[ObjectIds] = [np.empty(0, np.int64)]
    parts: list[Vectors] = [np.empty((0, turning.axes.shape[1]), np.float32)]
    for start in range(0, len(ids), ROWS):
        some = ids[start : start + ROWS]
        rows = features.load(conn, project.project_id, stored, some)
        there = np.isfinite(rows).all(axis=1)
        kept.append(some[there])
        parts.append(turning.transform(rows[there]))
    return np.concatenate(kept), np.concatenate(parts)


def grouped(job_id: int, seen: Seen, asked: int, *, smallest: int | None, at: datetime) -> Grouped:
    """The clusters of objects, each from its extremes to its middle."""
    members = grouping.group(seen.vectors, smallest)
    return laid_out(Grouped(job_id, at, asked, 0, *NOTHING), seen, members)


NOTHING = (np.empty(0, np.int64), np.zeros(1, np.int64), np.empty((0, 0), np.int64))


def laid_out(found: Grouped, seen: Seen, members: Members) -> Grouped:
    """The same with its clusters one after the other."""
    rows = rows_of(members)
    ids = [seen.object_ids[some[grouping.interleaved(seen.vectors[some])]] for some in rows]
    starts = np.cumsum([0, *map(len, rows)])
    together = np.concatenate([np.empty(0, np.int64), *ids])
    return replace(found, object_ids=together, starts=starts, alone=found.objects - len(together))


def rows_of(members: Members) -> list[ObjectIds]:
    """The rows of each cluster."""
    order = np.argsort(members, kind="stable")
    clusters = int(members.max(initial=-1)) + 1
    bounds = np.searchsorted(members[order], np.arange(clusters + 1))
    return [order[bounds[n] : bounds[n + 1]] for n in range(clusters)]


def with_neighbours(
    conn: Connection,
    project: Project,
    extractor: Extractor,
    seen: Seen,
    found: Grouped,
    teaching: ObjectIds,
) -> Grouped:
    """The same with the validated objects that lie near each cluster, the nearest first."""
    stored = features.known_extractor(conn, extractor, project)
    known, known_at = turned(conn, project, stored, teaching, seen.turning)
    places = np.searchsorted(seen.object_ids, found.object_ids)
    near = np.zeros((found.clusters, NEAR), np.int64)
    for number in range(found.clusters):
        own = seen.vectors[places[found.starts[number] : found.starts[number + 1]]]
        centre = own.mean(axis=0)
        apart = squares(known_at, centre)
        order = np.argsort(apart, kind="stable")[:NEAR]
        best = order[apart[order] <= REACH * squares(own, centre).mean()]
        near[number, : len(best)] = known[best]
    return replace(found, near=near)


def squares(vectors: Vectors, centre: Vectors) -> Vectors:
    """The squared distances of rows to a point."""
    apart = vectors - centre
    return np.einsum("ij,ij->i", apart, apart)
