"""Windows into orders: the ids of a filter in order, found once and good until somebody writes.

EcoTaxa's clients walk through a project by windows. To skip rows costs more the deeper one is, and
to order by a free number means to read all numbers: both are done once here. What is kept bears the
version of the project it was found at, and is used only while that is the version one sees.
"""

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calanus.kit.db import Connection
from calanus.kit.ids import OBJECTS, ProjectId
from calanus.objects import queries
from calanus.objects.columns import Column, Columns
from calanus.objects.fields import Order
from calanus.objects.filters import CLAUSES, Where
from calanus.objects.queries import Places, Values, Version

DEEP = 2_000  # rows: the database skips fewer quickly enough
KEPT_BYTES = 100_000_000
# What is told by an object alone: its identification, and what it belongs to.
OWN_CLAUSES = frozenset(
    {
        "taxon", "taxa", "state", "state_u", "state_nv", "state_pv", "state_pvd", "state_up",
        "validated_by", "validated_by_others", "samples", "nothing", "identified_from",
        "identified_to", "score_from", "score_to", "annotators",
    }
)  # fmt: skip
OWN_FIELDS = frozenset(
    f"obj.{name}"
    for name in (
        "objid", "acquisid", "classif_id", "classif_qual", "classif_who", "classif_date",
        "classif_score", "classif_auto_score", "version",
    )
)  # fmt: skip


class Window(NamedTuple):
    """A part of an order: its objects, and how many there are in all."""

    ids: NDArray[np.int64]
    total: int


class Request(NamedTuple):
    """What is asked of one project, and how it is known again."""

    project_id: ProjectId
    wanted: Where
    order: Order
    start: int
    size: int

    @property
    def key(self) -> tuple[object, ...]:
        """Two requests of one key are for the same order."""
        by = self.order.by.name if self.order.by else ""
        given = sorted((name, repr(value)) for name, value in self.wanted.values.items())
        turned = (self.order.descending, self.order.empty_last, self.order.empty_least)
        return (self.project_id, self.wanted.clauses, *given, by, *turned)

    @property
    def number(self) -> int | None:
        """The free number it is ordered by."""
        return self.order.by.number if self.order.by else None

    @property
    def own(self) -> Where:
        """The filter without the part that is about a free number."""
        clauses = tuple(name for name in self.wanted.clauses if name != "number")
        text = " AND ".join([CLAUSES[name] for name in clauses]) or "TRUE"
        return Where(text, self.wanted.values, frozenset(), clauses)

    @property
    def known(self) -> bool:
        """Whether objects and free numbers tell all of it."""
        by = self.order.by
        ordered = by is None or by.name in OWN_FIELDS or by.number is not None
        return ordered and set(self.wanted.clauses) <= OWN_CLAUSES | {"number"}

    @property
    def heavy(self) -> bool:
        """Whether the database would work hard for it."""
        numbers = self.number is not None or "number" in self.wanted.clauses
        return numbers or self.start >= DEEP


class Kept(NamedTuple):
    """An order, and at which version of the project it was found."""

    version: tuple[int, int]
    places: Places  # in order
    backwards: bool = False  # read from the end
    of: Places | None = None  # what `places` are the indices of; none: they are places themselves

    def window(self, request: Request) -> Window:
        """A part of it."""
        start, total = request.start, len(self.places)
        if self.backwards:
            part = self.places[max(total - start - request.size, 0) : max(total - start, 0)][::-1]
        else:
            part = self.places[start : start + request.size]
        places = part if self.of is None else self.of[part]
        ids: NDArray[np.int64] = places.astype(np.int64) + request.project_id * OBJECTS
        return Window(ids, total)

    @property
    def bytes(self) -> int:
        """What it takes of memory; that of a mapped file is not ours."""
        return 0 if self.of is not None else self.places.nbytes


