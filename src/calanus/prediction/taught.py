"""Classifiers as files: what validated objects taught in one place, asked in another.

A file holds one linear map from the vectors of an extractor to its classes, softmax gives scores.
Classes are lineages, as `Biota>Eukaryota>Copepoda`: another installation has other numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation.types import Guesses
from calanus.features import model_file, models
from calanus.features.extractors import Extractor
from calanus.features.model_file import WEIGHTS, Manifest, Model
from calanus.kit.db import Connection
from calanus.objects.filters import ProjectFilters
from calanus.prediction import service
from calanus.prediction.calibration import softmax
from calanus.prediction.classifiers import Linear, best
from calanus.prediction.types import (
    BEST,
    NO_TRAY,
    Features,
    LearningSet,
    Plan,
    PredictionRefused,
    PredictionReq,
    Scores,
    Told,
)
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.users.policy import Act
from calanus.users.types import User

Weights = NDArray[np.float64]  # (dimensions + 1, classes), the last row added
NOWHERE = -1  # a class that is no taxon here
SHOWN = 10  # names in a sentence


# --- Out ----------------------------------------------------------------------------------------


def weights_of(model: Linear) -> Weights:
    """All that a linear classifier of deep features does, as one linear map."""
    axes = model.whitening.axes
    inner = axes @ model.weights[:-1]
    added = model.weights[-1] - model.whitening.mean @ inner
    return np.vstack([inner, added]) / model.temperature


def write(
    conn: Connection,
    path: Path,
    learnt: LearningSet,
    extractor: Extractor,
    model: Linear,
    *,
    at: datetime,
) -> Manifest:
    """Write a classifier to a file, which it is named after; a card says what taught it."""
    weights = weights_of(model).astype("<f4")
    counts = dict(zip(*np.unique(learnt.taxa, return_counts=True), strict=True))
    manifest = model_file.classifier_manifest(
        path.stem,
        extractor.preparation,
        extractor.passport,
        weights,
        classes=lineages(conn, model.classes_.tolist()),
        card={
            "extractor": extractor.name,
            "made_at": at.isoformat(timespec="seconds"),
            "objects": len(learnt.taxa),
            "objects_of_classes": [int(counts[taxon]) for taxon in model.classes_],
            "temperature": model.temperature,
            "versions": service.versions(),
        },
    )
    return model_file.write(path, manifest, None, {WEIGHTS: weights})


def lineages(conn: Connection, taxa: Sequence[int]) -> list[str]:
    """Taxa by the names from the root down to them."""
    found = {int(taxon.taxon_id): taxon for taxon in taxonomy.find_many(conn, taxa)}
    above = sorted({int(i) for taxon in found.values() for i in taxon.lineage})
    names = {int(taxon.taxon_id): taxon.name for taxon in taxonomy.find_many(conn, above)}
    return [">".join(names[i] for i in found[taxon].lineage) for taxon in taxa]


# --- In -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taught:
    """A classifier of a file, its classes as taxa of this installation."""

    model: Model
    extractor: Extractor
    taxa: NDArray[np.int64]  # of its classes; NOWHERE where there is none

    @property
    def unknown(self) -> list[str]:
        """The classes that are no taxa here."""
        pairs = zip(self.model.manifest.classes, self.taxa.tolist(), strict=True)
        return [name for name, taxon in pairs if taxon == NOWHERE]

    def guess(self, conn: Connection, project: Project, ids: NDArray[np.int64]) -> Told:
        """The best guesses for objects; those that look most like an unknown class get none."""
        deep = service.vectors(conn, project, self.extractor, ids)
        seen = np.isfinite(deep).all(axis=1)
        ids, scores = ids[seen], self.scores(deep[seen])
        here = self.taxa != NOWHERE
        taxa, places = np.unique(
            self.taxa[here], return_inverse=True
        )  # several may be learnt as one
        likely = scores[:, here] @ np.eye(len(taxa), dtype=np.float32)[places]
        named = likely.max(axis=1) >= scores[:, ~here].max(axis=1, initial=0)
        guesses = best(likely[named], taxa, BEST)
        return Told(Guesses(ids[named], *guesses), ids[~named], NO_TRAY)

    def scores(self, deep: Features) -> Scores:
        """How likely each class is: (objects, classes), rows sum to 1."""
        weights = self.model.arrays[WEIGHTS].astype(np.float64)
        return softmax(deep.astype(np.float64) @ weights[:-1] + weights[-1])

    def record(self, wanted: Plan, filters: ProjectFilters) -> dict[str, Any]:
        """What reproduces a prediction by it."""
        told = self.model.manifest
        pairs = zip(self.taxa.tolist(), told.classes, strict=True)
        return {
            "request": wanted.request.model_dump(mode="json"),
            "filters": filters.given(),
            "model": {"name": told.name, "sha256": told.members[WEIGHTS].sha256},
            "taxa": {str(taxon): name for taxon, name in pairs if taxon != NOWHERE},
            "extractor": service.passport(self.extractor, wanted.target),
            "versions": service.versions(),
        }


def plan(conn: Connection, request: PredictionReq, *, by: User) -> Plan:
    """A request to predict by a file, for somebody who may.

    Raises:
        ProjectNotFound, ProjectClosed, RightMissing: of the target.
        PredictionRefused: what only a learning set can promise.
    """
    target = projects.require(conn, by, request.project_id, Act.PREDICT)
    if request.risk is not None or request.unlike is not None:
        raise PredictionRefused(
            [
                "A classifier of a file brings no objects to prove a risk or to say what looks "
                "like nothing learnt: leave both out, or learn from a project."
            ]
        )
    return Plan(request, target, [])


def open_taught(conn: Connection, wanted: Plan, data: Path) -> Taught:
    """The classifier of a request, its classes found in this installation's tree.

    Raises:
        ClassifierUnknown, ModelRefused: it is not here, or its network is not.
        PredictionRefused: none of its classes is a taxon here.
    """
    assert wanted.request.model
    model = models.open_classifier(wanted.request.model, data)
    extractor = models.extractor_of(model, data, wanted.target.extractor)
    known = taxa_of(conn, model.manifest.classes)
    only, mapping = set(wanted.request.categories), wanted.request.pre_mapping
    taxa = [known.get(name, NOWHERE) for name in model.manifest.classes]
    taxa = [taxon if not only or taxon in only else NOWHERE for taxon in taxa]
    found = Taught(model, extractor, np.array([mapping.get(t, t) for t in taxa], np.int64))
    if len(found.unknown) == len(taxa):
        raise PredictionRefused(
            [f"None of its {len(taxa)} classes is a taxon here: {some(found.unknown)}."]
        )
    return found


def taxa_of(conn: Connection, classes: Sequence[str]) -> Mapping[str, int]:
    """The taxon of each lineage that is told unmistakably: the same line, else the only bearer."""
    leaves = {name: name.rsplit(">", 1)[-1] for name in classes}
    bearers = taxonomy.resolve_names(conn, leaves.values())
    every = sorted({taxon for taxa in bearers.values() for taxon in taxa})
    lines = dict(zip(every, lineages(conn, every), strict=True))
    found: dict[str, int] = {}
    for name, leaf in leaves.items():
        taxa = bearers.get(leaf.lower(), [])
        same = [taxon for taxon in taxa if lines[taxon] == name] or taxa
        if len(same) == 1:
            found[name] = same[0]
    return found


def some(names: Sequence[str]) -> str:
    """A few of many names."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
