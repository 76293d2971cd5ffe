"""The worker knows every kind of work, and where it is done."""

from importlib import import_module
from pathlib import Path

import pytest

import calanus
from calanus.jobs.run import KINDS
from calanus.worker import JOBS


@pytest.mark.parametrize(("kind", "module"), JOBS.items())
def test_each_kind_is_where_the_worker_looks_for_it(kind: str, module: str) -> None:
    import_module(module)

    assert KINDS[kind].function.__module__ == module


def test_the_worker_knows_every_room_that_has_jobs() -> None:
    rooms = Path(calanus.__file__).parent.glob("*/jobs.py")
    found = [path for path in rooms if "@job(" in path.read_text("utf-8")]

    assert {f"calanus.{path.parent.name}.jobs" for path in found} <= set(JOBS.values())
