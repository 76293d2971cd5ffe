"""A server of its own process, spoken to over one connection of loopback."""

import json
import multiprocessing
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Self

from calanus.kit.settings import Settings

CreateApp = Callable[[Settings, str], Any]  # an ASGI application
PATIENCE = 30.0  # seconds


class Web:
    """Asks a server as one person does."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def get(self, path: str) -> bytes:
        """The bytes of an answer."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any) -> bytes:
        """The bytes of an answer to an order."""
        return self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        read = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:500].decode()}")
        return read


@contextmanager
def serving(
    create_app: CreateApp, settings: Settings, database_url: str, token: str
) -> Generator[tuple[Web, int]]:
    """A server, asked as the bearer of a token, and its process id; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `serve` does
        port: int = door.getsockname()[1]
        process = multiprocessing.get_context("spawn").Process(
            target=serve,
            args=(create_app, settings.model_dump_json(), database_url, door),
            daemon=True,
        )
        process.start()
    try:
        assert process.pid is not None
        with Web(port, token) as web:
            wait_for(web)
            yield web, process.pid
    finally:
        process.terminate()
        process.join()


def serve(create_app: CreateApp, settings: str, database_url: str, door: socket.socket) -> None:
    """What the other process does."""
    import uvicorn

    from calanus.kit import web

    app = create_app(Settings.model_validate_json(settings), database_url)
    uvicorn.Server(web.config(app, "error")).run(sockets=[door])


def wait_for(web: Web) -> None:
    """Until the server answers."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            web.get("/health")
        except OSError:
            if time.monotonic() > until:
                raise
            web.connection.close()
            time.sleep(0.1)
        else:
            return
