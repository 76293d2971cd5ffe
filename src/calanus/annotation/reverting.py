"""Back to an earlier identification: EcoTaxa's revert, which is one act and can be undone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from calanus.annotation import queries, service
from calanus.annotation.types import BadOrder, Operation, Reverted, RevertLine
from calanus.kit.db import Connection
from calanus.kit.ids import BatchId, TaxonId
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.users.types import User

MOST_OBJECTS = 1_000_000


@dataclass(frozen=True)
class RevertOrder:
    """Which objects go back, and whose decisions they go back to (none: anybody's)."""

    filters: ProjectFilters
    target: int | None = None
    client_key: UUID | None = None

    @property
    def skipped(self) -> int | None:
        """Whose rows are no destination: the filter's one last annotator, who is to be undone."""
        named = self.filters.given().get("filt_last_annot", "")
        return int(named) if self.target is None and named.isdecimal() else None


def prepare(conn: Connection, project: Project, order: RevertOrder, *, by: User) -> None:
    """Find where the objects of a filter go back to; `told` and `lines` say it.

    Raises:
        BadOrder: there are too many objects.
    """
    found = objects.matching(conn, project, order.filters, by=by).tolist()
    check_size(len(found))
    stage(conn, project, order, found)


def check_size(asked: int) -> None:
    """A revert is one transaction."""
    if asked > MOST_OBJECTS:
        raise BadOrder(
            f"{asked:,} objects match; {MOST_OBJECTS:,} go back at a time. Narrow the filter, for "
            "instance by samples, and revert in parts."
        )


def stage(conn: Connection, project: Project, order: RevertOrder, found: list[int]) -> None:
    """Keep where these objects go back to, until the transaction ends."""
    queries.stage_reverts(
        conn, project.project_id, found, target=order.target, skipped=order.skipped
    )


def revert(
    conn: Connection, project: Project, order: RevertOrder, *, by: User, at: datetime
) -> BatchId:
    """Give the objects of a filter an earlier identification; how is said by `told` and `lines`.

    Rows of history that are later than it are marked as taken back, so that a second revert goes
    further. An object that somebody changed while we waited for it is looked at again: one that
    left the filter stays as it is.
    """
    key = order.client_key
    done = queries.find_by_key(conn, project.project_id, key) if key else None
    if done:
        stage(conn, project, order, [])
        return done.batch_id
    found = objects.matching(conn, project, order.filters, by=by).tolist()
    check_size(len(found))
    queries.hold(conn, project.project_id, found)
    held, still = set(found), objects.matching(conn, project, order.filters, by=by).tolist()
    stage(conn, project, order, [object_id for object_id in still if object_id in held])
    under = service.begin(conn, project.project_id, Operation.REVERT, by=by, at=at, key=key)
    moved = queries.revert(conn, project.project_id, revert_id=under.batch_id)
    changed = service.move_many(conn, project.project_id, moved)
    queries.mark_popped(conn, project.project_id, under.batch_id)
    record = {"revert": {"filters": order.filters.given(), "target": order.target}}
    return service.close(conn, under, objects=changed, record=record)


def told(conn: Connection) -> list[Reverted]:
    """What each object goes back to, or went, in order of their ids."""
    return queries.staged(conn)


def lines(conn: Connection) -> list[RevertLine]:
    """How many objects go back, or went, from where to where."""
    return queries.staged_lines(conn)


def names(conn: Connection, taxa: Iterable[int | None]) -> dict[int, tuple[str, str | None]]:
    """Taxa by id: (name, name of what is above it)."""
    found = taxonomy.find_many(conn, {taxon for taxon in taxa if taxon is not None})
    above = {taxon.parent_id for taxon in found if taxon.parent_id is not None}
    parents = {taxon.taxon_id: taxon.name for taxon in taxonomy.find_many(conn, above)}
    return {t.taxon_id: (t.name, parents.get(t.parent_id or TaxonId(0))) for t in found}
