"""The web server: long addresses come through, endless ones do not, and connections are kept."""

import http.client
import socket
import threading
import time
from collections.abc import Generator, MutableMapping
from contextlib import closing
from typing import Any

import pytest
import uvicorn

from calanus.kit import web
from calanus.kit.web import LONGEST_HEAD

HALF = "x" * (LONGEST_HEAD * 3 // 5)


async def tell(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Answer with the length of the query and of the body."""
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    said = b"%d %d" % (len(scope["query_string"]), len(body))
    head = [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture
def port() -> Generator[int]:
    """Where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(web.config(tell, "critical"))
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield door.getsockname()[1]
        server.should_exit = True
        thread.join()


def ask(connection: http.client.HTTPConnection, path: str, body: bytes = b"") -> tuple[int, str]:
    """Status and text of an answer."""
    connection.request("POST", path, body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_long_heads_and_longer_bodies_come_one_after_another(port: int) -> None:
    body = bytes(2 * LONGEST_HEAD)

    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        for _ in range(3):
            assert ask(connection, f"/?{HALF}", body) == (200, f"{len(HALF)} {len(body)}")
        assert ask(connection, "/") == (200, "0 0")


def test_a_head_without_end_is_refused_while_it_comes(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET /?")

        sent = sum(iter(lambda: send_on(line), 0))

    assert LONGEST_HEAD < sent < 10 * LONGEST_HEAD  # what the system holds comes on top


def send_on(line: socket.socket) -> int:
    """Send some more; how much, and nothing where nobody listens any more."""
    try:
        return line.send(b"x" * 65_536)
    except (ConnectionResetError, BrokenPipeError):
        return 0


def test_what_a_long_head_is_told(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET /?" + b"x" * (LONGEST_HEAD - 5))

        told = line.makefile("rb").read().decode()

    assert told.startswith("HTTP/1.1 400 ")
    assert "2,097,152 bytes at most" in told


@pytest.mark.parametrize("nonsense", [b"\0\1\2\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"hello\r\n\r\n"])
def test_what_is_no_http_is_refused(port: int, nonsense: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(nonsense)
        assert line.makefile("rb").read().startswith(b"HTTP/1.1 400 ")
