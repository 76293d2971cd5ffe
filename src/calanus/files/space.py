"""How much a person may store, and what the disk can take. Asked before bytes are taken."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from calanus.files import drafts
from calanus.files.folders import measured
from calanus.files.types import DiskFull, QuotaExceeded, SpaceModel, UploadTooLarge
from calanus.kit.errors import CalanusError
from calanus.kit.settings import Settings

KEPT_FREE = 2**30  # bytes: the database lies on the same disk, and must never meet its end


@dataclass(frozen=True)
class Limit:
    """How long an upload may become, and what is said beyond."""

    bytes: int
    error: CalanusError


def space_of(settings: Settings, root: Path) -> SpaceModel:
    """What a person has stored, what unfinished uploads will add, and what is left."""
    used, _ = measured(root)
    return SpaceModel(
        used=used,
        promised=sum(draft.promised for draft in drafts.unfinished(root)),
        quota=settings.user_quota_bytes,
        free=free(root),
    )


def free(root: Path) -> int:
    """What the disk can take beside the uploads that everybody has begun."""
    begun = [
        draft.promised - draft.offset
        for folder in root.parent.glob(".*/uploads")
        for draft in drafts.unfinished_in(folder)
    ]
    return max(0, shutil.disk_usage(root).free - KEPT_FREE - sum(begun))


def ask(settings: Settings, root: Path, wanted: int) -> int:
    """Pass when so many more bytes fit; how many would.

    Raises:
        QuotaExceeded, DiskFull: they do not.
    """
    space = space_of(settings, root)
    left = space.quota - space.used - space.promised if space.quota else space.free
    if wanted > left:
        raise QuotaExceeded(left, space.quota) if space.quota else DiskFull
    if wanted > space.free:
        raise DiskFull
    return min(left, space.free)


def limit_of(settings: Settings, root: Path, *, length: int | None, offset: int = 0) -> Limit:
    """How long an upload may become: its own length, or as far as there is room.

    Raises:
        UploadTooLarge, QuotaExceeded, DiskFull: the length alone is too much.
    """
    most = settings.max_upload_bytes
    if length is not None and length > most:
        raise UploadTooLarge(most)
    left = ask(settings, root, length or 0)
    if left < most - offset:
        return Limit(offset + left, QuotaExceeded(left, settings.user_quota_bytes))
    return Limit(most, UploadTooLarge(most))
