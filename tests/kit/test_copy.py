"""What COPY BINARY is given comes back from PostgreSQL as it was."""

from datetime import UTC, date, datetime, time
from typing import Any, LiteralString

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calanus.kit import copy
from calanus.kit.db import Connection, copy_in

QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001 (made aware below)
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**15), 2**15 - 1),
        st.none() | st.integers(-(2**31), 2**31 - 1),
        st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | TEXTS,
        st.none() | st.binary(max_size=20),
        st.none() | DAYS,
        st.none() | st.times(),
        st.none() | MOMENTS,
        st.none() | st.lists(st.none() | TEXTS, max_size=3),
    ),
    min_size=1,
    max_size=8,
)


@QUIET
@given(rows=ROWS, width=st.integers(0, 5))
def test_values_of_every_type_come_back(
    conn: Connection, rows: list[tuple[Any, ...]], width: int
) -> None:
    numbers = np.arange(len(rows) * width, dtype=float).reshape(len(rows), width) / 7
    conn.execute("DROP TABLE IF EXISTS things")
    conn.execute(
        """
        CREATE TEMP TABLE things (a int2, b int4, c int8, d float8, e text, f bytea, g date,
                                  h time, i timestamptz, j text[], k float8[])
        """
    )

    letters: list[LiteralString] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]
    with copy_in(conn, "things", letters) as stream:
        copy.send(stream, [[*columns(rows), copy.float8_array(numbers)]])

    wanted = [
        (*row[:8], row[8] and row[8].replace(tzinfo=UTC), row[9], values)
        for row, values in zip(rows, numbers.tolist(), strict=True)
    ]
    assert conn.execute("TABLE things").fetchall() == wanted


def columns(rows: list[tuple[Any, ...]]) -> list[copy.Column]:
    """The rows of the story, turned into columns."""
    small, maybe, big, reals, texts, raw, days, times, moments, lists = (
        list(column) for column in zip(*rows, strict=True)
    )
    return [
        copy.int2(small),
        copy.int4([v or 0 for v in maybe], absent(maybe)),
        copy.int8(big),
        copy.float8([0.0 if v is None else v for v in reals], absent(reals)),
        copy.text(texts),
        copy.bytea(raw),
        copy.date(np.array(days, dtype="datetime64[D]")),
        copy.time(np.array([microseconds(v) for v in times], dtype=np.int64), absent(times)),
        copy.timestamptz(np.array(moments, dtype="datetime64[us]")),
        copy.text_array(lists),
    ]


def absent(values: list[Any]) -> Any:
    """Where there is no value."""
    return np.array([value is None for value in values])


def microseconds(value: time | None) -> int:
    """Since midnight."""
    if value is None:
        return 0
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond


def test_columns_of_fixed_width_make_rows_of_fixed_width() -> None:
    encoded = copy.encode([copy.int4([1, 2]), copy.float8([0.5, float("nan")])])

    assert len(encoded) == len(copy.SIGNATURE) + 2 * (2 + 8 + 12) + len(copy.TRAILER)


def test_no_rows_make_an_empty_table(conn: Connection) -> None:
    conn.execute("CREATE TEMP TABLE nothing (a int4, b float8[])")

    with copy_in(conn, "nothing", ["a", "b"]) as stream:
        copy.send(stream, [[copy.int4([]), copy.float8_array(np.empty((0, 3)))]])

    assert conn.execute("TABLE nothing").fetchall() == []


def test_a_missing_number_of_an_array_is_nan(conn: Connection) -> None:
    conn.execute("CREATE TEMP TABLE numbers (a float8[])")

    with copy_in(conn, "numbers", ["a"]) as stream:
        copy.send(stream, [[copy.float8_array(np.array([[1.5, np.nan]]))]])

    assert conn.execute("SELECT a[1], a[2] = 'NaN' FROM numbers").fetchall() == [(1.5, True)]
