"""Ask another service for JSON: over HTTPS, with patience and appetite limited."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, cast
from urllib.parse import urlencode, urlsplit

PATIENCE = 10.0  # seconds
LARGEST = 2**20  # bytes
AT_HOME = ("localhost", "127.0.0.1", "::1")


class Unreachable(Exception):
    """The other service does not answer, or not with what was asked for."""

    def __init__(self, said: str, answer: Mapping[str, Any] | None = None) -> None:
        super().__init__(said)
        self.answer = answer or {}  # what it said in JSON, when it refused


class Stay(urllib.request.HTTPRedirectHandler):
    """What was addressed to one service is not carried to another."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow nothing."""
        return


def fetch_json(
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object at an address; a form makes it a POST.

    Raises:
        Unreachable: no answer, a refusal, or no JSON object.
    """
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in AT_HOME:
        raise Unreachable(f"{url} is not an https address.")
    data = urlencode(form).encode() if form is not None else None
    given = {"Accept": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, given)  # noqa: S310 (the scheme was looked at)
    opener = urllib.request.build_opener(Stay)
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return parsed(url, answer.read(LARGEST + 1))
    except urllib.error.HTTPError as refused:
        raise refusal(url, refused) from None
    except (OSError, HTTPException, ValueError) as trouble:
        raise Unreachable(f"{address.netloc} does not answer ({trouble}).") from None


def refusal(url: str, refused: urllib.error.HTTPError) -> Unreachable:
    """What a service says when it does not do what it was asked."""
    said = f"{urlsplit(url).netloc} answers {refused.code}."
    try:
        return Unreachable(said, parsed(url, refused.read(LARGEST)))
    except (OSError, HTTPException, Unreachable):
        return Unreachable(said)


def parsed(url: str, body: bytes) -> dict[str, Any]:
    """A JSON object of a sensible size."""
    if len(body) > LARGEST:
        raise Unreachable(f"{urlsplit(url).netloc} says more than {LARGEST:,} bytes.")
    try:
        said: object = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unreachable(f"{urlsplit(url).netloc} does not answer with a JSON object.")
    return cast(dict[str, Any], said)
