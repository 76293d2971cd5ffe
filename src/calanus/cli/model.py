"""`calanus model`: models as files."""

from pathlib import Path
from typing import Annotated

import typer

model = typer.Typer(
    help="Bring models in and out as files, and read their cards.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
What = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A model by its name here, or its file.")
]


@model.command("list")
def list_(json: Json = False) -> None:
    """List the networks that projects may choose, the default first, and the classifiers."""
    from calanus.cli import asked, models

    models.list_models(asked, json=json)


@model.command("show")
def show(what: What, json: Json = False) -> None:
    """Check a model and show its card: what it is, what it was trained on, its limits."""
    from calanus.cli import asked, models

    models.show(asked, what, json=json)


@model.command("export")
def export(
    what: What,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    card: Annotated[
        Path | None, typer.Option(help="JSON to add to the card: licences, citations, limits.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a model to one file that can be imported elsewhere."""
    from calanus.cli import asked, models

    models.export(asked, what, out, card, json=json)


@model.command("teach")
def teach(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it will be called.")],
    learn_from: Annotated[
        list[int], typer.Option(help="A project to learn from; repeat for several.", min=1)
    ],
    out: Annotated[Path, typer.Option(help="The file to write, or a folder for it.")],
    limit: Annotated[
        int, typer.Option(help="At most so many objects of each taxon.", min=1)
    ] = 5000,
    json: Json = False,
) -> None:
    """Learn from validated objects by their images, and write the classifier to a file."""
    from calanus.cli import asked, models

    models.teach(asked, name, learn_from, out, limit=limit, json=json)


@model.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model file.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of another of its name.")
    ] = False,
    json: Json = False,
) -> None:
    """Check a model file wholly, and let projects choose what it holds."""
    from calanus.cli import asked, models

    models.import_(asked, file, replace=replace, json=json)
