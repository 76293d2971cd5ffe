"""Bare images, with a form for all of them, their folders' names as taxa, and measures of ours."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from hashlib import blake2b, md5

import numpy as np
from numpy.typing import NDArray

from calanus.imports import queries
from calanus.imports.headers import FreeColumns
from calanus.imports.images import FORMATS_READ, HASH_BYTES, Chunk, Unusable, read
from calanus.imports.named import ImageRow
from calanus.imports.names import as_id
from calanus.imports.package import Package
from calanus.imports.register import Objects, Parents
from calanus.imports.simple import Form
from calanus.imports.spool import NewObjects
from calanus.imports.store import Images, to_read
from calanus.imports.types import (
    BASE,
    Answers,
    FolderOrder,
    ImportProblem,
    Kind,
    Question,
    lowered,
)
from calanus.imports.unmeasured import Room, room_for
from calanus.kit.db import Connection
from calanus.projects.types import ProjectRow
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.names import match_key
from calanus.taxonomy.types import BIOTA
from calanus.users import policy
from calanus.users.policy import Act
from calanus.users.types import User

UNLABELLED = "unlabelled"  # a folder of this name says nothing about its images
LONGEST_NAME = 255
READ_TOGETHER = 64  # images a task
Tell = Callable[[int], None]


@dataclass
class Tree:
    """What a folder of images would load, and all that is wrong with it."""

    columns: FreeColumns
    parents: Parents
    objects: Objects
    names: list[str] = field(default_factory=list[str])  # of new images: their paths
    orig_ids: list[str] = field(default_factory=list[str])  # of new objects
    tables: list[str] = field(default_factory=list[str])
    rows: int = 0
    new: list[NewObjects] = field(default_factory=list[NewObjects])
    infos: list[str] = field(default_factory=list[str])
    problems: list[ImportProblem] = field(default_factory=list[ImportProblem])

    def everything_wrong(self, images: Images) -> list[ImportProblem]:
        """All problems, in the order of the files."""
        wrong = [
            ImportProblem(Kind.BAD_IMAGE, f"this is {reason}.", member)
            for member, reason in images.problems.items()
        ]
        return [*self.problems, *sorted(wrong, key=lambda problem: problem.file)]


def read_tree(
    conn: Connection, package: Package, project: ProjectRow, *, hashed_names: bool = False
) -> Tree:
    """List the images that a project does not have yet; each is an object, named by its path."""
    tree = Tree(
        FreeColumns.of(project),
        Parents(conn, project.project_id),
        Objects(package, skip_existing=True),
    )
    found = {name: orig_id(name, hashed=hashed_names) for name in package.images()}
    tree.rows = len(found)
    tree.infos += package.infos
    known = queries.hashes(conn, project.project_id, list(found.values()))
    again = {name: known[found[name]] for name in found if found[name] in known}
    tree.problems += other_images(package, again)
    if again:
        tree.infos.append(f"{len(again):,} image(s) were in the project already.")
    for name in found:
        if len(name) > LONGEST_NAME:
            reason = f"its path has {len(name)} characters; {LONGEST_NAME} are kept at most."
            tree.problems.append(ImportProblem(Kind.TOO_LONG, reason, name))
        elif name not in again:
            tree.objects.images.append(ImageRow(tree.objects.count, name, name, 0, BASE, 0))
            tree.objects.count += 1
            tree.names.append(name)
            tree.orig_ids.append(found[name])
    tree.objects.images.settle()
    if not found:
        reason = f"there is no image here: {FORMATS_READ} are read, in folders of any depth."
        tree.problems.append(ImportProblem(Kind.NOTHING, reason, BASE))
    return tree


def orig_id(path: str, *, hashed: bool) -> str:
    """The name of an image's object: its path, or as in EcoTaxa the MD5 sum of that."""
    return md5(path.encode(), usedforsecurity=False).hexdigest() if hashed else path


def other_images(package: Package, again: Mapping[str, set[bytes]]) -> Iterator[ImportProblem]:
    """Images whose names the project has already, and which are not the ones it has."""
    for chunk in chunks_of(package, list(again)):
        for task in chunk.tasks:
            try:
                digest = blake2b(read(chunk, task), digest_size=HASH_BYTES).digest()
            except Unusable as error:
                yield ImportProblem(Kind.BAD_IMAGE, f"this is {error}.", task.name)
                continue
            if digest not in again[task.name]:
                reason = (
                    "another image of this name is in the project already; rename this one, or "
                    "put it into a folder of its own."
                )
                yield ImportProblem(Kind.ALREADY_LOADED, reason, task.name)


