"""A classifier as a file: taught in one installation, asked in another, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.features import model_file, models
from calanus.features.model_file import WEIGHTS
from calanus.features.types import ClassifierUnknown, ModelRefused, ModelTaken
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection, fetch_value, fetch_values
from calanus.kit.settings import Settings
from calanus.prediction import taught
from calanus.prediction.classifiers import Linear
from calanus.prediction.jobs import classifier, predict
from calanus.prediction.repeating import repeat
from calanus.prediction.types import (
    ClassifierReq,
    PredictionRefused,
    PredictionReq,
    PredictOrder,
)
from calanus.projects.types import Project
from calanus.users.types import User
from given import COPEPODA, DETRITUS

pytestmark = given.vaults_close_late
STATES = "SELECT coalesce(taxon_id, 0) FROM objects WHERE project_id = %(p)s ORDER BY object_id"


class Lab:
    """An installation and its head, who teaches, takes away and predicts."""

    def __init__(self, shore: Connection, url: str, settings: Settings) -> None:
        self.conn, self.url, self.settings = shore, url, settings
        self.head = given.application_manager(shore)

    def run(self, kind: Any, order: Any) -> Job:
        job_id = enqueue(self.conn, kind, order, owner=self.head.user_id)
        return jobs.run_here(self.settings, self.url, job_id)

    def teach(self, source: Project, name: str = "round_and_long") -> Path:
        """The file of a classifier of a project."""
        order = ClassifierReq(name=name, request=asking(source, sources=[source]))
        job = self.run(classifier, order.by_images(source.project_id))
        assert job.state == JobState.FINISHED, job.errors
        return jobs.produced_file(job, self.settings)

    def predict(self, target: Project, name: str = "round_and_long", **more: Any) -> Job:
        request = asking(target, model=name, **more)
        return self.run(predict, PredictOrder(request=request))

    def taxa(self, project: Project) -> list[int]:
        return fetch_values(self.conn, STATES, p=project.project_id)


def asking(project: Project, sources: list[Project] | None = None, **more: Any) -> PredictionReq:
    values: dict[str, Any] = {"features": [], "categories": [], "pre_mapping": {}, **more}
    ids: list[int] = [source.project_id for source in sources or []]
    return PredictionReq(project_id=project.project_id, source_project_ids=ids, **values)


@pytest.fixture
def lab(shore: Connection, clone: str, settings: Settings) -> Lab:
    return Lab(shore, clone, settings)


@pytest.fixture
def known(lab: Lab) -> tuple[Project, User]:
    """A classifier is here, and a project that nobody has named: two copepods, two sticks."""
    tara = cruise.taught(lab.conn, lab.settings, by=lab.head)
    models.import_model(lab.teach(tara), lab.settings.data)
    polarstern, *_ = cruise.unsorted(lab.conn, lab.settings, by=lab.head)
    return polarstern, lab.head


def test_what_was_taught_in_one_place_predicts_in_another(
    lab: Lab, known: tuple[Project, User]
) -> None:
    polarstern, head = known

    job = lab.predict(polarstern)

    assert (job.state, job.errors) == (JobState.FINISHED, [])
    assert job.result
    assert job.result["rowcount"] == 4
    assert lab.taxa(polarstern) == [COPEPODA] * 2 + [DETRITUS] * 2
    again = repeat(lab.conn, lab.settings, polarstern.project_id, job.result["batch_id"], by=head)
    assert again.identical, again.changed
    assert again.changed == []


def test_the_file_says_what_the_classifier_would_say(lab: Lab, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 40)).astype(np.float32)
    y = np.where(X[:, 0] + X[:, 1] > 0, COPEPODA, DETRITUS)
    model = Linear(dimensions=40).fit(X, y)

    weights = taught.weights_of(model)

    logits = X.astype(np.float64) @ weights[:-1] + weights[-1]
    odds = logits[:, 1] - logits[:, 0]
    scores = model.predict_proba(X)
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), scores[:, 1], atol=1e-5)


def test_the_card_says_what_taught_it(lab: Lab, known: tuple[Project, User]) -> None:
    told = models.open_classifier("round_and_long", lab.settings.data).manifest

    assert [name.rsplit(">", 1)[-1] for name in told.classes] == ["Copepoda", "detritus"]
    assert (told.card["objects"], told.card["objects_of_classes"]) == (16, [8, 8])
    assert told.card["extractor"] == "plankton_lite0"


def test_what_looks_like_a_class_that_is_no_taxon_here_is_left_as_it_is(
    lab: Lab, known: tuple[Project, User], tmp_path: Path
) -> None:
    polarstern, _ = known
    model = models.open_classifier("round_and_long", lab.settings.data)
    copepods, _ = model.manifest.classes
    told = {"name": "snowy", "classes": [copepods, "not-living>marine snow"]}
    path = tmp_path / "snowy.zip"
    model_file.write(path, model.manifest.model_copy(update=told), None, model.arrays)
    models.import_model(path, lab.settings.data)

    job = lab.predict(polarstern, "snowy")

    assert job.result
    assert job.result["rowcount"] == 2
    assert lab.taxa(polarstern) == [COPEPODA] * 2 + [COPEPODA] * 2, "the sticks stay as they were"
    assert any("look most like those classes" in sentence for sentence in job.result["infos"])


def test_classes_can_be_chosen_and_learnt_as_another(lab: Lab, known: tuple[Project, User]) -> None:
    polarstern, _ = known

    job = lab.predict(polarstern, categories=[DETRITUS], pre_mapping={DETRITUS: given.CALANOIDA})

    assert job.result
    assert job.result["rowcount"] == 2
    assert lab.taxa(polarstern) == [0, 0] + [given.CALANOIDA] * 2


def test_a_promise_needs_a_learning_set(lab: Lab, known: tuple[Project, User]) -> None:
    polarstern, head = known
    with pytest.raises(PredictionRefused, match="brings no objects to prove a risk"):
        taught.plan(lab.conn, asking(polarstern, model="round_and_long", risk=5), by=head)


def test_none_of_the_classes_here_is_refused(lab: Lab, known: tuple[Project, User]) -> None:
    polarstern, head = known
    wanted = taught.plan(
        lab.conn, asking(polarstern, model="round_and_long", categories=[3]), by=head
    )
    with pytest.raises(PredictionRefused, match="None of its 2 classes"):
        taught.open_taught(lab.conn, wanted, lab.settings.data)


def test_a_classifier_of_another_network_is_refused(
    lab: Lab, known: tuple[Project, User], tmp_path: Path
) -> None:
    data = lab.settings.data
    model = models.open_classifier("round_and_long", data)
    other = model.manifest.model_copy(update={"passport": "0" * 64, "name": "stranger"})
    model_file.write(tmp_path / "stranger.zip", other, None, model.arrays)
    models.import_model(tmp_path / "stranger.zip", data)

    with pytest.raises(ModelRefused, match="its network is not here"):
        models.extractor_of(models.open_classifier("stranger", data), data)
    with pytest.raises(ClassifierUnknown, match="round_and_long, stranger"):
        models.open_classifier("nobody", data)


def test_another_of_the_name_needs_a_word(
    lab: Lab, known: tuple[Project, User], tmp_path: Path
) -> None:
    data = lab.settings.data
    model = models.open_classifier("round_and_long", data)
    models.import_model(data / models.CLASSIFIERS / "round_and_long.zip", data)  # the same: fine
    changed = {WEIGHTS: model.arrays[WEIGHTS] + 1}
    model_file.write(tmp_path / "again.zip", model.manifest, None, changed)

    with pytest.raises(ModelTaken):
        models.import_model(tmp_path / "again.zip", data)
    models.import_model(tmp_path / "again.zip", data, instead=True)

    found = models.open_classifier("round_and_long", data).arrays[WEIGHTS]
    np.testing.assert_array_equal(found, changed[WEIGHTS])
    assert sorted(path.name for path in data.glob("*.part")) == []


def test_over_http(web: TestClient, lab: Lab, known: tuple[Project, User]) -> None:
    polarstern, head = known
    web.headers.update(given.headers(head))
    [told] = web.get("/classifiers").json()
    assert (told["name"], len(told["classes"])) == ("round_and_long", 2)

    body: dict[str, Any] = {
        "project_id": polarstern.project_id,
        "source_project_ids": [],
        "features": [],
    }
    body |= {"categories": [], "pre_mapping": {}}
    asked: dict[str, Any] = {"filters": {}, "request": body | {"model": "round_and_long"}}
    job_id = web.post("/object_set/predict", json=asked).json()["job_id"]
    assert jobs.run_here(lab.settings, lab.url, job_id).state == JobState.FINISHED

    nothing = web.post("/object_set/predict", json={"filters": {}, "request": body})
    assert (nothing.status_code, "source_project_ids" in nothing.text) == (422, True)
    asked["request"]["model"] = "nobody"
    assert web.post("/object_set/predict", json=asked).status_code == 404
    path = f"/projects/{polarstern.project_id}"
    report = web.post(f"{path}/learning_report", json=body | {"model": "round_and_long"})
    assert (report.status_code, "was taught elsewhere" in report.text) == (422, True)
    tara = fetch_value(lab.conn, "SELECT min(project_id) FROM projects")
    order: dict[str, Any] = {"name": "second", "request": body | {"source_project_ids": [tara]}}
    made = web.post(f"{path}/classifier", json=order).json()["job_id"]
    job = jobs.run_here(lab.settings, lab.url, made)
    assert job.result
    assert (job.result["out_file"], job.result["classes"]) == ("second.zip", 2)
    assert web.get(f"/jobs/{made}/file").content[:2] == b"PK"
    order["name"] = "../second"
    assert web.post(f"{path}/classifier", json=order).status_code == 422
    untaught = {"name": "third", "request": body | {"model": "round_and_long"}}
    refused = web.post(f"{path}/classifier", json=untaught)
    assert (refused.status_code, "name a project that teaches" in refused.text) == (422, True)
