"""Exports as jobs: the file, its log, and what the job's record says."""

import zipfile
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

import exported
import given
from calanus.exports.jobs import export_general, export_old, export_summary
from calanus.exports.types import (
    ExportOrder,
    ExportReq,
    GeneralExportOrder,
    GeneralExportReq,
    SummaryExportOrder,
    SummaryExportReq,
)
from calanus.jobs import service as jobs
from calanus.jobs.run import JobKind, enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.users.types import User

Order = TypeVar("Order", bound=BaseModel)


@pytest.fixture
def world(clone: str) -> tuple[str, Project, User]:
    """A database, a project with objects, somebody who may do everything."""
    with connect(clone) as conn:
        head = given.application_manager(conn)
        project = given.project(conn)
        given.objects(conn, project, 3, taxon=given.COPEPODA, state="V", by=head)
        return clone, project, head


def run(
    settings: Settings,
    world: tuple[str, Project, User],
    kind: JobKind[Order],
    order: Order,
) -> Job:
    url, project, head = world
    with connect(url) as conn:
        job_id = enqueue(conn, kind, order, owner=head.user_id, project_id=project.project_id)
    return jobs.run_here(settings, url, job_id)


def test_a_general_export_is_a_zip_with_its_log(
    settings: Settings, world: tuple[str, Project, User]
) -> None:
    request = GeneralExportReq(project_id=world[1].project_id)

    job = run(settings, world, export_general, GeneralExportOrder(request=request))

    assert (job.state, job.result and job.result["rowcount"]) == (JobState.FINISHED, 3)
    file = jobs.produced_file(job, settings)
    assert file.name.startswith(f"export__TSV_{job.job_id}_")
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [f"ecotaxa_{file.stem}.tsv", f"job_{job.job_id}.log"]
        assert b"3 lines written" in archive.read(f"job_{job.job_id}.log")


def test_an_export_of_nothing_holds_only_its_log(
    settings: Settings, world: tuple[str, Project, User]
) -> None:
    request = GeneralExportReq(project_id=world[1].project_id)
    filters = ProjectFilters(statusfilter="P")

    job = run(settings, world, export_general, GeneralExportOrder(request=request, filters=filters))

    with zipfile.ZipFile(jobs.produced_file(job, settings)) as archive:
        assert archive.namelist() == [f"job_{job.job_id}.log"]
        assert b"nothing but its log" in archive.read(f"job_{job.job_id}.log")
    assert job.result is not None
    assert job.result["infos"] == ["No object matches: the zip holds nothing but its log."]


def test_a_summary_is_a_bare_table(settings: Settings, world: tuple[str, Project, User]) -> None:
    request = SummaryExportReq(project_id=world[1].project_id)

    job = run(settings, world, export_summary, SummaryExportOrder(request=request))

    file = jobs.produced_file(job, settings)
    assert (file.suffix, "__ABO_" in file.name) == (".tsv", True)
    assert file.read_text().endswith("station_1\tV\tCopepoda\t3\n")
    assert job.result is not None
    assert (job.result["rowcount"], job.result["lines"]) == (0, 1)


def test_what_cannot_be_exported_fails_with_its_sentence(
    settings: Settings, world: tuple[str, Project, User]
) -> None:
    job = run(
        settings,
        world,
        export_general,
        GeneralExportOrder(request=GeneralExportReq(project_id="one")),
    )

    assert job.state == JobState.ERROR
    assert job.errors == ["Name projects by their numbers, such as 7 or 1,2; not “one”."]


def test_the_old_order_makes_the_old_files(
    settings: Settings, world: tuple[str, Project, User]
) -> None:
    made: dict[str, tuple[str, int]] = {}
    for kind in ("TSV", "BAK", "DOI", "SUM", "ABO"):
        order = ExportOrder(
            request=ExportReq.model_validate({"project_id": world[1].project_id, "exp_type": kind})
        )
        job = run(settings, world, export_old, order)
        assert job.result is not None, job.errors
        file = jobs.produced_file(job, settings)
        made[kind] = (file.name.split("_")[2] + file.suffix, job.result["rowcount"])

    assert made == {
        "TSV": ("TSV.zip", 3),
        "BAK": ("BAK.zip", 0),  # no object has an image
        "DOI": ("DOI.zip", 3),
        "SUM": ("SUM.tsv", 1),
        "ABO": ("ABO.tsv", 0),
    }


def test_a_file_is_copied_to_the_export_area(
    settings: Settings, world: tuple[str, Project, User], tmp_path: Path
) -> None:
    area = tmp_path / "area"
    area.mkdir()
    there = settings.model_copy(update={"export_area": area})
    request = SummaryExportReq(project_id=world[1].project_id, out_to_ftp=True)

    job = run(there, world, export_summary, SummaryExportOrder(request=request))

    file = jobs.produced_file(job, settings)
    [copied] = area.iterdir()
    assert copied.name == f"task_{job.job_id}_{file.name}"
    assert copied.read_bytes() == file.read_bytes()


def test_an_export_area_that_cannot_be_written_is_said(
    settings: Settings, world: tuple[str, Project, User], tmp_path: Path
) -> None:
    there = settings.model_copy(update={"export_area": tmp_path / "nowhere"})
    request = SummaryExportReq(project_id=world[1].project_id, out_to_ftp=True)

    job = run(there, world, export_summary, SummaryExportOrder(request=request))

    assert job.errors == ["The export area cannot be written: No such file or directory."]


def test_orders_that_cannot_be_done_are_refused_at_once(web: TestClient, shore: Connection) -> None:
    head = given.application_manager(shore)
    p = given.project(shore).project_id

    def refusal(address: str, **request: object) -> str:
        body = {"filters": {}, "request": {"project_id": p, **request}}
        answer = web.post(f"/object_set/export{address}", json=body, headers=given.headers(head))
        assert answer.status_code in (404, 422), answer.text
        return str(answer.json()["detail"])

    assert "CALANUS_EXPORT_AREA" in refusal("/general", out_to_ftp=True)
    assert "such as 7 or 1,2" in refusal("/backup", project_id="1;2")
    assert "no formula for individual_volume" in refusal("/summary", quantity="biovolume")
    assert "no formula for" in refusal("/summary", quantity=["abundance", "concentration"])
    assert "at least 1 item" in refusal("/summary", quantity=[])
    assert "split_by is" in refusal("", exp_type="TSV", split_by="colour")
    free = {"filters": {"freenum": "fre.colour", "freenumst": "1"}, "request": {"project_id": p}}
    answer = web.post("/object_set/export/general", json=free, headers=given.headers(head))
    assert "no number “fre.colour”" in answer.json()["detail"]
    assert "no project 99999" in refusal("/general", project_id=f"{p},99999")


def test_the_page_learns_what_is_wrong_with_a_formula(web: TestClient, shore: Connection) -> None:
    head = given.application_manager(shore)
    project = exported.project(shore, head)
    body = {"formulae": {**exported.FORMULAE, "subsample_coef": "1/ssm.sub_part +"}}

    answer = web.post(
        f"/projects/{project.project_id}/formulae", json=body, headers=given.headers(head)
    ).json()

    assert [v["error"] is None for v in answer["variables"]] == [False, True, True]
    assert answer["objects"][0]["sample"] == "station_1"
    assert answer["variables"][1]["values"] == [100.0, 100.0]
