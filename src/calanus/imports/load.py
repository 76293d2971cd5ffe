"""Everything into the project in one transaction: rows, images, counts, names of columns."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from calanus.annotation import service as annotation
from calanus.annotation.types import Operation
from calanus.files.vault import keep_packs
from calanus.imports import queries
from calanus.imports.headers import FreeColumns
from calanus.imports.images import HASH_BYTES
from calanus.imports.named import ImageRows
from calanus.imports.register import Acquisition, Objects, Parents, Sample, dummy
from calanus.imports.rows import Values
from calanus.imports.spool import NewObjects
from calanus.imports.store import Images, Store, Thumbnails
from calanus.imports.types import Acting, Loaded
from calanus.kit import copy
from calanus.kit.db import Connection
from calanus.kit.ids import ACQUISITIONS, IMAGES, OBJECTS, SAMPLES, ProjectId
from calanus.objects import service as objects
from calanus.objects.sun import sun_positions
from calanus.projects import service as projects

IMAGES_A_BLOCK = 20_000

Ints = NDArray[np.int64]


class Gathered(Protocol):
    """What there is to load, wherever it was read."""

    rows: int
    tables: list[str]
    infos: list[str]
    columns: FreeColumns
    parents: Parents
    objects: Objects

    @property
    def new(self) -> Iterable[NewObjects]:
        """Blocks of objects, to be gone through as often as wanted."""
        ...


NONE = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Ids:
    """The ids that follow the last ones of a project."""

    project_id: ProjectId
    sample: int
    acquisition: int
    object: int
    image: int

    @classmethod
    def after_last(cls, conn: Connection, project_id: ProjectId) -> "Ids":
        """The caller holds the project."""
        last = objects.last_ids(conn, project_id)
        return cls(
            project_id,
            project_id * SAMPLES + last.sample + 1,
            project_id * ACQUISITIONS + last.acquisition + 1,
            project_id * OBJECTS + last.object + 1,
            project_id * IMAGES + last.image + 1,
        )


def load(
    conn: Connection, reading: Gathered, images: Images, store: Store, acting: Acting
) -> Loaded:
    """Write what was read, in the caller's transaction."""
    project_id = acting.project_id
    projects.lock(conn, project_id)
    ids = Ids.after_last(conn, project_id)
    store.finish()
    first_pack = keep_packs(conn, project_id, store.packs)
    under = annotation.begin(conn, project_id, Operation.IMPORT, by=acting.user, at=acting.at)
    made = load_parents(conn, ids, reading.parents.samples, reading.parents.acquisitions)
    load_objects(conn, ids, reading, acting)
    load_images(conn, ids, reading.objects.images, images, first_pack)
    projects.record_columns(conn, project_id, reading.columns.levels, loaded_files=reading.tables)
    annotation.close(
        conn, under, objects=reading.objects.count, record={"tables": reading.tables[:1000]}
    )
    return Loaded(
        rows=reading.rows,
        objects=reading.objects.count,
        images=len(reading.objects.images),
        samples=made,
        infos=reading.infos,
    )


def load_parents(
    conn: Connection, ids: Ids, samples: Sequence[Sample], acquisitions: Sequence[Acquisition]
) -> int:
    """Give ids to what is new among samples and acquisitions, and write it; how many samples."""
    new_samples = [sample for sample in samples if not sample.sample_id]
    for number, sample in enumerate(new_samples):
        sample.sample_id = ids.sample + number
    new = [acquisition for acquisition in acquisitions if not acquisition.acquisition_id]
    for number, acquisition in enumerate(new):
        acquisition.acquisition_id = ids.acquisition + number
    sample_ids = [samples[acquisition.sample].sample_id for acquisition in new]
    acquisition_ids = [acquisition.acquisition_id for acquisition in new]
    queries.load_samples(
        conn,
        [
            copy.int4(same(ids.project_id, new_samples)),
            copy.int8([sample.sample_id for sample in new_samples]),
            copy.text([sample.orig_id for sample in new_samples]),
            copy.text([sample.descriptor for sample in new_samples]),
            copy.text_array([sample.texts for sample in new_samples]),
        ],
    )
    names = [a.orig_id or dummy(s) for a, s in zip(new, sample_ids, strict=True)]
    queries.load_acquisitions(
        conn,
        [
            copy.int4(same(ids.project_id, new)),
            copy.int8(acquisition_ids),
            copy.int8(sample_ids),
            copy.text(names),
            copy.text([acquisition.instrument for acquisition in new]),
            copy.text_array([acquisition.texts for acquisition in new]),
        ],
    )
    queries.load_processes(
        conn,
        [
            copy.int4(same(ids.project_id, new)),
            copy.int8(acquisition_ids),
            copy.text([a.process_orig_id or dummy(a.acquisition_id) for a in new]),
            copy.text_array([acquisition.process_texts for acquisition in new]),
        ],
    )
    return len(new_samples)


