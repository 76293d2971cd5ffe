"""Collections as EcoTaxa's clients ask for them."""

from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import connect
from calanus.users.types import Privilege

Json = dict[str, Any]


class Sea:
    """A manager of one project with samples, and somebody with another."""

    def __init__(self, web: TestClient, url: str) -> None:
        self.web = web
        with connect(url) as conn:
            self.marie = given.user(conn, name="Marie Curator")
            self.olga = given.user(conn, name="Olga Other")
            project = given.project(conn, member=self.marie, privilege=Privilege.MANAGE)
            given.objects(conn, project, 1, taxon=given.COPEPODA, state="V", by=self.marie)
            self.tara = project.project_id
            other = given.project(conn, member=self.olga, privilege=Privilege.MANAGE, access="2")
            given.objects(conn, other, 1)
            self.other = other.project_id

    def ask(self, method: str, path: str, body: Any = None, *, by: Any = None) -> Any:
        headers = given.headers(by or self.marie)
        return self.web.request(method, path, json=body, headers=headers)

    def make(self, title: str = "Copepods") -> int:
        body = {"title": title, "project_ids": [self.tara]}
        return self.ask("POST", "/collections/create", body).json()

    def get(self, collection_id: int) -> Json:
        return self.ask("GET", f"/collections/{collection_id}").json()


@pytest.fixture
def sea(web: TestClient, clone: str) -> Sea:
    return Sea(web, clone)


def test_a_new_collection_has_every_property(sea: Sea) -> None:
    found = sea.get(sea.make())

    assert found == {
        "id": found["id"],
        "external_id": "?",
        "external_id_system": "?",
        "title": "Copepods",
        "short_title": None,
        "citation": None,
        "license": None,
        "abstract": None,
        "description": None,
        "project_ids": [sea.tara],
        "provider_user": None,
        "contact_user": None,
        "creator_users": [],
        "creator_organisations": [],
        "associate_users": [],
        "associate_organisations": [],
        "display_order": {"creators": [], "associates": []},
        "is_private": True,
    }


def test_a_patch_changes_what_it_gives_and_a_put_everything(sea: Sea) -> None:
    collection_id = sea.make()
    marie = {"id": sea.marie.user_id, "email": "", "name": "", "organisation": ""}
    given_ = {
        "short_title": "cop",
        "license": "CC BY 4.0",
        "abstract": "What was caught.",
        "contact_user": marie,
        "creator_users": [marie],
        "creator_organisations": ["Sea Lab (SEA)"],
    }

    assert sea.ask("PATCH", f"/collections/{collection_id}", given_).json() is None
    sea.ask("PATCH", f"/collections/{collection_id}", {"citation": "Curator, 2026"})
    patched = sea.get(collection_id)
    assert (patched["license"], patched["citation"]) == ("CC BY 4.0", "Curator, 2026")
    assert patched["contact_user"]["name"] == "Marie Curator"
    assert patched["display_order"]["creators"][0] == f"{sea.marie.user_id}_u"
    assert patched["creator_organisations"][0]["name"] == "Sea Lab (SEA)"

    assert sea.ask("PUT", f"/collections/{collection_id}", {"title": "Copepods"}).json() is None
    put = sea.get(collection_id)
    kept = {"title": "Copepods", "short_title": "cop", "project_ids": [sea.tara]}
    assert {name: put[name] for name in kept} == kept
    assert (put["license"], put["abstract"], put["contact_user"]) == (None, None, None)
    assert (put["creator_users"], put["creator_organisations"]) == ([], [])


def test_what_is_read_may_be_put_back(sea: Sea) -> None:
    collection_id = sea.make()
    body = {"creator_organisations": ["A lab"], "license": "", "creator_users": [sea.marie.email]}
    sea.ask("PATCH", f"/collections/{collection_id}", body)
    before = sea.get(collection_id)

    sea.ask("PUT", f"/collections/{collection_id}", before)

    assert sea.get(collection_id) == before
    assert before["license"] == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"project_ids": []}, 422),
        ({"title": ""}, 422),
        ({"title": "x" * 300}, 422),
        ({"short_title": "x" * 65}, 422),
        ({"license": "GPL"}, 422),
        ({"contact_user": "nobody@nowhere"}, 422),
        ({"contact_user": 999_999}, 404),
        ({"contact_user": {"id": 0}}, 422),
        ({"contact_user": 10**20}, 404),
        ({"creator_organisations": [999_999]}, 404),
        ({"creator_organisations": [" "]}, 422),
        ({"abstract": "a\u0000b"}, 422),
        ({"project_ids": [999_999]}, 404),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(sea: Sea, body: Json, status: int) -> None:
    collection_id = sea.make()
    before = sea.get(collection_id)

    answer = sea.ask("PATCH", f"/collections/{collection_id}", body)

    assert answer.status_code == status, answer.text
    assert sea.get(collection_id) == before


def test_a_title_is_taken_once(sea: Sea) -> None:
    sea.make()
    answer = sea.ask(
        "POST", "/collections/create", {"title": "Copepods", "project_ids": [sea.tara]}
    )

    assert answer.status_code == 422
    assert "already a collection" in answer.json()["detail"]


