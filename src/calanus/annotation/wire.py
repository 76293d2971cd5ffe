"""What is said of identifications over HTTP: EcoTaxa's shapes, and ours for batches."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from calanus.annotation.types import (
    Batch,
    BatchRow,
    Historical,
    Identified,
    Operation,
    Reverted,
    RevertLine,
)
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import State
from calanus.objects.wire import AcquisitionModel, ObjectModel, ProcessModel, SampleModel
from calanus.projects.types import Tally
from calanus.users.routes import UserModelWithRights

MOST_OBJECTS = 1_000_000
# Above this many objects, an event says "look again" instead of listing them.
MOST_IN_EVENT = 5_000


class ClassifyReq(BaseModel):
    target_ids: list[int] = Field(max_length=MOST_OBJECTS)
    classifications: list[int] = Field(max_length=MOST_OBJECTS)
    wanted_qualification: str = Field(description="V, D, or = to keep what each object has.")


class ClassifyAutoReq(BaseModel):
    """One guess for each object."""

    target_ids: list[int] = Field(max_length=MOST_OBJECTS)
    classifications: list[int] = Field(max_length=MOST_OBJECTS)
    scores: list[float] = Field(max_length=MOST_OBJECTS)
    keep_log: bool = Field(description="Ignored: what was before is always kept.")


class ClassifyAutoReqMult(BaseModel):
    """Some guesses for each object; the three best are kept."""

    target_ids: list[int] = Field(max_length=MOST_OBJECTS)
    classifications: list[list[int]] = Field(max_length=MOST_OBJECTS)
    scores: list[list[float]] = Field(max_length=MOST_OBJECTS)
    keep_log: bool = Field(description="Ignored: what was before is always kept.")


class Selection(BaseModel):
    """All that a filter matches, without some."""

    filters: ProjectFilters = ProjectFilters()
    but: list[int] = Field(default=[], max_length=MOST_OBJECTS, alias="except")


class BatchReq(BaseModel):
    """One act on any number of objects, named one by one or by a filter."""

    client_key: UUID = Field(description="The same key again is the same act, not a second one.")
    operation: Operation
    objects: list[int] | None = Field(default=None, max_length=MOST_OBJECTS)
    selection: Selection | None = None
    taxon_id: int | None = Field(default=None, description="classify: one taxon for all.")
    taxa: list[int] | None = Field(
        default=None,
        description="classify: a taxon for each object; validate, doubt: the one it was seen as.",
    )
    state: State = State.VALIDATED
    versions: list[int] | None = Field(
        default=None, description="As seen; where one differs, 409 and nothing is written."
    )


class UndoReq(BaseModel):
    client_key: UUID


class Author(BaseModel):
    id: int
    name: str


class TaxonCounts(BaseModel):
    id: int = Field(description="-1: without identification.")
    V: int = 0
    P: int = 0
    D: int = 0
    U: int = 0
    X: int = 0


class ConflictModel(BaseModel):
    object_id: int
    by: str
    at: datetime


class BatchModel(BaseModel):
    """What an act did; the columns are parallel and show the objects as they are now."""

    batch_id: int
    operation: str
    author: Author
    made_at: datetime
    changed: int
    skipped: int
    undoes: int | None
    undone_by: int | None
    object_ids: list[int]
    taxa: list[int]
    states: str
    scores: list[float | None]
    versions: list[int]
    counts: list[TaxonCounts]
    conflicts: list[ConflictModel] = []
    reload: bool = False


class BatchSummary(BaseModel):
    batch_id: int
    author: Author
    made_at: datetime
    operation: str
    objects: int
    undone_by: int | None
    undoes: int | None
    text: str


class CountsRsp(BaseModel):
    batch_id: int
    taxa: list[TaxonCounts]


class HistoricalClassification(BaseModel):
    objid: int
    classif_id: int | None
    classif_date: datetime | None
    classif_who: int | None
    classif_type: str
    classif_qual: str
    classif_score: float | None
    user_name: str | None
    taxon_name: str | None


class HistoricalLastClassif(BaseModel):
    """An object, and the identification it goes back to (n: none)."""

    objid: int
    classif_id: int | None
    histo_classif_date: datetime | None
    histo_classif_id: int | None
    histo_classif_type: str | None
    histo_classif_qual: str | None
    histo_classif_who: int | None
    histo_classif_score: float | None


class ObjectSetRevertToHistoryRsp(BaseModel):
    last_entries: list[HistoricalLastClassif] = []
    classif_info: dict[int, tuple[str, str | None]] = Field(
        default={}, description="Dry run: (name, name of what is above it) of each taxon."
    )


class RevertReq(BaseModel):
    """Which objects go back to an earlier identification."""

    client_key: UUID | None = Field(
        default=None, description="The same key again is the same act, not a second one."
    )
    filters: ProjectFilters = ProjectFilters()
    target: int | None = Field(
        default=None, description="Back to what this person decided; else to whatever was before."
    )


class RevertLineModel(BaseModel):
    """How many objects go from one identification to another; without a taxon: unidentified."""

    taxon_id: int | None
    state: str
    to_taxon_id: int | None
    to_state: str
    to_annotator: str | None
    earliest: datetime | None
    latest: datetime | None
    objects: int


class RevertRsp(BaseModel):
    """What goes back, or went, and the batch by which it can be undone (dry run: none)."""

    objects: int
    lines: list[RevertLineModel]
    taxa: dict[int, str]
    batch_id: int | None = None


class GuessModel(BaseModel):
    taxon_id: int
    display_name: str
    score: float


class Contact(BaseModel):
    name: str
    email: str


class ObjectPanel(BaseModel):
    """One object with all its levels, its past, and what the classifier thinks of it."""

    object: ObjectModel
    sample: SampleModel
    acquisition: AcquisitionModel
    process: ProcessModel
    history: list[HistoricalClassification]
    guesses: list[GuessModel]
    contact: Contact | None


class TaxonLine(BaseModel):
    id: int
    parent_id: int | None
    name: str
    display_name: str
    type: str
    status: str
    preset: bool
    counts: TaxonCounts


class SampleLine(BaseModel):
    sample_id: int
    orig_id: str
    objects: int
    validated: int


class ShownField(BaseModel):
    field: str
    label: str


class WorkspaceProject(BaseModel):
    projid: int
    title: str
    status: str
    instrument: str
    access: str
    highest_right: str
    can: list[str]
    extractor: str | None
    obj_free_cols: dict[str, str]
    bar_px: int
    shown_fields: list[ShownField]


class Workspace(BaseModel):
    """All that the page needs to begin sorting, in one answer."""

    me: UserModelWithRights | None
    project: WorkspaceProject
    taxa: list[TaxonLine]
    samples: list[SampleLine]
    batch_id: int


class PredictionInfoRsp(BaseModel):
    # Three numbers and no tuple: generators of clients do not know what OpenAPI 3.1 calls one.
    result: list[Annotated[list[int | float], Field(min_length=3, max_length=3)]] = Field(
        description="(object, taxon, score), best first."
    )


def counts_by_taxon(tallies: Iterable[Tally]) -> list[TaxonCounts]:
    """Counts with one line a taxon."""
    lines: dict[int, TaxonCounts] = {}
    for tally in tallies:
        line = lines.setdefault(tally.taxon_id, TaxonCounts(id=tally.taxon_id))
        setattr(line, tally.state, tally.objects)
    return list(lines.values())


def tally_lines(tallies: Iterable[Tally]) -> list[dict[str, int]]:
    """The same as it is sent, without a model for each line."""
    lines: dict[int, dict[str, int]] = {}
    for _, taxon_id, state, objects in tallies:
        line = lines.get(taxon_id)
        if line is None:
            line = lines[taxon_id] = {"id": taxon_id, "V": 0, "P": 0, "D": 0, "U": 0, "X": 0}
        line[state] = objects
    return list(lines.values())


def batch_model(batch: Batch, *, listed: bool = True) -> dict[str, Any]:
    """A batch as it is sent; `listed=False` says only that one must look again."""
    row, objects = batch.row, batch.objects if listed else list[Identified]()
    return {
        "batch_id": row.batch_id,
        "operation": row.operation,
        "author": {"id": row.author_id, "name": row.author},
        "made_at": row.made_at,
        "changed": batch.changed,
        "skipped": batch.skipped,
        "undoes": row.undoes,
        "undone_by": row.undone_by,
        "object_ids": [o.object_id for o in objects],
        "taxa": [o.taxon_id or 0 for o in objects],
        "states": "".join([o.state or "U" for o in objects]),
        "scores": [o.score for o in objects],
        "versions": [o.version for o in objects],
        "counts": tally_lines(batch.counts),
        "conflicts": [vars(conflict) for conflict in batch.conflicts],
        "reload": not listed,
    }


def batch_summary(row: BatchRow) -> BatchSummary:
    """A batch as one line of a project's history."""
    return BatchSummary(
        batch_id=row.batch_id,
        author=Author(id=row.author_id, name=row.author),
        made_at=row.made_at,
        operation=row.operation,
        objects=row.objects,
        undone_by=row.undone_by,
        undoes=row.undoes,
        text=sentence(row),
    )


