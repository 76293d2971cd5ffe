"""What the client speaks of: taxa, questions, and the words of filters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal, TypeAlias, TypedDict

STATES: Mapping[str, str] = {
    "unclassified": "U",
    "predicted": "P",
    "dubious": "D",
    "validated": "V",
    "discarded": "X",
}
LETTERS = {letter: word for word, letter in STATES.items()}
StateName = Literal["unclassified", "predicted", "dubious", "validated", "discarded"]


@dataclass(frozen=True)
class Taxon:
    """A node of the tree. `type` is P (phylogenetic) or M (morphological), `status` A (active),
    D (deprecated) or N (new)."""

    id: int
    name: str
    display_name: str
    parent_id: int | None
    type: str
    status: str

    def __str__(self) -> str:
        return self.display_name


@dataclass(frozen=True)
class Question:
    """Names in a package that only a person can tell."""

    taxa: list[str]
    users: list[str]
    where: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    several: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    proposed: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])


class Answers(TypedDict, total=False):
    """What names mean: a taxon (itself, its id or name), a person (id, e-mail address or name)."""

    taxa: Mapping[str, "int | str | Taxon"]
    users: Mapping[str, int | str]


Ask: TypeAlias = Callable[[Question], Answers]
TaxonLike: TypeAlias = int | str | Taxon
Range: TypeAlias = tuple[Any, Any]  # from and to, both included; None leaves a side open
Day: TypeAlias = date | str
Moment: TypeAlias = datetime | str
Hour: TypeAlias = time | str


class Filters(TypedDict, total=False):
    """Which objects. Several words together narrow the choice; a list means any of its values."""

    taxon: "TaxonLike | Sequence[TaxonLike]"
    """A taxon, by its name, id or itself; or several."""
    below: bool
    """Also all taxa below these."""
    state: "StateName | Sequence[StateName]"
    """`unclassified`, `predicted`, `dubious`, `validated`, or several of them."""
    sample: int | str | Sequence[int | str]
    """A sample, by its name or id; or several."""
    score: Range
    """Scores of predictions, from and to: `(0.9, None)`."""
    number: tuple[str, float | None, float | None]
    """A number that the project measures, from and to: `("area", 500, None)`."""
    text: tuple[str, str]
    """A free text that contains another: `("sample.stationid", "Point B")`; `"^B"`: begins so."""
    depth: tuple[float | None, float | None]
    """Metres, from and to."""
    date: tuple[Day | None, Day | None]
    """Days of sampling, from and to."""
    time: tuple[Hour | None, Hour | None]
    """Times of the day (UTC), from and to."""
    outside_time: tuple[Hour, Hour]
    """Times of the day (UTC) that are not between these."""
    month: int | Sequence[int]
    """Months of the year, 1 to 12."""
    sun: str | Sequence[str]
    """`day`, `night`, `dawn`, `dusk`; or several."""
    north: float
    """With `south`, `east` and `west`: a rectangle of the map, in degrees."""
    south: float
    east: float
    west: float
    annotator: int | Sequence[int]
    """Who identified them as they are, by the number of the account."""
    ever_annotator: int | Sequence[int]
    """Who ever identified them."""
    identified: tuple[Moment | None, Moment | None]
    """When they were identified as they are (UTC), from and to."""
    instrument: str
    """The project's instrument contains this."""
