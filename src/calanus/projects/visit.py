"""Coming into a project over HTTP, for what is asked a thousand times an hour.

One statement says who asks, what the project is and what they may do in it; the whole request runs
in one thread, on one connection. Everybody else asks for `Db`, the person and the project in turn.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from calanus.kit.db import Connection
from calanus.kit.interface import Identity
from calanus.projects import service
from calanus.projects.types import Project
from calanus.users import tokens
from calanus.users.policy import Act
from calanus.users.session import asking, claim_of, credentials
from calanus.users.types import BadToken, NotAuthenticated, User


class Visited(NamedTuple):
    """Where a visit came to, and as whom."""

    conn: Connection
    project: Project
    user: User | None


class Met(NamedTuple):
    """Where somebody who is signed in came to."""

    conn: Connection
    project: Project
    user: User


class Visit:
    """A request that is about one project, before anything is known of it."""

    def __init__(self, request: Request, token: str | None) -> None:
        self.request = request
        self.token = token
        self.pool = request.app.state.pool

    @contextmanager
    def reading(self, project_id: int, act: Act = Act.VIEW_IMAGES) -> Generator[Visited]:
        """To read: each statement stands for itself, so that no transaction is begun and ended.

        As for `MaybeUser`, a bad token is nobody.
        """
        with self.pool.connection() as conn:
            conn.autocommit = True
            try:
                yield self.enter(conn, project_id, act)
            finally:
                if not conn.closed:
                    conn.autocommit = False

    @contextmanager
    def acting(self, project_id: int, act: Act) -> Generator[Met]:
        """To change something: one transaction, kept when the block ends, undone when it raises.

        Raises:
            NotAuthenticated, BadToken: nobody who is signed in asks.
        """
        if self.token is None:
            raise NotAuthenticated
        with self.pool.connection() as conn:
            visited = self.enter(conn, project_id, act, must=True)
            assert visited.user is not None
            yield Met(conn, visited.project, visited.user)

    def enter(self, conn: Connection, project_id: int, act: Act, *, must: bool = False) -> Visited:
        """The project and the person, for somebody who may do this in it."""
        if self.token is not None and tokens.is_personal(self.token):
            user = self.owner(conn)
            _, row, held = service.look_up(conn, user.user_id if user else None, project_id)
        else:
            state = self.request.app.state
            claim = None if self.token is None else claim_of(self.token, state.secret_key)
            found, row, held = service.look_up(conn, claim.user_id if claim else None, project_id)
            user = claim.holder(found, state.settings.policy) if claim else None
        if must and user is None:
            raise BadToken
        return Visited(conn, service.admit(user, project_id, act, row, held), user)

    def owner(self, conn: Connection) -> User | None:
        """Who gave a personal token away, if it reaches as far as this; it costs two statements."""
        try:
            return asking(self.request, conn, self.token or "")
        except BadToken:
            return None


def entrance(request: Request) -> Visit:
    """The visit that a request begins."""
    return Visit(request, credentials(request))


# Each is one dependency, not three: to solve one costs more than what it does.
Visiting = Annotated[Visit, Depends(Identity(entrance, required=False))]  # of anybody
Acting = Annotated[Visit, Depends(Identity(entrance, required=True))]  # of somebody signed in
