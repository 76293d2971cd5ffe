"""Sign-in by an OpenID provider: authorization code flow with PKCE, state and nonce.

OpenID Connect Core 1.0, Discovery 1.0, RFC 7636 (PKCE), RFC 9700 (best practice). Signatures are
looked at by joserfc, which comes with the extra `openid`.
"""

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

from calanus.kit.outside import BadAnswer, OutsideTrouble, fetch_json
from calanus.kit.settings import Settings
from calanus.users.types import OpenIdOff, OpenIdRefused, OpenIdTrouble

SCOPE = "openid email profile"
# Asymmetric ones only: a secret shared with the provider must never serve as a key here.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
BELIEVED = 3600.0  # seconds that a provider's description and keys are kept
LEEWAY = 60  # seconds that clocks may differ
KEYS_ANEW = 30.0  # seconds at least between two looks for new keys


@dataclass(frozen=True)
class Provider:
    """What a provider says of itself."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    end_session: str | None
    secret_in_header: bool


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: what its answer must fit."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str


# --- The provider --------------------------------------------------------------------------------


class Remembered:
    """What was fetched of late, by address."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def get(self, url: str, *, younger_than: float = BELIEVED) -> dict[str, Any]:
        """The JSON at an address, fetched anew when it is old.

        Raises:
            OpenIdTrouble: it cannot be had.
        """
        with self._lock:
            at, answer = self._kept.get(url, (float("-inf"), {}))
        if time.monotonic() - at < younger_than:
            return answer
        answer = asked(url)
        with self._lock:
            self._kept[url] = (time.monotonic(), answer)
        return answer


remembered = Remembered()


def asked(url: str, **how: Any) -> dict[str, Any]:
    """The JSON at an address of the provider."""
    try:
        return fetch_json(url, **how)
    except OutsideTrouble as trouble:
        raise OpenIdTrouble(str(trouble)) from None


def provider_of(settings: Settings) -> Provider:
    """The provider of this installation.

    Raises:
        OpenIdOff: there is none.
        OpenIdTrouble: it does not answer, or calls itself otherwise.
    """
    if not settings.openid_issuer or not settings.openid_client_id:
        raise OpenIdOff
    issuer = settings.openid_issuer.rstrip("/")
    said = remembered.get(f"{issuer}/.well-known/openid-configuration")
    if str(said.get("issuer", "")).rstrip("/") != issuer:
        raise OpenIdTrouble(f"The provider calls itself {said.get('issuer')}, and not {issuer}.")
    try:
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Provider(
            issuer=str(said["issuer"]),
            authorization=str(said["authorization_endpoint"]),
            token=str(said["token_endpoint"]),
            keys=str(said["jwks_uri"]),
            userinfo=said.get("userinfo_endpoint"),
            end_session=said.get("end_session_endpoint"),
            secret_in_header="client_secret_basic" in ways,
        )
    except KeyError as missing:
        raise OpenIdTrouble(f"The provider does not say its {missing}.") from None


# --- There and back ------------------------------------------------------------------------------


def begin() -> Begun:
    """A sign-in that nobody can guess."""
    return Begun(*(secrets.token_urlsafe(32) for _ in range(3)))


def return_address(settings: Settings) -> str:
    """Where the provider sends people back to; it must know this address."""
    return f"{settings.address}/openid/callback"


def way_there(settings: Settings, begun: Begun) -> str:
    """The page of the provider on which one signs in."""
    provider = provider_of(settings)
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": settings.openid_client_id,
        "redirect_uri": return_address(settings),
        "scope": SCOPE,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in provider.authorization else "?"
    return f"{provider.authorization}{joint}{urlencode(query)}"


def way_out(settings: Settings) -> str | None:
    """The page of the provider on which one signs out there, too, where it has one."""
    provider = provider_of(settings)
    if not provider.end_session:
        return None
    query = {
        "client_id": settings.openid_client_id,
        "post_logout_redirect_uri": f"{settings.address}/app/login",
    }
    joint = "&" if "?" in provider.end_session else "?"
    return f"{provider.end_session}{joint}{urlencode(query)}"


