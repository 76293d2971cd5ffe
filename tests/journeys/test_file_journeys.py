"""Large uploads in a real browser: a server that is killed, a page that is reloaded."""

import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Request, expect

from conftest import a_server_s_folder
from journey_world import CALANUS, EMAIL, PASSWORD, sign_in, wait_for
from servers import free_port

pytest_plugins = ["journey_fixtures"]
pytestmark = pytest.mark.browser

SLOW = 2_000_000  # bytes a second
OPEN = -1
PATIENCE = 90_000  # milliseconds: between two attempts the page may wait a minute


class Server:
    """A Calanus that may be killed, and started again at the same address."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        admin = {"CALANUS_ADMIN_EMAIL": EMAIL, "CALANUS_ADMIN_PASSWORD": PASSWORD}
        self.env = {**os.environ, **admin, "CALANUS_DATABASE_URL": ""}
        self.start()

    def start(self) -> None:
        """Serve."""
        words = ["--data", self.data, "serve", "--no-open", "--port", str(self.port)]
        self.process = subprocess.Popen([CALANUS, *words], env=self.env)
        wait_for(f"{self.url}/health", self.process)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(30)

    def files(self, pattern: str) -> list[Path]:
        """What lies among everybody's files."""
        return sorted((self.data / "files").glob(pattern))

    def received(self) -> int:
        """How much of unfinished uploads has come."""
        return sum(part.stat().st_size for part in self.files(".*/uploads/*.part"))


@pytest.fixture(scope="module")
def server(chromium: Browser) -> Iterator[Server]:
    """A Calanus of these stories' own."""
    assert chromium
    with a_server_s_folder() as folder:
        server = Server(folder)
        yield server
        server.process.send_signal(signal.SIGINT)
        server.process.wait(30)


@pytest.fixture
def page(chromium: Browser, server: Server) -> Iterator[Page]:
    """A window on Ada's files."""
    context = chromium.new_context(base_url=server.url, viewport={"width": 1400, "height": 860})
    page = context.new_page()
    sign_in(page, PASSWORD)
    page.wait_for_url("**/app/projects")
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("heading", name="My files")).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def tow(tmp_path: Path) -> Path:
    """A folder of many small files, 8 MB together."""
    (tmp_path / "tow/net").mkdir(parents=True)
    for n in range(160):
        (tmp_path / f"tow/net/{n}.png").write_bytes(os.urandom(50_000))
    return tmp_path / "tow"


def throttle(page: Page, speed: int) -> None:
    """A slow line."""
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Network.enable")  # pyright: ignore
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
    session.send("Network.emulateNetworkConditions", line)  # pyright: ignore


def wait_until_received(page: Page, server: Server, least: int) -> None:
    """Let the page go on until this much has come."""
    for _ in range(600):
        if server.received() >= least:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"only {server.received()} bytes came")


def arrived(page: Page, name: str) -> None:
    """Wait until an upload is complete."""
    done = page.get_by_role("button", name=f"Hide {name}", exact=True)
    expect(done).to_be_visible(timeout=PATIENCE)


def holds(path: Path, folder: Path) -> bool:
    """Whether a zip holds just what a folder does."""
    with zipfile.ZipFile(path) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    found = [file for file in folder.rglob("*") if file.is_file()]
    return packed == {f.relative_to(folder).as_posix(): f.read_bytes() for f in found}


def test_a_server_killed_in_the_middle_costs_nothing(page: Page, server: Server, tow: Path) -> None:
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    throttle(page, SLOW)
    page.get_by_label("A folder to upload").set_input_files(tow)
    wait_until_received(page, server, 1_000_000)
    server.kill()
    expect(page.get_by_text("The connection is interrupted")).to_be_visible()
    throttle(page, OPEN)
    server.start()

    arrived(page, "tow.zip")

    [stored] = server.files("[0-9]*/tow.zip")
    assert holds(stored, tow)
    assert offsets[0] == 0
    assert offsets[-1] >= 1_000_000, "it began anew instead of going on"


