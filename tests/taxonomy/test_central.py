"""A reference server of taxa: told what is made here, asked what changed there."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection, execute
from calanus.taxonomy import lists
from conftest import WebOf
from given import COPEPODA, DETRITUS
from servers import Asked, Reference, Reply, Server, said, serving, taxon

CREATOR = "ada@lab.example"
REFERENCE = {
    1: taxon(1, None, "Biota"),
    COPEPODA: taxon(COPEPODA, 1, "Copepoda", aphia_id=1080, rank="Class"),
}


@pytest.fixture(autouse=True)
def taxa(shore: Connection) -> None:
    given.taxa(shore)


@pytest.fixture
def reference() -> Reference:
    """What the reference server knows."""
    return Reference({number: dict(told) for number, told in REFERENCE.items()})


@pytest.fixture
def outside(reference: Reference) -> Iterator[Server]:
    """The reference server."""
    with serving(reference) as outside:
        yield outside


@pytest.fixture
def web(web_of: WebOf, outside: Server) -> TestClient:
    """An installation that asks the reference server."""
    return web_of(
        taxonomy_server_url=outside.url,
        taxonomy_server_instance=7,
        taxonomy_server_secret="between us",
        outside_timeout=60,
    )


@pytest.fixture
def head(shore: Connection) -> dict[str, str]:
    """Somebody who may make taxa."""
    return given.headers(given.application_manager(shore))


def made(web: TestClient, head: dict[str, str], name: str, parent: int = COPEPODA) -> Any:
    """Ask for a taxon, over EcoTaxa's call."""
    asked = {"name": name, "parent_id": parent, "taxotype": "P", "creator_email": CREATOR}
    asked |= {"source_desc": "Seen off Roscoff", "source_url": "https://lab.example/x"}
    return web.put("/taxon/central", params=asked, headers=head).json()


def pulled(web: TestClient, head: dict[str, str]) -> Any:
    return web.get("/taxa/pull_from_central", headers=head).json()


def waiting(web: TestClient, head: dict[str, str]) -> list[str]:
    return [w["display_name"] for w in web.get("/taxa/exchange", headers=head).json()["waiting"]]


# --- Without one -------------------------------------------------------------------------------


def test_without_a_server_our_own_tree_is_the_reference(
    web_of: WebOf, head: dict[str, str]
) -> None:
    web = web_of()

    done = made(web, head, "Harpacticoida")
    [told] = web.get(f"/taxon/central/{done['id']}", headers=head).json()

    assert done == {"msg": "ok", "id": told["id"]}
    assert (told["name"], told["parent_id"], told["taxostatus"]) == ("Harpacticoida", COPEPODA, "N")
    assert (told["creator_email"], told["source_desc"]) == (CREATOR, "Seen off Roscoff")
    assert web.get("/taxon/central/424242", headers=head).json() == []
    assert pulled(web, head) == {
        "inserts": 0,
        "updates": 0,
        "sent": 0,
        "error": "This installation has no reference server of taxa (taxonomy_server_url): "
        "its own tree is the reference.",
    }
    pushed = web.get("/taxa/stats/push_to_central", headers=head).json()
    assert "no reference server" in pushed["msg"]
    assert waiting(web, head) == []
    assert web.get("/taxa/status", headers=head).json()["last_refresh"]


# --- With one ----------------------------------------------------------------------------------


def test_a_taxon_is_made_there_and_brought_here_at_once(
    web: TestClient, outside: Server, head: dict[str, str]
) -> None:
    done = made(web, head, "Harpacticoida")

    assert done == {"msg": "ok", "id": 900}
    here = web.get(f"/taxon/{done['id']}").json()
    assert (here["lineage"][:2], here["status"]) == (["Harpacticoida", "Copepoda"], "N")
    asked = outside.asked[0]
    assert (asked.path, asked.form["id_instance"]) == ("/settaxon/", "7")
    assert asked.form["creator_email"] == CREATOR
    assert asked.form["taxostatus"] == "N"
    assert asked.form["creation_datetime"]
    assert asked.form["ecotaxa_version"].startswith("0.0.")
    assert waiting(web, head) == []


