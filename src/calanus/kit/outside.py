"""Asking a server outside: politely, for a limited time, and for no more than fits in memory.

Never ask while a database transaction is open: the answer may take as long as `Limits.timeout`.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import orjson
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut
from urllib3.util import make_headers, parse_url

from calanus import __version__
from calanus.kit.errors import CalanusError

SAID = {
    "User-Agent": f"Calanus/{__version__} (plankton images; asks rarely, keeps answers)",
    "Accept": "application/json",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
AT_HOME = ("localhost", "127.0.0.1", "::1")


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
    def __init__(self, server: str, what: str, said: Any = None) -> None:
        super().__init__(f"{server} {what}. Nothing was changed here.")
        self.said = object_of(said) or {}  # what it said in JSON, when it refused


class ServerError(BadAnswer):
    """Trouble of the server's own, that may pass."""


class TooManyAsk(OutsideTrouble):
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
    at_once: int = 4  # questions: a slow server outside must not take all our threads


SIGN_IN = Limits(most_bytes=2**20, tries=1, at_once=16)


@cache
def turns(server: str, at_once: int) -> threading.BoundedSemaphore:
    """Who asks a server just now."""
    return threading.BoundedSemaphore(at_once)


class Outside:
    """One server outside; it follows no redirect: who was named is the one that is asked."""

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

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON at a path below the address; None when there is nothing (204, 404, no body)."""
        asked = path + (f"?{urlencode(query)}" if query else "")
        return self._ask(asked, None, headers or {}, tries=self.limits.tries)

    def post(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        safe_twice: bool = False,
    ) -> Any:
        """The JSON answered to a form; only what is `safe_twice` is tried again."""
        tries = self.limits.tries if safe_twice else 1
        return self._ask(path, urlencode(form), FORM | dict(headers or {}), tries=tries)

    def _ask(self, path: str, body: str | None, headers: Mapping[str, str], *, tries: int) -> Any:
        """Ask, and ask again after a pause when that may help.

        Not by urllib3's Retry, which knows no limit of time for all tries together.
        """
        until = time.monotonic() + self.limits.timeout
        turn = turns(self.name, self.limits.at_once)
        if not turn.acquire(timeout=1.0):
            raise TooManyAsk(self.name)
        try:
            for tried in range(tries):
                try:
                    return self._once(path, body, headers, until)
                except (Unreachable, ServerError):
                    rest = self.limits.pause * 2**tried
                    if tried + 1 == tries or time.monotonic() + rest >= until:
                        raise
                    time.sleep(rest)
            raise AssertionError("there is a first try")
        finally:
            turn.release()

    def _once(self, path: str, body: str | None, headers: Mapping[str, str], until: float) -> Any:
        left = until - time.monotonic()
        if left <= 0:
            raise TooSlow(self.name, self.limits.timeout)
        try:
            with (
                pool_for(self.base_url) as pool,
                pool.request(
                    "GET" if body is None else "POST",
                    f"{self.base_url}{path}",
                    body=body,
                    headers=SAID | dict(headers),
                    timeout=urllib3.Timeout(total=left),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                ) as answer,
            ):
                return self._understood(answer, until)
        except (HTTPError, ValueError) as error:  # ValueError: what no header can hold
            if isinstance(error, TimedOut) and not isinstance(error, NewConnectionError):
                raise TooSlow(self.name, self.limits.timeout) from None
            raise Unreachable(self.name, str(error.__cause__ or error)) from None

    def _understood(self, answer: urllib3.BaseHTTPResponse, until: float) -> Any:
        """What an answer says, or what it means that it says nothing."""
        if answer.status in TRY_AGAIN:
            raise ServerError(self.name, f"has trouble of its own (it answered {answer.status})")
        if 300 <= answer.status < 400:
            where = answer.headers.get("Location", "elsewhere")
            raise BadAnswer(self.name, f"has moved to {where}: change its address in the settings")
        if answer.status in (204, 404):
            return None
        body = self._read(answer, until)
        said = json_of(body)
        if answer.status >= 400:
            what = f"refused the question (it answered {answer.status})"
            raise BadAnswer(self.name, what, said)
        if said is None and body.strip() not in (b"", b"null"):
            raise BadAnswer(self.name, "answered something that is not JSON")
        return said

    def _read(self, answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
        """The body, given up when it is too large or drips too slowly."""
        body = bytearray()
        while part := answer.read1(65536, decode_content=False):
            body += part
            if len(body) > self.limits.most_bytes:
                raise BadAnswer(
                    self.name, f"sends more than {self.limits.most_bytes:,} bytes at once"
                )
            if time.monotonic() > until:
                raise TooSlow(self.name, self.limits.timeout)
        return bytes(body)


def pool_for(url: str) -> urllib3.PoolManager:
    """Connections, through the proxy of the environment where there is one."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.hostname or ""):
        return urllib3.PoolManager()
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    headers = make_headers(proxy_basic_auth=parse_url(proxy).auth)
    return urllib3.ProxyManager(proxy, proxy_headers=headers)


def json_of(body: bytes) -> Any:
    """JSON as Python values; None when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def object_of(said: Any) -> dict[str, Any] | None:
    """What was said, when it is a JSON object."""
    return cast(dict[str, Any], said) if isinstance(said, dict) else None


def fetch_json(
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object at an address that is trusted: over HTTPS, once; a form makes it a POST.

    Raises:
        OutsideTrouble: no answer, a refusal (what it `said` comes along), or no JSON object.
    """
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in AT_HOME:
        raise NotSetUp(f"{url} is not an https address.")
    root = f"{address.scheme}://{address.netloc}"
    server, path = Outside(address.netloc, root, SIGN_IN), url[len(root) :]
    if form is None:
        said = server.get(path, headers=headers)
    else:
        said = server.post(path, form, headers=headers)
    found = object_of(said)
    if found is None:
        raise BadAnswer(address.netloc, f"answers no JSON object at {url}")
    return found
