"""Which rows make objects, which only add an image, and under which sample and acquisition."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from posixpath import dirname
from typing import Any

from calanus.imports import queries
from calanus.imports.headers import FreeColumns, Plan
from calanus.imports.package import Package
from calanus.imports.rows import Complaints, texts_of
from calanus.imports.types import Existing, Kind
from calanus.imports.values import rendered
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId

FIRST_ORIGINAL = 100  # ranks from here are those of originals behind a vignette
LONGEST_NAME = 255


@dataclass(slots=True)
class ImageRow:
    """An image named by a row."""

    object: int  # place of a new object, or minus the id of a known one
    name: str  # as the row says
    member: str  # in the package
    rank: int
    file: str
    line: int


@dataclass
class Sample:
    """A sample of the package; known ones have an id."""

    orig_id: str
    sample_id: int = 0
    descriptor: str | None = None
    texts: list[str | None] = field(default_factory=list[Any])


@dataclass
class Acquisition:
    """An acquisition and its process; a known one has an id. Empty names become dummies."""

    sample: int  # place
    orig_id: str
    acquisition_id: int = 0
    instrument: str | None = None
    texts: list[str | None] = field(default_factory=list[Any])
    process_orig_id: str = ""
    process_texts: list[str | None] = field(default_factory=list[Any])


class Parents:
    """The samples and acquisitions of a project, those of the package added as they come."""

    def __init__(self, conn: Connection, project_id: ProjectId) -> None:
        self.dummy_sample = dummy(project_id)
        self.samples: list[Sample] = []
        self.acquisitions: list[Acquisition] = []
        self._samples: dict[str, int] = {}
        self._acquisitions: dict[tuple[int, str], int] = {}
        self._samples_of: dict[str, dict[str, None]] = defaultdict(dict)
        places: dict[int, int] = {}
        for sample_id, orig_id in queries.samples(conn, project_id):
            places[sample_id] = self._samples[orig_id] = len(self.samples)
            self.samples.append(Sample(orig_id, sample_id))
        for acquisition_id, sample_id, orig_id in queries.acquisitions(conn, project_id):
            place = places[sample_id]
            name = "" if orig_id == dummy(sample_id) else orig_id
            self._acquisitions[(place, name)] = len(self.acquisitions)
            self.acquisitions.append(Acquisition(place, orig_id, acquisition_id))
            self._samples_of[name][self.samples[place].orig_id] = None

    def register(
        self, complaints: Complaints, plan: Plan, columns: FreeColumns, places: Sequence[int]
    ) -> list[int]:
        """The acquisition of each of these rows; what is new is made of the first row naming it."""
        block = complaints.block
        sample_ids = complaints.short("sample_id", block.texts("sample_id"), LONGEST_NAME)
        acquisition_ids = complaints.short("acq_id", block.texts("acq_id"), LONGEST_NAME)
        cells = Cells(complaints, plan, columns)
        known: dict[tuple[str, str], int] = {}
        found: list[int] = []
        for place in places:
            key = (sample_ids[place], acquisition_ids[place])
            acquisition = known.get(key)
            if acquisition is None:
                self.check(complaints, place, *key)
                acquisition = known[key] = self.add(cells, place, *key)
            found.append(acquisition)
        return found

    def nameless(self) -> int:
        """The acquisition of objects that nobody placed anywhere, made where there is none."""
        sample = self._samples.get(self.dummy_sample)
        if sample is None:
            sample = self._samples[self.dummy_sample] = len(self.samples)
            self.samples.append(Sample(self.dummy_sample))
        found = self._acquisitions.get((sample, ""))
        if found is None:
            found = self._acquisitions[(sample, "")] = len(self.acquisitions)
            self.acquisitions.append(Acquisition(sample, ""))
        return found

    def check(self, complaints: Complaints, place: int, sample: str, acquisition: str) -> None:
        """An acquisition belongs to one sample only."""
        if not acquisition:
            return
        others = self._samples_of[acquisition]
        if sample and others and sample not in others:
            names = ", ".join(rendered(other) if other else "no sample" for other in others)
            reason = f"acquisition {rendered(acquisition)} already belongs to {names}."
            complaints.add(Kind.TWO_SAMPLES, place, "acq_id", acquisition, reason)
        others[sample] = None

    def add(self, cells: "Cells", place: int, sample_id: str, acquisition_id: str) -> int:
        """The acquisition of a row, and its sample, made where they are new."""
        name = sample_id or self.dummy_sample
        sample = self._samples.get(name)
        if sample is None:
            sample = self._samples[name] = len(self.samples)
            self.samples.append(cells.sample(place, name))
        key = (sample, acquisition_id)
        found = self._acquisitions.get(key)
        if found is None:
            found = self._acquisitions[key] = len(self.acquisitions)
            self.acquisitions.append(cells.acquisition(place, sample, acquisition_id))
        return found


class Cells:
    """The cells that describe parents, read only when a new one is met."""

    def __init__(self, complaints: Complaints, plan: Plan, columns: FreeColumns) -> None:
        self.complaints = complaints
        self.plan = plan
        self.columns = columns
        self._read: dict[str, list[str | None]] = {}

    def text(self, header: str, place: int) -> str | None:
        """One cell."""
        if header not in self._read:
            self._read[header] = texts_of(self.complaints, header)
        return self._read[header][place]

    def texts(self, level: str, place: int) -> list[str | None]:
        """The free columns of one parent."""
        row: list[str | None] = [None] * self.columns.width(level, "t")
        for header, column in self.plan.parents(self.columns, level):
            row[column] = self.text(header, place)
        return row

    def sample(self, place: int, orig_id: str) -> Sample:
        """A new sample."""
        descriptor = self.text("sample_dataportal_descriptor", place)
        return Sample(orig_id, descriptor=descriptor, texts=self.texts("sample", place))

    def acquisition(self, place: int, sample: int, orig_id: str) -> Acquisition:
        """A new acquisition with its process."""
        process = self.text("process_id", place) or ""
        if len(process) > LONGEST_NAME:
            process = process[:LONGEST_NAME]  # the complaint is noted already
        return Acquisition(
            sample,
            orig_id,
            instrument=self.text("acq_instrument", place),
            texts=self.texts("acquisition", place),
            process_orig_id=process,
            process_texts=self.texts("process", place),
        )


class Objects:
    """The objects and images of the package, and those of the project that it names again."""

    def __init__(self, package: Package, *, skip_existing: bool) -> None:
        self.package = package
        self.skip_existing = skip_existing
        self.images: list[ImageRow] = []
        self.count = 0  # of new objects
        self.skipped = 0  # rows
        self._objects: dict[str, int] = {}
        self._first_image: list[int] = []  # of each new object, its place in images
        self._files: dict[int, dict[str, int]] = {}  # object → image name → place, -1 when stored
        self._ranks: dict[int, set[int]] = {}

    def learn(self, known: Sequence[Existing]) -> None:
        """Objects of the project that a block names, with the images they have."""
        for found in known:
            reference = -found.object_id
            self._objects[found.orig_id] = reference
            files = self._files.setdefault(reference, {})
            ranks = self._ranks.setdefault(reference, set())
            if found.rank is not None and found.orig_file_name is not None:
                files.setdefault(found.orig_file_name, -1)
                ranks.add(found.rank)

    def unknown(self, names: Sequence[str]) -> list[str]:
        """Names that were not met before."""
        return [name for name in dict.fromkeys(names) if name and name not in self._objects]

    def register(
        self, complaints: Complaints, names: list[str], ranks: list[int | None]
    ) -> list[int]:
        """Note the objects and images of a block; the places of the rows that make new objects."""
        images = complaints.short(
            "img_file_name", complaints.block.texts("img_file_name"), LONGEST_NAME
        )
        folder = dirname(complaints.file)
        prefix = f"{folder}/" if folder else ""
        made: list[int] = []
        for place, (name, image) in enumerate(zip(names, images, strict=True)):
            if not name:
                reason = "the row has no object_id."
                complaints.add(Kind.NO_OBJECT_ID, place, "object_id", "", reason)
                continue
            member = self.member(complaints, place, prefix, image)
            reference = self._objects.get(name)
            if reference is None:
                self._objects[name] = reference = self.count
                self.count += 1
                made.append(place)
                self._first_image.append(len(self.images))
                self.add(
                    complaints, place, ImageRow(reference, image, member, ranks[place] or 0, "", 0)
                )
            elif not self.refuse(complaints, place, reference, image):
                rank = self.free_rank(reference, ranks[place])
                self._files[reference][image] = len(self.images)
                self._ranks[reference].add(rank)
                self.add(complaints, place, ImageRow(reference, image, member, rank, "", 0))
        return made

    def add(self, complaints: Complaints, place: int, image: ImageRow) -> None:
        """One image more."""
        image.file = complaints.file
        image.line = complaints.block.first_line + place
        self.images.append(image)

    def member(self, complaints: Complaints, place: int, prefix: str, image: str) -> str:
        """The file an image name means, beside its table; "" once its absence is noted."""
        name = prefix + image
        if image and name in self.package.members:
            return name
        plain = image.replace("\\", "/").removeprefix("./")
        if image and prefix + plain in self.package.members and ".." not in plain.split("/"):
            return prefix + plain
        reason = f"there is no file {rendered(image)} in the package, beside its table."
        if not image:
            reason = "the row names no image."
        elif plain.startswith("/") or ".." in plain.split("/") or ":" in plain[:2]:
            reason = f"{rendered(image)} leads out of the package."
        elif prefix + plain in self.package.links:
            reason = f"{rendered(image)} is a link; links are not followed."
        complaints.add(Kind.NO_IMAGE, place, "img_file_name", image, reason)
        return ""

    def refuse(self, complaints: Complaints, place: int, reference: int, image: str) -> bool:
        """Whether an object has this image already, which is an error or a reason to skip."""
        known = self.files_of(reference).get(image)
        if known is None:
            return False
        before = self.images[known] if known >= 0 else None
        same_table = before is not None and before.file == complaints.file
        if self.skip_existing and not same_table:
            self.skipped += 1
            return True
        kind = Kind.DUPLICATE if same_table else Kind.ALREADY_LOADED
        if before is None:
            where = "is in the project already; skip existing objects to load the others"
        elif same_table:
            where = f"stands on line {before.line} already"
        else:
            where = f"stands in {before.file}, line {before.line}, already"
        reason = f"this object with the image {rendered(image)} {where}."
        complaints.add(kind, place, "object_id", image, reason)
        return True

    def files_of(self, reference: int) -> dict[str, int]:
        """The images of an object; those of a new one are looked up when a second row names it."""
        files = self._files.get(reference)
        if files is None:
            first = self._first_image[reference]
            image = self.images[first]
            files = self._files[reference] = {image.name: first}
            self._ranks[reference] = {image.rank}
        return files

    def free_rank(self, reference: int, wanted: int | None) -> int:
        """The rank asked for, or the next one when it is taken or none is asked for."""
        taken = self._ranks[reference]
        if wanted is not None and wanted not in taken:
            return wanted
        below = [rank for rank in taken if rank < FIRST_ORIGINAL]
        return max(below) + 1 if below else 0


def dummy(number: int) -> str:
    """The name of a parent that nobody named, after what it belongs to."""
    return f"__DUMMY_ID__{number}__"
