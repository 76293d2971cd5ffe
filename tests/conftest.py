"""The world of the tests: a real PostgreSQL, its schema from empty, and everything rolled back."""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg import sql
from psycopg.conninfo import make_conninfo
from starlette.testclient import TestClient

from calanus.kit.db import Connection, connect
from calanus.kit.migrate import migrate
from calanus.kit.settings import Settings
from calanus.users import service as users
from lab import Lab, new_lab

users.hasher = PasswordHasher(
    time_cost=1, memory_cost=64, parallelism=1
)  # quick for tests, as strong elsewhere
WebOf = Callable[..., TestClient]
Budget = Callable[[int], AbstractContextManager[None]]
numbers = count(1)
PLENTY = 2 * 2**30  # bytes: three test processes take half of one


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL: the one of CALANUS_TEST_DATABASE_URL, else an embedded one of our own."""
    given = os.environ.get("CALANUS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    from calanus.kit.postgres import embedded

    with a_server_s_folder() as folder:
        settings = Settings(data=folder, pg_bin=os.environ.get("CALANUS_PG_BIN", ""))
        with embedded(settings) as url:
            for promise in ("fsync", "full_page_writes", "synchronous_commit"):
                run_on(url, sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(promise)))
            run_on(url, sql.SQL("SELECT pg_reload_conf()").format())
            yield url


@contextmanager
def a_server_s_folder() -> Generator[Path]:
    """A data folder for a PostgreSQL that nobody misses: in memory, where there is plenty."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    plenty = memory.is_dir() and shutil.disk_usage(memory).free >= PLENTY
    with tempfile.TemporaryDirectory(prefix="calanus-test-", dir=memory if plenty else None) as it:
        Path(it).chmod(0o711)  # when root runs the tests, another user runs the server
        yield Path(it)


def url_of(server: str, name: str) -> str:
    """The address of another database of the same server."""
    base, _, options = server.partition("?")
    head, _, _ = base.rpartition("/")
    return f"{head}/{name}" + (f"?{options}" if options else "")


def run_on(server: str, statement: sql.Composed) -> None:
    """One statement outside any transaction."""
    with psycopg.connect(make_conninfo(server), autocommit=True) as conn:
        conn.execute(statement)


@contextmanager
def database(server: str, *, template: str | None = None) -> Generator[tuple[str, str]]:
    """A database for a while, empty or cloned: its name and its address."""
    name = f"calanus_test_{os.getpid()}_{next(numbers)}"
    made = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:  # copying files costs less than writing them to the log, page by page
        made += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
    run_on(server, made)
    try:
        yield name, url_of(server, name)
    finally:
        run_on(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[tuple[str, str]]:
    """The schema, migrated from empty; nothing is ever committed into it."""
    with database(server) as (name, url):
        migrate(url)
        yield name, url


@pytest.fixture(scope="session")
def database_url(server: str, template: tuple[str, str]) -> Iterator[str]:
    """A database for the tests that roll back."""
    with database(server, template=template[0]) as (_, url):
        yield url


@pytest.fixture
def clone(server: str, template: tuple[str, str]) -> Iterator[str]:
    """A database of one's own, for what must commit: jobs, kills, commands."""
    with database(server, template=template[0]) as (_, url):
        yield url


@pytest.fixture(scope="module")
def shared_clone(server: str, template: tuple[str, str]) -> Iterator[str]:
    """A database for all tests of one file, where each may commit and none minds the others."""
    with database(server, template=template[0]) as (_, url):
        yield url


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A connection whose work is undone when the test ends."""
    with connect(database_url) as conn:
        try:
            yield conn
        finally:
            conn.rollback()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation in a folder of its own."""
    return Settings(data=tmp_path / "data", secret_key="a key for tests")


@pytest.fixture
def at_most(conn: Connection) -> Budget:
    """A promise on the number of statements: `with at_most(3): …`."""

    @contextmanager
    def budget(most: int) -> Generator[None]:
        sent: list[str] = []
        original = psycopg.Cursor.execute

        def counted(cursor: Any, query: Any, *args: Any, **kw: Any) -> Any:
            sent.append(str(query))
            return original(cursor, query, *args, **kw)  # pyright: ignore

        psycopg.Cursor.execute = counted  # pyright: ignore
        try:
            yield
        finally:
            psycopg.Cursor.execute = original
        assert len(sent) <= most, f"{len(sent)} statements, {most} promised:\n" + "\n".join(sent)

    return budget


@pytest.fixture
def web(clone: str, settings: Settings) -> Iterator[TestClient]:
    """The whole application over a database of its own, nobody signed in."""
    from calanus.app import create_app

    with TestClient(create_app(settings, clone), base_url="http://calanus.test") as client:
        yield client


@pytest.fixture
def web_of(clone: str, settings: Settings) -> Iterator[WebOf]:
    """The whole application with settings of one's own: `web_of(worms_url=…)`."""
    from calanus.app import create_app

    with ExitStack() as stack:

        def made(**values: Any) -> TestClient:
            app = create_app(settings.model_copy(update=values), clone)
            return stack.enter_context(TestClient(app, base_url="http://calanus.test"))

        yield made


@pytest.fixture
def shore(clone: str) -> Iterator[Connection]:
    """A connection to the database of `web`; what it does is kept at once."""
    with connect(clone, autocommit=True) as conn:
        yield conn


@pytest.fixture
def lab(clone: str, settings: Settings, tmp_path: Path) -> Lab:
    """A laboratory with one person, one empty project, and a package to fill."""
    return new_lab(clone, settings, tmp_path / "package")
