"""Look-alikes that nobody has named are found, named whole, and gone from what is left."""

import shutil
from uuid import uuid4

import pytest
from school import EACH, School
from starlette.testclient import TestClient

import given
from calanus.clusters.types import NothingToGroup
from calanus.jobs import service as jobs
from calanus.jobs.types import JobState
from calanus.kit.db import Connection, connect, execute, fetch_value, fetch_values
from calanus.kit.settings import Settings
from calanus.users import service as users
from calanus.users.types import Privilege
from given import COPEPODA, DETRITUS

# A vault closes its packs when nobody holds it any more.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def school(shore: Connection, clone: str, settings: Settings) -> School:
    return School(shore, clone, settings)


# --- Finding them --------------------------------------------------------------------------------


def test_look_alikes_lie_together(school: School) -> None:
    found = school.group()

    together = [set(found.of(number).tolist()) for number in range(found.clusters)]
    assert len(together) >= 2
    assert all(len(some) >= 5 for some in together)
    assert all(some <= set(school.discs) or some <= set(school.sticks) for some in together)
    assert found.objects == 2 * EACH
    assert found.alone == found.objects - sum(map(len, together))
    assert found.alone <= 0.4 * found.objects


def test_the_same_objects_make_the_same_clusters(school: School) -> None:
    first, second = school.group(), school.group()

    assert first.job_id != second.job_id
    assert first.object_ids.tolist() == second.object_ids.tolist()
    assert first.starts.tolist() == second.starts.tolist()


def test_only_what_a_filter_holds_and_nobody_has_validated(school: School) -> None:
    school.decide(school.discs[:10], COPEPODA)
    sample = fetch_value(
        school.conn, "SELECT sample_id FROM objects WHERE object_id = %(o)s", o=school.discs[0]
    )

    found = school.group(filters={"samples": str(sample)})

    assert found.objects == EACH - 10
    assert set(found.object_ids.tolist()) <= set(school.discs[10:])


def test_a_filter_of_a_state_holds(school: School) -> None:
    school.predict(school.sticks, DETRITUS)

    found = school.group(filters={"statusfilter": "P"})

    assert found.objects == EACH
    assert set(found.object_ids.tolist()) <= set(school.sticks)


def test_a_second_run_computes_nothing_again(school: School) -> None:
    school.group()
    done = school.run(school.ask(smallest=4))

    log = jobs.log_file(done, school.settings).read_text()
    assert "0 computed, 60 were there" in log


def test_what_validated_objects_say_is_looked_up_and_computed(school: School) -> None:
    [odd, *_] = given.objects(school.conn, school.tara, 4, taxon=COPEPODA, state="V")
    school.group()

    sql = "SELECT count(*) FROM features WHERE object_id = %(o)s"
    assert fetch_value(school.conn, sql, o=odd) == 0  # it has no image
    school.decide(school.discs[:4], COPEPODA)
    found = school.group()
    near = set(found.near.ravel().tolist()) - {0}
    assert near
    assert near <= {int(disc) for disc in school.discs[:4]}


def test_vectors_of_two_networks_are_not_mixed(school: School) -> None:
    school.group()
    sql = """
        UPDATE features SET extractor_id = (SELECT max(extractor_id) FROM extractors)
         WHERE object_id = ANY(%(o)s)
    """
    execute(
        school.conn, "INSERT INTO extractors (name, passport, dimensions) VALUES ('x', 'x', 256)"
    )
    execute(school.conn, sql, o=[int(o) for o in school.discs])

    done = school.run(school.ask(smallest=4))

    assert "30 computed, 30 were there" in jobs.log_file(done, school.settings).read_text()


# --- Naming them ---------------------------------------------------------------------------------


def test_a_cluster_is_named_whole_and_gone_from_what_is_left(
    web: TestClient, school: School
) -> None:
    school.group()
    before = school.listed(web)
    first = before["clusters"][0]
    assert first["left"] == first["objects"]
    assert (first["taxon"], first["taxon_name"], first["share"]) == (None, "", None)

    whole = school.read(web, first["cluster_id"], before["job_id"])
    assert whole["object_ids"][:24] == first["shown"]
    intruder, *kept = whole["object_ids"]
    batch = school.name(web, kept, whole["versions"][1:])

    after = {each["cluster_id"]: each for each in school.listed(web)["clusters"]}
    assert after[first["cluster_id"]]["left"] == 1
    assert after[first["cluster_id"]]["shown"] == [intruder]
    assert school.read(web, first["cluster_id"], before["job_id"])["object_ids"] == [intruder]

    undo = f"/projects/{school.tara.project_id}/batches/{batch['batch_id']}/undo"
    answer = web.post(undo, json={"client_key": str(uuid4())}, headers=given.headers(school.head))
    assert answer.status_code == 200
    assert (
        school.read(web, first["cluster_id"], before["job_id"])["object_ids"]
        == (whole["object_ids"])
    )


