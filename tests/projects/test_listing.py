"""Lists of projects as EcoTaxa's clients ask for them: narrowed, ordered, in parts."""

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from calanus.users.types import User


@pytest.fixture
def head(web: TestClient, shore: Connection) -> User:
    """Somebody who sees three projects, of which one holds objects."""
    head = given.application_manager(shore)
    web.headers.update(given.headers(head))
    given.project(shore, title="Villefranche")
    given.objects(shore, given.project(shore, title="arctic"), 2)
    given.project(shore, title="Bongo subset")
    return head


def titles(web: TestClient, asked: str) -> list[str]:
    """The projects of a list, in its order."""
    answer = web.get(f"/projects/search?{asked}")
    assert answer.status_code == 200, answer.text
    return [project["title"] for project in answer.json()]


def test_projects_come_in_the_order_asked_for(web: TestClient, head: User) -> None:
    assert titles(web, "order_field=title") == ["arctic", "Bongo subset", "Villefranche"]
    assert titles(web, "order_field=-title") == ["Villefranche", "Bongo subset", "arctic"]
    assert titles(web, "order_field=-objcount")[0] == "arctic"


def test_projects_come_in_parts(web: TestClient, head: User) -> None:
    whole = titles(web, "order_field=title")

    assert titles(web, "order_field=title&window_start=1&window_size=1") == whole[1:2]
    assert titles(web, "order_field=title&window_start=1") == whole[1:]
    assert titles(web, "window_size=0") == []
    assert titles(web, "window_start=99&window_size=9") == []


def test_subsets_are_left_out_when_asked(web: TestClient, head: User) -> None:
    assert "Bongo subset" not in titles(web, "filter_subset=true")


def test_a_list_by_no_ids_is_empty_and_one_without_a_list_holds_all(
    web: TestClient, head: User
) -> None:
    assert web.get("/projects?project_ids=").json() == []
    assert len(web.get("/projects").json()) == 3
    assert len(web.get("/projects?order_field=title&window_size=2").json()) == 2


@pytest.mark.parametrize("asked", ["order_field=password", "window_start=-1", "window_size=many"])
def test_a_list_that_makes_no_sense_is_refused(web: TestClient, head: User, asked: str) -> None:
    answer = web.get(f"/projects/search?{asked}")

    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_part_of_a_title_may_have_signs_that_stand_for_others(
    web: TestClient, head: User
) -> None:
    assert titles(web, "title_filter=B%25o%25sub") == ["Bongo subset"]
    assert titles(web, "title_filter=_ONGO") == ["Bongo subset"]
    assert titles(web, "title_filter=bo*o") == titles(web, "title_filter=[a-z]") == []
    assert len(titles(web, "instrument_filter=_")) == 3
    assert titles(web, "instrument_filter=__") == []


def test_a_list_tells_strangers_no_members_and_no_columns(
    web: TestClient, shore: Connection, head: User
) -> None:
    bay = given.project(shore, title="Open bay", access="2", member=given.user(shore))
    shore.execute(
        'UPDATE projects SET object_columns = \'{"area": "n01"}\' WHERE project_id = %s',
        [bay.project_id],
    )
    del web.headers["Authorization"]

    [listed] = web.get("/projects/search").json()
    alone = web.get(f"/projects/{bay.project_id}").json()

    assert (listed["title"], listed["contact"], listed["obj_free_cols"]) == ("Open bay", None, {})
    assert [listed[list_] for list_ in ("managers", "annotators", "viewers")] == [[], [], []]
    assert alone["obj_free_cols"] == {"area": "n01"}
    assert alone["annotators"]
