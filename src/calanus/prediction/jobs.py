"""What predicting does in the background."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.annotation import service as annotation
from calanus.annotation.types import Begun, Operation
from calanus.features import service as features
from calanus.features.extractors import Extractor, open_extractor
from calanus.features.jobs import tell
from calanus.features.spreading import cores_of
from calanus.files.vault import Vault
from calanus.jobs.run import Run, job
from calanus.kit.ids import BatchId
from calanus.prediction import previews, reports, saying_less, service, taught, trays
from calanus.prediction.back_off import BackOff
from calanus.prediction.classifiers import Linear
from calanus.prediction.service import Guesser
from calanus.prediction.taught import Taught
from calanus.prediction.teaching import teach
from calanus.prediction.types import (
    CHUNK,
    Candidates,
    ClassifierReq,
    LearningSet,
    Plan,
    PredictionReq,
    PredictOrder,
    ReportOrder,
    Told,
)
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.types import User

COMPUTED, TRAINED, GUESSED = 60, 75, 95  # per cent of the work
Asked = dict[int, tuple[Project, list[NDArray[np.int64]]]]  # objects by their project's id


@job("Prediction")
def predict(run: Run, order: PredictOrder) -> None:
    """Learn from validated objects, then guess the taxa of those nobody has identified."""
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    if order.request.model is not None:
        return predict_by_file(run, order, by)
    wanted = service.plan(run.conn, order.request, by=by, data=run.settings.data)
    drawn = service.candidates(run.conn, order.request, wanted.sources)
    service.check_taught(run.conn, wanted, drawn)
    ids = service.targets(run.conn, wanted, order.filters, by=by)
    extractor = deep_features(run, wanted, drawn, ids) if order.request.use_scn else None

    began = time.monotonic()
    # Drawn again: computing may have taken an hour, in which people went on identifying.
    run.progress(COMPUTED, "Reading the learning set")
    drawn = service.candidates(run.conn, order.request, wanted.sources)
    service.check_taught(run.conn, wanted, drawn)
    learnt = service.learn(run.conn, wanted, drawn, extractor)
    if learnt.unseen:
        run.warn(f"{learnt.unseen} objects without a readable image teach nothing.")
    run.log(f"{len(learnt.taxa)} objects of {len(np.unique(learnt.taxa))} taxa teach")
    if known := learnt.known_images:
        run.warn(
            f"The network was trained on the images of {known} of the objects that teach; how sure "
            "to be is learnt from the others."
        )
    for column in learnt.columns:
        if not column.kept:
            run.warn(f"{column.name} is left out: {column.reason}.")
    run.progress(COMPUTED + 5, "Training")
    guesser = teach(run.conn, wanted, learnt, extractor)
    if order.request.unlike and guesser.unlike is None:
        run.warn("Too few objects teach to say what looks like none of them; all are named.")

    told = guess(run, guesser, wanted.target, ids)
    under = begin(run, wanted, by)
    changed = write(run, wanted, told, under)
    record = service.record(run.conn, wanted, order.filters, learnt, guesser)
    if guesser.back_off:
        record["back_off"] |= tell_ranks(run, order.request, guesser.back_off, told, learnt)
    if guesser.unlike:
        record["unlike"] |= keep_tray(run, wanted.target, under.batch_id, told)
    annotation.close(run.conn, under, objects=changed, record={**record, "job_id": run.job_id})
    run.log(f"{changed} objects predicted")
    run.result |= {"rowcount": changed, "batch_id": under.batch_id}
    run.result.setdefault("took", {}).update(
        how=previews.way(order.request),
        objects=len(learnt.taxa) + len(ids),
        learning=round(time.monotonic() - began, 3),
    )


def predict_by_file(run: Run, order: PredictOrder, by: User) -> None:
    """Guess by a classifier that was taught elsewhere."""
    wanted = taught.plan(run.conn, order.request, by=by)
    ids = service.targets(run.conn, wanted, order.filters, by=by)
    run.progress(0, "Opening the model")
    found = taught.open_taught(run.conn, wanted, run.settings.data)
    if found.unknown:
        run.warn(
            f"{len(found.unknown)} classes of the model are not asked for, or no taxa here; what "
            f"looks most like them is left as it is: {taught.some(found.unknown)}."
        )
    compute(run, found.extractor, {wanted.target.project_id: (wanted.target, [ids])})
    told = guess(run, found, wanted.target, ids)
    under = begin(run, wanted, by)
    changed = write(run, wanted, told, under)
    record = {**found.record(wanted, order.filters), "job_id": run.job_id}
    annotation.close(run.conn, under, objects=changed, record=record)
    if left := sum(len(part.unnamed) for part in told):
        run.warn(f"{left} objects look most like those classes, and are left as they are.")
    run.log(f"{changed} objects predicted")
    run.result |= {"rowcount": changed, "batch_id": under.batch_id}


@job("Classifier")
def classifier(run: Run, order: ClassifierReq) -> None:
    """Learn from validated objects by their deep features, and write what was learnt to a file."""
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    wanted = service.plan(run.conn, order.request, by=by, data=run.settings.data)
    drawn = service.candidates(run.conn, order.request, wanted.sources)
    service.check_taught(run.conn, wanted, drawn)
    extractor = deep_features(run, wanted, drawn, np.empty(0, np.int64))
    run.progress(COMPUTED, "Reading the learning set")
    learnt = service.learn(run.conn, wanted, drawn, extractor)
    run.progress(TRAINED, "Training")
    model = service.train(wanted.request, learnt)
    assert isinstance(model, Linear)
    path = run.folder / f"{order.name}.zip"
    made = taught.write(run.conn, path, learnt, extractor, model, at=run.now())
    run.log(f"{len(learnt.taxa)} objects of {len(made.classes)} taxa taught {order.name}")
    run.result |= {"out_file": path.name, "classes": len(made.classes), "objects": len(learnt.taxa)}


@job(reports.KIND)
def report(run: Run, order: ReportOrder) -> None:
    """Find out how good a prediction would be, by hiding part of what teaches; nothing changes."""
    began = time.monotonic()
    by = users.find(run.conn, run.owner, policy=run.settings.policy)
    wanted = service.plan(run.conn, order.request, by=by)
    drawn = service.candidates(run.conn, order.request, wanted.sources)
    service.check_taught(run.conn, wanted, drawn)
    extractor = None
    if order.request.use_scn:
        nothing = np.empty(0, np.int64)
        extractor = deep_features(run, wanted, reports.thin(wanted, drawn), nothing)
    run.progress(COMPUTED, "Reading the learning set")
    some = reports.thin(wanted, drawn)
    if len(some) < len(drawn):
        run.warn(f"Checked on {len(some):,} of the {len(drawn):,} objects, drawn taxon by taxon.")
    learnt = service.learn(run.conn, wanted, some, extractor)
    trial = reports.prepare(run.conn, wanted, learnt)
    run.keep()  # what follows is arithmetic, and may take minutes

    def step(done: int, total: int) -> None:
        share = (100 - COMPUTED) * done / total
        run.progress(COMPUTED + share, f"Learning and testing: {done} of {total}")

    trial.run(step)
    seconds = time.monotonic() - began
    told = reports.tell(run.conn, wanted, trial, of=len(drawn), seconds=seconds, at=run.now())
    reports.keep(run.folder, trial, told)
    run.log(f"{told.accuracy:.1%} right on {told.objects} objects held out by {told.by}")
    run.result |= {"accuracy": told.accuracy, "recall": told.recall, "by": told.by}


def deep_features(run: Run, wanted: Plan, drawn: Candidates, ids: NDArray[np.int64]) -> Extractor:
    """Compute what is missing, of the objects that teach and of those to predict."""
    run.progress(0, "Opening the network")
    extractor = open_extractor(wanted.target.extractor, data=run.settings.data)
    asked: Asked = {}
    for project in wanted.sources:
        of_project = drawn.object_ids[drawn.project_ids == project.project_id]
        asked[project.project_id] = (project, [of_project])
    asked.setdefault(wanted.target.project_id, (wanted.target, []))[1].append(ids)
    compute(run, extractor, asked)
    return extractor


def compute(run: Run, extractor: Extractor, asked: Asked) -> None:
    """Compute the deep features that are missing, project by project."""
    began, images = time.monotonic(), 0
    with cores_of(run.settings) as over:
        extraction = features.Extraction(Vault(run.settings.data / "vault"), extractor, over)
        for place, (project, parts) in enumerate(asked.values()):

            def step(done: int, total: int, place: int = place) -> None:
                share = (place + done / max(total, 1)) / len(asked)
                run.progress(COMPUTED * share, f"Computing deep features: {done} of {total}")
                run.keep()

            objects = np.unique(np.concatenate(parts))
            computed = features.compute(run.conn, extraction, project, objects, step=step)
            images += computed.computed
            tell(run, project, computed)
    run.result["took"] = {"images": images, "seeing": round(time.monotonic() - began, 3)}


def keep_tray(run: Run, target: Project, batch_id: BatchId, told: Sequence[Told]) -> dict[str, Any]:
    """Keep what looks like nothing learnt; for the result and the record."""
    found = trays.keep(run.conn, target.project_id, batch_id, told)
    run.result["unlike"] = found["objects"]
    if found["objects"]:
        run.warn(f"{found['objects']} objects look like nothing learnt, and are left as they are.")
    return found


def tell_ranks(
    run: Run, request: PredictionReq, found: BackOff, told: Sequence[Told], learnt: LearningSet
) -> dict[str, Any]:
    """How deep the names are that were sure enough, for the log, the result and the record."""
    ranks = saying_less.ranks_named(run.conn, told, np.unique(learnt.taxa))
    unnamed = sum(len(part.unnamed) for part in told)
    for sentence in saying_less.sentences(request.risk or 0, found, ranks, unnamed):
        run.log(sentence)
    if unnamed:
        run.warn(
            f"{unnamed} objects are left as they are: nothing below the root is sure enough "
            f"for at most {request.risk:g} % wrong."
        )
    share = {"named": ranks, "not_named": unnamed}
    run.result["back_off"] = share
    return share


def guess(
    run: Run, guesser: Guesser | Taught, target: Project, ids: NDArray[np.int64]
) -> list[Told]:
    """All guesses, before any is written: locks are held for the writing only."""
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    steps = run.steps(chunks, doing="Predicting", between=(TRAINED, GUESSED))
    return [guesser.guess(run.conn, target, chunk) for chunk in steps]


def begin(run: Run, wanted: Plan, by: User) -> Begun:
    """The batch of a prediction."""
    project_id = wanted.target.project_id
    return annotation.begin(run.conn, project_id, Operation.PREDICT, by=by, at=run.now())


def write(run: Run, wanted: Plan, told: Sequence[Told], under: Begun) -> int:
    """Write the guesses; how many objects that changed."""
    project_id = wanted.target.project_id
    return sum(
        annotation.record_guesses(run.conn, project_id, part.guesses, under=under)
        for part in run.steps(told, doing="Writing", between=(GUESSED, 100))
    )
