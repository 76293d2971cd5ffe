"""Exports as jobs: the file, its log, and what the job's record says."""

import zipfile
from typing import TypeVar

import pytest
from pydantic import BaseModel

import given
from calanus.exports.jobs import export_general, export_summary
from calanus.exports.types import (
    GeneralExportOrder,
    GeneralExportReq,
    SummaryExportOrder,
    SummaryExportReq,
)
from calanus.jobs import service as jobs
from calanus.jobs.run import JobKind, enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import connect
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


def test_a_summary_is_a_bare_table(settings: Settings, world: tuple[str, Project, User]) -> None:
    request = SummaryExportReq(project_id=world[1].project_id)

    job = run(settings, world, export_summary, SummaryExportOrder(request=request))

    file = jobs.produced_file(job, settings)
    assert (file.suffix, "__ABO_" in file.name) == (".tsv", True)
    assert file.read_text().endswith("station_1\tV\tCopepoda\t3\n")


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
