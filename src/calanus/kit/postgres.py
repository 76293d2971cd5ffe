"""The database of an installation: somebody's PostgreSQL, or our own, found or started here.

Our own is shared by all Calanus processes of a data folder: `pg.users` is locked (shared) by each
as long as it uses the server, `pg.lock` (exclusive) by whoever starts or stops it. Locks end with
their process, however it ends; a server left behind is found again by its `postmaster.pid`.
"""

import fcntl
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from calanus.kit.cluster import (
    OLDEST,
    SOCKET_NAME,
    Cluster,
    DatabaseTrouble,
    clean_environment,
    data_folder,
    open_cluster,
    socket_folder,
)
from calanus.kit.processes import command_of, started
from calanus.kit.settings import Settings

logger = logging.getLogger(__name__)

DATABASE = "calanus"
WATCH_EVERY = 0.5  # seconds
PATIENCE = 600  # seconds: replaying 2 GB of WAL after a power cut takes minutes on a slow disk
STOP_PATIENCE = 30
LARGEST_LOG = 10_000_000  # bytes

# For a laptop that also runs a browser; who needs more runs a PostgreSQL of their own.
# Pages in the log are not compressed: the wheel's only way, pglz, takes more than identifying does.
TUNING = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_connections": "80",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "",
}


@contextmanager
def embedded(settings: Settings, *, watch: bool = False) -> Generator[str]:
    """The address of the installation's database, for as long as it is used.

    With `watch`, a server that dies is started again; meant for processes that live long.

    Raises:
        DatabaseTrouble: it cannot be reached, started, or is too old.
    """
    if settings.database_url:
        check_server(settings.database_url)
        yield settings.database_url
        return
    server = Server(settings)
    address = server.join()
    stop = threading.Event()
    watcher = threading.Thread(target=server.watch, args=(stop,), daemon=True)
    if watch:
        watcher.start()
    try:
        yield address
    finally:
        stop.set()
        if watch:
            watcher.join()
        server.leave()


def check_server(database_url: str) -> None:
    """Make sure that a server answers and is recent enough.

    Raises:
        DatabaseTrouble: with the address, without its password.
    """
    try:
        with psycopg.connect(database_url, connect_timeout=10) as conn:
            version = conn.info.server_version
    except psycopg.Error as trouble:
        raise DatabaseTrouble(
            f"The database at {without_password(database_url)} does not answer: "
            f"{str(trouble).strip()}. Check CALANUS_DATABASE_URL."
        ) from None
    if version < OLDEST * 10_000:
        raise DatabaseTrouble(
            f"The database at {without_password(database_url)} is PostgreSQL "
            f"{version // 10_000}; Calanus needs {OLDEST} or later."
        )


def without_password(database_url: str) -> str:
    """An address that may be shown."""
    try:
        known = conninfo_to_dict(database_url)
    except psycopg.Error:
        return "CALANUS_DATABASE_URL"
    return f"{known.get('host', 'localhost')}:{known.get('port', 5432)}/{known.get('dbname', '')}"


@dataclass(frozen=True)
class Postmaster:
    """What a running server says of itself in `postmaster.pid`."""

    pid: int
    socket: str
    status: str


