"""Taxa over HTTP: EcoTaxa's answers, and our own index."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from calanus.taxonomy import service
from calanus.users import service as users
from given import CALANOIDA, COPEPODA, DETRITUS, OLD_NAME


@pytest.fixture(autouse=True)
def taxa(shore: Connection) -> None:
    given.taxa(shore)


def test_a_taxon_is_told_with_its_lineage_and_children(web: TestClient) -> None:
    assert web.get(f"/taxon/{COPEPODA}").json() == {
        "id": 10,
        "name": "Copepoda",
        "type": "P",
        "status": "A",
        "display_name": "Copepoda",
        "lineage": ["Copepoda", "Biota"],
        "id_lineage": [10, 1],
        "lineage_status": "AA",
        "renm_id": None,
        "nb_objects": 0,
        "nb_children_objects": 0,
        "aphia_id": None,
        "rank": None,
        "children": [CALANOIDA],
    }
    assert web.get("/taxon/424242").json() is None


def test_validated_objects_count_for_a_taxon_and_for_all_above(
    web: TestClient, shore: Connection
) -> None:
    head = given.application_manager(shore)
    project = given.project(shore)
    given.objects(shore, project, 3, taxon=CALANOIDA, state="V", by=head)
    given.objects(shore, project, 2, taxon=COPEPODA, state="V", by=head)
    given.objects(shore, project, 1, taxon=COPEPODA, state="P")

    copepoda, calanoida = web.get(f"/taxon_set/query?ids={COPEPODA}+{CALANOIDA}+x").json()

    assert (copepoda["nb_objects"], copepoda["nb_children_objects"]) == (2, 5)
    assert (calanoida["nb_objects"], calanoida["nb_children_objects"]) == (3, 3)


def test_the_tops_of_the_tree_are_public(web: TestClient) -> None:
    assert [taxon["name"] for taxon in web.get("/taxa").json()] == ["Biota", "detritus"]


def test_the_presets_of_a_project_are_found_first(web: TestClient, shore: Connection) -> None:
    amanda = given.user(shore)
    project = given.project(shore, member=amanda)
    shore.execute("UPDATE projects SET initial_taxa = '{20}'")
    headers = given.headers(amanda)

    found = web.get(f"/taxon_set/search?query=***&project_id={project.project_id}", headers=headers)

    assert (found.json()[0]["id"], found.json()[0]["pr"]) == (DETRITUS, 1)
    assert found.json()[1]["text"] == "Biota"


def test_a_short_search_gives_what_was_used_of_late(web: TestClient, shore: Connection) -> None:
    amanda = given.user(shore)
    project = given.project(shore, member=amanda)
    users.remember(shore, amanda, project.project_id, "mru", f"[{DETRITUS}, {COPEPODA}]")
    headers = given.headers(amanda)

    found = web.get(f"/taxon_set/search?query=&project_id={project.project_id}", headers=headers)

    assert [hit["id"] for hit in found.json()] == [DETRITUS, COPEPODA]
    assert web.get("/taxon_set/search?query=c").json() == []


def test_the_index_is_sent_whole_and_then_only_when_it_changed(
    web: TestClient, shore: Connection
) -> None:
    first = web.get("/taxa/index").json()
    same = web.get("/taxa/index", params={"since": first["updated_at"]}).json()

    assert (first["ids"], first["parents"]) == ([1, 10, 11, 20, 30], [0, 1, 10, 0, 1])
    assert (first["types"], first["statuses"]) == ("PPPMP", "AAAAD")
    assert same == {**first, "ids": [], "parents": [], "names": [], "display_names": []} | {
        "types": "",
        "statuses": "",
    }
    with shore.transaction():
        service.create(shore, "Harpacticoida", COPEPODA)
    assert len(web.get("/taxa/index", params={"since": first["updated_at"]}).json()["ids"]) == 6


def test_a_manager_makes_a_taxon_and_an_annotator_does_not(
    web: TestClient, shore: Connection
) -> None:
    wanted = {"name": "nauplii", "parent_id": COPEPODA, "type": "M"}
    head, amanda = given.application_manager(shore), given.user(shore)

    made = web.post("/taxa", json=wanted, headers=given.headers(head))
    refused = web.post("/taxa", json=wanted, headers=given.headers(amanda))
    again = web.post("/taxa", json=wanted, headers=given.headers(head))

    assert made.json()["lineage"] == ["nauplii", "Copepoda", "Biota"]
    assert refused.status_code == 403
    assert (again.status_code, again.json()["detail"]) == (
        422,
        "There is already a taxon “nauplii” below this parent.",
    )
    assert web.get("/taxa/status", headers=given.headers(amanda)).json()["last_refresh"]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"name": "Copepoda"}, "There is already a taxon “Copepoda” in the tree."),
        ({"name": "lower case"}, "“lower case” cannot be the name of a taxon"),
        ({"name": "Xx"}, "A taxon's name has 3 to 100 characters"),
        ({"name": "Nobody", "parent_id": 424242}, "There is no taxon 424242."),
        ({"name": "Nobody", "parent_id": OLD_NAME}, "Oldname is deprecated"),
        ({"name": "Nobody", "taxotype": "Q"}, "The type of a taxon is P or M, not “Q”."),
    ],
)
def test_a_taxon_that_cannot_be_is_refused_in_words(
    web: TestClient, shore: Connection, wanted: dict[str, Any], sentence: str
) -> None:
    head = given.headers(given.application_manager(shore))
    asked = {"parent_id": COPEPODA, "taxotype": "P", "creator_email": "a@lab.example"} | wanted

    answer = web.put("/taxon/central", params=asked, headers=head)

    assert answer.status_code == 200
    assert set(answer.json()) == {"msg"}
    assert sentence in answer.json()["msg"]
