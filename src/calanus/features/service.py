"""Deep features of objects: computed once, kept in the database, read back as one matrix."""

from collections.abc import Callable, Iterator

import numpy as np

from calanus.features import queries
from calanus.features.extractors import Extractor, extract
from calanus.features.types import Computed, Features, ObjectIds, StoredExtractor
from calanus.files.vault import Vault, read_images
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.projects.types import ProjectRow

OBJECTS_A_STEP = 1000


def known_extractor(conn: Connection, extractor: Extractor, project: ProjectRow) -> StoredExtractor:
    """The id under which an extractor's vectors of a project are kept.

    The pixels cut off are a part of it: a project whose scale bar changes has its vectors anew.
    """
    bar = f"+bar{project.bar_px}" if project.bar_px else ""
    passport = extractor.passport + bar
    found = queries.find_extractor(conn, extractor.name, passport)
    if found is None:
        queries.add_extractor(conn, extractor.name, passport, extractor.dimensions)
        found = queries.find_extractor(conn, extractor.name, passport)
    assert found
    return found


def compute(
    conn: Connection,
    vault: Vault,
    project: ProjectRow,
    extractor: Extractor,
    object_ids: ObjectIds,
    *,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Computed:
    """Compute and keep the vectors that are missing of these objects.

    `step(done, total)` is called after each thousand: a job keeps its work there, so that a
    stopped one goes on where it was. Objects without a readable image are listed.
    """
    stored = known_extractor(conn, extractor, project)
    queries.forget_others(conn, project.project_id, stored.extractor_id, extractor.name)
    wanted = queries.missing(conn, project.project_id, stored.extractor_id, object_ids)
    without: list[int] = []
    for start in range(0, len(wanted), OBJECTS_A_STEP):
        step(start, len(wanted))
        some = wanted[start : start + OBJECTS_A_STEP]
        ids, vectors = vectors_of(conn, vault, project, extractor, some)
        queries.store(conn, project.project_id, stored.extractor_id, ids, vectors)
        without += np.setdiff1d(some, ids).tolist()
    step(len(wanted), len(wanted))
    return Computed(len(wanted) - len(without), len(object_ids) - len(wanted), without)


def vectors_of(
    conn: Connection, vault: Vault, project: ProjectRow, extractor: Extractor, some: ObjectIds
) -> tuple[ObjectIds, Features]:
    """The vectors of the objects that have a readable image, and whose they are."""

    def compute_few(images: list[bytes]) -> Features:
        return extractor.vectors(images, bar_px=project.bar_px)

    images: Iterator[tuple[int, bytes]] = read_images(
        conn, vault, project.project_id, some.tolist()
    )
    ids: list[int] = []
    found = [np.empty((0, extractor.dimensions), np.float32)]
    for names, rows in extract(compute_few, images):
        ids += names
        found.append(rows)
    vectors = np.concatenate(found)
    readable = np.isfinite(vectors).all(axis=1)
    return np.array(ids, np.int64)[readable], vectors[readable]


def load(
    conn: Connection, project_id: ProjectId, extractor: StoredExtractor, object_ids: ObjectIds
) -> Features:
    """The vectors of objects, in their order; a row of NaN where there is none."""
    found, vectors = queries.load(conn, project_id, extractor, object_ids)
    rows = np.full((len(object_ids), extractor.dimensions), np.nan, np.float32)
    if len(found):
        order = np.argsort(found)
        places = np.minimum(np.searchsorted(found[order], object_ids), len(found) - 1)
        there = found[order][places] == object_ids
        rows[there] = vectors[order][places[there]]
    return rows
