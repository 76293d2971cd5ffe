"""What an export writes of objects, gathered into one wide frame a chunk at a time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from calanus.exports import queries
from calanus.exports.queries import NO_DATE, NO_MOMENT, NO_TIME, Records
from calanus.kit.db import Connection
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.users import service as users

EPOCH_OF_POSTGRES = np.datetime64("2000-01-01", "us")
Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What many objects share: read once, then gathered by id. Each frame is sorted by its ids."""

    samples: pl.DataFrame
    acquisitions: pl.DataFrame
    taxa: pl.DataFrame
    annotators: pl.DataFrame


def gather(frame: pl.DataFrame, ids: Ids) -> pl.DataFrame:
    """The row of each id, the first column being the ids of the frame; without that column."""
    known = frame.to_series(0).to_numpy()
    return frame[np.searchsorted(known, ids)].drop(frame.columns[0])


def reference(conn: Connection, project: Project) -> Reference:
    """The samples, acquisitions and people of a project, and the taxa of its objects."""
    rows = queries.samples(conn, project.project_id)
    columns = project.sample_columns
    samples = frame_of(
        {
            "id": (pl.Int64, [r[0] for r in rows]),
            "sample": (pl.String, [r[1] for r in rows]),
            "descriptor": (pl.String, [r[2] for r in rows]),
            "sample_latitude": (pl.Float64, [r[3] for r in rows]),
            "sample_longitude": (pl.Float64, [r[4] for r in rows]),
            **texts_of("sample ", columns, [r[5] for r in rows]),
        }
    )
    rows = queries.acquisitions(conn, project.project_id)
    acquisitions = frame_of(
        {
            "id": (pl.Int64, [r[0] for r in rows]),
            "acquisition": (pl.String, [r[1] for r in rows]),
            "instrument": (pl.String, [r[2] for r in rows]),
            "process": (pl.String, [r[4] for r in rows]),
            **texts_of("acquisition ", project.acquisition_columns, [r[3] for r in rows]),
            **texts_of("process ", project.process_columns, [r[5] for r in rows]),
        }
    )
    return Reference(samples, acquisitions, pl.DataFrame(), people(conn))


def with_taxa(conn: Connection, known: Reference, taxon_ids: Iterable[int]) -> Reference:
    """Names and lineages of the taxa met, the absent one (0) among them."""
    found = taxonomy.find_many(conn, taxon_ids)
    above = {i for taxon in found for i in taxon.lineage}
    names: dict[int, str] = {
        taxon.taxon_id: taxon.name for taxon in taxonomy.find_many(conn, above)
    }
    lineages = [">".join([names[i] for i in taxon.lineage if i in names]) for taxon in found]
    taxa = frame_of(
        {
            "id": (pl.Int64, [0, *[taxon.taxon_id for taxon in found]]),
            "taxon": (pl.String, ["", *[taxon.display_name for taxon in found]]),
            "hierarchy": (pl.String, ["", *lineages]),
        }
    )
    return Reference(known.samples, known.acquisitions, taxa, known.annotators)


def people(conn: Connection) -> pl.DataFrame:
    """Names and addresses of all annotators, nobody (0) among them."""
    found = sorted(users.list_users(conn, None), key=lambda user: user.user_id)
    return frame_of(
        {
            "id": (pl.Int64, [0, *[user.user_id for user in found]]),
            "annotator": (pl.String, ["", *[user.name for user in found]]),
            "annotator_email": (pl.String, ["", *[user.email for user in found]]),
        }
    )


def frame_of(columns: Mapping[str, tuple[type[pl.DataType], Sequence[Any]]]) -> pl.DataFrame:
    """A frame of typed columns, empty or not."""
    return pl.DataFrame([pl.Series(n, values, type_) for n, (type_, values) in columns.items()])