@dataclass
class Totals:
    """What comes together while objects are loaded: counts, and where the samples lie."""

    counts: Counter[tuple[int | None, str | None]] = field(
        default_factory=Counter[tuple[int | None, str | None]]
    )
    positions: dict[int, tuple[float, float]] = field(
        default_factory=dict[int, tuple[float, float]]
    )


def load_objects(conn: Connection, ids: Ids, reading: Gathered, acting: Acting) -> None:
    """Write all new objects, move the counts, and put the samples where their objects are."""
    totals = Totals()
    queries.load_objects(conn, hot(ids, reading, acting, totals))
    queries.load_values(conn, described(ids, reading))
    counts = [(taxon, state, number) for (taxon, state), number in totals.counts.items()]
    projects.move_counts(conn, ids.project_id, counts)
    queries.move_samples(conn, ids.project_id, totals.positions)


def hot(ids: Ids, reading: Gathered, acting: Acting, totals: Totals) -> Iterator[list[copy.Column]]:
    """The hot columns, block by block; the totals are known once the last one is taken."""
    acquisitions = reading.parents.acquisitions
    of_acquisition = np.array([a.acquisition_id for a in acquisitions], dtype=np.int64)
    of_sample = np.array(
        [reading.parents.samples[a.sample].sample_id for a in acquisitions], dtype=np.int64
    )
    first = ids.object
    for new in reading.new:
        places = np.array(new.acquisitions, dtype=np.int64)
        object_ids = first + np.arange(len(places))
        first += len(places)
        samples = of_sample[places]
        totals.counts.update(zip(taxa_of(new.values), new.values.states, strict=True))
        spread(totals.positions, samples, new.values)
        yield identified(ids, object_ids, samples, of_acquisition[places], new, acting)


def identified(
    ids: Ids,
    object_ids: Ints,
    samples: Ints,
    acquisitions: Ints,
    new: NewObjects,
    acting: Acting,
) -> list[copy.Column]:
    """The hot columns of some objects."""
    states = np.array([state or "" for state in new.values.states])
    taxa = numbered(taxa_of(new.values))
    predicted = states == "P"
    human = (states == "V") | (states == "D")
    kept = human | (states == "X")
    now = np.datetime64(acting.at.astimezone(UTC).replace(tzinfo=None), "us")
    told = new.values.identified.astype("datetime64[us]")
    at = np.where(kept, told, NONE)
    at[predicted | (human & np.isnat(told))] = now
    people = numbered([person if isinstance(person, int) else None for person in new.values.people])
    people[human & (people == 0)] = acting.user.user_id
    people[~kept] = 0
    return [
        copy.int4(np.full(len(object_ids), ids.project_id)),
        copy.int4(taxa, taxa == 0),
        copy.int8(object_ids),
        copy.int8(samples),
        copy.int8(acquisitions),
        copy.float8(np.ones(len(object_ids)), ~predicted),
        copy.timestamptz(at),
        copy.int4(people, people == 0),
        copy.text(new.values.states),
    ]


def described(ids: Ids, reading: Gathered) -> Iterator[list[copy.Column]]:
    """The cold columns, block by block: only one is in memory twice."""
    columns = reading.columns
    first = ids.object
    for new in reading.new:
        values = new.values
        rows = len(values)
        suns = sun_positions(values.days, values.moments, values.latitudes, values.longitudes)
        yield [
            copy.int4(np.full(rows, ids.project_id)),
            copy.int8(first + np.arange(rows)),
            copy.text(values.orig_ids),
            copy.float8(values.latitudes, np.isnan(values.latitudes)),
            copy.float8(values.longitudes, np.isnan(values.longitudes)),
            copy.float8(values.depths[0], np.isnan(values.depths[0])),
            copy.float8(values.depths[1], np.isnan(values.depths[1])),
            copy.date(values.days),
            copy.time(values.moments, values.moments < 0),
            copy.text(suns),
            copy.text(values.links),
            copy.text(values.comments),
            copy.float8_array(placed_numbers(values, columns.width("object", "n"))),
            copy.text_array(placed_texts(values, columns.width("object", "t"))),
        ]
        first += rows


