"""Reverting over HTTP: EcoTaxa's call, and the page's own."""

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from given import CALANOIDA, COPEPODA, DETRITUS
from revert_world import Sorted


def as_head(web: TestClient, world: Sorted) -> None:
    web.headers.update(given.headers(world.head))


def test_the_dry_run_answers_what_the_real_one_then_does(
    web: TestClient, shore: Connection
) -> None:
    world = Sorted(shore)
    [tile, other] = world.tiles
    world.type(tile, COPEPODA, world.amanda)
    world.type(tile, CALANOIDA, world.ben)
    as_head(web, world)
    address = f"/object_set/{world.tara.project_id}/revert_to_history"

    asked = web.post(f"{address}?dry_run=true", json={})
    assert world.is_now(tile)[0] == CALANOIDA
    done = web.post(f"{address}?dry_run=false", json={})

    assert asked.json()["last_entries"] == done.json()["last_entries"]
    assert asked.json()["last_entries"] == [
        {
            "objid": tile,
            "classif_id": CALANOIDA,
            "histo_classif_date": "2026-06-21T13:00:00",
            "histo_classif_id": COPEPODA,
            "histo_classif_type": "M",
            "histo_classif_qual": "V",
            "histo_classif_who": world.amanda.user_id,
            "histo_classif_score": None,
        },
        {
            "objid": other,
            "classif_id": DETRITUS,
            "histo_classif_date": None,
            "histo_classif_id": None,
            "histo_classif_type": None,
            "histo_classif_qual": "n",
            "histo_classif_who": None,
            "histo_classif_score": None,
        },
    ]
    assert set(asked.json()["classif_info"]) == {str(COPEPODA), str(CALANOIDA), str(DETRITUS)}
    assert asked.json()["classif_info"][str(CALANOIDA)] == ["Calanoida", "Copepoda"]
    assert done.json()["classif_info"] == {}
    assert world.is_now(tile)[0] == COPEPODA


def test_the_page_is_told_sums_and_the_same_key_twice_is_one_act(
    web: TestClient, shore: Connection
) -> None:
    world = Sorted(shore)
    for tile in world.tiles:
        world.type(tile, COPEPODA, world.amanda)
    as_head(web, world)
    address = f"/projects/{world.tara.project_id}/revert"
    order = {"client_key": "00000000-0000-4000-8000-000000000001"}

    asked = web.post(f"{address}?dry_run=true", json=order).json()
    done = web.post(f"{address}?dry_run=false", json=order).json()
    again = web.post(f"{address}?dry_run=false", json=order).json()

    [line] = asked["lines"]
    assert (line["taxon_id"], line["state"], line["to_taxon_id"], line["to_state"]) == (
        COPEPODA, "V", DETRITUS, "P",
    )  # fmt: skip
    assert (line["objects"], line["to_annotator"]) == (2, None)
    assert asked["taxa"] == {str(COPEPODA): "Copepoda", str(DETRITUS): "detritus"}
    assert (done["objects"], done["lines"]) == (2, asked["lines"])
    assert (again["batch_id"], again["objects"]) == (done["batch_id"], 2)
    texts = [line["text"] for line in web.get(address.replace("revert", "batches")).json()]
    assert texts[0] == "2 objects put back to an earlier identification"


@pytest.mark.parametrize("filters", [{"taxo": "x"}, {"MapN": "1"}, {"freenum": "fre.none"}])
def test_a_filter_that_means_nothing_gets_a_sentence(
    web: TestClient, shore: Connection, filters: dict[str, str]
) -> None:
    world = Sorted(shore)
    as_head(web, world)
    filters |= {"freenumst": "1"} if "freenum" in filters else {}

    answer = web.post(
        f"/object_set/{world.tara.project_id}/revert_to_history?dry_run=true", json=filters
    )

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
