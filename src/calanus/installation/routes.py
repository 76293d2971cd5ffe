"""How HTTP asks for the installation itself. Paths, names and shapes are EcoTaxa's."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from calanus.annotation.wire import HistoricalClassification
from calanus.files.folders import ARCHIVES
from calanus.installation import asking, metrics, service
from calanus.installation.types import ErrorAskedFor, MetricsLocal, MetricsOff
from calanus.kit.http import Db, Installation
from calanus.objects.wire import ObjectHeaderModel
from calanus.projects import formulae
from calanus.users.guests import countries
from calanus.users.policy import Act, ask
from calanus.users.service import SHORTEST_PASSWORD
from calanus.users.session import CurrentUser, MaybeUser

router = APIRouter()
# What says that a proxy asks for somebody else.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
LOCAL = frozenset({"127.0.0.1", "::1"})


class Constants(BaseModel):
    """What EcoTaxa's page reads when it opens."""

    license_texts: dict[str, str]
    access: dict[str, str]
    app_manager: list[str]
    countries: list[str]
    people_organization_directories: dict[str, str]
    user_status: dict[str, int]
    user_type: dict[str, str]
    password_regexp: str
    email_verification: bool
    account_validation: bool
    short_token_age: int
    profile_token_age: int
    recaptchaid: bool
    formulae: str
    default_project_access: str
    max_upload_size: int
    time_to_live: str
    accepted_mime_types: list[str]
    archive_extensions: list[str]
    all_in_one: bool
    taxoserver_url: str
    openid_configured: bool
    recast_operation: dict[str, str]


class MigratedIDsRsp(BaseModel):
    """Ids of before 2026 and what they are now: nothing here is older."""

    projects: dict[str, int]
    samples: dict[str, int]
    acquisitions: dict[str, int]
    objects: dict[str, int]


class TableRsp(BaseModel):
    """The rows of a direct question; `cut` when there are more than are told."""

    header: list[str]
    data: list[list[Any]]
    cut: bool


@router.get("/constants", operation_id="used_constants", tags=["misc"])
def used_constants(user: MaybeUser, conn: Db, settings: Installation) -> Constants:
    """What a client should know before it asks: choices, limits, and whom to write to."""
    return Constants(
        license_texts={licence.value: text for licence, text in service.LICENCES.items()},
        access={"PUBLIC": "1", "OPEN": "2", "PRIVATE": "0"},
        app_manager=list(service.contact(conn, asked_by=user)),
        countries=list(countries()),
        people_organization_directories={
            "edmo": "https://edmo.seadatanet.org/report/",
            "orcid": "https://orcid.org/",
        },
        user_status={"blocked": -1, "inactive": 0, "active": 1, "pending": 2},
        user_type={"guest": "guest", "user": "user"},
        password_regexp=f"^.{{{SHORTEST_PASSWORD},}}$",
        email_verification=settings.email_verification,
        account_validation=settings.account_validation,
        short_token_age=1,
        profile_token_age=24,
        recaptchaid=False,
        formulae=formulae.written(formulae.DEFAULTS),
        default_project_access="1",
        max_upload_size=settings.max_upload_bytes,
        time_to_live=f"{settings.trash_days:g}",
        accepted_mime_types=["application/zip", "application/x-tar", "application/gzip"],
        archive_extensions=list(ARCHIVES),
        all_in_one=True,
        taxoserver_url=settings.taxonomy_server_url,
        openid_configured=bool(settings.openid_issuer),
        recast_operation=service.recasts(),
    )


@router.get("/status", operation_id="system_status", tags=["WIP"], response_class=PlainTextResponse)
def system_status(user: MaybeUser, settings: Installation) -> str:
    """Whether this server answers; who is signed in sees its settings, secrets masked."""
    return service.described(settings) if user else "UP!"


@router.get("/error", operation_id="system_error", tags=["misc"])
def system_error(user: CurrentUser) -> None:
    """Fail, to see that failures are seen."""
    raise ErrorAskedFor


@router.get("/noop", operation_id="do_nothing", tags=["misc"])
def do_nothing(user: CurrentUser) -> ObjectHeaderModel | HistoricalClassification | None:
    """Do nothing; clients that are generated find two shapes here."""
    return None


@router.get("/migrated_ids", operation_id="get_migrated_ids", tags=["misc"])
def get_migrated_ids(
    projects: str = "", samples: str = "", acquisitions: str = "", objects: str = ""
) -> MigratedIDsRsp:
    """What the ids of EcoTaxa before 2026 became: here they are what they were."""
    return MigratedIDsRsp(projects={}, samples={}, acquisitions={}, objects={})


@router.get(
    "/admin/db/query",
    operation_id="db_direct_query",
    tags=["admin"],
    response_model=TableRsp,
)
def db_direct_query(
    q: Annotated[str, Query(max_length=asking.LONGEST_QUESTION)],
    user: CurrentUser,
    request: Request,
) -> Response:
    """The rows of a question in SQL, asked by a database role that can only read."""
    ask(user, Act.ADMINISTRATE)
    state = request.app.state
    found = asking.ask(state.reader, state.pool, q)
    body = {"header": found.header, "data": found.rows, "cut": found.cut}
    return Response(orjson.dumps(body, default=str), media_type="application/json")


@router.get("/metrics", operation_id="metrics", tags=["misc"], response_class=PlainTextResponse)
def tell_metrics(user: MaybeUser, conn: Db, settings: Installation, request: Request) -> Response:
    """What this server process did, and how much there is, in the text Prometheus reads."""
    if settings.metrics == "off":
        raise MetricsOff
    manager = user is not None and user.is_application_manager
    if settings.metrics == "local" and not manager and not is_local(request):
        raise MetricsLocal
    state = request.app.state
    stats = state.pool.get_stats()
    told = metrics.text(state.requests, stats, service.gauges(conn), state.hub.listeners)
    return Response(told, media_type="text/plain; version=0.0.4; charset=utf-8")


def is_local(request: Request) -> bool:
    """Whether a program of this machine asks for itself, and not a proxy for anybody."""
    client = request.client
    return (
        client is not None
        and client.host in LOCAL
        and not any(name in request.headers for name in FORWARDED)
    )
