"""Where the sun stands is what astral says, one call at a time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from astral import Observer
from astral.sun import dawn, dusk, sunrise, sunset
from hypothesis import given, settings
from hypothesis import strategies as st

from calanus.objects.sun import events, sun_positions

MIDNIGHT = 0
NOON = 12 * 3600 * 10**6


def at(day: str, microseconds: int, latitude: float, longitude: float) -> str:
    """The letter of one moment."""
    [letter] = sun_positions(
        np.array([day], dtype="datetime64[D]"),
        np.array([microseconds]),
        np.array([latitude]),
        np.array([longitude]),
    )
    return letter


@pytest.mark.parametrize(
    ("hours", "letter"), [(0.0, "N"), (4.3, "A"), (12.0, "D"), (18.6, "U"), (23.0, "N")]
)
def test_a_day_in_villefranche_goes_round(hours: float, letter: str) -> None:
    moment = int(hours * 3600 * 10**6)

    assert at("2023-04-12", moment, 43.685, 7.3157) == letter


def test_day_and_night_are_told_in_utc_wherever_it_is() -> None:
    assert at("2021-01-03", (23 * 3600 + 5 * 60 + 9) * 10**6, -12.51, 180.0) == "D"


def test_where_a_twilight_does_not_happen_nothing_is_told() -> None:
    assert at("2023-06-21", NOON, 60.0, 10.0) == "?"


@pytest.mark.parametrize(
    ("day", "moment", "latitude"),
    [("NaT", NOON, 43.0), ("2023-04-12", -1, 43.0), ("2023-04-12", NOON, float("nan"))],
)
def test_what_is_not_known_is_not_guessed(day: str, moment: int, latitude: float) -> None:
    assert at(day, moment, latitude, 7.0) == "?"


@settings(max_examples=300, deadline=None)
@given(
    day=st.dates(date(1900, 1, 2), date(2100, 12, 30)),
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
)
def test_dawn_sunrise_sunset_and_dusk_are_astral_s(
    day: date, latitude: float, longitude: float
) -> None:
    here = Observer(latitude, longitude)

    ours = events(
        np.array([day], dtype="datetime64[D]").astype(np.int64),
        np.array([latitude]),
        np.array([longitude]),
    )[:, 0]

    theirs = [
        moment_of(lambda: dawn(here, day, 12.0), day),
        moment_of(lambda: sunrise(here, day), day),
        moment_of(lambda: sunset(here, day), day),
        moment_of(lambda: dusk(here, day, 12.0), day),
    ]
    assert ours.tolist() == pytest.approx(theirs, abs=2000, nan_ok=True)  # two milliseconds


def moment_of(event: object, day: date) -> float:
    """Microseconds after midnight, or NaN when astral finds no such event."""
    assert callable(event)
    try:
        found = event()
    except ValueError:
        return float("nan")
    assert isinstance(found, datetime)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (found - midnight) / timedelta(microseconds=1)
