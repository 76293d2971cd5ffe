"""What a learning set would be: where it comes from, what is too small in it, how long it takes."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb
from starlette.testclient import TestClient

import cruise
import given
from calanus.kit.db import Connection, execute
from calanus.kit.settings import Settings
from calanus.prediction import learning_set, previews
from calanus.prediction.sources import mapping
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.types import Privilege, User
from given import CALANOIDA, COPEPODA, DETRITUS

FAMILY, GENUS, OTHER, ORDER = 4, 5, 6, 3


@pytest.fixture
def head(shore: Connection) -> User:
    return given.application_manager(shore)


@pytest.fixture
def tara(shore: Connection, settings: Settings, head: User) -> Project:
    return cruise.taught(shore, settings, by=head, images=False)


def ask(web: TestClient, what: str, target: Project, by: User, **more: Any) -> Any:
    body: dict[str, Any] = {
        "project_id": target.project_id,
        "source_project_ids": [target.project_id],
        "features": ["fre.area", "fre.void"],
        "categories": [],
        "pre_mapping": {},
    }
    address = f"/projects/{target.project_id}/{what}"
    answer = web.post(address, json={**body, **more}, headers=given.headers(by))
    assert answer.status_code == 200, answer.text
    return answer.json()


def search(web: TestClient, target: Project, by: User, **query: Any) -> Any:
    address = f"/projects/{target.project_id}/learning_sources"
    answer = web.get(address, params=query, headers=given.headers(by))
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- Too small taxa ------------------------------------------------------------------------------


def test_small_taxa_join_as_low_as_they_can() -> None:
    above = {10: [GENUS, FAMILY], 11: [GENUS, FAMILY], 12: [OTHER, FAMILY], 13: [FAMILY], 14: []}

    together = learning_set.suggested({10: 3, 11: 2, 12: 1, 13: 9, 14: 1}, above)
    in_the_family = learning_set.suggested({10: 3, 11: 1, 12: 1, 13: 9}, above)
    in_what_is_there = learning_set.suggested({12: 1, FAMILY: 4}, above | {FAMILY: [ORDER]})

    assert together == {10: GENUS, 11: GENUS}  # and 12 alone would make no family
    assert in_the_family == {10: FAMILY, 11: FAMILY, 12: FAMILY}
    assert in_what_is_there == {12: FAMILY}  # which then has five, and needs no order


def test_a_taxon_is_shown_with_those_above_it_and_what_it_may_be_learnt_as(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    given.objects(shore, tara, 2, taxon=CALANOIDA, state="V", by=head)

    told = ask(web, "learning_set", tara, head)
    joined = ask(web, "learning_set", tara, head, pre_mapping={CALANOIDA: COPEPODA})

    assert {t["id"]: t["lineage"] for t in told["taxa"]} == {
        COPEPODA: [],
        CALANOIDA: [COPEPODA],
        DETRITUS: [],
    }
    assert told["above"] == [{"id": COPEPODA, "display_name": "Copepoda", "used": 10}]
    assert (told["too_small"], told["suggested"]) == ([CALANOIDA], {str(CALANOIDA): COPEPODA})
    assert (joined["too_small"], joined["suggested"]) == ([], {})


def test_a_feature_comes_with_how_its_values_lie(
    web: TestClient, tara: Project, head: User
) -> None:
    area, void = ask(web, "learning_set", tara, head)["features"]

    assert (area["filled"], area["kept"]) == (1.0, True)
    assert 3 <= area["least"] < area["median"] < area["most"] <= 101
    assert (void["filled"], void["least"], void["median"], void["most"]) == (0, None, None, None)


# --- Where to learn from -------------------------------------------------------------------------


def test_projects_to_learn_from_are_found_by_what_they_share(
    web: TestClient, shore: Connection, settings: Settings, tara: Project, head: User
) -> None:
    amanda = given.user(shore)
    hers = given.project(shore, member=amanda, privilege=Privilege.MANAGE, title="Hers")
    cruise.measured(shore, hers)
    bare = given.project(shore, member=amanda, title="Bare nets")
    given.objects(shore, bare, 3, taxon=COPEPODA, state="V", by=amanda)
    public = cruise.taught(shore, settings, by=head, images=False)
    execute(
        shore,
        "UPDATE projects SET access = '1', title = 'Public', instrument = 'uvp6' "
        "WHERE project_id = %(p)s",
        p=public.project_id,
    )
    empty = given.project(shore, member=amanda, title="Nothing in it")

    everything = search(web, hers, amanda)
    by_id = search(web, hers, amanda, ids=f"{bare.project_id},{tara.project_id}")

    assert (everything["total"], everything["features"]) == (2, 2)
    first, second = everything["sources"]
    assert first == {
        "projid": bare.project_id,
        "title": "Bare nets",
        "instrument": "?",
        "validated": 3,
        "taxa": 1,
        "features": 0,
        "lacking": ["fre.area", "fre.void"],
        "cnn_network_id": first["cnn_network_id"],
        "learnt_as": {},
    }
    assert (second["projid"], second["features"], second["lacking"]) == (public.project_id, 2, [])
    assert (second["validated"], second["taxa"]) == (16, 2)
    assert [s["projid"] for s in by_id["sources"]] == [bare.project_id]

    def found(**query: Any) -> list[int]:
        return [s["projid"] for s in search(web, hers, amanda, **query)["sources"]]

    assert found(title_filter="NETS") == found(title_filter=bare.project_id) == [bare.project_id]
    assert found(instrument_filter="UVP") == found(features=1) == [public.project_id]
    assert found(title_filter=empty.title) == found(features=3) == []
    assert found(most=1) == [bare.project_id]


def test_a_mapping_is_read_as_ecotaxas_pages_write_it(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    settings = "baseproject=1\nposttaxomapping=11:10,20:1,5:5,x:1,7\nseltaxo=10,11"
    projects.set_prediction_settings(shore, tara.project_id, settings)

    [found] = search(web, given.project(shore), head)["sources"]

    assert found["learnt_as"] == {"11": 10, "20": 1}
    assert mapping("critvar=area\r\nposttaxomapping=\r\n") == mapping("") == {}


# --- How long it takes ---------------------------------------------------------------------------


def ran(conn: Connection, head: User, **took: Any) -> None:
    """A prediction that was made here, and what it took."""
    execute(
        conn,
        "INSERT INTO jobs (kind, owner_id, state, wanted, result) "
        "VALUES ('Prediction', %(u)s, 'F', '{}', %(r)s)",
        u=head.user_id,
        r=Jsonb({"rowcount": 1, "took": took}),
    )


def test_the_time_is_estimated_from_what_the_latest_predictions_took(
    web: TestClient, shore: Connection, tara: Project, head: User
) -> None:
    given.objects(shore, tara, 4)
    given.objects(shore, tara, 2, taxon=COPEPODA, state="P")

    unknown = ask(web, "learning_time", tara, head, use_scn=True)
    ran(shore, head, how="linear", images=0, seeing=9.0, objects=2000, learning=4.0)
    ran(shore, head, how="linear", images=1500, seeing=15.0, objects=2000, learning=4.0)
    ran(shore, head, how="forest", images=500, seeing=5.0, objects=1000, learning=100.0)
    seen = ask(web, "learning_time", tara, head, use_scn=True)
    forest = ask(web, "learning_time", tara, head, classifier="forest")

    assert (unknown["images"], unknown["objects"], unknown["runs"]) == (22, 22, 0)
    assert unknown["seconds"] == pytest.approx(
        22 / previews.IMAGES_A_SECOND + 22 / previews.OBJECTS_A_SECOND
    )
    assert (seen["images"], seen["runs"]) == (22, 3)
    assert seen["seconds"] == pytest.approx(22 / 100 + 22 / 500)
    assert (forest["images"], forest["seconds"]) == (0, pytest.approx(22 / 10))


def test_jobs_that_did_too_little_tell_no_rate() -> None:
    assert previews.rate([{"images": 20, "seeing": 4.0}], "images", "seeing") is None
    assert previews.rate([], "images", "seeing") is None
