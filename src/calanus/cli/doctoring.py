"""`calanus doctor`: whether everything is there and in order."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from calanus import __version__
from calanus.cli import Asked
from calanus.cli.shell import Failed, Here, answer, opened, say, settings_of, table
from calanus.kit.errors import CalanusError

OLDEST_PYTHON = (3, 11)
LEAST_FREE = 2**30  # bytes
SHOWN = 20  # sentences of one project


@dataclass(frozen=True)
class Finding:
    """One thing looked at: in order, or what to do about it."""

    what: str
    ok: bool
    found: str


def doctor(asked: Asked, *, json: bool) -> None:
    """Look at everything; exit status 1 when something is wrong."""
    findings = list(of_machine(settings_of(asked).data))
    try:
        with opened(asked) as here:
            findings += of_installation(here)
    except CalanusError as error:
        findings.append(Finding("database", False, str(error)))
    ok = all(finding.ok for finding in findings)
    rows = [("ok" if f.ok else "WRONG", f.what, f.found) for f in findings]
    data = {"version": __version__, "ok": ok, "findings": [asdict(f) for f in findings]}
    answer(data, json=json, shown=lambda: table(rows))
    if not ok:
        if not json:
            say("Something is wrong: see above.")
        sys.exit(1)


def of_machine(data: Path) -> Iterator[Finding]:
    """What the machine gives."""
    yield Finding("python", sys.version_info >= OLDEST_PYTHON, platform.python_version())
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield Finding("data folder", False, f"{data} cannot be made: {error.strerror}.")
        return
    yield Finding("data folder", os.access(data, os.W_OK | os.X_OK), str(data))
    free = shutil.disk_usage(data).free
    yield Finding("free space", free >= LEAST_FREE, f"{free / 2**30:,.1f} GiB")


def of_installation(here: Here) -> Iterator[Finding]:
    """What the installation holds."""
    looks: tuple[Callable[[Here], Iterator[Finding]], ...] = (
        database,
        programs,
        worker,
        post,
        projects,
    )
    for look in looks:
        yield from look(here)


def database(here: Here) -> Iterator[Finding]:
    """The server, and whether its schema is this version's (opening it brought it up to date)."""
    from calanus.kit.migrate import migrate

    with here.transaction() as conn:
        version = conn.info.server_version
    kind = "yours" if here.settings.database_url else "embedded"
    yield Finding("database", True, f"PostgreSQL {version // 10_000}.{version % 10_000}, {kind}")
    missing = migrate(here.database_url)
    yield Finding("schema", not missing, "up to date")


def programs(_: Here) -> Iterator[Finding]:
    """What was built or downloaded with the package."""
    from calanus.app import PAGE
    from calanus.features.lite0 import weights_file

    built = (PAGE / "index.html").is_file()
    yield Finding("page", built, "built" if built else "not built: run `make ui`")
    try:
        weights = weights_file()
        yield Finding("deep features", weights.is_file(), weights.name)
    except (CalanusError, OSError, ImportError) as error:
        yield Finding("deep features", False, str(error))


def worker(here: Here) -> Iterator[Finding]:
    """Whether anybody does jobs. None is needed while nothing is served, so it is only said."""
    from calanus.jobs.service import workers_alive

    with here.transaction() as conn:
        alive = workers_alive(conn)
    yield Finding("workers", True, f"{alive} at work" if alive else "none at work: start one")


def post(here: Here) -> Iterator[Finding]:
    """Whether mail is sent, and what of it never arrived."""
    from calanus.kit import mail
    from calanus.users.letters import given_up

    settings = here.settings
    if not mail.configured(settings):
        needed = settings.email_verification or settings.account_validation
        why = "accounts are to be confirmed or approved by mail" if needed else "none is sent"
        yield Finding("mail", not needed, f"no mail server is set: {why}")
        return
    with here.transaction() as conn:
        lost = given_up(conn)
    said = f"{lost} letters of late could not be sent: GET /letters" if lost else "in order"
    yield Finding("mail", not lost, f"{settings.smtp_host}: {said}")


def projects(here: Here) -> Iterator[Finding]:
    """Every project: its counts, its rows, its packs."""
    from calanus.projects.service import list_projects
    from calanus.subsets.service import check

    if not here.user.is_application_manager:
        raise Failed(["Only an application manager may look at all projects."])
    vault = here.settings.data / "vault"
    with here.transaction() as conn:
        for project in list_projects(conn, here.user):
            wrong = check(conn, project.project_id, vault=vault, by=here.user)
            told = "in order" if not wrong else " ".join(wrong[:SHOWN])
            yield Finding(f"project {project.project_id}", not wrong, told)