def test_a_cluster_that_is_done_comes_last(web: TestClient, school: School) -> None:
    school.group()
    listed = school.listed(web)
    first = listed["clusters"][0]
    whole = school.read(web, first["cluster_id"], listed["job_id"])

    school.name(web, whole["object_ids"], whole["versions"])

    lasts = school.listed(web)["clusters"]
    assert [lasts[-1][key] for key in ("cluster_id", "left", "shown", "taxon")] == [
        first["cluster_id"],
        0,
        [],
        None,
    ]
    lefts = [each["left"] for each in lasts]
    assert lefts == sorted(lefts, reverse=True)


def test_an_object_that_was_deleted_meanwhile_is_passed_over(
    web: TestClient, school: School
) -> None:
    found = school.group()
    gone = int(found.of(0)[0])
    answer = web.request("DELETE", "/object_set/", json=[gone], headers=given.headers(school.head))
    assert answer.status_code == 200

    first = next(c for c in school.listed(web)["clusters"] if c["cluster_id"] == 0)

    assert (first["objects"], first["left"]) == (len(found.of(0)), len(found.of(0)) - 1)
    assert gone not in first["shown"]
    assert gone not in school.read(web, 0, found.job_id)["object_ids"]


def test_what_is_validated_near_suggests_a_name_and_says_nothing_of_what_is_far(
    web: TestClient, school: School
) -> None:
    school.decide([int(disc) for disc in school.discs[::3]], COPEPODA)

    school.group()

    told = school.listed(web)["clusters"]
    named = [each for each in told if each["taxon"]]
    assert named
    for each in named:
        assert (each["taxon"], each["share"]) == (COPEPODA, 1)
        assert each["taxon_name"].startswith("Copepoda")
    # Of sticks none has a name, so discs are what is nearest to them, too.
    assert not {n for each in named for n in each["shown"]} & {int(s) for s in school.sticks}


def test_what_was_named_of_a_cluster_suggests_a_name_for_the_rest(
    web: TestClient, school: School
) -> None:
    found = school.group()
    school.decide(found.of(0)[:3].tolist(), COPEPODA)

    told = {each["cluster_id"]: each for each in school.listed(web)["clusters"]}

    assert (told[0]["taxon"], told[0]["share"]) == (COPEPODA, 1)
    assert {each["taxon"] for number, each in told.items() if number} == {None}


def test_without_them_the_commonest_prediction_does(web: TestClient, school: School) -> None:
    found = school.group()
    [first, *rest] = found.of(0).tolist()
    school.predict(rest, DETRITUS)
    school.predict([first], COPEPODA)

    told = next(c for c in school.listed(web)["clusters"] if c["cluster_id"] == 0)

    assert told["taxon"] == DETRITUS
    assert told["share"] == pytest.approx(len(rest) / (len(rest) + 1), abs=0.001)


# --- Runs ----------------------------------------------------------------------------------------


def test_a_new_run_replaces_the_old(web: TestClient, school: School) -> None:
    old, new = school.group(), school.group(smallest=8)

    assert school.listed(web)["job_id"] == new.job_id
    address = f"{school.address}/0?job_id={old.job_id}"
    answer = web.get(address, headers=given.headers(school.head))
    assert answer.status_code == 409
    assert f"job {old.job_id} are no longer the newest" in answer.json()["detail"]


def test_a_cluster_that_was_never_found_is_none(web: TestClient, school: School) -> None:
    found = school.group()

    address = f"{school.address}/{found.clusters}?job_id={found.job_id}"
    answer = web.get(address, headers=given.headers(school.head))

    assert answer.status_code == 404
    assert f"found {found.clusters}" in answer.json()["detail"]


def test_a_cancelled_run_leaves_the_former_one_and_starts_again(school: School) -> None:
    former = school.group()
    job_id = school.ask(smallest=8)

    def cancel(*_: object) -> None:
        with connect(school.url) as conn:
            jobs.cancel(conn, jobs.find(conn, job_id, by=school.head))

    killed = jobs.run_here(school.settings, school.url, job_id, on_progress=cancel)

    assert (killed.state, killed.message) == ("E", "Killed")
    found = school.newest()
    assert found is not None
    assert found.job_id == former.job_id

    with connect(school.url) as conn:
        jobs.restart(conn, killed)
    assert school.run(job_id).state == JobState.FINISHED
    found = school.newest()
    assert found is not None
    assert found.job_id == job_id


