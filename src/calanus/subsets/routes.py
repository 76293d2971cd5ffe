"""How HTTP asks for what touches all of a project. Paths and names are EcoTaxa's."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body
from pydantic import BaseModel

from calanus.jobs.run import enqueue
from calanus.kit.http import Db, Installation
from calanus.subsets import merging, service, taking
from calanus.subsets.jobs import subset
from calanus.subsets.types import SubsetOrder, SubsetReq
from calanus.users.session import CurrentUser

router = APIRouter()
MOST_OBJECTS = 100_000  # removed at once


class SubsetRsp(BaseModel):
    job_id: int


class MergeRsp(BaseModel):
    """What forbids a merge; beside it, what it does."""

    errors: list[str] = []
    objects: int = 0
    samples: int = 0
    fused_samples: int = 0
    same_names: int = 0
    new_columns: int = 0


@router.delete("/projects/{project_id}", operation_id="erase_project", tags=["projects"])
def erase_project(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    after: BackgroundTasks,
    project_id: int,
    only_objects: bool = False,
) -> list[int]:
    """Remove a project, or all of its objects: how many objects, 0, images, and files of images.

    Each image counts as one file, as it has one address.
    """
    removed = service.remove(conn, project_id, by=user, only_objects=only_objects)
    # After the answer, and so after the commit: no image goes whose row might stay.
    after.add_task(service.remove_packs, settings.data / "vault", removed.packs)
    return [removed.objects, 0, removed.images, removed.images]


@router.get("/projects/{project_id}/check", operation_id="project_check", tags=["projects"])
def project_check(
    conn: Db, user: CurrentUser, settings: Installation, project_id: int
) -> list[str]:
    """All that is wrong with a project, in sentences; an empty list when all is well."""
    return service.check(conn, project_id, vault=settings.data / "vault", by=user)


@router.post("/projects/{project_id}/subset", operation_id="project_subset", tags=["projects"])
def project_subset(conn: Db, user: CurrentUser, project_id: int, request: SubsetReq) -> SubsetRsp:
    """Start to take some objects of each group into another project."""
    order = SubsetOrder(project_id=project_id, request=request)
    taking.require_both(conn, order, by=user)
    job_id = enqueue(conn, subset, order, owner=user.user_id, project_id=request.dest_prj_id)
    return SubsetRsp(job_id=job_id)


@router.post("/projects/{project_id}/merge", operation_id="project_merge", tags=["projects"])
def project_merge(
    conn: Db, user: CurrentUser, project_id: int, source_project_id: int, dry_run: bool
) -> MergeRsp:
    """Merge another project into this one and remove it, or only say what that would do."""
    plan = merging.merge(
        conn, project_id, source_project_id, dry_run=dry_run, by=user, at=datetime.now(UTC)
    )
    return MergeRsp(**vars(plan))


@router.delete("/object_set/", operation_id="erase_object_set", tags=["objects"])
def erase_object_set(
    conn: Db,
    user: CurrentUser,
    settings: Installation,
    after: BackgroundTasks,
    object_ids: Annotated[list[int], Body(max_length=MOST_OBJECTS)],
) -> list[int]:
    """Remove objects: how many, 0, how many images, and how many files of images."""
    removed = service.remove_objects(conn, object_ids, by=user, at=datetime.now(UTC))
    after.add_task(service.remove_packs, settings.data / "vault", removed.packs)
    return [removed.objects, 0, removed.images, removed.images]
