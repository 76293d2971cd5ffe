"""The real server, a real worker, and a project of drawn images.

A plugin of the tests beside, so that the name conftest stays the one at the top.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import given
from calanus.client import Calanus, Project
from calanus.demo.package import write_package
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from calanus.taxonomy import lists
from calanus.worker import kept_alive
from client_world import Line, Server
from conftest import database


@pytest.fixture(scope="session")
def running(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One server for all tests of the client, with a worker."""
    with database(server, template=template[0]) as (_, url):
        data = tmp_path_factory.mktemp("client") / "data"
        data.mkdir()
        settings = Settings(data=data, secret_key="a key for tests", database_url=url)
        with connect(url) as conn:
            lists.load_starter(conn)
        made = Server(settings, url)
        made.start()
        with kept_alive(settings):
            yield made
        made.stop()


@pytest.fixture(scope="session")
def email(running: Server) -> str:
    """Somebody who may do everything; the password is `given.PASSWORD`."""
    with connect(running.database_url) as conn:
        return given.application_manager(conn).email


@pytest.fixture(scope="session")
def calanus(running: Server, email: str) -> Iterator[Calanus]:
    """That person, signed in."""
    with Calanus(running.url, email=email, password=given.PASSWORD) as signed_in:
        yield signed_in


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's own drawn plankton: 120 objects, of 21 taxa."""
    path = tmp_path_factory.mktemp("package") / "week.zip"
    write_package(path, objects=120)
    return path


@pytest.fixture(scope="session")
def week(calanus: Calanus, package: Path) -> Project:
    """A project of them, to look at: a test that changes it takes that back."""
    project = calanus.create_project("A week off Villefranche", instrument="zooscan")
    project.import_package(package)
    return project


@pytest.fixture
def line(running: Server) -> Iterator[Callable[..., Line]]:
    """Lines to the server that break where a test says."""
    made: list[Line] = []

    def draw(*breaks: int, back: bool = False) -> Line:
        drawn = Line(running.url, list(breaks), back)
        threading.Thread(target=drawn.run, daemon=True).start()
        made.append(drawn)
        return drawn

    yield draw
    for drawn in made:
        drawn.door.shutdown(socket.SHUT_RDWR)
        drawn.door.close()
