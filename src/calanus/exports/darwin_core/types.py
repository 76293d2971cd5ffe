"""The Darwin Core Archive: what may be asked, and what goes into it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from calanus.collections.types import Collection, People
from calanus.exports.types import Quantity
from calanus.projects.types import Project

SEPARATE = "_"
PREDICTED = "_P"  # ends the names of occurrences that a model saw and nobody confirmed


class Computation(StrEnum):
    """What is measured of each occurrence; the values are EcoTaxa's."""

    COUNT = "ABO"
    CONCENTRATION = "CNC"
    BIOVOLUME = "BIV"


# In the order in which they are summed, after the number of objects.
COMPUTED: Mapping[Computation, Quantity] = {
    Computation.CONCENTRATION: Quantity.CONCENTRATION,
    Computation.BIOVOLUME: Quantity.BIOVOLUME,
}


class DarwinCoreExportReq(BaseModel):
    """What a Darwin Core Archive is asked to hold."""

    model_config = ConfigDict(extra="ignore")

    collection_id: int
    dry_run: bool = False
    include_predicted: bool = False
    with_absent: bool = False
    with_computations: list[Computation] = []
    formulae: dict[str, str] = Field(default={}, max_length=10)
    extra_xml: list[str] = Field(default=[], max_length=50)

    def quantities(self) -> list[Quantity]:
        """What is summed: objects are always counted."""
        wanted = [quantity for c, quantity in COMPUTED.items() if c in self.with_computations]
        return [Quantity.ABUNDANCE, *wanted]


class DarwinCoreOrder(BaseModel):
    """The job of a Darwin Core Archive."""

    request: DarwinCoreExportReq


@dataclass(frozen=True)
class Findings:
    """What is wrong with a collection, and what is worth knowing, before it becomes an archive."""

    errors: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class Publication:
    """A collection to be published: its words, its people, its projects."""

    collection: Collection
    people: People
    projects: list[Project]


@dataclass(frozen=True)
class Sampled:
    """A sample with dated objects: when, where and how deep they were."""

    project_id: int
    sample_id: int
    orig_id: str
    texts: list[str]
    latitude: float | None
    longitude: float | None
    south: float | None
    north: float | None
    west: float | None
    east: float | None
    begins: datetime
    ends: datetime
    timed: bool  # every object tells its time, not only its date
    depth_min: float | None
    depth_max: float | None


@dataclass(frozen=True)
class Species:
    """A taxon of WoRMS that occurs, and the taxa of ours that are written as it."""

    aphia_id: int
    name: str
    rank: str
    kingdom: str
    taxa: tuple[int, ...]  # the highest id first

    @property
    def key(self) -> str:
        """What its occurrences are called by."""
        return SEPARATE.join(map(str, self.taxa))


@dataclass
class Amount:
    """How much of a species there is in a sample; nothing where it cannot be told."""

    objects: int = 0
    concentration: float | None = None
    biovolume: float | None = None


# (sample, state) → AphiaID → how much
Amounts = dict[tuple[int, str], dict[int, Amount]]


@dataclass(frozen=True)
class Contents:
    """All that the tables of an archive are written from."""

    publication: Publication
    request: DarwinCoreExportReq
    events: dict[int, str]  # sample → its name in the archive
    sampled: list[Sampled]
    species: dict[int, Species]  # by AphiaID
    occurring: Amounts  # by the recast of occurrences
    measured: Amounts  # by the recast of measurements
    warnings: list[str] = field(default_factory=list[str])