DONE = {
    Operation.CLASSIFY: "identified",
    Operation.VALIDATE: "validated",
    Operation.DOUBT: "marked as dubious",
    Operation.UNVALIDATE: "put back to predicted",
    Operation.PREDICT: "predicted",
    Operation.RELEARN: "predicted again while sorting",
    Operation.IMPORT: "imported",
    Operation.DELETE: "deleted",
    Operation.UNDO: "taken back",
    Operation.REDO: "brought back",
    Operation.REVERT: "put back to an earlier identification",
}


def sentence(row: BatchRow) -> str:
    """What a batch did, in words."""
    if row.operation == Operation.UPDATE:
        return updated(row)
    objects = "1 object" if row.objects == 1 else f"{row.objects:,} objects"
    return f"{objects} {DONE[Operation(row.operation)]}"


def updated(row: BatchRow) -> str:
    """What tables changed: values of any level, and identifications, which alone are undone."""
    changed: dict[str, int] = row.record.get("changed", {})
    levels = {level: n for level, n in changed.items() if n and level != "identification"}
    told = ", ".join(f"{n:,} {level}(s)" for level, n in levels.items()) or "nothing"
    anew = f"; {row.objects:,} identified anew" if row.objects else ""
    return f"{told} updated from tables{anew}"


def historical(found: Historical) -> HistoricalClassification:
    """A former identification as EcoTaxa writes it."""
    return HistoricalClassification(**vars(found))


def last_entry(found: Reverted) -> dict[str, Any]:
    """Where an object goes back to, as EcoTaxa writes it."""
    kinds = {None: None, "P": "A"}
    return {
        "objid": found.object_id,
        "classif_id": found.taxon_id,
        "histo_classif_date": found.to_identified_at,
        "histo_classif_id": found.to_taxon_id,
        "histo_classif_type": kinds.get(found.to_state, "M"),
        "histo_classif_qual": found.to_state or "n",
        "histo_classif_who": found.to_annotator_id,
        "histo_classif_score": found.to_score,
    }


def revert_line(line: RevertLine) -> RevertLineModel:
    """One line of what goes back; U is the state of what is not identified."""
    values: dict[str, Any] = vars(line) | {
        "state": line.state or "U",
        "to_state": line.to_state or "U",
    }
    return RevertLineModel(**values)
