"""Which objects look like one, by the distance between their deep features; always exactly."""

from dataclasses import dataclass

import numpy as np

from calanus.features import service as features
from calanus.features.types import StoredExtractor
from calanus.files.vault import has_images
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.similarity.blocks import Block, Blocks
from calanus.similarity.types import (
    NO_EXTRACTOR,
    NO_FEATURES,
    Distances,
    Neighbours,
    NotComparable,
    ObjectIds,
    SeedWithoutVector,
    Vectors,
)
from calanus.users.types import User

LIKENESS = "ss-I"  # an order of objects, before the id of the one they are compared with


@dataclass(frozen=True)
class Search:
    """The object that others are compared with, which others, and how many are wanted."""

    seed: int
    filters: ProjectFilters
    size: int = 100
    partly: bool = False  # also where features are missing: among those that have them


def nearest(
    blocks: Blocks, conn: Connection, project: Project, search: Search, *, by: User | None
) -> Neighbours:
    """The objects of a filter that are nearest to one, itself among them where it matches.

    How like they are is told from 1 (the same) to 0 (as far as the last one that is listed). Where
    features are missing nothing is compared, and the message says so; unless the search may go
    `partly`, and the object itself has them.

    Raises:
        SeedWithoutVector: the object has none, or is of a project with another model.
    """
    extractor = features.extractor_used(conn, project)
    if extractor is None:
        message = NO_FEATURES if project.extractor or search.partly else NO_EXTRACTOR
        seen = has_images(conn, project.project_id)
        return Neighbours([], [], message, objects_of(conn, project) if seen else 0)
    block = blocks.of(conn, project.project_id, extractor)
    missing = lacking(conn, project, extractor, block)
    if missing and (not search.partly or block.vector(search.seed) is None):
        return Neighbours([], [], NO_FEATURES, missing)
    if not search.size:
        return Neighbours([], [], missing=missing)
    vector = vector_of(blocks, conn, extractor, search.seed, by=by)
    among = None
    if search.filters.given() or by is None:
        among = block.places(objects.matching(conn, project, search.filters, by=by))
    places = block.nearest(vector, search.size, among)
    found = block.object_ids[places].tolist()
    return Neighbours(found, scores(block.distances(vector, places)), missing=missing)


def lacking(conn: Connection, project: Project, extractor: StoredExtractor, block: Block) -> int:
    """How many objects have an image and no vector: none, or about so many."""
    without = objects_of(conn, project) - len(block.object_ids)
    if without == 0 or not features.lacking(conn, project.project_id, extractor):
        return 0
    return max(1, without)


def objects_of(conn: Connection, project: Project) -> int:
    """How many objects a project has."""
    return projects.totals(conn, [project.project_id])[project.project_id].objects


def vector_of(
    blocks: Blocks, conn: Connection, extractor: StoredExtractor, seed: int, *, by: User | None
) -> Vectors:
    """The search vector of an object that somebody may see, whatever its project."""
    project, _ = objects.find(conn, seed, by=by)
    found = blocks.of(conn, project.project_id, extractor).vector(seed)
    if found is None:
        raise SeedWithoutVector(seed)
    return found


def scores(distances: Distances) -> list[float]:
    """How like objects are, of which the last is the farthest."""
    farthest = distances.max(initial=0.0)
    if farthest == 0:
        return [1.0] * len(distances)
    return [round(float(score), 4) for score in 1 - distances / farthest]


def ordered(
    blocks: Blocks,
    conn: Connection,
    project: Project,
    wanted: ProjectFilters,
    order: str,
    *,
    by: User | None,
) -> ObjectIds:
    """The objects of a filter by their distance to one (`ss-I<object>`), or from the farthest.

    Those without features are left out, as in EcoTaxa.

    Raises:
        NotComparable: the project has no features, or the order names no object.
        SeedWithoutVector: the object has none.
    """
    seed = order.removeprefix("-").removeprefix(LIKENESS)
    if not seed.isdecimal():
        raise NotComparable(f"“{order}” names no object: write {LIKENESS} and its id.")
    extractor = features.extractor_used(conn, project)
    if extractor is None:
        raise NotComparable(NO_FEATURES if project.extractor else NO_EXTRACTOR)
    block = blocks.of(conn, project.project_id, extractor)
    vector = vector_of(blocks, conn, extractor, int(seed), by=by)
    places = block.places(objects.matching(conn, project, wanted, by=by))
    near = np.lexsort((block.object_ids[places], block.distances(vector, places)))
    found = block.object_ids[places[near]]
    return found[::-1] if order.startswith("-") else found
