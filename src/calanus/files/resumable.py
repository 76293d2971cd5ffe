"""Uploads that survive interruptions: the protocol TUS 1.0.0 (https://tus.io), without its HTTP.

What has come is kept whatever interrupts, and the sender goes on from there.
"""

import asyncio
import base64
import binascii
import errno
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from io import BufferedWriter
from pathlib import Path, PurePosixPath

from calanus.files import drafts, space
from calanus.files.drafts import Draft
from calanus.files.folders import confined, is_blocked, one_at_a_time, place_of, unused
from calanus.files.space import Limit
from calanus.files.types import (
    BadUploadRequest,
    DiskFull,
    TooManyUploads,
    UploadClosed,
    UploadNotFound,
    UploadStalled,
    UploadTooLarge,
    WrongOffset,
)
from calanus.files.vault import synchronise
from calanus.kit.settings import Settings

BLOCK = 2**20  # bytes written at once
MOST_AT_ONCE = 1000  # unfinished uploads of a person
PATIENCE = 30.0  # seconds without a byte after which a dead connection no longer holds an upload


@dataclass(frozen=True)
class Wanted:
    """What a sender says of a new upload."""

    length: int | None = None
    metadata: str = ""
    partial: bool = False
    parts: Sequence[str] = ()  # the addresses of the uploads to put together


def begin(settings: Settings, root: Path, wanted: Wanted, *, at: datetime) -> Draft:
    """A new upload, when there is room for it: no byte comes before that is sure."""
    draft = described(root, wanted)
    with one_at_a_time(root):
        if wanted.parts:
            return put_together(settings, root, draft, at=at)
        if len(drafts.unfinished(root)) >= MOST_AT_ONCE:
            raise TooManyUploads(MOST_AT_ONCE)
        length = wanted.length or 0
        if length > settings.max_upload_bytes:
            raise UploadTooLarge(settings.max_upload_bytes)
        space.ask(settings, root, length)
        drafts.begin(draft)
    return settle(root, draft) if draft.length == 0 else draft


def described(root: Path, wanted: Wanted) -> Draft:
    """The record of an upload, its path looked at before anything comes."""
    said = metadata_of(wanted.metadata)
    path = "" if wanted.partial else path_of(said)
    if not wanted.partial:
        place_of(root, path)
    return Draft(
        folder=drafts.drafts_of(root),
        path=path,
        length=wanted.length,
        metadata=wanted.metadata,
        fingerprint=said.get("fingerprint", ""),
        partial=wanted.partial,
        parts=tuple(wanted.parts),
    )


