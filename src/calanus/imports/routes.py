"""How HTTP asks for imports."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from calanus.files import sources
from calanus.imports.jobs import import_folder, import_package, measure_objects
from calanus.imports.simple import read_form
from calanus.imports.types import Answers, FolderOrder, ImportOrder, MeasureOrder
from calanus.jobs.run import enqueue
from calanus.kit.http import Db, Installation
from calanus.projects import service as projects
from calanus.users import policy
from calanus.users.policy import Act
from calanus.users.session import CurrentUser

router = APIRouter(tags=["projects"])
SOURCE = "Among the caller's files; with “common:” before it, in the server's folders."


class ImportReq(BaseModel):
    source_path: str = Field(max_length=4096, description=SOURCE)
    taxo_mappings: dict[str, str] = Field(
        default={}, description="Names found, and the names or ids of taxa that they mean."
    )
    skip_loaded_files: bool = False
    skip_existing_objects: bool = False
    update_mode: str = Field(
        default="",
        max_length=10,
        description="Yes changes values of known objects, Cla identifications, too.",
    )
    dry_run: bool = Field(
        default=False, description="Check everything and say what would be done; write nothing."
    )
    answers: Answers = Field(
        default=Answers(), description="What is known beforehand to be asked, as to a question."
    )
    instrument: Literal["auto", "none", "ifcb", "flowcam", "zooscan", "planktoscope"] = Field(
        default="auto", description="Whose files these are; none: a package of EcoTaxa."
    )
    measure: bool = Field(
        default=False, description="Measure IFCB images as WHOI does; needs the extra ifcb."
    )


FormValues = Annotated[
    dict[Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=1000)]],
    Field(
        max_length=50,
        description="What holds for every image, each optional: imgdate, imgtime, latitude, "
        "longitude, depthmin, depthmax; taxolb, userlb, datelb, status (P, V or D), which go "
        "together.",
    ),
]
DryRun = Annotated[bool, Query(description="Only say what is wrong with the values.")]


class SimpleImportReq(BaseModel):
    """Bare images, and what holds for all of them."""

    source_path: str = Field(max_length=4096, description=SOURCE)
    values: FormValues
    possible_values: list[str] | None = Field(default=None, max_length=100, description="Not read.")


class SimpleImportRsp(BaseModel):
    job_id: int = Field(description="0 when there are errors, or nothing but a check was asked.")
    errors: list[str] = Field(description="What is wrong with the values: “field: reason”.")


class FolderImportReq(BaseModel):
    """A folder or zip of bare images."""

    source_path: str = Field(max_length=4096, description=SOURCE)
    values: FormValues = {}
    folders_as_taxa: bool = Field(
        default=False, description="A folder's name is the taxon of its images."
    )
    parent_taxon: int | None = Field(default=None, description="Where new taxa are made.")
    create_taxa: bool = False
    dry_run: bool = Field(
        default=False,
        description="Check every image and say in the job what would be done; write nothing.",
    )
    answers: Answers = Field(
        default=Answers(), description="What is known beforehand to be asked, as to a question."
    )


class ImportRsp(BaseModel):
    job_id: int
    errors: list[str] = []


@router.post("/file_import/{project_id}", operation_id="import_file")
def import_file(
    project_id: int, order: ImportReq, user: CurrentUser, conn: Db, settings: Installation
) -> ImportRsp:
    """Load an EcoTaxa package into a project, in the background."""
    project = projects.require(conn, user, project_id, Act.IMPORT)
    sources.require(settings, user, order.source_path)
    wanted = ImportOrder(project_id=project_id, **order.model_dump())
    job_id = enqueue(
        conn, import_package, wanted, owner=user.user_id, project_id=project.project_id
    )
    return ImportRsp(job_id=job_id)


@router.post("/folder_import/{project_id}", operation_id="import_folder")
def import_images(
    project_id: int,
    order: FolderImportReq,
    user: CurrentUser,
    conn: Db,
    settings: Installation,
    dry_run: DryRun = False,
) -> SimpleImportRsp:
    """Load a folder tree of bare images into a project, in the background."""
    project = projects.require(conn, user, project_id, Act.IMPORT)
    if order.create_taxa:
        policy.ask(user, Act.CREATE_TAXA)
    errors = read_form(conn, order.values).errors
    if errors or dry_run:
        return SimpleImportRsp(job_id=0, errors=errors)
    sources.require(settings, user, order.source_path)
    wanted = FolderOrder(project_id=project_id, **order.model_dump())
    job_id = enqueue(conn, import_folder, wanted, owner=user.user_id, project_id=project.project_id)
    return SimpleImportRsp(job_id=job_id, errors=[])


@router.post("/simple_import/{project_id}", operation_id="simple_import")
def import_simply(
    project_id: int,
    order: SimpleImportReq,
    dry_run: DryRun,
    user: CurrentUser,
    conn: Db,
    settings: Installation,
) -> SimpleImportRsp:
    """Load bare images into a project as EcoTaxa does: an object's name is a sum of its path."""
    project = projects.require(conn, user, project_id, Act.IMPORT)
    errors = read_form(conn, order.values).errors
    if errors or dry_run:
        return SimpleImportRsp(job_id=0, errors=errors)
    sources.require(settings, user, order.source_path)
    wanted = FolderOrder(
        project_id=project_id,
        source_path=order.source_path,
        values=order.values,
        hashed_names=True,
    )
    job_id = enqueue(conn, import_folder, wanted, owner=user.user_id, project_id=project.project_id)
    return SimpleImportRsp(job_id=job_id, errors=[])


@router.post("/projects/{project_id}/measure", operation_id="measure_project")
def measure(project_id: int, user: CurrentUser, conn: Db) -> ImportRsp:
    """Measure the images of a project's objects that lack measures, in the background."""
    project = projects.require(conn, user, project_id, Act.IMPORT)
    order = MeasureOrder(project_id=project.project_id)
    job_id = enqueue(conn, measure_objects, order, owner=user.user_id, project_id=project_id)
    return ImportRsp(job_id=job_id)
