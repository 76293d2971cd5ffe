"""An export imported again gives the same objects."""

import csv
import zipfile
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image
from pydantic import BaseModel

import given
from calanus.exports.jobs import export_backup, export_general, export_old
from calanus.exports.types import (
    BackupExportOrder,
    BackupExportReq,
    ExportImagesOptionsEnum,
    ExportOrder,
    ExportReq,
    ExportSplitOptionsEnum,
    GeneralExportOrder,
    GeneralExportReq,
)
from calanus.imports.jobs import import_package
from calanus.imports.types import ImportOrder
from calanus.jobs import service as jobs
from calanus.jobs.run import JobKind, enqueue
from calanus.jobs.types import Job, JobState
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from calanus.projects.service import create
from calanus.projects.types import NewProject
from calanus.users import service as users
from calanus.users.types import NewUser, User

Order = TypeVar("Order", bound=BaseModel)

pytestmark = given.vaults_close_late

SAME = f"""
    SELECT v.orig_id, s.orig_id AS sample, a.orig_id AS acquisition, p.orig_id AS process,
           o.taxon_id, o.state, o.annotator_id,
           CASE WHEN o.state <> 'P' THEN date_trunc('second', o.identified_at) END,
           v.latitude, v.longitude, v.depth_min, v.depth_max, v.object_date, v.object_time,
           v.sun_position, coalesce(v.link, ''), coalesce(v.comment, ''), v.numbers::text,
           v.texts, s.texts, a.texts, p.texts, s.latitude, s.longitude,
           (SELECT array_agg(i.rank || ' ' || encode(i.hash, 'hex') ORDER BY i.rank) FROM images i
             WHERE i.project_id = o.project_id AND i.object_id = o.object_id) AS images
      FROM {given.WITH_PARENTS}
     WHERE o.project_id = %(project_id)s ORDER BY v.orig_id
"""


@pytest.fixture
def head(clone: str) -> User:
    with connect(clone) as conn:
        given.taxa(conn)
        return given.application_manager(conn)


def package(folder: Path) -> Path:
    """Two samples; every state; one object with two images; missing values, quotes, accents."""
    header = [
        "object_id",
        "img_file_name",
        "img_rank",
        "object_lat",
        "object_lon",
        "object_date",
        "object_time",
        "object_depth_min",
        "object_depth_max",
        "object_link",
        "object_annotation_status",
        "object_annotation_category",
        "object_annotation_person_name",
        "object_annotation_person_email",
        "object_annotation_date",
        "object_annotation_time",
        "complement_info",
        "object_area",
        "object_note",
        "sample_id",
        "sample_net",
        "acq_id",
        "acq_sub_part",
        "process_id",
        "process_pixel",
    ]
    numbers = {"object_lat", "object_lon", "object_depth_min", "object_depth_max", "object_area"}
    where = ["43.685", "7.3157", "20230612", "091500", "0", "75.5", "http://x.example"]
    ann = ["Ann Otator", "ann@lab.example", "20220105", "143005"]
    nobody = ["", "", "", ""]
    lines = [
        ["o1", "a.png", "0", *where, "validated", "Copepoda", *ann, "odd", "812.5", 'a "note"'],
        ["o1", "b.png", "1", *where, "validated", "Copepoda", *ann, "odd", "812.5", 'a "note"'],
        ["o2", "c.png", "0", *where, "predicted", "detritus", *nobody, "", "", "été"],
        ["o3", "d.png", "0", *where, "dubious", "Calanoida", *ann, "", "0.30000000000000004", ""],
        ["o4", "e.png", "0", *where, "", "", *nobody, "", "1e-300", ""],
    ]
    for sample, chosen in (("net7", lines[:3]), ("net 8", lines[3:])):
        inside = folder / sample
        inside.mkdir(parents=True)
        parents = [sample, "régent", f"{sample}_d2", "8", f"zp_{sample}", "10.6"]
        rows = [header, ["[f]" if name in numbers else "[t]" for name in header]]
        rows += [[*line, *parents] for line in chosen]
        table = inside / f"ecotaxa_{sample}.tsv"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows(rows)
        for n, line in enumerate(chosen):
            Image.new("L", (8 + n, 9), 40 * n).save(inside / line[1])
    return folder


class Ship:
    """An installation, and somebody who runs jobs in it."""

    def __init__(self, settings: Settings, url: str, head: User) -> None:
        self.settings, self.url, self.head = settings, url, head

    def project(self) -> int:
        with connect(self.url) as conn:
            return create(conn, NewProject("Tara"), by=self.head)

    def run(self, kind: JobKind[Order], order: Order, project_id: int) -> Job:
        with connect(self.url) as conn:
            job_id = enqueue(conn, kind, order, owner=self.head.user_id, project_id=project_id)
        job = jobs.run_here(self.settings, self.url, job_id)
        assert job.state == JobState.FINISHED, job.errors or job.question
        return job

    def load(self, path: Path, project_id: int | None = None, **asked: Any) -> int:
        project_id = project_id or self.project()
        order = ImportOrder(project_id=project_id, local_path=str(path), **asked)
        self.run(import_package, order, project_id)
        return project_id

    def objects(self, project_id: int) -> list[tuple[Any, ...]]:
        with connect(self.url) as conn:
            return conn.execute(SAME, {"project_id": project_id}).fetchall()


@pytest.fixture
def ship(clone: str, settings: Settings, head: User) -> Ship:
    with connect(clone) as conn:
        users.create(conn, NewUser("ann@lab.example", "Ann Otator", given.PASSWORD), by=None)
    return Ship(settings, clone, head)


