"""Finding the route of an address: the one that the application itself would find."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from calanus.app import create_app
from calanus.kit.directory import Directory, flattened
from calanus.kit.settings import Settings


def saying(word: str, part: str) -> Callable[..., str]:
    """What answers with a word and a part of the address."""

    def answer(request: Request) -> str:
        return f"{word} {request.path_params.get(part, '')}".strip()

    return answer


def small_app() -> FastAPI:
    """Addresses that could be mistaken for one another."""
    inner, outer, app = APIRouter(prefix="/trees/kinds"), APIRouter(), FastAPI()
    inner.add_api_route("/{kind}", saying("kind", "kind"), methods=["GET"])
    outer.include_router(inner)
    outer.add_api_route("/trees/search", saying("search", ""), methods=["GET"])
    outer.add_api_route("/trees/{number}", saying("tree", "number"), methods=["GET"])
    outer.add_api_route("/trees/{number}", saying("felled", "number"), methods=["DELETE"])
    outer.add_api_route("/files/{path:path}", saying("file", "path"), methods=["GET"])
    outer.add_api_route("/files/{name}", saying("name", "name"), methods=["GET"])
    app.include_router(outer)
    app.router.routes.insert(0, Directory(app.router.routes))
    return app


def test_the_first_route_that_fits_answers() -> None:
    with TestClient(small_app()) as web:
        for path, answer in {
            "/trees/search": "search",
            "/trees/7": "tree 7",
            "/trees/kinds/oak": "kind oak",
            "/files/a/b/c": "file a/b/c",
            "/files/a": "file a",
        }.items():
            assert web.get(path).json() == answer
        assert web.delete("/trees/7").json() == "felled 7"


def test_what_fits_none_is_refused_as_before() -> None:
    with TestClient(small_app()) as web:
        assert web.get("/trees/7/leaves").status_code == 404
        assert web.get("/nowhere").status_code == 404
        assert web.get("//").status_code == 404
        assert web.put("/trees/7").status_code == 405


def test_every_route_of_ours_is_kept_but_those_that_begin_as_files_do(settings: Settings) -> None:
    app = create_app(settings, "postgresql://nowhere")
    directory = app.router.routes[0]

    assert isinstance(directory, Directory)
    kept = {id(route) for routes in directory.kept.values() for route in routes}
    ours = [r for r in flattened(app.router.routes[1:]) if isinstance(r, APIRoute)]
    left = [route.path for route in ours if id(route) not in kept]
    assert len(kept) > 100
    begin = {"", "app", "gui", "Job", "Task", "user_files", "vault"}
    assert {path.split("/")[1] for path in left} <= begin
