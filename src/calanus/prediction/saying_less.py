"""Rank back-off on the tree of taxa: what a prediction promises, and what came of it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from calanus.kit.db import Connection
from calanus.prediction import back_off
from calanus.prediction.back_off import BackOff, Tree
from calanus.prediction.held_out import HeldOut
from calanus.prediction.types import LearningSet, PredictionReq, Taxa, Told
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.types import TaxonStatus

AS_LEARNT, NO_RANK = "as learnt", "no rank"


def learn(
    conn: Connection, request: PredictionReq, learnt: LearningSet, told: HeldOut | None
) -> BackOff | None:
    """How sure a name must be, found on objects held out; nothing, where no risk is named."""
    if request.risk is None or told is None:
        return None
    return back_off.learn(told, tree_above(conn, np.unique(learnt.taxa)), request.risk / 100)


def tree_above(conn: Connection, classes: Taxa) -> Tree:
    """The names that may be given instead of learnt taxa: no root, nothing deprecated."""
    lineages: dict[int, list[int]] = {
        t.taxon_id: t.lineage for t in taxonomy.find_many(conn, classes.tolist())
    }
    above = {taxon for lineage in lineages.values() for taxon in lineage}
    barred = {
        t.taxon_id for t in taxonomy.find_many(conn, above) if t.status == TaxonStatus.DEPRECATED
    }
    return back_off.tree_of(classes, lineages, barred)


def ranks_named(conn: Connection, told: Sequence[Told], classes: Taxa) -> dict[str, int]:
    """How many objects are named as they were learnt, and how many at which rank above."""
    names = Counter[int]()
    for part in told:
        names.update(part.guesses.taxa[:, 0].tolist())
    learnt = set(classes.tolist())
    ranks: dict[int, str | None] = {t.taxon_id: t.rank for t in taxonomy.find_many(conn, names)}
    found = Counter[str]()
    for taxon, objects in names.items():
        found[AS_LEARNT if taxon in learnt else ranks.get(taxon) or NO_RANK] += objects
    return dict(found.most_common())


def sentences(risk: float, found: BackOff, ranks: dict[str, int], unnamed: int) -> list[str]:
    """What a person reads in the log: the promise, its proof, and the share at each rank."""
    every = max(1, sum(ranks.values()) + unnamed)
    checked = found.checked
    if found.threshold > 1:
        return [
            f"At most {risk:g} % wrong cannot be promised: {checked.objects} objects held out do "
            "not prove it at any score. Nothing is named; validate more, or bear more risk."
        ]
    shares = [f"{rank} {objects / every:.1%}" for rank, objects in ranks.items()]
    return [
        f"At most {risk:g} % wrong: of {checked.objects} objects held out {checked.named} were "
        f"named, {checked.wrong} wrongly, from a score of {found.threshold:.3f}",
        f"Named: {', '.join([*shares, f'not named {unnamed / every:.1%}'])}",
    ]
