"""Exports: which objects, laid out how, written where. Nothing is ever held whole in memory."""

import csv
import re
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from calanus.exports import frames, queries
from calanus.exports.summary import HEADERS, summed
from calanus.exports.table import Layout
from calanus.exports.types import (
    Asked,
    BadExport,
    ExportImagesOptionsEnum,
    ExportSplitOptionsEnum,
    GeneralExportReq,
    SummaryExportQuantitiesOptionsEnum,
    SummaryExportReq,
)
from calanus.exports.writer import Into, Package, Writer, Written
from calanus.kit.db import Connection
from calanus.objects.filters import ProjectFilters
from calanus.objects.service import seen_by
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.types import User


def project_of(asked: Asked) -> int:
    """The one project of an export.

    Raises:
        BadExport: several projects, a collection or FTP are asked, which is not possible yet.
    """
    if asked.collection_id is not None:
        raise BadExport("Collections cannot be exported yet: export their projects one by one.")
    if asked.out_to_ftp:
        raise BadExport("This installation has no export area: fetch the file of the job instead.")
    text = str(asked.project_id).strip()
    if not re.fullmatch(r"\d{1,9}", text):
        raise BadExport(f"Export one project at a time; “{text}” is not the id of one.")
    return int(text)


def file_name(kind: str, job_id: int, at: datetime, suffix: str) -> str:
    """What EcoTaxa calls the file of an export."""
    return f"export__{kind}_{job_id}_{at:%Y%m%d_%H%M}.{suffix}"


def general(project: Project, request: GeneralExportReq, *, comments: bool) -> Package:
    """The package of a general export."""
    only = request.only_annotations
    layout = Layout(
        images=request.with_images != ExportImagesOptionsEnum.NONE and not only,
        only_annotations=only,
        compact_dates=only,
        taxon_ids=only,
        comments=comments,
        types_row=only or request.with_types_row,
        internal_ids=request.with_internal_ids and not only,
        **free_columns(project),
    )
    if only:
        return Package(layout)
    return Package(layout, request.split_by, request.with_images)


def backup(project: Project, *, comments: bool) -> Package:
    """The package of a backup: a folder a sample, with its table and its images."""
    layout = Layout(
        images=True,
        compact_dates=True,
        taxon_ids=True,
        comments=comments,
        types_row=True,
        **free_columns(project),
    )
    split, images = ExportSplitOptionsEnum.SAMPLE, ExportImagesOptionsEnum.ALL
    return Package(layout, split, images, backup=True)


def free_columns(project: Project) -> dict[str, Any]:
    """The free columns of a project, as a layout names them."""
    return {
        "objects": project.object_columns,
        "samples": project.sample_columns,
        "processes": project.process_columns,
        "acquisitions": project.acquisition_columns,
    }


def has_comments(conn: Connection, project: Project) -> bool:
    """Whether there is any comment to be written: they are never left behind."""
    return queries.has_comments(conn, project.project_id)


def require(conn: Connection, asked: Asked, *, images: bool, by: User) -> Project:
    """The project of an export, for somebody who may export it, or its images too."""
    act = Act.EXPORT_IMAGES if images else Act.EXPORT
    return projects.require(conn, by, project_of(asked), act)


def with_images(request: GeneralExportReq) -> bool:
    """Whether images come along."""
    return request.with_images != ExportImagesOptionsEnum.NONE and not request.only_annotations


def write_package(
    conn: Connection,
    project: Project,
    package: Package,
    wanted: ProjectFilters,
    *,
    into: Into,
    by: User,
) -> Written:
    """Write tables and images of the objects of a filter, as they are at one moment."""
    objects = queries.chosen(conn, project.project_id, seen_by(project, wanted, by))
    known = frames.reference(conn, project)
    known = frames.with_taxa(conn, known, np.unique(objects["taxon_id"]).tolist())
    if not len(objects):
        return Written()
    return Writer(conn, project, package, into, known).write(objects)


def check_summary(request: SummaryExportReq) -> None:
    """Abundances need nothing but objects; the other quantities await their formulae."""
    if request.quantity != SummaryExportQuantitiesOptionsEnum.ABUNDANCE:
        raise BadExport(f"Only abundances can be summed yet, not {request.quantity}.")


def write_abundances(
    conn: Connection,
    project: Project,
    request: SummaryExportReq,
    wanted: ProjectFilters,
    path: Path,
    *,
    by: User,
) -> int:
    """Write how many objects of each taxon and state there are; how many lines."""
    check_summary(request)
    counted = queries.tally(conn, project.project_id, seen_by(project, wanted, by))
    anything = wanted.model_copy(update={"taxo": None, "taxochild": None})
    everything = queries.tally(conn, project.project_id, seen_by(project, anything, by))
    rows = summed(counted, everything, request.summarise_by)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(HEADERS[request.summarise_by])
        table.writerows(rows)
    return len(rows)


def one_moment(conn: Connection) -> AbstractContextManager[None]:
    """A transaction that sees the database as it is now, whatever others do meanwhile."""
    return queries.one_moment(conn)
