"""The particles of a FlowCam run, as VisualSpreadsheet exports (`.csv`) or keeps them (`.lst`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from calanus.imports.instruments.conversion import (
    is_number,
    number_of,
    read_csv,
    short,
    text_of,
)
from calanus.imports.instruments.writing import Cell
from calanus.imports.package import Package

# Names of the .lst where the .csv has another for the same, so that both make the same columns.
EXPORTED_NAMES: Mapping[str, str] = {
    "id": "particle_id",
    "image_w": "image_width",
    "image_h": "image_height",
    "src_x": "capture_x",
    "src_y": "capture_y",
    "src_image": "source_image",
    "cal_image": "calibration_image",
    "cal_const": "calibration_factor",
    "ppc": "particles_per_chain",
    "abd_area": "area_abd",
    "filled_area": "area_filled",
    "abd_diameter": "diameter_abd",
    "esd_diameter": "diameter_esd",
    "fd_diameter": "diameter_fd",
    "feret_max_angle": "feret_angle_max",
    "feret_min_angle": "feret_angle_min",
    "avg_red": "average_red",
    "avg_green": "average_green",
    "avg_blue": "average_blue",
    "collage_file": "image_file",
    "image_id": "original_reference_id",
}
PLACE = ("image_x", "image_y", "image_width", "image_height")
NEEDED = {"particle_id", "image_file", *PLACE}
SPLIT_MOMENT = ("date", "time")
TEXTS = frozenset({"image_file", "original_reference_id", "timestamp", "class", "filter", "name"})


class Refused(Exception):
    """A table that cannot be used, and where."""

    def __init__(self, file: str, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.file = file
        self.line = line


@dataclass(frozen=True)
class Particle:
    """A particle: its rectangle in a collage, and what was measured."""

    number: int
    file: str  # the table, and the line, that say so
    line: int
    collage: str
    x: int
    y: int
    width: int
    height: int
    at: datetime | None  # by the clock of the laboratory
    measures: Mapping[str, Cell]


def read_exported(source: Package, name: str) -> list[Particle] | None:
    """The particles of a `.csv`; nothing where it does not tell the place of vignettes.

    Raises:
        Refused: a row makes no sense.
    """
    rows = [{spelled(k): v for k, v in row.items()} for row in read_csv(source, name)]
    if not rows or not rows[0].keys() >= NEEDED:
        return None
    texts = texts_among(rows)
    return unique([particle(name, line, row, texts) for line, row in enumerate(rows, 2)])


def read_list(source: Package, name: str) -> list[Particle]:
    """The particles of a `.lst`: a version, how many fields, a line a field, a line a particle.

    Raises:
        Refused: it is of another form, or a row makes no sense.
    """
    lines = text_of(source, name).rstrip("\n").split("\n")
    key, _, count = lines[1].partition("|") if len(lines) > 1 else ("", "", "")
    if key != "num-fields" or not count.strip().isdecimal():
        raise Refused(
            name,
            "this .lst is of a form that is not read (its second line is no num-fields|…); export "
            "the particles as .csv and put that beside it.",
        )
    first = 2 + int(count)
    names = [line.partition("|")[0].strip() for line in lines[2:first]]
    fields = [EXPORTED_NAMES.get(field, spelled(field)) for field in names]
    if not set(fields) >= NEEDED:
        lacking = ", ".join(sorted(NEEDED - set(fields)))
        raise Refused(name, f"its fields do not tell {lacking}; export the particles as .csv.")
    rows: list[dict[str, str]] = []
    for line, text in enumerate(lines[first:], first + 1):
        cells = text.split("|")
        if len(cells) != len(fields):
            reason = f"it has {len(cells)} cells, and {len(fields)} fields are announced."
            raise Refused(name, reason, line)
        rows.append(dict(zip(fields, cells, strict=True)))
    texts = texts_among(rows)
    return unique([particle(name, n, row, texts) for n, row in enumerate(rows, first + 1)])


def particle(file: str, line: int, row: Mapping[str, str], texts: set[str]) -> Particle:
    """One particle.

    Raises:
        Refused: a cell makes no sense.
    """

    def whole(name: str) -> int:
        value = number_of(row[name])
        if value is None or value != int(value):
            raise Refused(file, f"{name} is “{row[name][:40]}” where a whole number stands.", line)
        return int(value)

    x, y, width, height = map(whole, PLACE)
    collage = row["image_file"].strip()
    if not collage or "/" in collage or "\\" in collage:
        raise Refused(file, f"its collage “{collage[:80]}” is no file beside the table.", line)
    measures = {
        name: short(cell) if name in texts else number_of(cell)
        for name, cell in row.items()
        if name and name not in SPLIT_MOMENT
    }
    return Particle(
        whole("particle_id"), file, line, collage, x, y, width, height, moment(row), measures
    )


def texts_among(rows: list[dict[str, str]]) -> set[str]:
    """The columns that hold words: those known to, and those in which any row does."""
    words = {name for row in rows for name, cell in row.items() if not is_number(cell)}
    return words | TEXTS


def moment(row: Mapping[str, str]) -> datetime | None:
    """When a particle passed, by the clock of the laboratory; without a zone, so as if in UTC."""
    written = row.get("timestamp") or " ".join(row.get(name, "") for name in SPLIT_MOMENT)
    try:
        return datetime.fromisoformat(written.strip()).replace(tzinfo=UTC)
    except ValueError:
        return None


def unique(particles: list[Particle]) -> list[Particle]:
    """The particles, once it is sure that no two have the same number.

    Raises:
        Refused: two have.
    """
    lines: dict[int, int] = {}
    for p in particles:
        if p.number in lines:
            reason = f"particle {p.number} stands on line {lines[p.number]} already."
            raise Refused(p.file, reason, p.line)
        lines[p.number] = p.line
    return particles


def spelled(header: str) -> str:
    """“Area (ABD)” as area_abd, “Ch2/Ch1 Ratio” as ch2_ch1_ratio."""
    return re.sub(r"\W+", "_", header.lower()).strip("_")
