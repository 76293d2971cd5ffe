"""What an audit orders, finds and tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from calanus.audit.agreement import Share
from calanus.kit.errors import Conflict, Invalid, NotFound
from calanus.kit.ids import ObjectId, SampleId, TaxonId, UserId

MOST_LOOKS = 2000  # kept of each kind
MOST_READ = 5000  # objects of one reading
MOST_ESTIMATED = 200_000  # predicted objects in one table of abundances
MOST_DRAWS = 1000
MOST_CELLS = 50_000_000  # numbers held at once while drawing


class Kind(StrEnum):
    """Why an object deserves a second look."""

    DOUBT = "doubt"
    OUTLIER = "outlier"


class AuditOrder(BaseModel):
    """The job of an audit."""

    project_id: int
    features: list[str] = Field(
        default=[], max_length=500, description="Columns, as fre.area; none named: all numbers."
    )
    use_scn: bool = Field(default=False, description="Also compare by deep features.")
    limit: int = Field(default=2000, ge=5, le=20_000, description="At most so many of a taxon.")
    seed: int = Field(default=0, ge=0, lt=2**31)


@dataclass(frozen=True)
class Look:
    """A validated object that deserves a second look."""

    object_id: ObjectId
    kind: str
    taxon_id: TaxonId
    suggested_id: TaxonId | None
    margin: float


@dataclass(frozen=True)
class Audit:
    """The last audit of a project."""

    made_at: datetime
    examined: int
    confusion: Sequence[tuple[int, int, int]]
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Guessed:
    """A predicted object with its guesses, best first; none where it came with a score alone."""

    sample_id: SampleId
    taxon_id: TaxonId
    score: float | None
    taxa: Sequence[int] | None
    scores: Sequence[float] | None


@dataclass(frozen=True)
class Tallied:
    """How many objects of a taxon in a sample are in a state."""

    sample_id: SampleId
    taxon_id: TaxonId
    state: str
    objects: int


@dataclass(frozen=True)
class Abundance:
    """A taxon in a sample: what was counted, and what may be there. Estimates are marked so."""

    sample_id: int
    sample: str
    taxon_id: int  # 0: taxa that guesses leave open
    taxon: str
    validated: int
    validated_and_predicted: int
    estimate: float
    estimate_low: float
    estimate_high: float
    adjusted_estimate: float | None
    adjusted_low: float | None
    adjusted_high: float | None


@dataclass(frozen=True)
class Abundances:
    """The table, and what it was made from."""

    rows: Sequence[Abundance]
    predicted: int
    without_score: int  # predicted objects that bear no score, counted as certain
    seed: int
    draws: int
    adjusted_by: datetime | None  # the audit whose confusion was used
    infos: Sequence[str]


@dataclass(frozen=True)
class AbundanceOrder:
    """Of which samples (none named: all), and how estimates are drawn."""

    samples: Sequence[int] = ()
    draws: int = 200
    seed: int = 0


class AnswerReq(BaseModel):
    """What somebody calls the object at a place of a reading."""

    place: int = Field(ge=1, lt=2**31)
    taxon_id: int = Field(ge=1, lt=2**31)


class DrawReq(BaseModel):
    """Draw validated objects to read again: some of each taxon, or some in all."""

    per_taxon: int | None = Field(default=None, ge=1, le=MOST_READ)
    in_all: int | None = Field(default=None, ge=1, le=MOST_READ)
    seed: int = Field(default=0, ge=0, lt=2**31)


@dataclass(frozen=True)
class Reading:
    """A part drawn to be read again, and how far that is."""

    reading_id: int
    drawn_at: datetime
    drawn_by: str
    seed: int
    per_taxon: int | None
    in_all: int | None
    objects: int
    read: int


@dataclass(frozen=True)
class Unread:
    """An object to name, without its name: its place in the reading, and its image."""

    place: int
    image_id: int | None
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Read:
    """What an object was called, and what it was called when it was read again."""

    taxon_id: TaxonId
    annotator_id: UserId | None
    second_id: TaxonId
    reader_id: UserId


@dataclass(frozen=True)
class TaxonAgreement:
    """Of the objects first read as a taxon, how many were read so again."""

    taxon_id: int
    taxon: str
    agreement: Share


@dataclass(frozen=True)
class Confused:
    """How many objects were read as one taxon first, and as another then."""

    taxon_id: int
    taxon: str
    second_id: int
    second: str
    objects: int


@dataclass(frozen=True)
class Agreement:
    """How far a second reading agrees with the first."""

    overall: Share
    kappa: float | None
    same_person: Share
    another_person: Share
    taxa: Sequence[TaxonAgreement]
    confused: Sequence[Confused]


class NothingToAudit(Invalid):
    """Too little is validated to say anything about it."""


class TooMany(Invalid):
    """More than can be estimated at once."""


class ReadingNotFound(NotFound):
    def __init__(self, reading_id: int) -> None:
        super().__init__(f"There is no reading {reading_id} in this project.")


class AlreadyRead(Conflict):
    def __init__(self, place: int) -> None:
        super().__init__(
            f"Object {place} of this reading has been read already, or is not in it; "
            "ask for the next ones."
        )
