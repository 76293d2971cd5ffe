"""Imports in the background: everything is checked first, then all is loaded, or nothing."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.files import sources
from calanus.files.vault import Vault, read_images, remove_orphans
from calanus.imports import flow, folder, unmeasured
from calanus.imports.instruments.registry import converted
from calanus.imports.load import Gathered, load
from calanus.imports.package import Package, Unpacking, open_package
from calanus.imports.reading import reading_of
from calanus.imports.simple import read_form
from calanus.imports.store import Images, Store
from calanus.imports.telling import Log, as_wire, new_columns, planned, tell_what_was_read
from calanus.imports.types import (
    Acting,
    FolderOrder,
    ImportOrder,
    MeasureOrder,
    Outcome,
    PackageRefused,
)
from calanus.imports.unmeasured import Room
from calanus.jobs.run import Run, job
from calanus.kit.ids import ProjectId
from calanus.objects import service as objects
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.policy import Act

SMALL = 500  # images: fewer are checked by threads, more by processes
MANY = 1000  # objects: from here the planner is told
CHECKED, MEASURED = 70, 85  # percent
A_PART = 8  # images that are measured by one task


@job("FileImport")
def import_package(run: Run, order: ImportOrder) -> None:
    """Load an EcoTaxa package, tables with their images; or change known objects by its tables."""
    if done_before(run):
        return
    acting, project = begin(run, order.project_id)
    asked = order.model_copy(update={"answers": flow.all_answers(run, order.answers)})
    with (
        opened(run, order.source_path, order.local_path) as source,
        converted(run, source, order) as package,
    ):
        flow.tell_parts(run, package)
        if order.updates:
            flow.update_package(run, package, project, asked, acting)
        else:
            load_package(run, package, project, asked, acting)
    if not order.dry_run:
        clear_up(run, order.source_path)


def load_package(
    run: Run, package: Package, project: Project, order: ImportOrder, acting: Acting
) -> None:
    """Make objects of the rows of a package; or, without writing, say what would be made."""
    log, progress = Log(run.log), ReadingAndChecking(run)
    # On the connection aside, because no transaction stays open while images are decoded.
    with (
        reading_of(run.aside, package, project, order, folder=run.folder) as reading,
        stored(
            run,
            package,
            reading.members(progress.reading),
            progress.images,
            acting.project_id,
        ) as (store, images),
    ):
        tell_what_was_read(log, run.conn, reading, reading.names)
        outcome = planned(reading)
        problems = reading.everything_wrong(images)
        if order.dry_run:
            store.discard()
            return flow.preview(run, reading, outcome, problems, acting)
        flow.stop_if_wrong(run, problems, reading.infos)
        flow.stop_to_ask(run, reading.names.question(), acting)
        new = flow.NewParents.of(reading)
        outcome.new_columns = new_columns(project, reading.columns)
        flow.remember(run, reading.names, order.answers, acting)
        finish(run, reading, images, store, acting, outcome=outcome)
        flow.tell_what_was_made(log, reading, new)
    return None


@job("SimpleImport")
def import_folder(run: Run, order: FolderOrder) -> None:
    """Load bare images: a form says the same of all, a folder's name may be a taxon."""
    if done_before(run):
        return
    acting, project = begin(run, order.project_id)
    form = read_form(run.conn, order.values)
    if form.errors:
        run.fail(form.errors)
    answers = flow.all_answers(run, order.answers)
    with opened(run, order.source_path, order.local_path) as package:
        tree = folder.read_tree(run.conn, package, project, hashed_names=order.hashed_names)
        tell = told(run, "Checking images", len(tree.names), 20, CHECKED)
        with stored(run, package, tree.names, tell, acting.project_id) as (store, images):
            flow.stop_if_wrong(run, tree.everything_wrong(images), tree.infos)
            named = [folder.folder_name(name) for name in tree.names]
            asked = named if order.folders_as_taxa else []
            meant = folder.resolve_folders(run.conn, asked, order, answers)
            if order.dry_run:
                store.discard()
                return flow.preview_images(run, tree, meant, project, acting)
            flow.stop_to_ask(run, meant.question, acting)
            measures = measured(run, package, tree.names, project)
            taxa = folder.make_taxa(run.conn, meant, order, by=acting.user)
            of_images = [taxa.get(name) if order.folders_as_taxa else None for name in named]
            folder.describe(tree, form, of_images, measures)
            finish(run, tree, images, store, acting)
    return clear_up(run, order.source_path)


