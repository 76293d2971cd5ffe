"""What touches all, or many, of a project's rows: orders, what was done, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field

from calanus.kit.errors import CalanusError, Conflict
from calanus.kit.ids import BatchId, ProjectId
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import LastIds
from calanus.projects.types import Columns


class GroupDefinitions(StrEnum):
    """Of what a subset takes some; the letters are EcoTaxa's."""

    CATEGORIES = "C"
    SAMPLES = "S"
    ACQUISITIONS = "A"
    OBJECTS = "I"


class LimitMethods(StrEnum):
    """How a subset is limited in each group."""

    PERCENT = "P"
    CONSTANT = "V"


class ProjectFiltersDict(ProjectFilters):
    """EcoTaxa's filters, by the name that its subsets know them."""


class SubsetReq(BaseModel):
    """Take some objects of each group into another project."""

    filters: ProjectFiltersDict = ProjectFiltersDict()
    dest_prj_id: int
    group_type: GroupDefinitions
    limit_type: LimitMethods
    limit_value: float = Field(ge=0, le=1e9, allow_inf_nan=False)


class SubsetOrder(BaseModel):
    """The job of a subset."""

    project_id: int
    request: SubsetReq


@dataclass(frozen=True)
class Alignment:
    """What one level of a project becomes, and what fills it from another project.

    `numbers` and `texts` hold, for each place of the destination, the place of the source that
    fills it, counted from 1; 0 where the source has nothing for it.
    """

    columns: Columns
    numbers: list[int]
    texts: list[int]

    def plain(self, letter: str) -> bool:
        """Whether every value stays in its place."""
        places = self.numbers if letter == "n" else self.texts
        return places == list(range(1, len(places) + 1))


Fits = Mapping[str, Alignment]  # by level: object, sample, acquisition, process


@dataclass(frozen=True)
class StoredCopy:
    """An image to be copied: where its bytes lie, and those of its thumbnails."""

    image_id: int
    path: str
    position: int
    length: int
    smaller: list[tuple[int, str, int, int]]  # size, path, position, length


@dataclass(frozen=True)
class Arrived:
    """From where to where rows are copied, under which batch, and the ids they get."""

    source: ProjectId
    target: ProjectId
    batch_id: BatchId
    first: LastIds  # the first new ids


@dataclass(frozen=True)
class Taken:
    """What a subset brought."""

    objects: int
    images: int
    samples: int
    acquisitions: int


@dataclass(frozen=True)
class Shift:
    """What is added to each id of a project that is merged into another."""

    sample: int
    acquisition: int
    object: int
    image: int
    pack: int


@dataclass(frozen=True)
class MergePlan:
    """What a merge would do, or did; with errors, it does nothing."""

    errors: list[str]
    objects: int = 0
    samples: int = 0
    fused_samples: int = 0
    same_names: int = 0  # objects whose name both projects have; they stay two
    new_columns: int = 0


@dataclass(frozen=True)
class Removed:
    """What a removal took away, and the packs that nothing names any more."""

    objects: int
    images: int
    packs: list[str]


@dataclass(frozen=True)
class Miscount:
    """A number of objects that a project remembers wrongly."""

    taxon_id: int  # -1: unidentified
    state: str
    remembered: int
    real: int


@dataclass(frozen=True)
class PackState:
    """A pack of images: its file, how long it must be, and how far its images reach."""

    path: str
    bytes: int
    reach: int


class SameProject(CalanusError):
    def __init__(self) -> None:
        super().__init__("Source and destination are the same project; choose another one.")


class ColumnsDontFit(CalanusError):
    """Free columns of two projects that cannot stand side by side."""

    def __init__(self, wrong: list[str]) -> None:
        super().__init__(" ".join(wrong))


class Busy(Conflict):
    def __init__(self, project_id: int) -> None:
        super().__init__(
            f"An import into project {project_id} is under way; wait until it ends, or cancel it."
        )
