"""Views: the ids of a filter in order, kept so that a grid scrolls over a still scene."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.objects import fields, queries, service
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import ViewGone
from calanus.objects.windows import Windows
from calanus.projects.types import Project
from calanus.users.types import User

KEPT_BYTES = 400_000_000
LARGEST_CHUNK = 20_000
FARTHEST = 2**53  # the largest whole number that every reader of JSON understands
MOST_CELLS = 1_000_000  # of fields, in one answer


class Placing(Protocol):
    """What puts the objects of an order in their last places, once somebody reads there."""

    def place(self, ids: NDArray[np.int64], start: int, stop: int) -> None:
        """Place what is about to be read; twice is the same as once."""
        ...


@dataclass(frozen=True)
class Placed:
    """All objects of a filter in an order, and what places them as they are read, if they need."""

    ids: NDArray[np.int64]  # (objects,)
    placing: Placing | None = None

    def part(self, start: int, count: int) -> list[int]:
        """Some of the objects, in their last places."""
        if self.placing:
            self.placing.place(self.ids, start, start + count)
        return self.ids[start : start + count].tolist()


class Ordering(Protocol):
    """How a room above us finds the objects of a filter in an order that only it knows."""

    def __call__(
        self,
        conn: Connection,
        project: Project,
        wanted: ProjectFilters,
        order: str,
        *,
        by: User | None,
    ) -> NDArray[np.int64] | Placed:
        """All of them, for somebody who may see them so."""
        ...


Orderings = Mapping[str, Ordering]  # by how the names of their orders begin


@dataclass(frozen=True)
class Asked:
    """What somebody wants to look at: a filter, an order, and fields to be shown."""

    filters: ProjectFilters
    order: str | Placed | None
    shown: str


@dataclass(frozen=True, kw_only=True)
class View(Placed):
    """A snapshot of what a filter matched, in order."""

    view_id: str
    project_id: ProjectId
    fields: str
    batch_id: int  # the newest batch it knows


@dataclass
class Views:
    """The views of a server process, the least recently read forgotten first."""

    kept: OrderedDict[str, View] = field(default_factory=OrderedDict[str, View])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, view: View) -> None:
        """Remember a view."""
        with self.lock:
            self.kept[view.view_id] = view
            while sum(v.ids.nbytes for v in self.kept.values()) > KEPT_BYTES and len(self.kept) > 1:
                self.kept.popitem(last=False)

    def find(self, view_id: str, project_id: ProjectId) -> View:
        """A view of a project.

        Raises:
            ViewGone: it was forgotten, or the server was started again.
        """
        with self.lock:
            view = self.kept.get(view_id)
            if view is None or view.project_id != project_id:
                raise ViewGone
            self.kept.move_to_end(view_id)
            return view


def in_order(
    known: Orderings,
    conn: Connection,
    project: Project,
    wanted: ProjectFilters,
    order: str | None,
    *,
    by: User | None,
) -> Placed | None:
    """The objects of a filter in an order of a room above us; nothing, where it is one of ours."""
    name = order or ""
    for beginning, ordering in known.items():
        if name.removeprefix("-").startswith(beginning):
            found = ordering(conn, project, wanted, name, by=by)
            return found if isinstance(found, Placed) else Placed(found)
    return None


def open_view(
    conn: Connection,
    project: Project,
    asked: Asked,
    *,
    by: User | None,
    known: Windows,
) -> View:
    """Look at the objects of a filter in an order; nothing moves in it until it is opened again.

    The order is the name of a field, or what a room above us found (`in_order`).
    """
    fields.fields(asked.shown, project)
    newest, found = queries.newest_batch(conn, project.project_id), asked.order
    if not isinstance(found, Placed):
        ids = service.matching(conn, project, asked.filters, by=by, order=found, known=known)
        found = Placed(ids)
    return View(
        ids=found.ids,
        placing=found.placing,
        view_id=uuid4().hex,
        project_id=project.project_id,
        fields=asked.shown,
        batch_id=newest,
    )


def columns(
    conn: Connection, project: Project, view: View, *, start: int, count: int
) -> dict[str, Any]:
    """What the grid shows of a part of a view, column by column.

    An object deleted since keeps its place, with a state of `-`: the scene does not shift. With
    many fields fewer objects come at once than were asked for.
    """
    most = min(LARGEST_CHUNK, MOST_CELLS // max(len(fields.fields(view.fields, project)), 1))
    ids = view.part(start, min(count, most))
    return {"start": start, **tiles(conn, project, ids, shown=view.fields)}


def tiles(conn: Connection, project: Project, ids: list[int], *, shown: str = "") -> dict[str, Any]:
    """What the grid shows of some objects, in the order of their ids given, column by column."""
    wanted = fields.fields(shown, project)
    rows = {row[0]: row for row in queries.tiles(conn, project.project_id, ids, wanted)}
    gone = (None, None, None, None, None, 0, None, "-", None, 0, 0, *[None] * len(wanted))
    cells = list(zip(*[rows.get(object_id, gone) for object_id in ids], strict=True))
    if not cells:
        cells = [()] * (11 + len(wanted))
    return {
        "object_ids": ids,
        "image_ids": [image_id or 0 for image_id in cells[1]],
        "hashes": [shown_hash or "" for shown_hash in cells[2]],
        "widths": [width or 0 for width in cells[3]],
        "heights": [height or 0 for height in cells[4]],
        "image_counts": cells[5],
        "taxa": [taxon_id or 0 for taxon_id in cells[6]],
        "states": "".join([state or "U" for state in cells[7]]),
        "scores": cells[8],
        "versions": cells[9],
        "samples": cells[10],
        "fields": {f.name: cells[11 + n] for n, f in enumerate(wanted)},
    }
