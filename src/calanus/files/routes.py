"""How HTTP asks for images and for a person's files."""

import struct
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from calanus.files import folders, upload
from calanus.files.access import Images, admit
from calanus.files.index import Location
from calanus.files.sizes import FULL_SIZE
from calanus.files.types import DirectoryModel, ImageNotFound
from calanus.files.vault import extension
from calanus.kit.http import Installation
from calanus.kit.ids import ProjectId, project_of_image
from calanus.users import session
from calanus.users.session import CurrentUser
from calanus.users.types import NotAuthenticated

router = APIRouter()

IMAGES_A_FOLDER = 10_000
MOST_THUMBNAILS = 500
MINI = 320  # pixels
MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".bmp": "image/bmp",
    "": "application/octet-stream",
}
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


@router.get("/vault/{folder}/{file}", include_in_schema=False)
def image(
    request: Request,
    images: Images,
    folder: Annotated[str, InPath(pattern=r"^[0-9]{4,15}$")],
    file: Annotated[str, InPath(pattern=r"^[0-9]{4}(_mini)?\.[a-zA-Z]{3,4}$")],
    v: str = "",
    original: bool = False,
) -> Response:
    """The bytes of an image, for those who may see its project: shown, or the very file given."""
    image_id = int(folder) * IMAGES_A_FOLDER + int(file[:4])
    admit(request, project_of_image(image_id))
    size = 0 if original else MINI if "_mini" in file else FULL_SIZE
    found = images.find(image_id, size=size, hash8=v)
    if found is None:
        raise ImageNotFound
    tag = f'"{found.hash}-{found.length}"'
    headers = headers_of(found, tag, named=v == found.hash)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    data = images.read(found)
    return Response(data, media_type=MEDIA_TYPES[extension(data)], headers=headers)


def headers_of(found: Location, tag: str, *, named: bool) -> dict[str, str]:
    """A URL that names the hash never changes its content; another may, so it is asked again."""
    kept = "private, immutable, max-age=31536000" if named else "private, max-age=60"
    return {
        "Cache-Control": kept,
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Vary": "Authorization, Cookie",
    }


@router.get("/projects/{project_id}/thumbnails", operation_id="thumbnails", tags=["projects"])
def thumbnails(
    request: Request,
    images: Images,
    project_id: int,
    ids: Annotated[str, Query(pattern=r"^\d{1,18}(,\d{1,18})*$", max_length=MOST_THUMBNAILS * 19)],
    size: Annotated[int, Query(ge=1, le=320)] = 160,
) -> Response:
    """Many images in one answer: their count, then ids (8 bytes) and lengths (4), then all bytes.

    Numbers are little-endian; a length of 0 means that there is no such image in the project.
    """
    admit(request, ProjectId(project_id))
    wanted = [int(image_id) for image_id in ids.split(",")][:MOST_THUMBNAILS]
    found = [
        images.find(image_id, size=size) if project_of_image(image_id) == project_id else None
        for image_id in wanted
    ]
    data = [images.read(location) if location else b"" for location in found]
    head = struct.pack("<I", len(wanted)) + b"".join(
        struct.pack("<QI", image_id, len(bytes_))
        for image_id, bytes_ in zip(wanted, data, strict=True)
    )
    return Response(
        b"".join([head, *data]),
        media_type="application/octet-stream",
        headers={"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"},
    )


def own_folder(user: CurrentUser, settings: Installation) -> Path:
    """The folder of whoever asks."""
    return folders.folder_of(settings, user.user_id)


def folder_to_fill(request: Request, settings: Installation) -> Path:
    """The folder of whoever uploads; no connection waits while the bytes come."""
    token = session.credentials(request)
    if token is None:
        raise NotAuthenticated
    state = request.app.state
    with state.pool.connection() as conn:
        user = session.person_of_token(conn, token, key=state.secret_key, policy=settings.policy)
    return folders.folder_of(settings, user.user_id)


OwnFolder = Annotated[Path, Depends(own_folder)]


@router.post(
    "/user_files/", operation_id="post_user_file", tags=["MyFiles"], openapi_extra=UPLOAD_FORM
)
async def post_user_file(
    request: Request, settings: Installation, root: Annotated[Path, Depends(folder_to_fill)]
) -> str:
    """Upload a file; the path it has among the person's files. Archives stay as they are."""
    content_type = request.headers.get("content-type", "")
    limit = settings.max_upload_bytes
    return await upload.receive(request.stream(), content_type, root, limit=limit)


@router.post("/user_files/mv/", operation_id="move_user_file", tags=["MyFiles"])
def move_user_file(root: OwnFolder, source_path: SourcePath, dest_path: SourcePath) -> str:
    """Rename or move a file or a folder."""
    return folders.move(root, source_path, dest_path)


@router.post("/user_files/rm/", operation_id="remove_user_file", tags=["MyFiles"])
def remove_user_file(root: OwnFolder, source_path: SourcePath) -> int:
    """Move a file or a folder to the trash, or out of the trash for good."""
    return folders.remove(root, source_path, f"trash.{root.name}")


@router.post("/user_files/create/", operation_id="create_user_file", tags=["MyFiles"])
def create_user_file(root: OwnFolder, source_path: SourcePath) -> str:
    """Make a folder."""
    return folders.create(root, source_path)


@router.get("/user_files/{sub_path:path}", operation_id="list_user_files", tags=["MyFiles"])
def list_user_files(root: OwnFolder, sub_path: str) -> DirectoryModel:
    """What one of the person's folders holds."""
    return folders.listing(root, sub_path)
