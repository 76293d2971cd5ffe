"""Look again: which identifications are doubtful, and which an audit or a person has settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from calanus.audit import doubts, queries
from calanus.audit.types import (
    MOST_LOOKS,
    Audit,
    AuditOrder,
    Kind,
    Look,
    NothingToAudit,
)
from calanus.features.extractors import Extractor
from calanus.kit.db import Connection
from calanus.kit.ids import ObjectId, TaxonId
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import BadFilter
from calanus.prediction import service as prediction
from calanus.prediction.folds import folds
from calanus.prediction.types import Candidates, LearningSet, Plan, PredictionRefused, PredictionReq
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.types import User

ORDER = "audit-"  # an order of objects, before the kind of the second looks
LIBRARIES = ("calanus", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Standing:
    """Where a project stands: its last audit, and what of it is still to be looked at."""

    audit: Audit | None
    doubts: Sequence[Look]
    outliers: Sequence[Look]


def plan(project: Project, order: AuditOrder) -> Plan:
    """What the models of an audit learn by: the project's own objects, and its numbers.

    Raises:
        PredictionRefused: it has no such number, or no number at all and no deep features.
    """
    numbers = [
        f"fre.{name}" for name, code in project.object_columns.items() if code.startswith("n")
    ]
    request = PredictionReq(
        project_id=project.project_id,
        source_project_ids=[project.project_id],
        learning_limit=order.limit,
        features=order.features or numbers,
        categories=[],
        use_scn=order.use_scn,
        pre_mapping={},
        seed=order.seed,
    )
    reasons = prediction.lacking(request, [project])
    if not request.features and not request.use_scn:
        reasons.append(
            "There is nothing to compare by: measure the images, or compare by deep features."
        )
    if reasons:
        raise PredictionRefused(reasons)
    return Plan(request, project, [project])


def candidates(conn: Connection, wanted: Plan) -> Candidates:
    """The validated objects that are examined.

    Raises:
        NothingToAudit: they are none, or all of one taxon.
        PredictionRefused: they are too many.
    """
    drawn = prediction.candidates(conn, wanted.request, wanted.sources)
    if len(np.unique(drawn.taxa)) < 2:
        raise NothingToAudit(
            f"There is nothing to audit in “{wanted.target.title}”: an audit compares validated "
            "objects of two taxa at least. Validate a few of another taxon first."
        )
    prediction.check_taught(conn, wanted, drawn)
    return drawn


def learn(
    conn: Connection, wanted: Plan, drawn: Candidates, extractor: Extractor | None
) -> LearningSet:
    """What is known of the objects that are examined.

    Raises:
        PredictionRefused: nothing by which they could be told apart.
    """
    learnt = prediction.learn(conn, wanted, drawn, extractor)
    if not learnt.kept and not learnt.dimensions:
        left_out = "; ".join(f"{c.name}: {c.reason}" for c in learnt.columns)
        raise PredictionRefused([f"There is nothing to compare by: {left_out}."])
    return learnt


def examine(
    conn: Connection, wanted: Plan, order: AuditOrder, learnt: LearningSet, *, at: datetime
) -> Audit:
    """Hold samples out in turn, and keep what deserves a second look and what was confused."""
    project, taxa, ids = wanted.target, learnt.taxa, learnt.objects.object_ids
    samples = prediction.samples(conn, wanted, learnt)
    parts = folds(samples, taxa, seed=order.seed, anyway=True)
    held = doubts.out_of_fold(
        learnt.features, taxa, parts, dimensions=learnt.dimensions, seed=order.seed
    )
    settled = np.isin(ids, queries.confirmed(conn, project.project_id))
    found = [
        *listed(Kind.DOUBT, unsettled(doubts.doubtful(taxa, held), settled), ids, taxa),
        *listed(
            Kind.OUTLIER,
            unsettled(
                doubts.outliers(doubts.space(learnt.features, learnt.dimensions), taxa), settled
            ),
            ids,
            taxa,
        ),
    ]
    audit = Audit(
        at,
        int(held.judged.sum()),
        triples(doubts.confusion(taxa, held), held.classes),
        {
            "order": order.model_dump(mode="json"),
            "objects": len(ids),
            "not_judged": np.unique(taxa[~held.judged]).tolist(),
            "samples": len(np.unique(samples)),
            "by_sample": parts.by == "sample",
            "folds": len(parts),
            "features": [column.name for column in learnt.kept],
            "deep": learnt.dimensions,
            "newest_batch": objects.newest_batch(conn, project.project_id),
            "versions": {name: version(name) for name in LIBRARIES},
        },
    )
    queries.keep_audit(conn, project.project_id, audit)
    queries.keep_looks(conn, project.project_id, found)
    return audit


def unsettled(found: doubts.Found, settled: NDArray[np.bool_]) -> doubts.Found:
    """Those that nobody has confirmed, as many as are kept."""
    rows = ~settled[found.rows]
    kept = doubts.Found(found.rows[rows], found.margins[rows], found.suggested[rows])
    return kept.first(MOST_LOOKS)


def listed(
    kind: Kind, found: doubts.Found, ids: NDArray[np.int64], taxa: NDArray[np.int64]
) -> list[Look]:
    """The same, object by object."""
    return [
        Look(ObjectId(object_id), kind, TaxonId(taxon), TaxonId(suggested) or None, margin)
        for object_id, taxon, suggested, margin in zip(
            ids[found.rows].tolist(),
            taxa[found.rows].tolist(),
            found.suggested.tolist(),
            found.margins.tolist(),
            strict=True,
        )
    ]


def triples(confusion: NDArray[np.int64], classes: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """A confusion as (taxon, taken for, objects), without its zeros."""
    own, taken = np.nonzero(confusion)
    counts = confusion[own, taken]
    return list(zip(classes[own].tolist(), classes[taken].tolist(), counts.tolist(), strict=True))


def standing(conn: Connection, project: Project) -> Standing:
    """Where a project stands."""
    return Standing(
        queries.find_audit(conn, project.project_id),
        queries.looks(conn, project.project_id, Kind.DOUBT),
        queries.looks(conn, project.project_id, Kind.OUTLIER),
    )


def confirm(
    conn: Connection, project: Project, object_ids: Sequence[int], *, by: User, at: datetime
) -> int:
    """Note that somebody looked again and agrees; those not validated are passed over."""
    return queries.confirm(conn, project.project_id, object_ids, by=by.user_id, at=at)


def unconfirm(conn: Connection, project: Project, object_ids: Sequence[int]) -> int:
    """Take that back; of how many objects."""
    return queries.unconfirm(conn, project.project_id, object_ids)


def ordered(
    conn: Connection, project: Project, wanted: ProjectFilters, order: str, *, by: User | None
) -> NDArray[np.int64]:
    """The objects of a filter that deserve a second look (`audit-doubt`), the worst first.

    Raises:
        BadFilter: there is no such kind.
        RightMissing: who asks may not compare objects here.
    """
    kind = order.removeprefix(ORDER)
    if kind not in [*Kind]:
        raise BadFilter(f"There is no order “{order}”: write {ORDER}doubt or {ORDER}outlier.")
    projects.require(conn, by, project.project_id, Act.COMPARE)
    looks = queries.looks(conn, project.project_id, Kind(kind))
    found = np.array([look.object_id for look in looks], np.int64)
    if not wanted.given():
        return found
    return found[np.isin(found, objects.matching(conn, project, wanted, by=by))]
