"""The honest report: from a learning set to figures, and from a figure to its objects."""

from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

import cruise
import given
from calanus.jobs import service as jobs
from calanus.jobs.types import JobState
from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.ids import JobId
from calanus.kit.settings import Settings
from calanus.projects.types import Project
from calanus.users.types import Privilege, User
from given import COPEPODA, DETRITUS

pytestmark = given.vaults_close_late


@dataclass
class Desk:
    """A person at the interface, and a worker behind it."""

    web: TestClient
    url: str
    settings: Settings
    head: User

    def post(self, path: str, body: Any = None, *, by: User | None = None) -> Any:
        headers = given.headers(by or self.head)
        return self.web.post(path, json=body, headers=headers)

    def get(self, path: str, *, by: User | None = None) -> Any:
        return self.web.get(path, headers=given.headers(by or self.head))

    def ask(self, project: Project, *sources: Project, **more: Any) -> JobId:
        request: dict[str, Any] = {
            "project_id": project.project_id,
            "source_project_ids": [source.project_id for source in sources or (project,)],
            "features": ["fre.area", "fre.void"],
            "categories": [],
            "pre_mapping": {},
            **more,
        }
        answer = self.post(f"/projects/{project.project_id}/learning_report", request)
        assert answer.status_code == 200, answer.json()
        return JobId(answer.json()["job_id"])

    def report(self, project: Project, *sources: Project, **more: Any) -> dict[str, Any]:
        job = jobs.run_here(self.settings, self.url, self.ask(project, *sources, **more))
        assert (job.state, job.errors) == (JobState.FINISHED, []), job
        told = self.get(f"/learning_reports/{job.job_id}")
        assert told.status_code == 200, told.json()
        return {"job": job.job_id, **told.json()}


@pytest.fixture
def desk(web: TestClient, shore: Connection, clone: str, settings: Settings) -> Desk:
    return Desk(web, clone, settings, given.application_manager(shore))


def sampled(conn: Connection, desk: Desk, *, samples: int = 3, odd: int = 1) -> Project:
    """Copepods and detritus in several samples; some copepods of each are as small as detritus."""
    project = given.project(conn, title="Tara leg 3")
    cruise.measured(conn, project)
    for _ in range(samples):
        for taxon, size in ((COPEPODA, 100.0), (DETRITUS, 3.0)):
            ids = given.objects(conn, project, 8, taxon=taxon, state="V", by=desk.head)
            cruise.area(conn, ids, size)
            if taxon == COPEPODA:
                cruise.area(conn, ids[:odd], 3)
    return given.refreshed(conn, project, desk.head)


def test_samples_are_held_out_whole_and_nothing_changes(desk: Desk, shore: Connection) -> None:
    tara = sampled(shore, desk)

    report = desk.report(tara)

    samples = int(fetch_value(shore, "SELECT count(DISTINCT sample_id) FROM objects"))
    assert (report["by"], report["samples"], report["objects"]) == ("sample", samples, 48)
    assert sum(fold["samples"] for fold in report["folds"]) == samples
    assert [(t["id"], t["support"], t["right"]) for t in report["taxa"]] == [
        (min(COPEPODA, DETRITUS), 24, report["taxa"][0]["right"]),
        (max(COPEPODA, DETRITUS), 24, report["taxa"][1]["right"]),
    ]
    assert sorted(report["confusion"]) == sorted(
        [[COPEPODA, COPEPODA, 21], [COPEPODA, DETRITUS, 3], [DETRITUS, DETRITUS, 24]]
    )
    assert report["accuracy"] == 45 / 48
    assert report["baseline"] == 0.5
    assert fetch_value(shore, "SELECT count(*) FROM batches WHERE operation = 'predict'") == 0


def test_it_says_what_was_left_out_and_what_more_would_bring(desk: Desk, shore: Connection) -> None:
    report = desk.report(sampled(shore, desk))

    assert report["features"] == ["fre.area"]
    [dropped] = report["dropped"]
    assert (dropped["name"], "missing" in dropped["reason"]) == ("fre.void", True)
    assert [point["share"] for point in report["curve"]] == [0.1, 0.25, 0.5, 1.0]
    taught = [point["objects"] for point in report["curve"]]
    assert taught == sorted(taught)
    assert report["curve"][-1]["accuracy"] == report["accuracy"]
    assert sum(one["objects"] for one in report["calibration"]) == 48
    assert report["rare"] == {"below": 20, "taxa": 0, "objects": 0, "recall": None}


def test_one_sample_is_split_by_object_and_it_is_said(desk: Desk, shore: Connection) -> None:
    tara = sampled(shore, desk)
    sql = "UPDATE objects SET sample_id = (SELECT min(sample_id) FROM samples)"
    execute(shore, sql)

    report = desk.report(tara)

    assert report["by"] == "object"
    assert report["why"].startswith("All objects are of one sample")


def test_the_images_are_looked_at_too(desk: Desk, shore: Connection) -> None:
    tara = cruise.taught(shore, desk.settings, by=desk.head)

    report = desk.report(tara, use_scn=True, features=[])

    assert report["deep_features"] == 256
    assert report["accuracy"] == 1


