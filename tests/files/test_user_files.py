"""A person's files: uploaded, listed, moved, removed; no path leads out of their folder."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import given
from calanus.files import folders
from calanus.files.types import PathRefused
from calanus.kit.db import Connection
from calanus.kit.settings import Settings

HOSTILE = ["..", "../x", "a/../../x", "/../x", "a\\..\\x", "a\0b", "x/" * 70, "y" * 300]


class Desk:
    """Amanda at her files."""

    def __init__(self, web: TestClient, shore: Connection, settings: Settings) -> None:
        self.web = web
        self.amanda = given.user(shore)
        self.root = folders.folder_of(settings, self.amanda.user_id)
        web.headers.update(given.headers(self.amanda))

    def upload(self, name: str, data: bytes, **form: str) -> tuple[int, object]:
        """Send a file."""
        answer = self.web.post("/user_files/", files={"file": (name, data)}, data=form)
        return answer.status_code, answer.json()

    def post(self, what: str, **form: str) -> tuple[int, object]:
        """Ask for a change."""
        answer = self.web.post(f"/user_files/{what}/", data=form)
        return answer.status_code, answer.json()

    def names(self, path: str = "") -> list[str]:
        """What a folder holds."""
        answer = self.web.get(f"/user_files/{path}")
        assert answer.status_code == 200, answer.text
        return [entry["name"] for entry in answer.json()["entries"]]


@pytest.fixture
def desk(web: TestClient, shore: Connection, settings: Settings) -> Desk:
    """Amanda, signed in."""
    return Desk(web, shore, settings)


def test_an_upload_stays_as_it_is(desk: Desk) -> None:
    data = bytes(range(256)) * 3000

    assert desk.upload("cruise.zip", data) == (200, "cruise.zip")

    assert (desk.root / "cruise.zip").read_bytes() == data
    [entry] = desk.web.get("/user_files/").json()["entries"]
    assert (entry["name"], entry["type"], entry["size"]) == ("cruise.zip", "F", len(data))
    assert entry["mtime"]


def test_a_path_says_where_an_upload_goes(desk: Desk) -> None:
    told = desk.upload("a.tsv", b"1", path="leg 3/net/a.tsv")
    wrong = desk.upload("a.tsv", b"1", path="leg 3/b.tsv")

    assert told == (200, "leg 3/net/a.tsv")
    assert (desk.root / "leg 3/net/a.tsv").read_bytes() == b"1"
    assert wrong[0] == 422


@pytest.mark.parametrize("path", ["../a.tsv", "x/../../a.tsv", "..\\a.tsv"])
def test_an_upload_cannot_leave_the_folder(desk: Desk, path: str) -> None:
    status, _ = desk.upload("a.tsv", b"1", path=path)

    assert status == 422
    assert list(desk.root.rglob("*")) == []


def test_the_name_a_browser_sends_is_only_a_name(desk: Desk) -> None:
    assert desk.upload("../../etc/passwd", b"1") == (200, "passwd")


def test_an_upload_beyond_the_limit_is_refused_and_leaves_nothing(desk: Desk) -> None:
    app = desk.web.app
    before = app.state.settings  # pyright: ignore
    app.state.settings = before.model_copy(update={"max_upload_bytes": 1000})  # pyright: ignore

    status, body = desk.upload("big.zip", bytes(5000))

    assert status == 413
    assert "1,000 bytes" in str(body)
    assert list(desk.root.parent.rglob("*.form")) == []
    assert desk.names() == []


def test_a_form_without_file_is_refused(desk: Desk) -> None:
    assert desk.web.post("/user_files/", data={"path": "x"}).status_code == 422
    other = desk.web.post("/user_files/", files={"other": ("a", b"1")})
    assert other.status_code == 422


FORM = (
    b'--sea\r\nContent-Disposition: form-data; name="file"; filename="a.tsv"\r\n\r\n'
    b"calanus\r\n--sea--\r\n"
)


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        (FORM, 200, "a.tsv"),
        (FORM[:-2], 200, "a.tsv"),  # some clients leave the last line open
        (FORM[:-8], 422, "ends too early"),
        (FORM.replace(b"\r\n\r\n", b"\rx"), 422, "cannot be read"),
        (FORM.replace(b"--sea\r", b"sea\r", 1), 422, "cannot be read"),
        (b"", 422, "ends too early"),
    ],
)
def test_a_form_cut_short_or_broken_leaves_nothing(
    desk: Desk, form: bytes, status: int, told: str
) -> None:
    kind = {"content-type": "multipart/form-data; boundary=sea"}

    answer = desk.web.post("/user_files/", content=form, headers=kind)

    assert (answer.status_code, told in answer.text) == (status, True)
    assert list(desk.root.parent.rglob("*.form")) == []
    assert desk.names() == (["a.tsv"] if status == 200 else [])


def test_a_boundary_without_end_is_refused(desk: Desk) -> None:
    kind = {"content-type": f"multipart/form-data; boundary={'x' * 5000}"}

    answer = desk.web.post("/user_files/", content=FORM, headers=kind)

    assert (answer.status_code, "cannot be read" in answer.text) == (422, True)


def test_a_path_through_a_file_is_refused(desk: Desk) -> None:
    desk.upload("a.tsv", b"1")

    assert desk.upload("b.tsv", b"1", path="a.tsv/b.tsv")[0] == 422
    assert desk.post("create", source_path="a.tsv/b")[0] == 422
    assert desk.post("mv", source_path="a.tsv", dest_path="a.tsv/b")[0] == 422


def test_no_file_takes_the_place_of_the_trash(desk: Desk) -> None:
    trash = f"trash.{desk.amanda.user_id}"
    desk.upload("a.tsv", b"1")

    assert desk.upload(trash, b"1")[0] == 422
    assert desk.post("mv", source_path="a.tsv", dest_path=trash)[0] == 422
    assert desk.post("rm", source_path="a.tsv") == (200, 1)


def test_older_clients_find_their_files_where_they_were(desk: Desk) -> None:
    desk.upload("a.tsv", b"1")

    for address in ("/my_files/", "/my_files", "/api/my_files/", "/user_files"):
        assert desk.web.get(address).json()["entries"][0]["name"] == "a.tsv"


def test_a_listing_tells_the_size_and_time_of_everything(desk: Desk) -> None:
    desk.upload("a.tsv", b"12345", path="net/a.tsv")
    desk.upload("b.tsv", b"123", path="net/deep/b.tsv")
    desk.upload("c.tsv", b"12")

    net, c = desk.web.get("/user_files/").json()["entries"]

    assert (net["type"], net["size"], net["bytes"], net["files"]) == ("D", 0, 8, 2)
    assert (c["size"], c["mtime"], c["bytes"]) == (0, "", 2)
    assert c["changed"].startswith("20")


def test_nobody_uploads_without_a_token(desk: Desk) -> None:
    desk.web.headers.pop("Authorization")

    assert desk.upload("a.zip", b"1")[0] == 403


def test_folders_are_made_moved_and_thrown_away(desk: Desk) -> None:
    trash = f"trash.{desk.amanda.user_id}"
    assert desk.post("create", source_path="leg 3") == (200, "leg 3")
    assert desk.post("create", source_path="leg 3")[0] == 422
    assert desk.post("mv", source_path="leg 3", dest_path="old/leg three")[0] == 200
    assert desk.names("old") == ["leg three"]
    assert desk.post("rm", source_path="old") == (200, 1)
    assert desk.names() == [trash]
    assert desk.post("rm", source_path=f"{trash}/old") == (200, 1)
    assert desk.names(trash) == []
    assert desk.post("rm", source_path="nothing")[0] == 404


def test_a_star_throws_everything_away_but_the_trash(desk: Desk) -> None:
    for name in ("a.zip", "b.zip"):
        desk.upload(name, b"1")

    assert desk.post("rm", source_path="*") == (200, 2)
    assert desk.post("rm", source_path="*") == (200, 0)


def test_a_folder_does_not_move_into_itself(desk: Desk) -> None:
    desk.post("create", source_path="a")

    assert desk.post("mv", source_path="a", dest_path="a/b")[0] == 422
    assert desk.post("rm", source_path="")[0] == 422


@pytest.mark.parametrize("path", HOSTILE)
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    with pytest.raises(PathRefused):
        folders.confined(tmp_path, path)


def test_no_link_leads_out(tmp_path: Path) -> None:
    root = tmp_path / "own"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)

    with pytest.raises(PathRefused):
        folders.existing(root, "link/own")
    assert folders.listing(root, "").entries == []
