"""The cruise of the demo: stations, tows by day and by night, and what each of them caught.

Nobody made this cruise. It has three stations on a line from the bay of Villefranche to the open
Ligurian Sea, and one of them is Point B, where plankton has been sampled since 1966.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from calanus.demo.species import SPECIES, Species


@dataclass(frozen=True)
class Station:
    """A place and how far along the line it lies, 0 coast … 1 open sea."""

    name: str
    latitude: float
    longitude: float
    bottom: int  # metres
    away: float


STATIONS = (
    Station("Point B", 43.6853, 7.3163, 85, 0.0),
    Station("Point C", 43.6667, 7.3500, 420, 0.45),
    Station("DYFAMED", 43.4167, 7.8667, 2350, 1.0),
)
LAYERS = ((0, 40), (40, 80))  # metres
FIRST_DAY = datetime(2024, 4, 15)  # noqa: DTZ001  # as in the tables: UTC, without saying so
NET_OPENING = 0.255  # m²: a ring of 57 cm


@dataclass(frozen=True)
class Tow:
    """One haul of the net through one layer: a sample."""

    name: str
    station: Station
    at: datetime
    night: bool
    layer: tuple[int, int]

    @property
    def volume(self) -> float:
        """Cubic metres filtered."""
        return round((self.layer[1] - self.layer[0]) * NET_OPENING, 2)


def tows() -> list[Tow]:
    """A week: each station by day and by night, the upper and the lower layer."""
    made: list[Tow] = []
    for number, station in enumerate(STATIONS):
        for night in (False, True):
            start = FIRST_DAY + timedelta(days=2 * number + night, hours=22 if night else 10)
            for layer in LAYERS:
                at = start + timedelta(minutes=25 * LAYERS.index(layer))
                name = f"{station.name.lower().replace(' ', '')}_{at:%Y%m%d}_"
                name += f"{'night' if night else 'day'}_{layer[0]:03d}_{layer[1]:03d}"
                made.append(Tow(name, station, at, night, layer))
    return made


def catch(objects: int, rng: np.random.Generator) -> list[tuple[Tow, Species]]:
    """So many individuals, shared out among tows and species, in the order of the tows."""
    made = tows()
    expected = np.array([[_expected(species, tow) for species in SPECIES] for tow in made])
    share = (expected / expected.sum()).ravel()
    drawn = rng.choice(share.size, size=objects, p=share)
    # Even a rare species should be met: the first drawn are one of each.
    drawn[: len(SPECIES)] = _one_of_each(expected)[:objects]
    return [(made[i // len(SPECIES)], SPECIES[i % len(SPECIES)]) for i in np.sort(drawn).tolist()]


def _one_of_each(expected: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[int]:
    """Each species in the tow where it is commonest."""
    best = expected.argmax(axis=0)
    return [int(tow) * len(SPECIES) + species for species, tow in enumerate(best)]


def _expected(species: Species, tow: Tow) -> float:
    deep = tow.layer[0] > 0
    number = species.abundance * species.offshore**tow.station.away
    if deep:
        number *= species.deep
    if tow.night:
        number *= species.night if not deep else 1 / species.night
    return number
