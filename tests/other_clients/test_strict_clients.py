"""A client that checks the type of every answer goes through the loop and calls every operation.

openapi-generator, which EcoTaxa's own Python client comes from, writes it: once from EcoTaxa's
document, written out of the facts, and once from ours. Its models have pydantic's strict types, so
an answer that lacks a property, or has null or another type where the document has a value, raises.
"""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from calanus.kit.settings import Settings
from document import document_of
from facts import ecotaxas
from journey_world import EMAIL, PASSWORD, Installation
from served import outside, serving, tool, tow

pytestmark = pytest.mark.timeout(300)
FACTS = ecotaxas()
# What a client is written for; documents and tests of each model would be most of the work.
PARTS = "apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false"


@pytest.fixture(scope="module")
def calanus(shared_clone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that both clients ask."""
    settings = Settings(data=tmp_path_factory.mktemp("served") / "data")
    with serving(settings, shared_clone) as installation:
        yield installation


def write(document: str, folder: Path) -> None:
    """The package generated_client, in a folder."""
    folder.mkdir()
    (folder / "openapi.json").write_text(document, "utf-8")
    words = ["-g", "python", "-i", str(folder / "openapi.json"), "-o", str(folder)]
    named = ["--additional-properties", "packageName=generated_client", "--global-property", PARTS]
    command = [tool("openapi-generator-cli"), "generate", *words, *named]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert (folder / "generated_client/__init__.py").is_file(), said
    assert not re.search(r"^\[\w+] ERROR|^Exception", said, re.MULTILINE), said


@pytest.mark.parametrize("whose", ["theirs", "ours"])
def test_a_client_that_checks_types_calls_every_operation(
    calanus: Installation, tmp_path: Path, whose: str
) -> None:
    document = json.dumps(document_of(FACTS))
    if whose == "ours":
        with urllib.request.urlopen(f"{calanus.url}/openapi.json") as answer:  # noqa: S310 - our own server
            document = answer.read().decode()
    write(document, tmp_path / whose)
    package = tow(tmp_path / "tow")

    told = outside("every.py", f"{calanus.url}/api", EMAIL, PASSWORD, tmp_path / whose, package)

    assert set(told.pop("called")) == {o["id"] for o in FACTS["operations"].values()}
    assert told == {
        "me": EMAIL,
        "uploaded": "tow.zip",
        "question": ["grunge", "copepode"],
        "log": True,
        "window": 3,
        "classified": 2,
        "guesses": 4,
        "past": 1,
        "update_samples": 1,
        "update_acquisitions": 1,
        "update_processes": 1,
        "update_object_set": 1,
        "kept": "nets",
        "alike": 3,
        "counts": {
            "total_objects": 15,
            "validated_objects": 14,
            "dubious_objects": 0,
            "predicted_objects": 1,
        },
        "files": ["PK", "PK", "sa", "PK"],
    }
