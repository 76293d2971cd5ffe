"""A recorded prediction made again: the same scores bit for bit, or what has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from calanus.annotation import service as annotation
from calanus.annotation.types import Operation
from calanus.features.extractors import Extractor, open_extractor
from calanus.features.model_file import WEIGHTS
from calanus.kit.db import Connection
from calanus.kit.errors import Invalid
from calanus.kit.settings import Settings
from calanus.prediction import queries, service, taught
from calanus.prediction.service import Guesser
from calanus.prediction.taught import Taught
from calanus.prediction.teaching import teach
from calanus.prediction.types import CHUNK, LearningSet, Plan, PredictionReq
from calanus.projects import service as projects
from calanus.users.policy import Act
from calanus.users.types import User

Record = dict[str, Any]  # of a batch


class NotRepeatable(Invalid):
    def __init__(self, batch_id: int, why: str) -> None:
        super().__init__(f"Batch {batch_id} cannot be repeated: {why}.")


@dataclass(frozen=True)
class Repeated:
    """What came of making a prediction again; nothing was written."""

    batch_id: int
    objects: int
    same: int = 0  # objects with the same guesses and scores, to the last bit
    largest: float = 0.0  # difference of a best score
    changed: Sequence[str] = field(default_factory=list[str])
    gone: int = 0  # objects that cannot be guessed any more

    @property
    def identical(self) -> bool:
        """Whether every object has the scores it had."""
        return self.same == self.objects

    def verdict(self) -> str:
        """The outcome as a sentence."""
        if self.identical:
            return f"All {self.objects:,} objects get the same scores, bit for bit."
        gone = f"; {self.gone:,} objects or their images are gone" if self.gone else ""
        return (
            f"{self.objects - self.same:,} of {self.objects:,} objects get other scores, by "
            f"{self.largest:.3g} at most{gone}."
        )


def repeat(
    conn: Connection, settings: Settings, project_id: int, batch_id: int, *, by: User
) -> Repeated:
    """Learn and guess as a batch says it did, and hold the scores against those it wrote.

    Raises:
        ProjectNotFound, RightMissing: of the target, or of a source.
        BatchNotFound: there is no such batch in this project.
        NotRepeatable: it is no prediction made by a job of ours, or nothing of it is left.
        PredictionRefused: what it learnt from cannot teach any more.
    """
    project = projects.require(conn, by, project_id, Act.PREDICT)
    batch = annotation.require_batch(conn, project.project_id, batch_id)
    if batch.operation != Operation.PREDICT or not {"objects_hash", "model"} & batch.record.keys():
        raise NotRepeatable(batch_id, "it has no recipe, as only predictions by a job have")
    try:
        request = PredictionReq.model_validate(batch.record["request"])
    except ValidationError as error:
        raise NotRepeatable(batch_id, "its recipe is of another version") from error
    ids, taxa, scores = queries.guessed(conn, project.project_id, batch_id)
    if not len(ids):
        raise NotRepeatable(batch_id, "none of its objects is left")
    made_again = ask_file_again if request.model else teach_again
    wanted, guesser, changed = made_again(conn, settings, request, batch.record, by=by)
    parts = [
        guesser.guess(conn, wanted.target, ids[start : start + CHUNK]).guesses
        for start in range(0, len(ids), CHUNK)
    ]
    again = np.concatenate([part.object_ids for part in parts])
    place = np.searchsorted(ids, again)
    new_taxa, new_scores = padded(parts[0].taxa.shape[1], parts)
    equal = (taxa[place] == new_taxa).all(axis=1) & (scores[place] == new_scores).all(axis=1)
    apart = np.abs(scores[place, 0] - new_scores[:, 0])
    return Repeated(
        batch_id,
        len(ids),
        same=int(equal.sum()),
        largest=float(apart.max(initial=0)),
        changed=changed,
        gone=len(ids) - len(again),
    )


def teach_again(
    conn: Connection, settings: Settings, request: PredictionReq, record: Record, *, by: User
) -> tuple[Plan, Guesser, list[str]]:
    """What a prediction learnt, learnt again, and how that differs from its record."""
    wanted = service.plan(conn, request, by=by)
    extractor = None
    if request.use_scn:
        extractor = open_extractor(record["extractor"]["name"], data=settings.data)
    drawn = service.candidates(conn, request, wanted.sources)
    service.check_taught(conn, wanted, drawn)
    learnt = service.learn(conn, wanted, drawn, extractor)
    guesser = teach(conn, wanted, learnt, extractor)
    return wanted, guesser, differences(record, wanted, learnt, extractor)


def ask_file_again(
    conn: Connection, settings: Settings, request: PredictionReq, record: Record, *, by: User
) -> tuple[Plan, Taught, list[str]]:
    """The classifier of a file that a prediction was made by, and how it differs from then."""
    wanted = taught.plan(conn, request, by=by)
    found = taught.open_taught(conn, wanted, settings.data)
    changed: list[str] = []
    if found.model.manifest.members[WEIGHTS].sha256 != record["model"]["sha256"]:
        changed.append(f"The classifier “{request.model}” is another one of that name.")
    return wanted, found, changed + surroundings(record, wanted, found.extractor)


def padded(most: int, parts: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The guesses of all parts, three of each object; 0 where there are fewer taxa."""
    taxa = np.concatenate([part.taxa for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    missing = ((0, 0), (0, service.BEST - most))
    return np.pad(taxa, missing).astype(np.int64), np.pad(scores, missing)


def differences(
    record: Record, wanted: Plan, learnt: LearningSet, extractor: Extractor | None
) -> list[str]:
    """What is not as a record says, in sentences."""
    found: list[str] = []
    if service.fingerprint(learnt) != record["objects_hash"]:
        taught = len(learnt.taxa)
        found.append(
            f"The learning set has changed: {taught:,} objects teach, {record['objects']:,} did "
            f"(hash {service.fingerprint(learnt)[:12]}, was {record['objects_hash'][:12]})."
        )
    if [vars(column) for column in learnt.columns] != record["features"]:
        found.append("Measurements of the objects that teach have changed.")
    return found + surroundings(record, wanted, extractor)


def surroundings(record: Record, wanted: Plan, extractor: Extractor | None) -> list[str]:
    """What is not as a record says of the network and the libraries."""
    found: list[str] = []
    if service.passport(extractor, wanted.target) != record["extractor"]:
        found.append("The network, or the scale bar of the project, is another one.")
    now, then = service.versions(), record["versions"]
    found += [
        f"{name} is {now.get(name)}, it was {then.get(name)}."
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    ]
    return found
