"""Acts on all objects of a filter: back to predicted, and one taxon for another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calanus.annotation import queries, service
from calanus.annotation.guessing import table_of
from calanus.annotation.types import BadOrder, Batch, Operation
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.users.types import User


def reset_to_predicted(
    conn: Connection, project: Project, wanted: ProjectFilters, *, by: User, at: datetime
) -> Batch:
    """Make what people identified in a filter predictions of the same taxon again, with score 1."""
    found = objects.matching(conn, project, wanted, by=by).tolist()
    queries.lock(conn, project.project_id, found)  # before the batch: in its order
    under = service.begin(conn, project.project_id, Operation.UNVALIDATE, by=by, at=at)
    changed = queries.reset(conn, project.project_id, found, under=under)
    record = {"reset": wanted.given()}
    return service.finish(conn, under, changed, skipped=len(found) - len(changed), record=record)


@dataclass(frozen=True)
class Reclassification:
    """One taxon for another, and why."""

    before: int
    after: int
    reason: str

    @classmethod
    def of(cls, wanted: ProjectFilters, after: int, reason: str) -> "Reclassification":
        """From a filter that holds one taxon, and nothing else.

        Raises:
            BadOrder: it holds more, or less.
        """
        given = wanted.given()
        if set(given) != {"taxo"} or not given["taxo"].strip().isdecimal():
            raise BadOrder(
                "Reclassify all of one taxon: the filter holds one “taxo” and nothing else."
            )
        return cls(int(given["taxo"]), after, reason)


def reclassify(
    conn: Connection, project: Project, order: Reclassification, *, by: User, at: datetime
) -> int:
    """Move all objects of one taxon to another one, whatever their state, which stays; how many.

    Predicted objects keep their scores: the taxon is replaced among their guesses, and where both
    are there their scores are added.

    Raises:
        UnknownTaxon, DeprecatedTaxon: the new one is so.
    """
    project_id = project.project_id
    service.check_taxa(conn, [order.after])
    wanted = ProjectFilters(taxo=str(order.before))
    found = objects.matching(conn, project, wanted, by=by).tolist()
    locked = [
        (object_id, state)
        for object_id, taxon_id, state, _ in queries.lock(conn, project_id, found)
        if taxon_id == order.before  # still, now that it is our turn
    ]
    people = [object_id for object_id, state in locked if state in ("V", "D")]
    predicted = [object_id for object_id, state in locked if state == "P"]
    under = service.begin(conn, project_id, Operation.CLASSIFY, by=by, at=at)
    changed = queries.identify(
        conn, project_id, dict.fromkeys(people, order.after), None, under=under
    )
    service.move_counts(conn, project_id, changed)
    guesses = replaced(queries.predictions(conn, project_id, predicted), order)
    best = table_of(list(guesses), list(guesses.values()))
    moved = service.record_guesses(conn, project_id, best, under=under) if guesses else 0
    record = {"reclassify": {"from": order.before, "to": order.after, "reason": order.reason}}
    service.close(conn, under, objects=len(changed) + moved, record=record)
    return len(changed) + moved


def replaced(
    guesses: Sequence[tuple[int, int, float]], order: Reclassification
) -> dict[int, list[tuple[int, float]]]:
    """The guesses of each object with one taxon in the place of another."""
    found: dict[int, dict[int, float]] = {}
    for object_id, taxon, score in guesses:
        scores = found.setdefault(object_id, {})
        named = order.after if taxon == order.before else taxon
        scores[named] = scores.get(named, 0.0) + score
    return {
        # The taxon of the object is its first guess, whatever the scores are.
        object_id: sorted(scores.items(), key=lambda guess: (guess[0] != order.after, -guess[1]))
        for object_id, scores in found.items()
    }
