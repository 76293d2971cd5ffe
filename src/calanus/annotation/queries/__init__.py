"""The SQL of identifying."""

from calanus.annotation.queries.batches import (
    batches_since,
    begin,
    changed_since,
    find_batch,
    find_by_key,
    finish,
    list_batches,
    mark_undone,
    touched,
)
from calanus.annotation.queries.change import (
    bring_back,
    identify,
    lock,
    record_guesses,
    reset,
    stage_guesses,
    take_back,
    unvalidate,
)
from calanus.annotation.queries.reading import (
    counted,
    deprecated,
    guesses,
    history,
    identified,
    predictions,
)
from calanus.annotation.queries.telling import lock_told, make_told, record_told, stage_told

__all__ = [
    "batches_since",
    "begin",
    "bring_back",
    "changed_since",
    "counted",
    "deprecated",
    "find_batch",
    "find_by_key",
    "finish",
    "guesses",
    "history",
    "identified",
    "identify",
    "list_batches",
    "lock",
    "lock_told",
    "make_told",
    "mark_undone",
    "predictions",
    "record_guesses",
    "record_told",
    "reset",
    "stage_guesses",
    "stage_told",
    "take_back",
    "touched",
    "unvalidate",
]
