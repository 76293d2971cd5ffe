"""Learning sets, orders to predict, and what may stand in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from calanus.annotation.types import Guesses
from calanus.kit.errors import Invalid
from calanus.kit.ids import BatchId
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project

Features: TypeAlias = NDArray[np.float32]  # (objects, dimensions)
Numbers: TypeAlias = NDArray[np.float64]  # (objects, columns), NaN where missing
Taxa: TypeAlias = NDArray[np.int64]  # (objects,)
Scores: TypeAlias = NDArray[np.float32]  # (objects, taxa)
# (objects,): whether the extractor was trained without an object's image
Fresh: TypeAlias = NDArray[np.bool_]
ClassifierName = Literal["linear", "forest"]

LARGEST = 350_000  # objects to learn from
BEST = 3  # guesses kept of each object
CHUNK = 10_000  # objects guessed at once; the last bits of a score depend on it


class Classifier(Protocol):
    """Anything that learns taxa from features: scikit-learn's contract, with our types."""

    classes_: Taxa

    def fit(self, X: Features, y: Taxa, fresh: Fresh | None = None) -> Self:
        """Learn the taxa of objects; only `fresh` ones may tell how sure to be."""
        ...

    def predict_proba(self, X: Features) -> Scores:
        """How likely each of `classes_` is: (objects, taxa), rows sum to 1."""
        ...


class PredictionReq(BaseModel):
    """What to learn from, and what to predict. Names are EcoTaxa's; those with a default are ours,
    except `learning_limit` and `use_scn`."""

    model_config = ConfigDict(extra="ignore")

    project_id: int = Field(description="The project whose objects are predicted.")
    source_project_ids: list[int] = Field(
        description="Projects to learn from; none where a model is named."
    )
    learning_limit: int | None = Field(
        default=None, ge=1, description="At most so many objects of each taxon."
    )
    features: list[str] = Field(description="Columns, as fre.area or obj.depth_min.")
    categories: list[int] = Field(description="Taxa to learn; none named: all that are found.")
    use_scn: bool = Field(default=False, description="Also learn from deep features.")
    pre_mapping: dict[int, int] = Field(description="Taxa that are learnt as another.")
    classifier: ClassifierName = "linear"
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="An imported classifier that predicts, instead of learning from projects.",
    )
    seed: int = Field(default=0, ge=0, lt=2**31)
    risk: float | None = Field(
        default=None,
        gt=0,
        le=50,
        description="At most so many per cent of the names may be wrong: an object gets a taxon "
        "above the likeliest where that is not sure enough, and none where nothing below the root "
        "is. Without it, every object gets the likeliest taxon.",
    )
    unlike: float | None = Field(
        default=None,
        gt=0,
        le=50,
        description="Leave objects as they are that look like nothing learnt, and list them: so "
        "many per cent of what looks like the learnt objects are wrongly among them. Without it, "
        "every object is named.",
    )

    @model_validator(mode="after")
    def something_to_learn_from(self) -> Self:
        """Projects, or a model that was taught elsewhere."""
        if not self.source_project_ids and self.model is None:
            raise ValueError("name a project to learn from in source_project_ids, or a model")
        return self


class PredictOrder(BaseModel):
    """The job of a prediction."""

    filters: ProjectFilters = ProjectFilters()
    request: PredictionReq


class ClassifierReq(BaseModel):
    """A classifier to be written to a file, and what teaches it."""

    name: str = Field(pattern="^[a-z][a-z0-9_]{0,62}$", description="What it will be called.")
    request: PredictionReq = Field(description="What to learn from: by deep features alone.")

    @model_validator(mode="after")
    def something_to_teach(self) -> Self:
        """Projects: what a model of another file knows cannot be taught on."""
        if not self.request.source_project_ids:
            raise ValueError("name a project that teaches in request.source_project_ids")
        return self

    def by_images(self, project_id: int) -> Self:
        """The same of a project, whatever else it would learn by."""
        request = PredictionReq(
            project_id=project_id,
            source_project_ids=self.request.source_project_ids,
            learning_limit=self.request.learning_limit,
            features=[],
            categories=self.request.categories,
            use_scn=True,
            pre_mapping=self.request.pre_mapping,
            seed=self.request.seed,
        )
        return self.model_copy(update={"request": request})


class ReportOrder(BaseModel):
    """The job of a report on a learning set, before anything is predicted."""

    request: PredictionReq


