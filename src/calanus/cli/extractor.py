"""`calanus extractor`: train a network of one's own."""

from pathlib import Path
from typing import Annotated

import typer

extractor = typer.Typer(
    help="Train the networks that turn images into numbers.", no_args_is_help=True
)


@extractor.command("train")
def train(  # noqa: PLR0913 (the options of a command are its arguments)
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER …",
            help="Labelled images, each in a folder named after its taxon; "
            "each FOLDER is a set of taxa of its own.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where checkpoints and the model file go.")],
    name: Annotated[str, typer.Option(help="What the extractor will be called.")] = "plankton",
    network: Annotated[
        str, typer.Option(help="Which network; efficientnet_lite0 begins with ImageNet's weights.")
    ] = "efficientnet_lite0",
    weights: Annotated[
        Path | None, typer.Option(help="Weights to begin with, as safetensors.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="How often each image is shown.", min=1)] = 40,
    minutes: Annotated[
        float | None,
        typer.Option(help="The end comes after so many at the latest, over all pieces.", min=0.01),
    ] = None,
    size: Annotated[
        list[int] | None,
        typer.Option(
            help="The side of the images [default: 128]; several: equal shares of the way, the "
            "last is the model's.",
            min=32,
            max=512,
        ),
    ] = None,
    batch: Annotated[int, typer.Option(help="Images a step.", min=2, max=4096)] = 64,
    threads: Annotated[int, typer.Option(help="Cores that are used.", min=1, max=256)] = 2,
    seed: Annotated[int, typer.Option(help="What chance is drawn from.", min=0)] = 0,
    rate: Annotated[float, typer.Option(help="The highest learning rate.", min=0)] = 8e-4,
    still: Annotated[
        int, typer.Option(help="The first blocks that do not learn (Lite0).", min=0, max=16)
    ] = 3,
    dense: Annotated[
        int, typer.Option(help="Neurons between features and taxa; 0: none.", min=0, max=8192)
    ] = 0,
    norms: Annotated[
        bool,
        typer.Option("--norms", help="Batch norms learn, too: for weights that begin by chance."),
    ] = False,
    steps: Annotated[
        int | None, typer.Option(help="Stop this piece after so many steps.", min=1)
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    card: Annotated[
        Path | None, typer.Option(help="JSON to add to the card: licences, citations, limits.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
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