def test_what_the_server_refuses_is_not_made(
    web: TestClient, reference: Reference, head: dict[str, str], shore: Connection
) -> None:
    reference.taxa[500] = taxon(500, 1, "Harpacticoida")

    done = made(web, head, "Harpacticoida")

    assert done == {"msg": "The reference server of taxa says: Taxon Harpacticoida already exists"}
    assert shore.execute("SELECT count(*) FROM taxa").fetchone() == (5,)


def test_changes_there_come_here_once(
    web: TestClient, reference: Reference, head: dict[str, str]
) -> None:
    reference.taxa |= {
        600: taxon(600, COPEPODA, "Oithona", aphia_id=106485, rank="Genus"),
        601: taxon(601, 600, "egg", taxotype="M"),
        602: taxon(602, 1, "Mistakus", taxostatus="X"),
    }

    first, second = pulled(web, head), pulled(web, head)
    reference.taxa[600] |= {"name": "Oithonus", "lastupdate_datetime": "2026-07-01 10:00:00"}
    third = pulled(web, head)

    assert first == {"inserts": 3, "updates": 2, "sent": 0, "error": None}
    assert second == {"inserts": 0, "updates": 0, "sent": 0, "error": None}
    assert third == {"inserts": 0, "updates": 1, "sent": 0, "error": None}
    egg = web.get("/taxon/601").json()
    assert (egg["lineage"], egg["type"]) == (["egg", "Oithonus", "Copepoda", "Biota"], "M")
    assert web.get("/taxon/602").json()["status"] == "D"  # deleted there: no new target here
    copepoda = web.get(f"/taxon/{COPEPODA}").json()
    assert (copepoda["aphia_id"], copepoda["rank"]) == (1080, "Class")


def test_a_first_pull_takes_the_place_of_the_starter_tree(
    web: TestClient, reference: Reference, head: dict[str, str], shore: Connection
) -> None:
    shore.execute("DELETE FROM taxa")
    with shore.transaction():
        lists.load_starter(shore)
    [salpida] = shore.execute("SELECT taxon_id FROM taxa WHERE name = 'Salpida'").fetchone() or [0]
    project = given.project(shore)
    execute(shore, "UPDATE projects SET initial_taxa = ARRAY[%(t)s]", t=salpida)

    done = pulled(web, head)

    assert done["error"] is None
    found = web.get(f"/taxon_set/query?ids={COPEPODA},{salpida}").json()
    assert {t["name"] for t in found} == {"Copepoda", "Salpida"}
    names = web.get("/taxa/index").json()["names"]
    assert "Oithona" not in names
    assert project.title


def test_work_goes_on_while_the_server_is_away_and_is_sent_later(
    web: TestClient, outside: Server, reference: Reference, head: dict[str, str]
) -> None:
    outside.speak = lambda _: Reply(status=502)
    genus = made(web, head, "Euterpina")
    species = made(web, head, "Euterpina acutifrons", parent=genus["id"])
    lost = pulled(web, head)

    assert genus["msg"] == species["msg"] == "ok"
    assert "has trouble of its own" in genus["pending"]
    assert "which the reference server does not know" in species["pending"]
    assert waiting(web, head) == ["Euterpina", "Euterpina acutifrons"]
    assert "has trouble of its own" in lost["error"]
    told = web.get("/taxa/exchange", headers=head).json()
    assert told["trouble"] == lost["error"]
    assert "trouble of its own" in told["waiting"][0]["trouble"]

    outside.speak = reference
    back = pulled(web, head)

    assert (back["sent"], back["inserts"], back["error"]) == (2, 2, None)
    assert waiting(web, head) == []
    old, new = web.get(f"/taxon_set/query?ids={species['id']},901").json()[::-1]
    assert (old["status"], old["renm_id"]) == ("D", 901)
    assert new["lineage"][:3] == ["Euterpina acutifrons", "Euterpina", "Copepoda"]
    assert new["status"] == "N"
    assert pulled(web, head) == {"inserts": 0, "updates": 0, "sent": 0, "error": None}