@job("Measure")
def measure_objects(run: Run, order: MeasureOrder) -> None:
    """Measure the images of objects that came without measures; what they have is left alone."""
    projects.hold(run.conn, ProjectId(order.project_id))
    project, room = room_now(run, order)
    total = unmeasured.count(run.conn, project.project_id, room)
    after, seen = 0, 0
    with workers(run, total) as pool:
        while ids := unmeasured.following(run.conn, project.project_id, room, after=after):
            run.progress(100 * seen / max(total, 1), f"Measuring {seen:,} of {total:,}")
            found = measured_objects(run, pool, project, ids)
            project, room = room_now(run, order)
            filled = unmeasured.fill(run.conn, project.project_id, room, ids, found)
            run.keep(measured=run.kept.get("measured", 0) + filled)
            after, seen = ids[-1], seen + len(ids)
    left = unmeasured.count(run.conn, project.project_id, room)
    for sentence in room.complaints():
        run.warn(sentence)
    if left:
        run.warn(f"{left:,} object(s) have no image that can be measured.")
    run.result |= {"measured": run.kept.get("measured", 0), "without_image": left}


def done_before(run: Run) -> bool:
    """Whether an earlier run loaded everything and was stopped before it could say so."""
    run.result |= run.kept.get("loaded", {})
    return "loaded" in run.kept


def begin(run: Run, project_id: int) -> tuple[Acting, Project]:
    """Ask for the right, wait for other imports into the project, clear what killed ones left."""
    user = users.find(run.conn, run.owner, policy=run.settings.policy)
    project = projects.require(run.conn, user, project_id, Act.IMPORT)
    projects.hold(run.conn, project.project_id)
    run.result["infos"] = []
    freed = remove_orphans(run.conn, Vault(run.settings.data / "vault"))
    if freed:
        run.log(f"Removed {freed:,} bytes that a stopped import had left.")
    return Acting(project.project_id, user, run.now()), project


@contextmanager
def opened(run: Run, source_path: str, local_path: str) -> Generator[Package]:
    """The package, from the user's files or, for the command line, from this machine."""
    path = Path(local_path) if local_path else sources.find(run.settings, run.owner, source_path)
    unpacking = Unpacking(run.folder / "unpacked", run.settings.max_unpacked_bytes)
    try:
        if not path.exists():
            raise PackageRefused(f"There is no file or folder {path}.")
        unpacking.clear()  # of what a killed run left
        yield open_package(path, most_members=run.settings.max_package_members, unpacking=unpacking)
    except PackageRefused as error:
        run.fail([str(error)])
    finally:
        unpacking.clear()


@contextmanager
def stored(
    run: Run,
    package: Package,
    members: Iterable[str],
    tell: Callable[[int], None],
    project_id: ProjectId,
) -> Generator[tuple[Store, Images]]:
    """Every image checked and written to packs, which stay only if a commit names them."""
    run.keep()  # no transaction stays open while images are decoded
    vault = Vault(run.settings.data / "vault")
    coming = iter(members)
    first = list(islice(coming, SMALL))
    with Store(vault, project_id, f"job-{run.job_id}") as store:
        with workers(run, len(first)) as pool:
            images = store.store(
                package,
                chain(first, coming),
                pool,
                most_pixels=run.settings.max_image_pixels,
                tell=tell,
            )
        yield store, images


