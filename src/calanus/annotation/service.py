"""Identifying objects: every act is a batch, attributed, counted, and can be taken back."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Any
from uuid import UUID

import numpy as np

from calanus.annotation import queries, undoing
from calanus.annotation.checking import check_kept, check_objects, check_taxa
from calanus.annotation.types import (
    KEEP,
    KEPT,
    Activity,
    BadOrder,
    Batch,
    BatchNotFound,
    BatchRow,
    Begun,
    Changed,
    ClassifyOrder,
    Guess,
    Guesses,
    Historical,
    Move,
    NotUndoable,
    Operation,
    OthersBatch,
)
from calanus.kit import copy
from calanus.kit.db import Connection
from calanus.kit.ids import BatchId, ProjectId, project_of_object
from calanus.projects import service as projects
from calanus.projects.types import Project, Tally
from calanus.users import service as users
from calanus.users.policy import Act, Role
from calanus.users.types import User

UNDOABLE = frozenset(
    {
        Operation.CLASSIFY,
        Operation.VALIDATE,
        Operation.DOUBT,
        Operation.UNVALIDATE,
        Operation.PREDICT,
        Operation.RELEARN,
        Operation.UPDATE,
        Operation.REVERT,
        Operation.UNDO,
        Operation.REDO,
    }
)


def classify(
    conn: Connection, project: Project, order: ClassifyOrder, *, by: User, at: datetime
) -> Batch:
    """Identify objects as taxa, in a state; what each was before goes to its history.

    Raises:
        VersionConflict: some objects changed since the person saw them; nothing is written.
        DeprecatedTaxon, UnknownTaxon, UnknownObjects, BadOrder: the order cannot be carried out.
    """
    done = already_done(conn, project.project_id, order.client_key)
    if done:
        return done
    wanted = wanted_taxa(order)
    check_taxa(conn, set(order.taxa) - {KEEP})
    wanted |= check_objects(conn, project.project_id, order)
    check_kept(conn, project.project_id, order, wanted, by=by)
    under = begin(conn, project.project_id, order.operation, by=by, at=at, key=order.client_key)
    if order.operation == Operation.UNVALIDATE:
        changed = queries.unvalidate(conn, project.project_id, list(wanted), under=under)
    else:
        changed = queries.identify(conn, project.project_id, wanted, order.state, under=under)
    done = finish(conn, under, changed, skipped=len(wanted) - len(changed))
    given = [taxon for taxon in order.taxa if taxon != KEEP]
    if given:
        users.note_recent_taxa(conn, by, project.project_id, given)
    return done


def wanted_taxa(order: ClassifyOrder) -> dict[int, int]:
    """Which taxon each object gets; an object named twice gets the last one."""
    if len(order.objects) != len(order.taxa):
        raise BadOrder(
            f"{len(order.objects)} objects and {len(order.taxa)} taxa: each object needs one taxon."
        )
    if not order.objects:
        raise BadOrder("No object is named.")
    return dict(zip(order.objects, order.taxa, strict=True))


def begin(
    conn: Connection,
    project_id: ProjectId,
    operation: Operation,
    *,
    by: User,
    at: datetime,
    key: UUID | None = None,
) -> Begun:
    """A batch under which changes are remembered; `finish` or `close` says how many there were."""
    return queries.begin(conn, project_id, operation, by=by.user_id, at=at, client_key=key)


def finish(
    conn: Connection,
    under: Begun,
    changed: Sequence[Changed],
    *,
    skipped: int = 0,
    undoes: int | None = None,
    record: dict[str, Any] | None = None,
) -> Batch:
    """Move the counts, and say what the batch did."""
    move_counts(conn, under.project_id, changed)
    row = queries.finish(conn, under.batch_id, objects=len(changed), undoes=undoes, record=record)
    return Batch(row, len(changed), skipped, changed, projects.tallies(conn, [under.project_id]))


def move_counts(conn: Connection, project_id: ProjectId, changed: Sequence[Changed]) -> None:
    """From where each object was to where it is now."""
    moves = Counter([(c.taxon_id, c.state) for c in changed])
    moves.subtract(Counter([(c.former_taxon_id, c.former_state) for c in changed]))
    projects.move_counts(conn, project_id, [(t, s, n) for (t, s), n in moves.items()])


def describe(conn: Connection, row: BatchRow, *, objects: list[int] | None = None) -> Batch:
    """A batch with its objects as they are now and the counts of their project."""
    if objects is None:
        objects = queries.touched(conn, row.project_id, row.batch_id, row.undoes or 0)
        if row.operation == Operation.REDO:
            objects = queries.touched(conn, row.project_id, int(row.record["of"]), 0)
    now = queries.identified(conn, row.project_id, objects)
    return Batch(row, len(objects), 0, now, projects.tallies(conn, [row.project_id]))


def already_done(conn: Connection, project_id: ProjectId, key: UUID | None) -> Batch | None:
    """The act of a client's key, when it was done before: the same key is the same act."""
    row = queries.find_by_key(conn, project_id, key) if key else None
    return describe(conn, row) if row else None


