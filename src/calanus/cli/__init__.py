"""The command line: what each command is called and takes; what it does is in the files beside.

Those are imported by the command that needs them, so that `calanus --help` is there at once.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from calanus.cli.choices import (
    By,
    Classifier,
    Images,
    Instrument,
    Kind,
    QuantityName,
    Role,
    Split,
    Suite,
    TableFormat,
    Update,
)
from calanus.cli.collection import collection
from calanus.cli.extractor import extractor
from calanus.cli.model import model

app = typer.Typer(
    help="Sort plankton images into identified organisms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
project = typer.Typer(help="Make projects, list them, say how far they are.", no_args_is_help=True)
user = typer.Typer(help="Make accounts.", no_args_is_help=True)
taxonomy = typer.Typer(help="Bring the tree of taxa in and out.", no_args_is_help=True)
app.add_typer(project, name="project")
app.add_typer(collection, name="collection")
app.add_typer(user, name="user")
app.add_typer(extractor, name="extractor")
app.add_typer(model, name="model")
app.add_typer(taxonomy, name="taxonomy")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Project = Annotated[int, typer.Argument(metavar="PROJECT", help="The number of a project.", min=1)]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A tab-separated file.")]


@dataclass
class Asked:
    """What was said before the command."""

    data: Path | None = None
    acting: str = ""


asked = Asked()


@app.callback()
def before(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The data folder (default: that of the user's account)."),
    ] = None,
    acting: Annotated[
        str,
        typer.Option("--as", help="Act as this e-mail (default: the first application manager)."),
    ] = "",
) -> None:
    """Sort plankton images into identified organisms."""
    asked.data, asked.acting = data, acting


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.", min=0)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Make the demo project first.")] = False,
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = False,
) -> None:
    """Serve the page and the API, with a worker and, unless told otherwise, a database."""
    from calanus.cli import serving

    serving.serve(asked, host=host, port=port, demo=demo, open_browser=open_)


@app.command()
def worker() -> None:
    """Do background jobs; run as many as there are machines."""
    from calanus.cli import serving

    serving.work(asked)


@project.command("create")
def project_create(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the project is called.")],
    instrument: Annotated[str, typer.Option(help="The instrument, such as zooscan.")] = "?",
    json: Json = False,
) -> None:
    """Make a project."""
    from calanus.cli import rooms

    rooms.create_project(asked, title, instrument, json=json)


@project.command("list")
def project_list(json: Json = False) -> None:
    """List projects, with how far each is."""
    from calanus.cli import rooms

    rooms.list_projects(asked, json=json)


@project.command("stats")
def project_stats(project: Project, json: Json = False) -> None:
    """Say how far a project is."""
    from calanus.cli import rooms

    rooms.project_stats(asked, project, json=json)


@app.command("import")
def import_(  # noqa: PLR0913 (the options of a command are its arguments)
    project: Project,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="An EcoTaxa package or an instrument's own files (zip or folder), or bare images.",
        ),
    ],
    answers: Annotated[
        Path | None,
        typer.Option(
            help='JSON: {"users": {name: id or e-mail}, "taxa": {name: id or name}}.',
        ),
    ] = None,
    update: Annotated[
        Update, typer.Option(help="Change objects that are there: nothing, fields, or all.")
    ] = Update.NONE,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Pass over images that are there already.")
    ] = False,
    skip_loaded: Annotated[
        bool, typer.Option("--skip-loaded", help="Pass over tables that were loaded before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, say what would be done, write nothing.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option(help="Where to write all errors, if there are any, as a table (TSV)."),
    ] = None,
    folders_as_taxa: Annotated[
        bool, typer.Option("--folders-as-taxa", help="A folder's name is the taxon of its images.")
    ] = False,
    parent: Annotated[
        str | None, typer.Option(help="Make unknown taxa below this one (name or id).")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            help="What holds for every one of bare images: field=value, or a file of such lines; "
            "repeat for several. Fields: imgdate, imgtime, latitude, longitude, depthmin, "
            "depthmax; taxolb, userlb, datelb, status, which go together."
        ),
    ] = None,
    instrument: Annotated[
        Instrument, typer.Option(help="Whose files these are; none: a package of EcoTaxa.")
    ] = Instrument.AUTO,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure IFCB images as WHOI does (extra ifcb).")
    ] = False,
    json: Json = False,
) -> None:
    """Load objects and images into a project."""
    from calanus.cli import work

    given = work.Import(
        path,
        answers,
        update.value,
        skip_existing=skip_existing,
        skip_loaded=skip_loaded,
        dry_run=dry_run,
        errors=errors,
        folders_as_taxa=folders_as_taxa,
        parent=parent,
        values=values or [],
        instrument=instrument.value,
        measure=measure,
    )
    work.import_(asked, project, given, json=json)


@app.command()
def measure(project: Project, json: Json = False) -> None:
    """Measure the images of objects that came without measures, to sort and to learn by them."""
    from calanus.cli import work

    work.measure(asked, project, json=json)


@app.command()
def predict(  # noqa: PLR0913 (the options of a command are its arguments)
    project: Project,
    learn_from: Annotated[
        list[int] | None,
        typer.Option(help="A project to learn from; repeat for several.", min=1),
    ] = None,
    again: Annotated[
        int | None,
        typer.Option(help="Repeat the prediction of this batch; compares, writes nothing.", min=1),
    ] = None,
    model: Annotated[str, typer.Option(help="Predict by this imported classifier.")] = "",
    classifier: Annotated[Classifier, typer.Option(help="How to learn.")] = Classifier.LINEAR,
    deep: Annotated[
        bool, typer.Option("--deep/--no-deep", help="Learn from the images themselves, too.")
    ] = True,
    limit: Annotated[
        int, typer.Option(help="At most so many objects of each taxon.", min=1)
    ] = 5000,
    risk: Annotated[
        float | None,
        typer.Option(help="At most so many % of names wrong: say less if unsure.", min=0.1, max=50),
    ] = None,
    unlike: Annotated[
        float | None,
        typer.Option(
            help="Set aside what looks like nothing learnt, and so many per cent of what does.",
            min=0.1,
            max=50,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Learn from validated objects and suggest a taxon for each object without one."""
    from calanus.cli import work

    if again is not None:
        return work.predict_again(asked, project, again, json=json)
    if model:
        return work.predict_by_file(asked, project, model, json=json)
    how = work.Predict(learn_from or [], classifier.value, deep, limit, risk=risk, unlike=unlike)
    work.predict(asked, project, how, json=json)


