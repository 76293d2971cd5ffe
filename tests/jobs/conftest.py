"""The world of jobs, for each test anew."""

from collections.abc import Iterator

import pytest
from job_world import World, new_world

from calanus.kit.settings import Settings


@pytest.fixture
def world(clone: str, settings: Settings) -> Iterator[World]:
    """A world whose workers end with the test."""
    world = new_world(clone, settings)
    yield world
    for worker in world.workers:
        if worker.poll() is None:
            world.dismiss(worker)
