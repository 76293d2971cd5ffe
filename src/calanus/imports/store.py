"""Images on their way into the vault: cut into chunks, checked and written by other processes."""

from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from calanus.files.sizes import FULL_SIZE
from calanus.files.types import Place
from calanus.files.vault import LARGEST_PACK, PackWriter, Vault
from calanus.imports.images import ENDINGS, HASH_BYTES, LARGEST_FILE, Checked, Chunk, Task, store
from calanus.imports.members import ORIGINAL, Source
from calanus.imports.package import Package
from calanus.imports.vignettes import Vignette
from calanus.kit.ids import ProjectId

IMAGES_A_CHUNK = 256
BYTES_A_CHUNK = 16 * 2**20
CHUNKS_AHEAD = 64  # what two processes check while a block of rows is read
BYTES_AHEAD = 6 * BYTES_A_CHUNK

Tell = Callable[[int], None]  # how many images are done


class Waiting(NamedTuple):
    """Images given to another process, and its answer to come."""

    tasks: Sequence[Task]
    bytes: int
    answer: Future[list[Checked]]


class Images:
    """What is known of the images of a package, a column each, in the order of their members."""

    def __init__(self) -> None:
        self.packs = array("i")
        self.positions = array("q")
        self.lengths = array("q")
        self.widths = array("i")
        self.heights = array("i")
        self.endings = array("b")  # places in ENDINGS
        self.hashes = bytearray()  # of HASH_BYTES each
        self.thumbnails = Thumbnails()
        self.problems: dict[str, str] = {}  # by member
        self.checked = 0
        self._reasons: dict[str, str] = {}  # many images may be wrong in the same way

    def __len__(self) -> int:
        return len(self.packs)

    def expect(self) -> int:
        """A row for an image that is still to be looked at."""
        columns = (self.packs, self.positions, self.lengths, self.widths, self.heights)
        for column in (*columns, self.endings):
            column.append(0)
        self.hashes += bytes(HASH_BYTES)
        return len(self) - 1

    def put(self, row: int, place: Place) -> None:
        """Where an image lies."""
        self.packs[row] = place.pack_id
        self.positions[row] = place.position
        self.lengths[row] = place.length

    def note(self, row: int, checked: Checked) -> None:
        """What an image turned out to be."""
        self.checked += 1
        self.widths[row] = checked.width
        self.heights[row] = checked.height
        self.endings[row] = ENDINGS.index(checked.shown_ending)
        if checked.hash:
            self.hashes[row * HASH_BYTES : (row + 1) * HASH_BYTES] = checked.hash

    def ending(self, row: int) -> str:
        """The ending of what a browser gets of an image."""
        return ENDINGS[self.endings[row]]

    def complain(self, member: str, problem: str) -> None:
        """What is wrong with an image; told once of a vignette and the original behind it."""
        reason = self._reasons.setdefault(problem, problem)
        self.problems[member.removeprefix(ORIGINAL)] = reason


class Thumbnails:
    """Where the smaller versions of images are, a column each; those of an image together."""

    def __init__(self) -> None:
        self.images = array("i")  # ascending once sorted
        self.sizes = array("h")
        self.packs = array("i")
        self.positions = array("q")
        self.lengths = array("q")

    def note(self, image: int, size: int, place: Place) -> None:
        """One thumbnail."""
        self.images.append(image)
        self.sizes.append(size)
        self.packs.append(place.pack_id)
        self.positions.append(place.position)
        self.lengths.append(place.length)

    def sort(self) -> None:
        """By image: those drawn in one way were looked at before those drawn in another."""
        order = np.argsort(np.asarray(self.images), kind="stable")
        for name in ("images", "sizes", "packs", "positions", "lengths"):
            column: array[int] = getattr(self, name)
            setattr(self, name, array(column.typecode, np.asarray(column)[order].tobytes()))