def test_a_backup_gives_the_same_objects(ship: Ship, tmp_path: Path) -> None:
    first = ship.load(package(tmp_path / "package"))
    order = BackupExportOrder(request=BackupExportReq(project_id=first))

    job = ship.run(export_backup, order, first)
    second = ship.load(jobs.produced_file(job, ship.settings))

    assert len(ship.objects(first)) == 4
    assert ship.objects(second) == ship.objects(first)


@pytest.mark.parametrize("split_by", list(ExportSplitOptionsEnum))
def test_a_general_export_gives_the_same_objects(
    ship: Ship, tmp_path: Path, split_by: ExportSplitOptionsEnum
) -> None:
    first = ship.load(package(tmp_path / "package"))
    request = GeneralExportReq(
        project_id=first,
        split_by=split_by,
        with_images=ExportImagesOptionsEnum.ALL,
        with_types_row=True,
        with_internal_ids=split_by == ExportSplitOptionsEnum.NONE,
    )

    job = ship.run(export_general, GeneralExportOrder(request=request), first)
    second = ship.load(jobs.produced_file(job, ship.settings))

    assert ship.objects(second) == ship.objects(first)


@pytest.mark.parametrize(
    "asked",
    [
        {"exp_type": "TSV", "tsv_entities": "OPASC", "with_types_row": True},
        {"exp_type": "TSV", "tsv_entities": "OPASC", "split_by": "A", "with_internal_ids": True},
        {"exp_type": "TSV", "tsv_entities": "OPASC", "format_dates_times": False},
        {"exp_type": "BAK"},
        {"exp_type": "DOI", "with_types_row": True},
        {"exp_type": "TSV", "tsv_entities": "OPASC", "use_latin1": True},
    ],
    ids=lambda asked: "-".join([str(value) for value in asked.values()]),
)
def test_an_old_export_gives_the_same_objects(
    ship: Ship, tmp_path: Path, asked: dict[str, Any]
) -> None:
    first = ship.load(package(tmp_path / "package"))
    request = ExportReq.model_validate(
        {"project_id": first, "with_images": True, "with_types_row": True, **asked}
    )

    job = ship.run(export_old, ExportOrder(request=request), first)
    second = ship.load(jobs.produced_file(job, ship.settings))

    before, after = ship.objects(first), ship.objects(second)
    if asked["exp_type"] == "DOI":  # a published package leaves comments out
        before = [(*row[:16], "", *row[17:]) for row in before]
    assert after == before


@pytest.mark.parametrize("format_", ["tsv", "both"])
def test_tables_alone_tell_a_project_nothing_new(ship: Ship, tmp_path: Path, format_: str) -> None:
    first = ship.load(package(tmp_path / "package"))
    before = ship.objects(first)
    request = GeneralExportReq.model_validate(
        {
            "project_id": first,
            "with_internal_ids": True,
            "format": format_,
        }
    )

    job = ship.run(export_general, GeneralExportOrder(request=request), first)
    ship.load(
        jobs.produced_file(job, ship.settings),
        first,
        skip_existing_objects=True,
        update_mode="Cla",
    )

    assert ship.objects(first) == before


def test_annotations_alone_restore_what_was_identified(ship: Ship, tmp_path: Path) -> None:
    first = ship.load(package(tmp_path / "package"))
    before = ship.objects(first)
    request = GeneralExportReq(project_id=first, only_annotations=True)
    job = ship.run(export_general, GeneralExportOrder(request=request), first)
    with connect(ship.url) as conn:
        conn.execute("UPDATE objects SET taxon_id = 11 WHERE state IN ('V', 'P')")

    ship.load(
        jobs.produced_file(job, ship.settings),
        first,
        skip_existing_objects=True,
        update_mode="Cla",
    )

    assert [row[:7] for row in ship.objects(first)] == [row[:7] for row in before]


def test_several_projects_in_one_table_are_loaded_into_one(ship: Ship, tmp_path: Path) -> None:
    first = ship.load(package(tmp_path / "package"))
    second = ship.project()
    with connect(ship.url) as conn:
        conn.execute("UPDATE samples SET orig_id = orig_id || ' bis'")
        conn.execute("UPDATE acquisitions SET orig_id = orig_id || ' bis'")
        conn.execute("UPDATE object_values SET orig_id = orig_id || ' bis'")
    ship.load(package(tmp_path / "again"), second)
    request = GeneralExportReq(
        project_id=f"{first},{second}",
        with_images=ExportImagesOptionsEnum.ALL,
        with_types_row=True,
    )

    job = ship.run(export_general, GeneralExportOrder(request=request), first)
    third = ship.load(jobs.produced_file(job, ship.settings))

    both = sorted([*ship.objects(first), *ship.objects(second)], key=lambda row: row[0])
    assert ship.objects(third) == both


def test_backups_of_several_projects_are_zips_in_a_zip(ship: Ship, tmp_path: Path) -> None:
    first = ship.load(package(tmp_path / "package"))
    second = ship.load(package(tmp_path / "again"))
    request = BackupExportReq(project_id=f"{second}, {first}")

    job = ship.run(export_backup, BackupExportOrder(request=request), first)

    file = jobs.produced_file(job, ship.settings)
    with zipfile.ZipFile(file) as archive:
        inside = [f"project_{first}.zip", f"project_{second}.zip"]
        assert archive.namelist() == [*inside, f"job_{job.job_id}.log"]
        archive.extract(inside[1], tmp_path)
    assert job.result is not None
    assert job.result["rowcount"] == 10
    assert ship.objects(ship.load(tmp_path / inside[1])) == ship.objects(second)
