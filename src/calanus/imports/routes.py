"""How HTTP asks for imports."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from calanus.files import folders
from calanus.imports.jobs import import_folder, import_package
from calanus.imports.types import FolderOrder, ImportOrder
from calanus.jobs.run import enqueue
from calanus.kit.http import Db, Installation
from calanus.projects import service as projects
from calanus.users import policy
from calanus.users.policy import Act
from calanus.users.session import CurrentUser

router = APIRouter(tags=["projects"])


class ImportReq(BaseModel):
    source_path: str = Field(max_length=4096, description="Among the caller's files.")
    taxo_mappings: dict[str, str] = {}
    skip_loaded_files: bool = False
    skip_existing_objects: bool = False
    update_mode: str = Field(default="", max_length=10)


class FolderImportReq(BaseModel):
    """A folder or zip of bare images."""

    source_path: str = Field(max_length=4096, description="Among the caller's files.")
    folders_as_taxa: bool = Field(
        default=False, description="A folder's name is the taxon of its images."
    )
    parent_taxon: int | None = Field(default=None, description="Where new taxa are made.")
    create_taxa: bool = False


class ImportRsp(BaseModel):
    job_id: int
    errors: list[str] = []


@router.post("/file_import/{project_id}", operation_id="import_file")
def import_file(
    project_id: int, order: ImportReq, user: CurrentUser, conn: Db, settings: Installation
) -> ImportRsp:
    """Load an EcoTaxa package into a project, in the background."""
    project = projects.require(conn, user, project_id, Act.IMPORT)
    folders.source(folders.folder_of(settings, user.user_id), order.source_path)
    wanted = ImportOrder(project_id=project_id, **order.model_dump())
    job_id = enqueue(
        conn, import_package, wanted, owner=user.user_id, project_id=project.project_id
    )
    return ImportRsp(job_id=job_id)


@router.post("/folder_import/{project_id}", operation_id="import_folder")
def import_images(
    project_id: int, order: FolderImportReq, user: CurrentUser, conn: Db, settings: Installation
) -> ImportRsp:
    """Load a folder tree of bare images into a project, in the background."""
    project = projects.require(conn, user, project_id, Act.IMPORT)
    if order.create_taxa:
        policy.ask(user, Act.CREATE_TAXA)
    folders.source(folders.folder_of(settings, user.user_id), order.source_path)
    wanted = FolderOrder(project_id=project_id, **order.model_dump())
    job_id = enqueue(conn, import_folder, wanted, owner=user.user_id, project_id=project.project_id)
    return ImportRsp(job_id=job_id)
