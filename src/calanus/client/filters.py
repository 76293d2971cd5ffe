"""Filters in plain words, as the server's filters."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Protocol

from calanus.client.errors import Invalid, Unknown
from calanus.client.types import STATES, Filters, TaxonLike

# Which states the server takes together, and how it calls them.
TOGETHER: Mapping[frozenset[str], str] = {
    frozenset("PV"): "PV",
    frozenset("PVD"): "PVD",
    frozenset("UPD"): "NV",
    frozenset("UP"): "UP",
}
SUN: Mapping[str, str] = {"day": "D", "night": "N", "dawn": "A", "dusk": "U"}
SIDES = {"north": "MapN", "south": "MapS", "east": "MapE", "west": "MapW"}


class Names(Protocol):
    """Who knows what the names of a project mean."""

    def taxon_id(self, taxon: TaxonLike) -> int: ...
    def sample_id(self, sample: int | str) -> int: ...
    def number_field(self, name: str) -> str: ...
    def text_place(self, name: str) -> str: ...


def wire_filters(filters: Filters, names: Names) -> dict[str, str]:
    """Filters as the server reads them.

    Raises:
        Unknown: there is no such filter, or a name in it means nothing.
        Invalid: a value makes no sense.
    """
    given: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
    known = [*Filters.__annotations__]
    for name in given:
        if name not in known:
            raise Unknown("filter", name, known, f"There are: {', '.join(known)}.")
    if "number" in given and "score" in given:
        raise Invalid("The server takes one range of numbers at a time: number or score, not both.")
    told: dict[str, str] = {}
    for name, value in given.items():
        if name in READERS:
            told |= READERS[name](value, names)
    return told | rectangle(given) | below(given)


def many(value: Any) -> list[Any]:
    """One value, or several, as a list."""
    several = isinstance(value, Sequence | set) and not isinstance(value, str)
    return list(value) if several else [value]  # pyright: ignore[reportUnknownArgumentType]


def ids(values: Sequence[int]) -> str:
    """Ids as the server reads several."""
    if not values:
        raise Invalid("A filter was given an empty list, which would choose nothing.")
    return ",".join(map(str, values))


def pair(name: str, value: Any) -> tuple[Any, Any]:
    """From and to."""
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        raise Invalid(
            f"{name} takes two values, from and to: {name}=(a, b); None leaves a side open. "
            f"It was given {value!r}."
        )
    return value[0], value[1]


def text(value: Any) -> str:
    """A value as the server reads it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def between(name: str, start: str, end: str) -> Callable[[Any, Names], dict[str, str]]:
    """How a range of two bounds is told."""

    def read(value: Any, _: Names) -> dict[str, str]:
        bounds = zip((start, end), pair(name, value), strict=True)
        return {bound: text(one) for bound, one in bounds if one is not None}

    return read


def read_taxon(value: Any, names: Names) -> dict[str, str]:
    """By taxon."""
    return {"taxo": ids([names.taxon_id(taxon) for taxon in many(value)])}


def read_state(value: Any, _: Names) -> dict[str, str]:
    """By state, or by several that the server takes together."""
    letters: set[str] = set()
    for word in many(value):
        letter = STATES.get(str(word).lower(), word)
        if letter not in STATES.values():
            raise Unknown("state", word, [*STATES], f"There are: {', '.join(STATES)}.")
        letters.add(letter)
    if len(letters) == 1:
        return {"statusfilter": letters.pop()}
    if letters >= set("UPDV"):
        return {}
    found = TOGETHER.get(frozenset(letters))
    if found is None:
        raise Invalid(
            "The server does not take these states together; it takes predicted with validated, "
            "with or without dubious; unclassified with predicted, with or without dubious."
        )
    return {"statusfilter": found}


def read_sample(value: Any, names: Names) -> dict[str, str]:
    """By sample."""
    return {"samples": ids([names.sample_id(sample) for sample in many(value)])}


def read_number(value: Any, names: Names) -> dict[str, str]:
    """By a free number."""
    if isinstance(value, str) or len(value) != 3:
        raise Invalid('number takes a column, from and to, such as number=("area", 500, None).')
    return number_between(names.number_field(value[0]), value[1:])


def read_score(value: Any, _: Names) -> dict[str, str]:
    """By score."""
    return number_between("obj.classif_score", pair("score", value))


def number_between(name: str, bounds: Sequence[Any]) -> dict[str, str]:
    """A range of one number."""
    told = zip(("freenumst", "freenumend"), bounds, strict=True)
    given = {bound: str(float(one)) for bound, one in told if one is not None}
    return {"freenum": name, **given} if given else {}


def read_text(value: Any, names: Names) -> dict[str, str]:
    """By a free text."""
    if isinstance(value, str) or len(value) != 2:
        raise Invalid('text takes a column and a text, such as text=("sample.stationid", "B").')
    return {"freetxt": names.text_place(value[0]), "freetxtval": str(value[1])}


def read_outside(value: Any, _: Names) -> dict[str, str]:
    """By time of the day, but not between two."""
    start, end = pair("outside_time", value)
    return {"fromtime": text(start), "totime": text(end), "inverttime": "1"}


def read_months(value: Any, _: Names) -> dict[str, str]:
    """By month."""
    months = [int(month) for month in many(value)]
    if not all(1 <= month <= 12 for month in months):
        raise Invalid(f"month takes numbers from 1 to 12, not {value!r}.")
    return {"month": ids(months)}


def read_sun(value: Any, _: Names) -> dict[str, str]:
    """By where the sun stood."""
    for word in many(value):
        if word not in SUN:
            raise Unknown("position of the sun", word, [*SUN], f"There are: {', '.join(SUN)}.")
    return {"daytime": ",".join(SUN[word] for word in many(value))}


def numbers(name: str) -> Callable[[Any, Names], dict[str, str]]:
    """How ids are told that mean nothing to us."""
    return lambda value, _: {name: ids([int(one) for one in many(value)])}


def rectangle(given: Mapping[str, Any]) -> dict[str, str]:
    """By place: four sides or none."""
    sides = {ours: given[name] for name, ours in SIDES.items() if name in given}
    if sides and len(sides) < 4:
        raise Invalid("A rectangle of the map needs all of north, south, east and west.")
    return {name: str(float(side)) for name, side in sides.items()}


def below(given: Mapping[str, Any]) -> dict[str, str]:
    """Whether taxa count with all below them."""
    if not given.get("below"):
        return {}
    if "taxon" not in given:
        raise Invalid("below=True means the taxa below taxon=…; name one.")
    return {"taxochild": "Y"}


READERS: Mapping[str, Callable[[Any, Names], dict[str, str]]] = {
    "taxon": read_taxon,
    "state": read_state,
    "sample": read_sample,
    "score": read_score,
    "number": read_number,
    "text": read_text,
    "depth": between("depth", "depthmin", "depthmax"),
    "date": between("date", "fromdate", "todate"),
    "time": between("time", "fromtime", "totime"),
    "outside_time": read_outside,
    "month": read_months,
    "sun": read_sun,
    "annotator": numbers("filt_last_annot"),
    "ever_annotator": numbers("filt_annot"),
    "identified": between("identified", "validfromdate", "validtodate"),
    "instrument": lambda value, _: {"instrum": str(value)},
}
