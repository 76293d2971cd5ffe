"""What is said of objects over HTTP: EcoTaxa's shapes, and ours for views."""

from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import BaseModel, Field

from calanus.objects import service, views
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import (
    AcquisitionRecord,
    ImageRecord,
    ObjectRecord,
    ProcessRecord,
    SampleRecord,
    SampleTally,
)
from calanus.projects.types import Project


class ObjectSetQueryRsp(BaseModel):
    """Parallel arrays: a window of objects, with the fields asked for in `details`."""

    object_ids: list[int]
    acquisition_ids: list[int]
    sample_ids: list[int]
    project_ids: list[int]
    details: list[list[Any]]
    total_ids: int


class ObjectSetSummaryRsp(BaseModel):
    total_objects: int | None
    validated_objects: int | None
    dubious_objects: int | None
    predicted_objects: int | None


class ImageModel(BaseModel):
    imgid: int
    objid: int
    imgrank: int
    width: int
    height: int
    orig_file_name: str
    thumb_width: int | None = None
    thumb_height: int | None = None
    file_name: str
    thumb_file_name: str | None = None
    hash: str


class ObjectHeaderModel(BaseModel):
    """An object as EcoTaxa writes it, by itself."""

    objid: int
    acquisid: int
    orig_id: str
    objdate: date | None
    objtime: time | None
    latitude: float | None
    longitude: float | None
    depth_min: float | None
    depth_max: float | None
    sunpos: str
    object_link: str | None
    complement_info: str | None
    classif_id: int | None
    classif_qual: str | None
    classif_who: int | None
    classif_score: float | None
    classif_when: datetime | None
    classif_auto_id: int | None
    classif_auto_score: float | None
    classif_auto_when: datetime | None


class ObjectModel(ObjectHeaderModel):
    """An object with all its images and free columns."""

    sample_id: int
    project_id: int
    classif_date: datetime | None
    classif_crossvalidation_id: int | None = None
    similarity: float | None = None
    random_value: int
    version: int
    images: list[ImageModel]
    free_columns: dict[str, Any]


class SampleModel(BaseModel):
    sampleid: int
    projid: int
    orig_id: str
    latitude: float | None
    longitude: float | None
    dataportal_descriptor: str | None
    free_columns: dict[str, Any] = {}


class AcquisitionModel(BaseModel):
    acquisid: int
    acq_sample_id: int
    orig_id: str
    instrument: str | None
    free_columns: dict[str, Any] = {}


class ProcessModel(BaseModel):
    processid: int
    orig_id: str
    free_columns: dict[str, Any] = {}


class ViewReq(BaseModel):
    """Which objects to look at, in which order, with how many of them at once."""

    filters: ProjectFilters = ProjectFilters()
    order_field: str | None = Field(default="-obj.classif_score", max_length=300)
    first: int = Field(default=2000, ge=0, le=views.LARGEST_CHUNK)
    fields: list[Annotated[str, Field(max_length=300)]] = Field(default=[], max_length=800)


ObjectNumber = Annotated[int, Field(ge=1, lt=2**63)]


class TilesReq(BaseModel):
    """Objects to be shown, one by one."""

    object_ids: list[ObjectNumber] = Field(min_length=1, max_length=views.LARGEST_CHUNK)


class ListReq(BaseModel):
    """Objects to be kept as a list, one by one."""

    object_ids: list[ObjectNumber] = Field(min_length=1, max_length=service.MOST_AT_ONCE)


class ListRsp(BaseModel):
    """A list that was kept."""

    list_id: int = Field(description="For the filter `listed`.")
    objects: int


class Columns(BaseModel):
    """A part of a view, column by column; all lists are parallel."""

    start: int
    object_ids: list[int]
    image_ids: list[int] = Field(description="0 where an object has no image.")
    hashes: list[str] = Field(description="For ?v= of the image's address.")
    widths: list[int]
    heights: list[int]
    image_counts: list[int]
    taxa: list[int] = Field(description="0 where an object is not identified.")
    states: str = Field(description="One letter an object: U, P, D, V, X; - where it is gone.")
    scores: list[float | None]
    versions: list[int]
    samples: list[int]
    fields: dict[str, list[Any]]


class LevelTable(BaseModel):
    """All samples, acquisitions or processes of a project, column by column."""

    ids: list[int]
    columns: dict[str, list[Any]]
    free: list[str] = Field(description="Which of the columns are free ones.")


class ViewRsp(BaseModel):
    view_id: str
    total: int
    batch_id: int
    columns: Columns


def free_columns(columns: dict[str, str], texts: list[str | None]) -> dict[str, Any]:
    """The free texts of a parent, by the names its project gives them."""
    places = {name: int(code[1:]) - 1 for name, code in columns.items()}
    return {name: texts[n] if n < len(texts) else None for name, n in places.items()}


