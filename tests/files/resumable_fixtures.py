"""People who upload, all to one installation: each test has people of its own.

A plugin of the tests that use it, so that the name conftest stays the one at the top.
"""

from collections.abc import Iterator

import pytest
from resumable_world import Sender
from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings


@pytest.fixture(scope="module")
def one_web(shared_clone: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One installation for all stories: each has people of its own."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), secret_key=given.KEY)
    with TestClient(create_app(settings, shared_clone), base_url="http://calanus.test") as client:
        yield client


@pytest.fixture(scope="module")
def everybody(shared_clone: str) -> Iterator[Connection]:
    """Where people are made."""
    with connect(shared_clone, autocommit=True) as conn:
        yield conn


@pytest.fixture
def unchanged(one_web: TestClient) -> Iterator[Settings]:
    """The installation as it was, whatever a story does to its limits."""
    state = one_web.app.state  # pyright: ignore
    before: Settings = state.settings  # pyright: ignore
    yield before
    state.settings = before


@pytest.fixture
def amanda(one_web: TestClient, everybody: Connection, unchanged: Settings) -> Sender:
    """Amanda, who uploads."""
    return Sender(one_web, given.user(everybody), unchanged)


@pytest.fixture
def stranger(one_web: TestClient, everybody: Connection, unchanged: Settings) -> Sender:
    """Somebody else."""
    return Sender(one_web, given.user(everybody, name="Someone Else"), unchanged)
