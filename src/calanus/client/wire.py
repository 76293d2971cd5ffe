"""The way to the server: one pool of connections, sentences for errors, patience with the line."""

import re
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import orjson
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from calanus import __version__
from calanus.client.errors import (
    CalanusError,
    ConnectionLost,
    NoConnection,
    NotCalanus,
    TimedOut,
    of_answer,
)

CONNECT = 10.0  # seconds
COMING_BACK = frozenset({502, 503, 504})  # what a proxy says while a server is started again
SAFE = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
LONGEST_PAUSE = 5.0  # seconds between two tries
Answer = urllib3.BaseHTTPResponse


def address_of(url: str) -> str:
    """An address as a person gives it, as the root of the server's own.

    Raises:
        NotCalanus: it is none.
    """
    text = url.strip()
    if "://" not in text:
        near = re.match(r"(localhost|127\.|\[?::1)", text)
        text = f"{'http' if near else 'https'}://{text}"
    parts = urlsplit("")
    try:
        parts = urlsplit(text)
        host = re.fullmatch(r"[\w.:-]+", parts.hostname or "")
        named = host and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise NotCalanus(f"“{url}” is no address; one is written like https://calanus.example.org.")
    path = re.sub(r"/(app|api|docs)(/.*)?$", "", parts.path.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"


class Wire:
    """Requests to one server, by one person."""

    def __init__(self, url: str, *, token: str, timeout: float, patience: float) -> None:
        self.url = address_of(url)
        self.token = token
        self.patience = patience
        self.reached = False  # at first, a wrong address is told at once
        self.pool = pool_for(self.url, timeout)

    # --- What the other files ask ---------------------------------------------------------------

    def get(self, path: str, **params: Any) -> Any:
        """What the server answers to a question, as Python values."""
        return read(self.send("GET", path, params=params))

    def post(self, path: str, body: Any = None, *, safe: bool = False, **params: Any) -> Any:
        """What it answers to an order; a `safe` one may be said twice."""
        return read(self.send("POST", path, body=body, params=params, safe=safe))

    def form(self, path: str, **fields: str) -> Any:
        """The same, of an order written as a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        data = urlencode(fields).encode()
        return read(self.send("POST", path, data=data, headers=headers))

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Any other operation."""
        return read(self.send(method, path, body=body, params=params))

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        data: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
        stream: bool = False,
    ) -> Answer:
        """A request, tried again while that can do no harm and there is patience left.

        Raises:
            CalanusError: it was refused, or not answered.
        """
        url = f"{self.url}/api{quote(path, safe='/:@!$&()*+,;=~%')}{query(params or {})}"
        said = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        said |= {"User-Agent": f"calanus-client/{__version__}", **(headers or {})}
        if body is not None:
            data = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
            said["Content-Type"] = "application/json"
        end = time.monotonic() + (self.patience if self.reached else 0)
        for pause in pauses():
            answer = self.once(method, url, data, said, stream=stream)
            error = answer if isinstance(answer, CalanusError) else refused(self.url, answer)
            if error is None and not isinstance(answer, CalanusError):
                self.reached = True
                return answer
            assert error is not None
            wait = waits(error, answer, pause, safe=safe or method in SAFE)
            if wait is None or time.monotonic() + wait > end:
                raise error
            time.sleep(wait)
        raise AssertionError

    def once(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str], *, stream: bool
    ) -> "Answer | CalanusError":
        """One try: an answer of any status, or why none came."""
        try:
            return self.pool.request(
                method,
                url,
                body=data,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=not stream,
            )
        except HTTPError as trouble:
            return told(self.url, trouble)

    def lines(self, path: str, **params: Any) -> Iterator[str]:
        """The lines of an answer that does not end by itself."""
        answer = self.send("GET", path, params=params, stream=True)
        rest = b""
        try:
            for block in answer.stream(2**12):
                *whole, rest = (rest + block).split(b"\n")
                yield from (line.decode() for line in whole)
        except HTTPError as trouble:
            raise told(self.url, trouble) from None
        finally:
            answer.close()

    def close(self) -> None:
        """Let the connections go."""
        self.pool.clear()


def pool_for(url: str, timeout: float) -> urllib3.PoolManager:
    """Connections that wait so long, through the proxy of the environment where there is one."""
    patience = urllib3.Timeout(connect=CONNECT, read=timeout)
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy, timeout=patience, maxsize=8)
    return urllib3.PoolManager(timeout=patience, maxsize=8)


def query(params: Mapping[str, Any]) -> str:
    """Parameters as they are written into an address; what is None is left out."""
    given = {name: str(value) for name, value in params.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def pauses() -> Iterator[float]:
    """Seconds between tries: half a second, then more and more."""
    pause = 0.5
    while True:
        yield pause
        pause = min(pause * 1.6, LONGEST_PAUSE)


def waits(
    error: CalanusError, answer: "Answer | CalanusError", pause: float, *, safe: bool
) -> float | None:
    """How long until the next try; None where there must be none."""
    if isinstance(answer, CalanusError):
        again = isinstance(error, NoConnection) or (safe and isinstance(error, ConnectionLost))
        return pause if again else None
    later = answer.headers.get("Retry-After", "")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and later.isdecimal():
        return max(float(later), pause)
    return pause if answer.status in COMING_BACK and safe else None


def told(url: str, trouble: HTTPError) -> CalanusError:
    """Why no answer came, as a sentence."""
    if isinstance(trouble, NameResolutionError):
        host = urlsplit(url).hostname
        return NoConnection(f"There is no server called {host}: is the address written right?")
    if isinstance(trouble, ProxyError):
        return NoConnection(f"The proxy did not lead to {url} ({trouble.original_error}).")
    if isinstance(trouble, SSLError):
        return NoConnection(
            f"{url} has no certificate that this machine trusts ({trouble}). Is it http:// rather "
            "than https://? A laboratory's own authority is named in SSL_CERT_FILE."
        )
    if isinstance(trouble, ConnectTimeoutError | NewConnectionError):
        return NoConnection(f"Nothing answers at {url}: is the server running, is the line up?")
    if isinstance(trouble, ReadTimeoutError):
        return TimedOut(f"{url} did not answer in time; it may still be at it. See timeout=.")
    return ConnectionLost(
        f"The connection to {url} was lost, and whether the order was carried out is not known: "
        "look before you give it again."
    )


def refused(url: str, answer: Answer) -> CalanusError | None:
    """The error that an answer is; None for one that is none."""
    if answer.status in (301, 302, 303, 307, 308):
        there = answer.headers.get("Location", "")
        return NotCalanus(f"{url} sends us on to {there}; if that is right, use that address.")
    if answer.status < 400:
        return None
    try:
        body = orjson.loads(answer.data)
    except ValueError:
        body = None
    if body is None and answer.data and answer.status < 500:
        return NotCalanus(
            f"What answers at {url} is no Calanus (status {answer.status}, without a reason). "
            "Give the address that you open in the browser."
        )
    return of_answer(answer.status, body)


def read(answer: Answer) -> Any:
    """The values of an answer.

    Raises:
        NotCalanus: it is not written as ours are.
    """
    if not answer.data:
        return None
    try:
        return orjson.loads(answer.data)
    except ValueError:
        raise NotCalanus(
            f"{answer.url or 'The server'} answers in a way that no Calanus does; is it the "
            "address that you open in the browser?"
        ) from None