def object_model(project: Project, found: ObjectRecord, images: list[ImageRecord]) -> ObjectModel:
    """An object as EcoTaxa writes it."""
    when = found.identified_at.replace(tzinfo=None) if found.identified_at else None
    predicted = found.state == "P"
    return ObjectModel(
        objid=found.object_id,
        acquisid=found.acquisition_id,
        sample_id=found.sample_id,
        project_id=found.project_id,
        orig_id=found.orig_id,
        objdate=found.object_date,
        objtime=found.object_time,
        latitude=found.latitude,
        longitude=found.longitude,
        depth_min=found.depth_min,
        depth_max=found.depth_max,
        sunpos=found.sun_position,
        object_link=found.link,
        complement_info=found.comment,
        classif_id=found.taxon_id,
        classif_qual=found.state,
        classif_who=found.annotator_id,
        classif_date=when,
        classif_score=found.score,
        classif_when=when if found.state in ("V", "D") else None,
        classif_auto_id=found.taxon_id if predicted else None,
        classif_auto_score=found.score,
        classif_auto_when=when if predicted else None,
        random_value=found.random_value,
        version=found.version,
        images=[image_model(image) for image in images],
        free_columns=object_columns(project, found),
    )


def object_columns(project: Project, found: ObjectRecord) -> dict[str, Any]:
    """The free numbers and texts of an object, by name; a missing number is null."""
    values: dict[str, Any] = {}
    for name, code in project.object_columns.items():
        column: list[Any] = list(found.numbers if code[0] == "n" else found.texts)
        place = int(code[1:]) - 1
        value = column[place] if place < len(column) else None
        values[name] = None if value != value else value  # NaN alone differs from itself
    return values


MINI = 320  # pixels: the longer side of the largest thumbnail, which smaller images have not


def image_model(image: ImageRecord) -> ImageModel:
    """An image with its address below /vault/."""
    suffix = image.orig_file_name.rpartition(".")[2].lower()
    told = f".{suffix}" if suffix.isalpha() and len(suffix) in (3, 4) else ".jpg"
    extension = image.ending or told
    name = f"{image.image_id // 10_000:04d}/{image.image_id % 10_000:04d}"
    longest = max(image.width, image.height)
    small = [max(1, round(n * MINI / longest)) for n in (image.width, image.height)]
    return ImageModel(
        imgid=image.image_id,
        objid=image.object_id,
        imgrank=image.rank,
        width=image.width,
        height=image.height,
        orig_file_name=image.orig_file_name,
        thumb_width=small[0] if longest > MINI else None,
        thumb_height=small[1] if longest > MINI else None,
        file_name=name + extension,
        thumb_file_name=f"{name}_mini.jpg" if longest > MINI else None,
        hash=image.hash.hex()[:8],
    )


def sample_model(project: Project | None, found: SampleRecord) -> SampleModel:
    """A sample as EcoTaxa writes it."""
    return SampleModel(
        sampleid=found.sample_id,
        projid=found.project_id,
        orig_id=found.orig_id,
        latitude=found.latitude,
        longitude=found.longitude,
        dataportal_descriptor=found.dataportal_descriptor,
        free_columns=free_columns(project.sample_columns, found.texts) if project else {},
    )


def acquisition_model(project: Project | None, found: AcquisitionRecord) -> AcquisitionModel:
    """An acquisition as EcoTaxa writes it."""
    return AcquisitionModel(
        acquisid=found.acquisition_id,
        acq_sample_id=found.sample_id,
        orig_id=found.orig_id,
        instrument=found.instrument,
        free_columns=free_columns(project.acquisition_columns, found.texts) if project else {},
    )


def process_model(project: Project, found: ProcessRecord) -> ProcessModel:
    """A process as EcoTaxa writes it."""
    return ProcessModel(
        processid=found.acquisition_id,
        orig_id=found.orig_id,
        free_columns=free_columns(project.process_columns, found.texts),
    )


class ColUpdate(BaseModel):
    """A column and the value it gets; null and an empty text erase."""

    ucol: str = Field(max_length=255)
    uval: str | int | float | None  # 12 stays 12 in a text


class BulkUpdateReq(BaseModel):
    """The same values into the same columns of many rows, all of one project."""

    target_ids: list[int] = Field(max_length=1_000_000)
    updates: list[ColUpdate] = Field(max_length=600)


class SampleTaxoStatsModel(BaseModel):
    """How far a sample is, and which taxa it holds (-1: some are unidentified)."""

    sample_id: int
    used_taxa: list[int]
    nb_unclassified: int
    nb_validated: int
    nb_dubious: int
    nb_predicted: int


STATE_FIELDS = {
    "U": "nb_unclassified",
    "V": "nb_validated",
    "D": "nb_dubious",
    "P": "nb_predicted",
}


def sample_stats(tallies: list[SampleTally]) -> list[SampleTaxoStatsModel]:
    """The counts of samples, one line each."""
    lines: dict[int, SampleTaxoStatsModel] = {}
    for tally in tallies:
        nothing: dict[str, int] = dict.fromkeys(STATE_FIELDS.values(), 0)
        line = lines.setdefault(
            tally.sample_id,
            SampleTaxoStatsModel(sample_id=tally.sample_id, used_taxa=[], **nothing),
        )
        if tally.taxon_id not in line.used_taxa:
            line.used_taxa.append(tally.taxon_id)
        if tally.state in STATE_FIELDS:
            name = STATE_FIELDS[tally.state]
            setattr(line, name, getattr(line, name) + tally.objects)
    return list(lines.values())
