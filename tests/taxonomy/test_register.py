"""Names of the World Register of Marine Species: found, kept, and made into taxa."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import given
from calanus.kit.db import Connection, connect, execute
from calanus.kit.outside import OutsideTrouble, TooSlow
from calanus.kit.settings import Settings
from calanus.taxonomy import aphia
from conftest import WebOf
from given import BIOTA, COPEPODA, NOON
from servers import (
    CHAIN,
    FINMARCHICUS,
    Asked,
    Reply,
    Server,
    classification,
    record,
    said,
    serving,
    worms,
)


@pytest.fixture(autouse=True)
def taxa(shore: Connection) -> None:
    given.taxa(shore)


@pytest.fixture
def register() -> Iterator[Server]:
    """The register."""
    with serving(worms) as server:
        yield server


@pytest.fixture
def head(shore: Connection) -> dict[str, str]:
    """Somebody who may make taxa."""
    return given.headers(given.application_manager(shore))


def names_of(answer: Any) -> list[str]:
    return [one["name"] for one in answer.json()]


def test_a_name_is_found_with_what_is_above_it_and_what_is_here(
    web_of: WebOf, register: Server, head: dict[str, str], shore: Connection
) -> None:
    execute(shore, "UPDATE taxa SET aphia_id = 104464 WHERE taxon_id = %(t)s", t=COPEPODA)

    found = web_of(worms_url=register.url).get("/searchworms/Calanus fin", headers=head)

    [calanus] = found.json()
    assert calanus | {"as_of": ""} == {
        "aphia_id": 104464,
        "name": "Calanus finmarchicus",
        "authority": "(Gunnerus, 1770)",
        "rank": "Species",
        "status": "accepted",
        "valid_aphia_id": 104464,
        "valid_name": "Calanus finmarchicus",
        "lineage": ["Animalia", "Arthropoda", "Copepoda", "Calanoida", "Calanidae", "Calanus"],
        "id": COPEPODA,
        "as_of": "",
    }
    [asked] = register.asked
    assert asked.path == "/AphiaRecordsByName/Calanus fin"
    assert asked.query == {"like": "true", "marine_only": "false", "offset": "1"}


def test_an_answer_is_kept_and_told_with_its_date(
    web_of: WebOf, register: Server, head: dict[str, str]
) -> None:
    web = web_of(worms_url=register.url)

    first = web.get("/searchworms/Calanus", headers=head).json()
    again = web.get("/searchworms/ Calanus ", headers=head).json()
    none = [web.get("/searchworms/Nobodyia", headers=head).json() for _ in range(2)]

    assert again == first
    assert none == [[], []]
    assert len(register.asked) == 2


def test_an_old_answer_is_better_than_none(
    web_of: WebOf, register: Server, head: dict[str, str], shore: Connection
) -> None:
    web = web_of(worms_url=register.url)
    first = web.get("/searchworms/Calanus", headers=head).json()
    execute(shore, "UPDATE answers SET asked_at = asked_at - interval '90 days'")
    register.speak = lambda _: Reply(status=500)

    old = web.get("/searchworms/Calanus", headers=head).json()
    unknown = web.get("/searchworms/Oithona", headers=head)

    assert [one["name"] for one in old] == [one["name"] for one in first]
    assert datetime.fromisoformat(old[0]["as_of"]) < datetime.now(UTC) - timedelta(days=89)
    assert unknown.status_code == 502
    assert unknown.json()["detail"] == (
        "The World Register of Marine Species (WoRMS) has trouble of its own (it answered 500). "
        "Nothing was changed here."
    )


@pytest.mark.parametrize(
    ("reply", "status", "sentence"),
    [
        (Reply(b"<html>", 200), 502, "answered something that is not JSON"),
        (said({"message": "hello"}), 502, "a shape that is not its documented one"),
        (said([{"AphiaID": "x"}]), 502, "a shape that is not its documented one"),
        (said([FINMARCHICUS | {"scientificname": "a\x00b"}]), 502, "a shape that is not its doc"),
        (Reply(b"[]", wait=30), 504, "did not answer within 0.5 seconds"),
        (Reply(b" " * 2_000_000), 502, "sends more than 1,000,000 bytes at once"),
    ],
)
def test_a_register_in_trouble_is_told_in_a_sentence(
    web_of: WebOf, register: Server, head: dict[str, str], reply: Reply, status: int, sentence: str
) -> None:
    register.speak = lambda _: reply
    patience = 0.5 if reply.wait else 60
    web = web_of(worms_url=register.url, outside_timeout=patience, outside_max_bytes=1_000_000)

    answer = web.get("/searchworms/Calanus", headers=head)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_without_a_register_the_setting_is_named(
    web_of: WebOf, head: dict[str, str], shore: Connection
) -> None:
    web = web_of()

    searched = web.get("/searchworms/Calanus", headers=head)
    added = web.post("/addworms/", json={"aphia_id": 104464}, headers=head)

    assert (searched.status_code, added.status_code) == (503, 503)
    assert "its application manager may set worms_url" in searched.json()["detail"]
    assert "worms_url" in added.json()["detail"]
    told = web.get("/taxa/exchange", headers=head).json()
    assert (told["worms"], told["central"]) == (False, False)


def test_no_transaction_is_open_while_the_register_is_asked(
    web_of: WebOf, register: Server, head: dict[str, str], shore: Connection
) -> None:
    seen: list[list[str]] = []

    def look(asked: Asked) -> Reply:
        """See, from within the answer, what the database does for the application."""
        rows = shore.execute("""
            SELECT state FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
        """).fetchall()
        seen.append([state for (state,) in rows])
        return worms(asked)

    register.speak = look
    web = web_of(worms_url=register.url)
    web.get("/searchworms/Calanus", headers=head)
    web.post("/addworms/", json={"aphia_id": 104464}, headers=head)

    assert len(seen) == 3
    assert {state for states in seen for state in states} == {"idle"}


def test_a_name_is_added_below_what_is_here(
    web_of: WebOf, register: Server, head: dict[str, str], shore: Connection
) -> None:
    web = web_of(worms_url=register.url)

    added = web.post("/addworms", json={"aphia_id": 104464}, headers=head).json()
    again = web.post("/addworms/", json={"aphia_id": 104464}, headers=head)

    made = web.get(f"/taxon/{added['id']}").json()
    assert added["msg"] == "ok"
    assert made["lineage"] == ["Calanus finmarchicus", "Calanus", "Calanoida", "Copepoda", "Biota"]
    assert (made["aphia_id"], made["rank"], made["status"]) == (104464, "Species", "A")
    # Calanoida was here by name alone; now it bears its AphiaID. What is above was not touched.
    above = [web.get(f"/taxon/{taxon_id}").json() for taxon_id in made["id_lineage"][1:]]
    assert [t["aphia_id"] for t in above] == [104152, 1100, None, None]
    assert (again.status_code, again.json()["detail"]) == (
        422,
        "AphiaID 104464 is in the tree already: Calanus finmarchicus.",
    )
    assert web.get("/worms/104464").json()["id"] == added["id"]
    assert web.get("/worms/7").json() is None
    [(creator, url)] = shore.execute(
        "SELECT creator_email, source_url FROM taxa WHERE aphia_id = 104464"
    ).fetchall()
    assert creator.startswith("ada")
    assert url.endswith("id=104464")


def test_a_namesake_of_another_kingdom_is_another_taxon(
    web_of: WebOf, register: Server, head: dict[str, str], shore: Connection
) -> None:
    for taxon_id, parent, name, lineage in [
        (50, BIOTA, "Plantae", [BIOTA, 50]),
        (51, 50, "Calanus", [BIOTA, 50, 51]),
    ]:
        execute(
            shore,
            """
            INSERT INTO taxa (taxon_id, parent_id, name, display_name, lineage, folded)
            VALUES (%(t)s, %(p)s, %(n)s, %(n)s, %(l)s, lower(%(n)s))
            """,
            **{"t": taxon_id, "p": parent, "n": name, "l": lineage},
        )
    web = web_of(worms_url=register.url)

    added = web.post("/addworms/", json={"aphia_id": 104464}, headers=head).json()

    made = web.get(f"/taxon/{added['id']}").json()
    assert 51 not in made["id_lineage"]
    assert web.get("/taxon/51").json()["display_name"] == "Calanus<Plantae"


def test_a_name_that_is_not_accepted_is_refused_with_the_one_that_is(
    web_of: WebOf, register: Server, head: dict[str, str]
) -> None:
    web = web_of(worms_url=register.url)

    old = web.post("/addworms/", json={"aphia_id": 149999}, headers=head)
    unknown = web.post("/addworms/", json={"aphia_id": 5}, headers=head)
    nonsense = [web.post("/addworms/", json=j, headers=head) for j in ({}, {"aphia_id": 0}, [1])]

    assert (old.status_code, old.json()["detail"]) == (
        422,
        "Cetochilus finmarchicus (149999) is not the accepted name; the register advises "
        "Calanus finmarchicus (104464).",
    )
    assert (unknown.status_code, unknown.json()["detail"]) == (
        422,
        "The register has no AphiaID 5.",
    )
    assert [answer.status_code for answer in nonsense] == [422, 422, 422]


def test_a_classification_of_something_else_changes_nothing(
    web_of: WebOf, register: Server, head: dict[str, str], shore: Connection
) -> None:
    def lie(asked: Asked) -> Reply:
        told = worms(asked)
        return said(classification(CHAIN[:3])) if "Classification" in asked.path else told

    register.speak = lie
    answer = web_of(worms_url=register.url).post(
        "/addworms/", json={"aphia_id": 104464}, headers=head
    )

    assert answer.status_code == 502
    assert "answered no classification that ends at 104464" in answer.json()["detail"]
    assert shore.execute("SELECT count(*) FROM taxa").fetchone() == (5,)


def test_only_who_makes_taxa_adds_names(web_of: WebOf, register: Server, shore: Connection) -> None:
    amanda = given.headers(given.user(shore))
    web = web_of(worms_url=register.url)

    assert web.post("/addworms/", json={"aphia_id": 104464}, headers=amanda).status_code == 403
    assert names_of(web.get("/searchworms/Cetochilus", headers=amanda)) == [
        "Cetochilus finmarchicus"
    ]
    assert web.get("/searchworms/Calanus").status_code == 403
    assert len(register.asked) == 1


@pytest.mark.parametrize("name", ["ab", "x" * 101, "a%00b c", "%20%20%20%20"])
def test_only_names_are_asked_for(
    web_of: WebOf, register: Server, head: dict[str, str], name: str
) -> None:
    answer = web_of(worms_url=register.url).get(f"/searchworms/{name}", headers=head)

    assert answer.status_code == 422
    assert register.asked == []


def test_what_is_kept_does_not_grow_for_ever(
    clone: str, register: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calanus.taxonomy.queries import exchanges

    monkeypatch.setattr(exchanges, "ANSWERS_KEPT", 3)
    asked = aphia.register(Settings(worms_url=register.url), transactions_of(clone))

    for n in range(6):
        asked.named(f"Calanus {'abcdef'[n]}", at=NOON + timedelta(minutes=n))

    with connect(clone) as conn:
        kept = conn.execute("SELECT question FROM answers ORDER BY asked_at").fetchall()
    assert [question[-1] for (question,) in kept] == ["d", "e", "f"]


def transactions_of(url: str) -> Any:
    """Short transactions of one's own."""

    @contextmanager
    def transaction() -> Generator[Connection]:
        with connect(url) as conn:
            yield conn

    return transaction


def test_a_very_deep_classification_is_nonsense(clone: str, register: Server) -> None:
    deep = [(n + 1, "Rank", f"Taxon{n}") for n in range(400)]
    register.speak = lambda _: said(classification(deep))
    asked = aphia.register(Settings(worms_url=register.url), transactions_of(clone))

    with pytest.raises(OutsideTrouble) as told:
        asked.classification(400, at=NOON)

    assert not isinstance(told.value, TooSlow)


def test_the_record_of_the_register_is_the_documented_one() -> None:
    told = record(1, "Biota", "Superdomain", kingdom=None, phylum=None)

    read = aphia.read(aphia.RECORD, told, NOON)

    assert read is not None
    assert (read[0].AphiaID, read[0].class_, read[0].kingdom) == (1, "Copepoda", None)
