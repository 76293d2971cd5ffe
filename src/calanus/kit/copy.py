"""COPY BINARY, a whole column at a time: what loading a hundred thousand rows costs least in.

The format is PostgreSQL's (documentation of COPY, "Binary Format"): a signature, rows of
(number of fields, then each field as its length and its bytes), a trailer. Columns of one width
stay numpy matrices up to the last moment; only columns whose width varies become Python bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
FLOAT8_OID = 701
TEXT_OID = 25
DAYS_TO_2000 = 10_957
MICROSECONDS_TO_2000 = DAYS_TO_2000 * 86_400_000_000

Missing = NDArray[np.bool_] | None  # (rows,) True where there is no value


@dataclass(frozen=True)
class Column:
    """The fields of one column, lengths included: a matrix (rows, width) or bytes of any width."""

    fixed: NDArray[np.uint8] | None = None
    varying: Sequence[bytes] = ()

    def __len__(self) -> int:
        return len(self.varying) if self.fixed is None else len(self.fixed)


def int2(values: Any, missing: Missing = None) -> Column:
    """smallint."""
    return number(values, ">i2", missing)


def int4(values: Any, missing: Missing = None) -> Column:
    """integer."""
    return number(values, ">i4", missing)


def int8(values: Any, missing: Missing = None) -> Column:
    """bigint."""
    return number(values, ">i8", missing)


def float8(values: Any, missing: Missing = None) -> Column:
    """double precision; NaN is a value."""
    return number(values, ">f8", missing)


def date(values: NDArray[np.datetime64]) -> Column:
    """date, from datetime64[D]; NaT is NULL."""
    days = values.astype("datetime64[D]").astype(np.int64) - DAYS_TO_2000
    return int4(np.where(np.isnat(values), 0, days), np.isnat(values))


def time(microseconds: NDArray[np.int64], missing: Missing = None) -> Column:
    """time, from microseconds since midnight."""
    return int8(microseconds, missing)


def timestamptz(values: NDArray[np.datetime64]) -> Column:
    """timestamptz, from datetime64[us] in UTC; NaT is NULL."""
    moments = values.astype("datetime64[us]").astype(np.int64)
    missing = np.isnat(values)
    return int8(np.where(missing, 0, moments - MICROSECONDS_TO_2000), missing)


def text(values: Sequence[str | None]) -> Column:
    """text; None is NULL."""
    fields = {value: NULL if value is None else field(value.encode()) for value in set(values)}
    return Column(varying=[fields[value] for value in values])


def bytea(values: Sequence[bytes | None]) -> Column:
    """bytea; None is NULL."""
    return Column(varying=[NULL if value is None else field(value) for value in values])


def float8_array(values: NDArray[np.float64]) -> Column:
    """float8[], from a matrix (rows, elements); NaN is a value, no element is NULL."""
    rows, width = values.shape
    if not width:
        return Column(fixed=repeat(field(array_head(0, FLOAT8_OID)), rows))
    head = array_head(width, FLOAT8_OID)
    elements = np.empty((rows, width), dtype=[("length", ">i4"), ("value", ">f8")])
    elements["length"] = 8
    elements["value"] = values
    body = elements.view(np.uint8).reshape(rows, width * 12)
    length = (len(head) + width * 12).to_bytes(4, "big")
    return Column(fixed=np.hstack([repeat(length + head, rows), body]))


def text_array(values: Sequence[Sequence[str | None] | None]) -> Column:
    """text[]; None is NULL, and so is None among the elements."""
    keys = [None if value is None else tuple(value) for value in values]
    fields = {key: NULL if key is None else text_array_field(key) for key in set(keys)}
    return Column(varying=[fields[key] for key in keys])


def text_array_field(texts: tuple[str | None, ...]) -> bytes:
    """One text[] value."""
    elements = [NULL if value is None else field(value.encode()) for value in texts]
    head = array_head(len(texts), TEXT_OID, has_null=None in texts)
    return field(head + b"".join(elements))


def array_head(elements: int, oid: int, *, has_null: bool = False) -> bytes:
    """What stands before the elements: dimensions, null flag, type, size, lower bound."""
    dimensions = [elements, 1] if elements else []
    numbers = [1 if elements else 0, int(has_null), oid, *dimensions]
    return b"".join(value.to_bytes(4, "big") for value in numbers)


def field(value: bytes) -> bytes:
    """A value after its length."""
    return len(value).to_bytes(4, "big") + value


def number(values: Any, dtype: str, missing: Missing) -> Column:
    """Numbers of one width; a column that is nowhere or everywhere missing keeps it."""
    wanted = np.asarray(values).astype(dtype)
    rows, width = len(wanted), wanted.dtype.itemsize
    fixed = np.empty((rows, 4 + width), np.uint8)
    fixed[:, :4] = np.frombuffer(width.to_bytes(4, "big"), np.uint8)
    fixed[:, 4:] = wanted.view(np.uint8).reshape(rows, width)
    if missing is None or not missing.any():
        return Column(fixed=fixed)
    if missing.all():
        return Column(fixed=repeat(NULL, rows))
    pieces = slices(fixed)
    for place in np.flatnonzero(missing).tolist():
        pieces[place] = NULL
    return Column(varying=pieces)


def repeat(value: bytes, rows: int) -> NDArray[np.uint8]:
    """The same bytes in every row."""
    return np.tile(np.frombuffer(value, np.uint8), (rows, 1))


def slices(matrix: NDArray[np.uint8]) -> list[bytes]:
    """The rows of a matrix as bytes."""
    width, whole = matrix.shape[1], matrix.tobytes()
    return [whole[i : i + width] for i in range(0, len(whole), width)]


def rows(columns: Sequence[Column]) -> bytes:
    """Rows without signature and trailer. Columns of fixed width that stand together stay one."""
    count = len(columns[0])
    if not count:
        return b""
    groups: list[Sequence[bytes]] = []
    block = [repeat(len(columns).to_bytes(2, "big"), count)]
    for column in columns:
        assert len(column) == count, "columns of one table have as many rows"
        if column.fixed is not None:
            block.append(column.fixed)
            continue
        if block:
            groups.append(slices(np.hstack(block)))
            block = []
        groups.append(column.varying)
    if not groups:
        return np.hstack(block).tobytes()
    if block:
        groups.append(slices(np.hstack(block)))
    return b"".join(chain.from_iterable(zip(*groups, strict=True)))


def encode(columns: Sequence[Column]) -> bytes:
    """A whole COPY BINARY stream of these columns."""
    return SIGNATURE + rows(columns) + TRAILER


def send(copy: psycopg.Copy, blocks: Iterable[Sequence[Column]]) -> None:
    """Write a stream block by block, so that a large table never stands in memory twice."""
    for piece in stream(blocks):
        copy.write(piece)


def send_ahead(copy: psycopg.Copy, blocks: Iterable[Sequence[Column]]) -> None:
    """The same for many large blocks: the next is prepared while PostgreSQL takes the last one.

    Blocks are made in another thread, one after the other; that must not use the connection.
    """
    pieces = stream(blocks)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = ahead.submit(next, pieces, None)
            copy.write(piece)


def stream(blocks: Iterable[Sequence[Column]]) -> Iterator[bytes]:
    """The signature, the rows of each block, the trailer."""
    yield SIGNATURE
    for block in blocks:
        yield rows(block)
    yield TRAILER
