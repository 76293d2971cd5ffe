"""The web server: uvicorn, a parser in C, and heads of a bounded length."""

from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 2 * 2**20  # bytes of an address and its headers: 100,000 characters of ids fit
TOO_LONG = f"An address with its headers takes {LONGEST_HEAD:,} bytes at most; POST what is long."


class BoundedHeads(HttpToolsProtocol):
    """A connection on which no head grows without end; the parser itself would let it."""

    head = 0  # bytes of the head that is coming
    in_head = True

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request, or of several."""
        if self.in_head:
            self.head += len(data)
            if self.head > LONGEST_HEAD:
                self.send_400_response(TOO_LONG)
                return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head has come; the body counts for itself."""
        self.in_head = False
        # httptools reads addresses of 64 kB at most, and ids in a query take more.
        self.url, _, query = self.url.partition(b"#")[0].partition(b"?")
        super().on_headers_complete()
        self.scope["query_string"] = query

    def on_message_complete(self) -> None:
        """The body has come; the next head may."""
        self.in_head, self.head = True, 0
        super().on_message_complete()


def config(app: Any, log_level: str) -> uvicorn.Config:
    """How an ASGI application is served."""
    return uvicorn.Config(
        app,
        http=BoundedHeads,
        log_level=log_level,
        access_log=False,
        timeout_graceful_shutdown=3,  # a page that listens to events never ends by itself
    )
