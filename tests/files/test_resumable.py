"""Resumable uploads on the wire: TUS 1.0.0 as its clients speak it."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from resumable_world import BYTES, PLENTY, UPLOAD, Sender, metadata
from starlette.testclient import TestClient

from calanus.files import drafts, folders, resumable
from calanus.files.types import UploadStalled
from calanus.kit.settings import Settings

pytest_plugins = ["resumable_fixtures"]


def test_anybody_may_know_what_is_spoken_here(one_web: TestClient, unchanged: Settings) -> None:
    for address in (UPLOAD, UPLOAD.rstrip("/"), "/api" + UPLOAD):
        answer = one_web.options(address)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == str(unchanged.max_upload_bytes)
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
