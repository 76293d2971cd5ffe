"""Guesses that come from outside: what somebody else's classifier thinks of objects."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from calanus.annotation import queries, service
from calanus.annotation.types import KEPT, BadOrder, Guesses, Operation, UnknownObjects
from calanus.kit.db import Connection
from calanus.projects.types import Project
from calanus.users.types import User


def take_guesses(
    conn: Connection,
    project: Project,
    objects: Sequence[int],
    guesses: Sequence[Sequence[tuple[int, float]]],
    *,
    by: User,
    at: datetime,
) -> int:
    """Make the best guess of each object its prediction; how many objects changed.

    Each object has some (taxon, score). What a person identified is left alone.

    Raises:
        BadOrder: a score is none, an object has no guess, or has one taxon twice.
        UnknownTaxon, DeprecatedTaxon, UnknownObjects: so they are; nothing is written.
    """
    if not objects:
        return 0
    check(objects, guesses)
    service.check_taxa(conn, {taxon for found in guesses for taxon, _ in found})
    known = queries.lock(conn, project.project_id, list(objects))  # before the batch: in its order
    unknown = set(objects) - {object_id for object_id, *_ in known}
    if unknown:
        raise UnknownObjects(sorted(unknown))
    best = table_of(objects, ranked(guesses))
    under = service.begin(conn, project.project_id, Operation.PREDICT, by=by, at=at)
    changed = service.record_guesses(conn, project.project_id, best, under=under)
    service.close(conn, under, objects=changed, record={"from": "classify_auto"})
    return changed


def check(objects: Sequence[int], guesses: Sequence[Sequence[tuple[int, float]]]) -> None:
    """Whether there is one guess at least for each object, and every score is one."""
    if len(set(objects)) < len(objects):
        raise BadOrder("An object is named twice; name each once.")
    for object_id, found in zip(objects, guesses, strict=True):
        if not found:
            raise BadOrder(f"Object {object_id} has no guess; give one at least.")
        if len({taxon for taxon, _ in found}) < len(found):
            raise BadOrder(f"Object {object_id} has the same taxon twice among its guesses.")
        if any(taxon <= 0 for taxon, _ in found):
            raise BadOrder(f"Object {object_id}: a guess names a taxon; “keep” is no guess.")
        wrong = [score for _, score in found if not 0 <= score <= 1]
        if wrong:
            raise BadOrder(f"Object {object_id}: a score lies between 0 and 1, not {wrong[0]}.")


def ranked(guesses: Sequence[Sequence[tuple[int, float]]]) -> list[list[tuple[int, float]]]:
    """The best guesses of each object first; of two equal scores the one that came first counts."""
    return [sorted(found, key=lambda guess: -guess[1]) for found in guesses]


def table_of(objects: Sequence[int], guesses: Sequence[Sequence[tuple[int, float]]]) -> Guesses:
    """The guesses of objects, best first, as many as are kept."""
    taxa = np.zeros((len(objects), KEPT), np.int32)
    scores = np.zeros((len(objects), KEPT))
    for row, found in enumerate(guesses):
        best = found[:KEPT]
        taxa[row, : len(best)] = [taxon for taxon, _ in best]
        scores[row, : len(best)] = [score for _, score in best]
    return Guesses(np.array(objects, np.int64), taxa, scores)