def texts_of(
    level: str, columns: Mapping[str, str], rows: Sequence[Sequence[str | None]]
) -> dict[str, tuple[type[pl.DataType], list[str | None]]]:
    """The free texts of parents, column by column; short rows lack the last ones."""
    places = {place: int(place[1:]) - 1 for place in columns.values()}
    return {
        f"{level}{place}": (pl.String, [row[i] if i < len(row) else None for row in rows])
        for place, i in places.items()
    }


def places(columns: Mapping[str, str], letter: str) -> list[int]:
    """Where the free columns of a letter are stored, from 1."""
    return [int(place[1:]) for place in columns.values() if re.match(letter, place)]


def chunk(conn: Connection, project: Project, ids: Ids, known: Reference) -> pl.DataFrame:
    """All that is known of some objects, in the order of their ids."""
    width = max(places(project.object_columns, "n"), default=0)
    wanted = ids.tolist()
    fixed = queries.numbers(conn, project.project_id, wanted, width)
    texts = queries.texts(conn, project.project_id, wanted, places(project.object_columns, "t"))
    assert len(fixed) == len(texts)
    found = [pl.DataFrame(series_of(fixed, width)), texts]
    for shared, name in (
        (known.samples, "sample_id"),
        (known.acquisitions, "acquisition_id"),
        (known.taxa, "taxon_id"),
        (known.annotators, "annotator_id"),
    ):
        found.append(gather(shared, fixed[name]))
    return pl.concat(found, how="horizontal")


def series_of(fixed: Records, width: int) -> list[pl.Series]:
    """Columns of one width, as polars knows them; what stood for nothing is null again."""
    ids = ("object_id", "sample_id", "acquisition_id", "taxon_id", "annotator_id", "random_value")
    floats = ("score", "latitude", "longitude", "depth_min", "depth_max")
    free: Floats = np.ascontiguousarray(free_numbers(fixed, width).T, np.float64)
    return [
        *[pl.Series(name, fixed[name].astype(np.int64)) for name in ids],
        *[pl.Series(name, fixed[name].astype(np.float64), nan_to_null=True) for name in floats],
        *[pl.Series(f"n{i:02d}", values, nan_to_null=True) for i, values in enumerate(free, 1)],
        letters("state", fixed["state"]),
        letters("sun_position", fixed["sun_position"]),
        days("object_date", fixed["object_date"]),
        times("object_time", fixed["object_time"]),
        moments("identified_at", fixed["identified_at"]),
    ]


def free_numbers(fixed: Records, width: int) -> Floats:
    """The free numbers: one row an object, one column a place."""
    return fixed["numbers"]["value"] if width else np.empty((len(fixed), 0))


def letters(name: str, codes: NDArray[Any]) -> pl.Series:
    """Single letters from their codes; 0 is none."""
    known = np.unique(codes)
    words = pl.Series(name, [chr(code) if code else "" for code in known.tolist()])
    return words[np.searchsorted(known, codes)]


def days(name: str, counted: NDArray[Any]) -> pl.Series:
    """Dates from days since 2000."""
    days_ = EPOCH_OF_POSTGRES.astype("datetime64[D]") + counted.astype("timedelta64[D]")
    return pl.Series(name, np.where(counted == NO_DATE, np.datetime64("NaT"), days_))


def times(name: str, counted: NDArray[Any]) -> pl.Series:
    """Times of day from microseconds."""
    nanoseconds = pl.Series(name, np.where(counted == NO_TIME, -1, counted.astype(np.int64) * 1000))
    return nanoseconds.set(nanoseconds < 0, None).cast(pl.Time)


def moments(name: str, counted: NDArray[Any]) -> pl.Series:
    """Moments from microseconds since 2000."""
    missing = counted == NO_MOMENT
    moments_ = EPOCH_OF_POSTGRES + np.where(missing, 0, counted).astype("timedelta64[us]")
    return pl.Series(name, np.where(missing, np.datetime64("NaT"), moments_))
