"""Who may see images, remembered for a minute: a grid of images asks hundreds of times a second."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from calanus.files.index import ImageIndex
from calanus.files.types import ImageNotFound
from calanus.files.vault import Vault
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.users import session
from calanus.users.types import BadToken, User

BELIEVED = 60.0  # seconds
KEPT = 10_000  # answers

MayView = Callable[[Connection, User | None, ProjectId], bool]


class Doorkeeper:
    """Remembers, for a token and a project, whether its owner may see the project's images."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._answers: dict[tuple[bytes, int], tuple[float, bool]] = {}
        self._lock = threading.Lock()

    def may_view(self, request: Request, project_id: ProjectId) -> bool:
        """The remembered answer, else one asked of the database."""
        token = session.credentials(request)
        key = (hashlib.blake2b((token or "").encode(), digest_size=16).digest(), project_id)
        until, answer = self._answers.get(key, (0.0, False))
        if self.clock() < until:
            return answer
        answer = ask(request, token, project_id)
        with self._lock:
            if len(self._answers) >= KEPT:
                self._answers.clear()
            self._answers[key] = (self.clock() + BELIEVED, answer)
        return answer


def ask(request: Request, token: str | None, project_id: ProjectId) -> bool:
    """Whether the bearer of a token, or nobody, may see a project's images."""
    state = request.app.state
    may_view: MayView = state.may_view
    with state.pool.connection() as conn:
        return may_view(conn, person(request, conn, token), project_id)


def person(request: Request, conn: Connection, token: str | None) -> User | None:
    """Who a token stands for; a bad one stands for nobody."""
    state = request.app.state
    if token is None:
        return None
    try:
        return session.person_of_token(
            conn, token, key=state.secret_key, policy=state.settings.policy
        )
    except BadToken:
        return None


def admit(request: Request, project_id: ProjectId) -> None:
    """Pass, or answer as if there were no image.

    Raises:
        ImageNotFound: whoever asks may not see the project.
    """
    state = request.app.state
    if not hasattr(state, "doorkeeper"):
        state.doorkeeper = Doorkeeper()
    doorkeeper: Doorkeeper = state.doorkeeper
    if not doorkeeper.may_view(request, project_id):
        raise ImageNotFound


def image_index(request: Request) -> ImageIndex:
    """The one index of this server."""
    state = request.app.state
    if not hasattr(state, "image_index"):
        state.image_index = ImageIndex(state.pool, Vault(state.settings.data / "vault"))
    return state.image_index


Images = Annotated[ImageIndex, Depends(image_index)]
