"""What touches all of a project: removing it, emptying it, checking it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from calanus.annotation import service as annotation
from calanus.annotation.types import Operation
from calanus.collections import service as collections
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId, project_of_object
from calanus.projects import service as projects
from calanus.subsets.queries import whole as queries
from calanus.subsets.types import Busy, Removed
from calanus.users.policy import Act
from calanus.users.types import User

NAMED = 1000  # objects that a batch remembers by name


def remove(conn: Connection, project_id: int, *, by: User, only_objects: bool = False) -> Removed:
    """Remove a project, or only all of its objects; its settings and free columns then stay.

    The rows go in the caller's transaction; its packs are to be removed once that is kept.
    """
    project = projects.require(conn, by, project_id, Act.DELETE)
    if not projects.is_free(conn, project.project_id):
        raise Busy(project.project_id)
    projects.lock(conn, project.project_id)
    if not only_objects:
        collections.refuse_removal(conn, project.project_id)
    paths = queries.pack_paths(conn, project.project_id)
    removed = queries.empty(conn, project.project_id)
    if only_objects:
        projects.set_counts(conn, project.project_id, {})
        projects.forget_loaded_files(conn, project.project_id)
    else:
        projects.delete(conn, project.project_id)
    return Removed(removed["objects"], removed["images"], paths)


def remove_objects(conn: Connection, object_ids: list[int], *, by: User, at: datetime) -> Removed:
    """Remove objects, of one or several projects; those that do not exist are passed over.

    Their samples and acquisitions stay. The bytes of their images go with the last image of their
    pack.
    """
    by_project: dict[ProjectId, list[int]] = {}
    for object_id in object_ids:
        by_project.setdefault(project_of_object(object_id), []).append(object_id)
    total = Removed(0, 0, [])
    for project_id in projects.existing(conn, sorted(by_project)):
        gone = remove_some(conn, project_id, by_project[project_id], by=by, at=at)
        total = Removed(
            total.objects + gone.objects, total.images + gone.images, total.packs + gone.packs
        )
    return total


def remove_some(
    conn: Connection, project_id: ProjectId, object_ids: list[int], *, by: User, at: datetime
) -> Removed:
    """Remove objects of one project, in one batch."""
    projects.require(conn, by, project_id, Act.DELETE)
    names = queries.objects_named(conn, project_id, object_ids)
    if not names:
        return Removed(0, 0, [])
    moved = queries.tally_of(conn, project_id, object_ids)
    images = queries.remove_objects(conn, project_id, object_ids)
    projects.move_counts(conn, project_id, [(taxon, state, -n) for taxon, state, n in moved])
    under = annotation.begin(conn, project_id, Operation.DELETE, by=by, at=at)
    annotation.close(conn, under, objects=len(names), record={"objects": names[:NAMED]})
    return Removed(len(names), images, queries.remove_unused_packs(conn, project_id))


def remove_packs(vault: Path, paths: Sequence[str]) -> None:
    """Remove files of packs whose rows are gone for good; a folder without packs goes too."""
    for path in paths:
        file = vault / "packs" / path
        file.unlink(missing_ok=True)
        if file.parent.is_dir() and not any(file.parent.iterdir()):
            file.parent.rmdir()


def check(conn: Connection, project_id: int, *, vault: Path, by: User) -> list[str]:
    """All that is wrong with a project, in sentences; nothing when all is well."""
    project = projects.require(conn, by, project_id, Act.VIEW_IMAGES)
    sentences = [
        f"{found:,} {rule}."
        for rule in queries.INVARIANTS
        if (found := queries.broken(conn, project.project_id, rule))
    ]
    for wrong in queries.miscounts(conn, project.project_id):
        taxon = f"taxon {wrong.taxon_id}" if wrong.taxon_id > 0 else "no taxon"
        sentences.append(
            f"{wrong.remembered:,} object(s) counted for {taxon} in state {wrong.state}, "
            f"where there are {wrong.real:,}."
        )
    return [*sentences, *bad_packs(conn, project_id, vault)]


def bad_packs(conn: Connection, project_id: int, vault: Path) -> Iterator[str]:
    """Packs that are absent or shorter than their images need."""
    for pack in queries.packs(conn, ProjectId(project_id)):
        file = vault / "packs" / pack.path
        try:
            size = file.stat().st_size
        except OSError as error:
            yield f"The pack {pack.path} cannot be read: {error.strerror}."
            continue
        if size < max(pack.bytes, pack.reach):
            yield f"The pack {pack.path} has {size:,} bytes, where {pack.bytes:,} were written."


def taxa_in_use(conn: Connection) -> list[int]:
    """Taxa that something stands on: what a new reference list must leave in place."""
    return queries.taxa_in_use(conn)