@pytest.mark.parametrize(
    ("copepods", "sticks", "why"),
    [
        (0, 0, "There is nothing to learn from"),
        (5, 0, "a prediction needs two taxa to tell apart"),
        (5, 1, "too small to be checked: 6 object(s)"),
    ],
)
def test_a_learning_set_that_cannot_be_judged_gets_a_sentence(
    desk: Desk, shore: Connection, copepods: int, sticks: int, why: str
) -> None:
    project = given.project(shore)
    cruise.measured(shore, project)
    for taxon, number in ((COPEPODA, copepods), (DETRITUS, sticks)):
        if number:
            ids = given.objects(shore, project, number, taxon=taxon, state="V", by=desk.head)
            cruise.area(shore, ids, taxon)

    job = jobs.run_here(desk.settings, desk.url, desk.ask(project))

    assert job.state == JobState.ERROR
    assert why in job.errors[0]
    assert desk.get(f"/learning_reports/{job.job_id}").status_code == 404


def test_a_cell_opens_as_exactly_its_objects(desk: Desk, shore: Connection) -> None:
    tara = sampled(shore, desk)
    report = desk.report(tara)
    path = f"/learning_reports/{report['job']}/lists?truth={COPEPODA}&guessed={DETRITUS}"

    [first], [again] = desk.post(path).json(), desk.post(path).json()

    assert first == again
    assert (first["project_id"], first["objects"]) == (tara.project_id, 3)
    view = desk.post(
        f"/projects/{tara.project_id}/view",
        {"filters": {"listed": str(first["list_id"])}, "first": 10},
    ).json()
    sql = """
        SELECT array_agg(object_id ORDER BY object_id) FROM objects JOIN object_values
         USING (project_id, object_id) WHERE taxon_id = %(copepods)s AND numbers[1] < 50
    """
    assert view["total"] == 3
    assert sorted(view["columns"]["object_ids"]) == fetch_value(shore, sql, copepods=COPEPODA)


def test_a_row_opens_as_what_was_mistaken_of_a_taxon(desk: Desk, shore: Connection) -> None:
    report = desk.report(sampled(shore, desk))
    path = f"/learning_reports/{report['job']}/lists"

    assert [each["objects"] for each in desk.post(f"{path}?truth={COPEPODA}").json()] == [3]
    assert [each["objects"] for each in desk.post(f"{path}?guessed={DETRITUS}").json()] == [3]
    assert [each["objects"] for each in desk.post(path).json()] == [3]
    assert desk.post(f"{path}?truth={DETRITUS}").json() == []
    assert desk.post(f"{path}?truth=99").json() == []


def test_a_list_does_not_show_what_its_reader_may_not_see(desk: Desk, shore: Connection) -> None:
    tara = sampled(shore, desk)
    report = desk.report(tara)
    [kept] = desk.post(f"/learning_reports/{report['job']}/lists").json()
    amanda = given.user(shore)
    hers = given.project(shore, member=amanda, privilege=Privilege.MANAGE, title="Hers")
    view = {"filters": {"listed": str(kept["list_id"])}, "first": 10}

    assert desk.post(f"/projects/{tara.project_id}/view", view, by=amanda).status_code == 403
    assert desk.post(f"/projects/{hers.project_id}/view", view, by=amanda).json()["total"] == 0


@pytest.mark.parametrize("listed", ["many", "1,2", "-3", "9" * 30])
def test_what_is_no_number_of_a_list_is_told_so(desk: Desk, shore: Connection, listed: str) -> None:
    project = given.project(shore)

    answer = desk.post(
        f"/projects/{project.project_id}/view", {"filters": {"listed": listed}, "first": 1}
    )

    assert answer.status_code == 422
    assert "listed takes" in answer.text


def test_a_report_is_its_owner_s(desk: Desk, shore: Connection) -> None:
    report = desk.report(sampled(shore, desk))
    amanda = given.user(shore)

    assert desk.get(f"/learning_reports/{report['job']}", by=amanda).status_code == 403
    assert desk.post(f"/learning_reports/{report['job']}/lists", by=amanda).status_code == 403
    assert desk.get("/learning_reports/999999").status_code == 404


def test_who_may_not_predict_may_not_ask_for_a_report(desk: Desk, shore: Connection) -> None:
    amanda = given.user(shore)
    others = given.project(shore, member=amanda, title="Annotated")
    body: dict[str, Any] = {
        "project_id": others.project_id,
        "source_project_ids": [others.project_id],
        "features": ["obj.depth_min"],
        "categories": [],
        "pre_mapping": {},
    }

    path = f"/projects/{others.project_id}/learning_report"

    assert desk.post(path, body, by=amanda).status_code == 403
    assert desk.post(path, {**body, "features": ["fre.nil"]}).status_code == 422
    assert desk.post("/projects/99999/learning_report", body).status_code == 404


def test_another_kind_of_job_is_no_report_and_one_put_away_says_so(
    desk: Desk, shore: Connection
) -> None:
    tara = sampled(shore, desk)
    waiting = desk.ask(tara)
    assert "not yet" in desk.get(f"/learning_reports/{waiting}").json()["detail"]
    execute(shore, "UPDATE jobs SET kind = 'Subset' WHERE job_id = %(j)s", j=waiting)
    assert "a Subset" in desk.get(f"/learning_reports/{waiting}").json()["detail"]

    report = desk.report(tara)
    path = f"/learning_reports/{report['job']}"
    erased = desk.web.delete(f"/jobs/{report['job']}", headers=given.headers(desk.head))

    assert erased.status_code == 200, erased.text
    assert desk.get(path).status_code == 404
