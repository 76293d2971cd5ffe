"""`calanus serve` as one process: database, worker and web together, and their end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import job_kinds
from calanus.jobs.types import JobState
from calanus.kit.postgres import embedded
from calanus.kit.processes import started
from calanus.kit.settings import Settings
from calanus.worker import PortTaken, serve_everything
from conftest import a_server_s_folder
from job_kinds import Nothing
from job_world import HERE, new_world, until

SERVE = """
import sys
from calanus.kit.settings import Settings
from calanus.worker import serve_everything

def create_app(settings, database_url):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": database_url.encode()})
    return app

settings = Settings.model_validate_json(sys.argv[1])
serve_everything(settings, create_app, port=0, on_ready=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="module")
def installation() -> Iterator[Settings]:
    """A data folder that ran before."""
    programs = os.environ.get("CALANUS_PG_BIN", "")
    with a_server_s_folder() as folder:
        settings = Settings(data=folder, pg_bin=programs, database_url="")
        with embedded(settings):
            pass
        yield settings


def serve(settings: Settings) -> tuple[subprocess.Popen[str], str]:
    """A serving process, and the address it says."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, settings.model_dump_json()],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def workers_of(serving: subprocess.Popen[str]) -> list[int]:
    """The children of a serving process that are workers."""
    children = Path(f"/proc/{serving.pid}/task").glob("*/children")
    pids = [int(pid) for path in children for pid in path.read_text().split()]
    return [pid for pid in pids if b"calanus.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_serving_starts_all_keeps_all_alive_and_ends_all(installation: Settings) -> None:
    serving, address = serve(installation)
    with urllib.request.urlopen(address) as page:  # noqa: S310 our own address
        url = page.read().decode()
    [worker] = until(lambda: workers_of(serving))
    world = new_world(url, installation)
    unknown = world.ask_for(job_kinds.ask, Nothing())
    assert "does not know" in world.becomes(unknown, JobState.ERROR).errors[0]

    os.kill(worker, signal.SIGKILL)
    [other] = until(lambda: [pid for pid in workers_of(serving) if pid != worker])
    again = world.ask_for(job_kinds.ask, Nothing())
    world.becomes(again, JobState.ERROR)

    serving.terminate()
    serving.communicate()
    assert serving.returncode == 0
    assert started(other) is None
    assert not (installation.data / "pg/postmaster.pid").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
def test_a_killed_server_takes_its_worker_along_and_is_followed_by_another(
    installation: Settings,
) -> None:
    serving, _ = serve(installation)
    [worker] = until(lambda: workers_of(serving))
    postmaster = (installation.data / "pg/postmaster.pid").read_text()

    serving.kill()
    serving.communicate()

    until(lambda: started(worker) is None)
    again, address = serve(installation)
    assert (installation.data / "pg/postmaster.pid").read_text() == postmaster
    with urllib.request.urlopen(address) as page:  # noqa: S310 our own address
        assert page.status == 200
    again.send_signal(signal.SIGINT)
    again.communicate()
    assert again.returncode == 0


def test_a_port_in_use_is_told_before_anything_starts(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", database_url="")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"cannot listen at 127.0.0.1:{port}"):
            serve_everything(settings, lambda _, __: None, host="127.0.0.1", port=port)
    assert not settings.data.exists()
