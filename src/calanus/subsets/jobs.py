"""Subsets in the background: choose, copy the images, then write all rows at once."""

from calanus.files.vault import Vault, remove_orphans
from calanus.jobs.run import Run, job
from calanus.projects import service as projects
from calanus.subsets import taking
from calanus.subsets.types import SubsetOrder
from calanus.users import service as users

COPIED = 90  # percent


@job("Subset")
def subset(run: Run, order: SubsetOrder) -> None:
    """Take some objects of a project into another, with their images, history and features."""
    if "taken" in run.kept:  # an earlier run was stopped before it could say so
        run.result |= run.kept["taken"]
        return
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    source, target = taking.require_both(run.conn, order, by=by)
    vault = Vault(run.settings.data / "vault")
    projects.hold(run.conn, target.project_id)
    remove_orphans(run.conn, vault)
    chosen, known = taking.choose(run.conn, source, target, order.request, by=by, seed=run.job_id)
    if known:
        run.warn(f"{known:,} object(s) are in project {target.project_id} already; left there.")
    if not chosen:
        run.fail(["No object to include in the subset: widen the filter or the limit."])
    total = taking.image_count(run.conn, source)
    run.keep()  # no transaction stays open while images are copied
    with taking.Copies(vault, target.project_id, f"job-{run.job_id}") as copies:
        copies.copy_all(run.conn, source.project_id, told(run, total))
        for lost in copies.lost[:100]:
            run.warn(f"This image is lost in the source: {lost}.")
        run.progress(COPIED, f"Writing {chosen:,} objects")
        taken = taking.bring(run.conn, order, copies, by=by, at=run.now())
        outcome = {"rowcount": taken.objects, "images": taken.images, "samples": taken.samples}
        run.result |= outcome
        copies.doubt()
        run.keep(taken=outcome)
    projects.let_go(run.conn, target.project_id)


def told(run: Run, total: int) -> taking.Tell:
    """Progress by how many images are copied."""

    def tell(done: int) -> None:
        run.progress(COPIED * done / max(total, 1), f"Copying images: {done:,} of {total:,}")

    return tell
