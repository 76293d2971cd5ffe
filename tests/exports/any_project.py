"""Any project that a laboratory may have: drawn by hypothesis, written as a package."""

import csv
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

# What people type, and what tables trip over: quotes, tabs, accents, signs, other scripts.
LETTERS = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co"), include_characters="\t"
)
texts = st.text(LETTERS, max_size=30).map(str.strip)
NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N"), include_characters=" _-.'\"()"),
    min_size=1,
    max_size=20,
).map(str.strip)
names = NAMES.filter(lambda name: bool(name.strip(".")) and not name.startswith("__DUMMY"))
# Headers are read in lower case.
columns = st.from_regex(r"[a-zéß%][a-z0-9_%.é/()#=:°'\" -]{0,12}", fullmatch=True).filter(
    lambda name: name == name.strip().lower()
)
EDGES = (0.0, -0.0, 5e-324, -2.2250738585072014e-308, 1e308, -1.7976931348623157e308, 0.1 + 0.2)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(EDGES)
moments = st.datetimes(datetime(1850, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - UTC, as tables have it
    lambda at: at.replace(microsecond=0)
)
STATES = ("", "predicted", "validated", "dubious", "discarded")
TAXA = ("Copepoda", "Calanoida", "detritus")
RESERVED = {"id", "lat", "lon", "date", "time", "depth_min", "depth_max", "link"}


@dataclass(frozen=True)
class AnyObject:
    """One object, as its row says."""

    sample: int
    acquisition: int
    latitude: float | None
    longitude: float | None
    seen_at: datetime | None
    depths: tuple[float | None, float | None]
    link: str
    comment: str
    state: str
    taxon: str
    identified_at: datetime
    numbers: list[float | None]
    texts: list[str]
    ranks: list[int]


@dataclass(frozen=True)
class AnyProject:
    """Samples with their acquisitions, and objects in them."""

    number_columns: list[str]
    text_columns: list[str]
    parent_columns: list[str]
    samples: list[tuple[str, str, list[str]]]  # name, descriptor, free texts
    acquisitions: list[tuple[str, str, list[str]]]  # name, instrument, free texts
    objects: list[AnyObject] = field(default_factory=list[AnyObject])


@st.composite
def objects(draw: st.DrawFn, project: AnyProject) -> AnyObject:
    """One object of a project."""
    placed = draw(st.booleans())
    return AnyObject(
        sample=draw(st.integers(0, len(project.samples) - 1)),
        acquisition=draw(st.integers(0, len(project.acquisitions) - 1)),
        latitude=draw(st.floats(-90, 90)) if placed else None,
        longitude=draw(st.floats(-180, 180)) if placed else None,
        seen_at=draw(st.none() | moments),
        depths=(draw(numbers), draw(numbers)),
        link=draw(texts),
        comment=draw(texts),
        state=draw(st.sampled_from(STATES)),
        taxon=draw(st.sampled_from(TAXA)),
        identified_at=draw(moments),
        numbers=[draw(numbers) for _ in project.number_columns],
        texts=[draw(texts) for _ in project.text_columns],
        ranks=draw(st.lists(st.integers(0, 120), min_size=1, max_size=3, unique=True)),
    )


@st.composite
def projects(draw: st.DrawFn) -> AnyProject:
    """A project of a few objects, with everything that tables can say of them."""
    free = draw(
        st.lists(columns.filter(lambda c: c not in RESERVED), unique=True, max_size=6).filter(
            lambda found: not any(c.startswith("annotation_") for c in found)
        )
    )
    cut = draw(st.integers(0, len(free)))
    parents = draw(
        st.lists(columns.filter(lambda c: c not in ("id", "instrument")), unique=True, max_size=2)
    )
    kept = [c for c in parents if c not in ("dataportal_descriptor", "lat", "long")]

    def parent() -> tuple[str, str, list[str]]:
        return draw(names), draw(texts), [draw(texts) for _ in kept]

    def some(most: int) -> list[tuple[str, str, list[str]]]:
        found = [parent() for _ in range(draw(st.integers(1, most)))]
        return list({one[0]: one for one in found}.values())

    project = AnyProject(free[:cut], free[cut:], kept, some(2), some(2))
    made = draw(st.lists(objects(project), min_size=1, max_size=5))
    return replace(project, objects=made)


def written(project: AnyProject, folder: Path) -> Path:
    """The project as a package: a folder and a table a sample, one image a row.

    Images are named alike in all folders, as instruments do that count anew for each sample.
    """
    folder.mkdir()
    for sample in sorted({one.sample for one in project.objects}):
        inside = folder / f"net{sample}"
        inside.mkdir()
        rows = [*headers(project)]
        here = [(n, one) for n, one in enumerate(project.objects) if one.sample == sample]
        for place, (number, one) in enumerate(here):
            for rank in one.ranks:
                image = f"o{place}_{rank}.png"
                Image.new("L", (3 + number, 4 + rank % 9), 40 + 2 * rank).save(inside / image)
                rows.append(row(project, number, one, image, rank))
        with (inside / "ecotaxa_any.tsv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows(rows)
    return folder


def headers(project: AnyProject) -> list[list[str]]:
    """The first two lines of each table."""
    header = [
        *("object_id", "img_file_name", "img_rank", "object_lat", "object_lon", "object_date"),
        *("object_time", "object_depth_min", "object_depth_max", "object_link", "complement_info"),
        *("object_annotation_status", "object_annotation_category"),
        *("object_annotation_person_name", "object_annotation_person_email"),
        *("object_annotation_date", "object_annotation_time"),
        *(f"object_{name}" for name in (*project.number_columns, *project.text_columns)),
        *("sample_id", "sample_dataportal_descriptor"),
        *(f"sample_{name}" for name in project.parent_columns),
        *("acq_id", "acq_instrument"),
        *(f"acq_{name}" for name in project.parent_columns),
        *("process_id",),
        *(f"process_{name}" for name in project.parent_columns),
    ]
    floats = {f"object_{name}" for name in project.number_columns}
    return [header, ["[f]" if name in floats else "[t]" for name in header]]


def row(project: AnyProject, number: int, one: AnyObject, image: str, rank: int) -> list[str]:
    """One line of the table."""
    sample, descriptor, of_sample = project.samples[one.sample]
    acquisition, instrument, of_acquisition = project.acquisitions[one.acquisition]
    human = one.state in ("validated", "dubious", "discarded")
    person = ["Ann Otator", "ann@lab.example"] if human else ["", ""]
    at = one.identified_at
    moment = [f"{at:%Y%m%d}".zfill(8), f"{at:%H%M%S}"] if human else ["", ""]
    seen = [f"{one.seen_at:%Y%m%d}".zfill(8), f"{one.seen_at:%H%M%S}"] if one.seen_at else ["", ""]
    return [
        *(f"o{number}", image, str(rank)),
        *(said(one.latitude), said(one.longitude), *seen, *map(said, one.depths)),
        *(one.link, one.comment, one.state, one.taxon if one.state else "", *person, *moment),
        *(*map(said, one.numbers), *one.texts),
        *(sample, descriptor, *of_sample),
        # An acquisition belongs to one sample: its name says which.
        *(f"{acquisition} {one.sample}", instrument, *of_acquisition),
        *(f"p {acquisition}", *of_acquisition),
    ]


def said(number: float | None) -> str:
    """A number as a table writes it."""
    return "" if number is None else repr(number)
