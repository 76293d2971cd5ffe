"""Recasts: tables by which an export writes a taxon as another, or leaves it out.

recast = recast_of(conn, RecastTarget(7), RecastOperation.PROJECT_EXPORT)
recast.target(25828)  # the taxon to write, itself when it is not listed, None to drop it
"""

from calanus.exports import collected
from calanus.exports.queries import recasts as queries
from calanus.exports.types import (
    BadRecast,
    Recast,
    RecastOperation,
    RecastTarget,
)
from calanus.kit.db import Connection
from calanus.projects import service as projects
from calanus.users.policy import Act
from calanus.users.types import User

MOST_TAXA = 20_000
LONGEST_DOC = 10_000  # characters a taxon
HIGHEST = 2**31 - 1  # an id of a taxon


def recast_of(conn: Connection, target: RecastTarget, operation: RecastOperation) -> Recast | None:
    """The recast of a project or collection; whoever asks has asked for the right to it."""
    return queries.find(conn, target, operation)


def find(
    conn: Connection, target: RecastTarget, operation: RecastOperation, *, by: User
) -> Recast | None:
    """The recast of a project or collection, for somebody who may see it."""
    require(conn, target, Act.VIEW_IMAGES, by=by)
    return queries.find(conn, target, operation)


def keep(
    conn: Connection, target: RecastTarget, operation: RecastOperation, recast: Recast, *, by: User
) -> None:
    """Put a recast in the place of the earlier one.

    Raises:
        BadRecast: a taxon is both renamed and a new name, or the table is no table of taxa.
    """
    require(conn, target, Act.SET_STATUS, by=by)
    check(recast)
    queries.replace(conn, target, operation, recast)


def require(conn: Connection, target: RecastTarget, act: Act, *, by: User) -> None:
    """Pass, for somebody who may do this in the project, or in all those of the collection."""
    if not target.is_collection:
        projects.require(conn, by, target.target_id, act)
        return
    for project in collected.projects_of(conn, target.target_id, by=by):
        projects.require(conn, by, project.project_id, act)


def check(recast: Recast) -> None:
    """A recast is applied once: what it writes is not written anew."""
    if len(recast.from_to) > MOST_TAXA:
        raise BadRecast(f"A recast lists {MOST_TAXA:,} taxa at most, not {len(recast.from_to):,}.")
    for key in [*recast.from_to, *(recast.doc or {})]:
        if not (key.isascii() and key.isdigit() and len(key) <= 10):
            raise BadRecast(f"A recast goes from ids of taxa; “{key[:40]}” is none.")
    for key, text in (recast.doc or {}).items():
        if len(text) > LONGEST_DOC:
            raise BadRecast(f"What is said of taxon {key} is longer than {LONGEST_DOC:,} letters.")
    if any(to is not None and not 0 <= to <= HIGHEST for to in recast.from_to.values()):
        raise BadRecast("A recast goes to ids of taxa, or to 0 to leave a taxon out.")
    moves = recast.moves()
    chained = sorted({to for to in moves.values() if to in moves})
    if chained:
        named = ", ".join(map(str, chained[:10]))
        raise BadRecast(
            f"These taxa are both renamed and new names: {named}. A recast is applied once, so "
            "send each taxon to where it ends."
        )
