"""A whole Calanus for the journeys: its server, a project of drawn images, and a browser.

A plugin of test_journeys.py, so that the name conftest stays the one at the top.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import browser as browsers
from calanus.kit.postgres import embedded
from calanus.kit.settings import Settings
from conftest import a_server_s_folder
from journey_world import CALANUS, EMAIL, PASSWORD, Installation, draw, sign_in, wait_for
from post_office import PostOffice, mail_by, post_office
from servers import free_port

PAGE = Path(__file__).parents[2] / "src/calanus/page/index.html"
PATIENCE = 20_000  # milliseconds for what the page should show: a busy machine is no failure
COLOURS = {"Copepoda": 40, "detritus": 150, "unlabelled": 90}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium; without one these tests are skipped, and CI fails."""
    found = browsers.find_chromium()
    if found is None and browsers.chromium_is_required():
        pytest.fail(browsers.MISSING)
    if found is None or not PAGE.exists():
        pytest.skip(browsers.MISSING if found is None else "The page is not built: make ui.")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=browsers.flags())
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def office() -> Iterator[PostOffice]:
    """The mail server of the installation."""
    with post_office() as open_office:
        yield open_office


@pytest.fixture(scope="session")
def calanus(chromium: Browser, office: PostOffice) -> Iterator[Installation]:
    """`calanus serve` in a data folder of its own, which sends mail."""
    with a_server_s_folder() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        admin = {"CALANUS_ADMIN_EMAIL": EMAIL, "CALANUS_ADMIN_PASSWORD": PASSWORD}
        mail = {f"CALANUS_{k.upper()}": str(v) for k, v in mail_by(office, url).items()}
        env = {**os.environ, **admin, **mail, "CALANUS_DATABASE_URL": ""}
        words = ["--data", folder, "serve", "--no-open", "--port", str(port)]
        with subprocess.Popen([CALANUS, *words], env=env) as server:
            wait_for(f"{url}/health", server)
            with embedded(Settings(data=folder, database_url="")) as database_url:
                yield Installation(url, folder, database_url, env)
            server.send_signal(signal.SIGINT)
            server.wait(30)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn vignettes: two taxa, and some that nobody has named."""
    root = tmp_path_factory.mktemp("tow")
    for name in COLOURS:
        draw(root / name, COLOURS[name], range(12))
    return root


@pytest.fixture(scope="session")
def many_images(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with more that nobody has named."""
    root = tmp_path_factory.mktemp("long tow") / "tow"
    shutil.copytree(images, root)
    draw(root / "unlabelled", COLOURS["unlabelled"], range(12, 30))
    return root


@pytest.fixture
def project(calanus: Installation, images: Path) -> int:
    """A project with these images: 24 validated, 12 unidentified."""
    return calanus.load(images)


@pytest.fixture
def window(chromium: Browser, calanus: Installation) -> Iterator[BrowserContext]:
    """A fresh browser window on the installation, in which nothing may go wrong unseen."""
    context = chromium.new_context(base_url=calanus.url, viewport={"width": 1400, "height": 860})
    troubles: list[str] = []
    context.on("weberror", lambda trouble: troubles.append(str(trouble.error)))
    yield context
    context.close()
    assert not troubles


@pytest.fixture
def page(window: BrowserContext) -> Page:
    """The page, with Ada signed in."""
    page = window.new_page()
    sign_in(page, PASSWORD)
    page.wait_for_url("**/app/projects")
    return page
