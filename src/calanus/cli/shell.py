"""What every command shares: the installation it opens, what it says, how it fails."""

import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from calanus.kit.errors import CalanusError

if TYPE_CHECKING:
    from calanus.cli import Asked
    from calanus.kit.db import Connection
    from calanus.kit.settings import Settings
    from calanus.users.types import User

FAILED, ASKS = 1, 3


class Failed(CalanusError):
    """A command that ends with errors a person can mend."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = list(errors)


class Asks(CalanusError):
    """A command that ends with a question."""

    def __init__(self, question: Mapping[str, Any]) -> None:
        super().__init__("The import asks a question: answer it with --answers.")
        self.question = question


@dataclass(frozen=True)
class Here:
    """An open installation, and who acts in it."""

    settings: "Settings"
    database_url: str
    user: "User"

    @contextmanager
    def transaction(self) -> "Generator[Connection]":
        """A connection whose work is kept when all went well."""
        from calanus.kit.db import connect

        with connect(self.database_url) as conn:
            yield conn


def settings_of(asked: "Asked") -> "Settings":
    """The settings of the data folder that was named."""
    from pydantic import ValidationError

    from calanus.kit.settings import read_settings

    try:
        return read_settings(asked.data)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise Failed([f"A setting is not right: {sentence}." for sentence in wrong]) from None


@contextmanager
def opened(asked: "Asked") -> Generator[Here]:
    """The installation: its database up to date, its first manager and first taxa there."""
    from calanus.kit.migrate import migrate
    from calanus.kit.postgres import embedded

    settings = settings_of(asked)
    with embedded(settings) as database_url:
        migrate(database_url)
        yield Here(settings, database_url, begin(settings, database_url, acting=asked.acting))


def begin(settings: "Settings", database_url: str, *, acting: str = "") -> "User":
    """Make what a first start needs; who acts: the account named, else the first manager."""
    from calanus.kit.db import connect
    from calanus.taxonomy import lists as taxonomy
    from calanus.users import service as users

    with connect(database_url) as conn:
        manager, password = users.ensure_first_manager(conn, settings)
        taxonomy.load_starter(conn)
        named = users.find_by_email(conn, acting, policy=settings.policy) if acting else manager
    if password:
        say(f"First start: sign in as {manager.email} with the password {password}")
        say("It is shown this once. Change it on the page, or set CALANUS_ADMIN_PASSWORD before.")
    if named is None:
        raise Failed([f"There is no account for {acting}."])
    return named


def say(sentence: str) -> None:
    """For the person at the terminal; standard output is for answers."""
    typer.echo(sentence, err=True)


def answer(data: Mapping[str, Any], *, json: bool, shown: Callable[[], str] | None = None) -> None:
    """What a command found: one JSON object, or lines for a person."""
    if json:
        typer.echo(as_json(data))
    else:
        typer.echo(shown() if shown else table([(k, v) for k, v in data.items()]))


def as_json(data: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(data, ensure_ascii=False, default=str)


def table(rows: Sequence[Sequence[Any]]) -> str:
    """Rows in columns as wide as needed, numbers to the right, below each other and the first."""
    cells = [[f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    of_numbers = [
        max(
            len(row[i])
            for place, (row, original) in enumerate(zip(cells, rows, strict=True))
            if place == 0 or isinstance(original[i], int | float)
        )
        for i in range(len(widths))
    ]
    lines = [
        "  ".join(
            (cell.rjust(narrow) if isinstance(given, int | float) else cell).ljust(width)
            for cell, width, narrow, given in zip(row, widths, of_numbers, original, strict=True)
        ).rstrip()
        for row, original in zip(cells, rows, strict=True)
    ]
    return "\n".join(lines)


@contextmanager
def progress_bar() -> Generator[Callable[[int, str], None]]:
    """A bar on a terminal; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _percent, _doing: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=100)
        yield lambda percent, doing: bar.update(task, completed=percent, description=doing)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Failed([f"{path} cannot be read: {error.strerror}."]) from None
    except ValueError as error:
        raise Failed([f"{path} is not JSON: {error}."]) from None
    if not isinstance(found, dict):
        raise Failed([f"{path} must hold one JSON object."])
    return found  # pyright: ignore[reportUnknownVariableType] (keys of JSON objects are texts)


def run(app: typer.Typer) -> int:
    """Run a command; its exit status."""
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except Asks as question:
        say(str(question))
        typer.echo(as_json(question.question))
        return ASKS
    except CalanusError as error:
        return fail(error, wants_json="--json" in sys.argv)
    return 0


def fail(error: CalanusError, *, wants_json: bool) -> int:
    """Say what went wrong, all of it."""
    errors: list[str] = getattr(error, "errors", None) or [str(error)]
    if wants_json:
        typer.echo(as_json({"errors": errors}))
    for sentence in errors:
        say(sentence)
    return FAILED
