"""From validated objects to guesses: the whole job, on a database of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cruise
import given
from calanus.annotation import service as annotation
from calanus.annotation.types import ClassifyOrder
from calanus.features import model_file, models
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection, connect, fetch_value, fetch_values
from calanus.kit.ids import TaxonId
from calanus.kit.settings import Settings
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.prediction import trays
from calanus.prediction.jobs import predict
from calanus.prediction.types import PredictionReq, PredictOrder
from calanus.projects.types import Project
from calanus.subsets.queries import whole
from calanus.users.types import User
from given import CALANOIDA, COPEPODA, DETRITUS

pytestmark = given.vaults_close_late
CYCLOPOIDA = 12
UNNAMED = "SELECT count(*) FROM objects WHERE object_id = ANY(%(ids)s) AND state IS NULL"


@dataclass
class Lab:
    """An installation and its head, who predicts."""

    url: str
    settings: Settings
    head: User

    def __call__(
        self,
        target: Project,
        *sources: Project,
        filters: dict[str, Any] | None = None,
        **wanted: Any,
    ) -> Job:
        """Predict a project, and wait."""
        request = PredictionReq(
            project_id=target.project_id,
            source_project_ids=[source.project_id for source in sources],
            features=wanted.pop("features", ["fre.area", "fre.void"]),
            categories=wanted.pop("categories", []),
            pre_mapping=wanted.pop("pre_mapping", {}),
            **wanted,
        )
        order = PredictOrder(filters=ProjectFilters(**filters or {}), request=request)
        with connect(self.url) as conn:
            job_id = enqueue(conn, predict, order, owner=self.head.user_id)
        return jobs.run_here(self.settings, self.url, job_id)

    def log(self, job: Job) -> str:
        return (jobs.folder_of(self.settings, job.job_id) / jobs.LOG).read_text()


@pytest.fixture
def lab(shore: Connection, clone: str, settings: Settings) -> Lab:
    return Lab(clone, settings, given.application_manager(shore))


def identified(conn: Connection, ids: list[Any]) -> list[tuple[int | None, str | None]]:
    sql = (
        "SELECT ROW(taxon_id, state) FROM objects WHERE object_id = ANY(%(ids)s) ORDER BY object_id"
    )
    return [(int(t), str(s)) for t, s in fetch_values(conn, sql, ids=ids)]


def test_images_alone_teach_which_taxon_is_which(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head)
    polarstern, copepods, sticks = cruise.unsorted(shore, lab.settings, by=lab.head)

    job = lab(polarstern, tara, features=[], use_scn=True)

    assert (job.state, job.errors) == (JobState.FINISHED, [])
    assert job.result
    assert job.result["rowcount"] == 4
    assert identified(shore, copepods) == [(COPEPODA, "P")] * 2
    assert identified(shore, sticks) == [(DETRITUS, "P")] * 2


def test_deep_features_are_computed_once(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head)

    first = lab(polarstern, tara, use_scn=True)
    second = lab(polarstern, tara, use_scn=True)

    assert "16 computed, 0 were there" in lab.log(first)
    assert "4 computed, 0 were there" in lab.log(first)
    assert "0 computed, 16 were there" in lab.log(second)
    assert fetch_value(shore, "SELECT count(*) FROM features") == 20
    assert fetch_value(shore, "SELECT max(length(vector)) FROM features") == 512


@pytest.mark.parametrize("classifier", ["linear", "forest"])
def test_measurements_alone_teach_too(lab: Lab, shore: Connection, classifier: str) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, each=20, images=False)
    polarstern, copepods, sticks = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)

    job = lab(polarstern, tara, classifier=classifier)

    assert job.errors == []
    assert identified(shore, copepods + sticks) == [(COPEPODA, "P")] * 2 + [(DETRITUS, "P")] * 2
    assert job.result
    assert job.result["infos"] == ["fre.void is left out: 100% of its values are missing."]


def test_a_prediction_is_one_batch_and_can_be_taken_back(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, images=False)
    polarstern, copepods, sticks = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)
    job = lab(polarstern, tara)
    assert job.result

    annotation.undo(shore, polarstern, job.result["batch_id"], by=lab.head, at=given.NOON)

    assert fetch_value(shore, UNNAMED, ids=copepods) == 2
    assert identified(shore, sticks) == [(COPEPODA, "P")] * 2


def test_the_best_guesses_are_kept_with_their_scores(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, images=False)
    polarstern, copepods, _ = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)

    lab(polarstern, tara)

    first, second = annotation.guesses_of(shore, polarstern.project_id, copepods[0])
    assert (first.taxon_id, second.taxon_id) == (COPEPODA, DETRITUS)
    assert 1 >= first.score > second.score >= 0
    sql = "SELECT score FROM objects WHERE object_id = %(o)s"
    assert fetch_value(shore, sql, o=copepods[0]) == first.score


def test_what_people_identified_is_left_alone_and_the_filter_is_heeded(
    lab: Lab, shore: Connection
) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, images=False)
    polarstern, copepods, sticks = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)
    mine = given.objects(shore, polarstern, 1, taxon=DETRITUS, state="V", by=lab.head)

    job = lab(polarstern, tara, filters={"taxo": str(COPEPODA), "statusfilter": "V"})

    assert job.result
    assert job.result["rowcount"] == 2  # the sticks, predicted as copepods
    assert identified(shore, sticks) == [(DETRITUS, "P")] * 2
    assert identified(shore, mine) == [(DETRITUS, "V")]
    assert fetch_value(shore, "SELECT count(*) FROM objects WHERE state IS NULL") == len(copepods)


def test_the_record_reproduces_the_prediction(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, images=False)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)

    batches: list[int] = []
    for _ in range(2):
        job = lab(polarstern, tara, seed=5, pre_mapping={DETRITUS: 1})
        assert job.result
        batches.append(job.result["batch_id"])

    sql = "SELECT record FROM batches WHERE batch_id = %(b)s"
    first, again = (fetch_value(shore, sql, b=batch) for batch in batches)
    assert first["request"]["seed"] == 5
    assert first["taxa"] == {"1": 8, str(COPEPODA): 8}
    assert first["sources"] == [{"project_id": tara.project_id, "objects": 16, "newest_batch": 0}]
    assert first["features"][0] | {"median": 0} == {
        "name": "fre.area", "kept": True, "reason": "", "median": 0
    }  # fmt: skip
    assert set(first["versions"]) >= {"calanus", "numpy", "scikit-learn"}
    assert first["classifier"]["name"] == "linear"
    assert {**first, "job_id": 0} == {**again, "job_id": 0}


def test_objects_without_an_image_are_told_and_left_as_they_are(
    lab: Lab, shore: Connection
) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head)
    [bare] = given.objects(shore, polarstern, 1)
    [torn] = given.objects(shore, polarstern, 1)
    cruise.illustrate(shore, lab.settings, polarstern, {torn: b"no image"})

    job = lab(polarstern, tara, use_scn=True)

    assert job.result
    assert job.result["rowcount"] == 4
    assert job.result["infos"][0] == f"2 objects have no readable image: {bare}, {torn}."


def test_a_prediction_that_makes_no_sense_says_why(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, images=False)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)

    def error(*args: Any, **wanted: Any) -> str:
        job = lab(*args, **wanted)
        assert job.state == JobState.ERROR
        return " ".join(job.errors)

    assert "“Polarstern 7”" in error(polarstern, polarstern)
    assert "has no validated object of these taxa" in error(polarstern, polarstern)
    assert "All objects would be learnt as Copepoda" in error(
        polarstern, tara, pre_mapping={DETRITUS: COPEPODA}
    )
    assert "nothing to predict in “Tara leg 3”" in error(tara, tara)
    assert f"Project {tara.project_id} has no number fre.colour" in error(
        polarstern, tara, features=["fre.colour"]
    )
    assert "choose features, or deep features" in error(polarstern, tara, features=[])
    assert "nothing to learn by: fre.void" in error(polarstern, tara, features=["fre.void"])
    assert "have no readable image" in error(polarstern, tara, use_scn=True)
    assert "There is no taxon 999" in error(polarstern, tara, pre_mapping={DETRITUS: 999})


def test_a_scale_bar_that_is_cropped_makes_other_vectors(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head)
    lab(polarstern, tara, use_scn=True)
    shore.execute("UPDATE projects SET bar_px = 7 WHERE project_id = %s", [polarstern.project_id])

    job = lab(polarstern, tara, use_scn=True)

    assert "4 computed, 0 were there" in lab.log(job)
    assert fetch_value(shore, "SELECT count(*) FROM features") == 20  # the former ones are gone


def test_objects_whose_images_the_network_knows_are_told(
    lab: Lab, shore: Connection, tmp_path: Path
) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head)
    shore.execute(
        "UPDATE images SET hash = decode(repeat('ab', 16), 'hex') "
        "WHERE project_id = %s AND object_id %% 4 = 0",
        [tara.project_id],
    )
    models.export_model("efficientnet_lite0", tmp_path / "out.zip", lab.settings.data)
    trained = model_file.read(tmp_path / "out.zip")
    seen = {model_file.SEEN: np.array([0xABABABABABABABAB], np.uint64)}
    told = trained.manifest.model_copy(update={"name": "trained"})
    model_file.write(tmp_path / "t.zip", told, trained.network(), {**trained.arrays, **seen})
    models.import_model(tmp_path / "t.zip", lab.settings.data)
    shore.execute(
        "UPDATE projects SET extractor = 'trained' WHERE project_id = %s", [polarstern.project_id]
    )

    job = lab(given.refreshed(shore, polarstern, lab.head), tara, use_scn=True)

    assert job.result
    assert job.result["infos"][0].startswith(
        "The network was trained on the images of 4 of the objects that teach"
    )
    record = fetch_value(shore, "SELECT record FROM batches ORDER BY batch_id DESC LIMIT 1")
    assert record["extractor"]["name"] == "trained"
    assert record["classifier"]["calibrated_on"] == 12


def twins(conn: Connection, settings: Settings, *, by: User) -> tuple[Project, list[Any]]:
    """Calanoids and other copepods of one size, detritus of another; eight copepods to predict."""
    project = given.project(conn, title="Twins")
    cruise.measured(conn, project)
    for taxon, size in ((CALANOIDA, 100.0), (CYCLOPOIDA, 100.0), (DETRITUS, 3.0)):
        given.taxa(conn)
        conn.execute(
            """INSERT INTO taxa (taxon_id, parent_id, name, display_name, type, status, lineage,
                                 folded, rank)
               VALUES (12, 10, 'Cyclopoida', 'Cyclopoida', 'P', 'A', '{1,10,12}', 'cyclopoida',
                       'Order') ON CONFLICT DO NOTHING"""
        )
        ids = given.objects(conn, project, 40, taxon=TaxonId(taxon), state="V", by=by)
        cruise.area(conn, ids, size)
    conn.execute("UPDATE taxa SET rank = 'Subclass' WHERE taxon_id = 10")
    new = given.objects(conn, project, 8)
    cruise.area(conn, new, 100)
    return given.refreshed(conn, project, by), new


def test_what_cannot_be_told_apart_is_named_by_what_it_has_in_common(
    lab: Lab, shore: Connection
) -> None:
    project, new = twins(shore, lab.settings, by=lab.head)

    job = lab(project, project, risk=5)

    assert job.errors == []
    assert job.result
    assert identified(shore, new) == [(COPEPODA, "P")] * 8
    guesses = annotation.guesses_of(shore, project.project_id, new[0])
    assert guesses[0].taxon_id == COPEPODA
    assert guesses[0].score > 0.95
    assert {one.taxon_id for one in guesses[1:]} == {CALANOIDA, CYCLOPOIDA}
    assert job.result["back_off"] == {"named": {"Subclass": 8}, "not_named": 0}
    assert "Named: Subclass 100.0%, not named 0.0%" in lab.log(job)
    sql = "SELECT record -> 'back_off' FROM batches WHERE batch_id = %(b)s"
    record = fetch_value(shore, sql, b=job.result["batch_id"])
    assert (record["risk"], record["named"]) == (0.05, {"Subclass": 8})
    assert record["held_out"]["objects"] == 120


def test_without_a_risk_the_likeliest_taxon_is_named(lab: Lab, shore: Connection) -> None:
    project, new = twins(shore, lab.settings, by=lab.head)

    job = lab(project, project)

    assert job.result
    assert "back_off" not in job.result
    assert {taxon for taxon, _ in identified(shore, new)} <= {CALANOIDA, CYCLOPOIDA}


def test_what_is_learnt_as_another_backs_off_from_there(lab: Lab, shore: Connection) -> None:
    project, new = twins(shore, lab.settings, by=lab.head)

    lab(project, project, risk=5, pre_mapping={CYCLOPOIDA: DETRITUS})

    # Detritus and calanoids have nothing in common: what is sure of neither is left alone.
    assert fetch_value(shore, UNNAMED, ids=new) == 8


def test_a_promise_that_few_objects_cannot_prove_is_not_made(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, each=3, images=False)
    polarstern, copepods, _ = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)

    job = lab(polarstern, tara, risk=1)

    assert job.result
    assert job.result["rowcount"] == 0
    assert "At most 1 % wrong cannot be promised" in lab.log(job)
    assert fetch_value(shore, UNNAMED, ids=copepods) == 2


def test_what_looks_like_nothing_learnt_is_set_aside(lab: Lab, shore: Connection) -> None:
    project, new = twins(shore, lab.settings, by=lab.head)
    strange = given.objects(shore, project, 3)
    cruise.area(shore, strange, 20)  # detritus measures 3, copepods 100

    job = lab(project, project, unlike=5)

    assert job.errors == []
    assert job.result
    aside = job.result["unlike"]
    assert (aside, job.result["rowcount"]) == (3, 8)
    assert {taxon for taxon, _ in identified(shore, new)} <= {CALANOIDA, CYCLOPOIDA}
    sentence = f"{aside} objects look like nothing learnt, and are left as they are."
    assert sentence in job.result["infos"]
    kept = trays.last(shore, project.project_id)
    assert kept
    assert (kept.batch_id, kept.objects, kept.left) == (job.result["batch_id"], aside, aside)
    tray = trays.contents(shore, project.project_id, kept, 100)
    assert set(tray) == set(strange)
    assert fetch_value(shore, UNNAMED, ids=tray) == aside
    sql = "SELECT record -> 'unlike' ->> 'objects' FROM batches WHERE batch_id = %(b)s"
    assert fetch_value(shore, sql, b=kept.batch_id) == str(aside)

    filters = ProjectFilters(unlike=str(kept.batch_id))
    shown = objects.matching(shore, project, filters, by=lab.head, order="obj.tray_place")
    assert shown.tolist() == tray
    assert not len(objects.matching(shore, project, ProjectFilters(unlike="0"), by=lab.head))

    annotation.classify(
        shore, project, ClassifyOrder([strange[0]], [DETRITUS]), by=lab.head, at=given.NOON
    )
    kept = trays.last(shore, project.project_id)
    assert kept
    assert (kept.objects, kept.left) == (aside, aside - 1)
    annotation.undo(shore, project, job.result["batch_id"], by=lab.head, at=given.NOON)
    assert trays.last(shore, project.project_id) is None


def test_a_handful_that_teaches_cannot_say_what_is_strange(lab: Lab, shore: Connection) -> None:
    tara = cruise.taught(shore, lab.settings, by=lab.head, each=3, images=False)
    polarstern, *_ = cruise.unsorted(shore, lab.settings, by=lab.head, images=False)

    job = lab(polarstern, tara, unlike=5)

    assert job.result
    assert job.result["rowcount"] == 4
    assert any("Too few objects teach" in info for info in job.result["infos"])
    assert trays.last(shore, polarstern.project_id) is None


def test_a_tray_goes_with_its_project(lab: Lab, shore: Connection) -> None:
    project, _ = twins(shore, lab.settings, by=lab.head)
    cruise.area(shore, given.objects(shore, project, 3), 20)
    lab(project, project, unlike=5, risk=5)

    whole.empty(shore, project.project_id)

    assert fetch_value(shore, "SELECT count(*) FROM unlike_objects") == 0