def test_the_page_s_way_of_making_taxa_waits_for_nobody(
    web: TestClient, outside: Server, head: dict[str, str]
) -> None:
    wanted = {"name": "Harpacticoida", "parent_id": COPEPODA, "type": "P"}

    done = web.post("/taxa", json=wanted, headers=head)

    assert done.status_code == 200
    assert outside.asked == []
    assert waiting(web, head) == ["Harpacticoida"]
    assert pulled(web, head)["sent"] == 1


def test_what_was_sent_and_lost_on_the_way_is_recognised(
    web: TestClient, outside: Server, reference: Reference, head: dict[str, str]
) -> None:
    def takes_and_dies(asked: Asked) -> Reply:
        reference(asked)
        return Reply(status=500)

    outside.speak = takes_and_dies
    done = made(web, head, "Harpacticoida")
    outside.speak = reference

    back = pulled(web, head)

    assert (back["sent"], back["inserts"], back["error"]) == (0, 1, None)
    assert waiting(web, head) == []
    old = web.get(f"/taxon/{done['id']}").json()
    assert (old["status"], old["renm_id"]) == ("D", 900)


def test_below_what_the_server_does_not_know_a_taxon_waits(
    web: TestClient, reference: Reference, head: dict[str, str]
) -> None:
    def post(name: str, parent: int | None) -> int:
        wanted = {"name": name, "parent_id": parent, "type": "P"}
        return int(web.post("/taxa", json=wanted, headers=head).json()["id"])

    post("Imaginaria", post("Virus", None))
    reference.taxa[700] = taxon(700, None, "Virus")  # which refuses another one of this name

    first = pulled(web, head)
    told = web.get("/taxa/exchange", headers=head).json()["waiting"]
    second = pulled(web, head)

    assert (first["sent"], second["sent"]) == (0, 1)
    assert [(w["display_name"], w["trouble"]) for w in told] == [
        (
            "Imaginaria",
            "Imaginaria stands below Virus, which the reference server does not know.",
        )
    ]
    assert waiting(web, head) == []
    assert web.get("/taxon/900").json()["lineage"] == ["Imaginaria", "Virus"]


@pytest.mark.parametrize(
    ("reply", "sentence", "status"),
    [
        (Reply(b"not json"), "answered something that is not JSON", 502),
        (said({"msg": "Unknown instance"}), "says: Unknown instance", 422),
        (said([{"id": 1}]), "answered no list of taxa (taxon 0 of the answer, name", 502),
        (said([taxon(2_000_000_000, 1, "Own")]), "answered no list of taxa", 502),
        (said([taxon(5, 1, "a\x00b")]), "answered no list of taxa", 502),
        (said([taxon(5, 6, "Aaa"), taxon(6, 5, "Bbb")]), "make no tree", 200),
        (Reply(b"[]", wait=30), "did not answer within 2 seconds", 504),
        (Reply(b"[" + b" " * 3_000_000), "more than 2,000,000 bytes", 502),
        (Reply(status=401), "refused the question (it answered 401)", 502),
    ],
)
def test_a_server_in_trouble_changes_nothing_and_is_told(
    web_of: WebOf,
    outside: Server,
    head: dict[str, str],
    shore: Connection,
    reply: Reply,
    sentence: str,
    status: int,
) -> None:
    outside.speak = lambda _: reply
    patience = 2 if reply.wait else 60
    web = web_of(
        taxonomy_server_url=outside.url, outside_timeout=patience, outside_max_bytes=2_000_000
    )

    done = pulled(web, head)
    record = web.get(f"/taxon/central/{COPEPODA}", headers=head)

    assert sentence in done["error"]
    assert (done["inserts"], done["updates"]) == (0, 0)
    assert record.status_code == status
    assert shore.execute("SELECT count(*) FROM taxa").fetchone() == (5,)


