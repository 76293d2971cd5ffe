"""What auditing does in the background."""

import numpy as np

from calanus.audit import service
from calanus.audit.types import AuditOrder, Kind
from calanus.jobs.run import Run, job
from calanus.prediction.jobs import deep_features
from calanus.projects import service as projects
from calanus.users import service as users
from calanus.users.policy import Act

LOOKED = 60  # per cent of the work


@job("Audit")
def audit(run: Run, order: AuditOrder) -> None:
    """Find validated objects that deserve a second look, and measure what is confused."""
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    project = projects.require(run.conn, by, order.project_id, Act.ANNOTATE)
    wanted = service.plan(project, order)
    drawn = service.candidates(run.conn, wanted)
    nobody = np.empty(0, np.int64)
    extractor = deep_features(run, wanted, drawn, nobody) if order.use_scn else None
    if extractor:  # computing may have taken an hour, in which people went on identifying
        drawn = service.candidates(run.conn, wanted)
    run.progress(LOOKED, "Holding samples out in turn")
    learnt = service.learn(run.conn, wanted, drawn, extractor)
    if learnt.unseen:
        run.warn(f"{learnt.unseen} objects without a readable image are not examined.")
    found = service.examine(run.conn, wanted, order, learnt, at=run.now())
    unjudged = found.record["not_judged"]
    if unjudged:
        run.warn(
            f"{len(unjudged)} taxa were not judged by others of their kind: all their objects are "
            f"in one sample, or there is one ({', '.join(map(str, unjudged[:20]))})."
        )
    left = service.standing(run.conn, project)
    run.log(f"{found.examined} objects examined, {len(left.doubts)} look doubtful")
    run.result |= {
        "examined": found.examined,
        str(Kind.DOUBT): len(left.doubts),
        str(Kind.OUTLIER): len(left.outliers),
    }
