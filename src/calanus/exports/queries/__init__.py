"""The SQL of exports: bulk data, read as COPY into numpy and polars."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from psycopg import IsolationLevel, sql

from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.objects.filters import Where

# COPY BINARY: what comes before the first row, and each field's length before its bytes.
HEADER = 19
ARRAY_HEAD = 20  # dimensions, null flag, type of the elements, their number, lower bound
JOINS: dict[str, LiteralString] = {
    "v": "JOIN object_values v ON v.project_id = o.project_id AND v.object_id = o.object_id",
    "s": "JOIN samples s ON s.project_id = o.project_id AND s.sample_id = o.sample_id",
    "a": (
        "JOIN acquisitions a ON a.project_id = o.project_id AND a.acquisition_id = o.acquisition_id"
    ),
    "p": (
        "JOIN processes p ON p.project_id = o.project_id AND p.acquisition_id = o.acquisition_id"
    ),
}
# What is never NULL comes as it is; what may be gets a value that cannot be met.
FIXED: dict[str, tuple[LiteralString, str]] = {
    "object_id": ("o.object_id", ">i8"),
    "sample_id": ("o.sample_id", ">i8"),
    "acquisition_id": ("o.acquisition_id", ">i8"),
    "taxon_id": ("coalesce(o.taxon_id, 0)", ">i4"),
    "annotator_id": ("coalesce(o.annotator_id, 0)", ">i4"),
    "state": ("coalesce(ascii(o.state), 0)", ">i4"),
    "score": ("coalesce(o.score, 'NaN')", ">f8"),
    "identified_at": ("coalesce(o.identified_at, '-infinity')", ">i8"),
    "latitude": ("coalesce(v.latitude, 'NaN')", ">f8"),
    "longitude": ("coalesce(v.longitude, 'NaN')", ">f8"),
    "depth_min": ("coalesce(v.depth_min, 'NaN')", ">f8"),
    "depth_max": ("coalesce(v.depth_max, 'NaN')", ">f8"),
    "object_date": ("coalesce(v.object_date, '-infinity')", ">i4"),
    "object_time": ("coalesce(v.object_time, '24:00')", ">i8"),
    "sun_position": ("ascii(v.sun_position)", ">i4"),
    "random_value": ("hashtext(v.orig_id)", ">i4"),
}
PARENTS = ("object_id", "sample_id", "acquisition_id", "taxon_id", "state")
NO_DATE = -(2**31)
NO_TIME = 86_400_000_000
NO_MOMENT = -(2**63)

Records = NDArray[Any]  # structured, one field a column


class ImageFile(NamedTuple):
    """An image of an object, and where its bytes lie."""

    object_id: int
    rank: int
    file_name: str
    pack_id: int
    position: int
    length: int


@contextmanager
def one_moment(conn: Connection) -> Generator[None]:
    """A transaction that sees the database as it is now, on a connection that has none."""
    conn.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with conn.transaction():
            yield
    finally:
        conn.isolation_level = None


def dtype_of(names: Sequence[str], numbers: int = 0) -> np.dtype[Any]:
    """How COPY BINARY lays a row of these columns, the free numbers last."""
    fields: list[Any] = [("fields", ">i2")]
    for name in names:
        fields += [(f"{name} length", ">i4"), (name, FIXED[name][1])]
    if numbers:
        element = np.dtype([("length", ">i4"), ("value", ">f8")])
        fields += [("head", f"V{4 + ARRAY_HEAD}"), ("numbers", element, (numbers,))]
    return np.dtype(fields)


def copied(conn: Connection, statement: sql.Composed, values: dict[str, Any]) -> bytes:
    """What a COPY brings, whole."""
    with conn.cursor() as cursor, cursor.copy(statement, values) as copy:
        return b"".join([bytes(block) for block in copy])


def records(data: bytes, dtype: np.dtype[Any]) -> Records:
    """Rows of one width, as numpy reads them in place."""
    return np.frombuffer(data, dtype, (len(data) - HEADER - 2) // dtype.itemsize, HEADER)


def selected(names: Sequence[str]) -> sql.Composed:
    """Columns by name, never NULL."""
    return sql.SQL(", ").join([sql.SQL(FIXED[name][0]) for name in names])


def chosen(conn: Connection, project_id: ProjectId, wanted: Where) -> Records:
    """The objects of a filter, each with its parents, its taxon and its state."""
    joins = sql.SQL(" ").join([sql.SQL(t) for alias, t in JOINS.items() if alias in wanted.tables])
    statement = sql.SQL(
        "COPY (SELECT {} FROM objects o {} WHERE o.project_id = {} AND {})"
        " TO STDOUT (FORMAT BINARY)"
    ).format(selected(PARENTS), joins, sql.Literal(project_id), sql.SQL(wanted.sql))
    return records(copied(conn, statement, wanted.values), dtype_of(PARENTS))


def numbers(conn: Connection, project_id: ProjectId, ids: list[int], width: int) -> Records:
    """All numbers of objects, `width` free ones among them, in the order of the ids."""
    padded = sql.SQL(
        """, CASE WHEN cardinality(v.numbers) = {width} THEN v.numbers
                  ELSE (v.numbers || array_fill('NaN'::float8, ARRAY[{width}]))[1:{width}] END"""
    ).format(width=sql.Literal(width))
    statement = sql.SQL(
        """
        COPY (SELECT {}{} FROM objects o {}
               WHERE o.project_id = {} AND o.object_id = ANY(%(ids)s) ORDER BY o.object_id)
          TO STDOUT (FORMAT BINARY)
        """
    ).format(
        selected(list(FIXED)),
        padded if width else sql.SQL(""),
        sql.SQL(JOINS["v"]),
        sql.Literal(project_id),
    )
    return records(copied(conn, statement, {"ids": ids}), dtype_of(list(FIXED), width))


def texts(
    conn: Connection, project_id: ProjectId, ids: list[int], places: list[int]
) -> pl.DataFrame:
    """The texts of objects: name, link, comment, then the free ones, in the order of the ids."""
    free = [sql.SQL(", v.texts[{}]").format(sql.Literal(place)) for place in places]
    statement = sql.SQL(
        """
        COPY (SELECT v.orig_id, v.link, regexp_replace(v.comment, '[\\r\\n]+', ' ', 'g') {}
                FROM object_values v
               WHERE v.project_id = {} AND v.object_id = ANY(%(ids)s) ORDER BY v.object_id)
          TO STDOUT (FORMAT CSV)
        """
    ).format(sql.SQL("").join(free), sql.Literal(project_id))
    names = ["orig_id", "link", "comment", *[f"t{place:02d}" for place in places]]
    return pl.read_csv(
        copied(conn, statement, {"ids": ids}),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        raise_if_empty=False,
    )


def images(conn: Connection, project_id: ProjectId, ids: list[int]) -> list[ImageFile]:
    """The images of objects, by object and rank."""
    sql = """
        SELECT object_id, rank, orig_file_name, pack_id, position, length
          FROM images WHERE project_id = %(project_id)s AND object_id = ANY(%(ids)s)
         ORDER BY object_id, rank
    """
    rows = conn.execute(sql, {"project_id": project_id, "ids": ids}).fetchall()
    return [ImageFile(*row) for row in rows]


def packs(conn: Connection, project_id: ProjectId) -> dict[int, str]:
    """Where the packs of a project lie."""
    sql = "SELECT pack_id, path FROM packs WHERE project_id = %(project_id)s"
    return dict(conn.execute(sql, {"project_id": project_id}).fetchall())


def samples(conn: Connection, project_id: ProjectId) -> list[tuple[Any, ...]]:
    """(id, name, descriptor, latitude, longitude, free texts) of all samples, by id."""
    sql = """
        SELECT sample_id, orig_id, dataportal_descriptor, latitude, longitude, texts
          FROM samples WHERE project_id = %(project_id)s ORDER BY sample_id
    """
    return conn.execute(sql, {"project_id": project_id}).fetchall()


def acquisitions(conn: Connection, project_id: ProjectId) -> list[tuple[Any, ...]]:
    """(id, name, instrument, free texts, name of the process, its free texts), by id."""
    sql = """
        SELECT a.acquisition_id, a.orig_id, a.instrument, a.texts, p.orig_id,
               coalesce(p.texts, '{}')
          FROM acquisitions a LEFT JOIN processes p USING (project_id, acquisition_id)
         WHERE a.project_id = %(project_id)s ORDER BY a.acquisition_id
    """
    return conn.execute(sql, {"project_id": project_id}).fetchall()


def has_comments(conn: Connection, project_id: ProjectId) -> bool:
    """Whether any object of a project bears a comment."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM object_values
                        WHERE project_id = %(project_id)s AND comment <> '')
    """
    return bool(conn.execute(sql, {"project_id": project_id}).fetchall()[0][0])


def tally(
    conn: Connection, project_id: ProjectId, wanted: Where
) -> list[tuple[str, str, str, str, int]]:
    """(sample, acquisition, state, taxon, objects) of a filter; no state and no taxon are empty."""
    joins = sql.SQL(" ").join(
        [sql.SQL(JOINS[alias]) for alias in sorted(wanted.tables | {"s", "a"})]
    )
    statement = sql.SQL(
        """
        SELECT s.orig_id, a.orig_id, coalesce(o.state, ''), coalesce(t.display_name, ''), count(*)
          FROM objects o {} LEFT JOIN taxa t ON t.taxon_id = o.taxon_id
         WHERE o.project_id = {} AND {} GROUP BY 1, 2, 3, 4
        """
    ).format(joins, sql.Literal(project_id), sql.SQL(wanted.sql))
    return conn.execute(statement, wanted.values).fetchall()
