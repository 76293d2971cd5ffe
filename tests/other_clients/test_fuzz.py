"""Whatever anybody sends, Calanus answers as its OpenAPI document says, and never 500.

schemathesis makes up the calls. CI makes some, always the same; `make fuzz` makes many, each time
others: `make fuzz CALLS=10000 SEED=7`.
"""

import json
import os
import subprocess
import urllib.request
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from calanus.kit.settings import Settings
from fuzz_world import World, keeper
from served import serving, tool

HOOKS = Path(__file__).parent / "outside/fuzz_hooks.py"
CALLS = int(os.environ.get("CALANUS_FUZZ_CALLS", "0"))
SEED = int(os.environ.get("CALANUS_FUZZ_SEED", "1"))
ROLES = ("visitor", "annotator", "manager", "application manager")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Phases: `coverage` walks every bound of every parameter, ten thousand calls a role by itself.
# What is as the document asks for it, and what is not, too.
MODES = ("positive", "all") if CALLS else ("all",)
PHASES = os.environ.get("CALANUS_FUZZ_PHASES", "fuzzing")
A_ROLE, A_CALL = 40, 10  # seconds, on a very busy machine


@pytest.mark.timeout(len(ROLES) * A_ROLE * 10 + CALLS * A_CALL)
def test_no_call_meets_a_500_or_what_the_document_does_not_say(
    clone: str, settings: Settings, tmp_path: Path
) -> None:
    with serving(settings, clone) as calanus:
        world = World(settings, clone)
        tally, config = tmp_path / "tally", tmp_path / "schemathesis.toml"
        config.write_text(CONFIG)
        wrong: list[str] = []
        with keeper(world) as address:
            for role, mode in product(ROLES, MODES):
                env = {
                    "SCHEMATHESIS_HOOKS": str(HOOKS),
                    "CALANUS_FUZZ_KNOWN": json.dumps(world.known),
                    "CALANUS_FUZZ_ROLE": role,
                    "CALANUS_FUZZ_MODE": mode,
                    "CALANUS_FUZZ_KEEPER": address,
                    "CALANUS_FUZZ_TALLY": str(tally),
                }
                command = fuzz(calanus.url, mode, config)
                fuzzed = subprocess.run(
                    command, env={**os.environ, **env}, cwd=tmp_path, capture_output=True, text=True
                )
                if fuzzed.returncode:
                    wrong.append(f"{role}, {mode}:\n{fuzzed.stdout}\n{fuzzed.stderr}")
        log = (calanus.data / "server.log").read_text("utf-8", "replace")
    assert not wrong, "\n".join([*wrong, log])
    lines = [line.split("\t") for line in tally.read_text().splitlines()]
    answers = Counter(status for _, _, status in lines)
    print(f"{len(lines)} calls: {dict(answers)}")  # noqa: T201 - what `make fuzz` is told
    # A fuzz that is refused at the door proves nothing.
    assert answers["200"] > len(lines) / 5
    assert {role for role, _, _ in lines} == set(ROLES)


# It fails on purpose.
FAILS = "/error"
# No server outside is set up here, and what asks for one says so.
CONFIG = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 502, 503, 504]
"""


def fuzz(url: str, mode: str, config: Path) -> list[str]:
    """The command that makes up calls, so many an operation; one without parameters has few."""
    each = max(1, -(-CALLS // (operations_of(url) * len(ROLES) * len(MODES))))
    words = {
        "--url": f"{url}/api",
        "--phases": PHASES,
        "--mode": mode,
        "--max-examples": str(each),
        "--seed": str(SEED),
        "--checks": ",".join(CHECKS),
        "--generation-database": "none",
        "--generation-with-security-parameters": "false",
        "--suppress-health-check": "all",
        "--request-timeout": "60",
        "--warnings": "off",
    }
    flags = ["--no-color", "--continue-on-failure", "--no-shrink"]
    said = [word for pair in words.items() for word in pair]
    said += ["--exclude-path", FAILS]
    return [
        *(tool("schemathesis"), "--config-file", str(config)),
        *("run", f"{url}/openapi.json", *said, *flags),
    ]


def operations_of(url: str) -> int:
    """How many operations an installation offers."""
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:  # noqa: S310 - our own server
        paths = json.load(answer)["paths"]
    return sum(len(operations) for operations in paths.values())
