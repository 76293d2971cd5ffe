"""Images on their way into the vault: cut into chunks, checked and written by other processes."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple, Self

from calanus.files.tar import BLOCK
from calanus.files.types import Place
from calanus.files.vault import LARGEST_PACK, PackWriter, Vault
from calanus.imports.images import HASH_BYTES, Checked, Chunk, Task, store
from calanus.imports.package import Package
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
        self.hashes = bytearray()  # of HASH_BYTES each
        self.thumbnails = Thumbnails()
        self.problems: dict[str, str] = {}  # by member
        self._reasons: dict[str, str] = {}  # many images may be wrong in the same way

    def __len__(self) -> int:
        return len(self.packs)

    @property
    def checked(self) -> int:
        """How many are known by now."""
        return len(self.widths)

    def expect(self, place: Place) -> None:
        """Room is kept for an image."""
        self.packs.append(place.pack_id)
        self.positions.append(place.position)
        self.lengths.append(place.length)

    def note(self, member: str, checked: Checked) -> None:
        """What an image turned out to be; images come in the order in which they were expected."""
        self.widths.append(checked.width)
        self.heights.append(checked.height)
        self.hashes += checked.hash or bytes(HASH_BYTES)
        if checked.problem:
            self.problems[member] = self._reasons.setdefault(checked.problem, checked.problem)


class Thumbnails:
    """Where the smaller versions of images are, a column each; those of an image together."""

    def __init__(self) -> None:
        self.images = array("i")  # ascending
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
            size = sum(task.size for task in chunk.tasks)
            waiting.append(Waiting(chunk.tasks, size, pool.submit(store, chunk)))
            while waiting and (waiting[0].answer.done() or enough(waiting)):
                self.gather(images, waiting.popleft())
                tell(images.checked)
        for one in waiting:
            self.gather(images, one)
            tell(images.checked)
        return images

    def gather(self, images: Images, one: Waiting) -> None:
        """Take what a process found, and keep its thumbnails."""
        for task, checked in zip(one.tasks, one.answer.result(), strict=True):
            for size, data in checked.thumbnails:
                name = f"{task.sequence:09d}.{size}.webp"
                place = self.thumbnails().append(name, data)
                images.thumbnails.note(images.checked, size, place)
            images.note(task.name, checked)

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
            tasks.append(Task(member, *package.members[member], len(images)))
            images.expect(place)
            if len(tasks) == IMAGES_A_CHUNK or pack.bytes - start > BYTES_A_CHUNK:
                yield chunk_of(package, pack, start, tasks, most_pixels)
                tasks = []
        if pack is not None and tasks:
            yield chunk_of(package, pack, start, tasks, most_pixels)


def enough(waiting: Sequence[Waiting]) -> bool:
    """Whether other processes have so much to do that they stay busy for a while."""
    return len(waiting) >= CHUNKS_AHEAD or sum(one.bytes for one in waiting) > BYTES_AHEAD


def chunk_of(
    package: Package, pack: PackWriter, start: int, tasks: list[Task], most_pixels: int
) -> Chunk:
    """Some neighbours, with all that another process must know of them."""
    return Chunk(str(package.path), package.is_zip, str(pack.file), start, most_pixels, tasks)
