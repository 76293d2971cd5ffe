"""`calanus bench`: what this installation can do on this machine."""

from collections.abc import Sequence
from pathlib import Path

from calanus.app import create_app
from calanus.bench.types import as_json, as_rows
from calanus.cli import Asked
from calanus.cli.shell import answer, say, settings_of, table


def bench(asked: Asked, suite: str, data: Path | None, *, json: bool) -> None:
    """Measure, and print the table of a suite."""
    if suite == "speed":
        speed(asked, json=json)


def speed(asked: Asked, *, json: bool) -> None:
    """The promises of speed, on objects made for the purpose in a database of their own."""
    from calanus.bench.speed import run

    figures = run(settings_of(asked), create_app, say=say)
    rows: Sequence[Sequence[str]] = as_rows(figures)
    answer({"suite": "speed", "figures": as_json(figures)}, json=json, shown=lambda: table(rows))
