"""What this server process did since it started, in the text that Prometheus reads."""

import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calanus.installation.types import Gauges

# Upper bounds in seconds: a page of the grid takes 5 ms, an import's dry run a minute.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass
class Times:
    """How long the answers of one route took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


@dataclass
class Requests:
    """The requests of a process, counted by route, method and status."""

    answered: defaultdict[tuple[str, str, int], int] = field(
        default_factory=lambda: defaultdict[tuple[str, str, int], int](int)
    )
    times: defaultdict[tuple[str, str], Times] = field(
        default_factory=lambda: defaultdict[tuple[str, str], Times](Times)
    )
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        with self.lock:
            self.answered[route, method, status] += 1
            times = self.times[route, method]
            times.counts[bisect_left(BOUNDS, seconds)] += 1
            times.seconds += seconds


class Counting:
    """Count every request, and how long it takes until its answer begins."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self.app = app
        self.requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over, and look at what comes back."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.perf_counter(), 500
        took: float | None = None
        self.requests.under_way += 1

        async def sending(message: Message) -> None:
            nonlocal took, status
            if message["type"] == "http.response.start":
                took, status = time.perf_counter() - began, message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self.requests.under_way -= 1
            seconds = time.perf_counter() - began if took is None else took
            method = scope["method"] if scope["method"] in METHODS else "other"
            self.requests.count(route_of(scope), method, status, seconds)


def route_of(scope: Scope) -> str:
    """The route of a request as it is written, never an address: those are without number."""
    path: Any = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/app" if scope["path"].startswith("/app") else "none"


def text(requests: Requests, pool: Mapping[str, int], gauges: Gauges, listeners: int) -> str:
    """All of it, as version 0.0.4 of the text format."""
    lines = [
        *gauge("calanus_requests_under_way", "Requests being answered.", {"": requests.under_way}),
        *of_requests(requests),
        *gauge("calanus_pool_connections", "Connections to the database.", {
            '{state="open"}': pool.get("pool_size", 0),
            '{state="free"}': pool.get("pool_available", 0),
        }),
        *gauge("calanus_pool_waiting", "Requests that wait for a connection.", {
            "": pool.get("requests_waiting", 0)
        }),
        *gauge("calanus_jobs", "Jobs that are not put away, by state.", by_state(gauges.jobs)),
        *gauge("calanus_objects", "Objects of all projects, by state.", by_state(gauges.objects)),
        *gauge("calanus_workers", "Workers that wait for jobs or do them.", {"": gauges.workers}),
        *gauge("calanus_listeners", "Pages that follow a project.", {"": listeners}),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def by_state(counted: Mapping[str, int]) -> dict[str, int]:
    """Counts with their state as a label."""
    return {f'{{state="{state}"}}': count for state, count in sorted(counted.items())}


def gauge(name: str, meaning: str, values: Mapping[str, int]) -> Iterator[str]:
    """One number, or one for each set of labels."""
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"


def of_requests(requests: Requests) -> Iterator[str]:
    """Answers by route, method and status; and how long they took."""
    with requests.lock:
        answered = sorted(requests.answered.items())
        times = [(key, list(t.counts), t.seconds) for key, t in sorted(requests.times.items())]
    yield "# HELP calanus_requests_total Answers, by route, method and status."
    yield "# TYPE calanus_requests_total counter"
    for (route, method, status), count in answered:
        labels = f'route="{route}",method="{method}",status="{status}"'
        yield f"calanus_requests_total{{{labels}}} {count}"
    yield "# HELP calanus_request_seconds How long an answer took to begin."
    yield "# TYPE calanus_request_seconds histogram"
    for (route, method), counts, seconds in times:
        labels, total = f'route="{route}",method="{method}"', 0
        for bound, count in zip([*BOUNDS, "+Inf"], counts, strict=True):
            total += count
            yield f'calanus_request_seconds_bucket{{{labels},le="{bound}"}} {total}'
        yield f"calanus_request_seconds_sum{{{labels}}} {seconds:.6f}"
        yield f"calanus_request_seconds_count{{{labels}}} {total}"