def metadata_of(header: str) -> dict[str, str]:
    """What a sender says in pairs: `filename <base64>,filetype <base64>`."""
    said: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            said[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise BadUploadRequest(f"Upload-Metadata: “{key}” is not UTF-8 in base64.") from None
    return said


def path_of(said: Mapping[str, str]) -> str:
    """Where a file will be: a path that does not end with its name is the folder it goes into."""
    name = (said.get("filename") or said.get("name") or "").replace("\\", "/").rpartition("/")[2]
    path = said.get("path") or said.get("relativePath") or ""
    path = "" if path == "null" else path  # as Uppy says that there is none
    if not name and not path.strip("/"):
        raise BadUploadRequest("Upload-Metadata must say the file's name: “filename <base64>”.")
    if not path.strip("/"):
        return name
    inside = not name or PurePosixPath(path).name == name
    return path.strip("/") if inside else f"{path.strip('/')}/{name}"


def declare(settings: Settings, root: Path, draft: Draft, length: int) -> Draft:
    """The length of an upload that began without."""
    if draft.length is not None:
        if draft.length != length:
            raise BadUploadRequest(f"This upload has {draft.length:,} bytes; that is settled.")
        return draft
    if length > settings.max_upload_bytes:
        raise UploadTooLarge(settings.max_upload_bytes)
    if length < draft.offset:
        raise BadUploadRequest(f"{draft.offset:,} bytes have come already.")
    with one_at_a_time(root):
        space.ask(settings, root, length - draft.offset)
        return drafts.with_length(draft, length)


async def receive(draft: Draft, stream: AsyncIterator[bytes], offset: int, *, limit: Limit) -> None:
    """Append what comes. What came before an error is kept.

    Raises:
        UploadClosed: it was put together from others.
        WrongOffset: the sender means another place than the end.
        TooLarge: more comes than may.
        UploadStalled: nothing came for a while.
    """
    if draft.parts:
        raise UploadClosed
    if draft.complete:
        return refuse_offset(draft, offset)
    with drafts.held(draft) as out, disk_errors():
        refuse_offset(draft, offset)
        async for block in blocks(stream):
            offset += len(block)
            if offset > limit.bytes:
                raise limit.error
            await write(out, block)


def refuse_offset(draft: Draft, offset: int) -> None:
    """A sender goes on where the bytes end, nowhere else."""
    if offset != draft.offset:
        raise WrongOffset(draft.offset)


async def blocks(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The bytes in larger pieces; the last one also when the connection breaks, or falls silent."""
    waiting = bytearray()
    try:
        async for chunk in impatient(stream):
            waiting += chunk
            if len(waiting) >= BLOCK:
                yield bytes(waiting)
                waiting.clear()
    except Exception:
        if waiting:
            yield bytes(waiting)
        raise
    if waiting:
        yield bytes(waiting)


async def impatient(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """What comes, until nothing does for a while."""
    chunks = aiter(stream)
    while True:
        try:
            yield await asyncio.wait_for(anext(chunks), PATIENCE)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadStalled from None


async def write(out: BufferedWriter, block: bytes) -> None:
    """Write off the loop, and to the end even when the request is cancelled meanwhile."""

    def written() -> None:
        out.write(block)
        out.flush()

    task = asyncio.create_task(asyncio.to_thread(written))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


@contextmanager
def disk_errors() -> Generator[None]:
    """A disk without room is said as such."""
    try:
        yield
    except OSError as trouble:
        if trouble.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull from None
        raise


def settle(root: Path, draft: Draft) -> Draft:
    """Give a complete file its place, instead of an older one; a part waits for the others."""
    if draft.complete or draft.partial or draft.offset != draft.length:
        return draft
    try:
        with drafts.held(draft) as out:
            os.fsync(out.fileno())
            wanted = place_for(root, draft.path)
            wanted.parent.mkdir(parents=True, exist_ok=True)
            draft.data.replace(wanted)
            synchronise(wanted.parent)
    except UploadNotFound:
        if not draft.record.exists():
            raise  # discarded meanwhile; else another request has just done the same
    return draft


def place_for(root: Path, sub_path: str) -> Path:
    """Where a file goes: beside a folder that has taken its name since, never over it."""
    wanted = confined(root, sub_path)
    if is_blocked(root, wanted) or wanted.is_dir():
        return unused(root / wanted.name)
    return wanted


def put_together(settings: Settings, root: Path, draft: Draft, *, at: datetime) -> Draft:
    """A file out of complete parts, which are no more afterwards."""
    parts = [part_of(root, address, at=at) for address in draft.parts]
    length = sum(part.offset for part in parts)
    if length > settings.max_upload_bytes:
        raise UploadTooLarge(settings.max_upload_bytes)
    if length > space.free(root):
        raise DiskFull
    known = replace(draft, length=length)
    with disk_errors(), known.data.open("wb") as out:
        for part in parts:
            with part.data.open("rb") as file:
                shutil.copyfileobj(file, out, BLOCK)
    drafts.save(known)
    for part in parts:
        drafts.forget(part)
    return settle(root, known)


def part_of(root: Path, address: str, *, at: datetime) -> Draft:
    """A complete part by its address.

    Raises:
        BadUploadRequest: it is no part, or not complete.
    """
    part = drafts.find(root, address.rstrip("/").rpartition("/")[2], at=at)
    if not part.partial or part.length is None or part.offset != part.length or part.complete:
        raise BadUploadRequest(f"{address} is not a complete part of an upload.")
    return part