def test_clusters_whose_files_are_gone_are_none(web: TestClient, school: School) -> None:
    found = school.group()
    shutil.rmtree(school.settings.data / "jobs" / str(found.job_id))

    assert school.listed(web) == {
        "job_id": None,
        "made_at": None,
        "objects": 0,
        "alone": 0,
        "clusters": [],
    }


def test_asked_twice_it_is_one_job(web: TestClient, school: School) -> None:
    def ask(smallest: int) -> int:
        answer = web.post(
            school.address, json={"smallest": smallest}, headers=given.headers(school.head)
        )
        assert answer.status_code == 200, answer.text
        return int(answer.json()["job_id"])

    assert ask(5) == ask(5)
    assert ask(5) != ask(6)
    kinds = fetch_values(school.conn, "SELECT kind FROM jobs")
    assert kinds == ["Clusters", "Clusters"]


# --- What cannot be ------------------------------------------------------------------------------


def test_a_project_without_images_is_told_so(
    web: TestClient, shore: Connection, school: School
) -> None:
    bare = given.project(shore, title="No images")
    given.objects(shore, bare, 40)

    answer = web.post(
        f"/projects/{bare.project_id}/clusters", json={}, headers=given.headers(school.head)
    )

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("“No images” has no images")


def test_a_handful_is_named_one_by_one(school: School) -> None:
    school.decide([*school.discs, *school.sticks[:21]], COPEPODA)

    with pytest.raises(NothingToGroup, match="9 objects of this filter in “Tara leg 4”"):
        school.ask()


def test_what_was_named_while_the_job_waited_is_not_grouped(school: School) -> None:
    job_id = school.ask()
    school.decide([*school.discs, *school.sticks[:21]], COPEPODA)

    failed = school.run(job_id)

    assert failed.state == JobState.ERROR
    assert "clusters need 10 at least" in failed.errors[0]
    assert school.newest() is None


def test_objects_without_images_are_too_few_as_well(shore: Connection, school: School) -> None:
    bare = given.objects(shore, school.tara, 40)
    sample = fetch_value(shore, "SELECT sample_id FROM objects WHERE object_id = %(o)s", o=bare[0])

    failed = school.run(school.ask(filters={"samples": str(sample)}))

    assert failed.state == JobState.ERROR
    assert failed.errors[0].startswith("0 objects of this filter")


def test_where_no_cluster_is_large_enough_the_job_says_so(web: TestClient, school: School) -> None:
    found = school.group(smallest=1000)

    assert (found.clusters, found.alone) == (0, 60)
    assert school.listed(web)["clusters"] == []
    sql = "SELECT result -> 'infos' ->> 0 FROM jobs WHERE job_id = %(j)s"
    told = fetch_value(school.conn, sql, j=found.job_id)
    assert told.startswith("No cluster is large enough")


@pytest.mark.parametrize("smallest", [1, 1001, "many"])
def test_sizes_are_bounded(web: TestClient, school: School, smallest: object) -> None:
    answer = web.post(
        school.address, json={"smallest": smallest}, headers=given.headers(school.head)
    )

    assert answer.status_code == 422


def test_who_may_see_may_read_and_who_may_annotate_may_ask(
    web: TestClient, shore: Connection, school: School
) -> None:
    found = school.group()
    viewer, amanda = given.user(shore, name="Vera"), given.user(shore, name="Amanda")
    members: dict[int, str] = {school.tara.contact_id or 0: Privilege.MANAGE}
    members |= {viewer.user_id: Privilege.VIEW, amanda.user_id: Privilege.ANNOTATE}
    users.set_members(shore, school.tara.project_id, members)

    for person, asks in ((viewer, 403), (amanda, 200)):
        headers = given.headers(person)
        assert web.get(school.address, headers=headers).status_code == 200
        whole = f"{school.address}/0?job_id={found.job_id}"
        assert web.get(whole, headers=headers).status_code == 200
        assert web.post(school.address, json={}, headers=headers).status_code == asks
    stranger = given.headers(given.user(shore, name="Stan"))
    assert web.get(school.address, headers=stranger).status_code == 403
    assert web.get(school.address).status_code in (401, 403)