def placed_numbers(values: Values, width: int) -> NDArray[np.float64]:
    """Every number in the place its column has in the project."""
    if values.number_places == list(range(width)):
        return values.numbers
    placed = np.full((len(values), width), np.nan)
    placed[:, values.number_places] = values.numbers
    return placed


def placed_texts(values: Values, width: int) -> Sequence[tuple[str | None, ...] | None]:
    """Every text in the place its column has in the project; nothing where it has none."""
    nothing: list[str | None] = [None] * len(values)
    columns = [nothing] * width
    for place, texts in zip(values.text_places, values.texts, strict=True):
        columns[place] = texts
    return list(zip(*columns, strict=True)) if columns else [None] * len(values)


def load_images(
    conn: Connection, ids: Ids, rows: ImageRows, images: Images, first_pack: int
) -> None:
    """Write where the images and their thumbnails are."""
    queries.load_images(conn, image_columns(ids, rows, images, first_pack))
    small = images.thumbnails
    if small.images:
        queries.load_thumbnails(conn, thumbnail_columns(ids, rows, small, first_pack))


def image_columns(
    ids: Ids, rows: ImageRows, images: Images, first_pack: int
) -> Iterator[list[copy.Column]]:
    """The images, block by block; rows that name the same file share its bytes."""
    hashes = np.frombuffer(images.hashes, f"V{HASH_BYTES}")
    for start in range(0, len(rows), IMAGES_A_BLOCK):
        block = slice(start, min(start + IMAGES_A_BLOCK, len(rows)))
        count = block.stop - start
        found = np.array(rows.numbers[block])
        references = np.array(rows.objects[block])
        yield [
            copy.int4(np.full(count, ids.project_id)),
            copy.int8(np.where(references < 0, -references, references + ids.object)),
            copy.int8(ids.image + start + np.arange(count)),
            copy.int8(np.asarray(images.positions)[found]),
            copy.int4(np.asarray(images.packs)[found] + first_pack),
            copy.int4(np.asarray(images.lengths)[found]),
            copy.int4(np.asarray(images.widths)[found]),
            copy.int4(np.asarray(images.heights)[found]),
            copy.int2(np.array(rows.ranks[block])),
            copy.bytea(hashes[found].tolist()),
            copy.text([rows.name(image) for image in range(start, block.stop)]),
            copy.text([images.ending(place) for place in rows.numbers[block]]),
        ]


def thumbnail_columns(
    ids: Ids, rows: ImageRows, small: Thumbnails, first_pack: int
) -> Iterator[list[copy.Column]]:
    """Where the thumbnails are: those of a file once for each row that names it."""
    files = np.asarray(small.images)
    for start in range(0, len(rows), IMAGES_A_BLOCK):
        found = np.array(rows.numbers[start : start + IMAGES_A_BLOCK])
        first, end = np.searchsorted(files, found), np.searchsorted(files, found, side="right")
        image_ids = np.repeat(ids.image + start + np.arange(len(found)), end - first)
        starts = np.repeat(first - np.cumsum(np.append(0, (end - first)[:-1])), end - first)
        chosen = starts + np.arange(len(image_ids))
        yield [
            copy.int4(np.full(len(chosen), ids.project_id)),
            copy.int8(image_ids),
            copy.int2(np.asarray(small.sizes)[chosen]),
            copy.int8(np.asarray(small.positions)[chosen]),
            copy.int4(np.asarray(small.packs)[chosen] + first_pack),
            copy.int4(np.asarray(small.lengths)[chosen]),
        ]


def spread(positions: dict[int, tuple[float, float]], samples: Ints, values: Values) -> None:
    """Widen the corner of each sample by objects of which both coordinates are known."""
    known = ~np.isnan(values.latitudes) & ~np.isnan(values.longitudes)
    for sample_id in np.unique(samples[known]).tolist():
        here = known & (samples == sample_id)
        corner = float(values.latitudes[here].min()), float(values.longitudes[here].min())
        before = positions.get(sample_id, corner)
        positions[sample_id] = min(before[0], corner[0]), min(before[1], corner[1])


def taxa_of(values: Values) -> list[int | None]:
    """The taxa of objects; by now every name has become an id."""
    assert not any(isinstance(taxon, str) for taxon in values.taxa)
    return [taxon if isinstance(taxon, int) else None for taxon in values.taxa]


def numbered(ids: Sequence[int | None]) -> Ints:
    """Ids as numbers, 0 where there is none."""
    return np.array([number or 0 for number in ids], dtype=np.int64)


def same(project_id: ProjectId, rows: Sequence[Any]) -> Ints:
    """The project, for every row."""
    return np.full(len(rows), project_id)
