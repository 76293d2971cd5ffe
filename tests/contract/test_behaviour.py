"""What EcoTaxa's clients count on besides shapes: each story tells what is easily missed."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings
from calanus.users import service as users
from calanus.users.types import Privilege, User
from conftest import database
from contract_calls import CALLS, asked
from contract_world import Cruise, new_cruise
from facts import BUILT, ecotaxas
from given import CALANOIDA, COPEPODA, DETRITUS, KEY, PASSWORD


@pytest.fixture
def cruise(clone: str, settings: Settings) -> Iterator[Cruise]:
    """A cruise for one story."""
    cruise = new_cruise(clone, settings.model_copy(update={"secret_key": KEY}))
    with cruise.web:
        yield cruise


@pytest.fixture
def amanda(cruise: Cruise) -> User:
    """Somebody who annotates in the cruise's project."""
    with connect(cruise.lab.url) as conn:
        amanda = given.user(conn)
        p = cruise.names["project_id"]
        members = {m.user_id: str(m.privilege) for m in users.members(conn, [p])}
        users.set_members(conn, p, {**members, amanda.user_id: Privilege.ANNOTATE})
    return amanda


# --- Who asks ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def harbour(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cruise]:
    """A cruise that nobody changes, since nobody is let in."""
    settings = Settings(data=tmp_path_factory.mktemp("harbour") / "data", secret_key=KEY)
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        cruise.names |= {"email": "a", "status": "active", "sub_path": "", "name": "Copepoda"}
        with cruise.web:
            yield cruise


CLOSED = [
    name
    for name in CALLS
    if name in BUILT and ecotaxas()["operations"][name]["token"] == "required"
]


@pytest.mark.parametrize("name", CLOSED)
def test_an_operation_that_asks_for_a_token_says_so(harbour: Cruise, name: str) -> None:
    nobody = {"Authorization": ""}
    forged = {"Authorization": "Bearer forged.by.hand"}

    none, wrong = (asked(harbour, name, headers=headers) for headers in (nobody, forged))

    assert (none.status_code, none.json()["detail"][:17]) == (403, "Not authenticated")
    assert wrong.status_code == 401
    assert wrong.json()["detail"].startswith("Could not validate credentials")
    assert wrong.headers["WWW-Authenticate"] == "Bearer"


def test_the_places_one_worked_in_last_come_with_oneself(cruise: Cruise, amanda: User) -> None:
    assert cruise.ask("GET /users/me", by=amanda).json()["last_used_projects"] == []
    cruise.ask("GET /projects/{project_id}", by=amanda)
    cruise.ask("GET /projects/{other_id}", by=amanda)  # which she may not see
    cruise.ask("GET /projects/{project_id}/workspace", by=amanda)

    recent = cruise.ask("GET /users/me", by=amanda).json()["last_used_projects"]

    assert recent == [{"projid": cruise.names["project_id"], "title": "Tara leg 3"}]


def test_five_projects_are_remembered_in_the_order_of_their_titles(
    web: TestClient, shore: Connection
) -> None:
    head = given.application_manager(shore)
    web.headers.update(given.headers(head))
    made = [given.project(shore, title=f"{letter} leg").project_id for letter in "FADBEC"]

    for project_id in [*made, made[1]]:
        web.get(f"/projects/{project_id}")

    recent = web.get("/users/me").json()["last_used_projects"]
    assert [project["title"][0] for project in recent] == ["A", "B", "C", "D", "E"]


# --- Accounts ------------------------------------------------------------------------------------


def change(cruise: Cruise, who: User, by: User, **some: Any) -> Any:
    """What changing some of an account answers, when it is sent back as a client has it."""
    body = {"id": who.user_id, "email": who.email, "name": who.name, "organisation": ""}
    return cruise.ask(f"PUT /users/{who.user_id}", body | some, by=by)


def may_sign_in(cruise: Cruise, who: User, password: str) -> bool:
    """Whether somebody gets in by a password."""
    answer = cruise.ask("POST /login", {"username": who.email.upper(), "password": password})
    return answer.status_code == 200


def test_a_new_password_comes_with_the_account(cruise: Cruise, amanda: User) -> None:
    assert change(cruise, amanda, amanda, password="?").status_code == 200
    assert may_sign_in(cruise, amanda, PASSWORD)
    assert change(cruise, amanda, amanda, password="short").status_code == 422

    assert change(cruise, amanda, amanda, password="Nauplii#2").status_code == 200

    assert may_sign_in(cruise, amanda, "Nauplii#2")
    assert not may_sign_in(cruise, amanda, PASSWORD)


def test_nobody_gives_themselves_a_role_or_others_a_password(cruise: Cruise, amanda: User) -> None:
    change(cruise, amanda, amanda, can_do=[1, 2, 3], status=2)
    assert cruise.ask("GET /users/me", by=amanda).json()["can_do"] == []

    assert change(cruise, cruise.head, amanda, password="Nauplii#2").status_code == 403


def test_a_role_is_given_by_name_and_kept_when_not_named(cruise: Cruise, amanda: User) -> None:
    def told() -> tuple[list[int], int]:
        [account] = cruise.read(f"GET /users?ids={amanda.user_id}")
        return account["can_do"], account["status"]

    change(cruise, amanda, cruise.head, can_do=[1, 2, 3])
    assert told() == ([1, 2, 3, 4], 1)
    change(cruise, amanda, cruise.head)
    assert told() == ([1, 2, 3, 4], 1)
    change(cruise, amanda, cruise.head, can_do=[], status=0)
    assert told() == ([], 0)


