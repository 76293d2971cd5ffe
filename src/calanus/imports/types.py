"""Imports: what is asked, what is found wrong, what is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from calanus.kit.errors import CalanusError
from calanus.kit.ids import ProjectId
from calanus.users.types import User

BASE = "[base]"  # where a person reads that something concerns the package as a whole


class Kind(StrEnum):
    """What can be wrong; E1 to E22 are EcoTaxa's catalogue, the others are ours."""

    NO_UNDERSCORE = "E1"
    UNKNOWN_PREFIX = "E2"
    BAD_TYPE = "E3"
    TOO_MANY_COLUMNS = "E4"
    NO_ID_COLUMN = "E5"
    BAD_NUMBER = "E6"
    BAD_LATITUDE = "E7"
    BAD_LONGITUDE = "E8"
    BAD_DATE = "E9"
    BAD_TIME = "E10"
    BAD_STATUS = "E11"
    EXTRA_CELLS = "E12"
    NO_OBJECT_ID = "E13"
    NO_IMAGE = "E14"
    BAD_IMAGE = "E15"
    DUPLICATE = "E16"
    ALREADY_LOADED = "E17"
    STATUS_WITHOUT_TAXON = "E18"
    TAXON_WITHOUT_STATUS = "E19"
    TWO_SAMPLES = "E20"
    UNKNOWN_TAXON = "E21"
    NOTHING = "E22"
    TOO_LONG = "too long"
    BAD_PACKAGE = "package"
    BAD_TABLE = "table"


@dataclass(frozen=True)
class ImportProblem:
    """One thing wrong, with all that is needed to find it and mend it."""

    kind: Kind
    reason: str
    file: str = BASE
    line: int = 0
    column: str = ""
    value: str = ""

    @property
    def sentence(self) -> str:
        """For the person who has to mend the file."""
        file = self.file if self.file == BASE else f"{BASE}/{self.file}"
        place = f"{file}, line {self.line}: " if self.line else f"{file}: "
        column = f"{self.column}: " if self.column else ""
        return f"{place}{column}{self.reason}"


class PackageRefused(CalanusError):
    """A source that is not opened at all."""


class Answers(BaseModel):
    """Who and what the names of a package are, when the database does not know them."""

    users: dict[str, int] = Field(default_factory=dict[str, int])
    taxa: dict[str, int] = Field(default_factory=dict[str, int])


class ImportOrder(BaseModel):
    """Load an EcoTaxa package into a project."""

    project_id: int
    source_path: str = ""  # among the user's files
    local_path: str = ""  # on this machine: the command line's way, never HTTP's
    taxo_mappings: dict[str, str] = Field(default_factory=dict[str, str])
    skip_loaded_files: bool = False
    skip_existing_objects: bool = False
    update_mode: str = ""
    instrument: str = "auto"  # whose files these are; "none": a package of EcoTaxa
    measure: bool = False  # the features of an instrument's own laboratory, where it has some
    answers: Answers = Field(default_factory=Answers)

    @property
    def updates(self) -> bool:
        """Whether known objects change and nothing is created."""
        return self.update_mode in ("Yes", "Cla")


class FolderOrder(BaseModel):
    """Load images without a table."""

    project_id: int
    source_path: str = ""
    local_path: str = ""
    values: dict[str, str] = Field(default_factory=dict[str, str])  # of every image, as typed
    hashed_names: bool = False  # objects are named by the MD5 sums of their paths, as in EcoTaxa
    folders_as_taxa: bool = False
    parent_taxon: int | None = None
    create_taxa: bool = False
    answers: Answers = Field(default_factory=Answers)


class MeasureOrder(BaseModel):
    """Measure the images of objects that lack measures."""

    project_id: int


@dataclass(frozen=True)
class Question:
    """Names that only a person can tell, and where each was met first."""

    users: list[str]
    taxa: list[str]
    where: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def __bool__(self) -> bool:
        return bool(self.users or self.taxa)

    def as_wire(self) -> dict[str, Any]:
        """As a job asks it; `where` is ours."""
        return {
            "missing_users": self.users,
            "missing_taxa": self.taxa,
            "where": {name: places[:20] for name, places in self.where.items()},
        }


@dataclass(frozen=True)
class Existing:
    """An object that the project has already, and one of its images."""

    orig_id: str
    object_id: int
    rank: int | None
    orig_file_name: str | None


@dataclass(frozen=True)
class Acting:
    """Who imports into what, and when it began."""

    project_id: ProjectId
    user: User
    at: datetime


@dataclass(frozen=True)
class Loaded:
    """What an import added."""

    rows: int
    objects: int
    images: int
    samples: int
    infos: Sequence[str] = ()
    updated: int = 0