def folder_name(path: str) -> str:
    """What the folder of an image says it is: nothing at the top, or in one called unlabelled."""
    folders = path.split("/")[:-1]
    return "" if not folders or folders[-1].lower() == UNLABELLED else folders[-1]


@dataclass(frozen=True)
class Meant:
    """What the names of folders mean: taxa that are there, new ones to make, or a question."""

    taxa: dict[str, int]
    new: list[str]
    question: Question


def resolve_folders(
    conn: Connection, names: Iterable[str], order: FolderOrder, answers: Answers
) -> Meant:
    """The taxon of each folder's name; those nobody knows are to be made, or are a question.

    A name means, in this order: what was answered; the child of the parent taxon that bears it;
    the only taxon of that name; a new morphological taxon below the parent, where that was asked
    for.
    """
    wanted = sorted(set(filter(None, names)))
    meant = answered_taxa(conn, wanted, answers)
    candidates = taxonomy.resolve_names(conn, [name for name in wanted if name not in meant])
    parent = order.parent_taxon if order.parent_taxon is not None else BIOTA
    several = [taxon for found in candidates.values() if len(found) > 1 for taxon in found]
    children = {t.taxon_id for t in taxonomy.find_many(conn, several) if t.parent_id == parent}
    for name in wanted:
        found = candidates.get(match_key(name), [])
        near = found if len(found) == 1 else [taxon for taxon in found if taxon in children]
        if name not in meant and len(near) == 1:
            meant[name] = near[0]
    unknown = [name for name in wanted if name not in meant]
    makes = order.create_taxa and order.parent_taxon is not None
    new = [name for name in unknown if makes and not candidates.get(match_key(name))]
    open_ = [name.lower() for name in unknown if name not in new]
    return Meant(meant, new, Question([], open_))


def make_taxa(conn: Connection, meant: Meant, order: FolderOrder, *, by: User) -> dict[str, int]:
    """The taxon of every folder's name, the new ones made below the parent.

    Raises:
        ActRefused: there are new ones, and this person may not make taxa.
    """
    if not meant.new or order.parent_taxon is None:
        return meant.taxa
    policy.ask(by, Act.CREATE_TAXA)
    return meant.taxa | taxonomy.adopt(conn, meant.new, order.parent_taxon)


def answered_taxa(conn: Connection, names: Sequence[str], answers: Answers) -> dict[str, int]:
    """The taxa that answers give to names, where they exist."""
    answered = lowered(answers.taxa)
    told = {n: answered[n.lower()] for n in names if n.lower() in answered}
    found = taxonomy.resolve_names(conn, map(str, told.values()))
    numbers = filter(None, map(as_id, told.values()))
    real = {taxon.taxon_id for taxon in taxonomy.find_many(conn, numbers)}
    meant = {
        n: as_id(a) if as_id(a) in real else only(found[str(a).lower()]) for n, a in told.items()
    }
    return {name: taxon_id for name, taxon_id in meant.items() if taxon_id}


def only(found: Sequence[int]) -> int | None:
    """The one there is, or nothing."""
    return found[0] if len(found) == 1 else None


def places(tree: Tree) -> tuple[Room, int]:
    """Where the measures of new images go, and under which acquisition their objects come."""
    # Here and below, because measuring brings scipy along, half a second of it; tables need none.
    from calanus.imports.measuring import names_of_measures

    room = room_for(tree.columns, names_of_measures())
    tree.infos += room.complaints()
    return room, tree.parents.nameless() if tree.orig_ids else 0


def describe(
    tree: Tree, form: Form, taxa: Sequence[int | None], measures: NDArray[np.float64]
) -> None:
    """Make the objects of the tree: as the form says, as their folders say, with their measures."""
    room, acquisition = places(tree)
    numbers = np.ascontiguousarray(measures[:, room.kept])
    values = form.of_images(tree.orig_ids, taxa, numbers, room.places)
    tree.new = [NewObjects(values, [acquisition] * len(values))] if tree.orig_ids else []


def measure_images(
    package: Package, names: Sequence[str], pool: Executor, *, bar_px: int, tell: Tell
) -> NDArray[np.float64]:
    """The classic features of images, (images, measures), the bar at their bottom left out."""
    from calanus.imports.measuring import measured, names_of_measures

    found: list[NDArray[np.float64]] = []
    for part in pool.map(measured, chunks_of(package, names), [bar_px] * len(names)):
        found.append(part)
        tell(sum(map(len, found)))
    return np.concatenate(found) if found else np.empty((0, len(names_of_measures())))


def chunks_of(package: Package, names: Sequence[str]) -> Iterator[Chunk]:
    """Images to read, some at a time."""
    for start in range(0, len(names), READ_TOGETHER):
        yield to_read(package, names[start : start + READ_TOGETHER])
