"""Imports: what is asked, what is found wrong, what is loaded."""

from collections.abc import Mapping, Sequence
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
    more: int = 0  # lines of the file that say the same

    @property
    def sentence(self) -> str:
        """For the person who has to mend the file."""
        file = self.file if self.file == BASE else f"{BASE}/{self.file}"
        place = f"{file}, line {self.line}: " if self.line else f"{file}: "
        column = f"{self.column}: " if self.column else ""
        lines = "line" if self.more == 1 else "lines"
        also = f" (So on {self.more:,} more {lines}.)" if self.more else ""
        return f"{place}{column}{self.reason}{also}"


class PackageRefused(CalanusError):
    """A source that is not opened at all."""


Meaning = int | str | None  # an id, or another name for it; nothing leaves the question open


class Answers(BaseModel):
    """Who and what the names of a package are, when the database does not know them.

    A taxon is told by its id or its name, a person by their id, e-mail address or name. Other
    keys are not read, so a question that was kept in a file is an answer once it is filled in.
    """

    users: dict[str, Meaning] = Field(default_factory=dict[str, Meaning])
    taxa: dict[str, Meaning] = Field(default_factory=dict[str, Meaning])

    def __or__(self, later: "Answers") -> "Answers":
        """Both, where the later one wins; names are the same in any case of letters."""
        return Answers(
            users=lowered(self.users) | lowered(later.users),
            taxa=lowered(self.taxa) | lowered(later.taxa),
        )


def lowered(answers: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """Answers by name in lower case; those left open are no answers."""
    return {
        name.strip().lower(): meant for name, meant in answers.items() if meant not in (None, "")
    }


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
    dry_run: bool = False  # check everything, say what would be done, write nothing
    answers: Answers = Field(default_factory=Answers)

    @property
    def updates(self) -> bool:
        """Whether known objects change and nothing is created."""
        return self.update_mode in ("Yes", "Cla")

    @property
    def identifies(self) -> bool:
        """Whether an update changes identifications, too."""
        return self.update_mode == "Cla"


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
    dry_run: bool = False
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
    several: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    proposed: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    def __bool__(self) -> bool:
        return bool(self.users or self.taxa)

    def as_wire(self) -> dict[str, Any]:
        """As a job asks it: word by word as EcoTaxa, whose clients compare it."""
        return {"missing_users": self.users, "missing_taxa": self.taxa}

    def clues(self) -> dict[str, Any]:
        """What helps to answer it.

        `where` are the first places of each name, `several` the taxa that a name may mean, where
        it is more than one, and `proposed` is what was answered the last time.
        """
        where = {name: places[:20] for name, places in self.where.items()}
        ours = {"several": self.several, "proposed": self.proposed}
        return {"where": where} | {name: told for name, told in ours.items() if told}


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


LEVELS = ("object", "identification", "sample", "acquisition", "process", "image")
MOST_EXAMPLES = 20


@dataclass
class Level:
    """What becomes of the objects, the samples … that a package names."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    unknown: int = 0
    first_unknown: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Erased:
    """A value that an empty cell takes away."""

    file: str
    line: int
    of: str  # the object, the sample … by its name
    column: str
    value: str


@dataclass
class Outcome:
    """What an import does, or would do: shown before as a preview, and after as its result."""

    rows: int = 0
    tables: list[str] = field(default_factory=list[str])
    levels: dict[str, Level] = field(
        default_factory=lambda: {level: Level() for level in LEVELS}  # in this order
    )
    new_columns: list[str] = field(default_factory=list[str])
    erased: dict[str, int] = field(default_factory=dict[str, int])  # cells, by column
    erased_examples: list[Erased] = field(default_factory=list[Erased])
    skipped_rows: int = 0

    def erase(self, erased: Erased, *, cells: int = 1) -> None:
        """Note cells that are erased; the first ones are kept as examples."""
        self.erased[erased.column] = self.erased.get(erased.column, 0) + cells
        if len(self.erased_examples) < MOST_EXAMPLES:
            self.erased_examples.append(erased)
