"""Identifying: what is asked, what was done, and the errors between."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from calanus.kit.errors import CalanusError, Conflict, NotFound, TooMany
from calanus.kit.ids import BatchId, ProjectId, UserId
from calanus.objects.types import State
from calanus.projects.types import Tally

KEEP = -1  # EcoTaxa's way to say: the taxon it has


class Operation(StrEnum):
    """What a batch did."""

    CLASSIFY = "classify"
    VALIDATE = "validate"
    DOUBT = "doubt"
    UNVALIDATE = "unvalidate"
    PREDICT = "predict"
    RELEARN = "relearn"  # predictions made again while people sort
    IMPORT = "import"
    UPDATE = "update"
    DELETE = "delete"
    REVERT = "revert"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True)
class ClassifyOrder:
    """Objects, each with the taxon wanted for it (-1: the one it has), and the state they get.

    `state=None` keeps the state each object has, as EcoTaxa's `=` does. `versions` are those the
    person saw: where one differs, nothing at all is written. `seen` are the taxa they were seen as.
    """

    objects: list[int]
    taxa: list[int]
    state: State | None = State.VALIDATED
    versions: list[int] | None = None
    operation: Operation = Operation.CLASSIFY
    client_key: UUID | None = None
    seen: list[int] | None = None


KEPT = 3  # guesses of an object


@dataclass(frozen=True)
class Guesses:
    """The best guesses of a classifier, best first.

    `taxa` and `scores` have one row an object and one to three columns; a taxon of 0 is no guess.
    """

    object_ids: NDArray[np.int64]  # (objects,)
    taxa: NDArray[np.int32]  # (objects, guesses)
    scores: NDArray[np.float64]  # (objects, guesses)


@dataclass(frozen=True)
class Begun:
    """A batch under way: under which changes are remembered, by whom and when."""

    batch_id: BatchId
    project_id: ProjectId
    by: UserId
    at: datetime


@dataclass(frozen=True)
class BatchRow:
    """One act, as it is stored."""

    batch_id: BatchId
    project_id: ProjectId
    author_id: UserId
    author: str
    made_at: datetime
    operation: Operation
    objects: int
    undoes: int | None
    undone_by: int | None
    record: dict[str, Any]


class Identified(NamedTuple):
    """An object's present identification, in short."""

    object_id: int
    taxon_id: int | None
    state: str | None
    score: float | None
    version: int


class Changed(NamedTuple):
    """An object a batch changed: what it was, and its identification now, named as above."""

    object_id: int
    former_taxon_id: int | None
    former_state: str | None
    taxon_id: int | None
    state: str | None
    score: float | None
    version: int


# So many objects went from a taxon and a state to others.
Move = tuple[int | None, str | None, int | None, str | None, int]


@dataclass(frozen=True)
class ChangedSince:
    """An object somebody changed after the batch that is taken back; it is left alone."""

    object_id: int
    by: str
    at: datetime


@dataclass(frozen=True)
class Batch:
    """What an act did: who, when, the objects as they are now, and the counts it moved."""

    row: BatchRow
    changed: int
    skipped: int
    objects: Sequence[Identified] | Sequence[Changed]
    counts: list[Tally]
    conflicts: list[ChangedSince] = field(default_factory=list[ChangedSince])


@dataclass(frozen=True)
class Reverted:
    """An object with the identification it goes back to; none: it was never identified before."""

    object_id: int
    taxon_id: int | None
    to_taxon_id: int | None
    to_state: str | None
    to_score: float | None
    to_annotator_id: int | None
    to_identified_at: datetime | None


@dataclass(frozen=True)
class RevertLine:
    """How many objects go back from one taxon and state to another one, of one person or none."""

    taxon_id: int | None
    state: str | None
    to_taxon_id: int | None
    to_state: str | None
    to_annotator_id: int | None
    to_annotator: str | None
    earliest: datetime | None
    latest: datetime | None
    objects: int


@dataclass(frozen=True)
class Historical:
    """A former identification of an object, as EcoTaxa shows it."""

    objid: int
    classif_id: int | None
    classif_date: datetime | None
    classif_who: int | None
    classif_type: str
    classif_qual: str
    classif_score: float | None
    user_name: str | None
    taxon_name: str | None


@dataclass(frozen=True)
class Activity:
    """How much somebody did in a project: identifications that stand, and former ones."""

    project_id: int
    user_id: int
    name: str
    now: int  # objects that are theirs at present
    acts: int
    last_at: datetime | None  # UTC, naive; of the present ones, else of the former


@dataclass(frozen=True)
class Guess:
    """One of the three best guesses for an object."""

    taxon_id: int
    display_name: str
    score: float


@dataclass(frozen=True)
class Reclassified:
    """All of one taxon that a project moved to another one."""

    before: int
    after: int
    name: str  # of the taxon after
    deprecated: bool  # idem, today
    project_id: int
    made_at: datetime


class VersionConflict(Conflict):
    """Somebody was faster; nothing was written."""

    def __init__(self, objects: list[int]) -> None:
        many = f"{len(objects)} objects were" if len(objects) > 1 else f"Object {objects[0]} was"
        super().__init__(f"{many} changed by somebody else meanwhile; look again, then decide.")
        self.objects = objects


class BatchNotFound(NotFound):
    def __init__(self, batch_id: int) -> None:
        super().__init__(f"There is no batch {batch_id} in this project.")


class TooManyListeners(TooMany):
    def __init__(self) -> None:
        super().__init__(
            "Too many pages follow what happens; close some tabs, then load this one again."
        )


class NotUndoable(CalanusError):
    """A batch that cannot be taken back, with the reason."""


class BadOrder(CalanusError):
    """An order that makes no sense as given."""


class DeprecatedTaxon(CalanusError):
    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"{', '.join(names)}: deprecated, and no target any more; choose the taxon advised "
            "in its place."
        )


class UnknownTaxon(CalanusError):
    def __init__(self, taxon_ids: list[int]) -> None:
        super().__init__(f"There is no taxon {', '.join(map(str, taxon_ids))}.")


class UnknownObjects(NotFound):
    def __init__(self, object_ids: list[int]) -> None:
        shown = ", ".join(map(str, object_ids[:10])) + (" …" if len(object_ids) > 10 else "")
        super().__init__(f"There is no object {shown} in this project; nothing was changed.")


class OthersBatch(CalanusError):
    status = 403

    def __init__(self, batch: BatchRow) -> None:
        super().__init__(
            f"Batch {batch.batch_id} is {batch.author}'s; its author or a project manager may "
            "take it back."
        )
