"""The door of background work, and the process that serves everything: database, worker, web."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import Any, NoReturn

import psycopg

from calanus.files.tidying import tidy
from calanus.jobs.work import Worker
from calanus.kit import mail
from calanus.kit.db import connect
from calanus.kit.errors import CalanusError
from calanus.kit.migrate import migrate
from calanus.kit.postgres import embedded
from calanus.kit.processes import die_with_parent
from calanus.kit.settings import Settings
from calanus.users.letters import send_due

# Where the function of each kind is. Modules by name: a job's process imports its own, no other.
JOBS: Mapping[str, str] = {
    "FileImport": "calanus.imports.jobs",
    "SimpleImport": "calanus.imports.jobs",
    "Measure": "calanus.imports.jobs",
    "GeneralExport": "calanus.exports.jobs",
    "Subset": "calanus.subsets.jobs",
    "BackupExport": "calanus.exports.jobs",
    "SummaryExport": "calanus.exports.jobs",
    "GenExport": "calanus.exports.jobs",
    "DarwinCoreExport": "calanus.exports.darwin_core.jobs",
    "Features": "calanus.features.jobs",
    "Prediction": "calanus.prediction.jobs",
    "Classifier": "calanus.prediction.jobs",
    "Report": "calanus.prediction.jobs",
    "Clusters": "calanus.clusters.jobs",
    "Audit": "calanus.audit.jobs",
    "Relearning": "calanus.relearning.jobs",
}

CreateApp = Callable[[Settings, str], Any]  # an ASGI application

LIVED_WELL = 60.0  # seconds after which a worker's death is no longer its start's fault
LONGEST_PAUSE = 30.0
STOP_PATIENCE = 10.0
TIDY_EVERY = 3600.0
LEARN_EVERY = 1.0  # seconds between two looks at what was decided
LONGEST_HEAD = 2 * 2**20  # bytes of an address and its headers: 100,000 characters of ids fit
POST_EVERY = 2.0


class PortTaken(CalanusError):
    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"Calanus cannot listen at {host}:{port} ({why}). Perhaps it already runs there: open "
            f"http://{host}:{port}; or choose another port with --port."
        )


def work(settings: Settings) -> None:
    """Do jobs until told to stop: `calanus worker`."""
    log_to_file(settings)
    with embedded(settings, watch=True) as database_url:
        migrate(database_url)
        asyncio.run(work_on(settings, database_url))


async def work_on(settings: Settings, database_url: str) -> None:
    """Do jobs of a database that is up to date, and the chores beside them."""
    chores = [
        asyncio.create_task(keep_tidy(settings)),
        asyncio.create_task(keep_posting(settings, database_url)),
        asyncio.create_task(keep_learning(database_url)),
    ]
    try:
        await Worker(settings, database_url, JOBS).run()
    finally:
        for chore in chores:
            chore.cancel()


async def keep_tidy(settings: Settings) -> NoReturn:
    """Erase what nobody comes back for: now, and every hour."""
    while True:
        freed = await asyncio.to_thread(tidy, settings, at=datetime.now(UTC))
        logging.getLogger(__name__).info("Old uploads and trash: %s bytes erased", freed)
        await asyncio.sleep(TIDY_EVERY)


async def keep_posting(settings: Settings, database_url: str) -> None:
    """Send the letters that wait, where mail is sent; a database that is away is asked again."""
    while mail.configured(settings):
        try:
            await asyncio.to_thread(send_due, settings, database_url, at=datetime.now(UTC))
        except Exception:
            logging.getLogger(__name__).exception("Letters wait")
        await asyncio.sleep(POST_EVERY)


async def keep_learning(database_url: str) -> NoReturn:
    """Ask for learning again where people sort, and enough was decided; one statement a look."""
    while True:
        try:
            asked = await asyncio.to_thread(ask_for_learning, database_url)
            if asked:
                logging.getLogger(__name__).info("%s projects learn again", asked)
        except psycopg.Error as trouble:
            logging.getLogger(__name__).warning("Learning waits for the database: %s", trouble)
        await asyncio.sleep(LEARN_EVERY)


def ask_for_learning(database_url: str) -> int:
    """In a transaction of its own; how many projects."""
    from calanus.relearning.jobs import ask  # late: a worker starts without it

    with connect(database_url) as conn:
        return ask(conn)


def main() -> None:
    """The worker of a serving process, which says its settings on the standard input."""
    spoken = json.loads(sys.stdin.buffer.readline())
    die_with_parent(spoken["parent"])
    settings = Settings.model_validate_json(spoken["settings"])
    log_to_file(settings)
    with embedded(settings, watch=True) as database_url:
        asyncio.run(work_on(settings, database_url))


def log_to_file(settings: Settings) -> None:
    """Workers have no terminal: what they say goes to `worker.log` in the data folder."""
    settings.data.mkdir(parents=True, exist_ok=True)
    log = RotatingFileHandler(settings.data / "worker.log", maxBytes=5_000_000, backupCount=1)
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[log], level=logging.INFO)


def serve_everything(
    settings: Settings,
    create_app: CreateApp,
    *,
    host: str | None = None,
    port: int | None = None,
    open_browser: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until told to stop: the database, kept alive; a worker, kept alive; the web.

    `create_app` is called once the database is there and up to date; `on_ready` is told the
    address when it answers.

    Raises:
        PortTaken: another program listens there.
        DatabaseTrouble: the database cannot be used.
    """
    with (
        listening(host or settings.host, settings.port if port is None else port) as door,
        embedded(settings, watch=True) as database_url,
    ):
        signal.signal(signal.SIGTERM, leave)
        migrate(database_url)
        app = create_app(settings, database_url)
        with kept_alive(settings):
            serve_web(app, door, ready_calls(open_browser, on_ready))