def measured(run: Run, package: Package, names: list[str], project: Project) -> NDArray[np.float64]:
    """The classic features of all images."""
    run.keep()  # no transaction stays open meanwhile
    with workers(run, len(names)) as pool:
        return folder.measure_images(
            package,
            names,
            pool,
            bar_px=project.bar_px,
            tell=told(run, "Measuring", len(names), CHECKED, MEASURED),
        )


def room_now(run: Run, order: MeasureOrder) -> tuple[Project, Room]:
    """The project, held, and its columns for measures; both may have changed since last time."""
    from calanus.imports.measuring import names_of_measures

    user = users.find(run.conn, run.owner, policy=run.settings.policy)
    projects.lock(run.conn, ProjectId(order.project_id))
    project = projects.require(run.conn, user, order.project_id, Act.IMPORT)
    return project, unmeasured.make_room(run.conn, project, names_of_measures())


def measured_objects(
    run: Run, pool: Executor, project: Project, object_ids: list[int]
) -> NDArray[np.float64]:
    """The measures of objects that are here, a row each; NaN where there is no image."""
    from calanus.imports.measuring import measured_bytes, names_of_measures

    vault = Vault(run.settings.data / "vault")
    images = dict(read_images(run.conn, vault, project.project_id, object_ids))
    run.keep()  # no transaction stays open meanwhile
    row_of = {object_id: row for row, object_id in enumerate(object_ids)}
    rows, data = [row_of[object_id] for object_id in images], list(images.values())
    parts = [data[start : start + A_PART] for start in range(0, len(data), A_PART)]
    found = np.full((len(object_ids), len(names_of_measures())), np.nan)
    measured_parts = pool.map(measured_bytes, parts, [project.bar_px] * len(parts))
    found[rows] = np.concatenate([found[:0], *measured_parts])
    return found


@contextmanager
def workers(run: Run, images: int) -> Generator[Executor]:
    """Who decodes: processes for many images, threads for few."""
    if images < SMALL:
        with ThreadPoolExecutor(2) as pool:
            yield pool
    else:
        with run.cpu_pool() as pool:
            yield pool


class ReadingAndChecking:
    """Progress of tables and images that are read and checked at the same time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.share = 0.0  # of the tables; images follow close behind

    def reading(self, share: float, doing: str) -> None:
        """So much of the tables is read."""
        self.share = share
        self.run.progress(CHECKED * share, doing)

    def images(self, done: int) -> None:
        """So many images are checked."""
        self.run.progress(CHECKED * self.share, f"Checking images: {done:,} are done")


def told(run: Run, doing: str, total: int, start: int, end: int) -> Callable[[int], None]:
    """Progress between two percentages, told by how many are done."""

    def tell(done: int) -> None:
        run.progress(start + (end - start) * done / max(total, 1), f"{doing} {done:,} of {total:,}")

    return tell


def finish(
    run: Run,
    gathered: Gathered,
    images: Images,
    store: Store,
    acting: Acting,
    *,
    outcome: Outcome | None = None,
) -> None:
    """Load everything in one transaction, and keep it."""
    run.progress(MEASURED, f"Loading {gathered.objects.count:,} objects")
    loaded = load(run.conn, gathered, images, store, acting)
    done: dict[str, Any] = {
        "rowcount": loaded.rows,
        "objects": loaded.objects,
        "images": loaded.images,
        "nb_images": loaded.images,  # as EcoTaxa calls it
        "samples": loaded.samples,
        "infos": list(loaded.infos),
    }
    if outcome:
        done["outcome"] = as_wire(outcome)
    run.result |= done
    for sentence in loaded.infos:
        run.log(sentence)
    store.doubt()
    run.keep(loaded=done)
    projects.let_go(run.conn, acting.project_id)
    if loaded.objects >= MANY:
        objects.refresh_statistics(run.conn)


def clear_up(run: Run, source_path: str) -> None:
    """What was loaded from a person's files goes to their trash, as in EcoTaxa."""
    if source_path:
        sources.clear(run.settings, run.owner, source_path)
