"""The honest report: how a classifier fares on objects it has not seen, before it predicts any."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from calanus.jobs import service as jobs
from calanus.jobs.recovery import folder_of
from calanus.jobs.types import FileMissing, Job, JobState
from calanus.kit.db import Connection
from calanus.kit.errors import NotFound
from calanus.kit.settings import Settings
from calanus.objects import lists
from calanus.prediction import judging, learning_set, service
from calanus.prediction.folds import Folds, Rows, folds
from calanus.prediction.judging import Guessed, Means
from calanus.prediction.types import (
    Candidates,
    LearningSet,
    Plan,
    PredictionRefused,
    PredictionReq,
)
from calanus.projects import service as projects
from calanus.taxonomy import service as taxonomy
from calanus.users.policy import Act
from calanus.users.types import User

KIND = "Report"
REPORT, HELD_OUT = "report.json", "held_out.npz"  # in the folder of the job

Step = Callable[[int, int], None]


class TaxonJudged(BaseModel):
    """A taxon, as learnt: how many there were, how often it was guessed, how often rightly."""

    id: int
    display_name: str
    samples: int
    support: int
    guessed: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None


class BinModel(BaseModel):
    least: float
    most: float
    objects: int
    score: float = Field(description="On average: how sure the classifier was.")
    right: float = Field(description="The share that was right.")


class RareModel(BaseModel):
    below: int = Field(description="A taxon is rare with fewer objects than this.")
    taxa: int
    objects: int
    recall: float | None


class CurvePoint(BaseModel):
    """What a part of the learning set would have achieved."""

    share: float
    objects: int = Field(description="That taught, on average over the parts.")
    accuracy: float
    recall: float
    f1: float


class FoldModel(BaseModel):
    """One part that was held out."""

    objects: int
    samples: int
    accuracy: float


class DroppedFeature(BaseModel):
    name: str
    reason: str


class ReportModel(BaseModel):
    """How a classifier fares on objects that did not teach it. Means weigh taxa alike."""

    request: PredictionReq
    by: Literal["sample", "object"] = Field(description="What was held out as a whole.")
    why: str
    objects: int
    of: int = Field(description="Objects of the learning set; more than a report takes are drawn.")
    samples: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    baseline: float = Field(description="The accuracy of always guessing the commonest taxon.")
    calibration_error: float
    rare: RareModel
    taxa: list[TaxonJudged]
    confusion: list[tuple[int, int, int]] = Field(
        description="(true taxon, guessed taxon, objects), for pairs that occur."
    )
    calibration: list[BinModel]
    curve: list[CurvePoint]
    folds: list[FoldModel]
    too_small: list[int] = Field(description="Taxa of fewer than five objects.")
    alone: list[int] = Field(
        description="Taxa of one sample only: held out whole, nothing teaches them."
    )
    features: list[str]
    dropped: list[DroppedFeature]
    unseen: int
    deep_features: int = Field(description="How many numbers of a network were learnt from.")
    objects_hash: str
    seconds: float
    made_at: datetime


class ListedModel(BaseModel):
    """Objects of one project, as a list that the filter `listed` takes."""

    project_id: int
    list_id: int
    objects: int


class ReportMissing(NotFound):
    def __init__(self, job_id: int, why: str) -> None:
        super().__init__(f"Job {job_id} {why}.")


@dataclass
class Trial:
    """A learning set, its parts, and what each object was taken for while its part was hidden."""

    request: PredictionReq
    learnt: LearningSet
    samples: NDArray[np.int64]
    folds: Folds
    whole: Guessed = field(init=False)
    parts: dict[float, Guessed] = field(default_factory=dict[float, Guessed])
    taught: dict[float, float] = field(default_factory=dict[float, float])

    def run(self, step: Step) -> None:
        """Teach on all parts but one, guess that one; then so with less and less to learn from."""
        asked = [*judging.SHARES, 1.0]
        total = len(self.folds) * len(asked)
        for n, share in enumerate(asked):
            size = len(self.learnt.taxa)
            taxa, scores, taught = np.zeros(size, np.int64), np.zeros(size), 0
            for part, hidden in enumerate(self.folds):
                step(n * len(self.folds) + part, total)
                rows = self.teachers(~hidden, share)
                taught += len(rows)
                model = service.train(self.request, self.learnt.only(rows))
                found = judging.top(
                    model.predict_proba(self.learnt.features[hidden]), model.classes_
                )
                taxa[hidden], scores[hidden] = found.taxa, found.scores
            self.taught[share] = taught / len(self.folds)
            self.parts[share] = Guessed(taxa, scores)
        self.whole = self.parts[1.0]

    def teachers(self, shown: Rows, share: float) -> NDArray[np.int64]:
        """The rows that teach: a share of each taxon among those shown."""
        rows = np.flatnonzero(shown)
        if share == 1:
            return rows
        return rows[judging.shares(self.learnt.taxa[rows], self.learnt.objects.draws[rows], share)]


def thin(wanted: Plan, drawn: Candidates) -> Candidates:
    """At most so many objects as a report takes."""
    taxa = learning_set.learnt_as(drawn.taxa, wanted.request.pre_mapping)
    return drawn.only(judging.thinned(taxa, drawn.draws))


def prepare(conn: Connection, wanted: Plan, learnt: LearningSet) -> Trial:
    """The parts of a learning set.

    Raises:
        PredictionRefused: it is too small to be judged.
    """
    why = judging.judgeable(learnt.taxa)
    if why:
        raise PredictionRefused([why])
    samples = service.samples(conn, wanted, learnt)
    parts = folds(samples, learnt.taxa, seed=wanted.request.seed)
    return Trial(wanted.request, learnt, samples, parts)


def tell(
    conn: Connection, wanted: Plan, trial: Trial, *, of: int, seconds: float, at: datetime
) -> ReportModel:
    """What a trial shows, in figures."""
    truth, guessed = trial.learnt.taxa, trial.whole.taxa
    judged = judging.of_taxa(truth, guessed)
    in_samples = judging.spread(trial.samples, truth)
    names: dict[int, str] = {
        t.taxon_id: t.display_name for t in taxonomy.find_many(conn, set(judged))
    }
    support = sorted(judged, key=lambda taxon: (-judged[taxon].support, taxon))
    bins = judging.calibration(truth == guessed, trial.whole.scores)
    rare = judging.rare(judged)
    whole = [taxon for taxon in support if in_samples.get(taxon) == 1]
    return ReportModel(
        request=wanted.request,
        by=trial.folds.by,
        why=trial.folds.why,
        objects=len(truth),
        of=of,
        samples=len(np.unique(trial.samples)),
        **vars(judging.means(truth, guessed)),
        baseline=max(one.support for one in judged.values()) / len(truth),
        calibration_error=judging.calibration_error(bins),
        rare=RareModel(below=judging.RARE, **vars(rare)),
        taxa=[
            TaxonJudged(
                id=taxon,
                display_name=names.get(taxon, str(taxon)),
                samples=in_samples.get(taxon, 0),
                **vars(judged[taxon]),
            )
            for taxon in support
        ],
        confusion=judging.confusion(truth, guessed),
        calibration=[BinModel(**vars(one)) for one in bins],
        curve=curve(trial),
        folds=of_folds(trial),
        too_small=[taxon for taxon in support if judged[taxon].support < learning_set.FEW],
        alone=whole if trial.folds.by == "sample" else [],
        features=[column.name for column in trial.learnt.kept],
        dropped=[
            DroppedFeature(name=column.name, reason=column.reason)
            for column in trial.learnt.columns
            if not column.kept
        ],
        unseen=trial.learnt.unseen,
        deep_features=trial.learnt.dimensions,
        objects_hash=service.fingerprint(trial.learnt),
        seconds=round(seconds, 1),
        made_at=at,
    )


def curve(trial: Trial) -> list[CurvePoint]:
    """How good it would be with less to learn from, tested on the same objects."""

    def point(share: float, found: Means) -> CurvePoint:
        taught = round(trial.taught[share])
        return CurvePoint(
            share=share,
            objects=taught,
            accuracy=found.accuracy,
            recall=found.recall,
            f1=found.f1,
        )

    truth = trial.learnt.taxa
    return [point(share, judging.means(truth, one.taxa)) for share, one in trial.parts.items()]


def of_folds(trial: Trial) -> list[FoldModel]:
    """How much one part differs from the next."""
    right = trial.learnt.taxa == trial.whole.taxa
    return [
        FoldModel(
            objects=int(rows.sum()),
            samples=len(np.unique(trial.samples[rows])),
            accuracy=float(right[rows].mean()),
        )
        for rows in trial.folds
    ]


def keep(folder: Path, trial: Trial, report: ReportModel) -> None:
    """Write a report, and which object was taken for what, into the folder of its job."""
    with (folder / HELD_OUT).open("wb") as file:
        np.savez_compressed(
            file,
            projects=trial.learnt.objects.project_ids,
            objects=trial.learnt.objects.object_ids,
            truth=trial.learnt.taxa,
            guessed=trial.whole.taxa,
        )
    (folder / REPORT).write_text(report.model_dump_json())


def find(conn: Connection, settings: Settings, job_id: int, *, by: User) -> Path:
    """Where a finished report is, for its owner or an application manager.

    Raises:
        JobNotFound, NotYourJob: as of any job.
        ReportMissing: the job is no report, or has not come to its end.
    """
    job: Job = jobs.find(conn, job_id, by=by)
    if job.kind != KIND:
        raise ReportMissing(job_id, f"is no report, but a {job.kind}")
    if job.state != JobState.FINISHED:
        raise ReportMissing(job_id, "has no report: it did not come to its end, or not yet")
    folder = folder_of(settings, job.job_id)
    if not (folder / REPORT).is_file() or not (folder / HELD_OUT).is_file():
        raise FileMissing(job_id, "report any more; check the learning set again")
    return folder


def read(conn: Connection, settings: Settings, job_id: int, *, by: User) -> dict[str, Any]:
    """A report, as it was kept."""
    return json.loads((find(conn, settings, job_id, by=by) / REPORT).read_text())


def listed(
    conn: Connection,
    folder: Path,
    *,
    truth: int | None,
    guessed: int | None,
    by: User,
    at: datetime,
) -> Sequence[ListedModel]:
    """The objects of a cell, or of a row or column without what was right, project by project."""
    with np.load(folder / HELD_OUT) as kept:
        of, ids, true, taken = (kept[n] for n in ("projects", "objects", "truth", "guessed"))
    rows = np.ones(len(ids), bool)
    if truth is not None:
        rows &= true == truth
    if guessed is not None:
        rows &= taken == guessed
    if truth is None or guessed is None:
        rows &= true != taken
    return [
        ListedModel(
            project_id=project_id,
            list_id=lists.keep_list(conn, project, ids[rows & (of == project_id)], at=at),
            objects=int((rows & (of == project_id)).sum()),
        )
        for project_id in np.unique(of[rows]).tolist()
        for project in [projects.require(conn, by, project_id, Act.VIEW_IMAGES)]
    ]
