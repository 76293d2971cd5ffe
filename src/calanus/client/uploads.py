"""Files that go: resumable uploads (TUS 1.0.0, https://tus.io), and folders as one zip.

What has come to the server is never sent again: not when the line breaks, and not when the script
is started anew, for the server remembers what we called these very bytes.
"""

import base64
import hashlib
import io
import shutil
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from calanus.client.errors import CalanusError, Conflict, ConnectionLost, Invalid, TimedOut
from calanus.client.progress import Told
from calanus.client.wire import Wire

CHUNK = 8 * 2**20  # bytes a request
MOST_TRIES = 20  # without a byte that comes
AGAIN = frozenset({408, 423, 502, 503, 504})  # stalled, busy, being started again
TUS = {"Tus-Resumable": "1.0.0"}
PACKED = frozenset({".tsv", ".txt", ".csv", ".json", ".xml"})  # worth compressing


class ServerPath(str):
    """A file among one's own on the server."""

    __slots__ = ()


def send_path(wire: Wire, source: Path, to: str | None, tell: Told) -> ServerPath:
    """A file as it is, or a folder as one zip; where it is on the server.

    Raises:
        Invalid: there is nothing to send.
    """
    if source.is_dir():
        return send_folder(wire, source, to or f"{source.resolve().name}.zip", tell)
    if not source.is_file():
        raise Invalid(f"There is nothing at {source}.")
    return send_file(wire, source, to or source.name, tell)


