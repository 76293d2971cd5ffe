"""An installation of its own to be measured in: a folder, a database, a person; gone afterwards."""

import secrets
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from calanus.bench.clock import Clock, Spent, postmaster
from calanus.bench.packages import SHARES, write_package, write_taxa
from calanus.imports.jobs import import_package
from calanus.imports.types import ImportOrder
from calanus.jobs import service as jobs
from calanus.jobs.run import JobKind, Order, enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import connect
from calanus.kit.errors import CalanusError
from calanus.kit.ids import ProjectId
from calanus.kit.migrate import migrate
from calanus.kit.postgres import embedded
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.projects.types import NewProject
from calanus.taxonomy import lists
from calanus.users import service as users
from calanus.users.session import secret_key, token_of
from calanus.users.types import AccountRole, NewUser, User


class BenchFailed(CalanusError):
    """A job of the benchmark ended badly: its figures would mean nothing."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"{job.kind} failed: {'; '.join(job.errors[:3]) or job.message}.")


@dataclass(frozen=True)
class World:
    """Where it is measured, and by whom."""

    settings: Settings
    database_url: str
    postmaster: int | None  # none: PostgreSQL runs elsewhere, and its CPU is not counted
    person: User

    @property
    def token(self) -> str:
        """What the person shows to the server."""
        return token_of(self.person, secret_key(self.settings))

    def clock(self, *servers: int, own: bool = True) -> Clock:
        """A clock over PostgreSQL and these processes; over this one too unless told otherwise."""
        database = [] if self.postmaster is None else [self.postmaster]
        return Clock([*database, *servers], own=own)

    def project(self, title: str) -> ProjectId:
        """A new project."""
        with connect(self.database_url) as conn:
            return projects.create(conn, NewProject(title), by=self.person)

    def do(self, kind: JobKind[Order], order: Order, project_id: ProjectId) -> tuple[Job, Spent]:
        """A job from its order to its end, in this process, and what it cost."""
        owner = self.person.user_id
        with self.clock().measure() as spent:
            with connect(self.database_url) as conn:
                job_id = enqueue(conn, kind, order, owner=owner, project_id=project_id)
            job = jobs.run_here(self.settings, self.database_url, job_id)
        if job.state != JobState.FINISHED:
            raise BenchFailed(job)
        return job, spent

    def load(
        self, title: str, objects: int, *, shares: Sequence[float] = SHARES
    ) -> tuple[ProjectId, Spent]:
        """A project with so many objects, and what their import cost."""
        package = self.settings.data / "bench.zip"
        write_package(package, objects=objects, shares=shares)
        project_id = self.project(title)
        order = ImportOrder(project_id=project_id, local_path=str(package))
        _, spent = self.do(import_package, order, project_id)
        package.unlink()
        return project_id, spent


@contextmanager
def world(settings: Settings) -> Generator[World]:
    """A world of one's own: embedded, or on the PostgreSQL of the settings, in a new database."""
    with tempfile.TemporaryDirectory(prefix="calanus-bench-") as folder:
        changes = {"data": Path(folder), "secret_key": secrets.token_hex(16)}
        ours = settings.model_copy(update=changes)
        with _database(ours) as database_url:
            migrate(database_url)
            yield World(ours, database_url, postmaster(database_url), _populate(ours, database_url))


@contextmanager
def _database(settings: Settings) -> Generator[str]:
    if not settings.database_url:
        try:
            with embedded(settings) as database_url:
                yield database_url
        finally:
            cluster = (settings.data / "pg").resolve()
            if not cluster.is_relative_to(settings.data.resolve()):  # as `make_cluster` may decide
                shutil.rmtree(cluster.parent)
        return
    name = f"calanus_bench_{secrets.token_hex(4)}"
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(settings.database_url)._replace(path=f"/{name}"))
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _populate(settings: Settings, database_url: str) -> User:
    """The taxa of the packages, and somebody who may do everything."""
    taxa = settings.data / "taxa.tsv"
    write_taxa(taxa)
    role = AccountRole.APPLICATION_MANAGER
    somebody = NewUser("bench@calanus.example", "Bench Mark", secrets.token_hex(16), role=role)
    with connect(database_url) as conn:
        lists.import_tsv(conn, taxa)
        return users.acting(users.create(conn, somebody, by=None), settings.policy)
