"""What is like what: the neighbours of an object, and what may be in the way."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from calanus.kit.errors import CalanusError

ObjectIds: TypeAlias = NDArray[np.int64]  # (objects,)
Vectors: TypeAlias = NDArray[np.float32]  # (objects, components)
Distances: TypeAlias = NDArray[np.float64]  # (objects,)

# EcoTaxa's own sentences: its page reads them.
SUCCESS = "Success"
NO_EXTRACTOR = "Project has no feature extractor, choose one in project settings."
NO_FEATURES = "Some or all features are missing. Predict to generate features."


@dataclass(frozen=True)
class Neighbours:
    """The objects nearest to one, the nearest first, each with how like it is, from 0 to 1."""

    object_ids: list[int]
    scores: list[float]
    message: str = SUCCESS
    missing: int = 0  # objects with an image that have no features, about


class SeedWithoutVector(CalanusError):
    def __init__(self, object_id: int) -> None:
        super().__init__(
            f"Object {object_id} has no deep features of this project's model, so nothing can be "
            "compared with it; predict with deep features, or choose another object."
        )


class NotComparable(CalanusError):
    """The project's objects cannot be put in an order of likeness; the sentence says why."""


class CacheUnwritable(CalanusError):
    status = 507

    def __init__(self, reason: OSError) -> None:
        super().__init__(
            f"The server can't keep the vectors it compares ({reason.strerror}); its disk may be "
            "full. Tell who looks after it; sorting works as before."
        )
