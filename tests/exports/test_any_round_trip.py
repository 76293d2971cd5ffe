"""Whatever a project holds, exporting and importing it gives the same project."""

import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import any_project
import given as world
from any_project import AnyProject
from calanus.exports.jobs import export_backup, export_general
from calanus.exports.types import (
    BackupExportOrder,
    BackupExportReq,
    ExportImagesOptionsEnum,
    ExportSplitOptionsEnum,
    GeneralExportOrder,
    GeneralExportReq,
)
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import JobState
from calanus.kit.db import connect
from calanus.projects import service as projects
from calanus.projects.types import NewProject
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import NewUser
from lab import Lab

pytestmark = world.vaults_close_late

numbers = count()
# A few that are always the same, for every day; CALANUS_EXAMPLES=500 looks for new ones.
EXAMPLES = int(os.environ.get("CALANUS_EXAMPLES", "8"))
EVERYTHING = f"""
    SELECT v.orig_id, s.orig_id AS sample, a.orig_id AS acquisition, p.orig_id AS process,
           s.dataportal_descriptor, a.instrument, o.taxon_id, o.state, o.annotator_id, o.score,
           CASE WHEN o.state IN ('V', 'D') THEN o.identified_at END AS at,
           v.latitude, v.longitude, v.depth_min, v.depth_max, v.object_date, v.object_time,
           v.sun_position, v.link, v.comment, v.numbers::text[] AS numbers, v.texts,
           s.texts AS of_sample, a.texts AS of_acquisition, p.texts AS of_process,
           s.latitude AS sample_latitude, s.longitude AS sample_longitude,
           (SELECT array_agg(i.rank || ' ' || encode(i.hash, 'hex') ORDER BY i.rank) FROM images i
             WHERE i.project_id = o.project_id AND i.object_id = o.object_id) AS images
      FROM {world.WITH_PARENTS}
     WHERE o.project_id = %(project_id)s ORDER BY v.orig_id
"""


@pytest.fixture
def sea(lab: Lab) -> Lab:
    """A laboratory in which Ann has an account."""
    with connect(lab.url) as conn:
        users.create(conn, NewUser("ann@lab.example", "Ann Otator", world.PASSWORD), by=None)
    return lab


def loaded(lab: Lab, path: Path) -> Lab:
    """A package in a project of its own."""
    with connect(lab.url) as conn:
        project_id = projects.create(conn, NewProject("Any"), by=lab.owner)
    there = Lab(lab.url, lab.settings, lab.owner, project_id, lab.folder)
    job = there.load(path)
    assert job.state == JobState.FINISHED, job.errors or job.question
    return there


def everything(lab: Lab) -> list[dict[str, Any]]:
    """All that a project knows of its objects, free columns by their names."""
    with connect(lab.url) as conn:
        project = projects.require(conn, lab.owner, lab.project_id, Act.VIEW_IMAGES)
    rows = lab.find(EVERYTHING, project_id=lab.project_id)
    for row in rows:
        values, texts = row.pop("numbers"), row.pop("texts")
        for name, code in project.object_columns.items():
            place = int(code[1:]) - 1
            row[f"object {name}"] = values[place] if code[0] == "n" else texts[place]
        for level, columns in projects.columns_of(project).items():
            if level != "object":
                held = row.pop(f"of_{level}")
                row |= {f"{level} {name}": held[int(c[1:]) - 1] for name, c in columns.items()}
    return rows


def exported(lab: Lab, kind: Any, order: Any) -> Path:
    """The file of an export."""
    with connect(lab.url) as conn:
        job_id = enqueue(conn, kind, order, owner=lab.owner.user_id, project_id=lab.project_id)
    job = lab.run(job_id)
    assert job.state == JobState.FINISHED, job.errors
    return jobs.produced_file(job, lab.settings)


def backed_up(lab: Lab) -> Path:
    """A backup."""
    request = BackupExportReq(project_id=lab.project_id)
    return exported(lab, export_backup, BackupExportOrder(request=request))


def tabulated(lab: Lab, split_by: ExportSplitOptionsEnum, *, ids: bool) -> Path:
    """A general export with everything in it."""
    request = GeneralExportReq(
        project_id=lab.project_id,
        with_images=ExportImagesOptionsEnum.ALL,
        with_types_row=True,
        with_internal_ids=ids,
        split_by=split_by,
    )
    return exported(lab, export_general, GeneralExportOrder(request=request))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CALANUS_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(any_project.projects(), st.sampled_from(ExportSplitOptionsEnum), st.booleans())
def test_any_project_comes_back_from_its_backup_and_from_its_tables(
    sea: Lab, project: AnyProject, split_by: ExportSplitOptionsEnum, ids: bool
) -> None:
    folder = any_project.written(project, sea.settings.data.parent / f"any{next(numbers)}")
    first = loaded(sea, folder)

    before = everything(first)
    assert len(before) == len(project.objects)
    assert everything(loaded(sea, backed_up(first))) == before
    assert everything(loaded(sea, tabulated(first, split_by, ids=ids))) == before
