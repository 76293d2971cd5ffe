"""What can be asked of objects, in plain words, and of which kind it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from calanus.client.errors import Invalid, Unknown

Kind = Literal["id", "number", "text", "state", "date", "time", "moment", "count", "any"]


@dataclass(frozen=True)
class Field:
    """A column of a frame: what the server calls it, and its kind."""

    name: str
    wire: str
    kind: Kind


FIXED: Mapping[str, tuple[str, Kind]] = {
    "object_id": ("obj.objid", "id"),
    "name": ("obj.orig_id", "text"),
    "taxon": ("txo.display_name", "text"),
    "taxon_id": ("obj.classif_id", "id"),
    "state": ("obj.classif_qual", "state"),
    "score": ("obj.classif_score", "number"),
    "annotator": ("usr.name", "text"),
    "annotator_id": ("obj.classif_who", "id"),
    "identified": ("obj.classif_date", "moment"),
    "sample": ("sam.orig_id", "text"),
    "sample_id": ("sam.sampleid", "id"),
    "acquisition": ("acq.orig_id", "text"),
    "acquisition_id": ("obj.acquisid", "id"),
    "instrument": ("acq.instrument", "text"),
    "date": ("obj.objdate", "date"),
    "time": ("obj.objtime", "time"),
    "latitude": ("obj.latitude", "number"),
    "longitude": ("obj.longitude", "number"),
    "depth_min": ("obj.depth_min", "number"),
    "depth_max": ("obj.depth_max", "number"),
    "sun": ("obj.sunpos", "text"),
    "link": ("obj.object_link", "text"),
    "comment": ("obj.complement_info", "text"),
    "images": ("obj.imgcount", "count"),
    "image_id": ("img.imgid", "id"),
    "file": ("img.orig_file_name", "text"),
    "image_width": ("img.width", "count"),
    "image_height": ("img.height", "count"),
    "version": ("obj.version", "id"),
}
USUAL = (
    *("object_id", "name", "taxon", "state", "score", "sample", "acquisition", "date", "time"),
    *("latitude", "longitude", "depth_min", "depth_max"),
)
LEVELS: Mapping[str, tuple[str, str]] = {
    "sample": ("sample_free_cols", "sam"),
    "acquisition": ("acquisition_free_cols", "acq"),
}
EVERYTHING = "*"
COLUMN_KEYS = ("obj_free_cols", *[f"{n}_free_cols" for n in ("sample", "acquisition", "process")])
AS_ECOTAXA = ("obj.", "fre.", "sam.", "acq.", "img.", "txo.", "txp.", "usr.")


class Columns:
    """The names that mean something in one project; `ask` tells anew what the project is."""

    def __init__(
        self, described: Mapping[str, Any], ask: Callable[[], Mapping[str, Any]] | None = None
    ) -> None:
        self.described = described
        self.ask = ask

    @property
    def free(self) -> Mapping[str, str]:
        """The free columns of objects, and where they stand."""
        return self.described["obj_free_cols"]

    def look_again(self) -> bool:
        """Whether the project has other columns by now: an import may have made some."""
        before = {key: self.described[key] for key in COLUMN_KEYS}
        if self.ask is not None:
            self.described = self.ask()
        return before != {key: self.described[key] for key in COLUMN_KEYS}

    def names(self) -> list[str]:
        """All columns of objects, those of their samples and acquisitions included."""
        parents = [
            f"{level}.{name}" for level, (key, _) in LEVELS.items() for name in self.described[key]
        ]
        return [*FIXED, *[n if n not in FIXED else f"fre.{n}" for n in self.free], *parents]

    def fields(self, names: Sequence[str]) -> list[Field]:
        """Columns by their names: none are the usual ones, `*` all.

        Raises:
            Unknown: naming the first that there is not, and what is near it.
        """
        wanted: list[str] = []
        if EVERYTHING in names:
            self.look_again()
        for name in names or USUAL:
            wanted += self.names() if name == EVERYTHING else [name]
        return [self.field(name) for name in dict.fromkeys(wanted)]

    def field(self, name: str) -> Field:
        """One column."""
        if name in FIXED:
            return Field(name, *FIXED[name])
        if name in self.free:
            return Field(name, f"fre.{name}", kind_of(self.free[name]))
        level, _, rest = name.partition(".")
        if level in LEVELS:
            key, prefix = LEVELS[level]
            if rest in self.described[key]:
                return Field(name, f"{prefix}.{self.described[key][rest]}", "text")
        if name.startswith("fre.") and rest in self.free:
            return Field(name, name, kind_of(self.free[rest]))
        if name.startswith(AS_ECOTAXA) and level != "fre":
            fixed = dict(FIXED.values())
            return Field(name, name, fixed.get(name, "any"))
        if self.look_again():
            return self.field(name)
        raise Unknown("column", name, self.names(), "project.columns lists those of this project.")

    def number(self, name: str) -> str:
        """A measured number, as filters name it."""
        bare = name.removeprefix("fre.")
        if not self.free.get(bare, "").startswith("n"):
            if self.look_again():
                return self.number(name)
            numbers = [column for column, code in self.free.items() if code[0] == "n"]
            raise Unknown("measured number", name, numbers, "project.columns lists the columns.")
        return f"fre.{bare}"

    def text_place(self, name: str) -> str:
        """A free text, as filters name it: ot01, st03."""
        level, _, rest = name.partition(".")
        levels = {"sample": "s", "acquisition": "a", "process": "p"}
        if level in levels and rest:
            code = self.described[f"{level}_free_cols"].get(rest)
            letter = levels[level]
        else:
            code, letter = self.free.get(name.removeprefix("fre.")), "o"
        if code is None and self.look_again():
            return self.text_place(name)
        if code is None:
            raise Unknown("column", name, self.names(), "project.columns lists the columns.")
        if not code.startswith("t"):
            raise Invalid(f"“{name}” is a number: choose by it with number=(…, from, to).")
        return f"{letter}{code}"


def kind_of(code: str) -> Kind:
    """Numbers stand at n01 …, texts at t01 …"""
    return "number" if code.startswith("n") else "text"


def order_of(order: str | None, columns: Columns) -> str | None:
    """An order as the server reads it: a column, downwards with a minus before it."""
    if order is None:
        return None
    minus = "-" if order.startswith("-") else ""
    return minus + columns.field(order.removeprefix("-")).wire
