"""The three files of an IFCB bin: `.hdr` (how it ran), `.adc` (a line a ROI), `.roi` (pixels).

Two generations of the instrument write them. The first names a bin `IFCB5_2012_028_081515`: its
ROIs stand in columns 10 to 14 of the `.adc`, and a quoted header holds little. The second names it
`D20130526T095207_IFCB013`: columns 14 to 18, and a header of `key: value` lines. In both, a ROI is
numbered by its line in the `.adc`, from 1, and its pixels lie row by row, a byte each, from its
start byte in the `.roi` (Olson & Sosik 2007, Limnol. Oceanogr. Methods 5: 195–203; Sosik & Olson
2007, ibid.: 204–216; columns as the instrument's own header names them and as WHOI documents them).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from calanus.imports.instruments.conversion import number_of

OLD = re.compile(r"IFCB(\d+)_(\d{4})_(\d{3})_(\d{6})")
NEW = re.compile(r"D(\d{8})T(\d{6})_IFCB(\d+)")
SUFFIXES = (".hdr", ".adc", ".roi")
NOTHING = -999.0  # written where a channel measured nothing
FLOW = 0.25  # ml a minute: what the syringe pump delivers (Olson & Sosik 2007)

# Names as EcoTaxa tables of IFCB data have them, where they do.
OLD_COLUMNS = (
    "trigger", "processing_end_time", "fluorescence_low", "fluorescence_high", "scattering_low",
    "scattering_high", "comparator_pulse", "trigger_open_time", "frame_grab_time", "roi_x",
    "roi_y", "roi_width", "roi_height", "start_byte", "valve_status",
)  # fmt: skip
NEW_COLUMNS = (
    "trigger", "adc_time", "pmt_scattering", "pmt_fluorescence", "pmt_c", "pmt_d",
    "peak_scattering", "peak_fluorescence", "peak_c", "peak_d", "time_of_flight",
    "grab_time_start", "grab_time_end", "roi_x", "roi_y", "roi_width", "roi_height", "start_byte",
    "comparator_out", "start_point", "signal_length", "status", "run_time", "inhibit_time",
)  # fmt: skip
ROI = ("roi_x", "roi_y", "roi_width", "roi_height", "start_byte")
OLD_HEADINGS = "Temp Humidity BinarizeThresh PMT1hv(ssc) PMT2hv(chl) BlobSizeThresh"


class BadLine(Exception):
    """A line that means nothing, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Name:
    """What the name of a bin says."""

    lid: str
    instrument: str  # IFCB134
    at: datetime  # UTC
    old: bool


@dataclass(frozen=True)
class Roi:
    """A region of interest: where it was in the camera's field, and where its pixels are."""

    number: int  # its line in the .adc
    x: int
    y: int
    width: int
    height: int
    start: int
    values: Mapping[str, float]

    @property
    def end(self) -> int:
        """The byte after its last pixel."""
        return self.start + self.width * self.height

    def overlaps(self, other: "Roi") -> bool:
        """Whether both show the same water: the same trigger, the same place."""
        return (
            self.values["trigger"] == other.values["trigger"]
            and abs(self.x - other.x) < (self.width if self.x < other.x else other.width)
            and abs(self.y - other.y) < (self.height if self.y < other.y else other.height)
        )


