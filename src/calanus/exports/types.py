"""Exports: what may be asked, and the errors of asking. Names and values are EcoTaxa's."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from calanus.kit.errors import CalanusError
from calanus.objects.filters import ProjectFilters


class ExportSplitOptionsEnum(StrEnum):
    """Into how many tables."""

    SAMPLE = "sample"
    ACQUISITION = "acquisition"
    TAXON = "taxon"
    NONE = "none"


class ExportImagesOptionsEnum(StrEnum):
    """Which images of an object come along."""

    ALL = "all"
    FIRST = "first"
    NONE = "none"


class SummaryExportQuantitiesOptionsEnum(StrEnum):
    """What a summary sums."""

    ABUNDANCE = "abundance"
    CONCENTRATION = "concentration"
    BIOVOLUME = "biovolume"


class SummaryExportSumOptionsEnum(StrEnum):
    """By what a summary sums."""

    NONE = "none"
    SAMPLE = "sample"
    ACQUISITION = "acquisition"


class Asked(BaseModel):
    """What every export is asked."""

    model_config = ConfigDict(extra="ignore")

    collection_id: int | None = None
    project_id: int | str
    out_to_ftp: bool = False


class GeneralExportReq(Asked):
    """A table for people and programs."""

    split_by: ExportSplitOptionsEnum = ExportSplitOptionsEnum.NONE
    with_images: ExportImagesOptionsEnum = ExportImagesOptionsEnum.NONE
    with_internal_ids: bool = False
    with_types_row: bool = False
    only_annotations: bool = False


class BackupExportReq(Asked):
    """All of a project, to be imported again."""


class SummaryExportReq(Asked):
    """Sums by taxon and state."""

    quantity: SummaryExportQuantitiesOptionsEnum = SummaryExportQuantitiesOptionsEnum.ABUNDANCE
    summarise_by: SummaryExportSumOptionsEnum = SummaryExportSumOptionsEnum.SAMPLE
    formulae: dict[str, str] = {}


class GeneralExportOrder(BaseModel):
    """The job of a general export."""

    filters: ProjectFilters = ProjectFilters()
    request: GeneralExportReq


class BackupExportOrder(BaseModel):
    """The job of a backup."""

    filters: ProjectFilters = ProjectFilters()
    request: BackupExportReq


class SummaryExportOrder(BaseModel):
    """The job of a summary."""

    filters: ProjectFilters = ProjectFilters()
    request: SummaryExportReq


class BadExport(CalanusError):
    """An export that cannot be made as asked."""
