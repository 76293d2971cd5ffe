"""Learning again in the background: asked for when it is time, done one at a time a project."""

from calanus.jobs import service as jobs
from calanus.jobs.run import Run, enqueue, job
from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.kit.ids import ProjectId
from calanus.relearning import service
from calanus.relearning.service import Lesson
from calanus.relearning.types import KIND, Learnt, RelearnOrder
from calanus.users import service as users


@job(KIND)
def relearn(run: Run, order: RelearnOrder) -> None:
    """Learn again from what was validated, and guess again what was not.

    All of it is one transaction: killed in the middle, nothing was written, and the next run
    begins from the top. What cannot be learnt is no failure of the job, but told on the page.
    """
    project_id = ProjectId(order.project_id)
    if not service.alone(run.conn, project_id):
        run.log("Another job learns in this project.")
        return
    jobs.put_away_former(run.conn, KIND, project_id, run.job_id)
    try:
        by = users.find(run.conn, run.owner, policy=run.settings.policy)
        data = run.settings.data
        lesson = Lesson(project_id, by, run.now(), run.job_id, data)
        found = service.learn_again(run.conn, lesson, run.progress)
    except CalanusError as refusal:
        found = Learnt(0, trouble=str(refusal))
    if found is None:
        run.log("It was switched off meanwhile; nothing was changed.")
        return
    run.log(found.trouble or f"{found.objects} objects teach, {found.changed} predicted again")
    service.note(run.conn, project_id, found, at=run.now())
    run.result |= {"rowcount": found.changed}


def ask(conn: Connection) -> int:
    """Ask for a job in each project where it is time; how many that was."""
    found = service.due(conn)
    for each in found:
        order = RelearnOrder(project_id=each.project_id)
        enqueue(conn, relearn, order, owner=each.owner_id, project_id=each.project_id)
    return len(found)