def send_file(wire: Wire, source: Path, to: str, tell: Told) -> ServerPath:
    """One file."""
    known = source.stat()
    draft = Draft.of(wire, to, f"{known.st_size}-{known.st_mtime_ns}", known.st_size)
    with source.open("rb") as file:
        file.seek(draft.offset)
        while draft.offset < known.st_size:
            block = file.read(min(CHUNK, known.st_size - draft.offset))
            if not block:
                raise Invalid(f"{source} became shorter while it was sent; send it again.")
            draft.push(block)
            tell(100 * draft.offset // known.st_size, f"Uploading {source.name}")
    return ServerPath(to)


def send_folder(wire: Wire, source: Path, to: str, tell: Told) -> ServerPath:
    """All files of a folder as one zip, made while it is sent; hidden ones stay behind."""
    files = files_below(source)
    if not files:
        raise Invalid(f"The folder {source} holds no file.")
    total = sum(file.stat().st_size for file in files)
    draft = Draft.of(wire, to, fingerprint(source, files), None)
    pour = Pour(draft, lambda sent: tell(min(99, 100 * sent // max(total, 1)), f"Uploading {to}"))
    with zipfile.ZipFile(pour, "w") as packed:
        for file in files:
            add(packed, file, file.relative_to(source).as_posix())
    pour.finish()
    tell(100, f"Uploading {to}")
    return ServerPath(to)


def files_below(source: Path) -> list[Path]:
    """The files of a folder, in one order, without those that systems hide."""
    found = [path for path in sorted(source.rglob("*")) if path.is_file()]
    return [p for p in found if not any(n.startswith(".") for n in p.relative_to(source).parts)]


def fingerprint(source: Path, files: Sequence[Path]) -> str:
    """What says that a folder is as it was: names, sizes and times of all its files."""
    told = hashlib.sha256()
    for file in files:
        known = file.stat()
        line = f"{file.relative_to(source).as_posix()}\0{known.st_size}\0{known.st_mtime_ns}\n"
        told.update(line.encode())
    return told.hexdigest()


def add(packed: zipfile.ZipFile, file: Path, name: str) -> None:
    """A file of the zip: the same bytes each time, so that an upload can go on in another run."""
    known = file.stat()
    moment = max(time.gmtime(known.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
    member = zipfile.ZipInfo(name, moment)
    member.external_attr = 0o644 << 16
    member.file_size = known.st_size
    packs = file.suffix.lower() in PACKED
    member.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    with file.open("rb") as content, packed.open(member, "w") as out:
        shutil.copyfileobj(content, out, 2**20)


class Draft:
    """A file in the making on the server: which, and how many of its bytes are there."""

    def __init__(self, wire: Wire, upload_id: str, offset: int) -> None:
        self.wire = wire
        self.path = f"/user_files/upload/{upload_id}"
        self.offset = offset

    @classmethod
    def of(cls, wire: Wire, to: str, fingerprint: str, length: int | None) -> "Draft":
        """The upload of these bytes to this place: the one begun before, else a new one."""
        for _ in range(MOST_TRIES):
            for known in wire.get("/user_uploads/"):
                if known["fingerprint"] == fingerprint and known["path"] == to:
                    return cls(wire, known["upload_id"], known["offset"])
            try:
                return cls.begin(wire, to, fingerprint, length)
            except ConnectionLost:
                continue  # it may have been begun: look
        raise ConnectionLost("The line breaks again and again; the upload could not begin.")

    @classmethod
    def begin(cls, wire: Wire, to: str, fingerprint: str, length: int | None) -> "Draft":
        """A new upload."""
        told = {"filename": to.rpartition("/")[2], "path": to, "fingerprint": fingerprint}
        pairs = [f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items()]
        known = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        headers = {**TUS, **known, "Upload-Metadata": ",".join(pairs)}
        answer = wire.send("POST", "/user_files/upload/", headers=headers)
        return cls(wire, answer.headers["Location"].rpartition("/")[2], 0)

    def push(self, block: bytes, *, length: int | None = None) -> None:
        """More bytes; with the length of the whole when they are the last.

        Raises:
            CalanusError: they are not wanted, or the line is gone for good.
        """
        rest, tries, settled = memoryview(block), MOST_TRIES, False
        while rest or (length is not None and not settled):
            before = self.offset
            settled = self.try_to_push(rest, length)
            rest = rest[self.offset - before :]
            tries = MOST_TRIES if self.offset > before or settled else tries - 1
            if not tries:
                raise ConnectionLost("The line breaks again and again; call again to go on later.")

    def try_to_push(self, rest: memoryview, length: int | None) -> bool:
        """One request; whether it was answered. Else we ask how far the server came."""
        last = {} if length is None else {"Upload-Length": str(length)}
        kind = {"Content-Type": "application/offset+octet-stream"}
        headers = {**TUS, **kind, **last, "Upload-Offset": str(self.offset)}
        try:
            answer = self.wire.send("PATCH", self.path, data=bytes(rest), headers=headers)
        except CalanusError as error:
            if not isinstance(error, ConnectionLost | TimedOut | Conflict) and (
                error.status not in AGAIN
            ):
                raise
            time.sleep(0.3)
            answer = self.wire.send("HEAD", self.path, headers=TUS)
            self.offset = int(answer.headers["Upload-Offset"])
            return "Upload-Length" in answer.headers and length is not None
        self.offset = int(answer.headers["Upload-Offset"])
        return True


class Pour(io.RawIOBase):
    """Where a zip is written to: what the server has is passed over, the rest is sent in parts."""

    def __init__(self, draft: Draft, told: Callable[[int], None]) -> None:
        super().__init__()
        self.draft = draft
        self.told = told
        self.written = 0
        self.waiting = bytearray()

    def writable(self) -> bool:
        """It is; zipfile finds by itself that it cannot go back."""
        return True

    def write(self, data: Any, /) -> int:
        """The next bytes of the zip."""
        view = memoryview(data).cast("B")
        start = max(0, self.draft.offset + len(self.waiting) - self.written)
        self.waiting += view[start:]
        self.written += len(view)
        while len(self.waiting) >= CHUNK:
            self.draft.push(bytes(self.waiting[:CHUNK]))
            del self.waiting[:CHUNK]
            self.told(self.written)
        return len(view)

    def finish(self) -> None:
        """The last bytes, and the length of all, which nobody knew before."""
        self.draft.push(bytes(self.waiting), length=self.written)
        self.waiting.clear()
