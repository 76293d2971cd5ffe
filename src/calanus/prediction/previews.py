"""What a prediction would learn from and how long it would take, before anything is learnt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calanus.features import service as features
from calanus.features.extractors import open_extractor
from calanus.jobs import service as jobs
from calanus.kit.db import Connection
from calanus.prediction import learning_set, queries, reports, service
from calanus.prediction.types import PredictionReq, Preview, TaxonAbove, TaxonTaught
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.types import Taxon, TaxonStatus
from calanus.users.types import User

RUNS = 20  # the latest jobs whose rates are believed
ENOUGH = 1000  # images, or objects, that tell a rate
# Before any job was run here; docs/howto/predict.md and docs/benchmarks/learning.md say where from.
IMAGES_A_SECOND, OBJECTS_A_SECOND = 150.0, 3500.0


def preview(
    conn: Connection, request: PredictionReq, *, by: User, data: Path | None = None
) -> Preview:
    """What would be learnt: objects, taxa with those above them, features kept and dropped."""
    wanted = service.plan(conn, request, by=by, data=data)
    drawn = service.candidates(conn, request, wanted.sources)
    values = service.measured(conn, wanted, drawn)
    taxa, counts = np.unique(
        learning_set.learnt_as(drawn.taxa, request.pre_mapping), return_counts=True
    )
    learnt: dict[int, int] = dict(zip(taxa.tolist(), counts.tolist(), strict=True))
    known: dict[int, Taxon] = {
        t.taxon_id: t for t in taxonomy.find_many(conn, {*drawn.found, *learnt})
    }
    tree: dict[int, Taxon] = {t.taxon_id: t for t in taxonomy.find_many(conn, higher(known))}
    above = {taxon: names_above(known.get(taxon), tree) for taxon in {*drawn.found, *learnt}}
    return Preview(
        len(drawn),
        taught(request, drawn.found, Counter[int](drawn.taxa.tolist()), known, above),
        learning_set.choose(request.features, values),
        [taxon for taxon, objects in learnt.items() if objects < learning_set.FEW],
        [learning_set.spread(column) for column in values.T],
        [TaxonAbove(t, tree[t].display_name, n) for t, n in sorted(below(learnt, above).items())],
        learning_set.suggested(learnt, above),
    )


def taught(
    request: PredictionReq,
    found: Mapping[int, int],
    used: Mapping[int, int],
    known: Mapping[int, Taxon],
    above: Mapping[int, Sequence[int]],
) -> list[TaxonTaught]:
    """The taxa of a learning set, in the order of their ids."""
    return [
        TaxonTaught(
            taxon,
            known[taxon].display_name if taxon in known else str(taxon),
            objects,
            used[taxon],
            request.pre_mapping.get(taxon, taxon),
            above[taxon],
        )
        for taxon, objects in sorted(found.items())
    ]


def higher(known: Mapping[int, Taxon]) -> set[int]:
    """The taxa above some."""
    return {ancestor for taxon in known.values() for ancestor in taxon.lineage}


def names_above(taxon: Taxon | None, tree: Mapping[int, Taxon]) -> list[int]:
    """What a taxon may be learnt as, the nearest first: neither a root nor what is deprecated."""
    lineage = taxon.lineage[1:-1] if taxon else []
    return [a for a in reversed(lineage) if tree[a].status != TaxonStatus.DEPRECATED]


def below(learnt: Mapping[int, int], above: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """How many objects teach a taxon or one below it, of each taxon that stands above another."""
    found = Counter[int]()
    for taxon, ancestors in above.items():
        for one in ancestors:
            found[one] += learnt.get(taxon, 0)
    return {taxon: objects + learnt.get(taxon, 0) for taxon, objects in found.items()}


@dataclass(frozen=True)
class LearningTime:
    """How long a prediction would take, and by which rates; an estimate."""

    seconds: float
    images: int  # whose deep features are still to compute
    objects: int  # that teach, and that are predicted
    runs: int  # jobs on this machine whose rates were taken; 0: recorded ones of another


def expected(
    conn: Connection, request: PredictionReq, *, by: User, data: Path | None = None
) -> LearningTime:
    """How long a prediction would take, from what the latest ones here took."""
    wanted = service.plan(conn, request, by=by, data=data)
    drawn = service.candidates(conn, request, wanted.sources)
    images = 0
    if request.use_scn:
        extractor = open_extractor(wanted.target.extractor, data=data)
        for project in wanted.sources:
            ids = drawn.object_ids[drawn.project_ids == project.project_id]
            images += features.uncomputed(conn, project, extractor, ids)
        stored = features.find_extractor(conn, extractor, wanted.target)
        extractor_id = stored.extractor_id if stored else 0
        images += queries.unseen_targets(conn, wanted.target.project_id, extractor_id)
    objects = len(drawn) + queries.targets(conn, wanted.target.project_id)
    runs = jobs.latest_results(conn, ["Prediction", reports.KIND], having="took", most=RUNS)
    took: list[dict[str, Any]] = [run["took"] for run in runs]
    alike = [one for one in took if one.get("how") == way(request)]
    seeing = rate(took, "images", "seeing") or IMAGES_A_SECOND
    learning = rate(alike or took, "objects", "learning") or OBJECTS_A_SECOND
    return LearningTime(images / seeing + objects / learning, images, objects, len(took))


def way(request: PredictionReq) -> str:
    """How is learnt, as far as it decides the time: what is held out is learnt several times."""
    held_out = request.risk is not None or request.unlike is not None
    return request.classifier + (", some held out" if held_out else "")


def rate(took: Sequence[Mapping[str, Any]], what: str, seconds: str) -> float | None:
    """How many a second, over some jobs; nothing, where these did too little to tell."""
    told = [one for one in took if one.get(what)]
    done, spent = sum(one[what] for one in told), sum(one[seconds] for one in told)
    return done / spent if done >= ENOUGH and spent > 0 else None
