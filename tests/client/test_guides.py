"""What the guides show runs as it is, from top to bottom, on a real server."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from calanus.client import Calanus
from client_world import Server
from given import PASSWORD

pytest_plugins = ["client_fixtures"]
pytestmark = pytest.mark.timeout(400)  # several jobs, one after the other

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.py"))


def blocks(page: str, language: str) -> str:
    """All boxes of one language, at the lines where they stand, so that an error names its line."""
    text = (DOCS / page).read_text("utf-8")
    kept = [""] * len(text.splitlines())
    for box in re.finditer(rf"```{language}\n(.*?)```", text, re.DOTALL):
        first = text.count("\n", 0, box.start(1))
        for n, line in enumerate(box[1].splitlines()):
            kept[first + n] = line
    return "\n".join(kept) + "\n"


@pytest.fixture
def visitor(
    running: Server, email: str, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with the package in it, and in the environment where the server is, and who asks."""
    shutil.copyfile(package, tmp_path / "week.zip")
    with Calanus(running.url, email=email, password=PASSWORD) as calanus:
        known = {"CALANUS_URL": running.url, "EMAIL": email, "PASSWORD": PASSWORD}
        for name, value in {**known, "CALANUS_TOKEN": calanus.token}.items():
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", ["howto/api.md", "howto/from-ecotaxa.md"])
def test_the_python_of_a_guide_runs(visitor: Path, page: str) -> None:
    compiled = compile(blocks(page, "python"), str(DOCS / page), "exec")
    exec(compiled, {"__name__": "guide"})  # noqa: S102 - our own page
    assert any(visitor.iterdir())


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_shell_of_a_guide_runs(visitor: Path) -> None:
    script = "set -euo pipefail\nset +o pipefail\n" + blocks("howto/api.md", "sh")
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=visitor, env={**os.environ}
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert (visitor / "one.jpg").stat().st_size > 0
    assert done.stdout.rstrip().endswith("ok")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(visitor: Path, notebook: Path) -> None:
    compiled = compile(notebook.read_text("utf-8"), str(notebook), "exec")
    exec(compiled, {"__name__": "notebook"})  # noqa: S102 - our own page
    assert any(visitor.iterdir())


def test_there_are_notebooks_and_each_opens_as_one(tmp_path: Path) -> None:
    import json
    import sys

    assert NOTEBOOKS
    tool = DOCS.parent / "tools/notebook.py"
    for notebook in NOTEBOOKS:
        target = tmp_path / f"{notebook.stem}.ipynb"
        subprocess.run([sys.executable, tool, notebook, target], check=True)
        cells = json.loads(target.read_text("utf-8"))["cells"]
        kinds = {cell["cell_type"] for cell in cells}
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        assert kinds == {"code", "markdown"}
        assert compile(code, notebook.name, "exec")
        assert not any(cell.get("outputs") for cell in cells)
