"""Resumable uploads on the wire: TUS 1.0.0 as its clients speak it."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Iterator

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.files import drafts, folders, resumable, space
from calanus.files.space import Limit
from calanus.files.types import UploadStalled, UploadTooLarge
from calanus.kit.db import Connection, connect
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


@pytest.fixture(scope="module")
def web(shared_clone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One installation for all stories: each has people of its own."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), secret_key=given.KEY)
    with TestClient(create_app(settings, shared_clone), base_url="http://calanus.test") as client:
        yield client


@pytest.fixture(scope="module")
def people(shared_clone: str) -> Iterator[Connection]:
    """Where people are made."""
    with connect(shared_clone, autocommit=True) as conn:
        yield conn


@pytest.fixture
def settings(web: TestClient) -> Iterator[Settings]:
    """The installation as it was, whatever a story does to its limits."""
    state = web.app.state  # pyright: ignore
    before: Settings = state.settings  # pyright: ignore
    yield before
    state.settings = before


@pytest.fixture
def amanda(web: TestClient, people: Connection, settings: Settings) -> Sender:
    """Amanda, who uploads."""
    return Sender(web, given.user(people), settings)


@pytest.fixture
def stranger(web: TestClient, people: Connection, settings: Settings) -> Sender:
    """Somebody else."""
    return Sender(web, given.user(people, name="Someone Else"), settings)


def test_anybody_may_know_what_is_spoken_here(web: TestClient, settings: Settings) -> None:
    for address in (UPLOAD, UPLOAD.rstrip("/"), "/api" + UPLOAD):
        answer = web.options(address)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == str(settings.max_upload_bytes)
        assert "creation-defer-length" in answer.headers["Tus-Extension"]


def test_a_file_comes_in_pieces_and_lies_in_the_folder(amanda: Sender) -> None:
    data = os.urandom(3_000_000)
    address = amanda.begin(upload_length=len(data))
    assert amanda.offset(address) == "0"

    first = amanda.send(address, data[:1_700_000], 0)
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "1700000")
    assert first.headers["Upload-Expires"].endswith("GMT")
    assert not (amanda.root / "cruise.zip").exists()
    last = amanda.send(address, data[1_700_000:], 1_700_000)

    assert (last.status_code, last.headers["Upload-Offset"]) == (204, "3000000")
    assert amanda.read("cruise.zip") == data
    assert amanda.offset(address) == "3000000"


def test_head_tells_what_was_said(amanda: Sender) -> None:
    said = metadata(filename="été.zip", filetype="application/zip")
    address = amanda.begin(upload_length=5, upload_metadata=said)

    headers = amanda.ask("HEAD", address).headers

    assert (headers["Upload-Metadata"], headers["Upload-Length"]) == (said, "5")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Tus-Resumable"] == "1.0.0"


def test_what_came_before_a_kill_is_gone_on_from(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)
    [part] = folders.private_of(amanda.root).glob("uploads/*.part")
    part.write_bytes(b"abc")  # a server killed in the middle leaves bytes, and nothing else

    assert amanda.offset(address) == "3"
    assert amanda.send(address, b"def", 3).status_code == 204
    assert amanda.read("cruise.zip") == b"abcdef"


def test_a_kill_after_the_last_byte_loses_nothing(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)
    [part] = folders.private_of(amanda.root).glob("uploads/*.part")
    part.write_bytes(b"abcdef")

    assert amanda.offset(address) == "6"
    assert amanda.read("cruise.zip") == b"abcdef"


def test_what_came_before_a_broken_connection_is_kept(amanda: Sender) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1234
        raise ConnectionError

    address = amanda.begin(upload_length=9000)
    [draft] = drafts.unfinished(amanda.root)

    with pytest.raises(ConnectionError):
        asyncio.run(resumable.receive(draft, broken(), 0, limit=PLENTY))

    assert amanda.offset(address) == "1234"


def test_a_silent_connection_lets_go(amanda: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"x" * 1234
        await asyncio.Event().wait()

    monkeypatch.setattr(resumable, "PATIENCE", 0.01)
    address = amanda.begin(upload_length=9000)
    [draft] = drafts.unfinished(amanda.root)

    with pytest.raises(UploadStalled):
        asyncio.run(resumable.receive(draft, silent(), 0, limit=PLENTY))

    assert amanda.offset(address) == "1234"
    assert amanda.send(address, b"y", 1234).status_code == 204


def test_another_offset_is_refused(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)
    amanda.send(address, b"abc", 0)

    for offset in (0, 2, 4, 6):
        answer = amanda.send(address, b"x", offset)
        assert answer.status_code == 409
        assert "3 bytes have come" in answer.json()["detail"]
    assert amanda.send(address, b"def", 3).status_code == 204
    assert amanda.send(address, b"def", 3).status_code == 409
    assert amanda.send(address, b"", 6).status_code == 204
    assert amanda.read("cruise.zip") == b"abcdef"


def test_the_protocol_is_insisted_on(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)

    other = amanda.ask("HEAD", address, Tus_Resumable="0.2.2")
    assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")
    typed = amanda.send(address, b"abc", 0, Content_Type="text/plain")
    assert typed.status_code == 415
    assert typed.headers["Tus-Resumable"] == "1.0.0"
    assert amanda.ask("PATCH", address, b"abc").status_code == 400
    amanda.headers.pop("Tus-Resumable")
    assert amanda.ask("POST", UPLOAD, upload_length=5).status_code == 412


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"upload_length": -1},
        {"upload_length": "many"},
        {"upload_length": 5, "upload_defer_length": 1},
        {"upload_defer_length": 2},
        {"upload_length": 5, "upload_metadata": "filename ***"},
        {"upload_length": 5, "upload_metadata": ""},
        {"upload_length": 5, "upload_concat": "some"},
        {"upload_concat": "final;"},
        {"upload_concat": "final;/a", "upload_length": 5},
    ],
)
def test_headers_without_sense_are_refused(amanda: Sender, headers: dict[str, object]) -> None:
    said = {"upload_metadata": metadata(filename="a"), **headers}

    answer = amanda.ask("POST", UPLOAD, b"", **said)

    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_metadata_says_where_the_file_goes(amanda: Sender) -> None:
    places = {
        "leg 3/net/a.tsv": {"path": "leg 3/net/a.tsv"},
        "leg 4/net/a.tsv": {"relativePath": "leg 4/net"},
        "a.tsv": {"relativePath": "null"},
    }
    for place, said in places.items():
        amanda.begin(data=b"1", upload_length=1, upload_metadata=metadata(filename="a.tsv", **said))
        assert amanda.read(place) == b"1"


@pytest.mark.parametrize("path", ["../a", "/../a", "x/../../a", "a\\..\\b", "..", "y" * 300])
def test_no_path_leads_out(amanda: Sender, path: str) -> None:
    said = metadata(filename="a", path=path)

    answer = amanda.ask("POST", UPLOAD, upload_length=1, upload_metadata=said)

    assert answer.status_code == 422
    assert list(amanda.root.rglob("*")) == []


def test_a_name_is_only_a_name(amanda: Sender) -> None:
    amanda.begin("../../etc/passwd", data=b"1", upload_length=1)

    assert amanda.read("passwd") == b"1"


def test_an_upload_is_its_owner_s_alone(amanda: Sender, stranger: Sender) -> None:
    address = amanda.begin(upload_length=6)

    assert stranger.ask("HEAD", address).status_code == 404
    assert stranger.send(address, b"abc", 0).status_code == 404
    assert stranger.ask("DELETE", address).status_code == 404
    assert stranger.web.get("/user_uploads/", headers=stranger.headers).json() == []
    stranger.headers.pop("Authorization")
    refused = stranger.send(address, b"abc", 0)
    assert (refused.status_code, refused.headers["Tus-Resumable"]) == (403, "1.0.0")
    assert stranger.ask("POST", UPLOAD, upload_length=5).status_code == 403
    assert amanda.offset(address) == "0"


def test_a_length_may_be_told_later(amanda: Sender) -> None:
    address = amanda.begin(upload_defer_length=1)
    assert amanda.ask("HEAD", address).headers["Upload-Defer-Length"] == "1"
    amanda.send(address, b"abc", 0)
    assert not (amanda.root / "cruise.zip").exists()

    assert amanda.send(address, b"", 3, upload_length=2).status_code == 400
    assert amanda.send(address, b"def", 3, upload_length=6).status_code == 204

    assert amanda.read("cruise.zip") == b"abcdef"


def test_an_upload_may_begin_with_bytes_and_be_empty(amanda: Sender) -> None:
    begun = amanda.ask(
        "POST", UPLOAD, b"abc", upload_length=6, upload_metadata=metadata(filename="a")
    )
    amanda.begin("empty.zip", upload_length=0)

    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "3")
    assert amanda.send(begun.headers["Location"], b"def", 3).status_code == 204
    assert (amanda.read("a"), amanda.read("empty.zip")) == (b"abcdef", b"")


def test_parts_are_put_together(amanda: Sender, stranger: Sender) -> None:
    parts = [
        amanda.begin(data=data, upload_length=3, upload_concat="partial")
        for data in (b"abc", b"def")
    ]
    unfinished = amanda.begin(upload_length=3, upload_concat="partial")
    final = "final;" + " ".join(parts)
    assert list(amanda.root.iterdir()) == []
    name = metadata(filename="whole.zip")
    for sender, wanted in ((stranger, final), (amanda, f"{final} {unfinished}")):
        refused = sender.ask("POST", UPLOAD, upload_concat=wanted, upload_metadata=name)
        assert refused.status_code in (400, 404)

    whole = amanda.begin("whole.zip", upload_concat=final)

    assert amanda.read("whole.zip") == b"abcdef"
    headers = amanda.ask("HEAD", whole).headers
    assert (headers["Upload-Concat"], headers["Upload-Length"]) == (final, "6")
    assert amanda.send(whole, b"x", 6).status_code == 403
    assert amanda.ask("HEAD", parts[0]).status_code == 404


def test_an_upload_may_be_discarded(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)
    amanda.send(address, b"abc", 0)
    done = amanda.begin("b.zip", data=b"1", upload_length=1)

    assert amanda.ask("DELETE", address).status_code == 204
    assert amanda.ask("DELETE", done).status_code == 204

    assert amanda.ask("HEAD", address).status_code == 404
    assert list(folders.private_of(amanda.root).glob("uploads/*")) == []
    assert amanda.read("b.zip") == b"1"


def test_networks_that_know_only_post_are_gone_through(amanda: Sender) -> None:
    address = amanda.begin(upload_length=3)
    disguise = {**BYTES, "X-HTTP-Method-Override": "PATCH"}

    answer = amanda.ask("POST", address, b"abc", upload_offset=0, **disguise)

    assert answer.status_code == 204
    assert amanda.read("cruise.zip") == b"abc"
    assert amanda.ask("POST", address, b"abc", upload_offset=0).status_code == 400


def test_what_is_too_large_is_refused_before_a_byte_comes(amanda: Sender) -> None:
    amanda.limit(max_upload_bytes=100)
    name = metadata(filename="a")

    refused = amanda.ask("POST", UPLOAD, upload_length=101, upload_metadata=name)
    deferred = amanda.begin(upload_defer_length=1)

    assert (refused.status_code, "100 bytes" in refused.json()["detail"]) == (413, True)
    assert amanda.send(deferred, bytes(101), 0).status_code == 413
    assert amanda.send(deferred, bytes(60), 0).status_code == 204
    assert amanda.send(deferred, b"", 60, upload_length=101).status_code == 413
    assert amanda.offset(deferred) == "60"


def test_more_than_was_announced_is_refused(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)

    assert amanda.send(address, b"abcdefg", 0).status_code == 413
    assert amanda.send(address, b"abcdef", 0).status_code == 204


def test_a_quota_counts_files_trash_and_promises(amanda: Sender) -> None:
    amanda.limit(user_quota_bytes=100)
    name = metadata(filename="b")
    folders.trash_of(amanda.root).mkdir()
    (folders.trash_of(amanda.root) / "a").write_bytes(bytes(40))
    address = amanda.begin(upload_length=50)

    over = amanda.ask("POST", UPLOAD, upload_length=11, upload_metadata=name)
    form = amanda.web.post("/user_files/", files={"file": ("c", bytes(11))}, headers=amanda.headers)

    assert (over.status_code, form.status_code) == (413, 413)
    assert "10 of 100 bytes are left" in over.json()["detail"]
    told = amanda.web.get("/user_files/", headers=amanda.headers).json()["space"]
    assert (told["used"], told["promised"], told["quota"]) == (40, 50, 100)
    assert amanda.send(address, bytes(50), 0).status_code == 204
    assert amanda.ask("POST", UPLOAD, upload_length=10, upload_metadata=name).status_code == 201


def test_an_upload_of_unknown_length_ends_at_the_quota(amanda: Sender) -> None:
    amanda.limit(user_quota_bytes=100)
    address = amanda.begin(upload_defer_length=1)

    assert amanda.send(address, bytes(90), 0).status_code == 204
    over = amanda.send(address, bytes(20), 90)

    assert over.status_code == 413
    assert "10 of 100 bytes are left" in over.json()["detail"]
    assert amanda.send(address, bytes(10), 90, upload_length=100).status_code == 204
    assert amanda.read("cruise.zip") == bytes(100)


def test_a_full_disk_takes_nothing(amanda: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "KEPT_FREE", 2**60)
    amanda.limit(user_quota_bytes=0)

    answer = amanda.ask("POST", UPLOAD, upload_length=1, upload_metadata=metadata(filename="a"))

    assert answer.status_code == 507
    assert "disk is nearly full" in answer.json()["detail"]


def test_an_upload_expires(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)
    [part] = folders.private_of(amanda.root).glob("uploads/*.part")
    os.utime(part, (0, 0))

    assert amanda.ask("HEAD", address).status_code == 410
    assert amanda.send(address, b"abc", 0).status_code == 410


def test_one_sends_at_a_time(amanda: Sender) -> None:
    address = amanda.begin(upload_length=6)
    [draft] = drafts.unfinished(amanda.root)

    with drafts.held(draft):
        assert amanda.send(address, b"abc", 0).status_code == 423

    assert amanda.send(address, b"abc", 0).status_code == 204


def test_a_newer_file_takes_the_place_of_an_older_but_not_of_a_folder(amanda: Sender) -> None:
    amanda.begin("a", data=b"1", upload_length=1)
    amanda.begin("a", data=b"2", upload_length=1)
    late = amanda.begin("b", upload_length=1)
    (amanda.root / "b").mkdir()

    assert amanda.read("a") == b"2"
    assert amanda.send(late, b"3", 0).status_code == 204
    assert amanda.read("b (2)") == b"3"
    said = metadata(filename="b")
    assert amanda.ask("POST", UPLOAD, upload_length=1, upload_metadata=said).status_code == 422


def test_unfinished_uploads_are_told(amanda: Sender) -> None:
    said = metadata(filename="a.zip", path="leg 3", fingerprint="a.zip of today")
    address = amanda.begin(upload_length=6, upload_metadata=said)
    amanda.send(address, b"abc", 0)
    amanda.begin("done", data=b"1", upload_length=1)

    [told] = amanda.web.get("/user_uploads/", headers=amanda.headers).json()

    assert address.endswith(told["upload_id"])
    assert (told["path"], told["length"], told["offset"]) == ("leg 3/a.zip", 6, 3)
    assert told["fingerprint"] == "a.zip of today"


def test_a_public_address_is_where_an_upload_goes_on(amanda: Sender) -> None:
    state = amanda.web.app.state  # pyright: ignore
    public = {"public_url": "https://plankton.example.org/"}
    state.settings = state.settings.model_copy(update=public)  # pyright: ignore

    assert amanda.begin(upload_length=6).startswith("https://plankton.example.org/api/user_files/")


def test_an_upload_may_be_larger_than_any_other_request(amanda: Sender) -> None:
    size = 65 * 2**20
    address = amanda.begin(upload_length=size)

    assert amanda.send(address, bytes(size), 0).status_code == 204
    assert (amanda.root / "cruise.zip").stat().st_size == size
