"""What `calanus extractor train` does: it needs the extra `train`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from calanus.cli.shell import Failed, answer, read_json, say


@dataclass(frozen=True)
class Where:
    """What comes in beside the images, and what comes out."""

    out: Path
    name: str
    weights: Path | None
    device: str
    card: Path | None


def train(
    folders: Sequence[Path], where: Where, plan: dict[str, Any], pace: dict[str, Any], *, json: bool
) -> None:
    """Train on, and say where it stands."""
    try:
        from calanus.features.training import service
        from calanus.features.training.trainer import Pace, Plan
    except ImportError as error:
        raise Failed(
            [f"Training needs torch: pip install 'calanus[train]' ({error.name} is missing)."]
        ) from None
    if where.device not in ("auto", "cpu", "cuda"):
        raise Failed([f"There is no device {where.device!r}: say auto, cpu or cuda."])
    order = service.Order(
        folders,
        where.out,
        where.name,
        Plan(**plan),
        Pace(**pace),
        where.weights,
        where.device,
        read_json(where.card) if where.card else {},
    )
    where.out.mkdir(parents=True, exist_ok=True)
    with (where.out / "log.txt").open("a", encoding="utf-8") as log:

        def tell(sentence: str) -> None:
            say(sentence)
            log.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {sentence}\n")
            log.flush()

        manifest = service.train(order, tell)
    found = {"finished": manifest is not None, "out": str(where.out)}
    if manifest:
        file = where.out / f"{where.name}.zip"
        found |= {"file": str(file), "passport": manifest.passport, "card": manifest.card}
    answer(found, json=json, shown=lambda: f"{found.get('file', 'Not finished yet.')}")
