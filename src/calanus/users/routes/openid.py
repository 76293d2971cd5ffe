"""How HTTP asks to sign in by an OpenID provider: a browser goes there and comes back."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer

from calanus.kit.errors import CalanusError
from calanus.kit.http import Db, Installation
from calanus.kit.interface import OUTSIDE, Answers
from calanus.users import openid, recognition
from calanus.users.openid import Begun, Identity
from calanus.users.session import COOKIE, Now, enter, token_of
from calanus.users.types import AccountStatus, OpenIdRefused

router = APIRouter()
FLOW = "openid"  # the cookie of a sign-in under way
SAID = "openid_said"  # the cookie of why somebody is back at the door
PATIENCE = 600  # seconds
ON: Answers = {303: {"description": "Where the browser goes on."}, **OUTSIDE}
OUR_PAGES = re.compile(r"/app(/[\w\-./?=&%+]*)?", re.ASCII)


@dataclass(frozen=True)
class Returned:
    """Somebody who came back from the provider, or why they are not let in."""

    who: Identity | None
    next: str
    trouble: CalanusError | None = None


def flows(request: Request) -> URLSafeTimedSerializer:
    """What signs the cookie of a sign-in under way, and can sign nobody in."""
    return URLSafeTimedSerializer(request.app.state.secret_key, salt="openid-flow")


def to_page(path: str | None) -> str:
    """Where to go afterwards: a page of ours, whatever was asked for."""
    return path if path and OUR_PAGES.fullmatch(path) and ".." not in path else "/app/"


def told(request: Request, trouble: CalanusError) -> Response:
    """A browser goes back to the door, which says the sentence; a script gets it at once."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": str(trouble)}, trouble.status)
    response = RedirectResponse("/app/login", 303)
    # In a cookie, as only we can write one: a link to the door must not put words on it.
    response.set_cookie(SAID, quote(str(trouble)[:600]), max_age=60, samesite="lax")
    return response


@router.get("/openid/login", operation_id="openid_login", tags=["openid"], responses=ON)
def openid_login(
    request: Request,
    settings: Installation,
    next_: Annotated[str | None, Query(alias="next", max_length=2000)] = None,
) -> Response:
    """Go to the provider to sign in; 503 where there is none, 502 when it does not answer."""
    begun = openid.begin()
    try:
        response = RedirectResponse(openid.way_there(settings, begun), 303)
    except CalanusError as trouble:
        return told(request, trouble)
    response.set_cookie(
        FLOW,
        flows(request).dumps([*vars(begun).values(), to_page(next_)]),
        max_age=PATIENCE,
        httponly=True,
        samesite="lax",
        secure=settings.address.startswith("https:"),
    )
    return response


def returned(
    request: Request,
    settings: Installation,
    code: Annotated[str | None, Query(max_length=4096)] = None,
    state: Annotated[str | None, Query(max_length=4096)] = None,
    error: Annotated[str | None, Query(max_length=500)] = None,
    error_description: Annotated[str | None, Query(max_length=2000)] = None,
) -> Returned:
    """Who comes back. The provider is asked before any connection to the database is taken."""
    page = "/app/"
    try:
        begun, page = under_way(request, state)
        if error or not code:
            raise OpenIdRefused(error_description or error or "the provider sent no code.")
        return Returned(openid.identify(settings, begun, code), page)
    except CalanusError as trouble:
        return Returned(None, page, trouble)


def under_way(request: Request, state: str | None) -> tuple[Begun, str]:
    """The sign-in that this browser began, and where it goes afterwards.

    Raises:
        OpenIdRefused: this browser did not begin it, or long ago.
    """
    try:
        kept: Any = flows(request).loads(request.cookies.get(FLOW, ""), max_age=PATIENCE)
        *words, page = cast(list[str], kept)
        begun = Begun(*words)
    except (BadData, TypeError, ValueError):
        raise OpenIdRefused("this sign-in began elsewhere or long ago; begin it again.") from None
    if state != begun.state:
        raise OpenIdRefused("this sign-in began elsewhere or long ago; begin it again.")
    return begun, to_page(page)


@router.get("/openid/callback", operation_id="openid_callback", tags=["openid"], responses=ON)
def openid_callback(
    back: Annotated[Returned, Depends(returned)],
    request: Request,
    conn: Db,
    settings: Installation,
    now: Now,
) -> Response:
    """Come back from the provider: signed in, with the same cookie as by a password."""
    if back.who is None:
        assert back.trouble
        return told(request, back.trouble)
    try:
        user = recognition.recognise(conn, back.who, settings=settings, at=now)
    except CalanusError as refused:
        return told(request, refused)
    if user.status != AccountStatus.ACTIVE:
        return told(request, recognition.not_yet(user))
    response = RedirectResponse(back.next, 303)
    response.delete_cookie(FLOW)
    enter(request, response, token_of(user, request.app.state.secret_key))
    return response


@router.get("/openid/logout", operation_id="openid_logout", tags=["openid"], responses=ON)
def openid_logout(request: Request, settings: Installation) -> Response:
    """Sign out here, and at the provider where it has a page for that."""
    try:
        response = RedirectResponse(openid.way_out(settings) or "/app/login", 303)
    except CalanusError as trouble:
        response = told(request, trouble)
    response.delete_cookie(COOKIE)
    return response
