"""How HTTP asks for what touches all of a project. Paths and names are EcoTaxa's."""

from fastapi import APIRouter, BackgroundTasks

from calanus.kit.http import Db, Installation
from calanus.subsets import service
from calanus.users.session import CurrentUser

router = APIRouter(tags=["projects"])


@router.delete("/projects/{project_id}", operation_id="erase_project")
def erase_project(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    after: BackgroundTasks,
    project_id: int,
    only_objects: bool = False,
) -> list[int]:
    """Remove a project, or all of its objects: how many objects, 0, images, and files of images."""
    removed = service.remove(conn, project_id, by=user, only_objects=only_objects)
    # After the answer, and so after the commit: no image goes whose row might stay.
    after.add_task(service.remove_packs, settings.data / "vault", removed.packs)
    return [removed.objects, 0, removed.images, len(removed.packs)]


@router.get("/projects/{project_id}/check", operation_id="project_check")
def project_check(
    conn: Db, user: CurrentUser, settings: Installation, project_id: int
) -> list[str]:
    """All that is wrong with a project, in sentences; an empty list when all is well."""
    return service.check(conn, project_id, vault=settings.data / "vault", by=user)
