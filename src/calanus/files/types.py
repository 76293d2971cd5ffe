"""Files: where images are, what a user's folder holds, and the errors of asking for either."""

from dataclasses import dataclass

from pydantic import BaseModel

from calanus.kit.errors import CalanusError, Conflict, NotFound, TooLarge


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
    size: int
    mtime: str


class DirectoryModel(BaseModel):
    """What a folder holds."""

    path: str
    entries: list[DirectoryEntryModel]


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


class PathRefused(CalanusError):
    """A path that leads, or may lead, out of its folder."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"“{path}” is not a path inside your files: it is absolute, climbs with “..”, or "
            "follows a link."
        )


class BadUpload(CalanusError):
    """A form that brings no file, or a file under another name than its path."""


class UploadTooLarge(TooLarge):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The upload is larger than this installation accepts ({limit:,} bytes); "
            "ask its application manager to raise max_upload_bytes."
        )
