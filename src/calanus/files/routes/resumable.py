"""How HTTP asks for resumable uploads: TUS 1.0.0, https://tus.io/protocols/resumable-upload.

No part of the OpenAPI document, as in EcoTaxa: the protocol's own clients know it.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from calanus.files import drafts, resumable, space
from calanus.files.drafts import Draft
from calanus.files.resumable import Wanted
from calanus.files.routes.mine import FolderToFill
from calanus.files.space import Limit
from calanus.files.types import (
    BadUploadRequest,
    MoreThanAnnounced,
    OtherProtocol,
    UploadNotFound,
    WrongMediaType,
)
from calanus.kit.errors import CalanusError
from calanus.kit.http import Installation, host_of
from calanus.kit.settings import Settings

VERSION = "1.0.0"
EXTENSIONS = (
    "creation,creation-defer-length,creation-with-upload,expiration,termination,concatenation"
)
MEDIA_TYPE = "application/offset+octet-stream"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TusRoute(APIRoute):
    """Every request and every answer, refusals too, says the version of the protocol."""

    def get_route_handler(self) -> Handler:
        """The route, between two looks at the version."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            said = request.headers.get("tus-resumable")
            try:
                if said != VERSION and request.method != "OPTIONS":
                    raise OtherProtocol(VERSION)
                answer = await handle(request)
            except CalanusError as error:
                answer = JSONResponse({"detail": str(error)}, error.status)
            answer.headers["Tus-Resumable"] = VERSION
            if answer.status_code == 412:
                answer.headers["Tus-Version"] = VERSION
            return answer

        return handled


router = APIRouter(route_class=TusRoute, include_in_schema=False)