# --- Identifications -----------------------------------------------------------------------------


def test_a_short_search_finds_the_taxa_given_last(cruise: Cruise, amanda: User) -> None:
    def classify(tile: str, taxon: int) -> None:
        body = {
            "target_ids": ["{" + tile + "}"],
            "classifications": [taxon],
            "wanted_qualification": "V",
        }
        assert cruise.ask("POST /object_set/classify", body, by=amanda).json() == 1

    classify("new_id", CALANOIDA)
    classify("predicted_id", DETRITUS)
    classify("dubious_id", CALANOIDA)
    classify("object_id", -1)  # no taxon is named

    said = cruise.ask("GET /users/my_preferences/{project_id}?key=mru", by=amanda).json()
    assert said == f"[{CALANOIDA}, {DETRITUS}]"
    search = "GET /taxon_set/search?project_id={project_id}&query="
    assert [hit["id"] for hit in cruise.ask(search, by=amanda).json()] == [CALANOIDA, DETRITUS]
    assert [hit["id"] for hit in cruise.ask(search + "d", by=amanda).json()] == [DETRITUS]
    assert cruise.ask(search, by=cruise.head).json() == []


def test_ten_taxa_are_remembered_whatever_a_client_wrote_there(
    shore: Connection, web: TestClient
) -> None:
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda)
    users.remember(shore, amanda, tara.project_id, "mru", "not a list, 7th or 12")

    users.note_recent_taxa(shore, amanda, tara.project_id, [5, 4, 5])
    users.note_recent_taxa(shore, amanda, tara.project_id, list(range(20, 30)))
    users.note_recent_taxa(shore, amanda, tara.project_id, [4])

    kept = users.preference(shore, amanda, tara.project_id, "mru")
    assert kept == "[4, 20, 21, 22, 23, 24, 25, 26, 27, 28]"


# --- Objects -------------------------------------------------------------------------------------


def column(cruise: Cruise, fields: str, **asked: Any) -> list[Any]:
    """The first field of all objects, in an order."""
    query = "".join(f"&{name}={value}" for name, value in asked.items())
    found = cruise.read(f"POST /object_set/{{project_id}}/query?fields={fields}{query}", {})
    return [row[0] for row in found["details"]]


def test_who_shows_when_objects_were_identified_finds_those_that_were(cruise: Cruise) -> None:
    """Elsewhere nothing comes last upwards and first downwards; here it is the other way round."""
    when = "obj.classif_when"
    both = [bool(told) for told in column(cruise, when, order_field=f"-{when}")]
    upwards = [bool(told) for told in column(cruise, when, order_field=when)]

    assert both == [True, True, False, False]
    assert upwards == [False, False, True, True]
    names = column(cruise, "obj.classif_qual", order_field=f"-{when}")
    assert set(names[:2]) == {"P", None}, "not shown, it is ordered as all else"


def test_all_that_is_known_of_a_taxon_can_be_shown(cruise: Cruise) -> None:
    shown = "txo.aphia_id,txo.rank,txo.lastupdate_datetime,txo.nbrobj,txp.name,txp.aphia_id"
    found = cruise.read(f"POST /object_set/{{project_id}}/query?fields={shown}", {})

    assert found["details"][0][0] == 1080
    assert found["details"][0][2].startswith("20")
    assert found["details"][0][4] == "Biota"


def test_a_large_image_has_a_thumbnail_and_a_small_one_is_its_own(cruise: Cruise) -> None:
    cruise.lab.find("UPDATE images SET width = 960, height = 641 WHERE rank = 0 RETURNING 1")
    name, *size = (
        column(cruise, f"img.{field}")[0]
        for field in ("thumb_file_name", "thumb_width", "thumb_height")
    )
    [image] = cruise.read("GET /object/{object_id}")["images"]

    assert (image["thumb_file_name"], image["thumb_width"]) == (name, 320)
    assert [image["thumb_width"], image["thumb_height"]] == size == [320, 214]
    assert cruise.ask(f"GET /api/api/vault/{name}").status_code == 200


def test_a_moment_that_is_none_is_shown_as_it_was_given(cruise: Cruise) -> None:
    answer = cruise.ask("POST /object_set/{project_id}/query", {"validfromdate": "yesterday"})

    assert answer.status_code == 422
    assert "not “yesterday”" in answer.json()["detail"]


# --- Jobs ----------------------------------------------------------------------------------------


def test_the_request_of_an_export_is_where_its_clients_look(cruise: Cruise) -> None:
    """pyecotaxa reads params.req.project_id as a number, and params.req.out_to_ftp."""
    body = {"filters": {"taxo": f"{COPEPODA}"}, "request": {"project_id": "{project_id}"}}
    job_id = cruise.read("POST /object_set/export/general", body)["job_id"]

    params = cruise.read(f"GET /jobs/{job_id}/")["params"]

    assert params["req"]["project_id"] == params["prj_id"] == cruise.names["project_id"]
    assert params["req"]["out_to_ftp"] is False
    assert params["filters"]["taxo"] == f"{COPEPODA}"


def test_a_removed_project_tells_its_images_and_their_files(cruise: Cruise) -> None:
    """In EcoTaxa each image is a file; how few our packs are is nobody's business."""
    address = "DELETE /projects/{project_id}?only_objects=true"

    assert cruise.read(address) == [4, 0, 4, 4]
    assert cruise.read(address) == [0, 0, 0, 0]
