"""What cells mean, cell by cell."""

from datetime import date, time

import numpy as np
import pytest

from calanus.imports import values


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("43.685", 43.685),
        (" -12.5 ", -12.5),
        ("1e1", 10.0),
        ("43°12 30", 43 + 12.5 / 60),
        ("-0°30 0", -0.5),
        ("43° 12' 30\"", 43 + 12.5 / 60),
        ("43°12'30\" S", -(43 + 12.5 / 60)),
        ("43°12 S", -43.2),
        ("43.5N", 43.5),
        ("43.5 s", -43.5),
        ("1°0 600", 1 + 10 / 60),
        ("90", 90.0),
        ("-90", -90.0),
    ],
)
def test_latitudes(cell: str, wanted: float) -> None:
    [found], bad = values.latitudes([cell])

    assert (found, bad) == (pytest.approx(wanted), [])


@pytest.mark.parametrize(
    "cell", ["97.5", "-90.01", "abc", "43,5", "43°12.5", "12°30 W", "-12°30 N", "-5S", "inf", "°"]
)
def test_what_is_no_latitude(cell: str) -> None:
    assert values.latitudes(["1", cell, ""])[1] == [1]


def test_west_is_negative() -> None:
    found, bad = values.longitudes(["7°18 56 W", "170E", "-180"])

    assert (found.tolist(), bad) == ([pytest.approx(-(7 + 18.9333 / 60), 1e-4), 170, -180], [])


@pytest.mark.parametrize("cell", ["", " ", "nan", "NaN", "NA", "na"])
def test_missing_numbers(cell: str) -> None:
    [found, one], bad = values.numbers([cell, "1"])

    assert np.isnan(found)
    assert (one, bad) == (1.0, [])


@pytest.mark.parametrize("cell", ["12x4", "-inf", "1,5", "--1", "0x10", "“1”"])
def test_what_is_no_number(cell: str) -> None:
    assert values.numbers(["", cell, "2"])[1] == [1]


def test_numbers_keep_every_digit() -> None:
    cells = ["0.1", "1e-300", "-24.4166666666667", "inf", "123456789.123456789"]

    assert values.numbers(cells)[0].tolist() == [float(cell) for cell in cells]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("20230612", date(2023, 6, 12)),
        ("2023-06-12", date(2023, 6, 12)),
        ("2014-04-2", date(2014, 4, 2)),
        ("20230612T09", date(2023, 6, 12)),
        ("2024-02-29", date(2024, 2, 29)),
        ("18760101", date(1876, 1, 1)),
    ],
)
def test_days(cell: str, wanted: date) -> None:
    [found], bad = values.dates([cell])

    assert (found.item(), bad) == (wanted, [])


@pytest.mark.parametrize(
    "cell", ["20211345", "2014-4-20", "2014/04/20", "2023", "20230229", "0000-01-01", "yesterday"]
)
def test_what_is_no_day(cell: str) -> None:
    assert values.dates(["", cell])[1] == [1]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("12:34:56", time(12, 34, 56)),
        ("12:34:5", time(12, 34, 5)),
        ("420", time(4, 20)),
        ("1", time(0, 1)),
        ("12345", time(12, 34, 50)),
        ("020139.315", time(2, 1, 39)),
        ("235959", time(23, 59, 59)),
    ],
)
def test_times_of_the_day(cell: str, wanted: time) -> None:
    [found], bad = values.times([cell])

    seconds = (wanted.hour * 60 + wanted.minute) * 60 + wanted.second
    assert (found, bad) == (seconds * 10**6, [])


@pytest.mark.parametrize("cell", ["256199", "4:20:00", "04:20", "24:00:00", "12:60:00", "noon"])
def test_what_is_no_time(cell: str) -> None:
    assert values.times(["", cell])[1] == [1]


def test_states_in_any_case_and_noid() -> None:
    cells = ["Predicted", "VALIDATED", "dubious", "discarded", "NoId", ""]

    assert values.states(cells) == (["P", "V", "D", "X", None, None], [])
    assert values.states(["P", "maybe"])[1] == [0, 1]


@pytest.mark.parametrize(("cell", "wanted"), [("45072", 45072), ("45072.0", 45072), ("1.9", 1)])
def test_whole_numbers(cell: str, wanted: int) -> None:
    assert values.whole(cell) == wanted
