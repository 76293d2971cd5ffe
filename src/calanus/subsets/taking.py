"""A subset: some objects of a project, with all that belongs to them, in another project.

First the objects are chosen and their images copied, which may take minutes and disturbs nobody;
then one short transaction writes all rows, or none.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Self

from calanus.annotation import service as annotation
from calanus.annotation.types import Operation
from calanus.files.vault import LARGEST_PACK, PackWriter, Vault, extension, keep_packs
from calanus.kit.db import Connection
from calanus.kit.ids import ACQUISITIONS, IMAGES, OBJECTS, SAMPLES, ProjectId
from calanus.objects import service as objects
from calanus.objects.types import LastIds
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.subsets.columns import align
from calanus.subsets.queries import taking as queries
from calanus.subsets.types import (
    Arrived,
    ColumnsDontFit,
    Fits,
    SameProject,
    StoredCopy,
    SubsetOrder,
    SubsetReq,
    Taken,
)
from calanus.users.policy import Act
from calanus.users.types import User

Tell = Callable[[int], None]  # how many images are copied


def require_both(conn: Connection, order: SubsetOrder, *, by: User) -> tuple[Project, Project]:
    """Source and destination, for somebody who may take from one and fill the other.

    Raises:
        SameProject: they are one.
        ColumnsDontFit: their free columns cannot stand side by side.
    """
    source = projects.require(conn, by, order.project_id, Act.SUBSET)
    target = projects.require(conn, by, order.request.dest_prj_id, Act.EDIT)
    if source.project_id == target.project_id:
        raise SameProject
    fits(source, target)
    return source, target


def fits(source: Project, target: Project) -> Fits:
    """The columns of the source laid beside those of the destination."""
    aligned, wrong = align(
        projects.columns_of(target),
        projects.columns_of(source),
        whose=f"project {source.project_id}",
    )
    if wrong:
        raise ColumnsDontFit(wrong)
    return aligned


def choose(
    conn: Connection, source: Project, target: Project, request: SubsetReq, *, by: User, seed: int
) -> tuple[int, int]:
    """Choose the objects to take; how many, and how many more the destination has already."""
    queries.begin(conn)
    chosen = queries.choose(
        conn,
        source.project_id,
        objects.matching(conn, source, request.filters, by=by),
        request,
        seed=seed,
    )
    known = queries.leave_known(conn, source.project_id, target.project_id)
    return chosen - known, known


def image_count(conn: Connection, source: Project) -> int:
    """How many images there are to copy."""
    return queries.image_count(conn, source.project_id)


class Copies:
    """The images of a subset on their way into packs of the destination."""

    def __init__(self, vault: Vault, project_id: ProjectId, name: str) -> None:
        self.vault = vault
        self.project_id = project_id
        self.name = name
        self.packs: list[PackWriter] = []
        self.lost: list[str] = []  # images whose bytes are not where they should be
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def pack(self) -> PackWriter:
        """The pack that is being filled."""
        if not self.packs or self.packs[-1].bytes > LARGEST_PACK:
            number = len(self.packs)
            new = PackWriter(self.vault, self.project_id, number, name=f"{self.name}-{number}")
            self.packs.append(self._open.enter_context(new))
        return self.packs[-1]

    def copy_all(self, conn: Connection, source: ProjectId, tell: Tell) -> None:
        """Copy all images of the objects chosen, and note where they are now."""
        place = 0
        for block in queries.stored_images(conn, source):
            place = self.copy(conn, block, place)
            tell(place)
        for pack in self.packs:
            pack.finish()

    def copy(self, conn: Connection, block: Iterable[StoredCopy], place: int) -> int:
        """Copy some images with their thumbnails; the next place."""
        images: list[tuple[int, ...]] = []
        thumbnails: list[tuple[int, ...]] = []
        for image in block:
            written = self.write(f"{place:09d}", image.path, image.position, image.length)
            if written is None:
                self.lost.append(f"image {image.image_id} in {image.path}")
                continue
            images.append((image.image_id, place, *written))
            for size, path, position, length in image.smaller:
                small = self.write(f"{place:09d}.{size}", path, position, length)
                if small:
                    thumbnails.append((place, size, *small, length))
            place += 1
        if images:
            queries.note_images(conn, images)
        if thumbnails:
            queries.note_thumbnails(conn, thumbnails)
        return place

    def write(self, name: str, path: str, position: int, length: int) -> tuple[int, int] | None:
        """One file of a pack into another; its pack and position, or nothing when it is lost."""
        try:
            data = self.vault.read(path, position, length)
        except OSError:
            return None
        if len(data) != length:
            return None
        placed = self.pack().append(f"{name}{extension(data)}", data)
        return placed.pack_id, placed.position

    def doubt(self) -> None:
        """A commit that names the packs is about to be asked for."""
        for pack in self.packs:
            pack.in_doubt = True


def bring(
    conn: Connection,
    order: SubsetOrder,
    copies: Copies,
    *,
    by: User,
    at: datetime,
) -> Taken:
    """Write the rows of what was chosen into the destination, in the caller's transaction."""
    projects.lock(conn, ProjectId(order.request.dest_prj_id))
    source, target = require_both(conn, order, by=by)  # as they are now
    aligned = fits(source, target)
    queries.hold_still(conn, source.project_id)
    under = annotation.begin(conn, target.project_id, Operation.IMPORT, by=by, at=at)
    first = first_ids(conn, target.project_id)
    arrived = Arrived(source.project_id, target.project_id, under.batch_id, first)
    samples = queries.copy_samples(conn, arrived, aligned)
    acquisitions = queries.copy_acquisitions(conn, arrived, aligned)
    copied = queries.copy_objects(conn, arrived, aligned)
    queries.copy_past(conn, arrived)
    first_pack = keep_packs(conn, target.project_id, copies.packs)
    images = queries.copy_images(conn, arrived, first_pack)
    queries.copy_thumbnails(conn, arrived, first_pack)
    objects.refresh_statistics(conn)
    projects.move_counts(conn, target.project_id, queries.tally(conn, arrived))
    levels = {level: alignment.columns for level, alignment in aligned.items()}
    projects.record_columns(conn, target.project_id, levels, loaded_files=[])
    objects.place_samples(conn, target.project_id)
    record = {"subset_of": source.project_id, "request": order.request.model_dump(mode="json")}
    annotation.close(conn, under, objects=copied, record=record)
    return Taken(copied, images, samples, acquisitions)


def first_ids(conn: Connection, project_id: ProjectId) -> LastIds:
    """The first ids that are free; the caller holds the project."""
    last = objects.last_ids(conn, project_id)
    return LastIds(
        sample=project_id * SAMPLES + last.sample + 1,
        acquisition=project_id * ACQUISITIONS + last.acquisition + 1,
        object=project_id * OBJECTS + last.object + 1,
        image=project_id * IMAGES + last.image + 1,
    )
