"""A client of resumable uploads, for the tests of what it meets."""

import base64

from httpx2 import Response
from starlette.testclient import TestClient

import given
from calanus.files import folders
from calanus.files.space import Limit
from calanus.files.types import UploadTooLarge
from calanus.kit.settings import Settings
from calanus.users.types import User

UPLOAD = "/user_files/upload/"
PLENTY = Limit(10**9, UploadTooLarge(10**9))
BYTES = {"Content-Type": "application/offset+octet-stream"}


class Sender:
    """A client of the protocol, as one person."""

    def __init__(self, web: TestClient, user: User, settings: Settings) -> None:
        self.web = web
        self.root = folders.folder_of(settings, user.user_id)
        self.headers = {**given.headers(user), "Tus-Resumable": "1.0.0"}

    def ask(self, method: str, address: str, data: bytes = b"", **headers: object) -> Response:
        """One request; `upload_length=5` is a header."""
        said = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        sent = BYTES if data or method == "PATCH" else {}
        return self.web.request(
            method, address, content=data, headers={**self.headers, **sent, **said}
        )

    def begin(self, name: str = "cruise.zip", data: bytes = b"", **headers: object) -> str:
        """A new upload; its address."""
        headers = {"upload_metadata": metadata(filename=name, filetype="x"), **headers}
        answer = self.ask("POST", UPLOAD, data, **headers)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def send(self, address: str, data: bytes, offset: int, **headers: object) -> Response:
        """Some bytes."""
        return self.ask("PATCH", address, data, upload_offset=offset, **headers)

    def offset(self, address: str) -> str:
        """How far the server is."""
        answer = self.ask("HEAD", address)
        assert answer.status_code == 200
        return answer.headers["Upload-Offset"]

    def read(self, path: str) -> bytes:
        """A file that has arrived."""
        return (self.root / path).read_bytes()

    def limit(self, **settings: int) -> None:
        """Another installation, with these limits."""
        state = self.web.app.state  # pyright: ignore
        state.settings = state.settings.model_copy(update=settings)  # pyright: ignore


def metadata(**said: str) -> str:
    """Upload-Metadata."""
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())
