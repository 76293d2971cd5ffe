"""Somebody else's OpenID provider, for a test: real HTTP, real signatures, and real refusals."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from calanus.kit.settings import Settings

CLIENT, SECRET = "calanus", "between the two of us"


class Provider:
    """What it knows of one person, and how it may misbehave."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.claims: dict[str, Any] = {
            "sub": "amanda-at-the-institute",
            "email": "amanda@institute.example",
            "email_verified": True,
            "name": "Amanda Sampler",
        }
        self.userinfo: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.lies: dict[str, Any] = {}  # claims that are wrong in what it signs
        self.signs_with: Any = None  # another key or algorithm
        self.out_of_order = False
        self.asked: list[str] = []

    def sign_in(self, way_there: str) -> str:
        """What a person does there: signs in, and is sent back with a code."""
        query = {name: said[0] for name, said in parse_qs(urlsplit(way_there).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = token_urlsafe()
        self.codes[code] = query
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """What it says to a request."""
        self.asked.append(path)
        if self.out_of_order:
            return 500, {"error": "out of order"}
        if path == "/.well-known/openid-configuration":
            return 200, self.description()
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/userinfo":
            return 200, self.userinfo
        return self.exchange(form, authorization)

    def description(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/out",
        }

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """An ID token for a code, once, to who knows the secret and the verifier."""
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if [unquote(word) for word in pair.split(":")] != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        begun = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if begun is None or challenge != begun["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "for-userinfo", "id_token": self.signed(begun["nonce"])}

    def signed(self, nonce: str) -> str:
        """Its word about the person."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            **self.claims,
            **self.lies,
        }
        if self.signs_with == "none":
            parts = [{"alg": "none"}, claims]
            words = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
            return b".".join([*words, b""]).decode()
        if self.signs_with == "secret":
            key = OctKey.import_key(SECRET)
            return jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])
        key = self.signs_with or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


@contextmanager
def provider() -> Generator[Provider]:
    """A provider that answers while the test lasts."""
    known = Provider()

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply({name: said[0] for name, said in parse_qs(body).items()})

        def reply(self, form: dict[str, str]) -> None:
            authorization = self.headers.get("Authorization", "")
            status, said = known.answer(self.path, form, authorization)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        known.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()


def settings_for(settings: Settings, known: Provider, **more: Any) -> Settings:
    """An installation whose people sign in there."""
    said = {
        "openid_issuer": known.issuer,
        "openid_client_id": CLIENT,
        "openid_client_secret": SECRET,
        "openid_name": "the Institute",
        "public_url": "https://plankton.example",
    }
    return settings.model_copy(update=said | more)
