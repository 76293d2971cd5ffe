"""The web door: every room's routes, one error handler, the built page."""

import base64
import hashlib
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from psycopg import DataError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calanus import __version__, old_links
from calanus.annotation import routes as annotation
from calanus.annotation.events import Hub
from calanus.annotation.types import VersionConflict
from calanus.audit import routes as audit
from calanus.audit import service as auditing
from calanus.clusters import routes as clusters
from calanus.collections import routes as collections
from calanus.exports import routes as exports
from calanus.exports.darwin_core import routes as darwin_core
from calanus.features import routes as features
from calanus.files import routes as files
from calanus.imports import routes as imports
from calanus.installation import routes as installation
from calanus.installation.asking import Reader
from calanus.installation.metrics import Counting, Requests
from calanus.jobs import routes as jobs
from calanus.kit import db, describe, older
from calanus.kit.directory import Directory, allowed, flattened
from calanus.kit.errors import CalanusError
from calanus.kit.http import Db
from calanus.kit.interface import EVERYWHERE, described
from calanus.kit.settings import Settings
from calanus.objects import routes as objects
from calanus.objects.views import Views
from calanus.objects.windows import Windows
from calanus.prediction import routes as prediction
from calanus.projects import routes as projects
from calanus.projects import service as projects_service
from calanus.relearning import routes as relearning
from calanus.similarity import bands
from calanus.similarity import routes as similarity
from calanus.similarity import service as likeness
from calanus.similarity.blocks import Blocks
from calanus.subsets import routes as subsets
from calanus.subsets import service as subsets_service
from calanus.taxonomy import routes as taxonomy
from calanus.users import routes as users
from calanus.users.session import secret_key

# Clients of EcoTaxa check that the version is within 0.0.x.
API_VERSION = "0.0.47"
LARGEST_REQUEST = 64 * 2**20  # bytes
# What EcoTaxa's document calls otherwise: clients made from it know these names.
NAMES = {
    "Access": "AccessLevelEnum",
    "ColumnStats": "ProjectSetColumnStatsModel",
    "Computation": "SciExportTypeEnum",
    "JobState": "DBJobStateEnum",
    "Licence": "LicenseEnum",
}
RESUMABLE = "/user_files/upload"  # uploads that count for themselves
PAGE = Path(__file__).parent / "page"
INDEX = str(PAGE / "index.html")
ROOMS = (
    users,
    taxonomy,
    jobs,
    files,
    projects,
    exports,  # before objects: /object_set/export/summary is no project called "export"
    objects,
    annotation,
    features,
    prediction,
    relearning,
    similarity,
    clusters,
    audit,
    darwin_core,
    collections,
    subsets,
    imports,
    installation,
)


class Api(FastAPI):
    """The application, which describes itself in EcoTaxa's names where it has one."""

    def openapi(self) -> dict[str, Any]:
        """What the API offers, and to whom; written once."""
        if not self.openapi_schema:
            found = describe.with_named_bodies(described(super().openapi()))
            self.openapi_schema = older.as_3_0(describe.renamed(found, NAMES))
        return self.openapi_schema


def create_app(settings: Settings, database_url: str) -> FastAPI:
    """The application of one installation."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncGenerator[None]:
        with db.pool(database_url, size=16) as pool:
            app.state.pool = pool
            yield

    app = Api(
        title="Calanus",
        version=API_VERSION,
        lifespan=life,
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": "/api"}, {"url": "/"}],
        responses=EVERYWHERE,
    )
    app.state.settings = settings
    app.state.secret_key = secret_key(settings)
    app.state.views = Views()
    app.state.requests = Requests()
    app.state.hub = Hub()
    app.state.reader = Reader(database_url, settings.reader_url, app.state.secret_key)
    app.state.windows = Windows.of(settings.data)
    app.state.may_view = projects_service.may_view
    app.state.titles = projects_service.titles
    app.state.taxa_in_use = subsets_service.taxa_in_use
    app.state.blocks = blocks = Blocks(settings.data / "cache" / "likeness")
    app.state.orderings = {
        likeness.LIKENESS: partial(likeness.ordered, blocks),
        bands.ALIKE: partial(bands.in_bands, blocks),
        auditing.ORDER: auditing.ordered,
    }
    for room in ROOMS:
        app.include_router(room.router)
    app.include_router(old_links.router)
    app.add_api_route("/health", health, tags=["misc"], operation_id="health")
    app.add_exception_handler(CalanusError, answer_error)
    app.add_exception_handler(DataError, answer_data_error)
    app.add_exception_handler(400, answer_unreadable)
    app.add_exception_handler(405, answer_not_so)
    mount_page(app)
    app.router.routes.insert(0, Directory(app.router.routes))
    app.add_middleware(Counting, requests=app.state.requests)
    app.add_middleware(Limits)
    app.add_middleware(Headers)
    app.add_middleware(Addresses, slashed=slashed(app))
    return app


def slashed(app: FastAPI) -> re.Pattern[str]:
    """The addresses of the contract that end with a slash, without it."""
    offered = [r for r in flattened(app.router.routes) if isinstance(r, APIRoute)]
    paths = [r.path[:-1] for r in offered if r.include_in_schema and r.path.endswith("/")]
    return re.compile("|".join(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) for path in paths))


def health(conn: Db) -> dict[str, Any]:
    """Whether this server and its database answer."""
    return {
        "status": "ok",
        "version": __version__,
        "database": bool(conn.execute("SELECT true").fetchone()),
    }


def answer_error(_: Request, error: Exception) -> Response:
    """A sentence for the person who met it; conflicts name their objects too."""
    assert isinstance(error, CalanusError)
    body: dict[str, Any] = {"detail": str(error)}
    if isinstance(error, VersionConflict):
        body["conflicts"] = error.objects
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse(body, error.status, headers)


def answer_data_error(_: Request, error: Exception) -> Response:
    """A value that no column can hold: a number beyond all ids, a text with a NUL."""
    return JSONResponse({"detail": f"A value cannot be stored or looked for: {error}."}, 422)


def answer_unreadable(_: Request, error: Exception) -> Response:
    """A body that is not what its content type says, such as JSON that is no UTF-8."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": f"The request cannot be read: {error.detail}."}, 422)


