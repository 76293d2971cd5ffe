"""Images on their way into the vault: cut into chunks, checked and written by other processes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from calanus.files.tar import BLOCK
from calanus.files.types import Place
from calanus.files.vault import LARGEST_PACK, PackWriter, Vault
from calanus.imports.images import Checked, Chunk, Task, store
from calanus.imports.package import Package
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
    thumbnails: dict[int, list[tuple[int, Place]]] = field(
        default_factory=dict[int, list[tuple[int, Place]]]
    )
    problems: dict[str, str] = field(default_factory=dict[str, str])

    def expect(self, member: str, place: Place) -> None:
        """Room is kept for an image."""
        self.places[member] = len(self.packs)
        self.packs.append(place.pack_id)
        self.positions.append(place.position)
        self.lengths.append(place.length)

    def note(self, member: str, checked: Checked) -> None:
        """What an image turned out to be; images come in the order in which they were expected."""
        self.widths.append(checked.width)
        self.heights.append(checked.height)
        self.hashes.append(checked.hash)
        if checked.problem:
            self.problems[member] = checked.problem


class Store:
    """The packs of one import, numbered from 0; they stay only if a commit names them."""

    def __init__(self, vault: Vault, project_id: ProjectId, name: str) -> None:
        self.vault = vault
        self.project_id = project_id
        self.name = name
        self.packs: list[PackWriter] = []
        self._thumbnails: PackWriter | None = None
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

    def thumbnails(self) -> PackWriter:
        """The pack that thumbnails go to, one after the other."""
        if self._thumbnails is None or self._thumbnails.bytes > LARGEST_PACK:
            self._thumbnails = self.new_pack()
        return self._thumbnails

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
        waiting: deque[tuple[Chunk, Future[list[Checked]]]] = deque()
        for chunk in self.chunks(package, members, images, most_pixels):
            waiting.append((chunk, pool.submit(store, chunk)))
            if len(waiting) >= CHUNKS_AHEAD:
                self.gather(images, *waiting.popleft())
                tell(len(images.hashes))
        for chunk, future in waiting:
            self.gather(images, chunk, future)
            tell(len(images.hashes))
        return images

    def gather(self, images: Images, chunk: Chunk, future: Future[list[Checked]]) -> None:
        """Take what a process found, and keep its thumbnails."""
        for task, checked in zip(chunk.tasks, future.result(), strict=True):
            images.note(task.name, checked)
            if checked.thumbnails:
                row = images.places[task.name]
                images.thumbnails[row] = [
                    (size, self.thumbnails().append(f"{task.sequence:09d}.{size}.webp", data))
                    for size, data in checked.thumbnails
                ]

    def chunks(
        self, package: Package, members: Iterable[str], images: Images, most_pixels: int
    ) -> Iterator[Chunk]:
        """Room in packs for all images, a run of neighbours at a time."""
        pack: PackWriter | None = None
        tasks: list[Task] = []
        start = 0
        for member in members:
            if pack is None or pack.bytes > LARGEST_PACK:
                if pack is not None and tasks:
                    yield chunk_of(package, pack, start, tasks, most_pixels)
                    tasks = []
                pack = self.new_pack()
            place = pack.reserve(package.members[member].size)
            if not tasks:
                start = place.position - BLOCK
            tasks.append(Task(member, *package.members[member], len(images.places)))
            images.expect(member, place)
            if len(tasks) == IMAGES_A_CHUNK or pack.bytes - start > BYTES_A_CHUNK:
                yield chunk_of(package, pack, start, tasks, most_pixels)
                tasks = []
        if pack is not None and tasks:
            yield chunk_of(package, pack, start, tasks, most_pixels)


def chunk_of(
    package: Package, pack: PackWriter, start: int, tasks: list[Task], most_pixels: int
) -> Chunk:
    """Some neighbours, with all that another process must know of them."""
    return Chunk(str(package.path), package.is_zip, str(pack.file), start, most_pixels, tasks)