class Store:
    """The packs of one import, numbered from 0; they stay only if a commit names them."""

    def __init__(self, vault: Vault, project_id: ProjectId, name: str) -> None:
        self.vault = vault
        self.project_id = project_id
        self.name = name
        self.packs: list[PackWriter] = []
        self._images: PackWriter | None = None
        self._made: PackWriter | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def new_pack(self) -> PackWriter:
        """One pack more."""
        number = len(self.packs)
        name = f"{self.name}-{number}"
        pack = PackWriter(self.vault, self.project_id, number, name=name)
        self.packs.append(self._open.enter_context(pack))
        return pack

    def pack(self) -> PackWriter:
        """The pack that images go to as they are."""
        if self._images is None or self._images.bytes > LARGEST_PACK:
            self._images = self.new_pack()
        return self._images

    def made(self) -> PackWriter:
        """The pack for what we make of images, one after the other."""
        if self._made is None or self._made.bytes > LARGEST_PACK:
            self._made = self.new_pack()
        return self._made

    def finish(self) -> None:
        """All packs are complete and on the disk."""
        for pack in self.packs:
            pack.finish()

    def discard(self) -> None:
        """Nobody will name the packs: they go."""
        for pack in self.packs:
            pack.discard()

    def doubt(self) -> None:
        """A commit that names the packs is about to be asked for."""
        for pack in self.packs:
            pack.in_doubt = True

    def store(
        self,
        package: Package,
        members: Iterable[str],
        pool: Executor,
        *,
        most_pixels: int,
        tell: Tell,
    ) -> Images:
        """Check every image, and write it; what is wrong with some stands in `problems`."""
        images = Images()
        waiting: deque[Waiting] = deque()
        for chunk in self.chunks(package, members, images, most_pixels):
            size = sum(task.member.size for task in chunk.tasks)
            waiting.append(Waiting(chunk.tasks, size, pool.submit(store, chunk)))
            while waiting and (waiting[0].answer.done() or enough(waiting)):
                self.gather(images, waiting.popleft())
                tell(images.checked)
        for one in waiting:
            self.gather(images, one)
            tell(images.checked)
        images.thumbnails.sort()
        return images

    def gather(self, images: Images, one: Waiting) -> None:
        """Take what a process found, and keep what it made."""
        for task, checked in zip(one.tasks, one.answer.result(), strict=True):
            row = task.sequence
            if checked.problem:
                images.complain(task.name, checked.problem)
            if checked.vignette:
                images.put(row, self.made().append(f"{row:09d}.vignette.png", checked.vignette))
            images.note(row, checked)
            for size, data in checked.thumbnails:
                place = self.made().append(f"{row:09d}.{size}{ending_of(size)}", data)
                images.thumbnails.note(row, size, place)

    def chunks(
        self, package: Package, members: Iterable[str], images: Images, most_pixels: int
    ) -> Iterator[Chunk]:
        """Room for all images, a run of them at a time; a vignette gets it once it is drawn."""
        for vignette, tasks in runs(package, members, images):
            file, start = ("", 0) if vignette else self.reserve(tasks, images)
            yield Chunk(sources_of(package, tasks), file, start, most_pixels, tasks, vignette)

    def reserve(self, tasks: Sequence[Task], images: Images) -> tuple[str, int]:
        """Room for some images, one after the other: in which file, and where in it."""
        pack = self.pack()
        start = pack.bytes
        for task in tasks:
            images.put(task.sequence, pack.reserve(task.member.size))
        return str(pack.file), start


@dataclass
class Together:
    """Images for one process to look at together."""

    tasks: list[Task] = field(default_factory=list[Task])
    bytes: int = 0

    def add(self, task: Task) -> bool:
        """One image more; whether they are enough now."""
        self.tasks.append(task)
        self.bytes += task.member.size
        return len(self.tasks) == IMAGES_A_CHUNK or self.bytes > BYTES_A_CHUNK


def runs(
    package: Package, members: Iterable[str], images: Images
) -> Iterator[tuple[Vignette | None, list[Task]]]:
    """Images in runs, those of a run drawn in the same way, if at all."""
    begun: defaultdict[Vignette | None, Together] = defaultdict(Together)
    for name in members:
        member = package.members[name]
        row = images.expect()
        if member.size > LARGEST_FILE:
            images.complain(name, f"too large: {member.size:,} bytes, {LARGEST_FILE:,} at most")
            continue
        vignette = package.vignette_of(name)
        if begun[vignette].add(Task(name, member, row)):
            yield vignette, begun.pop(vignette).tasks
    for vignette, rest in begun.items():
        yield vignette, rest.tasks


def sources_of(package: Package, tasks: Sequence[Task]) -> dict[int, Source]:
    """What other processes must know of a package to read some of its images."""
    return {place: package.sources[place] for place in {task.member.source for task in tasks}}


def to_read(package: Package, names: Sequence[str]) -> Chunk:
    """Images that another process is to read, and nothing else."""
    tasks = [Task(name, package.members[name], 0) for name in names]
    return Chunk(sources_of(package, tasks), "", 0, 0, tasks)


def ending_of(size: int) -> str:
    """The ending of a rendition's file, by its size."""
    return ".png" if size == FULL_SIZE else ".webp"


def enough(waiting: Sequence[Waiting]) -> bool:
    """Whether other processes have so much to do that they stay busy for a while."""
    return len(waiting) >= CHUNKS_AHEAD or sum(one.bytes for one in waiting) > BYTES_AHEAD