def leave(*_: object) -> NoReturn:
    """A polite end is a normal one: everything is closed on the way out."""
    raise SystemExit(0)


@contextmanager
def listening(host: str, port: int) -> Generator[socket.socket]:
    """The socket of the web, taken before anything is started for nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as trouble:
        raise PortTaken(host, port, trouble.strerror or str(trouble)) from None
    # asyncio says this only on sockets that name their protocol: an answer would wait 40 ms.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with door:
        yield door


def ready_calls(
    open_browser: bool, on_ready: Callable[[str], None] | None
) -> list[Callable[[str], object]]:
    """What is done with the address once it answers."""
    calls: list[Callable[[str], object]] = [on_ready] if on_ready else []
    return [*calls, webbrowser.open] if open_browser else calls


def serve_web(app: object, door: socket.socket, ready: list[Callable[[str], object]]) -> None:
    """Answer requests until a signal."""
    import uvicorn

    class Web(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                for call in ready:
                    call(address_of(door))

    config = uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] an ASGI application of any make
        log_level="warning",
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=3,  # a page that listens to events never ends by itself
    )
    try:
        Web(config).run(sockets=[door])
    except KeyboardInterrupt:
        return


def address_of(door: socket.socket) -> str:
    """What a person types to come here."""
    bound, port = door.getsockname()[:2]
    host: str = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound) or bound  # noqa: S104 not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def kept_alive(settings: Settings) -> Generator[None]:
    """A worker beside us, started again when it dies."""
    keeper = Keeper(settings)
    thread = threading.Thread(target=keeper.keep, name="worker keeper")
    thread.start()
    try:
        yield
    finally:
        keeper.stop()
        thread.join()


class Keeper:
    """Starts a worker, and another when it dies; more and more slowly when it dies at once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()

    def keep(self) -> None:
        """Until stopped. The thread lives as long as its worker, which dies with it on Linux."""
        pause = 0.5
        while True:
            with self.lock:
                if self.stopping.is_set():
                    return
                self.process = self.start()
            since = time.monotonic()
            self.process.wait()
            if self.stopping.is_set():
                return
            logging.getLogger(__name__).warning("The worker ended; starting another")
            pause = 0.5 if time.monotonic() - since > LIVED_WELL else min(pause * 2, LONGEST_PAUSE)
            self.stopping.wait(pause)

    def start(self) -> subprocess.Popen[bytes]:
        """A worker process, told what to do without a word among its arguments."""
        process = subprocess.Popen(
            [sys.executable, "-m", "calanus.worker"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we tell the worker
        )
        spoken = {"parent": os.getpid(), "settings": self.settings.model_dump_json()}
        assert process.stdin
        with process.stdin:
            process.stdin.write(json.dumps(spoken).encode() + b"\n")
        return process

    def stop(self) -> None:
        """End the worker: it puts its jobs back, and goes."""
        with self.lock:
            self.stopping.set()
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()


if __name__ == "__main__":
    main()
