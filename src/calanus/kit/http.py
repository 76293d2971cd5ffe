"""What every route shares: the connection of its transaction, and the installation's settings."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from calanus.kit.db import Connection
from calanus.kit.settings import Settings


def transaction(request: Request) -> Iterator[Connection]:
    """One request is one transaction: kept when the route returns, undone when it raises."""
    with request.app.state.pool.connection() as conn:
        yield conn


def installation(request: Request) -> Settings:
    """The settings this server was started with."""
    return request.app.state.settings


# scope="function": kept before we answer, so that nobody reads a page older than their own act.
Db = Annotated[Connection, Depends(transaction, scope="function")]
Installation = Annotated[Settings, Depends(installation)]
