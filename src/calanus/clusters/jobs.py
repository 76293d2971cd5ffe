"""Grouping look-alikes in the background."""

import numpy as np

from calanus.clusters import making, service
from calanus.clusters.types import (
    KIND,
    ClustersOrder,
    ClustersReq,
    NothingToGroup,
    ObjectIds,
)
from calanus.features import service as features
from calanus.features.extractors import Extractor, open_extractor
from calanus.features.jobs import tell
from calanus.features.spreading import cores_of
from calanus.files.vault import Vault, has_images
from calanus.jobs import service as jobs
from calanus.jobs.run import Run, enqueue, job
from calanus.kit.db import Connection
from calanus.kit.ids import JobId
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import User

COMPUTED, GROUPED = 70, 95  # per cent of the work


@job(KIND)
def group(run: Run, order: ClustersOrder) -> None:
    """Compute the deep features that are missing, and group by them; no object is changed.

    Killed in the middle, the features that were computed stay, and the clusters of the run before
    stand until this one has come to its end.
    """
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    project = projects.require(run.conn, by, order.project_id, Act.ANNOTATE)
    ids = making.candidates(run.conn, project, order.filters, by=by)
    making.check(project, len(ids))
    teaching = making.validated(run.conn, project)
    extractor = compute(run, project, np.union1d(ids, teaching))
    run.progress(COMPUTED, "Reading deep features")
    # Read again: computing may have taken an hour, in which people went on identifying.
    ids = np.intersect1d(ids, making.candidates(run.conn, project, order.filters, by=by))
    seen = making.see(run.conn, project, extractor, ids)
    run.keep()  # what follows is arithmetic, and may take minutes
    run.progress(COMPUTED, f"Grouping {len(seen.object_ids)} objects")
    found = making.grouped(run.job_id, seen, len(ids), smallest=order.smallest, at=run.now())
    run.progress(GROUPED, "Looking for what is near")
    found = making.with_neighbours(run.conn, project, extractor, seen, found, teaching)
    service.keep(run.folder, found)
    if not found.clusters:
        run.warn("No cluster is large enough: ask for smaller ones, or for more objects.")
    run.log(f"{found.clusters} clusters of {len(found.object_ids)} objects, {found.alone} alone")
    run.result |= {"clusters": found.clusters, "objects": found.objects, "alone": found.alone}


def ask(conn: Connection, project: Project, asked: ClustersReq, *, by: User) -> JobId:
    """Ask for clusters; the job that is at just these already, where one is.

    Raises:
        NothingToGroup: there are no images, or too few objects that are not validated.
    """
    if not has_images(conn, project.project_id):
        raise NothingToGroup(
            f"“{project.title}” has no images, and look-alikes are told by them: import some first."
        )
    making.check(project, making.waiting(conn, project, asked.filters, by=by))
    order = ClustersOrder(project_id=project.project_id, **dict(asked))
    for going in jobs.of_project(conn, project.project_id):
        under_way = going.kind == KIND and going.state not in jobs.ENDED
        if under_way and ClustersOrder.model_validate(going.wanted) == order:
            return going.job_id
    return enqueue(conn, group, order, owner=by.user_id, project_id=project.project_id)


def compute(run: Run, project: Project, ids: ObjectIds) -> Extractor:
    """Compute what is missing, step by step: a stopped job goes on where it was."""
    run.progress(0, "Opening the network")
    extractor = open_extractor(project.extractor, data=run.settings.data)

    def step(done: int, total: int) -> None:
        doing = f"Computing deep features: {done} of {total}"
        run.progress(COMPUTED * done / max(total, 1), doing)
        run.keep()

    with cores_of(run.settings) as over:
        extraction = features.Extraction(Vault(run.settings.data / "vault"), extractor, over)
        tell(run, project, features.compute(run.conn, extraction, project, ids, step=step))
    return extractor
