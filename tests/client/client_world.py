"""A running Calanus for the client, and lines to it that break."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvicorn

from calanus.app import create_app
from calanus.client import Calanus
from calanus.kit.settings import Settings
from calanus.worker import address_of, listening


@dataclass
class Server:
    """A server that can be stopped and started again at its address."""

    settings: Settings
    database_url: str
    port: int = 0
    url: str = ""
    doors: ExitStack = field(default_factory=ExitStack)
    web: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve; once this returns, it answers."""
        listener = self.doors.enter_context(listening("127.0.0.1", self.port))
        self.url = address_of(listener)
        self.port = listener.getsockname()[1]
        app = create_app(self.settings, self.database_url)
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        self.web = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.web.run, kwargs={"sockets": [listener]})
        self.thread.start()
        while not self.web.started:
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop answering; all that it remembered is gone."""
        assert self.web
        assert self.thread
        self.web.should_exit = True
        self.thread.join()
        self.doors.close()


@dataclass
class Line:
    """A line to a server that breaks: after so many bytes of either way, then it is whole."""

    to: str
    breaks: list[int] = field(default_factory=list[int])  # bytes after which, one a connection
    back: bool = False  # whether the bytes that come back count, rather than those that go
    opened: int = 0
    went: list[int] = field(default_factory=list[int])  # bytes, as they go and come
    came: list[int] = field(default_factory=list[int])
    door: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        """Where the line begins."""
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def run(self) -> None:
        """Take connections until the door is closed."""
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            self.opened += 1
            most = self.breaks.pop(0) if self.breaks else None
            threading.Thread(target=self.join, args=(near, most), daemon=True).start()

    def join(self, near: socket.socket, most: int | None) -> None:
        """One connection, until it ends or breaks."""
        there, here = (None, most) if self.back else (most, None)
        with near, socket.create_connection(("127.0.0.1", urlsplit(self.to).port or 0)) as far:
            back = threading.Thread(target=carry, args=(far, near, here, self.came), daemon=True)
            back.start()
            carry(near, far, there, self.went)
            back.join()


def carry(source: socket.socket, sink: socket.socket, most: int | None, counted: list[int]) -> None:
    """Bytes from here to there, until the end or until so many came."""
    with suppress(OSError):
        while block := source.recv(2**16):
            sink.sendall(block if most is None else block[:most])
            counted.append(len(block))
            if most is not None:
                most -= len(block)
                if most <= 0:
                    break
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def over(line: Line, calanus: Calanus) -> Generator[Calanus]:
    """The same person, over a line."""
    with Calanus(line.url, token=calanus.token, patience=30) as far:
        yield far
