"""What others chose in the place of a taxon, where a taxon is used, and what one used of late."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

import given
from calanus.annotation import service, whole
from calanus.annotation.whole import Reclassification
from calanus.kit.db import Connection, connect, execute
from calanus.projects.types import Project
from calanus.users import service as users
from calanus.users.types import User
from given import BIOTA, CALANOIDA, COPEPODA, DETRITUS, NOON, OLD_NAME


def move(
    conn: Connection, project: Project, by: User, before: int, after: int, *, days: int = 0
) -> None:
    """Reclassify all of one taxon, whether there are any or not."""
    order = Reclassification(before, after, "W")
    whole.reclassify(conn, project, order, by=by, at=NOON + timedelta(days=days))


@pytest.fixture
def amanda(shore: Connection) -> User:
    given.taxa(shore)
    return given.user(shore)


def advise(conn: Connection, taxon_id: int, to: int) -> None:
    execute(conn, "UPDATE taxa SET rename_to = %(to)s WHERE taxon_id = %(t)s", to=to, t=taxon_id)


def ids(answer: object) -> list[int]:
    assert isinstance(answer, list)
    return [one["id"] for one in answer]  # pyright: ignore


def test_the_choice_of_most_projects_is_told(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    first, second, third = [given.project(shore, member=amanda) for _ in range(3)]
    move(shore, first, amanda, OLD_NAME, COPEPODA)
    move(shore, second, amanda, OLD_NAME, COPEPODA)
    move(shore, third, amanda, OLD_NAME, DETRITUS, days=5)
    move(shore, third, amanda, OLD_NAME, DETRITUS, days=6)  # again: one project, one vote

    asked = f"/taxa/reclassification_stats?taxa_ids={BIOTA}+{OLD_NAME}"
    found = web.get(asked, headers=given.headers(amanda)).json()

    assert ids(found) == [BIOTA, COPEPODA]
    assert found[1]["display_name"] == "Copepoda"


def test_the_advised_taxon_is_no_news(web: TestClient, shore: Connection, amanda: User) -> None:
    first, second = [given.project(shore, member=amanda) for _ in range(2)]
    advise(shore, OLD_NAME, COPEPODA)
    move(shore, first, amanda, OLD_NAME, COPEPODA)
    move(shore, second, amanda, OLD_NAME, COPEPODA)
    move(shore, second, amanda, OLD_NAME, CALANOIDA)
    headers = given.headers(amanda)

    asked = f"/taxa/reclassification_stats?taxa_ids={OLD_NAME}"
    assert ids(web.get(asked, headers=headers).json()) == [CALANOIDA]
    execute(shore, "UPDATE taxa SET status = 'D' WHERE taxon_id = %(t)s", t=CALANOIDA)
    assert ids(web.get(asked, headers=headers).json()) == [OLD_NAME]


def test_choices_in_projects_that_one_may_not_see_stay_there(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    move(shore, given.project(shore, member=amanda), amanda, OLD_NAME, COPEPODA)
    stranger = given.user(shore, name="Stan Stranger")

    asked = f"/taxa/reclassification_stats?taxa_ids={OLD_NAME}"

    assert ids(web.get(asked, headers=given.headers(stranger)).json()) == [OLD_NAME]
    assert ids(web.get(asked).json()) == [OLD_NAME]
    assert ids(web.get("/taxa/reclassification_stats?taxa_ids=").json()) == []
    unknown = web.get("/taxa/reclassification_stats?taxa_ids=424242")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "There is no taxon 424242.")


def test_a_choice_that_was_taken_back_counts_no_more(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    tara = given.project(shore, member=amanda)
    given.objects(shore, tara, 2, taxon=OLD_NAME, state="V", by=amanda)
    move(shore, tara, amanda, OLD_NAME, COPEPODA)
    asked = f"/taxa/reclassification_history/{tara.project_id}"
    headers = given.headers(amanda)
    assert len(web.get(asked, headers=headers).json()) == 1

    [batch] = service.list_batches(shore, tara.project_id)
    service.undo(shore, tara, batch.batch_id, by=amanda, at=NOON)

    assert web.get(asked, headers=headers).json() == []


def test_the_history_of_a_project_is_told_in_order(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    tara = given.project(shore, member=amanda)
    move(shore, tara, amanda, COPEPODA, DETRITUS, days=1)
    move(shore, tara, amanda, OLD_NAME, COPEPODA, days=2)
    move(shore, tara, amanda, COPEPODA, DETRITUS, days=3)
    asked = f"/taxa/reclassification_history/{tara.project_id}"

    assert web.get(asked, headers=given.headers(amanda)).json() == [
        {"from": OLD_NAME, "to": COPEPODA, "name": "Copepoda"},
        {"from": COPEPODA, "to": DETRITUS, "name": "detritus"},
    ]
    stranger = given.user(shore, name="Stan Stranger")
    assert web.get(asked, headers=given.headers(stranger)).status_code == 403
    assert web.get(asked).status_code == 403
    missing = web.get("/taxa/reclassification_history/999", headers=given.headers(amanda))
    assert missing.status_code == 404


def test_the_usage_of_a_taxon_is_told_project_by_project(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    head = given.application_manager(shore)
    few = given.project(shore, member=amanda, title="Few")
    many = given.project(shore, member=amanda, title="Many")
    hidden = given.project(shore, title="Hidden")
    for project, how_many in ((few, 1), (many, 3), (hidden, 9)):
        given.objects(shore, project, how_many, taxon=COPEPODA, state="V", by=head)
        given.objects(shore, project, 2, taxon=DETRITUS, state="P")

    asked = f"/taxon/{COPEPODA}/usage"
    assert web.get(asked, headers=given.headers(amanda)).json() == [
        {"projid": many.project_id, "title": "Many", "nb_validated": 3},
        {"projid": few.project_id, "title": "Few", "nb_validated": 1},
    ]
    assert len(web.get(asked, headers=given.headers(head)).json()) == 3
    assert web.get(asked).json() == []
    assert web.get(f"/taxon/{DETRITUS}/usage", headers=given.headers(amanda)).json() == []
    assert web.get("/taxon/424242/usage").json() == []
    assert web.get("/taxon/99999999999/usage").status_code == 422


def test_a_short_search_finds_what_one_gave_of_late(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    tara = given.project(shore, member=amanda)
    one, two, three = given.objects(shore, tara, 3, taxon=COPEPODA, state="P")
    headers = given.headers(amanda)
    for objects, taxa in (([one, two], [CALANOIDA, DETRITUS]), ([three], [-1]), ([one], [BIOTA])):
        order = {"target_ids": objects, "classifications": taxa, "wanted_qualification": "V"}
        assert web.post("/object_set/classify", json=order, headers=headers).status_code == 200

    asked = f"/taxon_set/search?query=&project_id={tara.project_id}"

    assert ids(web.get(asked, headers=headers).json()) == [BIOTA, CALANOIDA, DETRITUS]
    other = given.headers(given.application_manager(shore))
    assert web.get(asked, headers=other).json() == []


def test_ten_taxa_are_remembered(shore: Connection, amanda: User) -> None:
    tara = given.project(shore, member=amanda)

    users.note_recent_taxa(shore, amanda, tara.project_id, list(range(1, 9)))
    users.note_recent_taxa(shore, amanda, tara.project_id, [20, 21, 3])

    kept = users.preference(shore, amanda, tara.project_id, "mru")
    assert kept == "[20, 21, 3, 1, 2, 4, 5, 6, 7, 8]"


def test_who_gives_the_same_taxon_again_makes_nobody_wait(
    shore: Connection, clone: str, amanda: User
) -> None:
    tara = given.project(shore, member=amanda)
    users.note_recent_taxa(shore, amanda, tara.project_id, [5])
    execute(shore, "SET lock_timeout = '2s'")

    with connect(clone) as long_act:
        users.note_recent_taxa(long_act, amanda, tara.project_id, [5])
        users.note_recent_taxa(shore, amanda, tara.project_id, [4])

    assert users.preference(shore, amanda, tara.project_id, "mru") == "[4, 5]"


def test_what_a_private_project_proposes_is_its_own_affair(
    web: TestClient, shore: Connection, amanda: User
) -> None:
    tara = given.project(shore, member=amanda)
    execute(shore, "UPDATE projects SET initial_taxa = '{20}'")
    asked = f"/taxon_set/search?query=***&project_id={tara.project_id}"

    ours = web.get(asked, headers=given.headers(amanda)).json()
    theirs = web.get(asked, headers=given.headers(given.user(shore))).json()

    assert (ours[0]["id"], ours[0]["pr"]) == (DETRITUS, 1)
    assert {hit["pr"] for hit in theirs} == {0}
