"""What touches all of a project: what was removed, and what is wrong."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Removed:
    """What a removal took away, and the packs that nothing names any more."""

    objects: int
    images: int
    packs: list[str]


@dataclass(frozen=True)
class Miscount:
    """A number of objects that a project remembers wrongly."""

    taxon_id: int  # -1: unidentified
    state: str
    remembered: int
    real: int


@dataclass(frozen=True)
class PackState:
    """A pack of images: its file, how long it must be, and how far its images reach."""

    path: str
    bytes: int
    reach: int
