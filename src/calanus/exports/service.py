"""Exports: which objects, laid out how, written where. Nothing is ever held whole in memory."""

import re
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from calanus.exports import collected, queries
from calanus.exports.source import Levels, Source, chosen
from calanus.exports.table import Layout
from calanus.exports.types import (
    Asked,
    BadExport,
    ExportImagesOptionsEnum,
    ExportReq,
    ExportSplitOptionsEnum,
    ExportTypeEnum,
    GeneralExportReq,
)
from calanus.exports.writer import Into, Naming, Package, Writer, Written
from calanus.kit.db import Connection
from calanus.kit.settings import Settings
from calanus.objects.filters import ProjectFilters
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.policy import Act
from calanus.users.types import User

MOST_PROJECTS = 500
SPLITS = {
    "": ExportSplitOptionsEnum.NONE,
    "none": ExportSplitOptionsEnum.NONE,
    "s": ExportSplitOptionsEnum.SAMPLE,
    "sample": ExportSplitOptionsEnum.SAMPLE,
    "a": ExportSplitOptionsEnum.ACQUISITION,
    "acquisition": ExportSplitOptionsEnum.ACQUISITION,
    "t": ExportSplitOptionsEnum.TAXON,
    "taxo": ExportSplitOptionsEnum.TAXON,
    "taxon": ExportSplitOptionsEnum.TAXON,
}
ENTITY_OF_SPLIT = {
    ExportSplitOptionsEnum.SAMPLE: "S",
    ExportSplitOptionsEnum.ACQUISITION: "A",
}


# --- Who may export what -------------------------------------------------------------------------


def require(conn: Connection, asked: Asked, *, images: bool, by: User) -> list[Project]:
    """The projects of an export, for somebody who may export each, or its images too."""
    act = Act.EXPORT_IMAGES if images else Act.EXPORT
    if asked.collection_id is not None:
        ids = [p.project_id for p in collected.projects_of(conn, asked.collection_id, by=by)]
    else:
        ids = project_ids(asked)
    found = [projects.require(conn, by, project_id, act) for project_id in sorted(ids)]
    if not found:
        raise BadExport("This collection holds no project: there is nothing to export.")
    return found


def project_ids(asked: Asked) -> list[int]:
    """The projects of an export: `7`, or `1,2` for several.

    Raises:
        BadExport: something else is given, or too many.
    """
    text = str(asked.project_id).strip()
    if not re.fullmatch(r"\d{1,9}(\s*,\s*\d{1,9})*", text):
        raise BadExport(f"Name projects by their numbers, such as 7 or 1,2; not “{text[:60]}”.")
    ids = sorted({int(digits) for digits in text.split(",")})
    if len(ids) > MOST_PROJECTS:
        raise BadExport(f"Export {MOST_PROJECTS} projects at a time, not {len(ids):,}.")
    return ids


def check_area(asked: Asked, settings: Settings) -> None:
    """Pass if the file can be copied where it is wanted."""
    if asked.out_to_ftp and settings.export_area is None:
        raise BadExport(
            "This installation has no export area (its administrator may set CALANUS_EXPORT_AREA): "
            "leave out_to_ftp out and fetch the file of the job."
        )


def deliver(file: Path, job_id: int, settings: Settings) -> Path:
    """Copy the file of a job to the export area, where it appears whole or not at all.

    Raises:
        BadExport: there is no area, or it cannot be written.
    """
    area = settings.export_area
    if area is None:
        raise BadExport("This installation has no export area.")
    target = area / f"task_{job_id}_{file.name}"
    growing = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(file, growing)
        growing.replace(target)
    except OSError as error:
        growing.unlink(missing_ok=True)
        raise BadExport(f"The export area cannot be written: {error.strerror}.") from None
    return target


def file_name(asked: Asked, kind: str, job_id: int, at: datetime, suffix: str) -> str:
    """What EcoTaxa calls the file of an export."""
    of = "collection_" if asked.collection_id is not None else ""
    return f"export_{of}_{kind}_{job_id}_{at:%Y%m%d_%H%M}.{suffix}"


# --- How tables are laid out ---------------------------------------------------------------------