def test_one_exchange_at_a_time(
    web: TestClient, outside: Server, reference: Reference, head: dict[str, str]
) -> None:
    second: list[Any] = []

    def meanwhile(asked: Asked) -> Reply:
        if not second:
            second.append(web.get("/taxa/pull_from_central", headers=head))
        return reference(asked)

    outside.speak = meanwhile
    first = pulled(web, head)

    assert first["error"] is None
    assert second[0].status_code == 409
    assert "under way" in second[0].json()["detail"]
    assert pulled(web, head)["error"] is None


def test_a_killed_exchange_lets_go_by_itself(
    web: TestClient, head: dict[str, str], shore: Connection
) -> None:
    execute(shore, "UPDATE exchanges SET busy_until = now() - interval '1 second'")

    assert pulled(web, head)["error"] is None


def test_no_transaction_is_open_while_the_server_is_asked(
    web: TestClient, outside: Server, reference: Reference, head: dict[str, str], shore: Connection
) -> None:
    seen: set[str] = set()
    lock = threading.Lock()

    def look(asked: Asked) -> Reply:
        with lock:
            rows = shore.execute("""
                SELECT state FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()
            """).fetchall()
        seen.update(state for (state,) in rows)
        return reference(asked)

    outside.speak = look
    made(web, head, "Harpacticoida")
    web.post("/taxa", json={"name": "Cyclopoida", "parent_id": COPEPODA}, headers=head)
    pulled(web, head)
    web.get("/taxa/stats/push_to_central", headers=head)
    web.get(f"/taxon/central/{COPEPODA}", headers=head)

    assert len(outside.asked) == 6
    assert seen == {"idle"}


def test_the_server_is_told_how_many_objects_there_are(
    web: TestClient, reference: Reference, head: dict[str, str], shore: Connection
) -> None:
    ada = given.application_manager(shore)
    given.objects(shore, given.project(shore), 3, taxon=COPEPODA, state="V", by=ada)
    given.objects(shore, given.project(shore), 2, taxon=COPEPODA, state="V", by=ada)
    given.objects(shore, given.project(shore), 2, taxon=DETRITUS, state="P")
    assert web.get("/taxa/status", headers=head).json() == {"last_refresh": None}

    told = web.get("/taxa/stats/push_to_central", headers=head).json()

    assert told == {"msg": "ok"}
    assert reference.numbers == {str(COPEPODA): 5}
    assert len(web.get("/taxa/status", headers=head).json()["last_refresh"]) == 19


def test_a_record_of_the_server_is_told_whole(web: TestClient, head: dict[str, str]) -> None:
    [told] = web.get(f"/taxon/central/{COPEPODA}", headers=head).json()

    assert told["lastupdate_datetime"] == "2026-05-01T10:00:00"
    assert (told["aphia_id"], told["rank"], told["nbrobj"]) == (1080, "Class", 0)
    assert web.get("/taxon/central/999", headers=head).json() == []


def test_names_of_the_register_are_asked_of_the_server_when_only_it_is_known(
    web: TestClient, outside: Server, reference: Reference, head: dict[str, str]
) -> None:
    def speak(asked: Asked) -> Reply:
        if asked.path.startswith("/wormstaxon/"):
            return said([{"aphia_id": 106485, "name": "Oithona"}])
        if asked.path == "/addwormstaxon/":
            number = asked.form["aphia_id"]
            reference.taxa[800] = taxon(800, COPEPODA, "Oithona", aphia_id=int(number))
            return said({"msg": "ok"})
        return reference(asked)

    outside.speak = speak

    found = web.get("/searchworms/Oithona", headers=head).json()
    added = web.post("/addworms/", json={"aphia_id": 106485}, headers=head).json()

    assert found == [{"aphia_id": 106485, "name": "Oithona"}]
    assert added == {"msg": "ok", "id": 800}
    assert web.get("/taxon/800").json()["lineage"] == ["Oithona", "Copepoda", "Biota"]
