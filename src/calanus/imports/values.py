"""What the cells of a table mean: numbers, positions, dates, times, states (contract 2.8, 2.9)."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Value = TypeVar("Value")
Bad = list[int]  # the places of cells that mean nothing

MISSING_NUMBERS = frozenset({"", "nan", "na"})
STATES: dict[str, str | None] = {
    "predicted": "P",
    "validated": "V",
    "dubious": "D",
    "discarded": "X",
    "noid": None,
    "": None,
}
DEGREE_SIGNS = str.maketrans("º˚", "°°")  # an ordinal and a ring stand for it in some tables
DEGREES = re.compile(
    r"""(-?)(\d+)\s*°\s*(\d+)\s*['’′]?\s*(?:(\d+)\s*['’′"″]*)?(?![\d.,])\s*([NSEWnsew]?)"""
)
HEMISPHERES = {"N": (1, 90), "S": (-1, 90), "E": (1, 180), "W": (-1, 180)}
MICROSECONDS = 1_000_000


def numbers(cells: Sequence[str]) -> tuple[Floats, Bad]:
    """A column of numbers, NaN where empty."""
    values = np.empty(len(cells))
    try:
        values[:] = [cell or "nan" for cell in cells] if "" in cells else cells
    except ValueError:
        return column(cells, number, float("nan"))
    if np.isneginf(values).any():
        return column(cells, number, float("nan"))
    return values, []


def number(cell: str) -> float:
    """One number as Python reads it, or NaN for a missing one."""
    cell = cell.strip()
    if cell.lower() in MISSING_NUMBERS:
        return float("nan")
    value = float(cell)
    if value == float("-inf"):
        raise ValueError(cell)
    return value


def column(cells: Sequence[str], parse: Callable[[str], float], empty: float) -> tuple[Floats, Bad]:
    """A column parsed cell by cell, each different cell once."""
    known = {cell: attempt(parse, cell) for cell in set(cells)}
    bad = [place for place, cell in enumerate(cells) if known[cell] is None]
    values = np.array([empty if known[cell] is None else known[cell] for cell in cells])
    return values.astype(np.float64), bad


def attempt(parse: Callable[[str], Value], cell: str) -> Value | None:
    """What a cell means, or nothing."""
    try:
        return parse(cell)
    except ValueError:
        return None


def latitudes(cells: Sequence[str]) -> tuple[Floats, Bad]:
    """Degrees north."""
    return angles(cells, 90, "NS")


def longitudes(cells: Sequence[str]) -> tuple[Floats, Bad]:
    """Degrees east."""
    return angles(cells, 180, "EW")


def angles(cells: Sequence[str], limit: int, letters: str) -> tuple[Floats, Bad]:
    """Angles within a limit, NaN where empty."""
    values, bad = numbers(cells)
    if bad:
        values, bad = column(cells, lambda cell: angle(cell, letters), float("nan"))
    beyond = np.flatnonzero(np.abs(values) > limit).tolist()
    return values, sorted({*bad, *beyond})


def angle(cell: str, letters: str) -> float:
    """A decimal angle, or degrees, minutes and seconds; N, S, E and W count, at either end."""
    cell = cell.strip().translate(DEGREE_SIGNS)
    if cell[:1].upper() in HEMISPHERES and cell[1:].strip()[:1].isdecimal():
        cell = cell[1:].strip() + cell[0]
    if "°" not in cell:
        hemisphere = cell.strip()[-1:].upper()
        if hemisphere in HEMISPHERES and hemisphere in letters:
            return HEMISPHERES[hemisphere][0] * unsigned(cell.strip()[:-1])
        return number(cell)
    found = DEGREES.search(cell)
    if not found:
        raise ValueError(cell)
    minus, degrees, minutes, seconds, hemisphere = found.groups()
    size = int(degrees) + (int(minutes) + int(seconds or 0) / 60) / 60
    if not hemisphere:
        return -size if minus else size
    if minus or hemisphere.upper() not in letters:
        raise ValueError(cell)
    return HEMISPHERES[hemisphere.upper()][0] * size


def unsigned(cell: str) -> float:
    """A number whose sign is told by a letter."""
    value = number(cell)
    if not value >= 0:
        raise ValueError(cell)
    return value


def dates(cells: Sequence[str]) -> tuple[NDArray[np.datetime64], Bad]:
    """Days, NaT where empty."""
    days, bad = column(cells, day, float("nan"))
    values = np.full(len(cells), "NaT", dtype="datetime64[D]")
    real = ~np.isnan(days)
    values[real] = days[real].astype(np.int64).astype("datetime64[D]")
    return values, bad


def day(cell: str) -> float:
    """A day, counted from 1970, of YYYYMMDD or YYYY-MM-DD; what follows is not read."""
    if not cell:
        return float("nan")
    if "-" in cell[:8]:
        year, month, number_ = cell[:4], cell[5:7], cell[8:10]
        dashed = cell[4:5] == "-" and cell[7:8] == "-"
    else:
        year, month, number_ = cell[:4], cell[4:6], cell[6:8]
        dashed = len(number_) == 2
    if (
        not dashed
        or not (year + month + number_).isascii()
        or not all(part.isdigit() for part in (year, month, number_))
    ):
        raise ValueError(cell)
    return date(int(year), int(month), int(number_)).toordinal() - 719_163


def times(cells: Sequence[str]) -> tuple[NDArray[np.int64], Bad]:
    """Times of the day in microseconds, -1 where empty."""
    values, bad = column(cells, moment, -1.0)
    return values.astype(np.int64), bad


def moment(cell: str) -> float:
    """HH:MM:SS, or digits: 420 is 04:20:00, 12345 is 12:34:50; only six digits are read."""
    if not cell:
        return -1.0
    if ":" in cell:
        hours, minutes, seconds = cell[:2], cell[3:5], cell[6:8]
        if cell[2:3] != ":" or cell[5:6] != ":":
            raise ValueError(cell)
    else:
        digits = cell.partition(".")[0]
        digits = digits.rjust(4, "0").ljust(6, "0")
        hours, minutes, seconds = digits[:2], digits[2:4], digits[4:6]
    digits = hours + minutes + seconds
    if not seconds or not digits.isdigit() or not digits.isascii():
        raise ValueError(cell)
    h, m, s = int(hours), int(minutes), int(seconds)
    if h > 23 or m > 59 or s > 59:
        raise ValueError(cell)
    return ((h * 60 + m) * 60 + s) * MICROSECONDS


def states(cells: Sequence[str]) -> tuple[list[str | None], Bad]:
    """The letters of states, None where there is none."""
    known = {cell: cell.lower() for cell in set(cells)}
    bad = [place for place, cell in enumerate(cells) if known[cell] not in STATES]
    return [STATES.get(known[cell]) for cell in cells], bad


def whole(cell: str) -> int:
    """An id or a rank: 45072 and 45072.0 alike."""
    value = float(cell)
    if value != value or abs(value) > 2**31 - 1:
        raise ValueError(cell)
    return int(value)


def texts(cells: Sequence[str]) -> list[str | None]:
    """Texts, None where empty."""
    return [cell or None for cell in cells]


def rendered(value: Any) -> str:
    """A value in a sentence, not too long."""
    text = str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