def identify(settings: Settings, begun: Begun, code: str) -> Identity:
    """Who came back, for the code they brought.

    Raises:
        OpenIdTrouble: the provider does not answer.
        OpenIdRefused: it does not vouch for this code, or not in a way we accept.
    """
    provider = provider_of(settings)
    tokens = exchange(settings, provider, begun, code)
    claims = verified(settings, provider, str(tokens.get("id_token", "")), nonce=begun.nonce)
    if "email" not in claims and provider.userinfo:
        claims = {**more_of(provider, tokens, claims), **claims}
    name = claims.get("name") or claims.get("preferred_username") or ""
    return Identity(
        issuer=provider.issuer,
        subject=str(claims["sub"]),
        email=str(claims["email"]) if claims.get("email") else None,
        email_verified=claims.get("email_verified") in (True, "true"),
        name=str(name),
    )


def exchange(settings: Settings, provider: Provider, begun: Begun, code: str) -> dict[str, Any]:
    """The tokens for a code, which we may ask for as only we know our secret and the verifier."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_address(settings),
        "code_verifier": begun.verifier,
        "client_id": settings.openid_client_id,
    }
    headers: dict[str, str] = {}
    if settings.openid_client_secret and provider.secret_in_header:
        pair = f"{quote(settings.openid_client_id)}:{quote(settings.openid_client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif settings.openid_client_secret:
        form["client_secret"] = settings.openid_client_secret
    try:
        return fetch_json(provider.token, form=form, headers=headers)
    except OutsideTrouble as trouble:
        answer = trouble.said if isinstance(trouble, BadAnswer) else {}
        if answer.get("error") == "invalid_grant":
            raise OpenIdRefused(
                "the provider does not know your sign-in; begin it again."
            ) from None
        said = answer.get("error_description") or answer.get("error") or ""
        raise OpenIdTrouble(f"{trouble} {said}".strip()) from None


def more_of(provider: Provider, tokens: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """What the provider tells only when asked; it must be about the same person."""
    assert provider.userinfo
    bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
    more = asked(provider.userinfo, headers=bearer)
    if more.get("sub") != claims["sub"]:
        raise OpenIdRefused("the provider tells of somebody else than it signed for.")
    return more


# --- Signatures ----------------------------------------------------------------------------------


def verified(
    settings: Settings, provider: Provider, id_token: str, *, nonce: str
) -> dict[str, Any]:
    """The claims of an ID token: signed by the provider, for us, for this sign-in, of now.

    Raises:
        OpenIdOff: the extra `openid` is not installed.
        OpenIdRefused: any of that is not so.
    """
    try:
        from joserfc import jwt
        from joserfc.errors import JoseError
    except ImportError:
        raise OpenIdOff from None
    try:
        claims = decoded(provider, id_token)
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": provider.issuer},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as wrong:
        raise OpenIdRefused(f"the signature of the provider does not hold ({wrong}).") from None
    check_audience(claims, settings.openid_client_id)
    return claims


def decoded(provider: Provider, id_token: str) -> dict[str, Any]:
    """The claims of a token with a good signature; a key we do not know may be a new one."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    def by(keys: dict[str, Any]) -> dict[str, Any]:
        known = KeySet.import_key_set(cast(Any, keys))
        return dict(jwt.decode(id_token, known, algorithms=ALGORITHMS).claims)

    try:
        return by(remembered.get(provider.keys))
    except (JoseError, ValueError):
        return by(remembered.get(provider.keys, younger_than=KEYS_ANEW))


def check_audience(claims: dict[str, Any], client_id: str) -> None:
    """The token must be for us, and when it is for others too, made for us.

    Raises:
        OpenIdRefused: it is not.
    """
    said: object = claims.get("aud")
    audience: list[object] = cast(list[object], said) if isinstance(said, list) else [said]
    party = claims.get("azp")
    others = len(audience) > 1
    if client_id not in audience or (others and party is None) or party not in (None, client_id):
        raise OpenIdRefused("the word of the provider was for another service.")
