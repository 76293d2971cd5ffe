"""Files: where images are, what a user's folder holds, and the errors of asking for either."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from calanus.kit.errors import CalanusError, Conflict, NotFound, TooLarge, TooMany


@dataclass(frozen=True)
class Place:
    """Where a file lies: the first byte of its content, in one pack of its project."""

    pack_id: int
    position: int
    length: int


@dataclass(frozen=True)
class StoredImage:
    """The first image of an object, and where it lies."""

    object_id: int
    path: str
    position: int
    length: int


class DirectoryEntryModel(BaseModel):
    """A file (F) or a folder (D)."""

    name: str
    type: str
    size: int = Field(description="Of zips only, as in EcoTaxa: see bytes.")
    mtime: str = Field(description="Of zips only, as in EcoTaxa: see changed.")
    bytes: int = Field(default=0, description="Of a file, or of all that a folder holds.")
    files: int = Field(default=1, description="How many a folder holds, at any depth.")
    changed: datetime | None = None
    origin: str | None = Field(default=None, description="Where a thing in the trash was.")


class SpaceModel(BaseModel):
    """How much a person has stored, and may."""

    used: int = Field(description="Bytes of all files, those in the trash included.")
    promised: int = Field(description="Bytes of unfinished uploads, when they are complete.")
    quota: int = Field(description="Bytes that a person may store; 0 for no limit.")
    free: int = Field(description="Bytes that the disk can still take.")


class DirectoryModel(BaseModel):
    """What a folder holds."""

    path: str
    entries: list[DirectoryEntryModel]
    trash: str = Field(default="", description="The name of the person's trash.")
    space: SpaceModel | None = None


class UploadModel(BaseModel):
    """An upload that is not complete."""

    upload_id: str
    path: str = Field(description="Where the file will be.")
    length: int | None = Field(description="Bytes of the whole file, once they are known.")
    offset: int = Field(description="Bytes that have come.")
    fingerprint: str = Field(description="What the sender called these very bytes.")
    expires: datetime


class ImageNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such image, or you may not see it; sign in to see more.")


class FileNotThere(NotFound):
    def __init__(self, path: str) -> None:
        super().__init__(f"There is no “{path}” among your files.")


class FileExists(Conflict):
    status = 422

    def __init__(self, path: str) -> None:
        super().__init__(f"There is already a “{path}” among your files.")


class NotAFolder(CalanusError):
    def __init__(self, path: str) -> None:
        super().__init__(f"“{path}” would pass through a file as if it were a folder.")


class PathRefused(CalanusError):
    """A path that leads, or may lead, out of its folder."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"“{path}” is not a path inside your files: it is absolute, climbs with “..”, or "
            "follows a link."
        )


class BadUpload(CalanusError):
    """A form that brings no file, or a file under another name than its path."""


class QuotaExceeded(TooLarge):
    def __init__(self, left: int, quota: int) -> None:
        super().__init__(
            f"This does not fit into your files: {max(left, 0):,} of {quota:,} bytes are left. "
            "Empty your trash, discard unfinished uploads, or ask for a larger quota."
        )


class DiskFull(CalanusError):
    """The disk of the server is full."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            "The server's disk is nearly full and takes no upload of this size; tell its "
            "application manager. Nothing that came before is lost."
        )


class UploadTooLarge(TooLarge):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The upload is larger than this installation accepts ({limit:,} bytes); "
            "ask its application manager to raise max_upload_bytes."
        )


class MoreThanAnnounced(TooLarge):
    def __init__(self, length: int) -> None:
        super().__init__(f"More comes than the {length:,} bytes that were announced.")


class UploadNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("You have no such upload; begin it again.")


class UploadExpired(CalanusError):
    status = 410

    def __init__(self, days: int) -> None:
        super().__init__(f"Nothing came for {days} days, and the upload was given up.")


class TooManyUploads(TooMany):
    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most:,} unfinished uploads: complete or discard some first.")


class WrongOffset(Conflict):
    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset:,} bytes have come so far: go on from there.")


class UploadBusy(CalanusError):
    status = 423

    def __init__(self) -> None:
        super().__init__("Another request is sending to this upload; try again in half a minute.")


class UploadStalled(CalanusError):
    status = 408

    def __init__(self) -> None:
        super().__init__("Nothing came for a while; what came before is kept, go on from there.")


class UploadClosed(CalanusError):
    status = 403

    def __init__(self) -> None:
        super().__init__("An upload put together from others takes no more bytes.")


class OtherProtocol(CalanusError):
    status = 412

    def __init__(self, version: str) -> None:
        super().__init__(f"Say “Tus-Resumable: {version}”: this is the protocol spoken here.")


class WrongMediaType(CalanusError):
    status = 415

    def __init__(self, wanted: str) -> None:
        super().__init__(f"Send the bytes of an upload as {wanted}.")


class BadUploadRequest(CalanusError):
    """A header of a resumable upload that is missing or makes no sense."""

    status = 400


class NotInTrash(CalanusError):
    def __init__(self, path: str) -> None:
        super().__init__(f"“{path}” is not in your trash; only what is there can be restored.")