def test_others_are_told_that_there_is_none(sea: Sea) -> None:
    address = f"/collections/{sea.make()}"

    asked: list[tuple[str, Json | None]] = [
        ("GET", None),
        ("PATCH", {}),
        ("PUT", {}),
        ("DELETE", None),
    ]
    for method, body in asked:
        assert sea.ask(method, address, body, by=sea.olga).status_code == 404
    assert sea.ask("GET", "/collections", by=sea.olga).json() == []
    assert sea.ask("GET", "/collections/search?title=%25", by=sea.olga).json() == []


def test_a_collection_has_a_public_address_without_e_mails(sea: Sea, web: TestClient) -> None:
    collection_id = sea.make()
    body = {"short_title": "cop", "contact_user": sea.marie.user_id}
    sea.ask("PATCH", f"/collections/{collection_id}", body)

    by_title = web.get("/collections/by_title?q=Copepods").json()
    by_short = web.get("/api/collections/by_short_title?q=cop").json()

    assert by_title == by_short
    assert (by_title["contact_user"]["name"], by_title["contact_user"]["email"]) == (
        "Marie Curator",
        "",
    )
    assert web.get("/collections/by_title?q=copepods").status_code == 404
    assert web.get("/collections/by_short_title?q=").status_code == 404


def test_lists_by_id_and_by_title(sea: Sea) -> None:
    first, second = sea.make("Copepods"), sea.make("Jellies")

    def ids(path: str) -> list[int]:
        return [found["id"] for found in sea.ask("GET", path).json()]

    assert ids("/collections") == [first, second]
    assert ids("/collections/") == [first, second]
    assert ids(f"/collections?collection_ids={second}") == [second]
    assert ids(f"/collections?collection_ids={first},{second},77") == [first, second]
    assert ids("/collections/search?title=%25ELL%25") == [second]


def test_the_collections_of_a_project(sea: Sea, web: TestClient) -> None:
    collection_id = sea.make()

    [found] = sea.ask("GET", f"/projects/{sea.tara}/collections").json()

    assert (found["id"], found["title"], found["project_ids"]) == (
        collection_id,
        "Copepods",
        [sea.tara],
    )
    assert web.get(f"/projects/{sea.tara}/collections").status_code == 403
    assert web.get(f"/projects/{sea.other}/collections").json() == []


def test_a_project_in_a_collection_stays(sea: Sea) -> None:
    collection_id = sea.make()

    answer = sea.ask("DELETE", f"/projects/{sea.tara}")
    assert (answer.status_code, "Copepods" in answer.text) == (422, True)

    assert sea.ask("DELETE", f"/collections/{collection_id}").json() == collection_id
    assert sea.ask("DELETE", f"/projects/{sea.tara}").status_code == 200


def test_what_projects_have_in_common(sea: Sea) -> None:
    head = sea.ask("GET", f"/collections/aggregated_projects_properties?project_ids={sea.tara}")
    found = head.json()
    assert (found["access"], found["status"], found["can_be_administered"]) == (
        "0",
        "Annotate",
        True,
    )
    assert found["excluded"]["access"] == []

    both = f"project_ids={sea.tara},{sea.other}"
    found = sea.ask("GET", f"/collections/aggregated_projects_properties?{both}").json()
    assert (found["access"], found["can_be_administered"]) == ("2", False)
    assert found["excluded"]["access"] == [sea.tara]
    assert found["privileges"] == {"managers": [], "annotators": [], "viewers": []}
    nothing = sea.ask("GET", "/collections/aggregated_projects_properties?project_ids=").json()
    assert nothing["instrument"] == ""


def test_guests_and_organisations_over_http(sea: Sea) -> None:
    body = {"id": -1, "email": "gil@sea.example", "name": "Gil Guest", "organisation": "Sea Lab"}
    gil = sea.ask("POST", "/guests/create", body).json()

    assert sea.ask("GET", f"/guests/{gil['id']}").json()["organisation"] == "Sea Lab"
    assert [g["id"] for g in sea.ask("GET", f"/guests?ids={gil['id']}").json()] == [gil["id"]]
    assert sea.ask("GET", f"/guests/{sea.marie.user_id}").status_code == 404
    assert sea.ask("POST", "/guests/create", body).status_code == 422
    sea.ask("PUT", f"/guests/{gil['id']}", body | {"name": "Gil Renamed", "country": "France"})
    assert sea.ask("GET", "/guests/search?by_name=gil%25").json()[0]["name"] == "Gil Renamed"

    [lab] = sea.web.get("/organizations/search?name=sea%25").json()
    change = {"id": 0, "name": "Sea Lab (SEA)", "directories": "EDMO:1"}
    assert sea.ask("PUT", f"/organizations/{lab['id']}", change).status_code == 200
    assert sea.ask("GET", "/organizations").json() == [change | {"id": lab["id"]}]
    assert sea.ask("PUT", "/organizations/999", change).status_code == 404
    assert sea.ask("POST", "/organizations/create", change).status_code == 422
