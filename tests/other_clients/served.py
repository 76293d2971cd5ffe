"""A real Calanus for the clients of others: `calanus serve` over a database of the tests."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import given
from calanus.kit.settings import Settings
from journey_world import CALANUS, EMAIL, PASSWORD, Installation, wait_for
from servers import free_port

ROOT = Path(__file__).parents[2]
OUTSIDE = Path(__file__).parent / "outside"
# Where `make tools` installs the programs of others that only tests run.
TOOLS = Path(os.environ.get("CALANUS_TOOLS", ROOT / ".venv/tools")) / "bin"


@contextmanager
def serving(settings: Settings, database_url: str) -> Generator[Installation]:
    """A server with its worker, until it is stopped as Ctrl+C stops it."""
    port = free_port()
    told = {
        "CALANUS_ADMIN_EMAIL": EMAIL,
        "CALANUS_ADMIN_PASSWORD": PASSWORD,
        "CALANUS_DATABASE_URL": database_url,
        "CALANUS_SECRET_KEY": given.KEY,
    }
    env = {k: v for k, v in os.environ.items() if not k.startswith("CALANUS_")} | told
    settings.data.mkdir(parents=True, exist_ok=True)
    words = ["--data", settings.data, "serve", "--no-open", "--port", str(port)]
    with (
        (settings.data / "server.log").open("w") as log,
        subprocess.Popen([CALANUS, *words], env=env, stderr=log) as server,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{url}/health", server)
            yield Installation(url, settings.data, database_url, env)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def tool(name: str) -> str:
    """A program of the tools' environment; without it a test is skipped, and CI fails."""
    path = TOOLS / name
    if path.exists():
        return str(path)
    missing = f"{name} is not installed in {TOOLS}: `make tools` does it where PyPI is reached."
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(missing)
    pytest.skip(missing)


def python() -> str:
    """The Python of the tools' environment."""
    return tool("python" if sys.platform != "win32" else "python.exe")


def outside(script: str, *words: object, **env: str) -> dict[str, Any]:
    """What a script of the tools' environment says at its end."""
    command = [python(), str(OUTSIDE / script), *map(str, words)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(command, env=clean | env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def tow(folder: Path) -> Path:
    """A zipped package of fifteen objects: ten named in words nobody knows, five without a name."""
    folder.mkdir()
    lines = [
        "object_id\timg_file_name\tobject_area\tobject_annotation_category"
        "\tobject_annotation_status\tobject_annotation_person_name",
        "[t]\t[t]\t[f]\t[t]\t[t]\t[t]",
    ]
    for n in range(15):
        name = ("Copepode" if n % 2 else "Grunge") if n < 10 else ""
        who = "validated\tZoe Nobody" if name else "\t"
        lines.append(f"o{n}\t{n}.png\t{20 if n % 2 == 0 else 90}\t{name}\t{who}")
        Image.new("L", (20, 20), 200 - n).save(folder / f"{n}.png")
    (folder / "ecotaxa_tow.tsv").write_text("\n".join(lines) + "\n")
    return Path(shutil.make_archive(str(folder), "zip", folder))
