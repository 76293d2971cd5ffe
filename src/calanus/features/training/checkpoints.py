"""Where a training stands, in a file of numbers only: a killed one goes on from there."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from calanus.features.training.types import CheckpointRefused

FORMAT = 1
NAME = "checkpoint.pt"


@dataclass
class Standing:
    """How far a training has come: steps done and seconds spent, over all its pieces."""

    step: int = 0
    seconds: float = 0.0


def save(folder: Path, standing: Standing, plan: str, states: dict[str, Any]) -> None:
    """Replace the checkpoint in one move: whoever is killed here leaves the earlier one whole."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {
        "format": FORMAT,
        "step": standing.step,
        "seconds": standing.seconds,
        "plan": plan,
        "states": states,
    }
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
        torch.save(kept, part)
        part.flush()
        os.fsync(part.fileno())
    os.replace(part.name, folder / NAME)


def load(folder: Path, plan: str) -> tuple[Standing, dict[str, Any]] | None:
    """The standing of this folder's training, or none yet; another plan's is refused."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        standing = Standing(int(kept["step"]), float(kept["seconds"]))
        known, states, version = kept["plan"], kept["states"], kept["format"]
    except Exception as error:  # torch raises whatever the bytes lead it to
        raise CheckpointRefused(path, "it is not a checkpoint of ours, or is damaged") from error
    if version != FORMAT:
        raise CheckpointRefused(path, f"it is of format {version}, and this is format {FORMAT}")
    if known != plan:
        raise CheckpointRefused(path, "it belongs to other images or other options")
    return standing, states
