"""What a stranger does: `pip install` and `calanus serve`, from a source archive, without Node.js.

It installs everything once more and needs the package registries, so it runs only when it is asked
for: `make test-install`.
"""

import json
import os
import subprocess
import sys
import tarfile
import time
import urllib.request
import venv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from servers import free_port

ROOT = Path(__file__).parent.parent
ASKED = bool(os.environ.get("CALANUS_TEST_INSTALL"))
PATIENCE = 180  # seconds until a first start answers, on a busy machine

pytestmark = [
    pytest.mark.skipif(not ASKED, reason="installs everything once more: make test-install"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def source_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of sources, as it is published."""
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist"]
    subprocess.run([*command, "--directory", str(folder)], cwd=ROOT, check=True)
    [archive] = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def programs(source_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a virtual environment in which Calanus was installed from it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "-qq"]
    subprocess.run(
        [*pip, "--require-hashes", "-r", str(ROOT / "requirements-dev.lock")], check=True
    )
    subprocess.run([*pip, "--no-deps", str(source_archive)], check=True)
    return folder / "bin"


def test_the_source_archive_holds_the_page_s_sources_and_nothing_built(
    source_archive: Path,
) -> None:
    with tarfile.open(source_archive) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"ui/build.py", "ui/package-lock.json", "LICENSE", "hatch_build.py"} <= names
    built = ("ui/node_modules/", "ui/build/", "ui/.svelte-kit/", "src/calanus/page/")
    assert [name for name in names if name.startswith(built)] == []


def test_an_installed_calanus_serves_its_page(programs: Path, tmp_path: Path) -> None:
    with serving(programs, tmp_path) as address:
        health = json.loads(read(f"{address}/health"))
        page = read(f"{address}/app/")
        answered = [health["status"], "<html" in page.lower()]
    assert answered == ["ok", True]


@contextmanager
def serving(programs: Path, folder: Path) -> Generator[str]:
    """`calanus serve` in a folder of its own, until it answers; stopped as Ctrl+C stops it."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    words = ["--data", str(folder / "data"), "serve", "--no-open", "--port", str(port)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CALANUS_")}
    server = subprocess.Popen([str(programs / "calanus"), *words], env=clean, cwd=folder)
    try:
        wait_for(f"{address}/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until the server answers; or fail with its exit status."""
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        assert server.poll() is None, f"calanus serve ended with status {server.returncode}"
        try:
            read(url)
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"{url} did not answer within {PATIENCE} s")


def read(url: str) -> str:
    """What an address of ours answers."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
        return answer.read().decode()