class Server:
    """The embedded server of one data folder, as one process of Calanus uses it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = data_folder(settings)
        self.users: IO[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.cluster: Cluster | None = None
        self.socket: Path | None = None

    def join(self) -> str:
        """Find the server or start it; its address.

        Raises:
            DatabaseTrouble: it does not start.
        """
        with self.alone():
            self.cluster = open_cluster(self.settings)
            self.users = (self.data / "pg.users").open("ab")
            fcntl.flock(self.users, fcntl.LOCK_SH)
            try:
                self.bring_up()
                try:
                    self.make_database()
                except DatabaseTrouble:
                    if self.postmaster():
                        raise
                    self.bring_up()  # the one that was found was about to die
                    self.make_database()
            except BaseException:
                self.users.close()
                raise
        return self.address()

    def leave(self) -> None:
        """Stop the server when nobody else uses it."""
        assert self.users
        with self.alone(), self.users:
            fcntl.flock(self.users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self.process:
                    self.process.returncode = 0  # its end is no business of ours any more
                return
            self.bring_down()

    def watch(self, stop: threading.Event) -> None:
        """Start the server again whenever it is found dead."""
        while not stop.wait(WATCH_EVERY):
            if self.postmaster():
                continue
            logger.warning("PostgreSQL is gone; starting it again")
            try:
                with self.alone():
                    self.bring_up()
            except DatabaseTrouble as trouble:
                logger.error("%s", trouble)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nobody else starts or stops the server meanwhile."""
        with (self.data / "pg.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def address(self, database: str = DATABASE) -> str:
        """The URL of a database of this server."""
        assert self.cluster
        password = quote(self.cluster.password, safe="")
        return f"postgresql://calanus:{password}@/{database}?host={quote(str(self.socket))}"

    def postmaster(self) -> Postmaster | None:
        """The running server, unless it is dead, a zombie, or its number is another's now."""
        assert self.cluster
        if self.process:
            self.process.poll()  # a dead child stays a zombie until it is asked
        try:
            lines = (self.cluster.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if not lines or not lines[0].strip().isdigit() or not self.is_ours(int(lines[0])):
            return None
        lines += [""] * (8 - len(lines))
        return Postmaster(int(lines[0]), lines[4].strip(), lines[7].strip())

    def is_ours(self, pid: int) -> bool:
        """Whether a process is the server of this cluster."""
        assert self.cluster
        if not Path("/proc/self").exists():
            return started(pid) is not None
        return os.fsencode(self.cluster.folder) in command_of(pid)

    def bring_up(self) -> None:
        """Leave with a server that answers: the one that runs, or a new one."""
        found = self.postmaster()
        if found and found.status == "stopping":
            self.wait(lambda: self.postmaster() is None, STOP_PATIENCE)
            found = self.postmaster()
        if found is None:
            self.start()
        self.wait(self.is_ready, PATIENCE)

    def is_ready(self) -> bool:
        """Whether the server takes connections.

        Raises:
            DatabaseTrouble: it ended instead.
        """
        found = self.postmaster()
        if found:
            self.socket = Path(found.socket)
            return found.status == "ready"
        if self.process is None or self.process.poll() is not None:
            raise DatabaseTrouble(
                f"PostgreSQL did not start: {self.last_words()} The whole log is {self.log}."
            )
        return False

    def wait(self, done: Callable[[], bool], patience: float) -> None:
        """Look every hundredth of a second.

        Raises:
            DatabaseTrouble: it took too long.
        """
        until = time.monotonic() + patience
        while not done():
            if time.monotonic() > until:
                raise DatabaseTrouble(
                    f"PostgreSQL did not answer within {patience:.0f} seconds; see {self.log}."
                )
            time.sleep(0.01)

    def start(self) -> None:
        """Start a new server where none runs, after clearing what a killed one left."""
        assert self.cluster
        self.collect()
        self.clear()
        # The same folder again after a restart: the other processes know that address.
        if self.socket is None or not self.socket.is_dir():
            self.socket = socket_folder(self.cluster)
        for stale in self.socket.glob(f"{SOCKET_NAME}*"):
            stale.unlink()
        account = self.cluster.account
        options = TUNING | {
            "unix_socket_directories": str(self.socket),
            "cluster_name": self.cluster.name,
            "dynamic_shared_memory_type": shared_memory(),
        }
        with self.log.open("ab") as log:
            self.log.chmod(0o600)  # it may quote what people wrote
            self.process = subprocess.Popen(  # noqa: S603 a program of the wheel or of the settings
                [
                    self.cluster.programs.folder / "postgres",
                    *("-D", self.cluster.folder),
                    *[f"--{name}={value}" for name, value in options.items()],
                ],
                cwd=self.cluster.folder,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, not for the database
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def collect(self) -> None:
        """Wait for the end of the server we started ourselves: a killed one is dying for a moment.

        Its command is gone before its end can be asked for, so it passes for dead a little early.
        """
        if self.process:
            child = self.process
            self.wait(lambda: child.poll() is not None, STOP_PATIENCE)

    def clear(self) -> None:
        """End what a killed server left running, then forget its process number.

        PostgreSQL refuses to start beside its own orphans, which hold the shared memory; a quit
        signal ends them safely, since all they did and had not committed is undone from the log.
        """
        assert self.cluster
        self.quit_orphans()
        self.wait(lambda: not self.quit_orphans(), STOP_PATIENCE)
        (self.cluster.folder / "postmaster.pid").unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))

    def quit_orphans(self) -> bool:
        """Tell the processes of a dead server to quit; whether there were any."""
        assert self.cluster
        title = f"postgres: {self.cluster.name}: ".encode()
        found = [
            int(entry.name)
            for entry in Path("/proc").glob("[0-9]*")
            if b"\0".join(command_of(int(entry.name))).startswith(title)
        ]
        for pid in found:
            try:
                os.kill(pid, signal.SIGQUIT)
            except ProcessLookupError:
                continue
        return bool(found)

    def bring_down(self) -> None:
        """Stop the server: connections end, the log is closed properly."""
        found = self.postmaster()
        if found:
            self.tell_to_stop(found.pid)
        self.collect()

    def tell_to_stop(self, pid: int) -> None:
        """Ask politely first, and wait until it is gone."""
        for how in (signal.SIGINT, signal.SIGQUIT):
            try:
                os.kill(pid, how)
                self.wait(lambda: self.postmaster() is None, STOP_PATIENCE)
            except ProcessLookupError:
                break
            except DatabaseTrouble as trouble:
                logger.warning("%s", trouble)
                continue
            break

    def make_database(self) -> None:
        """Make the database of the installation where it is not there.

        Raises:
            DatabaseTrouble: the server does not take our password.
        """
        try:
            with psycopg.connect(self.address("postgres"), autocommit=True) as conn:
                known = "SELECT 1 FROM pg_database WHERE datname = %s"
                if conn.execute(known, [DATABASE]).fetchone() is None:
                    conn.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError as trouble:
            raise DatabaseTrouble(
                f"The database does not let us in: {str(trouble).strip()}. Its password is in "
                f"{self.data / 'pg.password'}; bring it back from a backup."
            ) from None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data / "pg.log"

    def last_words(self) -> str:
        """The reason a server gave before it ended."""
        said = self.log.read_text(errors="replace").splitlines()[-20:]
        reasons = [line for line in said if re.search(r"FATAL|PANIC|error", line)]
        return (reasons or said or ["it said nothing."])[-1].strip()


def shared_memory() -> str:
    """Where parallel queries meet: containers often have a /dev/shm of 64 MB, too small."""
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total >= 2**28 else "mmap"  # noqa: S108
    except FileNotFoundError:
        return "posix"
