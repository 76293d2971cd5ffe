"""Frames: what comes becomes one, and any that is given becomes columns.

Polars, pandas and pyarrow are imported when they are needed, not before.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from math import isnan
from typing import TYPE_CHECKING, Any

from calanus.client.errors import Invalid, NeedsPackage, Unknown
from calanus.client.fields import Field
from calanus.client.types import LETTERS

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import polars

Values = list[Any]


def frame_of(fields: Sequence[Field], columns: Mapping[str, Values]) -> "polars.DataFrame":
    """Columns as the server sends them, as a frame with numbers, days and moments."""
    import polars as pl

    return pl.DataFrame([series_of(field, columns[field.wire]) for field in fields])


def empty(fields: Sequence[Field]) -> "polars.DataFrame":
    """A frame without a row, of the same types as one with some."""
    return frame_of(fields, {field.wire: [] for field in fields})


def series_of(field: Field, values: Values) -> "polars.Series":
    """One column."""
    import polars as pl

    if field.kind == "state":
        words = [LETTERS.get(letter or "U", letter) for letter in values]
        return pl.Series(field.name, words, pl.String)
    if field.kind == "any":
        return pl.Series(field.name, values, strict=False)
    if field.kind == "number":
        return pl.Series(field.name, values, pl.Float64, strict=False)
    if field.kind in ("id", "count"):
        return pl.Series(field.name, values, pl.Int64)
    texts = pl.Series(field.name, values, pl.String)
    if field.kind == "date":
        return texts.str.to_date("%Y-%m-%d")
    if field.kind == "time":
        return texts.str.to_time("%H:%M:%S%.f")
    if field.kind == "moment":
        return texts.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us")
    return texts


def to_pandas(frame: "polars.DataFrame") -> "pandas.DataFrame":
    """The same for pandas, which needs no pyarrow for it: whole numbers without gaps stay whole."""
    try:
        import pandas as pd  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise NeedsPackage("pandas", "A pandas frame") from None
    columns = {series.name: pandas_column(series) for series in frame}
    if not len(frame):
        words = {name: object for name, column in columns.items() if isinstance(column, list)}
        return pd.DataFrame(columns).astype(words)  # pyright: ignore[reportUnknownMemberType]
    return pd.DataFrame(columns)


def pandas_column(series: "polars.Series") -> Any:
    """A column as pandas has it."""
    import polars as pl

    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("us")).to_numpy()
    if series.dtype == pl.String or series.dtype == pl.Time:
        return series.to_list()
    return series.to_numpy()


def to_arrow(frame: "polars.DataFrame") -> Any:
    """The same as a table of Arrow."""
    try:
        import pyarrow  # pyright: ignore # noqa: F401
    except ImportError:
        raise NeedsPackage("pyarrow", "An Arrow table") from None
    return frame.to_arrow()  # pyright: ignore[reportUnknownVariableType]


# --- Frames that are given ------------------------------------------------------------------------


def columns_of(frame: Any) -> dict[str, Values]:
    """The columns of a frame of polars, pandas or pyarrow, of a dict of lists, or of records.

    What is missing (null, NaN, NaT) is None; days and moments are ISO.

    Raises:
        Invalid: it is nothing of the kind.
    """
    found = raw_columns(frame)
    lengths = {name: len(values) for name, values in found.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise Invalid(f"The columns of this table are not of one length: {told}.")
    return {name: [plain(value) for value in values] for name, values in found.items()}


def raw_columns(frame: Any) -> dict[str, Values]:
    """The columns as they are."""
    if isinstance(frame, Mapping):
        return {str(name): list(values) for name, values in frame.items()}  # pyright: ignore
    if hasattr(frame, "to_pydict"):
        return frame.to_pydict()
    if hasattr(frame, "get_columns"):
        return {series.name: series.to_list() for series in frame.get_columns()}
    if hasattr(frame, "to_dict") and hasattr(frame, "columns"):
        return {str(name): frame[name].tolist() for name in frame.columns}
    if hasattr(frame, "__iter__") and not isinstance(frame, str | bytes):
        records: list[Any] = list(frame)
        if all(isinstance(record, Mapping) for record in records):
            names = dict.fromkeys(name for record in records for name in record)
            return {name: [record.get(name) for record in records] for name in names}
    raise Invalid(
        "A table is a frame of polars, pandas or pyarrow, a dict of lists, or a list of dicts; "
        f"this is of type {type(frame).__name__}."
    )


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return None if isnan(value) else value
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return (value.date() if midnight else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return plain(value.item()) if hasattr(value, "item") else str(value)


def ids_of(columns: Mapping[str, Values], name: str) -> list[int]:
    """A column of ids.

    Raises:
        Unknown: it is not there.
        Invalid: it holds something else.
    """
    if name not in columns:
        raise Unknown("column", name, [*columns], f"A table of changes needs {name}.")
    try:
        whole = [int(value) for value in columns[name]]
    except (TypeError, ValueError):
        whole = []
    if whole != columns[name]:
        wrong = next(v for v in columns[name] if not isinstance(v, int | float) or v != int(v))
        raise Invalid(f"{name} takes whole numbers, not {wrong!r}.")
    return whole