def read_name(text: str) -> Name | None:
    """The bin a file's stem names, or nothing where it names none, or a day that never was."""
    try:
        if old := OLD.fullmatch(text):
            number, year, day, time = old.groups()
            at = datetime.strptime(f"{year}{day}{time}", "%Y%j%H%M%S").replace(tzinfo=UTC)
            return Name(text, f"IFCB{number}", at, old=True)
        if new := NEW.fullmatch(text):
            date, time, number = new.groups()
            at = datetime.strptime(date + time, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            return Name(text, f"IFCB{number}", at, old=False)
    except ValueError:
        pass
    return None


def read_header(text: str, *, old: bool) -> dict[str, str]:
    """What a header says, by its keys in lower case; nothing where it is no header."""
    if old:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        wanted = f'"{OLD_HEADINGS}"'
        places = [place for place, line in enumerate(lines[:-1]) if line == wanted]
        if not places:
            return {}
        cells = [cell.strip(' "') for cell in lines[places[0] + 1].split(",")]
        software = lines[0].strip('"')
        names = OLD_HEADINGS.lower().split()
        return {"softwareversion": software} | dict(zip(names, cells, strict=False))
    pairs = (line.partition(":") for line in text.split("\n") if ":" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs if key.strip()}


def read_rois(text: str, *, old: bool) -> list[Roi]:
    """The ROIs of an `.adc`, those without a pixel included.

    Raises:
        BadLine: a line has too few cells, or words where numbers stand.
    """
    names = OLD_COLUMNS if old else NEW_COLUMNS
    needed = names.index("start_byte") + 1
    rois: list[Roi] = []
    for number, line in enumerate(text.rstrip("\n").split("\n") if text.strip() else [], 1):
        cells = [number_of(cell) for cell in line.split(",")]
        if len(cells) < needed:
            raise BadLine(number, f"it has {len(cells)} cells, and {needed} are needed")
        rois.append(roi_of(number, dict(zip(names, cells, strict=False))))
    return rois


def roi_of(number: int, cells: Mapping[str, float | None]) -> Roi:
    """A ROI as its line describes it.

    Raises:
        BadLine: its place or size is none.
    """
    told = [cells[name] for name in ("trigger", *ROI)]
    if None in told:
        raise BadLine(number, "its trigger, or the place of its image, is no number")
    _, x, y, width, height, start = (int(cell or 0) for cell in told)
    values = {name: cell for name, cell in cells.items() if cell is not None and cell != NOTHING}
    if width < 0 or height < 0 or start < 0:
        raise BadLine(number, f"an image of {width} × {height} pixels at byte {start} cannot be")
    return Roi(number, x, y, width, height, start, values)


def seen(rois: Sequence[Roi]) -> list[Roi]:
    """The ROIs that have an image."""
    return [roi for roi in rois if roi.width and roi.height]


def grouped(rois: Sequence[Roi], *, old: bool) -> list[list[Roi]]:
    """ROIs by the organism they show.

    The first generation wrote a ROI for each of two overlapping boxes around one organism, one
    after the other; those are one object. The second does it no more.
    """
    groups: list[list[Roi]] = []
    for roi in rois:
        if old and groups and len(groups[-1]) == 1 and groups[-1][0].overlaps(roi):
            groups[-1].append(roi)
        else:
            groups.append([roi])
    return groups


def looked(header: Mapping[str, str], rois: Sequence[Roi], *, old: bool) -> tuple[float, float]:
    """How long a bin ran, and how long it looked at water meanwhile, in seconds.

    The second generation counts the time in which it was busy (inhibited). The first tells, for
    each trigger, when it began to wait and when a frame was grabbed: between them it looked.
    """
    if old:
        triggers = {roi.values["trigger"]: roi.values for roi in rois}.values()
        waits = [t.get("frame_grab_time", 0) - t.get("trigger_open_time", 0) for t in triggers]
        last = max((t.get("processing_end_time", 0) for t in triggers), default=0)
        return last, sum(wait for wait in waits if wait > 0)
    run, busy = (number_of(header.get(key, "")) for key in ("runtime", "inhibittime"))
    if run is None or busy is None:
        last = rois[-1].values if rois else dict[str, float]()
        run, busy = last.get("run_time"), last.get("inhibit_time")
    if run is None or busy is None:
        return float("nan"), float("nan")
    return run, run - busy


def millilitres(seconds: float) -> float:
    """The water that was looked at."""
    return FLOW * seconds / 60


def in_order(rois: Sequence[Roi]) -> bool:
    """Whether pixels lie in the order of their lines, none within another's."""
    return all(first.end <= second.start for first, second in pairwise(rois))
