"""What was done on projects, for who follows them."""

from collections.abc import Mapping, Sequence, Set

from calanus.annotation import queries
from calanus.annotation.service import describe
from calanus.annotation.types import Batch, BatchRow, Operation
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId

CHANGES_MORE = frozenset({Operation.IMPORT, Operation.UPDATE, Operation.DELETE})


def batches_since(
    conn: Connection, project_id: ProjectId, since: int, *, most: int
) -> list[tuple[Batch, bool]]:
    """What was done on a project since a batch, the oldest first, and whether it lists its objects.

    Those of more than `most` objects, and those that change more than identifications, do not:
    whoever follows must look again.
    """
    return told(conn, queries.batches_since(conn, project_id, since), most)


def batches_named(
    conn: Connection, project_id: ProjectId, batch_ids: Sequence[int], *, most: int
) -> list[tuple[Batch, bool]]:
    """Some batches of a project in the same way."""
    return told(conn, queries.find_batches(conn, project_id, batch_ids) if batch_ids else [], most)


def told(conn: Connection, rows: Sequence[BatchRow], most: int) -> list[tuple[Batch, bool]]:
    """Batches with their objects where they are not more than `most`, and whether they are."""
    found: list[tuple[Batch, bool]] = []
    for row in rows:
        listed = row.objects <= most and row.operation not in CHANGES_MORE
        found.append((describe(conn, row, objects=None if listed else []), listed))
    return found


def new_batches(
    conn: Connection, known: Mapping[ProjectId, Set[int]], look_back: int
) -> dict[ProjectId, list[int]]:
    """The batches of some projects that are not known yet, among the last of all numbers given."""
    found: dict[ProjectId, list[int]] = {}
    for project_id, batch_id in queries.last_batches(conn, list(known), look_back):
        if batch_id not in known[project_id]:
            found.setdefault(project_id, []).append(batch_id)
    return found