@router.options("/user_files/upload")
@router.options("/user_files/upload/")
def offer(settings: Installation) -> Response:
    """What this server speaks; anybody may know."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.max_upload_bytes),
    }
    return Response(status_code=204, headers=headers)


@router.post("/user_files/upload")
@router.post("/user_files/upload/")
async def begin_upload(request: Request, settings: Installation, root: FolderToFill) -> Response:
    """Begin an upload, perhaps with its first bytes."""
    wanted = wanted_of(request)
    with_bytes = carries_bytes(request)
    at = datetime.now(UTC)
    draft = await asyncio.to_thread(resumable.begin, settings, root, wanted, at=at)
    headers = {"Location": address_of(request, settings, draft)}
    if with_bytes:
        draft = await take(request, settings, root, draft, offset=0)
        headers["Upload-Offset"] = str(draft.offset)
    return Response(status_code=201, headers=headers | expiry(draft))


def draft_named(root: FolderToFill, upload_id: str) -> Draft:
    """The upload that the address names, of whoever asks."""
    if not re.fullmatch("[0-9a-f]{32}", upload_id):
        raise UploadNotFound
    return drafts.find(root, upload_id, at=datetime.now(UTC))


NamedDraft = Annotated[Draft, Depends(draft_named)]


@router.head("/user_files/upload/{upload_id}")
async def tell_upload(root: FolderToFill, draft: NamedDraft) -> Response:
    """How far an upload is. One that was killed at its very end gets its place now."""
    draft = await asyncio.to_thread(resumable.settle, root, draft)
    headers = {"Upload-Offset": str(draft.offset), "Cache-Control": "no-store"}
    if draft.length is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(draft.length)
    if draft.metadata:
        headers["Upload-Metadata"] = draft.metadata
    if draft.partial or draft.parts:
        whole = "final;" + " ".join(draft.parts)
        headers["Upload-Concat"] = "partial" if draft.partial else whole
    return Response(status_code=200, headers=headers | expiry(draft))


@router.patch("/user_files/upload/{upload_id}")
async def continue_upload(
    request: Request, settings: Installation, root: FolderToFill, draft: NamedDraft
) -> Response:
    """More bytes of an upload."""
    if not carries_bytes(request):
        raise WrongMediaType(MEDIA_TYPE)
    offset = number(request, "Upload-Offset")
    if offset is None:
        raise BadUploadRequest("Upload-Offset says where the bytes go; it is missing.")
    length = number(request, "Upload-Length")
    if length is not None:
        draft = await asyncio.to_thread(resumable.declare, settings, root, draft, length)
    draft = await take(request, settings, root, draft, offset=offset)
    return Response(status_code=204, headers={"Upload-Offset": str(draft.offset)} | expiry(draft))


@router.delete("/user_files/upload/{upload_id}")
def end_upload(draft: NamedDraft) -> Response:
    """Discard an upload; a file that is complete stays."""
    drafts.forget(draft)
    return Response(status_code=204)


@router.post("/user_files/upload/{upload_id}")
async def disguised(
    request: Request, settings: Installation, root: FolderToFill, draft: NamedDraft
) -> Response:
    """The same for clients whose network lets only GET and POST through."""
    meant = request.headers.get("x-http-method-override", "").upper()
    if meant == "PATCH":
        return await continue_upload(request, settings, root, draft)
    if meant == "DELETE":
        return end_upload(draft)
    if meant == "HEAD":
        return await tell_upload(root, draft)
    raise BadUploadRequest("Send more bytes of an upload with PATCH.")


async def take(
    request: Request, settings: Settings, root: Path, draft: Draft, *, offset: int
) -> Draft:
    """Take the bytes of a request, and give a file its place when they were the last."""
    limit = await asyncio.to_thread(limit_of, settings, root, draft)
    announced = number(request, "Content-Length") or 0
    fits = offset + announced <= limit.bytes
    if not fits and offset == draft.offset and not draft.parts:
        raise limit.error
    await resumable.receive(draft, request.stream(), offset, limit=limit)
    return await asyncio.to_thread(resumable.settle, root, draft)


def limit_of(settings: Settings, root: Path, draft: Draft) -> Limit:
    """How long an upload may become: room for a length that was told was made at its beginning."""
    if draft.length is not None:
        return Limit(draft.length, MoreThanAnnounced(draft.length))
    return space.limit_of(settings, root, length=None, offset=draft.offset)


def wanted_of(request: Request) -> Wanted:
    """What the headers say of a new upload."""
    metadata = request.headers.get("upload-metadata", "")
    concat = request.headers.get("upload-concat", "").strip()
    deferred = request.headers.get("upload-defer-length")
    length = number(request, "Upload-Length")
    if concat.startswith("final;") and concat.removeprefix("final;").split():
        if length is not None or deferred is not None:
            raise BadUploadRequest("The length of an upload put together follows from its parts.")
        return Wanted(metadata=metadata, parts=concat.removeprefix("final;").split())
    if concat not in ("", "partial"):
        raise BadUploadRequest("Upload-Concat is “partial”, or “final;” and addresses of parts.")
    if (length is None) != (deferred == "1"):
        raise BadUploadRequest("Say either Upload-Length, or “Upload-Defer-Length: 1”.")
    return Wanted(length=length, metadata=metadata, partial=concat == "partial")


def number(request: Request, name: str) -> int | None:
    """A header that is a number of bytes."""
    said = request.headers.get(name)
    if said is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", said):
        raise BadUploadRequest(f"{name}: “{said}” is not a number of bytes.")
    return int(said)


def carries_bytes(request: Request) -> bool:
    """Whether a request says that it brings bytes of an upload.

    Raises:
        WrongMediaType: it brings something else.
    """
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said == MEDIA_TYPE:
        return True
    if said and (number(request, "Content-Length") or "transfer-encoding" in request.headers):
        raise WrongMediaType(MEDIA_TYPE)
    return False


def address_of(request: Request, settings: Settings, draft: Draft) -> str:
    """Where an upload goes on: below the address that people type, when it is known.

    A page of another host, such as a front end that hands its calls on, goes on where it is: a
    browser would not send its bytes elsewhere.
    """
    origin = request.headers.get("origin")
    elsewhere = origin is not None and host_of(origin) != host_of(settings.public_url)
    base = "" if elsewhere else settings.public_url.rstrip("/")
    return f"{base}/api/user_files/upload/{draft.upload_id}"


def expiry(draft: Draft) -> dict[str, str]:
    """When an unfinished upload is given up."""
    return {} if draft.complete else {"Upload-Expires": format_datetime(draft.expires, usegmt=True)}