def test_a_page_that_is_reloaded_goes_on(page: Page, server: Server, tow: Path) -> None:
    tow = tow.rename(tow.with_name("second tow"))
    page.on("dialog", lambda dialog: dialog.accept())
    throttle(page, SLOW)
    page.get_by_label("A folder to upload").set_input_files(tow)
    wait_until_received(page, server, 1_000_000)
    page.reload()
    unfinished = page.get_by_role("region", name="Unfinished uploads")
    expect(unfinished).to_contain_text("second tow.zip")
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    throttle(page, OPEN)

    page.get_by_label("A folder to upload").set_input_files(tow)
    arrived(page, "second tow.zip")

    expect(unfinished).to_be_hidden()
    [stored] = server.files("[0-9]*/second tow.zip")
    assert holds(stored, tow)
    assert offsets[0] >= 1_000_000


def test_two_go_at_once_and_one_can_be_paused_or_given_up(
    page: Page, server: Server, tmp_path: Path
) -> None:
    for name in ("a.zip", "b.zip", "c.zip"):
        (tmp_path / name).write_bytes(os.urandom(6_000_000))
    throttle(page, SLOW)
    names = [tmp_path / name for name in ("a.zip", "b.zip", "c.zip")]
    page.get_by_label("Files to upload").set_input_files(names)
    wait_until_received(page, server, 1_000_000)
    page.get_by_role("button", name="Pause a.zip").click()
    page.get_by_role("button", name="Cancel c.zip").click()
    expect(page.get_by_role("region", name="Uploads")).to_contain_text("Paused")
    throttle(page, OPEN)
    arrived(page, "b.zip")

    page.get_by_role("button", name="Go on with a.zip").click()
    arrived(page, "a.zip")

    for name in ("a.zip", "b.zip"):
        assert server.files(f"[0-9]*/{name}")[0].read_bytes() == (tmp_path / name).read_bytes()
    assert server.files("[0-9]*/c.zip") == []
    assert server.received() == 0


def test_files_are_renamed_thrown_away_and_restored(page: Page, server: Server) -> None:
    page.get_by_label("Files to upload").set_input_files(
        {"name": "cruise.tsv", "mimeType": "text/plain", "buffer": b"object_id"}
    )
    arrived(page, "cruise.tsv")
    page.get_by_role("button", name="Rename or move cruise.tsv").click()
    page.get_by_label("Path").fill("leg 3/cruise 12.tsv")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("button", name="leg 3", exact=True).click()
    expect(page.get_by_role("cell", name="cruise 12.tsv", exact=True)).to_be_visible()

    page.get_by_role("button", name="Delete cruise 12.tsv").click()
    page.get_by_role("button", name="My files").click()
    page.get_by_role("button", name="Trash (").click()
    page.get_by_role("button", name="Restore cruise 12.tsv").click()

    expect(page.get_by_text("Back as “leg 3/cruise 12.tsv”")).to_be_visible()
    assert server.files("[0-9]*/leg 3/*")[0].read_bytes() == b"object_id"


def test_what_is_on_the_server_can_be_imported(page: Page, server: Server, images: Path) -> None:
    page.get_by_label("A folder to upload").set_input_files(images)
    arrived(page, f"{images.name}.zip")
    page.get_by_role("link", name="Projects", exact=True).click()
    page.get_by_role("button", name="first one").or_(
        page.get_by_role("button", name="New project")
    ).first.click()
    page.get_by_label("Title").fill("From the server")
    page.get_by_role("button", name="Create the project").click()
    page.get_by_role("link", name="Import images").click()

    page.get_by_role("button", name="Already on the server").click()
    page.get_by_role("button", name=f"{images.name}.zip", exact=True).click()
    page.get_by_role("button", name="Choose this archive").click()
    page.get_by_role("radio", name="Images only").click()
    page.get_by_role("radio", name="Make them taxa").click()
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/app/jobs/*")

    page.get_by_role("link", name="Sort the project").click(timeout=PATIENCE)
    expect(page.get_by_role("toolbar")).to_contain_text("36 objects")
    assert server.files("[0-9]*/trash.*/*.zip")
