"""Computing deep features in the background: what somebody looks at first, then all the others."""

import numpy as np

from calanus.features import service
from calanus.features.extractors import open_extractor
from calanus.features.spreading import cores_of
from calanus.features.types import Computed, FeaturesOrder, FeaturesReq
from calanus.files.vault import Vault
from calanus.jobs import service as jobs
from calanus.jobs.run import Run, enqueue, job
from calanus.kit.db import Connection
from calanus.kit.ids import JobId
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import User

KIND = "Features"


@job(KIND)
def compute_features(run: Run, order: FeaturesOrder) -> None:
    """Compute what is missing, and keep it step by step: a stopped job goes on where it was."""
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    project = projects.require(run.conn, by, order.project_id, Act.COMPARE)
    run.progress(0, "Opening the network")
    extractor = open_extractor(project.extractor, data=run.settings.data)
    vault = Vault(run.settings.data / "vault")

    everything = objects.matching(run.conn, project, ProjectFilters(), by=by)
    first = np.intersect1d(np.array(order.first, np.int64), everything)
    with cores_of(run.settings) as over:
        extraction = service.Extraction(vault, extractor, over)
        computed = 0
        for some, those in ((first, "those in sight"), (everything, "all others")):

            def step(done: int, total: int, those: str = those) -> None:
                doing = f"Computing deep features, {those}: {done} of {total}"
                run.progress(100 * done / max(total, 1), doing)
                run.keep()

            found = service.compute(run.conn, extraction, project, some, step=step)
            computed += found.computed
    tell(run, project, found)
    run.result |= {"rowcount": computed}


def ask(conn: Connection, project: Project, asked: FeaturesReq, *, by: User) -> JobId:
    """Ask for the features that a project lacks; the job that is at it already, where one is."""
    for going in jobs.of_project(conn, project.project_id):
        if going.kind == KIND and going.state not in jobs.ENDED:
            return going.job_id
    order = FeaturesOrder(project_id=project.project_id, first=asked.first)
    return enqueue(conn, compute_features, order, owner=by.user_id, project_id=project.project_id)


def tell(run: Run, project: Project, computed: Computed) -> None:
    """What came of computing."""
    run.log(
        f"Deep features of project {project.project_id}: {computed.computed} computed, "
        f"{computed.already} were there"
    )
    without = computed.without_image
    if without:
        shown = ", ".join(map(str, without[:10])) + (" …" if len(without) > 10 else "")
        run.warn(f"{len(without)} objects have no readable image: {shown}.")