@dataclass(frozen=True)
class Candidates:
    """Validated objects that may teach: parallel columns."""

    project_ids: NDArray[np.int64]
    object_ids: NDArray[np.int64]
    taxa: Taxa
    draws: NDArray[np.int64]  # a seeded hash of the object's name: who is drawn first
    found: dict[int, int]  # of each taxon, before any limit

    def __len__(self) -> int:
        return len(self.object_ids)

    def only(self, rows: NDArray[Any]) -> "Candidates":
        """Some of them."""
        return Candidates(
            self.project_ids[rows],
            self.object_ids[rows],
            self.taxa[rows],
            self.draws[rows],
            self.found,
        )


@dataclass(frozen=True)
class Column:
    """A measurement that may be learnt from: kept, or why not."""

    name: str
    kept: bool
    reason: str = ""
    median: float = 0.0


@dataclass(frozen=True)
class LearningSet:
    """What a classifier learns from: measurements first, deep features after them."""

    features: Features  # (objects, kept columns + deep dimensions)
    taxa: Taxa  # as learnt
    objects: Candidates
    columns: Sequence[Column]
    dimensions: int = 0  # of the deep features
    unseen: int = 0  # objects left out, because no deep features could be computed
    fresh: Fresh | None = None  # which the extractor was not trained on; none: all

    @property
    def known_images(self) -> int:
        """How many of the objects the extractor was trained on."""
        return 0 if self.fresh is None else int((~self.fresh).sum())

    @property
    def kept(self) -> list[Column]:
        """The measurements that are learnt from."""
        return [column for column in self.columns if column.kept]

    def only(self, rows: NDArray[Any]) -> "LearningSet":
        """Some of its objects, with the columns that were chosen for all."""
        return replace(
            self,
            features=self.features[rows],
            taxa=self.taxa[rows],
            objects=self.objects.only(rows),
            fresh=None if self.fresh is None else self.fresh[rows],
        )


@dataclass(frozen=True)
class Tray:
    """Objects that look like nothing learnt, and how strange they are: 0 is the bound."""

    object_ids: NDArray[np.int64]
    strangeness: NDArray[np.float32]
    vectors: Features  # by which look-alikes are put side by side


@dataclass(frozen=True)
class KeptTray:
    """A tray as it is kept: of which batch, and how much of it nobody has identified yet."""

    batch_id: BatchId
    made_at: datetime
    objects: int
    left: int


NO_TRAY = Tray(np.empty(0, np.int64), np.empty(0, np.float32), np.empty((0, 0), np.float32))


@dataclass(frozen=True)
class Told:
    """What is guessed of objects, and which of them are left as they are."""

    guesses: Guesses
    unnamed: NDArray[np.int64]  # nothing below the root is sure enough
    tray: Tray  # they look like nothing learnt


@dataclass(frozen=True)
class Plan:
    """A request, with the projects it names as the person who asks may use them."""

    request: PredictionReq
    target: Project
    sources: Sequence[Project]


@dataclass(frozen=True)
class TaxonTaught:
    """A taxon in a learning set: how many are there, how many teach, and as what."""

    id: int
    display_name: str
    found: int
    used: int
    learnt_as: int
    lineage: Sequence[int]  # what it may be learnt as, the nearest first; no root


@dataclass(frozen=True)
class TaxonAbove:
    """A taxon above learnt ones: how many objects teach it, or one below it."""

    id: int
    display_name: str
    used: int


@dataclass(frozen=True)
class Spread:
    """How the values of a column lie: the share that is there, and some of them."""

    filled: float
    least: float | None = None
    median: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Preview:
    """What a learning set would be. `too_small` are taxa, as learnt, of a few objects only."""

    objects: int
    taxa: Sequence[TaxonTaught]
    features: Sequence[Column]
    too_small: Sequence[int]
    spreads: Sequence[Spread]  # of the features
    above: Sequence[TaxonAbove]
    suggested: Mapping[int, int]  # what taxa that are too small may be learnt as


@dataclass(frozen=True)
class ColumnStats:
    """How many values columns have over projects, and their sample variances; EcoTaxa's names.

    The variance of fewer than two values is 0, since clients read numbers.
    """

    proj_ids: Sequence[int]
    total: int
    columns: Sequence[str]
    counts: Sequence[int]
    variances: Sequence[float]


class PredictionRefused(Invalid):
    """A prediction that cannot be made as ordered, with all the reasons."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)
