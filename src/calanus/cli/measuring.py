"""`calanus bench`: what this installation can do on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calanus.cli import Asked
from calanus.cli.shell import Failed, answer, say, settings_of, table

if TYPE_CHECKING:
    from calanus.bench.types import Figure


@dataclass(frozen=True)
class Size:
    """How much is measured; nothing said: as much as the suite recommends."""

    objects: int | None = None
    rows: int = 0
    extractor: str | None = None
    seeds: Sequence[int] = (0, 1, 2)
    bar_px: int = 0


def bench(asked: Asked, suite: str, data: Path | None, size: Size, *, json: bool) -> None:
    """Measure, and print the table of a suite."""
    if suite == "learning":
        learning(asked, data, size, json=json)
    elif suite == "effort":
        effort(asked, data, json=json)
    elif suite == "bulk":
        bulk(asked, size, json=json)
    else:
        speed(asked, size, json=json)


def speed(asked: Asked, size: Size, *, json: bool) -> None:
    """The promises of speed, on objects made for the purpose in a database of their own."""
    from calanus.app import create_app
    from calanus.bench.speed import OBJECTS, run

    objects = OBJECTS if size.objects is None else size.objects
    tell("speed", run(settings_of(asked), create_app, objects=objects, say=say), json=json)


def bulk(asked: Asked, size: Size, *, json: bool) -> None:
    """Imports and exports at size."""
    from calanus.bench.bulk import OBJECTS, run

    objects = OBJECTS if size.objects is None else size.objects
    tell("bulk", run(settings_of(asked), objects=objects, rows=size.rows, say=say), json=json)


def tell(suite: str, figures: Sequence["Figure"], *, json: bool) -> None:
    """The figures of a suite, as a table or as they are recorded."""
    from calanus.bench.types import as_json, as_rows

    found = {"suite": suite, "figures": as_json(figures)}
    answer(found, json=json, shown=lambda: table(as_rows(figures)))


def learning(asked: Asked, data: Path | None, size: Size, *, json: bool) -> None:
    """The field's own table, on images that lie in folders named after their taxa."""
    from calanus.bench import learning

    wanted = learning.Asked(size.extractor, size.seeds, size.bar_px)
    found = learning.run(labelled(data), wanted, data=settings_of(asked).data, say=say)
    shown = table(found.as_rows())
    answer({"suite": "learning", **found.as_json()}, json=json, shown=lambda: shown)


def effort(asked: Asked, data: Path | None, *, json: bool) -> None:
    """What a simulated annotator pays for identifying such images."""
    from calanus.bench.effort.measure import run

    found = run(labelled(data), data=settings_of(asked).data, say=say)
    shown = table(found.as_rows())
    answer({"suite": "effort", **found.as_json()}, json=json, shown=lambda: shown)


def labelled(data: Path | None) -> Path:
    """The folder of images that was named."""
    if data is None or not data.is_dir():
        raise Failed(["Name a folder of images in folders named after their taxa: --data FOLDER."])
    return data
