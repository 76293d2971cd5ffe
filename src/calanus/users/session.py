"""Who is asking: EcoTaxa's token, in a header or in a cookie.

The token is the session cookie of Flask (itsdangerous, HMAC-SHA1 by the secret key), so that
clients of today, and EcoTaxa's own front end, are understood as they are.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from calanus.kit.db import Connection
from calanus.kit.http import Db, host_of
from calanus.kit.ids import UserId
from calanus.kit.interface import Identity
from calanus.kit.settings import Settings
from calanus.users import queries, service, tokens
from calanus.users.types import AccountStatus, BadToken, ForeignOrigin, NotAuthenticated, User

LIFETIME = timedelta(days=31)
AHEAD = timedelta(minutes=5)  # how far the clock of a front end that signs by itself may be
COOKIE = "session"


def secret_key(settings: Settings) -> str:
    """The key that signs tokens: the setting, else one made once and kept in the data folder."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data / "secret_key"
    if not path.exists():
        write_once(path, token_urlsafe(32))
    return path.read_text()


def write_once(path: Path, text: str) -> None:
    """Create a private file; when somebody else just did, theirs stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{token_urlsafe(6)}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@cache
def serializer(key: str) -> URLSafeTimedSerializer:
    """Flask's own way of signing its session."""
    return URLSafeTimedSerializer(
        key,
        salt="cookie-session",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )


def token_of(user: User, key: str) -> str:
    """A token for 31 days."""
    return serializer(key).dumps({"user_id": user.user_id})


def read_token(token: str, key: str) -> tuple[UserId, datetime]:
    """Whose token it is and when it was signed.

    Raises:
        BadToken: forged, too old, or not about a user.
    """
    user_id, signed_at = signed(token, key)
    if not -AHEAD <= now() - signed_at <= LIFETIME:
        raise BadToken
    return user_id, signed_at


@lru_cache(maxsize=10_000)  # a page shows the same token a thousand times an hour
def signed(token: str, key: str) -> tuple[UserId, datetime]:
    """What a token says, however old it is; one that is no good is not remembered."""
    try:
        said: Any = serializer(key).loads(token, return_timestamp=True)
        payload, signed_at = cast(tuple[Any, datetime], said)
        # A page of ours writes the whole cookie, Flask-Login adds to it: so its name came later.
        user_id = payload.get("_user_id") or payload["user_id"]
        return UserId(int(str(user_id))), signed_at
    except (BadData, AttributeError, KeyError, ValueError):
        raise BadToken from None


@dataclass(frozen=True)
class Claim:
    """What a token says, before its account is looked up."""

    user_id: UserId
    signed_at: datetime

    def holder(self, found: User | None, policy: str) -> User | None:
        """The account, when it is active and did not revoke the token since."""
        if found is None or found.status != AccountStatus.ACTIVE:
            return None
        # A token's time is in whole seconds: one signed in the second of the revocation stays good.
        if self.signed_at < found.tokens_valid_from.replace(microsecond=0):
            return None
        return service.acting(found, policy)


def person_of_token(conn: Connection, token: str, *, key: str, policy: str) -> User:
    """The active account behind a token that was not revoked since.

    Raises:
        BadToken: there is none.
    """
    if tokens.is_personal(token):
        return owner_of(conn, token, policy=policy)
    claim = Claim(*read_token(token, key))
    user = claim.holder(queries.find(conn, claim.user_id), policy)
    if user is None:
        raise BadToken
    return user


def claim_of(token: str, key: str) -> Claim:
    """What a token says; a forged or old one claims to be user 0, whom there is not."""
    try:
        return Claim(*read_token(token, key))
    except BadToken:
        return Claim(UserId(0), datetime.min.replace(tzinfo=UTC))


def owner_of(conn: Connection, token: str, *, policy: str) -> User:
    """The active account that gave a personal token away, reaching as far as the token."""
    known = tokens.use(conn, token, at=now())
    user = queries.find(conn, known.user_id)
    if user is None or user.status != AccountStatus.ACTIVE:
        raise BadToken
    return replace(service.acting(user, policy), scope=known.scope)


def asking(request: Request, conn: Connection, token: str) -> User:
    """Who a request's token stands for.

    Raises:
        BadToken: it is forged, too old or revoked.
        BeyondScope, SessionNeeded: it does not reach as far as this operation.
    """
    state = request.app.state
    user = person_of_token(conn, token, key=state.secret_key, policy=state.settings.policy)
    tokens.check_reach(user, request.method, getattr(request.scope["route"], "operation_id", None))
    return user


def credentials(request: Request) -> str | None:
    """The token a request carries: a Bearer header wins over the cookie.

    Raises:
        ForeignOrigin: another site's page tries to act with the person's cookie.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    cookie = own_cookie(request)
    if cookie and request.method not in tokens.SAFE_METHODS:
        refuse_foreign_origin(request)
    return cookie


def own_cookie(request: Request) -> str | None:
    """The cookie of our name; of several the one that we know.

    Another Flask application of the laboratory may have set one for the whole of its domain.
    """
    lines = request.headers.getlist("cookie")
    crumbs = [crumb.partition("=") for line in lines for crumb in line.split(";")]
    said = [value.strip() for name, _, value in crumbs if name.strip() == COOKIE]
    if len(said) < 2:
        return request.cookies.get(COOKIE)
    key = request.app.state.secret_key
    return next((cookie for cookie in said if claim_of(cookie, key).user_id), said[0])


def refuse_foreign_origin(request: Request) -> None:
    """A browser says where a page comes from; only our own pages may write with a cookie."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    settings = cast(Settings, request.app.state.settings)
    ours = {host_of(str(request.base_url)), host_of(settings.public_url)}
    if host_of(origin) not in ours - {""}:  # the origin of a page that hides it is “null”
        raise ForeignOrigin(origin)


Token = Annotated[str | None, Depends(Identity(credentials, required=True))]
MaybeToken = Annotated[str | None, Depends(Identity(credentials, required=False))]


def maybe_user(request: Request, conn: Db, token: MaybeToken) -> User | None:
    """Who is asking, or nobody; a bad token is nobody where anonymous people are welcome."""
    if token is None:
        return None
    try:
        return asking(request, conn, token)
    except BadToken:
        return None


def current_user(request: Request, conn: Db, token: Token) -> User:
    """Who is asking.

    Raises:
        NotAuthenticated: no credentials came.
        BadToken: they are forged, too old or revoked.
    """
    if token is None:
        raise NotAuthenticated
    return asking(request, conn, token)


def enter(request: Request, response: Response, token: str) -> None:
    """Sign somebody in: the page has the token as a cookie."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def address_of(request: Request) -> str:
    """Where on the network somebody asks from; empty where a front end asks for anybody."""
    host = request.client.host if request.client else "?"
    settings = cast(Settings, request.app.state.settings)
    return "" if settings.is_front_end(host) else host


def user_at_the_door(request: Request, token: Token) -> User:
    """Who is asking, found in a transaction that ends at once: the request may wait for others."""
    with request.app.state.pool.connection() as conn:
        return current_user(request, conn, token)


def now() -> datetime:
    """The moment of a request."""
    return datetime.now(UTC)


CurrentUser = Annotated[User, Depends(current_user)]
UserAtTheDoor = Annotated[User, Depends(user_at_the_door)]
MaybeUser = Annotated[User | None, Depends(maybe_user)]
Now = Annotated[datetime, Depends(now)]
