"""The small print of EcoTaxa's interface: what a value may be, who reads it, what it sums up to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import given
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from calanus.users import service as users
from calanus.users.types import Privilege, User
from conftest import database
from contract_world import Cruise, new_cruise
from given import COPEPODA, KEY


@dataclass(frozen=True)
class Crew:
    """A cruise, and somebody who is anything towards its project."""

    cruise: Cruise
    stranger: User
    visitor: User
    annotator: User
    manager: User


@pytest.fixture(scope="module")
def crew(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """One for all sentences; each leaves what another asks about as it was."""
    settings = Settings(data=tmp_path_factory.mktemp("print") / "data", secret_key=KEY)
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        p = cruise.names["project_id"]
        with connect(url) as conn:
            stranger, visitor, annotator, manager = (
                given.user(conn, name=f"{name} Sampler") for name in ("Stan", "Vera", "Anna", "Max")
            )
            held = {m.user_id: str(m.privilege) for m in users.members(conn, [p])}
            held |= {visitor.user_id: Privilege.VIEW, annotator.user_id: Privilege.ANNOTATE}
            users.set_members(conn, p, {**held, manager.user_id: Privilege.MANAGE})
        with cruise.web:
            yield Crew(cruise, stranger, visitor, annotator, manager)


NOBODY = {"headers": {"Authorization": ""}}


# --- Objects -------------------------------------------------------------------------------------


def test_who_is_no_member_reads_no_address_of_those_who_identified(crew: Crew) -> None:
    cruise = crew.cruise
    cruise.read("PATCH /projects/{project_id}", {"access": "2"})
    call = "POST /object_set/{project_id}/query?fields=usr.name,usr.email&order_field=-usr.email"
    view = {"fields": ["usr.email"], "order_field": "usr.email"}

    def told(**by: Any) -> tuple[list[Any], list[Any]]:
        shown = cruise.ask(call, {}, **by).json()["details"]
        columns = cruise.ask("POST /projects/{project_id}/view", view, **by).json()["columns"]
        return [row for row in shown if row[0]], columns["fields"]["usr.email"][:1]

    hidden = [cruise.head.name, None]
    assert told(**NOBODY) == ([hidden], [None])
    assert told(by=crew.stranger) == ([hidden] * 2, [None])
    assert told(by=crew.visitor)[0] == [[cruise.head.name, cruise.head.email]] * 2
    assert told()[1] == [cruise.head.email]


def test_a_parent_is_shown_with_all_that_is_known_of_a_taxon(crew: Crew) -> None:
    shown = "txp.name,txp.nbrobj,txp.creation_datetime,txp.source_url,txo.parent_id,txp.id"
    call = f"POST /object_set/{{project_id}}/query?fields={shown}&order_field=obj.objid"

    first = crew.cruise.read(call, {})["details"][0]

    assert first[:2] == ["Biota", None]
    assert first[2][:2] == "20"
    assert first[4] == first[5] == 1


@pytest.mark.parametrize("taxo", ["-1", "0", "-1,0", f"-1,{COPEPODA}"])
def test_a_taxon_that_there_cannot_be_is_not_counted_either(crew: Crew, taxo: str) -> None:
    found = crew.cruise.read("POST /object_set/{project_id}/query", {"taxo": taxo})
    call = "POST /object_set/{project_id}/summary?only_total=true"
    summed = crew.cruise.read(call, {"taxo": taxo})

    assert len(found["object_ids"]) == (2 if str(COPEPODA) in taxo else 0)
    assert found["total_ids"] == summed["total_objects"] == len(found["object_ids"])


def test_objects_that_there_are_not_have_no_predictions(crew: Crew) -> None:
    """As they have no parents: whoever asks for many gets what there is."""
    asked = ["{predicted_id}", 99 * 10**8 + 1, -5]

    parents = crew.cruise.read("POST /object_set/parents", asked)
    found = crew.cruise.read("POST /object_set/predictions", asked)

    predicted = crew.cruise.names["predicted_id"]
    assert parents["object_ids"] == [predicted]
    assert [row[0] for row in found["result"]] == [predicted]


def test_a_taxon_beyond_all_ids_has_nothing_below_it(crew: Crew) -> None:
    asked = {"taxo": f"{COPEPODA},99999999999", "taxochild": "Y"}

    assert crew.cruise.read("POST /object_set/{project_id}/query", asked)["total_ids"] == 2


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(12, "12"), (12.5, "12.5"), ("012", "012"), (12345678901234567890, "12345678901234567890")],
)
def test_a_number_that_is_sent_for_a_text_reads_as_it_was_sent(
    crew: Crew, sent: object, kept: str
) -> None:
    order = {"target_ids": ["{sample_id}"], "updates": [{"ucol": "ship", "uval": sent}]}

    assert crew.cruise.read("POST /sample_set/update", order) == 1

    assert crew.cruise.read("GET /sample/{sample_id}")["free_columns"] == {"ship": kept}


def test_what_is_removed_counts_alike_one_by_one_and_as_a_whole(crew: Crew) -> None:
    cruise = crew.cruise
    with connect(cruise.lab.url) as conn:
        made = [given.project(conn) for _ in range(2)]
        one, whole = (given.objects(conn, project, 2) for project in made)
        for project, tiles in zip(made, (one, whole), strict=True):
            conn.execute(
                "INSERT INTO packs (project_id, pack_id, path, bytes) VALUES (%s, 1, %s, 18)",
                [project.project_id, f"small/{project.project_id}"],
            )
            conn.execute(
                "INSERT INTO images (project_id, object_id, image_id, position, pack_id, length,"
                " width, height, rank, hash, orig_file_name)"
                " SELECT %s, o, o * 10, 0, 1, 9, 8, 6, 0, decode(md5('x'), 'hex'), 'a.png'"
                " FROM unnest(%s::bigint[]) o",
                [project.project_id, tiles],
            )

    assert cruise.read("DELETE /object_set/", one) == [2, 0, 2, 2]
    assert cruise.read(f"DELETE /projects/{made[1].project_id}") == [2, 0, 2, 2]


# --- Projects ------------------------------------------------------------------------------------


def person(user: User) -> dict[str, Any]:
    """Somebody as a member of a project is written."""
    return {"id": user.user_id, "email": user.email, "name": user.name, "organisation": ""}


def test_a_list_that_is_not_given_keeps_its_people(crew: Crew) -> None:
    """Who is named in a lower list besides is what they were."""
    cruise, lists = crew.cruise, ("managers", "annotators", "viewers")
    before = cruise.read("GET /projects/{project_id}")

    viewers = [person(crew.manager), person(crew.annotator), person(crew.stranger)]
    cruise.read("PATCH /projects/{project_id}", {"viewers": viewers})
    after = cruise.read("GET /projects/{project_id}")
    cruise.read("PUT /projects/{project_id}", {name: before[name] for name in lists})

    assert [after[name] for name in lists[:2]] == [before[name] for name in lists[:2]]
    assert [viewer["id"] for viewer in after["viewers"]] == [crew.stranger.user_id]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [({"instrument": " "}, "needs an instrument"), ({"title": "  "}, "needs a title")],
)
def test_a_project_has_a_title_and_an_instrument(
    crew: Crew, sent: dict[str, str], sentence: str
) -> None:
    answer = crew.cruise.ask("PUT /projects/{project_id}", sent)

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_a_title_is_trimmed_when_it_changes_too(crew: Crew) -> None:
    crew.cruise.read("PUT /projects/{project_id}", {"title": " Tara leg 3 ", "instrument": " ? "})

    changed = crew.cruise.read("GET /projects/{project_id}")
    assert (changed["title"], changed["instrument"]) == ("Tara leg 3", "?")


def test_the_list_of_taxa_is_the_one_of_the_two_that_was_changed(crew: Crew) -> None:
    """A client of either version puts a whole project back, with its own view of it changed."""
    cruise = crew.cruise
    for change, now in (
        ({"initclassiflist": "11, 20"}, [11, 20]),
        ({"init_classif_list": [10]}, [10]),
        ({"initclassiflist": ""}, []),
    ):
        whole = cruise.read("GET /projects/{project_id}")
        cruise.read("PUT /projects/{project_id}", whole | change)

        after = cruise.read("GET /projects/{project_id}")
        assert after["init_classif_list"] == now
        assert after["initclassiflist"] == ",".join(map(str, now))


def test_the_taxa_of_a_closed_project_stay_while_it_may_be_opened_again(crew: Crew) -> None:
    cruise = crew.cruise
    cruise.read("PATCH /projects/{other_id}", {"status": "ExploreOnly"})
    whole = cruise.read("GET /projects/{other_id}")

    refused = cruise.ask("PATCH /projects/{other_id}", {"init_classif_list": [10]})
    opened = cruise.ask("PUT /projects/{other_id}", whole | {"status": "Annotate"})

    assert refused.status_code == 403
    assert "“ExploreOnly”, so nobody may manage this project's list" in refused.json()["detail"]
    assert opened.status_code == 200
    assert cruise.ask("PATCH /projects/{other_id}", {"init_classif_list": [10]}).status_code == 200


# --- Accounts ------------------------------------------------------------------------------------


def account(crew: Crew, user_id: int) -> dict[str, Any]:
    """An account as an application manager reads it."""
    [found] = crew.cruise.read(f"GET /users?ids={user_id}")
    return found


def test_a_remark_on_an_account_stays_when_the_rest_is_changed(crew: Crew) -> None:
    """The front end sends the whole account back, its roles and its status too."""
    address = f"PUT /users/{crew.stranger.user_id}"
    before = account(crew, crew.stranger.user_id)
    crew.cruise.read(address, before | {"status_admin_comment": "here until May"})

    crew.cruise.read(address, account(crew, crew.stranger.user_id) | {"country": "France"})

    after = account(crew, crew.stranger.user_id)
    assert after == before | {"country": "France", "status_admin_comment": "here until May"}


def test_an_account_is_made_with_why_and_with_what_it_may_be_told_later(crew: Crew) -> None:
    new = {"id": -1, "email": "nina@sea.example", "name": "Nina Net", "organisation": "Sea Lab"}
    new |= {"usercreationreason": "to sort nets", "password": "Copepods#1"}

    narnia = crew.cruise.ask("POST /users/create", new | {"country": "Narnia", "password": "x"})
    made = crew.cruise.read("POST /users/create", new | {"country": "Iceland"})

    assert narnia.status_code == 422
    assert "“Narnia” is no country" in narnia.json()["detail"]
    assert "A password has at least" in narnia.json()["detail"]
    told = account(crew, made["id"])
    assert (told["country"], told["usercreationreason"]) == ("Iceland", "to sort nets")
    assert crew.cruise.ask(f"PUT /users/{made['id']}", told).status_code == 200


def test_a_search_of_people_finds_more_than_a_page_of_them(crew: Crew) -> None:
    with connect(crew.cruise.lab.url) as conn:
        conn.execute(
            "INSERT INTO users (email, name) SELECT n || '@crowd.example', 'Crowd ' || n"
            " FROM generate_series(1, 101) n"
        )

    assert len(crew.cruise.read("GET /users/search?by_name=crowd%25")) == 101
