"""Exports: what may be asked, and the errors of asking. Names and values are EcoTaxa's."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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


Quantity = SummaryExportQuantitiesOptionsEnum  # the long name is that of EcoTaxa's API


class SummaryExportSumOptionsEnum(StrEnum):
    """By what a summary sums."""

    NONE = "none"
    SAMPLE = "sample"
    ACQUISITION = "acquisition"


class Format(StrEnum):
    """How tables are written."""

    TSV = "tsv"
    PARQUET = "parquet"
    BOTH = "both"


class ExportTypeEnum(StrEnum):
    """What the deprecated export writes."""

    TABLE = "TSV"
    BACKUP = "BAK"
    DOI = "DOI"
    SUMMARY = "SUM"
    ABUNDANCE = "ABO"
    CONCENTRATION = "CNC"
    BIOVOLUME = "BIV"


class SummaryExportGroupingEnum(StrEnum):
    """By what the deprecated export sums."""

    NONE = ""
    SAMPLE = "S"
    ACQUISITION = "A"
    PROCESS = "P"  # each acquisition has one


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
    format: Format = Format.TSV


class BackupExportReq(Asked):
    """All of a project, to be imported again."""


class SummaryExportReq(Asked):
    """Sums by taxon and state."""

    quantity: Quantity | Annotated[list[Quantity], Field(min_length=1)] = Quantity.ABUNDANCE
    summarise_by: SummaryExportSumOptionsEnum = SummaryExportSumOptionsEnum.SAMPLE
    formulae: dict[str, str] = {}

    def quantities(self) -> list[Quantity]:
        """What is summed, each once, side by side."""
        given = self.quantity if isinstance(self.quantity, list) else [self.quantity]
        return list(dict.fromkeys(given))


class ExportReq(Asked):
    """EcoTaxa's export before it was parted in three; deprecated, and still asked for."""

    exp_type: ExportTypeEnum
    use_latin1: bool = False
    tsv_entities: str = Field(default="", max_length=20, description="Letters O, P, A, S, C.")
    only_annotations: bool = False
    split_by: str = Field(default="", max_length=20, description="Sample, acquisition or taxon.")
    coma_as_separator: bool = False
    format_dates_times: bool = True
    with_images: bool = False
    with_internal_ids: bool = False
    with_types_row: bool = False
    only_first_image: bool = False
    sum_subtotal: SummaryExportGroupingEnum = SummaryExportGroupingEnum.NONE
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


class ExportOrder(BaseModel):
    """The job of a deprecated export."""

    filters: ProjectFilters = ProjectFilters()
    request: ExportReq


class BadExport(CalanusError):
    """An export that cannot be made as asked."""


class RecastOperation(StrEnum):
    """What a recast is for. Exports use theirs; the others are kept for who asks for them."""

    PRE_PREDICT = "pre_predict"
    POST_PREDICT = "post_predict"
    PROJECT_EXPORT = "project_export"
    COLLECTION_EXPORT = "collection_export"
    DWCA_OCCURRENCE = "dwca_export_occurrence"
    DWCA_EMOF = "dwca_export_emof"
    PROJECT_IMPORT = "project_import"


@dataclass(frozen=True)
class RecastTarget:
    """Whose recast: a project's, or a collection's."""

    target_id: int
    is_collection: bool = False


@dataclass(frozen=True)
class Recast:
    """Which taxa are written as which others; 0 or nothing drops a taxon."""

    from_to: dict[str, int | None]
    doc: dict[str, str] | None = None  # why, by taxon

    def moves(self) -> dict[int, int | None]:
        """What really changes: the taxon to write, or None to drop it, by taxon."""
        read = {int(taxon): to or None for taxon, to in self.from_to.items()}
        return {taxon: to for taxon, to in read.items() if taxon != to}

    def target(self, taxon_id: int) -> int | None:
        """The taxon to write for another; None drops it."""
        return self.moves().get(taxon_id, taxon_id)


class BadRecast(CalanusError):
    """A table of taxa that cannot be applied."""
