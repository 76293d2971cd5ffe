"""Learning again while people sort: when, from what, and what may be written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from calanus.annotation import relearning as annotation
from calanus.annotation.types import Guesses
from calanus.features import service as features
from calanus.features.extractors import Extractor, open_extractor
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.prediction import service
from calanus.prediction.service import Guesser
from calanus.prediction.teaching import teach
from calanus.prediction.types import LearningSet, Plan, PredictionRefused, PredictionReq
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.relearning import queries
from calanus.relearning.types import (
    MOST_OF_A_TAXON,
    Due,
    Learnt,
    Relearning,
)
from calanus.users.policy import Act
from calanus.users.types import User

CHUNK = 10_000
Step = Callable[[float, str], None]  # per cent, and what is done


def find(conn: Connection, project: Project) -> Relearning | None:
    """The setting of a project, where it is on."""
    return queries.find(conn, project.project_id)


def switch(conn: Connection, project: Project, *, on: bool, by: User) -> Relearning | None:
    """Learn again in a project from now on, in the name of who says so; or no more."""
    if on:
        queries.switch_on(conn, project.project_id, by=by.user_id)
    else:
        queries.switch_off(conn, project.project_id)
    return find(conn, project)


def due(conn: Connection) -> list[Due]:
    """The projects in which it is time; each is told once, until more is decided there."""
    found = queries.due(conn)
    for each in found:
        queries.asked(conn, each.project_id, each.newest)
    return found


def alone(conn: Connection, project_id: ProjectId) -> bool:
    """Whether nobody else learns in this project; nobody will until the transaction ends."""
    return queries.alone(conn, project_id)


def request_of(conn: Connection, project: Project) -> PredictionReq:
    """How a project was predicted last; else by all its measures and the deep features it has.

    It always learns from its own objects, and by the linear classifier, which takes seconds.

    Raises:
        PredictionRefused: a classifier of a file predicted; a page of its own objects would teach
            far fewer taxa than that knows.
    """
    told = queries.last_request(conn, project.project_id)
    if told is None:
        columns = [name for name, column in project.object_columns.items() if column[0] == "n"]
        wanted = PredictionReq(
            project_id=project.project_id,
            source_project_ids=[project.project_id],
            features=[f"fre.{name}" for name in columns],
            categories=[],
            pre_mapping={},
            use_scn=features.extractor_used(conn, project) is not None,
        )
    else:
        wanted = PredictionReq.model_validate(told)
    if wanted.model:
        raise PredictionRefused(
            [
                f"The last prediction is by “{wanted.model}”, which was taught elsewhere and does "
                "not learn here: predict once from what is validated, and learning goes on from "
                "that."
            ]
        )
    sources = dict.fromkeys([project.project_id, *wanted.source_project_ids])
    limit = min(wanted.learning_limit or MOST_OF_A_TAXON, MOST_OF_A_TAXON)
    changed = {
        "project_id": project.project_id,
        "source_project_ids": list(sources),
        "learning_limit": limit,
        "classifier": "linear",
        "categories": named(wanted.categories, project, conn),
    }
    return wanted.model_copy(update=changed)


def named(taxa: list[int], project: Project, conn: Connection) -> list[int]:
    """The taxa that teach: those chosen, and those the project's people have found since."""
    if not taxa:
        return []
    found = {t.taxon_id for t in projects.tallies(conn, [project.project_id]) if t.state == "V"}
    return sorted(found | set(taxa))


@dataclass(frozen=True)
class Lesson:
    """One time of learning again: where, in whose name, when, under which job."""

    project_id: ProjectId
    by: User
    at: datetime
    job_id: int
    data: Path  # of networks


def learn_again(conn: Connection, lesson: Lesson, step: Step) -> Learnt | None:
    """Learn from all that is validated, and guess again what is not; nothing when it is off.

    What somebody decides, or has been changing, while this goes on is left as it is; so is what is
    not sure enough, or looks like nothing learnt, where the last prediction was asked to say less.

    Raises:
        PredictionRefused: there is nothing to learn from or by.
        ProjectNotFound, ProjectClosed, RightMissing: who switched it on may not predict any more.
    """
    by = lesson.by
    project = projects.require(conn, by, lesson.project_id, Act.PREDICT)
    if queries.find(conn, project.project_id) is None:
        return None
    until = objects.newest_batch(conn, project.project_id)
    seen = annotation.open_objects(conn, project.project_id)
    wanted = service.plan(conn, request_of(conn, project), by=by)
    learnt, guesser = taught(conn, wanted, lesson.data, step)
    guesses: list[Guesses] = []
    for start in range(0, len(seen[0]), CHUNK):
        step(60 + 30 * start / len(seen[0]), "Learning again: guessing")
        guesses.append(guesser.guess(conn, project, seen[0][start : start + CHUNK]).guesses)
    step(90, "Learning again: writing")
    if not queries.hold(conn, project.project_id):
        return None
    told = service.record(conn, wanted, ProjectFilters(), learnt, guesser)
    told["job_id"] = lesson.job_id
    act = annotation.Act(project.project_id, by, lesson.at, told)
    changed = annotation.record(conn, act, guesses, seen)
    return Learnt(until, len(learnt.taxa), changed)


def taught(conn: Connection, wanted: Plan, data: Path, step: Step) -> tuple[LearningSet, Guesser]:
    """The classifier of what is validated now; deep features that are missing stay so.

    Raises:
        PredictionRefused: fewer than two taxa can be learnt.
    """
    step(0, "Learning again: reading")
    drawn = service.candidates(conn, wanted.request, wanted.sources)
    service.check_taught(conn, wanted, drawn)
    extractor: Extractor | None = None
    if wanted.request.use_scn:
        extractor = open_extractor(wanted.target.extractor, data=data)
    learnt = service.learn(conn, wanted, drawn, extractor)
    if len(np.unique(learnt.taxa)) < 2:
        raise PredictionRefused(
            [
                "The validated objects have no deep features yet, so there is nothing to learn by: "
                "predict once, and what was missing is computed."
            ]
        )
    step(40, "Learning again: training")
    return learnt, teach(conn, wanted, learnt, extractor)


def note(conn: Connection, project_id: ProjectId, found: Learnt, *, at: datetime) -> None:
    """Remember what came of learning again, for who sorts."""
    queries.learnt(conn, project_id, found, at=at)
