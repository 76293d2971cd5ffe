"""What the OpenAPI document tells beside what FastAPI reads off a route: who may ask, what may be
refused, and what comes as a file.

Names and shapes are EcoTaxa's, whose `detail` is a list where a request has the wrong shape; where
it makes no sense it is a sentence, here as elsewhere.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from pydantic import BaseModel

from calanus.kit.errors import (
    CalanusError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    TooLarge,
)
from calanus.kit.outside import OutsideTrouble, TooSlow, Unreachable


class Refusal(BaseModel):
    """Why nothing was done, and what to do next."""

    detail: str


class ConflictRefusal(Refusal):
    """What was asked no longer fits what is there; `conflicts` are the objects that changed."""

    conflicts: list[int] | None = None


class ValidationError(BaseModel):
    """What is wrong with one part of a request, and where."""

    loc: list[str | int]
    msg: str
    type: str


class HTTPValidationError(BaseModel):
    """What is wrong with a request: a sentence, or a list where it has the wrong shape."""

    detail: str | list[ValidationError]


Answers = dict[int | str, dict[str, Any]]


def refusal(*kinds: type[CalanusError]) -> Answers:
    """What an operation may answer besides what all of them may, for `responses=`."""
    return {
        kind.status: {"model": Refusal, "description": (kind.__doc__ or "").partition("\n")[0]}
        for kind in kinds
    }


def files(*media_types: str) -> Answers:
    """An answer that is a file, of one of some kinds, for `responses=`."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": dict.fromkeys(media_types, binary), "description": "The file."}}


def parts(*media_types: str) -> Answers:
    """An answer that is a file, or parts of it where Range asks for some, for `responses=`."""
    whole = files(*media_types)
    text = {"schema": {"type": "string"}}
    some = {**whole[200]["content"], "multipart/byteranges": text}
    return {
        **whole,
        206: {"content": some, "description": "The part, or parts, of the file."},
        416: {"content": {"text/plain": text}, "description": "The file has no such part."},
    }


# What the web server answers by itself, before any operation is asked.
NO_REQUEST: Answers = {
    400: {
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "description": "No HTTP, or more than 2 MB of address and headers.",
    }
}
# Any operation meets these: the person, the thing, the state of the thing, the request.
EVERYWHERE: Answers = {
    **NO_REQUEST,
    **refusal(NotSignedIn, Forbidden, NotFound, TooLarge),
    **{Conflict.status: {"model": ConflictRefusal, "description": Conflict.__doc__}},
    **{Invalid.status: {"model": HTTPValidationError, "description": Invalid.__doc__}},
}

# What asks a server outside meets these besides, for `responses=`.
OUTSIDE = refusal(OutsideTrouble, Unreachable, TooSlow)

T = TypeVar("T")
NAME, OPTIONAL = "BearerOrCookieAuth", "MaybeBearerOrCookieAuth"


class Identity(SecurityBase, Generic[T]):
    """A parameter of an operation: whoever asks, by a token, which may have to be there."""

    def __init__(self, read: Callable[[Request], T], *, required: bool) -> None:
        self.read = read
        self.model = HTTPBearer(description="The token of POST /login, as Bearer or as cookie.")
        self.scheme_name = NAME if required else OPTIONAL

    async def __call__(self, request: Request) -> T:
        """What is read off the request; `async` since it waits for nothing, as a thread would."""
        return self.read(request)


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document, where an identity that may be missing is written as OpenAPI has it."""
    document["components"]["securitySchemes"].pop(OPTIONAL, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            if {OPTIONAL: []} in operation.get("security", []):
                operation["security"] = [{NAME: []}, {}]
            if "security" not in operation:
                operation["responses"].pop(str(NotSignedIn.status), None)
    return document
