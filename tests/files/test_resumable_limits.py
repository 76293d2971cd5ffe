"""Resumable uploads that are too large, too old, too many, or in somebody's way."""

import os

import pytest
from resumable_world import UPLOAD, Sender, metadata

from calanus.files import drafts, folders, resumable, space

pytest_plugins = ["resumable_fixtures"]


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
    public = "https://plankton.example.org"
    settings = state.settings.model_copy(update={"public_url": f"{public}/"})  # pyright: ignore
    state.settings = settings

    told = amanda.begin(upload_length=6), amanda.begin(upload_length=6, origin=public)
    elsewhere = amanda.begin(upload_length=6, origin="https://ecotaxa.example.org")

    assert all(address.startswith(f"{public}/api/user_files/upload/") for address in told)
    assert elsewhere.startswith("/api/user_files/upload/"), "a browser sends to no other host"


def test_an_upload_may_be_larger_than_any_other_request(amanda: Sender) -> None:
    size = 65 * 2**20
    address = amanda.begin(upload_length=size)

    assert amanda.send(address, bytes(size), 0).status_code == 204
    assert (amanda.root / "cruise.zip").stat().st_size == size


def test_nobody_begins_uploads_without_end(amanda: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumable, "MOST_AT_ONCE", 2)
    for name in ("a", "b"):
        amanda.begin(name, upload_length=1)
    for _ in range(2):
        said = metadata(filename="c")
        assert amanda.ask("POST", UPLOAD, upload_length=1, upload_metadata=said).status_code == 429