def require_batch(conn: Connection, project_id: ProjectId, batch_id: int) -> BatchRow:
    """One batch of a project."""
    row = queries.find_batch(conn, project_id, batch_id)
    if row is None:
        raise BatchNotFound(batch_id)
    return row


def undo(
    conn: Connection,
    project: Project,
    batch_id: int,
    *,
    by: User,
    at: datetime,
    client_key: UUID | None = None,
) -> Batch:
    """Take a batch back, where nobody changed its objects since; an undo taken back is a redo.

    Objects changed since are left alone and listed in `conflicts`.

    Raises:
        OthersBatch: it is somebody else's, and the person is no manager.
        NotUndoable: it was taken back already, or is of a kind that cannot be.
    """
    done = already_done(conn, project.project_id, client_key)
    if done:
        return done
    row = require_batch(conn, project.project_id, batch_id)
    check_undoable(row, project, by)
    if row.operation == Operation.UNDO:
        return redo(conn, project, row, by=by, at=at, client_key=client_key)
    target = int(row.record["of"]) if row.operation == Operation.REDO else batch_id
    under = begin(conn, project.project_id, Operation.UNDO, by=by, at=at, key=client_key)
    conflicts = queries.changed_since(conn, project.project_id, target)
    changed = undoing.take_back(conn, project.project_id, target, under)
    for taken in {target, batch_id}:
        queries.mark_undone(conn, taken, under.batch_id)
    batch = finish(conn, under, changed, undoes=target)
    return Batch(batch.row, batch.changed, len(conflicts), batch.objects, batch.counts, conflicts)


def check_undoable(row: BatchRow, project: Project, by: User) -> None:
    """Whether this person may take this batch back."""
    if row.operation not in UNDOABLE:
        raise NotUndoable(
            f"Batch {row.batch_id} is an {row.operation}; delete its objects instead."
        )
    if row.operation == Operation.UPDATE and not row.objects:
        raise NotUndoable(
            f"Batch {row.batch_id} changed values only, no identification; load the table with the "
            "former values to bring them back."
        )
    if row.undone_by is not None:
        raise NotUndoable(f"Batch {row.batch_id} was taken back already.")
    if row.author_id != by.user_id and project.role < Role.MANAGER:
        raise OthersBatch(row)


def redo(
    conn: Connection,
    project: Project,
    undone: BatchRow,
    *,
    by: User,
    at: datetime,
    client_key: UUID | None,
) -> Batch:
    """Bring back what an undo took back."""
    assert undone.undoes is not None
    under = begin(conn, project.project_id, Operation.REDO, by=by, at=at, key=client_key)
    changed = undoing.bring_back(conn, project.project_id, undone.undoes, undone.batch_id)
    queries.mark_undone(conn, undone.undoes, None)
    queries.mark_undone(conn, undone.batch_id, under.batch_id)
    return finish(
        conn,
        under,
        changed,
        skipped=undone.objects - len(changed),
        undoes=undone.batch_id,
        record={"of": undone.undoes},
    )


def record_guesses(
    conn: Connection,
    project_id: ProjectId,
    guesses: Guesses,
    *,
    under: Begun,
) -> int:
    """Make guesses predictions, under a batch that may have several parts; how many changed."""
    queries.stage_guesses(conn, [copy.int8(guesses.object_ids), *guess_columns(guesses)])
    return move_many(conn, project_id, queries.record_guesses(conn, project_id, under=under))


