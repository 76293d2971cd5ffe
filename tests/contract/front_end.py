"""A front end as EcoTaxa's is, made from the facts of the wire: it signs its own session, asks with
it who is there before each page, and hands the calls of the browser on."""

import hashlib
from datetime import datetime
from typing import Any

from itsdangerous import URLSafeTimedSerializer

from calanus.users.types import User
from contract_world import Cruise
from given import KEY, PASSWORD
from shapes import SHAPES, unlike

ADDRESS = "https://ecotaxa.example.org"  # where people open it
TUS = {"Tus-Resumable": "1.0.0"}
# What the classification page keeps of itself, and sends along with each filter.
PAGE: dict[str, Any] = {
    **dict.fromkeys(["taxo", "taxochild", "statusfilter", "samples", "instrum", "daytime"], ""),
    **dict.fromkeys(["MapN", "MapS", "MapE", "MapW", "depthmin", "depthmax", "month"], ""),
    **dict.fromkeys(["fromdate", "todate", "inverttime", "freenumst", "freenumend"], ""),
    **dict.fromkeys(["freetxt", "freetxtval", "filt_annot", "filt_last_annot"], ""),
    "freenum": "n01",
    "ipp": "200",
    "zoom": 100,
    "window": [0, 200],
    "csrf_token": "9f",
    "popupenabled": None,
}


def session(payload: dict[str, Any], *, signed_at: datetime | None = None, key: str = KEY) -> str:
    """The cookie that Flask, and so the front end, signs by itself."""
    kw = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
    flask = URLSafeTimedSerializer(key, salt="cookie-session", signer_kwargs=kw)
    if signed_at:
        moment = int(signed_at.timestamp())
        signer = type("Then", (flask.signer,), {"get_timestamp": lambda _: moment})  # pyright: ignore
        flask.signer = signer
    return str(flask.dumps(payload))


class FrontEnd:
    """One browser's session there. Its pages ask with a Bearer, the browser with the cookie."""

    def __init__(self, cruise: Cruise) -> None:
        self.cruise = cruise
        self.kept: dict[str, Any] = {"csrf_token": "9f" * 20}

    @property
    def token(self) -> str:
        """Its session, as the cookie it is and the token it serves as."""
        return session(self.kept)

    def sign_in(self, person: User) -> "FrontEnd":
        """Ask for a token, ask whose it is, and keep no more than that."""
        said = {"username": person.email, "password": PASSWORD}
        token = self.read("POST /login", said, token="")
        me = self.read("GET /users/me", token=token)
        greeting = ["message", f"Welcome, {me['name']}. " * 20]  # so that Flask compresses it all
        self.kept |= {"_user_id": str(me["id"]), "_fresh": True, "_flashes": [{" t": greeting}]}
        self.cruise.web.cookies.clear()
        return self

    def ask(self, call: str, body: Any = None, *, token: str | None = None, **sent: Any) -> Any:
        """A call of the server behind a page."""
        method, address = self.cruise.filled(call).split(" ", 1)
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            sent["json"] = self.cruise.filled(body)
        return self.cruise.web.request(method, address, headers=headers, **sent)

    def read(self, call: str, body: Any = None, **sent: Any) -> Any:
        """A good answer, decoded as the generated client does: each property by its name."""
        answer = self.ask(call, body, **sent)
        assert answer.status_code == 200, f"{call}: {answer.text}"
        said = answer.json()
        operation = call.split("?")[0].replace("{other_id}", "{project_id}")
        if operation in SHAPES["operations"]:
            assert unlike(said, operation) == [], call
        return said

    def opens(self, *calls: str) -> list[Any]:
        """A page: first whose it is, then what it shows."""
        assert self.read("GET /users/me")["id"] == int(self.kept["_user_id"])
        return [self.read(call) for call in calls]

    def browser(self, call: str, *, headers: dict[str, str] | None = None, **sent: Any) -> Any:
        """A call of a script in the page, which the front end hands on with its cookie."""
        method, address = self.cruise.filled(call).split(" ", 1)
        mine = {"Cookie": f"session={self.token}", "Origin": ADDRESS, **(headers or {})}
        return self.cruise.web.request(method, f"/api{address}", headers=mine, **sent)
