"""A recorded prediction made again."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.settings import Settings
from calanus.objects.filters import ProjectFilters
from calanus.prediction.jobs import predict
from calanus.prediction.repeating import NotRepeatable, repeat
from calanus.prediction.types import PredictionReq, PredictOrder
from calanus.projects.types import Project
from calanus.users.types import User

pytestmark = given.vaults_close_late


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


def predicted(
    shore: Connection, clone: str, settings: Settings, head: User, **more: Any
) -> tuple[Project, Project, int]:
    """Two projects, of which one taught the other; the batch of it."""
    images = bool(more.get("use_scn"))
    tara = cruise.taught(shore, settings, by=head, each=20, images=images)
    polarstern, *_ = cruise.unsorted(shore, settings, by=head, images=images)
    request = PredictionReq(
        project_id=polarstern.project_id,
        source_project_ids=[tara.project_id],
        features=["fre.area", "fre.void"],
        categories=[],
        pre_mapping={},
        **more,
    )
    order = PredictOrder(filters=ProjectFilters(), request=request)
    job = jobs.run_here(settings, clone, enqueue(shore, predict, order, owner=head.user_id))
    assert job.result
    return tara, polarstern, job.result["batch_id"]


@pytest.mark.parametrize("more", [{}, {"classifier": "forest"}, {"use_scn": True}], ids=str)
def test_an_unchanged_learning_set_gives_the_same_scores_bit_for_bit(
    shore: Connection, clone: str, settings: Settings, head: User, more: dict[str, Any]
) -> None:
    _, polarstern, batch = predicted(shore, clone, settings, head, **more)
    rows = "SELECT count(*) FROM predictions"
    before = fetch_value(shore, rows)

    found = repeat(shore, settings, polarstern.project_id, batch, by=head)

    assert (found.identical, found.same, found.objects, found.changed) == (True, 4, 4, [])
    assert found.verdict() == "All 4 objects get the same scores, bit for bit."
    assert fetch_value(shore, rows) == before
    took = fetch_value(shore, "SELECT result -> 'took' FROM jobs WHERE kind = 'Prediction'")
    assert (took["how"], took["objects"]) == (more.get("classifier", "linear"), 44)
    assert took.get("images", 0) == (44 if more.get("use_scn") else 0)


def test_another_learning_set_is_named_by_its_hash(
    shore: Connection, clone: str, settings: Settings, head: User
) -> None:
    tara, polarstern, batch = predicted(shore, clone, settings, head)
    more = given.objects(shore, tara, 9, taxon=given.COPEPODA, state="V", by=head)
    cruise.area(shore, more, 5)  # nearly as small as detritus

    found = repeat(shore, settings, polarstern.project_id, batch, by=head)

    assert not found.identical
    assert found.largest > 0
    assert "49 objects teach, 40 did" in found.changed[0]
    assert found.changed[1] == "Measurements of the objects that teach have changed."
    assert "get other scores" in found.verdict()


def test_other_values_of_the_same_objects_are_told_too(
    shore: Connection, clone: str, settings: Settings, head: User
) -> None:
    tara, polarstern, batch = predicted(shore, clone, settings, head)
    sql = "UPDATE object_values SET numbers[1] = numbers[1] * 2 WHERE project_id = %(p)s"
    execute(shore, sql, p=tara.project_id)

    found = repeat(shore, settings, polarstern.project_id, batch, by=head)

    assert found.changed == ["Measurements of the objects that teach have changed."]


def test_what_was_deleted_is_left_out_and_nothing_left_is_said(
    shore: Connection, clone: str, settings: Settings, head: User
) -> None:
    _, polarstern, batch = predicted(shore, clone, settings, head)
    gone = "DELETE FROM objects WHERE project_id = %(p)s AND state = 'P'"
    execute(shore, gone, p=polarstern.project_id)

    with pytest.raises(NotRepeatable, match="none of its objects is left"):
        repeat(shore, settings, polarstern.project_id, batch, by=head)


def test_only_a_prediction_with_a_recipe_can_be_repeated(
    shore: Connection, clone: str, settings: Settings, head: User, web: TestClient
) -> None:
    tara, polarstern, batch = predicted(shore, clone, settings, head)
    execute(shore, "UPDATE batches SET record = '{}' WHERE batch_id = %(b)s", b=batch)

    with pytest.raises(NotRepeatable, match="it has no recipe"):
        repeat(shore, settings, polarstern.project_id, batch, by=head)
    with pytest.raises(Exception, match="There is no batch"):
        repeat(shore, settings, tara.project_id, batch, by=head)
