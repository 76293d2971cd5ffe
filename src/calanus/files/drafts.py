"""Unfinished uploads on the disk: a record, written once, and the bytes that have come.

The length of the file of bytes *is* the offset: nothing else remembers it, so that no kill, at
whatever moment, can leave the two at odds. A record without that file is of a complete upload.
"""

import json
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from io import BufferedWriter
from pathlib import Path
from secrets import token_hex

from calanus.files.folders import private_of
from calanus.files.types import UploadBusy, UploadExpired, UploadModel, UploadNotFound

DAYS = 5  # without a byte after which an upload is given up
RECORD, BYTES = ".json", ".part"


@dataclass(frozen=True)
class Draft:
    """An upload: what was said of it."""

    folder: Path
    upload_id: str = field(default_factory=lambda: token_hex(16))
    path: str = ""  # where the file will be; empty for a part of another
    length: int | None = None
    metadata: str = ""  # as the sender wrote it
    fingerprint: str = ""
    partial: bool = False
    parts: Sequence[str] = ()  # of an upload put together: addresses, as its sender wrote them

    @property
    def record(self) -> Path:
        """Where it is written."""
        return self.folder / f"{self.upload_id}{RECORD}"

    @property
    def data(self) -> Path:
        """Where its bytes are until it is complete."""
        return self.folder / f"{self.upload_id}{BYTES}"

    @property
    def offset(self) -> int:
        """How many bytes have come."""
        try:
            return self.data.stat().st_size
        except FileNotFoundError:
            return self.length or 0

    @property
    def complete(self) -> bool:
        """Whether the file has got its place."""
        return not self.data.exists()

    @property
    def promised(self) -> int:
        """The bytes it will take, as far as is known."""
        return 0 if self.complete else max(self.length or 0, self.offset)

    @property
    def expires(self) -> datetime:
        """When it is given up, unless bytes come."""
        for file in (self.data, self.record):
            with suppress(FileNotFoundError):
                return datetime.fromtimestamp(file.stat().st_mtime, UTC) + timedelta(days=DAYS)
        return datetime.min.replace(tzinfo=UTC)

    def as_model(self) -> UploadModel:
        """As the person is told of it."""
        return UploadModel(
            upload_id=self.upload_id,
            path=self.path,
            length=self.length,
            offset=self.offset,
            fingerprint=self.fingerprint,
            expires=self.expires,
        )


def drafts_of(root: Path) -> Path:
    """The folder of a person's unfinished uploads."""
    folder = private_of(root) / "uploads"
    folder.mkdir(exist_ok=True)
    return folder


def save(draft: Draft) -> None:
    """Write what was said of an upload, wholly or not at all."""
    said = asdict(draft) | {"folder": None}
    text = draft.record.with_suffix(f".{token_hex(4)}.new")
    with text.open("w", encoding="utf-8") as out:
        json.dump(said, out)
        out.flush()
        os.fsync(out.fileno())
    text.replace(draft.record)


def read(record: Path) -> Draft | None:
    """An upload by its record; nothing when another request has just removed it."""
    try:
        said = json.loads(record.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return Draft(**said | {"folder": record.parent, "parts": tuple(said["parts"])})


def find(root: Path, upload_id: str, *, at: datetime) -> Draft:
    """An upload of this person: another's is as unknown as none.

    Raises:
        UploadNotFound, UploadExpired: there is none, or no longer.
    """
    draft = read(drafts_of(root) / f"{upload_id}{RECORD}")
    if draft is None:
        raise UploadNotFound
    if draft.expires < at:
        raise UploadExpired(DAYS)
    return draft


def all_in(folder: Path) -> list[Draft]:
    """All uploads of a folder, complete ones that are still remembered included."""
    found = [read(record) for record in sorted(folder.glob(f"*{RECORD}"))]
    return [draft for draft in found if draft]


def unfinished_in(folder: Path) -> list[Draft]:
    """The uploads of a folder that are not complete, found without reading those that are."""
    found = [read(data.with_suffix(RECORD)) for data in sorted(folder.glob(f"*{BYTES}"))]
    return [draft for draft in found if draft]


def unfinished(root: Path) -> list[Draft]:
    """The uploads of a person that are not complete."""
    return unfinished_in(drafts_of(root))


def begin(draft: Draft) -> None:
    """An upload without a byte yet; its record last, which makes it one."""
    draft.data.touch()
    save(draft)


def with_length(draft: Draft, length: int) -> Draft:
    """The upload, now that its length is known."""
    known = replace(draft, length=length)
    save(known)
    return known


def forget(draft: Draft) -> None:
    """Remove an upload; its record first, without which the rest is litter."""
    draft.record.unlink(missing_ok=True)
    draft.data.unlink(missing_ok=True)


@contextmanager
def held(draft: Draft) -> Generator[BufferedWriter]:
    """The end of an upload's bytes, for one writer at a time, on any number of servers.

    Raises:
        UploadBusy: somebody else writes.
        UploadNotFound: it was completed or removed meanwhile.
    """
    try:
        descriptor = os.open(draft.data, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        raise UploadNotFound from None
    with open(descriptor, "ab") as out:
        try:
            flock(out, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise UploadBusy from None
        if draft.complete or not os.path.samestat(os.fstat(out.fileno()), draft.data.stat()):
            raise UploadNotFound  # completed between our opening and our lock
        yield out
