"""Taking a batch back and doing it again, whatever it was."""

from calanus.annotation import queries
from calanus.annotation.types import Begun, Changed, Operation
from calanus.kit.db import Connection
from calanus.kit.ids import BatchId, ProjectId


def take_back(
    conn: Connection, project_id: ProjectId, batch_id: int, under: Begun
) -> list[Changed]:
    """Give objects what they were before a batch; those of a revert their later history, too."""
    if not is_revert(conn, project_id, batch_id):
        return queries.take_back(conn, project_id, batch_id, undo_id=under.batch_id)
    changed = queries.unrevert(conn, project_id, batch_id, undo_id=under.batch_id)
    queries.mark_popped(conn, project_id, batch_id)
    return changed


def bring_back(
    conn: Connection, project_id: ProjectId, batch_id: int, undo_id: BatchId
) -> list[Changed]:
    """Do a batch again that was undone."""
    if not is_revert(conn, project_id, batch_id):
        return queries.bring_back(conn, project_id, batch_id, undo_id=undo_id)
    changed = queries.revert_again(conn, project_id, batch_id, undo_id=undo_id)
    queries.mark_popped(conn, project_id, batch_id)
    return changed


def is_revert(conn: Connection, project_id: ProjectId, batch_id: int) -> bool:
    """Whether a batch went back in the history of its objects."""
    found = queries.find_batch(conn, project_id, batch_id)
    return found is not None and found.operation == Operation.REVERT
