"""`calanus extractor`: train a network of one's own."""

from pathlib import Path
from typing import Annotated

import typer

extractor = typer.Typer(
    help="Train the networks that turn images into numbers.", no_args_is_help=True
)


Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="FOLDER …",
        help="Labelled images, each in a folder named after its taxon; "
        "each FOLDER is a set of taxa of its own.",
    ),
]
Out = Annotated[Path, typer.Option(help="Where checkpoints and the model file go.")]
Name = Annotated[str, typer.Option(help="What the extractor will be called.")]
Network = Annotated[
    str, typer.Option(help="Which network; efficientnet_lite0 begins with ImageNet's weights.")
]
Weights = Annotated[Path | None, typer.Option(help="Weights to begin with, as safetensors.")]
Epochs = Annotated[int, typer.Option(help="How often each image is shown.", min=1)]
Minutes = Annotated[
    float | None,
    typer.Option(help="The end comes after so many at the latest, over all pieces.", min=0.01),
]
Size = Annotated[
    list[int] | None,
    typer.Option(
        help="The side of the images [default: 128]; several: equal shares of the way, the "
        "last is the model's.",
        min=32,
        max=512,
    ),
]
Batch = Annotated[int, typer.Option(help="Images a step.", min=2, max=4096)]
Threads = Annotated[int, typer.Option(help="Cores that are used.", min=1, max=256)]
Seed = Annotated[int, typer.Option(help="What chance is drawn from.", min=0)]
Rate = Annotated[float, typer.Option(help="The highest learning rate.", min=0)]
Still = Annotated[
    int, typer.Option(help="The first blocks that do not learn (Lite0).", min=0, max=16)
]
Dense = Annotated[
    int, typer.Option(help="Neurons between features and taxa; 0: none.", min=0, max=8192)
]
Norms = Annotated[
    bool,
    typer.Option("--norms", help="Batch norms learn, too: for weights that begin by chance."),
]
Steps = Annotated[int | None, typer.Option(help="Stop this piece after so many steps.", min=1)]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Card = Annotated[
    Path | None, typer.Option(help="JSON to add to the card: licences, citations, limits.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@extractor.command("train")
def train(  # noqa: PLR0913 (the options of a command are its arguments)
    folders: Folders,
    out: Out,
    name: Name = "plankton",
    network: Network = "efficientnet_lite0",
    weights: Weights = None,
    epochs: Epochs = 40,
    minutes: Minutes = None,
    size: Size = None,
    batch: Batch = 64,
    threads: Threads = 2,
    seed: Seed = 0,
    rate: Rate = 8e-4,
    still: Still = 3,
    dense: Dense = 0,
    norms: Norms = False,
    steps: Steps = None,
    device: Device = "auto",
    card: Card = None,
    json: Json = False,
) -> None:
    """Train an extractor; stopped or killed, the same command goes on where it was."""
    from calanus.cli import training

    plan = {
        "epochs": epochs,
        "batch": batch,
        "parts": 1 if norms else min(4, batch),
        "network": network,
        "still": still if network == "efficientnet_lite0" else 0,
        "dense": dense,
        "norms": norms,
        "seed": seed,
        "rate": rate,
    }
    pace = {
        "sizes": tuple(size or [128]),
        "threads": threads,
        "minutes": minutes,
        "stop_after_steps": steps,
    }
    training.train(folders, training.Where(out, name, weights, device, card), plan, pace, json=json)
