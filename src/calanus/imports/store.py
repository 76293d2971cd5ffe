"""Images on their way into the vault: cut into chunks, checked and written by other processes."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from calanus.files.sizes import FULL_SIZE
from calanus.files.types import Place
from calanus.files.vault import LARGEST_PACK, PackWriter, Vault
from calanus.imports.images import LARGEST_FILE, Checked, Chunk, Task, store
from calanus.imports.members import ORIGINAL, Source
from calanus.imports.package import Package
from calanus.imports.vignettes import Vignette
from calanus.kit.ids import ProjectId

IMAGES_A_CHUNK = 256
BYTES_A_CHUNK = 16 * 2**20
CHUNKS_AHEAD = 6

Tell = Callable[[int], None]  # how many images are done


@dataclass
class Images:
    """What is known of the images of a package, a column each; `places` finds a member's row."""

    places: dict[str, int] = field(default_factory=dict[str, int])
    packs: list[int] = field(default_factory=list[int])
    positions: list[int] = field(default_factory=list[int])
    lengths: list[int] = field(default_factory=list[int])
    widths: list[int] = field(default_factory=list[int])
    heights: list[int] = field(default_factory=list[int])
    hashes: list[bytes] = field(default_factory=list[bytes])
    endings: list[str] = field(default_factory=list[str])
    thumbnails: dict[int, list[tuple[int, Place]]] = field(
        default_factory=dict[int, list[tuple[int, Place]]]
    )
    problems: dict[str, str] = field(default_factory=dict[str, str])
    checked: int = 0

    def expect(self, member: str) -> int:
        """A row for an image that is still to be looked at."""
        row = self.places[member] = len(self.packs)
        for column in (self.packs, self.positions, self.lengths, self.widths, self.heights):
            column.append(0)
        self.hashes.append(b"")
        self.endings.append("")
        return row

    def put(self, row: int, place: Place) -> None:
        """Where an image lies."""
        self.packs[row] = place.pack_id
        self.positions[row] = place.position
        self.lengths[row] = place.length

    def complain(self, member: str, problem: str) -> None:
        """What is wrong with an image; told once of a vignette and the original behind it."""
        self.problems[member.removeprefix(ORIGINAL)] = problem

    def note(self, row: int, checked: Checked) -> None:
        """What an image turned out to be."""
        self.widths[row] = checked.width
        self.heights[row] = checked.height
        self.hashes[row] = checked.hash
        self.endings[row] = checked.shown_ending


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
        waiting: deque[tuple[Chunk, Future[list[Checked]]]] = deque()
        for chunk in self.chunks(package, members, images, most_pixels):
            waiting.append((chunk, pool.submit(store, chunk)))
            if len(waiting) >= CHUNKS_AHEAD:
                self.gather(images, *waiting.popleft())
                tell(images.checked)
        for chunk, future in waiting:
            self.gather(images, chunk, future)
            tell(images.checked)
        return images

    def gather(self, images: Images, chunk: Chunk, future: Future[list[Checked]]) -> None:
        """Take what a process found, and keep what it made."""
        for task, checked in zip(chunk.tasks, future.result(), strict=True):
            images.checked += 1
            if checked.problem:
                images.complain(task.name, checked.problem)
            if checked.vignette:
                name = f"{task.sequence:09d}.vignette.png"
                images.put(task.sequence, self.made().append(name, checked.vignette))
            images.note(task.sequence, checked)
            if checked.thumbnails:
                images.thumbnails[task.sequence] = [
                    (size, self.made().append(f"{task.sequence:09d}.{size}{ending_of(size)}", data))
                    for size, data in checked.thumbnails
                ]

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
        row = images.expect(name)
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
