"""Objects and what holds them: states, records, and the errors of asking for them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from calanus.kit.errors import CalanusError, NotFound
from calanus.kit.ids import AcquisitionId, ImageId, ObjectId, ProjectId, SampleId, TaxonId, UserId


class State(StrEnum):
    """Who stands behind an identification; the letter is EcoTaxa's."""

    PREDICTED = "P"
    DUBIOUS = "D"
    VALIDATED = "V"
    DISCARDED = "X"  # accepted on import, kept, never offered


@dataclass(frozen=True)
class ObjectRecord:
    """One object with all that is known of it, its images aside."""

    project_id: ProjectId
    object_id: ObjectId
    sample_id: SampleId
    acquisition_id: AcquisitionId
    taxon_id: TaxonId | None
    state: str | None
    score: float | None
    annotator_id: UserId | None
    identified_at: datetime | None
    version: int
    orig_id: str
    latitude: float | None
    longitude: float | None
    depth_min: float | None
    depth_max: float | None
    object_date: date | None
    object_time: time | None
    sun_position: str
    link: str | None
    comment: str | None
    numbers: list[float]
    texts: list[str | None]
    random_value: int


@dataclass(frozen=True)
class ImageRecord:
    """One image of an object."""

    object_id: ObjectId
    image_id: ImageId
    rank: int
    width: int
    height: int
    hash: bytes
    orig_file_name: str
    ending: str | None = None  # of what a browser gets


@dataclass(frozen=True)
class SampleRecord:
    """Where and when: the first level below a project."""

    project_id: ProjectId
    sample_id: SampleId
    orig_id: str
    latitude: float | None
    longitude: float | None
    dataportal_descriptor: str | None
    texts: list[str | None]


@dataclass(frozen=True)
class AcquisitionRecord:
    """The instrument run: the second level."""

    project_id: ProjectId
    acquisition_id: AcquisitionId
    sample_id: SampleId
    orig_id: str
    instrument: str | None
    texts: list[str | None]


@dataclass(frozen=True)
class ProcessRecord:
    """How vignettes were cut from raw images: the twin of an acquisition."""

    project_id: ProjectId
    acquisition_id: AcquisitionId
    orig_id: str
    texts: list[str | None]


@dataclass(frozen=True)
class SampleProgress:
    """A sample and how far it is."""

    sample_id: SampleId
    orig_id: str
    objects: int
    validated: int


@dataclass(frozen=True)
class Parents:
    """What an object hangs from."""

    object_id: ObjectId
    acquisition_id: AcquisitionId
    sample_id: SampleId


@dataclass(frozen=True)
class AcquisitionStats:
    """What an acquisition holds."""

    sample: str
    acquisition: str
    acquisition_id: int
    objects: int
    validated: int
    dubious: int
    predicted: int
    depth_min: float | None
    depth_max: float | None
    first_day: date | None
    last_day: date | None
    images: int


@dataclass(frozen=True)
class SampleTally:
    """How many objects of one taxon (-1: unidentified) a sample has in one state (U: none)."""

    sample_id: SampleId
    taxon_id: int
    state: str
    objects: int


class Level(StrEnum):
    """The levels of a project that can be edited."""

    OBJECT = "object"
    SAMPLE = "sample"
    ACQUISITION = "acquisition"
    PROCESS = "process"


@dataclass(frozen=True)
class Edit:
    """A column by EcoTaxa's name, and the value it gets."""

    column: str
    value: Any


@dataclass(frozen=True)
class Assignment:
    """A column of the database, or a place (from 1) of one that is an array, and its value."""

    order: int
    column: str
    place: int
    value: Any


@dataclass(frozen=True)
class LastIds:
    """The highest ids given in a project, counted inside it: 0 where there is none."""

    sample: int
    acquisition: int
    object: int
    image: int


@dataclass(frozen=True)
class Seen:
    """When (UTC) and where an object was seen, and what its sun position says today."""

    object_id: ObjectId
    day: date | None
    moment: int | None  # microseconds after midnight
    latitude: float | None
    longitude: float | None
    letter: str


class ObjectNotFound(NotFound):
    def __init__(self, object_id: int) -> None:
        super().__init__(f"There is no object {object_id}, or you may not see it.")


class ParentNotFound(NotFound):
    def __init__(self, level: str, parent_id: int) -> None:
        super().__init__(f"There is no {level} {parent_id}, or you may not see it.")


class ViewGone(NotFound):
    def __init__(self) -> None:
        super().__init__("This view is no longer kept; open it again.")


class BadFilter(CalanusError):
    """A filter whose value means nothing."""


class UnknownField(CalanusError):
    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"No such field: {', '.join(names)}. Fields are written prefix.name, such as "
            "obj.orig_id, fre.area, img.file_name, txo.display_name."
        )


class TooManyObjects(CalanusError):
    """Nobody asked for a window, and all of them is too many."""

    def __init__(self, found: int, most: int) -> None:
        super().__init__(
            f"{found:,} objects match, and {most:,} come at once; ask in parts, with window_start "
            "and window_size."
        )


class SeveralProjects(CalanusError):
    def __init__(self) -> None:
        super().__init__("These objects belong to several projects; ask for one project at a time.")


class BadValue(CalanusError):
    """A value that its column cannot hold."""

    def __init__(self, column: str, value: object, wanted: str) -> None:
        super().__init__(f"{column}: “{value}” is not {wanted}; nothing was changed.")


class NameTaken(CalanusError):
    def __init__(self, level: str) -> None:
        super().__init__(
            f"Two {level}s would bear one name; give each a name of its own. Nothing was changed."
        )
