"""Which route answers an address: looked up by its parts, not sought among two hundred."""

from collections.abc import Iterator, Sequence

from fastapi.routing import APIRoute, APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

Parts = tuple[str, str, int]  # method, first part of the path, how many parts


def parts_of(method: str, path: str) -> Parts:
    """Under which key a path is kept, and sought."""
    _, first, *others = path.split("/")
    return method, first, len(others)


def flattened(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """Routes in the order in which they are tried, those of included routers one by one."""
    for route in routes:
        router: APIRouter | None = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from flattened(router.routes)


def first_of(route: BaseRoute) -> str:
    """The first part of a route's address."""
    path: str = getattr(route, "path", "/")
    return path.split("/")[1]


def allowed(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """All methods that an address answers to, by the alphabet."""
    fitting = [r for r in flattened(routes) if r.matches(scope)[0] != Match.NONE]
    return sorted({method for r in fitting for method in getattr(r, "methods", None) or ()})


class Directory(BaseRoute):
    """The first route of an application: finds among all others those that may match.

    What is not found here is left to the routes themselves, which say what is wrong with it. Not
    kept are routes that begin as one does whose address has any number of parts.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.kept: dict[Parts, list[APIRoute]] = {}
        every = list(flattened(routes))
        left = {first_of(r) for r in every if not isinstance(r, APIRoute) or ":path}" in r.path}
        for route in every:
            first = first_of(route)
            if isinstance(route, APIRoute) and first not in left and "{" not in first:
                for method in route.methods or ():
                    self.kept.setdefault(parts_of(method, route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that matches, as the application itself would find it."""
        if scope["type"] == "http":
            for route in self.kept.get(parts_of(scope["method"], scope["path"]), ()):
                match, child = route.matches(scope)
                if match == Match.FULL:
                    return match, child
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the route that was found."""
        await scope["route"].handle(scope, receive, send)
