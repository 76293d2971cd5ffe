"""Learn from validated objects of some projects, and guess the taxa of others."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation.types import Guesses
from calanus.features import service as features
from calanus.features.extractors import Extractor, known_names
from calanus.features.types import ExtractorUnknown
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.fields import FieldSql, field
from calanus.objects.filters import ProjectFilters
from calanus.prediction import learning_set, queries
from calanus.prediction.back_off import BackOff
from calanus.prediction.classifiers import CLASSIFIERS, best
from calanus.prediction.types import (
    BEST,
    LARGEST,
    NO_TRAY,
    Candidates,
    Classifier,
    Column,
    ColumnStats,
    Features,
    LearningSet,
    Numbers,
    Plan,
    PredictionRefused,
    PredictionReq,
    Told,
)
from calanus.prediction.unlike import Unlike
from calanus.projects import service as projects
from calanus.projects.types import Project, ProjectRow
from calanus.taxonomy import service as taxonomy
from calanus.users.policy import Act
from calanus.users.types import User

MEASURED = ("obj.depth_min", "obj.depth_max", "obj.latitude", "obj.longitude")
LIBRARIES = ("calanus", "numpy", "onnxruntime", "pillow", "scikit-learn")


def plan(conn: Connection, request: PredictionReq, *, by: User, data: Path | None = None) -> Plan:
    """A request, with the projects it names, for somebody who may.

    `data` is the data folder, where imported models lie.

    Raises:
        ProjectNotFound, ProjectClosed, RightMissing: of the target, or of a source.
        PredictionRefused: features or taxa that are not there, with all the reasons.
    """
    target = projects.require(conn, by, request.project_id, Act.PREDICT)
    sources = sources_of(conn, request, by=by)
    if request.use_scn and target.extractor and target.extractor not in known_names(data):
        raise ExtractorUnknown(target.extractor, known_names(data))
    reasons = lacking(request, [*sources, target])
    if request.model:
        reasons.append(f"“{request.model}” was taught elsewhere, and learns nothing here.")
    if not request.features and not request.use_scn:
        reasons.append("There is nothing to learn by: choose features, or deep features.")
    wanted = sorted(set(request.pre_mapping.values()))
    known = {taxon.taxon_id for taxon in taxonomy.find_many(conn, wanted)}
    reasons += [f"There is no taxon {taxon} to learn as." for taxon in wanted if taxon not in known]
    if reasons:
        raise PredictionRefused(reasons)
    return Plan(request, target, sources)


def sources_of(conn: Connection, request: PredictionReq, *, by: User) -> list[Project]:
    """The projects to learn from, each once, for somebody who may see them all."""
    return [
        projects.require(conn, by, project_id, Act.VIEW_IMAGES)
        for project_id in dict.fromkeys(request.source_project_ids)
    ]


def lacking(request: PredictionReq, used: Sequence[Project]) -> list[str]:
    """Which features are missing in which of these projects, as sentences."""
    return [
        f"Project {project.project_id} has no number {name}; leave it out, or the project."
        for project in {p.project_id: p for p in used}.values()
        for name in request.features
        if feature(name, project) is None
    ]


def feature(name: str, project: ProjectRow) -> FieldSql | None:
    """A number of objects by its name, or nothing: fre.area, obj.depth_min."""
    prefix, _, rest = name.partition(".")
    is_number = name in MEASURED or (
        prefix == "fre" and project.object_columns.get(rest, "").startswith("n")
    )
    return field(name, project) if is_number else None


def numbers(
    conn: Connection, names: Sequence[str], project: ProjectRow, object_ids: NDArray[np.int64]
) -> Numbers:
    """The values of features of a project that has them all: (objects, features)."""
    found = [feature(name, project) for name in names]
    known = [one for one in found if one is not None]
    assert len(known) == len(found)
    return queries.numbers(conn, project.project_id, known, object_ids)


def candidates(conn: Connection, request: PredictionReq, sources: Sequence[Project]) -> Candidates:
    """The validated objects that teach, at most the limit of a taxon over all sources together."""
    found: list[Candidates] = []
    for project in sources:
        rows = queries.candidates(
            conn,
            project.project_id,
            taxa=request.categories,
            limit=request.learning_limit,
            seed=request.seed,
        )
        taxa, first = np.unique(rows["taxon_id"], return_index=True)
        found.append(
            Candidates(
                np.full(len(rows), project.project_id, np.int64),
                rows["object_id"].astype(np.int64),
                rows["taxon_id"].astype(np.int64),
                rows["draw"].astype(np.int64),
                dict(zip(taxa.tolist(), rows["found"][first].tolist(), strict=True)),
            )
        )
    return learning_set.draw(learning_set.join(found), request.learning_limit)


def check_taught(conn: Connection, wanted: Plan, drawn: Candidates) -> None:
    """Whether these objects can teach anything.

    Raises:
        PredictionRefused: they are none, too many, or all of one taxon.
    """
    names = ", ".join(f"“{p.title}” ({p.project_id})" for p in wanted.sources)
    if not len(drawn):
        raise PredictionRefused(
            [f"There is nothing to learn from: {names} has no validated object of these taxa."]
        )
    if len(drawn) > LARGEST:
        raise PredictionRefused(
            [
                f"The learning set is too large: {len(drawn):,} objects, {LARGEST:,} at most. "
                "Lower the limit of objects per taxon, or choose fewer taxa."
            ]
        )
    taught = np.unique(learning_set.learnt_as(drawn.taxa, wanted.request.pre_mapping))
    if len(taught) < 2:
        [taxon] = taxonomy.find_many(conn, taught.tolist()) or [None]
        name = taxon.display_name if taxon else taught[0]
        raise PredictionRefused(
            [
                f"All objects would be learnt as {name}, and a prediction needs two taxa to tell "
                "apart: validate a few objects of another taxon, or learn from more projects."
            ]
        )


def targets(
    conn: Connection, wanted: Plan, filters: ProjectFilters, *, by: User
) -> NDArray[np.int64]:
    """The unidentified and predicted objects of a filter.

    Raises:
        PredictionRefused: there is none.
    """
    unsure = filters.model_copy(update={"statusfilter": "UP"})
    found = objects.matching(conn, wanted.target, unsure, by=by)
    if not len(found):
        raise PredictionRefused(
            [
                f"There is nothing to predict in “{wanted.target.title}”: no object of this filter "
                "is unidentified or predicted."
            ]
        )
    return found


def learn(
    conn: Connection, wanted: Plan, drawn: Candidates, extractor: Extractor | None
) -> LearningSet:
    """The features of the objects that teach; those without the deep ones are left out."""
    names, everybody = wanted.request.features, len(drawn)
    values = measured(conn, wanted, drawn)
    deep = np.empty((len(drawn), extractor.dimensions if extractor else 0), np.float32)
    fresh = np.ones(len(drawn), bool)
    for project in wanted.sources:
        rows = drawn.project_ids == project.project_id
        ids = drawn.object_ids[rows]
        if extractor:
            deep[rows] = vectors(conn, project, extractor, ids)
            fresh[rows] = features.fresh(conn, project.project_id, extractor, ids)
    seen = np.flatnonzero(np.isfinite(deep).all(axis=1))
    drawn, values, deep = drawn.only(seen), values[seen], deep[seen]
    columns = learning_set.choose(names, values)
    return LearningSet(
        together(learning_set.filled(values, columns), deep),
        learning_set.learnt_as(drawn.taxa, wanted.request.pre_mapping),
        drawn,
        columns,
        dimensions=deep.shape[1],
        unseen=everybody - len(seen),
        fresh=fresh[seen],
    )


def samples(conn: Connection, wanted: Plan, learnt: LearningSet) -> NDArray[np.int64]:
    """The sample of each object of a learning set."""
    found = np.zeros(len(learnt.taxa), np.int64)
    for project in wanted.sources:
        rows = learnt.objects.project_ids == project.project_id
        ids = learnt.objects.object_ids[rows]
        found[rows] = queries.samples(conn, project.project_id, ids)
    return found


def measured(conn: Connection, wanted: Plan, drawn: Candidates) -> Numbers:
    """The numbers of the objects that teach: (objects, features)."""
    names = wanted.request.features
    values = np.empty((len(drawn), len(names)))
    for project in wanted.sources:
        rows = drawn.project_ids == project.project_id
        values[rows] = numbers(conn, names, project, drawn.object_ids[rows])
    return values


def vectors(
    conn: Connection, project: ProjectRow, extractor: Extractor, ids: NDArray[np.int64]
) -> Features:
    """The deep features of objects of a project, NaN where they have none."""
    stored = features.known_extractor(conn, extractor, project)
    return features.load(conn, project.project_id, stored, ids)


def together(values: Numbers, deep: Features) -> Features:
    """Measurements first, deep features after them; half of float64 is enough to learn."""
    with np.errstate(over="ignore"):
        return np.hstack([values.astype(np.float32), deep])


def train(request: PredictionReq, learnt: LearningSet) -> Classifier:
    """The classifier of a request, taught.

    Raises:
        PredictionRefused: there is nothing to learn by, or nothing left to tell apart.
    """
    if not learnt.kept and not learnt.dimensions:
        left_out = "; ".join(f"{c.name}: {c.reason}" for c in learnt.columns)
        raise PredictionRefused([f"There is nothing to learn by: {left_out}."])
    if learnt.unseen and len(np.unique(learnt.taxa)) < 2:
        raise PredictionRefused(
            [
                f"{learnt.unseen:,} of the objects that teach have no readable image, and so no "
                "deep features; the others are not of two taxa. Learn from projects with images, "
                "or without deep features."
            ]
        )
    classifier = CLASSIFIERS[request.classifier](learnt.dimensions, request.seed)
    return classifier.fit(learnt.features, learnt.taxa, learnt.fresh)


@dataclass(frozen=True)
class Guesser:
    """A taught classifier, and what it needs to see objects as it saw those that taught it."""

    model: Classifier
    columns: Sequence[Column]
    extractor: Extractor | None
    back_off: BackOff | None = None
    unlike: Unlike | None = None

    def guess(self, conn: Connection, project: Project, ids: NDArray[np.int64]) -> Told:
        """The best guesses for objects; those without deep features are left out."""
        deep = np.empty((len(ids), 0), np.float32)
        if self.extractor:
            deep = vectors(conn, project, self.extractor, ids)
        seen = np.isfinite(deep).all(axis=1)
        ids, deep = ids[seen], deep[seen]
        values = numbers(conn, [column.name for column in self.columns], project, ids)
        X = together(learning_set.filled(values, self.columns), deep)
        return self.tell(ids, X)

    def tell(self, ids: NDArray[np.int64], X: Features) -> Told:
        """The best guesses for objects of these features, and which of them look like nothing."""
        if self.unlike:
            tray, kept = self.unlike.sort_out(ids, X)
            return replace(self.named(ids[kept], X[kept]), tray=tray)
        return self.named(ids, X)

    def named(self, ids: NDArray[np.int64], X: Features) -> Told:
        """The best guesses for objects that look like what was learnt."""
        scores = self.model.predict_proba(X)
        if self.back_off:
            return self.back_off.tell(ids, scores, self.model.classes_)
        return Told(Guesses(ids, *best(scores, self.model.classes_, BEST)), ids[:0], NO_TRAY)


def record(
    conn: Connection,
    wanted: Plan,
    filters: ProjectFilters,
    learnt: LearningSet,
    guesser: Guesser,
) -> dict[str, Any]:
    """What reproduces a prediction: the snapshot, features, parameters, seeds and versions."""
    taught = learnt.objects
    used, counts = np.unique(learnt.taxa, return_counts=True)
    return {
        "request": wanted.request.model_dump(mode="json"),
        "filters": filters.given(),
        "sources": [
            {
                "project_id": project.project_id,
                "objects": int((taught.project_ids == project.project_id).sum()),
                "newest_batch": objects.newest_batch(conn, project.project_id),
            }
            for project in wanted.sources
        ],
        "objects": len(taught),
        "objects_hash": fingerprint(learnt),
        "taxa": dict(zip(map(str, used.tolist()), counts.tolist(), strict=True)),
        "features": [vars(column) for column in learnt.columns],
        "classifier": {"name": wanted.request.classifier, **parameters(guesser.model)},
        "extractor": passport(guesser.extractor, wanted.target),
        "back_off": guesser.back_off and guesser.back_off.record(),
        "unlike": guesser.unlike and guesser.unlike.record(),
        "versions": versions(),
    }


def fingerprint(learnt: LearningSet) -> str:
    """A hash of which objects teach which taxa."""
    snapshot = np.stack([learnt.objects.object_ids, learnt.taxa]).astype("<i8").tobytes()
    return hashlib.sha256(snapshot).hexdigest()


def parameters(model: Classifier) -> dict[str, Any]:
    """The plain settings of a model: numbers, not what it learnt."""
    return {name: value for name, value in vars(model).items() if isinstance(value, int | float)}


def versions() -> dict[str, str]:
    """The libraries whose results a prediction is made of."""
    return {name: version(name) for name in LIBRARIES}


def passport(extractor: Extractor | None, target: Project) -> dict[str, Any] | None:
    """Which deep features were used."""
    if extractor is None:
        return None
    return {"name": extractor.name, "passport": extractor.passport, "bar_px": target.bar_px}


def column_stats(conn: Connection, request: PredictionReq, *, by: User) -> ColumnStats:
    """How features vary over projects: of all objects, or of those a learning set would draw.

    Raises:
        PredictionRefused: a project has no such feature.
    """
    sources = sources_of(conn, request, by=by)
    reasons = lacking(request, sources)
    if reasons:
        raise PredictionRefused(reasons)
    drawn = None
    if request.categories or request.learning_limit:
        drawn = candidates(conn, request, sources)
    found: list[Numbers] = []
    for project in sources:
        if drawn is None:
            ids = objects.matching(conn, project, ProjectFilters(), by=by)
        else:
            ids = drawn.object_ids[drawn.project_ids == project.project_id]
        found.append(numbers(conn, request.features, project, ids))
    values = np.concatenate(found)
    present = [column[np.isfinite(column)] for column in values.T]
    return ColumnStats(
        [project.project_id for project in sources],
        len(values),
        request.features,
        [len(column) for column in present],
        [float(column.var(dtype=float, ddof=1)) if len(column) > 1 else 0 for column in present],
    )
