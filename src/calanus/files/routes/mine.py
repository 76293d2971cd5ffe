"""How HTTP asks for a person's files, and for the server's folders."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request

from calanus.files import drafts, folders, sources, space, trash, upload
from calanus.files.types import DirectoryModel, DiskFull, UploadModel
from calanus.kit.http import Installation
from calanus.kit.interface import refusal
from calanus.users import session
from calanus.users.session import CurrentUser
from calanus.users.types import NotAuthenticated

router = APIRouter()

UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "title": "Body_put_user_file_user_files__post",
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "path": {"type": "string"},
                    },
                }
            }
        },
    }
}

SourcePath = Annotated[str, Form()]


def own_folder(user: CurrentUser, settings: Installation) -> Path:
    """The folder of whoever asks."""
    return folders.folder_of(settings, user.user_id)


def folder_to_fill(request: Request, settings: Installation, token: session.Token) -> Path:
    """The folder of whoever uploads; no connection waits while the bytes come."""
    if token is None:
        raise NotAuthenticated
    with request.app.state.pool.connection() as conn:
        user = session.asking(request, conn, token)
    return folders.folder_of(settings, user.user_id)


OwnFolder = Annotated[Path, Depends(own_folder)]
FolderToFill = Annotated[Path, Depends(folder_to_fill)]


@router.post(
    "/user_files/",
    operation_id="post_user_file",
    tags=["MyFiles"],
    openapi_extra=UPLOAD_FORM,
    responses=refusal(DiskFull),
)
async def post_user_file(request: Request, settings: Installation, root: FolderToFill) -> str:
    """Upload a file; the path it has among the person's files. Archives stay as they are."""
    content_type = request.headers.get("content-type", "")
    announced = request.headers.get("content-length", "")
    length = int(announced) if announced.isdecimal() else None
    limit = await asyncio.to_thread(space.limit_of, settings, root, length=length)
    return await upload.receive(request.stream(), content_type, root, limit=limit)


@router.post("/user_files/mv/", operation_id="move_user_file", tags=["MyFiles"])
def move_user_file(root: OwnFolder, source_path: SourcePath, dest_path: SourcePath) -> str:
    """Rename or move a file or a folder."""
    return folders.move(root, source_path, dest_path)


@router.post("/user_files/rm/", operation_id="remove_user_file", tags=["MyFiles"])
def remove_user_file(root: OwnFolder, source_path: SourcePath) -> int:
    """Move a file or a folder to the trash, or out of the trash for good."""
    return trash.remove(root, source_path)


@router.post("/user_files/restore/", operation_id="restore_user_file", tags=["MyFiles"])
def restore_user_file(root: OwnFolder, source_path: SourcePath) -> str:
    """Move a file or a folder from the trash back to where it was; its path."""
    return trash.restore(root, source_path)


@router.post("/user_files/create/", operation_id="create_user_file", tags=["MyFiles"])
def create_user_file(root: OwnFolder, source_path: SourcePath) -> str:
    """Make a folder."""
    return folders.create(root, source_path)


@router.get("/user_uploads/", operation_id="list_user_uploads", tags=["MyFiles"])
def list_user_uploads(root: OwnFolder) -> list[UploadModel]:
    """The person's unfinished uploads, which go on at /user_files/upload/{upload_id}."""
    return [draft.as_model() for draft in drafts.unfinished(root) if not draft.partial]


@router.get("/user_files/{sub_path:path}", operation_id="list_user_files", tags=["MyFiles"])
def list_user_files(root: OwnFolder, settings: Installation, sub_path: str) -> DirectoryModel:
    """What one of the person's folders holds."""
    listed = trash.with_origins(root, folders.listing(root, sub_path))
    told = {"space": space.space_of(settings, root), "trash": folders.trash_of(root).name}
    return listed.model_copy(update=told)


@router.get("/common_files/", operation_id="list_common_files", tags=["CommonFiles"])
def list_common_files(
    user: CurrentUser, settings: Installation, path: Annotated[str, Query(max_length=4096)]
) -> DirectoryModel:
    """What a folder of the server holds; an import names it with “common:” before its path."""
    return sources.common_listing(settings, user, path)