def general(columns: Levels, request: GeneralExportReq, *, comments: bool) -> Package:
    """The package of a general export; without types, comments have a column as in EcoTaxa."""
    only = request.only_annotations
    layout = Layout(
        images=with_images(request),
        only_annotations=only,
        compact_dates=only,
        taxon_ids=only,
        comments=comments or not request.with_types_row,
        types_row=only or request.with_types_row,
        internal_ids=request.with_internal_ids and not only,
        **free_columns(columns),
    )
    if only:
        return Package(layout, format=request.format)
    return Package(layout, request.split_by, request.with_images, format=request.format)


def backup(columns: Levels, *, comments: bool, images: bool = True) -> Package:
    """The package of a backup: a folder a sample, with its table and its images."""
    layout = Layout(
        images=True,
        compact_dates=True,
        taxon_ids=True,
        comments=comments,
        types_row=True,
        **free_columns(columns),
    )
    which = ExportImagesOptionsEnum.ALL if images else ExportImagesOptionsEnum.NONE
    return Package(layout, ExportSplitOptionsEnum.SAMPLE, which, Naming.BACKUP)


def old(columns: Levels, request: ExportReq, *, comments: bool) -> Package:
    """The package of a deprecated export: TSV, BAK or DOI, with all its options."""
    if request.exp_type == ExportTypeEnum.BACKUP:
        package = backup(columns, comments=comments, images=request.with_images)
        return with_old_text(package, request)
    doi = request.exp_type == ExportTypeEnum.DOI
    only = request.only_annotations and not doi
    split = SPLITS.get(request.split_by.strip().lower())
    if split is None:
        raise BadExport("split_by is sample, acquisition, taxon, or nothing.")
    entities = request.tsv_entities.upper() + ENTITY_OF_SPLIT.get(split, "")
    layout = Layout(
        images=request.with_images and not only,
        only_annotations=only,
        entities="OPAS" if doi else entities,
        compact_dates=only or not request.format_dates_times,
        taxon_ids=only or doi,
        comments="C" in entities and not doi,
        types_row=only or request.with_types_row,
        internal_ids=request.with_internal_ids and not only and not doi,
        object_id=doi,
        **free_columns(columns),
    )
    images = ExportImagesOptionsEnum.NONE
    if layout.images:
        first = request.only_first_image
        images = ExportImagesOptionsEnum.FIRST if first else ExportImagesOptionsEnum.ALL
    whole = ExportSplitOptionsEnum.NONE
    naming = Naming.DOI if doi else Naming.TABLE
    package = Package(layout, whole if doi or only else split, images, naming)
    return with_old_text(package, request)


def with_old_text(package: Package, request: ExportReq) -> Package:
    """A package written as old spreadsheets read it."""
    layout = replace(
        package.layout,
        latin1=request.use_latin1,
        decimal_comma=request.coma_as_separator,
    )
    return replace(package, layout=layout)


def free_columns(columns: Levels) -> dict[str, Any]:
    """The free columns of each level, as a layout names them."""
    return {
        "objects": columns["object"],
        "samples": columns["sample"],
        "processes": columns["process"],
        "acquisitions": columns["acquisition"],
    }


def has_comments(conn: Connection, found: Sequence[Project]) -> bool:
    """Whether there is any comment to be written: they are never left behind."""
    return any(queries.has_comments(conn, project.project_id) for project in found)


def with_images(request: GeneralExportReq) -> bool:
    """Whether images come along."""
    return request.with_images != ExportImagesOptionsEnum.NONE and not request.only_annotations


def old_with_images(request: ExportReq) -> bool:
    """Whether a deprecated export asks for the right to images: a backup always does."""
    return request.with_images or request.exp_type == ExportTypeEnum.BACKUP


# --- Writing -------------------------------------------------------------------------------------


def write_package(
    conn: Connection,
    found: Sequence[Project],
    package: Package,
    wanted: ProjectFilters,
    *,
    into: Into,
    by: User,
) -> Written:
    """Write tables and images of the objects of a filter, as they are at one moment."""
    objects = chosen(conn, found, wanted, by)
    if not len(objects):
        return Written()
    source = Source.open(conn, found, np.unique(objects["taxon_id"]).tolist())
    return Writer(source, package, into).write(objects)


def one_moment(conn: Connection) -> AbstractContextManager[None]:
    """A transaction that sees the database as it is now, whatever others do meanwhile."""
    return queries.one_moment(conn)