@app.command()
def export(  # noqa: PLR0913 (the options of a command are its arguments)
    project: Project,
    kind: Annotated[Kind, typer.Option(help="What to write.")],
    out: Annotated[Path, typer.Option(help="The file to write, or a folder for it.")],
    projects: Annotated[
        list[int] | None, typer.Option(help="One more project; repeat for several.", min=1)
    ] = None,
    state: Annotated[
        str, typer.Option(help="Only objects of these states: V, P, D, U, PV, PVD, NV, UP.")
    ] = "",
    taxa: Annotated[
        str, typer.Option(help="Only objects of these taxa and below: ids, by commas.")
    ] = "",
    split: Annotated[Split, typer.Option(help="General: a table for each …")] = Split.NONE,
    images: Annotated[Images, typer.Option(help="General: which images come along.")] = Images.ALL,
    format_: Annotated[
        TableFormat, typer.Option("--format", help="General: how tables are written.")
    ] = TableFormat.TSV,
    ids: Annotated[
        bool, typer.Option("--ids", help="General: also the numbers Calanus gives objects.")
    ] = False,
    annotations: Annotated[
        bool, typer.Option("--annotations", help="General: identifications and nothing else.")
    ] = False,
    quantity: Annotated[
        list[QuantityName] | None,
        typer.Option(help="Summary: what is summed; repeat for several [default: abundance]."),
    ] = None,
    by: Annotated[By, typer.Option(help="Summary: what sums are over.")] = By.SAMPLE,
    formula: Annotated[
        list[str] | None,
        typer.Option(help="Summary: a formula in place of the project's, as name=expression."),
    ] = None,
    json: Json = False,
) -> None:
    """Write projects to a file: a general table, a backup, or a summary."""
    from calanus.cli import exporting

    wanted = exporting.Wanted(
        [project, *(projects or [])],
        {"statusfilter": state, "taxo": taxa, "taxochild": "Y" if taxa else ""},
        {
            "split_by": split.value,
            "with_images": images.value,
            "format": format_.value,
            "with_internal_ids": ids,
            "only_annotations": annotations,
            "with_types_row": True,
        },
        {
            "quantity": [q.value for q in quantity or [QuantityName.ABUNDANCE]],
            "summarise_by": by.value,
        },
        formula or [],
    )
    exporting.export(asked, kind.value, wanted, out, json=json)


@user.command("create")
def user_create(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="What the account is.")] = Role.USER,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    json: Json = False,
) -> None:
    """Make an account; without a given password one is made up and shown."""
    from calanus.cli import rooms

    rooms.create_user(asked, rooms.Account(email, name, role.value), password_stdin, json=json)


@taxonomy.command("import")
def taxonomy_import(file: File, json: Json = False) -> None:
    """Add and update taxa: id, parent_id, name, taxotype (P or M), and more when present."""
    from calanus.cli import rooms

    rooms.import_taxa(asked, file, json=json)


@taxonomy.command("export")
def taxonomy_export(file: File, json: Json = False) -> None:
    """Write the whole tree to a file that can be imported again."""
    from calanus.cli import rooms

    rooms.export_taxa(asked, file, json=json)


@taxonomy.command("sync")
def taxonomy_sync(json: Json = False) -> None:
    """Exchange taxa with the reference server: send what was made here, bring in what changed."""
    from calanus.cli import rooms

    rooms.sync_taxa(asked, json=json)


@app.command()
def bench(  # noqa: PLR0913 (the options of a command are its arguments)
    suite: Annotated[Suite, typer.Option(help="What to measure.")] = Suite.SPEED,
    data: Annotated[
        Path | None, typer.Option(help="Labelled plankton images to learn from.")
    ] = None,
    objects: Annotated[
        int | None,
        typer.Option(
            help="How many objects are made: 100,000 unless told; the suite speed also makes"
            " 10,000,000, which take 12 GB."
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(help="Also tell the memory that so many rows take (suite bulk).")
    ] = 0,
    extractor: Annotated[
        str | None, typer.Option(help="The network to measure (suite learning).")
    ] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(help="A split; repeat for several [default: 0 1 2] (suite learning).", min=0),
    ] = None,
    bar: Annotated[
        int, typer.Option(help="Pixels of scale bar to cut off (suite learning).", min=0)
    ] = 0,
    json: Json = False,
) -> None:
    """Measure this installation on this machine."""
    from calanus.cli import measuring

    size = measuring.Size(objects, rows, extractor, seed or (0, 1, 2), bar)
    measuring.bench(asked, suite.value, data, size, json=json)


@app.command()
def doctor(json: Json = False) -> None:
    """Check that everything is there and in order."""
    from calanus.cli import doctoring

    doctoring.doctor(asked, json=json)


def main() -> None:
    """Run a command; what a person can mend is a sentence and exit status 1, never a traceback."""
    from calanus.cli.shell import run

    sys.exit(run(app))
