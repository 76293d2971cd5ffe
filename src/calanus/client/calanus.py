"""Signing in, and what an installation has: projects, taxa, jobs, files."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from calanus.client import uploads
from calanus.client.errors import Forbidden, NotSignedIn, Unknown
from calanus.client.jobs import Job
from calanus.client.progress import Progress, shown
from calanus.client.project import Project
from calanus.client.taxa import Taxa
from calanus.client.uploads import ServerPath
from calanus.client.wire import Wire

ACCESS = {"private": "0", "public": "1", "open": "2"}
WHO = (
    "Say who you are: Calanus(url, token=…), or email= and password=; or set CALANUS_URL and "
    "CALANUS_TOKEN."
)


class Calanus:
    """One installation, as one person uses it.

    ```python
    with Calanus("https://calanus.example.org", email="…", password="…") as calanus:
        print(calanus.projects())
    ```

    The address is the one that opens in the browser. A token takes the place of e-mail address
    and password. What is not given is read from the environment: `CALANUS_URL`, `CALANUS_TOKEN`.

    Args:
        timeout: seconds to wait for an answer.
        patience: seconds to try again when the server does not answer, or is started again;
            only what can be said twice is said twice.

    Raises:
        NoConnection: nothing answers there.
        NotCalanus: something else answers there.
        NotSignedIn: the token, or the password, is not right.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        email: str | None = None,
        password: str | None = None,
        timeout: float = 300.0,
        patience: float = 60.0,
    ) -> None:
        url = url or os.environ.get("CALANUS_URL") or "http://127.0.0.1:8000"
        if email is None and token is None:
            token = os.environ.get("CALANUS_TOKEN")
        self.wire = Wire(url, token=token or "", timeout=timeout, patience=patience)
        if not token:
            self.wire.token = self._sign_in(email, password)
        self.me: dict[str, Any] = self.wire.get("/users/me")
        self.taxa = Taxa(self.wire)

    def __repr__(self) -> str:
        return f"<Calanus at {self.wire.url}, {self.me['name']}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self.wire.close()

    @property
    def token(self) -> str:
        """What says who you are: as good as the password, for a month."""
        return self.wire.token

    # --- Projects -------------------------------------------------------------------------------

    def projects(self, title: str = "", *, instrument: str = "") -> list[Project]:
        """The projects you work in; those whose title (or number) and instrument contain this."""
        found = self.wire.get("/projects/search", title_filter=title, instrument_filter=instrument)
        return [Project(self, one) for one in found]

    def project(self, wanted: "int | str | Project") -> Project:
        """A project by its number or its title.

        Raises:
            NotFound: there is none that you may see.
            Unknown: none, or more than one, has this title.
        """
        if isinstance(wanted, Project):
            return wanted
        if isinstance(wanted, int) or wanted.isdecimal():
            return Project(self, self.wire.get(f"/projects/{int(wanted)}"))
        mine = self.projects()
        found = [p for p in mine if p.title == wanted]
        if len(found) > 1:
            several = " or ".join(str(p.id) for p in found)
            raise Unknown("one project called", wanted, [], f"Give its number: {several}.")
        if not found:
            raise Unknown("project", wanted, [p.title for p in mine], "projects() lists yours.")
        return found[0].refresh()

    def create_project(
        self,
        title: str,
        *,
        instrument: str = "?",
        access: Literal["private", "public", "open"] = "public",
    ) -> Project:
        """Make an empty project. Members see it; all signed in if `public`; all if `open`."""
        if access not in ACCESS:
            raise Unknown("access", access, [*ACCESS], f"There are: {', '.join(ACCESS)}.")
        body = {"title": title, "instrument": instrument, "access": ACCESS[access]}
        return self.project(int(self.wire.post("/projects/create", body)))

    # --- Work and files -------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """Your jobs, the newest first."""
        return [Job(self.wire, self.taxa, one) for one in self.wire.get("/jobs/")]

    def job(self, number: int) -> Job:
        """A job by its number."""
        return Job(self.wire, self.taxa, self.wire.get(f"/jobs/{number}/"))

    def upload(
        self, source: str | Path, to: str | None = None, *, progress: Progress = None
    ) -> ServerPath:
        """Bring a file, or a folder as one zip, among your files on the server.

        An upload that was interrupted goes on where it stopped, even in another run, for five
        days. `to` is the path it gets there; a file of that path is replaced.
        """
        with shown(progress) as tell:
            return uploads.send_path(self.wire, Path(source), to, tell)

    def files(self, folder: str = "") -> list[dict[str, Any]]:
        """What a folder of yours holds on the server: name, type (F or D), bytes, changed."""
        return self.wire.get(f"/user_files/{folder}")["entries"]

    def remove_file(self, path: str) -> None:
        """Move a file or a folder of yours to the trash."""
        self.wire.form("/user_files/rm/", source_path=path)

    # --- Anything else --------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """Whether the server and its database answer, and its version."""
        return self.wire.get("/health")

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Any operation of the interface, by its path: `call("GET", "/users/me")`."""
        return self.wire.call(method.upper(), path, body, **params)

    def _sign_in(self, email: str | None, password: str | None) -> str:
        """A token for an e-mail address and a password."""
        if not email or not password:
            self.wire.get("/health")  # whether there is a Calanus at all
            raise NotSignedIn(WHO)
        order: Mapping[str, str] = {"username": email, "password": password}
        try:
            return str(self.wire.post("/login", order))
        except Forbidden as error:
            raise NotSignedIn(str(error)) from None
