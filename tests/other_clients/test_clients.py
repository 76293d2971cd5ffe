"""Programs that others wrote for EcoTaxa, and what its interface's document makes of itself.

They run as anybody runs them, in an environment of their own, against `calanus serve`.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from calanus.kit.settings import Settings
from journey_world import EMAIL, PASSWORD, Installation, draw
from pages import MARK, script, steps
from served import ROOT, TOOLS, outside, serving, tool, tow

pytestmark = pytest.mark.timeout(600)  # others' programs look at jobs every five seconds
SHADES = {"Copepoda": 40, "detritus": 150}


@pytest.fixture(scope="module")
def calanus(shared_clone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that all tests of this file ask."""
    settings = Settings(data=tmp_path_factory.mktemp("served") / "data")
    with serving(settings, shared_clone) as installation:
        yield installation


@pytest.fixture(scope="module")
def vignettes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn images of two taxa."""
    root = tmp_path_factory.mktemp("tow")
    for name, shade in SHADES.items():
        draw(root / name, shade, range(6))
    return root


def test_pyecotaxa_pulls_a_project_and_what_it_writes_is_imported(
    calanus: Installation, vignettes: Path, tmp_path: Path
) -> None:
    project_id = calanus.load(vignettes)

    told = outside("pull.py", f"{calanus.url}/api/", EMAIL, PASSWORD, project_id, tmp_path)

    assert told["email"] == EMAIL
    assert told["archive"].startswith("export__BAK_")
    assert told["categories"] == {"Copepoda": 6, "detritus": 6}
    assert told["jobs"] == []  # the export was put away
    again = int(str(calanus.run("project", "create", "Tow 12 again")["project_id"]))
    loaded = calanus.run("import", str(again), str(tmp_path / "again"))
    assert loaded["objects"] == 12


def test_a_client_generated_from_our_own_document_goes_through_the_whole_loop(
    calanus: Installation, tmp_path: Path
) -> None:
    generated = generate(calanus, tmp_path)
    package = tow(tmp_path / "tow")

    told = outside("loop.py", f"{calanus.url}/api", EMAIL, PASSWORD, generated, package)

    assert told.pop("question")["missing_taxa"] == ["grunge", "copepode"]
    assert told.pop("counts") == {
        "total_objects": 15,
        "validated_objects": 11,
        "dubious_objects": 0,
        "predicted_objects": 4,
    }
    gone = told.pop("gone")
    deleted = told.pop("deleted")
    assert deleted[0] == 15
    assert gone[0] == 404
    assert gone[1].startswith("There is no project")
    assert told == {
        "me": EMAIL,
        "uploaded": "tow.zip",
        "imported": "F",
        "unidentified": [f"o{n}" for n in range(10, 15)],
        "classified": 1,
        "is now": [True, "V", 20.0],
        "guessed": 4,
        "exported": "PK",
        "left": [],
    }


def generate(calanus: Installation, folder: Path) -> Path:
    """A Python package, written by openapi-python-client from what the server says of itself."""
    generated = folder / "ours"
    command = [tool("openapi-python-client"), "generate", "--url", f"{calanus.url}/openapi.json"]
    words = ["--meta", "none", "--output-path", str(generated), "--fail-on-warning"]
    paths = os.pathsep.join([str(TOOLS), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [*command, *words], capture_output=True, text=True, env={**os.environ, "PATH": paths}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return generated


RUN = [page for page in sorted((ROOT / "docs").rglob("*.md")) if steps(page)]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_what_a_page_says_happens(calanus: Installation, tmp_path: Path, page: Path) -> None:
    tow(tmp_path / "tow")
    known = {"CALANUS": f"{calanus.url}/api", "EMAIL": EMAIL, "PASSWORD": PASSWORD}
    wanted = steps(page)

    done = subprocess.run(
        ["bash", "-c", script(wanted)],
        env={**os.environ, **known},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    said = done.stdout.split(MARK)[1:]
    for step, answer in zip(wanted, said, strict=False):
        assert step.answered(answer), f"{step.command}\nanswers\n{answer}\n{done.stderr}"
    assert done.returncode == 0, f"{wanted[len(said) - 1].command}\n{done.stderr}"


def test_the_page_on_curl_is_among_those_that_are_run() -> None:
    assert "api-with-curl.md" in {page.name for page in RUN}
