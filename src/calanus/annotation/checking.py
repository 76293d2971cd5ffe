"""Whether an act can be done: its taxa, its objects, and what the person saw of them."""

from collections.abc import Iterable, Mapping

from calanus.annotation import queries
from calanus.annotation.types import (
    KEEP,
    BadOrder,
    ClassifyOrder,
    DeprecatedTaxon,
    Operation,
    UnknownObjects,
    UnknownTaxon,
    VersionConflict,
)
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.users.types import User


def check_taxa(conn: Connection, taxa: Iterable[int]) -> None:
    """Deprecated taxa are no targets; leaving one is always allowed."""
    targets = sorted(set(taxa))
    if targets:
        deprecated, unknown = queries.deprecated(conn, targets)
        if unknown:
            raise UnknownTaxon(unknown)
        if deprecated:
            raise DeprecatedTaxon(deprecated)


def check_kept(
    conn: Connection,
    project_id: ProjectId,
    order: ClassifyOrder,
    wanted: Mapping[int, int],
    *,
    by: User,
) -> None:
    """What keeps its taxon is identified as it all the same: not as a deprecated one."""
    kept = [object_id for object_id, taxon in wanted.items() if taxon == KEEP]
    if not kept or order.state is None or order.operation == Operation.UNVALIDATE:
        return
    names = queries.deprecated_of(conn, project_id, kept, state=order.state, by=by.user_id)
    if names:
        raise DeprecatedTaxon(names)


def check_objects(conn: Connection, project_id: ProjectId, order: ClassifyOrder) -> dict[int, int]:
    """Lock the objects; all must be there and, where versions are told, as the person saw them.

    A prediction that was only made again since stands in nobody's way: the taxon is the one that
    was named or seen, which is returned.
    """
    found = queries.lock(conn, project_id, order.objects)
    locked = {object_id: version for object_id, _, _, version in found}
    unknown = [object_id for object_id in order.objects if object_id not in locked]
    if unknown:
        raise UnknownObjects(unknown)
    if order.versions is None:
        return {}
    if len(order.versions) != len(order.objects):
        raise BadOrder("Each object needs one version, or none at all is given.")
    seen = zip(order.objects, order.versions, strict=True)
    stale = [object_id for object_id, version in seen if locked[object_id] != version]
    known = as_seen(conn, project_id, order, stale) if stale else {}
    if len(known) < len(set(stale)):
        raise VersionConflict([object_id for object_id in stale if object_id not in known])
    return known


def as_seen(
    conn: Connection, project_id: ProjectId, order: ClassifyOrder, stale: list[int]
) -> dict[int, int]:
    """What was named, or seen, of those of these objects that were only predicted again since."""
    if order.operation == Operation.UNVALIDATE:
        return {}
    told = order.taxa if order.seen is None or KEEP not in order.taxa else order.seen
    if len(told) != len(order.objects):
        raise BadOrder(f"{len(order.objects)} objects and {len(told)} taxa they were seen as.")
    taxa = dict(zip(order.objects, told, strict=True))
    again = queries.relearnt(conn, project_id, stale)
    found = {object_id: taxa[object_id] for object_id in again if taxa[object_id] > 0}
    check_taxa(conn, found.values())
    return found
