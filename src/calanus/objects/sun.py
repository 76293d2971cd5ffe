"""Where the sun stands: day, dusk, night or dawn, for many places and moments at once.

The formulae are NOAA's solar calculator (after Meeus, Astronomical Algorithms), in the form of the
library `astral`, of which this is the vectorised twin: tests hold both together. One call of
astral takes 0.1 ms; an import has a hundred thousand.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

NAUTICAL = 12.0  # degrees below the horizon, where night begins
SUN_RADIUS = 32.0 / (60.0 * 2.0)  # degrees
RISING, SETTING = 1.0, -1.0
MINUTES_A_DAY = 1440.0
MICROSECONDS_A_MINUTE = 60_000_000.0
J2000 = 2_451_545.0
EPOCH = 2_440_587.5  # 1970-01-01 as a Julian day


def sun_positions(
    days: Days, microseconds: NDArray[np.int64], latitudes: Floats, longitudes: Floats
) -> list[str]:
    """D day, U dusk, N night, A dawn, or ? where something is missing or does not happen.

    All times are UTC; a missing day is NaT, a missing time negative, a missing angle NaN.
    """
    letters = np.full(len(days), "?")
    known = ~np.isnat(days) & (microseconds >= 0) & np.isfinite(latitudes) & np.isfinite(longitudes)
    if known.any():
        instants = events(
            days[known].astype("datetime64[D]").astype(np.int64),
            latitudes[known],
            longitudes[known],
        )
        letters[known] = letters_at(microseconds[known].astype(np.float64), instants)
    return letters.tolist()


def events(days: NDArray[np.int64], latitudes: Floats, longitudes: Floats) -> Floats:
    """Dawn, sunrise, sunset and dusk of each day and place (4, n) in microseconds, or NaN."""
    inputs = np.stack([days.astype(np.float64), latitudes, longitudes])
    different, back = np.unique(inputs, axis=1, return_inverse=True)
    risen = 90.0 + SUN_RADIUS
    found = [
        instant(different, zenith, direction)
        for zenith, direction in (
            (90.0 + NAUTICAL, RISING),
            (risen, RISING),
            (risen, SETTING),
            (90.0 + NAUTICAL, SETTING),
        )
    ]
    return np.stack(found)[:, back.reshape(-1)]


def letters_at(at: Floats, instants: Floats) -> NDArray[np.str_]:
    """The last interval that holds a moment; one that crosses midnight is two."""
    dawn, sunrise, sunset, dusk = instants
    letters = np.full(len(at), "?")
    for letter, start, end in (
        ("N", dusk, dawn),
        ("A", dawn, sunrise),
        ("D", sunrise, sunset),
        ("U", sunset, dusk),
    ):
        straight = (start <= end) & (at >= start) & (at <= end)
        crossing = (start > end) & ((at >= start) | (at <= end))
        letters[straight | crossing] = letter
    letters[np.isnan(instants).any(axis=0)] = "?"
    return letters


def instant(inputs: Floats, zenith: float, direction: float) -> Floats:
    """When the sun passes a zenith angle on a day, in microseconds after its midnight (UTC)."""
    days, latitudes, longitudes = inputs
    limited = np.clip(latitudes, -89.8, 89.8)
    bent = zenith + refraction(zenith)

    def minutes_on(wanted: Floats) -> Floats:
        return transit(wanted + EPOCH, limited, longitudes, bent, direction)

    return on_the_day(days, minutes_on)


def on_the_day(days: Floats, minutes_on: Callable[[Floats], Floats]) -> Floats:
    """An event that falls on a neighbouring day is looked for from the other side, once."""
    minutes = minutes_on(days)
    shift = np.floor(minutes / MINUTES_A_DAY)
    again = -np.sign(shift)
    moved = minutes_on(days + np.nan_to_num(again)) + np.nan_to_num(again) * MINUTES_A_DAY
    minutes = np.where(shift == 0, minutes, moved)
    minutes[~((minutes >= 0) & (minutes < MINUTES_A_DAY))] = np.nan
    return np.floor(minutes * MICROSECONDS_A_MINUTE)


def transit(
    julian_days: Floats, latitudes: Floats, longitudes: Floats, zenith: float, direction: float
) -> Floats:
    """Minutes after midnight; two rounds, the second with the sun where the first one found it."""
    minutes = np.zeros_like(julian_days)
    for _ in range(2):
        century = (julian_days + minutes / MINUTES_A_DAY - J2000) / 36525.0
        angle = hour_angle(latitudes, declination(century), zenith) * direction
        offset = (-longitudes - angle) * 4.0 - equation_of_time(century)
        offset = np.where(offset < -720.0, offset + MINUTES_A_DAY, offset)
        minutes = 720.0 + offset
    return minutes


def hour_angle(latitudes: Floats, declinations: Floats, zenith: float) -> Floats:
    """Degrees between noon and the event; NaN where the sun never gets there."""
    latitude, decline = np.radians(latitudes), np.radians(declinations)
    cosine = (np.cos(np.radians(zenith)) - np.sin(latitude) * np.sin(decline)) / (
        np.cos(latitude) * np.cos(decline)
    )
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos(cosine))


def refraction(zenith: float) -> float:
    """Degrees by which the air bends light from this zenith angle."""
    elevation = 90.0 - zenith
    if elevation >= 85.0:
        return 0.0
    tangent = float(np.tan(np.radians(elevation)))
    if elevation > 5.0:
        seconds = 58.1 / tangent - 0.07 / tangent**3 + 0.000086 / tangent**5
    elif elevation > -0.575:
        steps = -12.79 + elevation * 0.711
        steps = 103.4 + elevation * steps
        steps = -518.2 + elevation * steps
        seconds = 1735.0 + elevation * steps
    else:
        seconds = -20.774 / tangent
    return seconds / 3600.0


def mean_longitude(century: Floats) -> Floats:
    """Of the sun, degrees."""
    return (280.46646 + century * (36000.76983 + 0.0003032 * century)) % 360.0


def mean_anomaly(century: Floats) -> Floats:
    """Of the sun, degrees."""
    return 357.52911 + century * (35999.05029 - 0.0001537 * century)


def obliquity(century: Floats) -> Floats:
    """Of the ecliptic, corrected, degrees."""
    seconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))
    omega = 125.04 - 1934.136 * century
    return 23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.00256 * np.cos(np.radians(omega))


def declination(century: Floats) -> Floats:
    """Of the sun, degrees."""
    anomaly = np.radians(mean_anomaly(century))
    centre = (
        np.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + np.sin(3 * anomaly) * 0.000289
    )
    omega = np.radians(125.04 - 1934.136 * century)
    apparent = mean_longitude(century) + centre - 0.00569 - 0.00478 * np.sin(omega)
    return np.degrees(
        np.arcsin(np.sin(np.radians(obliquity(century))) * np.sin(np.radians(apparent)))
    )


def equation_of_time(century: Floats) -> Floats:
    """Minutes."""
    longitude = np.radians(mean_longitude(century))
    anomaly = np.radians(mean_anomaly(century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    y = np.tan(np.radians(obliquity(century)) / 2.0) ** 2
    angle = (
        y * np.sin(2.0 * longitude)
        - 2.0 * eccentricity * np.sin(anomaly)
        + 4.0 * eccentricity * y * np.sin(anomaly) * np.cos(2.0 * longitude)
        - 0.5 * y * y * np.sin(4.0 * longitude)
        - 1.25 * eccentricity**2 * np.sin(2.0 * anomaly)
    )
    return np.degrees(angle) * 4.0
