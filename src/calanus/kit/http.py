"""What every route shares: the connection of its transaction, the settings, how JSON is written."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

import orjson
from fastapi import Depends, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.responses import MalformedRangeHeader

from calanus.kit.db import Connection, Transactions
from calanus.kit.settings import Settings


def transaction(request: Request) -> Iterator[Connection]:
    """One request is one transaction: kept when the route returns, undone when it raises."""
    with request.app.state.pool.connection() as conn:
        yield conn


def transactions(request: Request) -> Transactions:
    """Short transactions of one's own, for a request that must wait for others between two."""
    return request.app.state.pool.connection


def installation(request: Request) -> Settings:
    """The settings this server was started with."""
    return request.app.state.settings


def host_of(address: str) -> str:
    """The host and port of an address; empty when it has none, as “null” has not."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


# scope="function": kept before we answer, so that nobody reads a page older than their own act.
Db = Annotated[Connection, Depends(transaction, scope="function")]
Installation = Annotated[Settings, Depends(installation)]
Apart = Annotated[Transactions, Depends(transactions)]


class Fast(Response):
    """JSON by orjson, numpy arrays included: for the answers asked for a thousand times an hour."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """NaN becomes null; times are ISO, naive ones as they are."""
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


class Written(Response):
    """A model as JSON, as FastAPI writes it, in the thread of the route."""

    media_type = "application/json"

    def render(self, content: BaseModel) -> bytes:
        """What the model says; it was checked when it was made."""
        return content.__pydantic_serializer__.to_json(content)


class Download(FileResponse):
    """A file, or parts of it by Range; a Range that is none is passed over (RFC 9110, 14.2)."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []  # the whole file