def guess_columns(guesses: Guesses) -> list[copy.Column]:
    """The taxa of guesses, the best first, and their scores, NULL where there are fewer."""
    shape = (len(guesses.object_ids), KEPT)
    taxa, scores = np.zeros(shape, np.int32), np.zeros(shape)
    best = min(KEPT, guesses.taxa.shape[1])
    taxa[:, :best], scores[:, :best] = guesses.taxa[:, :best], guesses.scores[:, :best]
    missing = taxa <= 0
    columns = [copy.int4(taxa[:, n], missing[:, n]) for n in range(KEPT)]
    return columns + [copy.float8(scores[:, n], missing[:, n]) for n in range(KEPT)]


def begin_telling(conn: Connection) -> None:
    """Make room (the table `told`) for what `stage_told` keeps until the transaction ends."""
    queries.make_told(conn)


def stage_told(conn: Connection, object_ids: Sequence[int], columns: list[copy.Column]) -> None:
    """Keep identifications that a table tells: object, version seen, taxon, state, who, when."""
    queries.stage_told(conn, object_ids, columns)


def lock_told(conn: Connection, project_id: ProjectId) -> int:
    """Hold the objects whose identifications are staged; how many changed since they were seen."""
    return queries.lock_told(conn, project_id)


def record_told(conn: Connection, *, under: Begun) -> int:
    """Identify objects as staged, and move the counts; how many changed.

    What was changed by somebody since it was compared is left alone.
    """
    return move_many(
        conn, under.project_id, queries.record_told(conn, under.project_id, under=under)
    )


def move_many(
    conn: Connection,
    project_id: ProjectId,
    moved: Sequence[Move],
) -> int:
    """Move the counts by (from taxon and state, to taxon and state, how many); how many in all."""
    moves: list[tuple[int | None, str | None, int]] = []
    for taxon_id, state, new_taxon_id, new_state, objects in moved:
        moves += [(taxon_id, state, -objects), (new_taxon_id, new_state, objects)]
    projects.move_counts(conn, project_id, moves)
    return sum(objects for *_, objects in moved)


def close(
    conn: Connection, under: Begun, *, objects: int, record: dict[str, Any] | None = None
) -> BatchId:
    """End a batch that had several parts: how many objects, and what reproduces it."""
    queries.finish(conn, under.batch_id, objects=objects, record=record)
    return under.batch_id


def list_batches(
    conn: Connection, project_id: ProjectId, *, before: int | None = None, limit: int = 50
) -> list[BatchRow]:
    """The acts on a project, the newest first."""
    return queries.list_batches(
        conn, project_id, before=before or 2**62, limit=max(1, min(limit, 500))
    )


def history(conn: Connection, project_id: ProjectId, object_id: int) -> list[Historical]:
    """What an object was before, the newest first."""
    return queries.history(conn, project_id, object_id)


def guesses_of(conn: Connection, project_id: ProjectId, object_id: int) -> list[Guess]:
    """The best guesses for an object, the likeliest first."""
    return queries.guesses(conn, project_id, object_id)


def predictions(
    conn: Connection, object_ids: list[int], *, by: User | None
) -> list[tuple[int, int, float]]:
    """(object, taxon, score) of the present predictions of predicted objects, best first.

    In the order of the objects' ids; what is no object is left out.
    """
    by_project: dict[ProjectId, list[int]] = {}
    for object_id in object_ids:
        by_project.setdefault(project_of_object(object_id), []).append(object_id)
    found: list[tuple[int, int, float]] = []
    for project_id in sorted(projects.existing(conn, sorted(by_project))):
        projects.require(conn, by, project_id, Act.VIEW_IMAGES)
        found += queries.predictions(conn, project_id, by_project[project_id])
    return found


def tallies(conn: Connection, project: Project) -> list[Tally]:
    """The counts of a project."""
    return projects.tallies(conn, [project.project_id])


def newest_counts(conn: Connection, project_id: ProjectId) -> tuple[int, list[Tally]]:
    """The newest batch of a project, and the counts it left."""
    newest, taxa, states, counts = queries.counted(conn, project_id)
    found = zip(repeat(project_id), taxa or [], states or [], counts or [], strict=False)
    return newest, list(map(Tally._make, found))


def activity(conn: Connection, project_ids: Sequence[int], *, by: User) -> list[Activity]:
    """Who did how much, in projects where somebody may see that of all.

    As in EcoTaxa, a project in which no object is anybody's at present is left out.
    """
    for project_id in project_ids:
        projects.require(conn, by, project_id, Act.SEE_ACTIVITY)
    found = queries.activity(conn, list(project_ids))
    active = {line.project_id for line in found if line.now}
    return [line for line in found if line.project_id in active]
