"""`calanus bench`: what this installation can do on this machine."""

from pathlib import Path

from calanus.cli import Asked
from calanus.cli.shell import Failed, answer, say, settings_of, table


def bench(asked: Asked, suite: str, data: Path | None, *, objects: int, json: bool) -> None:
    """Measure, and print the table of a suite."""
    if suite == "learning":
        learning(asked, data, json=json)
    else:
        speed(asked, objects=objects, json=json)


def speed(asked: Asked, *, objects: int, json: bool) -> None:
    """The promises of speed, on objects made for the purpose in a database of their own."""
    from calanus.app import create_app
    from calanus.bench.speed import run
    from calanus.bench.types import as_json, as_rows

    figures = run(settings_of(asked), create_app, objects=objects, say=say)
    found = {"suite": "speed", "figures": as_json(figures)}
    answer(found, json=json, shown=lambda: table(as_rows(figures)))


def learning(asked: Asked, data: Path | None, *, json: bool) -> None:
    """The field's own table, on images that lie in folders named after their taxa."""
    from calanus.bench.learning import run

    if data is None or not data.is_dir():
        raise Failed(["Name a folder of images in folders named after their taxa: --data FOLDER."])
    found = run(data, cache=settings_of(asked).data / "cache", say=say)
    shown = table(found.as_rows())
    answer({"suite": "learning", **found.as_json()}, json=json, shown=lambda: shown)
