"""How HTTP asks for images."""

import struct
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response

from calanus.files.access import Images, admit
from calanus.files.index import Location
from calanus.files.sizes import FULL_SIZE
from calanus.files.types import ImageNotFound
from calanus.files.vault import extension
from calanus.kit.ids import ProjectId, project_of_image
from calanus.kit.interface import files
from calanus.users.session import MaybeToken

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


@router.head("/vault/{folder}/{file}", include_in_schema=False)
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


@router.get(
    "/projects/{project_id}/thumbnails",
    operation_id="thumbnails",
    tags=["projects"],
    response_class=Response,
    responses=files("application/octet-stream"),
)
def thumbnails(
    request: Request,
    images: Images,
    _: MaybeToken,
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
