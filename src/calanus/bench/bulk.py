"""Imports and exports at size: what an object costs, and how much memory a million rows take.

Each is a process of its own, begun for it, as a command or a worker's job is: its CPU and that of
PostgreSQL are counted from its first instruction on; its memory is what it and the processes below
it have resident at once, PostgreSQL apart.
"""

import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

from calanus.bench.clock import Spent
from calanus.bench.memory import Peak, watched
from calanus.bench.packages import write_package
from calanus.bench.types import Figure, Promise, figure
from calanus.bench.world import BenchFailed, World, world
from calanus.exports.jobs import export_general
from calanus.exports.types import ExportImagesOptionsEnum, GeneralExportOrder, GeneralExportReq
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import JobState
from calanus.kit.db import connect
from calanus.kit.errors import CalanusError
from calanus.kit.ids import JobId, ProjectId
from calanus.kit.settings import Settings

OBJECTS = 100_000
ROUNDS = 3
MEGABYTE = 2**20
AN_OBJECT = "CPU ms an object"
# The database comes by the standard input, so that no password shows among the arguments.
COMMAND = """
import os, sys
os.environ["CALANUS_DATABASE_URL"] = sys.stdin.readline().strip()
from calanus.cli import main
main()
"""

NONE, ALL = ExportImagesOptionsEnum.NONE, ExportImagesOptionsEnum.ALL
Say = Callable[[str], None]


class CommandFailed(CalanusError):
    """A command of the benchmark ended badly: its figures would mean nothing."""


def run(
    settings: Settings, *, objects: int = OBJECTS, rows: int = 0, say: Say = lambda _: None
) -> list[Figure]:
    """Measure the cost at `objects`, the cheapest of three rounds, and the memory at `rows`."""
    with world(settings) as here:
        figures = cost(here, objects, say)
        return [*figures, *memory(here, rows, say)] if rows else figures


def cost(here: World, objects: int, say: Say) -> list[Figure]:
    """What one object costs, with an image of 3 kB and 60 numbers."""
    package = here.settings.data / "bench.zip"
    say(f"Making {objects:,} objects")
    write_package(package, objects=objects)
    projects = [here.project(f"Bulk {number}") for number in range(ROUNDS)]
    say(f"Importing them {ROUNDS} times")
    imports = [imported(here, project_id, package.name)[0] for project_id in projects]
    package.unlink()
    say("Exporting")
    tables = [exported(here, project_id, NONE)[0] for project_id in projects]
    images = [exported(here, project_id, ALL)[0] for project_id in projects]
    return [
        cheapest(Promise("import", AN_OBJECT, 0.22, 1.64), imports, objects),
        cheapest(Promise("export a table", AN_OBJECT, 0.03, 0.15), tables, objects),
        cheapest(Promise("export with images", AN_OBJECT, 0.08, 0.40), images, objects),
    ]


def memory(here: World, rows: int, say: Say) -> list[Figure]:
    """The memory that many rows take; ten share an image, so that they are made quickly."""
    package = here.settings.data / "bench.zip"
    say(f"Making {rows:,} rows")
    write_package(package, objects=rows, shared_images=True)
    project_id = here.project("Many rows")
    say("Importing them")
    spent, loading = imported(here, project_id, package.name)
    package.unlink()
    say("Exporting them")
    _, tables = exported(here, project_id, NONE)
    _, images = exported(here, project_id, ALL)
    return [
        cheapest(Promise("import, few images", AN_OBJECT), [spent], rows),
        most(Promise("memory of the import", "MB resident", 400), loading),
        most(Promise("memory of the export, a table", "MB resident", 400), tables),
        most(Promise("memory of the export with images", "MB resident", 400), images),
    ]


def imported(here: World, project_id: ProjectId, package: str) -> tuple[Spent, Peak]:
    """`calanus import` of a package in the data folder, as one types it."""
    data = str(here.settings.data)
    words = ["--data", data, "import", str(project_id), f"{data}/{package}", "--json"]
    command = [sys.executable, "-c", COMMAND, *words]
    with here.clock().measure() as spent:
        process = subprocess.Popen(  # noqa: S603 (our own words)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        with watched(process.pid) as peak:
            _, told = process.communicate(here.database_url.encode() + b"\n")
    if process.returncode:
        raise CommandFailed(f"calanus import failed: {told.decode()[-500:]}")
    return spent, peak


def exported(
    here: World, project_id: ProjectId, images: ExportImagesOptionsEnum
) -> tuple[Spent, Peak]:
    """The general table of a project, by a process that does nothing else."""
    order = GeneralExportOrder(request=GeneralExportReq(project_id=project_id, with_images=images))
    owner = here.person.user_id
    with connect(here.database_url) as conn:
        job_id = enqueue(conn, export_general, order, owner=owner, project_id=project_id)
    given = (here.settings.model_dump_json(), here.database_url, job_id, "calanus.exports.jobs")
    process = multiprocessing.get_context("spawn").Process(target=perform, args=given)
    with here.clock().measure() as spent:
        process.start()
        assert process.pid is not None
        with watched(process.pid) as peak:
            process.join()
    with connect(here.database_url) as conn:
        job = jobs.find(conn, job_id, by=here.person)
    if job.state != JobState.FINISHED:
        raise BenchFailed(job)
    jobs.produced_file(job, here.settings).unlink()
    return spent, peak


def perform(settings: str, database_url: str, job_id: JobId, module: str) -> None:
    """What the other process does."""
    import_module(module)
    jobs.run_here(Settings.model_validate_json(settings), database_url, job_id)


def cheapest(promise: Promise, rounds: list[Spent], objects: int) -> Figure:
    """The round that cost least, by object."""
    best = min(rounds, key=lambda spent: spent.cpu)
    return figure(promise, 1000 * best.cpu / objects, 1000 * best.wall)


def most(promise: Promise, peak: Peak) -> Figure:
    """A peak in megabytes."""
    return figure(promise, peak.bytes / MEGABYTE)