@dataclass
class Windows:
    """The orders of a server process, the least recently read forgotten first."""

    columns: Columns = field(default_factory=Columns)
    kept: OrderedDict[object, Kept] = field(default_factory=OrderedDict[object, Kept])
    lock: threading.Lock = field(default_factory=threading.Lock)
    finding: defaultdict[ProjectId, threading.Lock] = field(
        default_factory=lambda: defaultdict[ProjectId, threading.Lock](threading.Lock)
    )  # one order of a project at a time

    @classmethod
    def of(cls, data: Path) -> "Windows":
        """Those of an installation, with its files in the data folder."""
        return cls(Columns(data / "cache" / "columns"))

    def window(self, conn: Connection, request: Request) -> Window | None:
        """A part of an order; nothing where the database answers as well."""
        if not request.known or not (request.heavy or request.key in self.kept):
            return None
        seen = queries.version(conn, request.project_id)
        if not seen.clean:
            return None
        if seen.rows > queries.MANY:
            queries.put_together(conn, request.project_id)
        kept = self.recall(request, seen)
        if kept is None and request.heavy:
            with self.finding[request.project_id]:
                kept = self.recall(request, seen) or self.find(conn, request, seen)
        return kept.window(request) if kept else None

    def recall(self, request: Request, seen: Version) -> Kept | None:
        """What is kept of this version."""
        with self.lock:
            kept = self.kept.get(request.key)
            if kept is None or kept.version != version_for(request, seen):
                return None
            self.kept.move_to_end(request.key)
            return kept

    def find(self, conn: Connection, request: Request, seen: Version) -> Kept | None:
        """The order, kept if nobody wrote in the meantime; nothing when values were written."""
        numbers = {n for n in (request.number, request.wanted.values.get("number")) if n}
        found: dict[int, Column] = {}
        for number in numbers:
            column = self.columns.get(conn, request.project_id, seen.values, number)
            if column is None:
                return None
            found[number] = column
        kept = order_of(conn, request, found, version_for(request, seen))
        now = queries.version(conn, request.project_id)
        if version_for(request, now) == kept.version:
            self.keep(request, kept)
        return None if numbers and now.values != seen.values else kept

    def keep(self, request: Request, kept: Kept) -> None:
        """Remember an order."""
        with self.lock:
            self.kept[request.key] = kept
            self.kept.move_to_end(request.key)
            while sum(k.bytes for k in self.kept.values()) > KEPT_BYTES and len(self.kept) > 1:
                self.kept.popitem(last=False)


def version_for(request: Request, seen: Version) -> tuple[int, int]:
    """What of a version matters to a request: all objects are not moved by identifying some."""
    numbers = request.number is not None or "number" in request.wanted.clauses
    alone = request.number is not None or request.order.by is None
    objects = 0 if numbers and alone and not request.own.clauses else seen.objects
    return objects, seen.values if numbers else 0


def order_of(
    conn: Connection, request: Request, columns: dict[int, Column], version: tuple[int, int]
) -> Kept:
    """The objects of a filter, in order."""
    by, limits = request.number, request.wanted.values
    whole = columns[limits["number"]] if "number" in limits else columns.get(by or 0)
    if whole is not None and not request.own.clauses and (by or request.order.by is None):
        return order_of_all(request, whole, columns.get(by or 0), version)
    own_order = Order(None) if by else request.order
    places = queries.ordered(conn, request.project_id, request.own, own_order)
    if "number" in limits:
        places = places[inside(columns[limits["number"]].of(places), request.wanted)]
    if by:
        places = places[sorted_by(columns[by].of(places), request.order)]
    return Kept(version, places)


def order_of_all(
    request: Request, whole: Column, by: Column | None, version: tuple[int, int]
) -> Kept:
    """All objects of a project, or those whose number is within limits: no identification asked."""
    if "number" not in request.wanted.values:
        assert by is not None
        if request.order.descending and request.order.empty_last:
            return Kept(version, by.places[turned(by.values, by.upwards, request.order)])
        return Kept(version, by.upwards, request.order.descending, by.places)
    indices = np.flatnonzero(inside(whole.values, request.wanted)).astype(np.uint32)
    places = whole.places[indices]
    if by is not None:
        return Kept(version, places[sorted_by(by.of(places), request.order)])
    return Kept(version, places[::-1] if request.order.descending else places)


def inside(values: Values, wanted: Where) -> NDArray[np.bool_]:
    """Which values are within the limits of a filter; a missing one never is."""
    least, most = wanted.values.get("number_from"), wanted.values.get("number_to")
    above = values >= (-np.inf if least is None else least)
    return above & (values <= (np.inf if most is None else most))


def sorted_by(values: Values, order: Order) -> Places:
    """The indices of values in an order; equal ones stay by place, or against it."""
    return turned(values, np.argsort(values, kind="stable").astype(np.uint32), order)


def turned(values: Values, upwards: Places, order: Order) -> Places:
    """An order as it is asked for: downwards it is the same from its end, save what is missing."""
    if not order.descending:
        return upwards
    if not order.empty_last:
        return upwards[::-1]
    there = len(values) - int(np.isnan(values).sum())
    return np.concatenate([upwards[:there][::-1], upwards[there:][::-1]])
