"""Asking a server outside: politely, for a limited time, and for no more than fits in memory.

Never ask while a database transaction is open: the answer may take as long as `Limits.timeout`.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import orjson

from calanus import __version__
from calanus.kit.errors import CalanusError

USER_AGENT = f"Calanus/{__version__} (plankton images; asks rarely, keeps answers)"
AT_ONCE = threading.BoundedSemaphore(4)  # a slow server outside must not take all our threads
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


class OutsideTrouble(CalanusError):
    """A server outside could not be asked, or did not answer as it should."""

    status = 502


class NotSetUp(OutsideTrouble):
    """Nobody has said which server to ask."""

    status = 503


class Unreachable(OutsideTrouble):
    """No server outside is set up for this, or it cannot be reached now."""

    status = 503

    def __init__(self, server: str, why: str) -> None:
        super().__init__(
            f"{server} cannot be reached ({why}). Try again later; all the rest goes on meanwhile."
        )


class TooSlow(OutsideTrouble):
    """A server outside did not answer in time."""

    status = 504

    def __init__(self, server: str, seconds: float) -> None:
        super().__init__(f"{server} did not answer within {seconds:g} seconds. Try again later.")


class BadAnswer(OutsideTrouble):
    def __init__(self, server: str, what: str) -> None:
        super().__init__(f"{server} {what}. Nothing was changed here.")


class Busy(OutsideTrouble):
    status = 503

    def __init__(self, server: str) -> None:
        super().__init__(f"Too many wait for {server} already. Try again in a minute.")


@dataclass(frozen=True)
class Limits:
    """How long to wait for an answer, all tries together, and how large it may be."""

    timeout: float = 10.0  # seconds
    most_bytes: int = 32 * 2**20
    tries: int = 3
    pause: float = 0.5  # seconds before the second try, twice that before the third


@dataclass(frozen=True)
class Answer:
    """What came back: 2xx with a body, or 404 without."""

    status: int
    body: bytes


class Stay(HTTPRedirectHandler):
    """Follows no redirect: a server that was named is the one that is asked."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Leave the answer as it is."""


class Outside:
    """One server outside."""

    def __init__(self, name: str, base_url: str, limits: Limits) -> None:
        """Raises NotSetUp when the address is none."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise NotSetUp(
                f"The address of {name} is “{base_url}”; it must begin with http:// or https://."
            )
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.limits = limits
        self._opener: OpenerDirector = build_opener(Stay)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path below the address; None when there is nothing (204, 404, no body)."""
        asked = f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        return self._decoded(self._ask(Request(asked), tries=self.limits.tries))  # noqa: S310

    def post(self, path: str, form: Mapping[str, str], *, safe_twice: bool = False) -> Any:
        """The JSON answered to a form; only what is `safe_twice` is tried again."""
        body = urlencode(form).encode()
        request = Request(f"{self.base_url}{path}", body)  # noqa: S310 (http or https, see above)
        return self._decoded(self._ask(request, tries=self.limits.tries if safe_twice else 1))

    def _decoded(self, answer: Answer) -> Any:
        if answer.status in (204, 404) or not answer.body.strip():
            return None
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise BadAnswer(self.name, "answered something that is not JSON") from None

    def _ask(self, request: Request, *, tries: int) -> Answer:
        """Ask, and ask again after a pause when that may help."""
        request.add_header("User-Agent", USER_AGENT)
        request.add_header("Accept", "application/json")
        until = time.monotonic() + self.limits.timeout
        if not AT_ONCE.acquire(timeout=1.0):
            raise Busy(self.name)
        try:
            for tried in range(tries):
                try:
                    return self._once(request, until)
                except (Unreachable, ServerError):
                    rest = self.limits.pause * 2**tried
                    if tried + 1 == tries or time.monotonic() + rest >= until:
                        raise
                    time.sleep(rest)
            raise AssertionError("there is a first try")
        finally:
            AT_ONCE.release()

    def _once(self, request: Request, until: float) -> Answer:
        left = until - time.monotonic()
        if left <= 0:
            raise TooSlow(self.name, self.limits.timeout)
        try:
            with self._opener.open(request, timeout=left) as answer:
                return Answer(answer.status, self._read(answer, until))
        except HTTPError as error:
            with error:
                return self._refused(error)
        except TimeoutError:
            raise TooSlow(self.name, self.limits.timeout) from None
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise TooSlow(self.name, self.limits.timeout) from None
            raise Unreachable(self.name, str(error.reason)) from None
        except (HTTPException, OSError) as error:
            raise Unreachable(self.name, type(error).__name__) from None

    def _read(self, answer: Any, until: float) -> bytes:
        """The body, given up when it is too large or drips too slowly."""
        body = bytearray()
        while part := answer.read1(65536):
            body += part
            if len(body) > self.limits.most_bytes:
                raise BadAnswer(
                    self.name, f"sends more than {self.limits.most_bytes:,} bytes at once"
                )
            if time.monotonic() > until:
                raise TooSlow(self.name, self.limits.timeout)
        return bytes(body)

    def _refused(self, error: HTTPError) -> Answer:
        """What an answer that is no success means."""
        if error.code == 404:
            return Answer(404, b"")
        if error.code in TRY_AGAIN:
            raise ServerError(self.name, f"has trouble of its own (it answered {error.code})")
        if 300 <= error.code < 400:
            where = error.headers.get("Location", "elsewhere")
            raise BadAnswer(self.name, f"has moved to {where}: change its address in the settings")
        raise BadAnswer(self.name, f"refused the question (it answered {error.code})")


class ServerError(BadAnswer):
    """Trouble of the server's own, that may pass."""
