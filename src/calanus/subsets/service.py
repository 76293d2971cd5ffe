"""What touches all of a project: removing it, emptying it, checking it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.projects import service as projects
from calanus.subsets import queries
from calanus.subsets.types import Removed
from calanus.users.policy import Act
from calanus.users.types import User


def remove(conn: Connection, project_id: int, *, by: User, only_objects: bool = False) -> Removed:
    """Remove a project, or only all of its objects; its settings and free columns then stay.

    The rows go in the caller's transaction; its packs are to be removed once that is kept.
    """
    project = projects.require(conn, by, project_id, Act.DELETE)
    projects.lock(conn, project.project_id)
    paths = queries.pack_paths(conn, project.project_id)
    removed = queries.empty(conn, project.project_id)
    if only_objects:
        projects.set_counts(conn, project.project_id, {})
        projects.forget_loaded_files(conn, project.project_id)
    else:
        projects.delete(conn, project.project_id)
    return Removed(removed["objects"], removed["images"], paths)


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
