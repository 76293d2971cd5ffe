"""Deep features of objects: computed once, kept in the database, read back as one matrix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calanus.features import queries
from calanus.features.extractors import DEFAULT, Extractor
from calanus.features.spreading import HERE, Over, vectors
from calanus.features.types import Computed, Features, ObjectIds, StoredExtractor
from calanus.files.vault import Vault, read_images
from calanus.kit.db import Connection
from calanus.kit.ids import ExtractorId, ProjectId
from calanus.projects.types import ProjectRow


def known_extractor(conn: Connection, extractor: Extractor, project: ProjectRow) -> StoredExtractor:
    """The id under which an extractor's vectors of a project are kept.

    The pixels cut off are a part of it: a project whose scale bar changes has its vectors anew.
    """
    found = find_extractor(conn, extractor, project)
    if found is None:
        passport = passport_of(extractor, project)
        queries.add_extractor(conn, extractor.name, passport, extractor.dimensions)
        found = find_extractor(conn, extractor, project)
    assert found
    return found


@dataclass(frozen=True)
class Extraction:
    """What it takes to compute vectors: where images lie, the network, and the cores it runs on."""

    vault: Vault
    extractor: Extractor
    over: Over = HERE

    def vectors_of(
        self, conn: Connection, project: ProjectRow, some: ObjectIds
    ) -> tuple[ObjectIds, Features]:
        """The vectors of the objects that have a readable image, and whose they are."""
        images = read_images(conn, self.vault, project.project_id, some.tolist())
        ids, found = vectors(self.extractor, images, bar_px=project.bar_px, over=self.over)
        readable = np.isfinite(found).all(axis=1)
        return np.array(ids, np.int64)[readable], found[readable]


def find_extractor(
    conn: Connection, extractor: Extractor, project: ProjectRow
) -> StoredExtractor | None:
    """The id under which an extractor's vectors of a project are kept, if ever one was."""
    return queries.find_extractor(conn, extractor.name, passport_of(extractor, project))


def passport_of(extractor: Extractor, project: ProjectRow) -> str:
    """All that decides the vectors of a project."""
    return extractor.passport + (f"+bar{project.bar_px}" if project.bar_px else "")


def uncomputed(
    conn: Connection, project: ProjectRow, extractor: Extractor, object_ids: ObjectIds
) -> int:
    """How many of these objects have no vector yet."""
    stored = find_extractor(conn, extractor, project)
    extractor_id = stored.extractor_id if stored else ExtractorId(0)
    return len(queries.missing(conn, project.project_id, extractor_id, object_ids))


def compute(
    conn: Connection,
    extraction: Extraction,
    project: ProjectRow,
    object_ids: ObjectIds,
    *,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Computed:
    """Compute and keep the vectors that are missing of these objects.

    `step(done, total)` is called now and then: a job keeps its work there, so that a stopped
    one goes on where it was. Objects without a readable image are listed.
    """
    stored = known_extractor(conn, extraction.extractor, project)
    queries.forget_others(conn, project.project_id, stored.extractor_id, stored.name)
    wanted = queries.missing(conn, project.project_id, stored.extractor_id, object_ids)
    without: list[int] = []
    objects_a_step = extraction.over.objects_a_step
    for start in range(0, len(wanted), objects_a_step):
        step(start, len(wanted))
        some = wanted[start : start + objects_a_step]
        ids, found = extraction.vectors_of(conn, project, some)
        queries.store(conn, project.project_id, stored.extractor_id, ids, found)
        without += np.setdiff1d(some, ids).tolist()
    step(len(wanted), len(wanted))
    return Computed(len(wanted) - len(without), len(object_ids) - len(wanted), without)


def load(
    conn: Connection, project_id: ProjectId, extractor: StoredExtractor, object_ids: ObjectIds
) -> Features:
    """The vectors of objects, in their order; a row of NaN where there is none."""
    known, found = queries.load(conn, project_id, extractor, object_ids)
    rows = np.full((len(object_ids), extractor.dimensions), np.nan, np.float32)
    if len(known):
        order = np.argsort(known)
        places = np.minimum(np.searchsorted(known[order], object_ids), len(known) - 1)
        there = known[order][places] == object_ids
        rows[there] = found[order][places[there]]
    return rows


def extractor_used(conn: Connection, project: ProjectRow) -> StoredExtractor | None:
    """The extractor whose vectors a project has, if they are of the kind it asks for.

    A project that names none asks for the default, as it does when it is predicted.
    """
    return queries.extractor_used(conn, project.project_id, project.extractor or DEFAULT)


def moment(conn: Connection, project_id: ProjectId, extractor: StoredExtractor) -> int:
    """A number that is another one whenever the vectors of a project changed."""
    return queries.moment(conn, project_id, extractor.extractor_id)


def scan(
    conn: Connection, project_id: ProjectId, extractor: StoredExtractor, components: int
) -> Iterator[tuple[ObjectIds, Features]]:
    """The first components of all vectors of a project, in order of the objects, in blocks."""
    return queries.scan(conn, project_id, extractor, components)


def lacking(conn: Connection, project_id: ProjectId, extractor: StoredExtractor) -> bool:
    """Whether an object that has an image has no vector."""
    return queries.lacking(conn, project_id, extractor.extractor_id)


def fresh(
    conn: Connection, project_id: ProjectId, extractor: Extractor, object_ids: ObjectIds
) -> NDArray[np.bool_]:
    """Which objects have an image that the extractor was not trained on."""
    if not len(extractor.seen):
        return np.ones(len(object_ids), bool)
    ids, hashes = queries.image_hashes(conn, project_id, object_ids)
    return ~np.isin(object_ids, ids[np.isin(hashes, extractor.seen)])
