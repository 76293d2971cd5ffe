"""What a vector of an image is, where it comes from, and what may go wrong on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from calanus.kit.errors import CalanusError, Conflict, Invalid, NotFound
from calanus.kit.ids import ExtractorId

Pixels: TypeAlias = NDArray[np.uint8]  # (height, width, 3)
Images: TypeAlias = NDArray[np.uint8]  # (images, height, width, 3), prepared
Features: TypeAlias = NDArray[np.float32]  # (objects, dimensions)
ObjectIds: TypeAlias = NDArray[np.int64]  # (objects,)


MOST_FIRST = 1000  # objects whose features somebody waits for


@dataclass(frozen=True)
class StoredExtractor:
    """An extractor as the database knows it: another passport is another extractor."""

    extractor_id: ExtractorId
    name: str
    passport: str
    dimensions: int


@dataclass(frozen=True)
class Computed:
    """What one round of extraction did."""

    computed: int
    already: int
    without_image: list[int]


class FeaturesReq(BaseModel):
    """What somebody looks at while they ask for features."""

    first: list[int] = Field(
        default=[], max_length=MOST_FIRST, description="Objects whose features are computed first."
    )


class FeaturesOrder(FeaturesReq):
    """The job of computing the deep features that a project lacks."""

    project_id: int


class WeightsRefused(CalanusError):
    """The file of weights is not what it should be, or tries to do more than hold numbers."""

    status = 500

    def __init__(self, reason: str) -> None:
        super().__init__(f"The file of network weights was refused: {reason}.")


class ExtractorUnknown(NotFound):
    """Nobody has registered an extractor of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no deep-feature model {name!r}. Choose one of: {', '.join(known)}."
        )


class ClassifierUnknown(NotFound):
    """Nobody has imported a classifier of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        there = ", ".join(known)
        super().__init__(
            f"There is no classifier {name!r}. "
            + (f"Choose one of: {there}." if there else "None was imported: calanus model import.")
        )


class ClusterUnusable(CalanusError):
    """The Dask cluster of the settings cannot do its part."""

    status = 503

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"The Dask cluster at {address} can't compute deep features: {why}. Mend it and start "
            "the job again, which goes on where it was; or clear the setting dask_scheduler, and "
            "this machine computes them."
        )


class ImageUnreadable(Invalid):
    """An image that its own format's reader refuses."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"An image cannot be read ({reason}).")


def passport_text(parts: dict[str, Any]) -> str:
    """What a passport is hashed from, the same on every machine."""
    return "\n".join(f"{key}={parts[key]}" for key in sorted(parts))


class ModelRefused(Invalid):
    """A model file that is damaged, foreign, or holds more than numbers."""

    def __init__(self, reason: str, path: object = None) -> None:
        name = f"The model file {path}" if path else "The model file"
        super().__init__(
            f"{name} is refused: {reason}. Ask its maker for one written by "
            "`calanus model export`; nothing was imported."
        )
        self.reason = reason


class ModelTaken(Conflict):
    """Another model has this name already."""

    def __init__(self, name: str, where: str, *, can_replace: bool) -> None:
        hint = (
            "Import with --replace to put this one in its place; its vectors are computed anew."
            if can_replace
            else "Ask its maker for another name."
        )
        super().__init__(f"There is another model {name!r} already: {where}. {hint}")
