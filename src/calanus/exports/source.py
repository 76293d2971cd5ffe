"""The projects of an export as one: free columns by name, wherever each project keeps them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import polars as pl

from calanus.exports import frames, queries
from calanus.exports.frames import Ids, Reference
from calanus.exports.queries import ImageFile, Records
from calanus.exports.table import Free
from calanus.kit.db import Connection
from calanus.kit.ids import project_of_object
from calanus.objects.filters import ProjectFilters
from calanus.objects.service import seen_by
from calanus.projects.service import columns_of
from calanus.projects.types import Project
from calanus.users.types import User

Levels = Mapping[str, Free]  # level → name of a free column → its place
LEVELS = ("object", "sample", "acquisition", "process")


def merged(projects: Sequence[Project]) -> Levels:
    """The free columns of all projects; a column that is text somewhere is text."""
    if len(projects) == 1:
        return columns_of(projects[0])
    found: dict[str, dict[str, str]] = {}
    for level in LEVELS:
        letters: dict[str, str] = {}
        for project in projects:
            for name, place in columns_of(project)[level].items():
                letters[name] = "t" if letters.get(name) == "t" else place[0]
        counted = {"n": 0, "t": 0}
        found[level] = {}
        for name, letter in letters.items():
            counted[letter] += 1
            found[level][name] = f"{letter}{counted[letter]:02d}"
    return found


@dataclass
class Source:
    """Where the lines of an export come from."""

    conn: Connection
    projects: Sequence[Project]
    columns: Levels
    known: Reference
    packs: dict[tuple[int, int], str] = field(init=False)  # (project, pack) → its path

    def __post_init__(self) -> None:
        self.packs = {
            (project.project_id, pack): path
            for project in self.projects
            for pack, path in queries.packs(self.conn, project.project_id).items()
        }

    @classmethod
    def open(cls, conn: Connection, projects: Sequence[Project], taxa: Sequence[int]) -> Self:
        """What the objects of projects share, and these taxa."""
        columns = merged(projects)
        known = frames.reference(conn, projects[0])
        if len(projects) > 1:
            known = shared(conn, projects, columns)
        return cls(conn, projects, columns, frames.with_taxa(conn, known, taxa))

    def chunk(self, ids: Ids) -> pl.DataFrame:
        """All that is known of some objects, in the order of their ids."""
        if len(self.projects) == 1:
            return frames.chunk(self.conn, self.projects[0], ids, self.known)
        return pl.concat(
            [
                own(frames.chunk(self.conn, p, part, self.known), p, self.columns, "object")
                for p, part in self.parted(ids)
            ]
        )

    def images(self, ids: Ids) -> list[ImageFile]:
        """The images of objects, by object and rank."""
        return [
            image
            for project, part in self.parted(ids)
            for image in queries.images(self.conn, project.project_id, part.tolist())
        ]

    def pack_of(self, image: ImageFile) -> str:
        """Where the bytes of an image lie."""
        return self.packs[project_of_object(image.object_id), image.pack_id]

    def parted(self, ids: Ids) -> list[tuple[Project, Ids]]:
        """Ids in their order, project by project: an id begins with its project."""
        owners = np.array([project_of_object(i) for i in ids.tolist()], np.int64)
        found = [(p, ids[owners == p.project_id]) for p in self.projects]
        return [(project, part) for project, part in found if len(part)]


def shared(conn: Connection, projects: Sequence[Project], columns: Levels) -> Reference:
    """What the objects of several projects share."""
    parts = [frames.reference(conn, project) for project in projects]
    both = list(zip(parts, projects, strict=True))
    return Reference(
        pl.concat([own(r.samples, p, columns, "sample") for r, p in both]),
        pl.concat([own(r.acquisitions, p, columns, "acquisition", "process") for r, p in both]),
        parts[0].taxa,
        parts[0].annotators,
    )


def own(frame: pl.DataFrame, project: Project, columns: Levels, *levels: str) -> pl.DataFrame:
    """A frame with the free columns of these levels where all projects have them, not its own."""
    kept, free = list(frame.columns), list[pl.Expr]()
    for level in levels:
        prefix = "" if level == "object" else f"{level} "
        kept = [name for name in kept if not re.match(rf"{prefix}[nt]\d+$", name)]
        places = columns_of(project)[level]
        for name, place in columns[level].items():
            cells = pl.col(prefix + places[name]) if name in places else pl.lit(None)
            type_ = pl.Float64 if place[0] == "n" else pl.String
            free.append(cells.cast(type_).alias(prefix + place))
    return frame.select([*map(pl.col, kept), *free])


def chosen(
    conn: Connection, projects: Sequence[Project], wanted: ProjectFilters, by: User
) -> Records:
    """The objects of a filter in all projects, each with its parents, its taxon and its state."""
    return np.concatenate(
        [queries.chosen(conn, p.project_id, seen_by(p, wanted, by)) for p in projects]
    )