def answer_not_so(request: Request, error: Exception) -> Response:
    """A method that an address does not have; the header tells those it has (RFC 9110, 15.5.6)."""
    assert isinstance(error, HTTPException)
    may = allowed(request.app.router.routes, request.scope)
    sentence = (
        f"{request.url.path} does not answer to {request.method}, but to {' and '.join(may)}."
    )
    return JSONResponse({"detail": sentence}, 405, {"Allow": ", ".join(may)})


def mount_page(app: FastAPI) -> None:
    """The built page below /app; every address of it is the same file."""
    app.add_api_route("/", lambda: RedirectResponse("/app/"), include_in_schema=False)
    if built_at():
        app.mount("/app", Page(directory=PAGE, html=True), name="page")
    else:
        app.add_api_route("/app/{path:path}", no_page, include_in_schema=False)


def no_page() -> Response:
    """What a checkout without a built page says."""
    return Response("The page is not built: run `make ui`, then start again.", 503)


class Page(StaticFiles):
    """Static files; what is no file is an address within the page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, for ever when its name says its content; else the page itself, never kept."""
        if not self.lookup_path(path)[1]:
            path = "index.html"
        response = await super().get_response(path, scope)
        lasting = "/immutable/" in path or path.startswith("_app/immutable")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if lasting else "no-cache"
        )
        return response


@cache
def content_policy(built_at: float) -> bytes:
    """What the page may load: its own files, and the one script that starts it, by its hash.

    Asked again when the page is built anew, `built_at` being the moment of that.
    """
    text = Path(INDEX).read_text() if built_at else ""
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", text, re.DOTALL)
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' "
        "blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ).encode()


def built_at() -> float:
    """When the page was built; 0 when it is not."""
    try:
        return os.stat(INDEX).st_mtime
    except FileNotFoundError:
        return 0.0


class Headers:
    """What every answer says to a browser about trust."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        said = {
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        self.headers = [(name.encode(), value.encode()) for name, value in said.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers that an answer does not set itself."""

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                policy = (b"content-security-policy", content_policy(built_at()))
                added = [pair for pair in [policy, *self.headers] if pair[0] not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        docs = scope["type"] == "http" and scope["path"].endswith("/docs")
        await self.app(scope, receive, send if docs else sending)


class Limits:
    """No request but an upload, which counts for itself, may be larger than a million ids are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse by the length announced; what comes without one is cut off."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path == "/user_files/" or path.startswith(RESUMABLE):
            return await self.app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > LARGEST_REQUEST:
            sentence = f"A request holds {LARGEST_REQUEST:,} bytes at most; ask in parts."
            refusal = JSONResponse({"detail": sentence}, 413)
            return await refusal(scope, receive, send)
        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message if received <= LARGEST_REQUEST else {"type": "http.disconnect"}

        await self.app(scope, receiving, send)


class Addresses:
    """One address for the several that clients write.

    Any number of /api before a path is none (EcoTaxa's front end asks for /api/api/vault/…), and
    the last slash may be there or not: a redirect would cost clients their token.
    """

    def __init__(self, app: ASGIApp, slashed: re.Pattern[str]) -> None:
        self.app = app
        self.slashed = slashed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over with the address as the routes know it."""
        if scope["type"] == "http":
            path = self.known(scope["path"])
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)

    def known(self, path: str) -> str:
        """The address as the routes know it."""
        path = re.sub(r"^(/api)+(?=/|$)", "", path)
        path = re.sub(r"^/my_files(?=/|$)", "/user_files", path)  # as older clients call it
        bare = path.rstrip("/")
        if bare in ("", "/app") or self.slashed.fullmatch(bare):
            return f"{bare}/"
        return path if bare.startswith(("/app/", "/user_files/")) else bare
