"""A captcha, looked at by a service of others over real HTTP; and how we speak to such services."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.testclient import TestClient

from calanus.app import create_app
from calanus.kit.outside import SIGN_IN, BadAnswer, NotSetUp, fetch_json
from calanus.kit.settings import Settings
from calanus.users import captcha

Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def service(answers: dict[str, Answer]) -> Generator[str]:
    """Somebody else's service: what it answers by path, or by the proof that is shown."""

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.say(answers[self.path])

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            known = form["secret"] == ["ours"] and form["response"] == ["I am Amanda"]
            known &= form.get("remoteip") != ["elsewhere"]
            body = json.dumps({"success": known}).encode()
            self.say(answers.get(self.path, (200, {}, body)))

        def say(self, answer: Answer) -> None:
            status, headers, body = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def asking(settings: Settings, url: str) -> Settings:
    """An installation that wants proofs, looked at there."""
    return settings.model_copy(update={"captcha_secret": "ours", "captcha_url": url})


def test_a_proof_is_looked_at_and_nothing_else_convinces(settings: Settings) -> None:
    with service({}) as url:
        wanted = asking(settings, f"{url}/verify")
        shown = [["here", "I am Amanda"], ["here", "I am a robot"], ["here", ""], [], ["x" * 5000]]

        assert [captcha.proven(wanted, proof, address="here") for proof in shown] == [
            True,
            False,
            False,
            False,
            False,
        ]


def test_a_front_end_tells_where_somebody_is(settings: Settings) -> None:
    with service({}) as url:
        wanted = asking(settings, f"{url}/verify")

        def proven(*no_bot: str, address: str = "") -> bool:
            return captcha.proven(wanted, list(no_bot), address=address)

        assert proven("here", "I am Amanda")
        assert proven("I am Amanda")
        assert not proven("elsewhere", "I am Amanda")
        assert proven("elsewhere", "I am Amanda", address="here"), "what we see ourselves counts"


def test_a_service_that_is_away_convinces_nobody(settings: Settings) -> None:
    with service({"/verify": (500, {}, b"out of order")}) as url:
        wanted = asking(settings, f"{url}/verify")
        assert not captcha.proven(wanted, ["here", "I am Amanda"], address="here")
    assert not captcha.proven(wanted, ["here", "I am Amanda"], address="here")


def test_anonymous_people_bring_a_proof_where_one_is_wanted(clone: str, settings: Settings) -> None:
    with service({}) as url:
        wanted = asking(settings, url).model_copy(update={"registration": "open"})
        bo = {
            "id": None,
            "email": "bo@sea.example",
            "name": "Bo Newcomer",
            "organisation": "Sea Lab",
            "password": "a net full of copepods",
        }
        with TestClient(create_app(wanted, clone)) as web:
            without = web.post("/users/create", json=bo)
            forged = web.post(
                "/users/create", json=bo, headers={"Authorization": "Bearer calanus_forged"}
            )
            proven = {"no_bot": ["127.0.0.1", "I am Amanda"]}
            made = web.post("/users/create", params=proven, json=bo)

    assert (without.status_code, forged.status_code, made.status_code) == (422, 422, 200)
    assert "no robot" in without.json()["detail"]


def test_services_are_asked_over_https_alone() -> None:
    with pytest.raises(NotSetUp, match="not an https address"):
        fetch_json("http://login.example/keys")
    with pytest.raises(NotSetUp, match="not an https address"):
        fetch_json("file:///etc/passwd")


ODD: dict[str, Answer] = {
    "another place": (302, {"Location": "http://127.0.0.1:1/"}, b""),
    "a list": (200, {}, b"[1]"),
    "no JSON": (200, {}, b"<html>"),
    "more than one wants to read": (200, {}, b'{"a":"' + b"x" * SIGN_IN.most_bytes + b'"}'),
    "a refusal": (403, {}, b'{"error": "no"}'),
}


@pytest.mark.parametrize("how", ODD)
def test_odd_answers_are_no_answers(how: str) -> None:
    with service({"/": ODD[how]}) as url, pytest.raises(BadAnswer):
        fetch_json(f"{url}/")
