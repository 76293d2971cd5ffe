"""`calanus collection`: what its commands are called and take; `collecting.py` does them."""

from pathlib import Path
from typing import Annotated

import typer

collection = typer.Typer(help="Put projects together and publish them.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Collection = Annotated[
    int, typer.Argument(metavar="COLLECTION", help="The number of a collection.", min=1)
]
Predicted = Annotated[
    bool, typer.Option("--predicted", help="Also what a model predicted and nobody confirmed.")
]
Absent = Annotated[
    bool, typer.Option("--absent", help="Also the taxa that a sample does not have.")
]
Measured = Annotated[
    list[str] | None,
    typer.Option("--measure", help="Of each occurrence: ABO, CNC or BIV; repeat for several."),
]


@collection.command("list")
def collection_list(json: Json = False) -> None:
    """List the collections one manages."""
    from calanus.cli import asked, collecting

    collecting.list_collections(asked, json=json)


@collection.command("create")
def collection_create(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is called.")],
    projects: Annotated[list[int], typer.Option(help="A project in it; repeat for several.")],
    json: Json = False,
) -> None:
    """Put projects together."""
    from calanus.cli import asked, collecting

    collecting.create_collection(asked, title, projects, json=json)


@collection.command("check")
def collection_check(
    collection: Collection,
    predicted: Predicted = False,
    absent: Absent = False,
    measure: Measured = None,
    json: Json = False,
) -> None:
    """Say all that keeps a collection from being published."""
    from calanus.cli import asked, collecting

    wanted = collecting.Archive(collection, predicted, absent, measure or [])
    collecting.check(asked, wanted, json=json)


@collection.command("export")
def collection_export(
    collection: Collection,
    out: Annotated[Path, typer.Option(help="The file to write, or a folder for it.")],
    predicted: Predicted = False,
    absent: Absent = False,
    measure: Measured = None,
    json: Json = False,
) -> None:
    """Write a collection as a Darwin Core Archive, for OBIS and GBIF."""
    from calanus.cli import asked, collecting

    wanted = collecting.Archive(collection, predicted, absent, measure or [])
    collecting.export(asked, wanted, out, json=json)
