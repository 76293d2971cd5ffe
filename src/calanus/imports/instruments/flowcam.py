"""The FlowCam: the runs of VisualSpreadsheet, whose vignettes are cut out of their collages.

A run is a `.ctx` (how it ran), a table of particles (`.csv` as exported, else the `.lst` that is
always there) and collages `….tif`, in which each particle has a rectangle of its own.
"""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from PIL import Image

from calanus.imports.instruments.conversion import Conversion, number_of, sections, short, text_of
from calanus.imports.instruments.flowcam_tables import (
    Particle,
    Refused,
    read_exported,
    read_list,
)
from calanus.imports.instruments.writing import Cell, Pixels
from calanus.imports.package import Package
from calanus.kit.tsv import NotATable

MOST_TIMES = 4  # the pixels of all vignettes, to those of their collage
QUARTER = timedelta(minutes=15)
# Free columns and where a .ctx tells them; units are those of VisualSpreadsheet.
ACQUISITION: Mapping[str, tuple[str, str]] = {
    "celltype": ("Fluid", "FlowCellType"),
    "flow_cell_depth_um": ("Fluid", "FlowCellDepth"),
    "flow_cell_width_um": ("Fluid", "FlowCellWidth"),
    "flow_rate_ml_per_min": ("Fluid", "PumpFlowRate"),
    "sample_volume_aspirated_ml": ("CaptureStats", "SampleVolumeAspirated"),
    "efficiency_percent": ("CaptureStats", "Efficiency"),
    "raw_image_total": ("CaptureStats", "RawImageTotal"),
    "auto_trigger": ("CaptureStats", "AutoTrigger"),
    "magnification": ("Software", "CameraMagnification"),
    "camera": ("Camera", "CameraName"),
    "image_width": ("Camera", "ImageWidth"),
    "image_height": ("Camera", "ImageHeight"),
    "shutter": ("Camera", "Shutter"),
    "gain": ("Camera", "Gain"),
    "auto_image_rate_per_s": ("CameraBehavior", "AutoImageRate"),
    "flash_duration": ("CameraBehavior", "FlashDuration"),
    "distance_to_neighbor_um": ("CaptureParameters", "DistanceToNeighbor"),
    "threshold_dark": ("CaptureParameters", "ThresholdDark"),
    "threshold_light": ("CaptureParameters", "ThresholdLight"),
    "close_holes": ("CaptureParameters", "CloseHoles"),
    "min_esd_um": ("CaptureParameters", "MinESD"),
    "max_esd_um": ("CaptureParameters", "MaxESD"),
    "run_start": ("General", "RunStartTime"),
    "run_end": ("General", "RunEndTime"),
}
SAMPLE: Mapping[str, tuple[str, str]] = {
    "technician": ("General", "TechnicianName"),
    "location": ("General", "LocationName"),
    "dilution": ("Fluid", "SampleDilution"),
}
PROCESS: Mapping[str, tuple[str, str]] = {
    "soft": ("Software", "SoftwareName"),
    "soft_version": ("Software", "SoftwareVersion"),
    "pixel_size_um": ("Fluid", "CalibrationConstant"),
    "calibration_factor_ppml": ("CountCalibration", "CalibrationFactorPPML"),
}


@dataclass
class FlowRun:
    """The files of a run that were found, by their suffix; "" stands for an absent one."""

    folder: str  # with its slash
    name: str
    files: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def table(self) -> str:
        """The table of its particles that is looked at first."""
        return self.files.get("csv") or self.files.get("lst", self.first)

    @property
    def first(self) -> str:
        """One of its files, to tell where it is."""
        return self.folder + self.name


def runs_of(source: Package) -> list[FlowRun]:
    """The runs of a folder or zip by the names of their files."""
    found: dict[str, FlowRun] = {}
    for member in sorted(source.members):
        folder, slash, file = member.rpartition("/")
        stem, _, suffix = file.rpartition(".")
        if suffix.lower() in ("ctx", "lst") and not file.startswith("."):
            run = found.setdefault(folder + slash + stem, FlowRun(folder + slash, stem))
            run.files[suffix.lower()] = member
    for path, run in found.items():
        if f"{path}.csv" in source.members:
            run.files["csv"] = f"{path}.csv"
    return list(found.values())


def convert(conversion: Conversion) -> None:
    """Write every run; two that bear one name are refused."""
    runs = runs_of(conversion.source)
    met: dict[str, str] = {}
    for run in runs:
        conversion.tell(f"Reading FlowCam run {run.name}")
        if run.name in met:
            reason = f"a run of this name lies in {met[run.name]} as well; take one of them away."
            conversion.wrong(run.first, reason)
        else:
            met[run.name] = run.folder or "the folder itself"
            convert_run(conversion, run)
        if conversion.full:
            return


def convert_run(conversion: Conversion, run: FlowRun) -> None:
    """Write one run, or say what is wrong with it."""
    try:
        particles = read_particles(conversion, run)
    except NotATable as error:
        conversion.wrong(run.table, f"it is damaged: {error}; copy it again.")
        return
    except Refused as error:
        conversion.wrong(error.file, str(error), error.line)
        return
    if not particles:
        conversion.wrong(run.table, "the run is empty: it holds no particle.")
        return
    told = conversion.text(run.files["ctx"]) if "ctx" in run.files else ""
    if told is None:
        return
    context = sections(told)
    if not context:
        conversion.infos.append(f"{run.name}: there is no .ctx file, so no volume and no settings.")
    problems = len(conversion.problems)
    cut(conversion, run, particles)
    if len(conversion.problems) == problems:
        write(conversion, run, particles, context)


def read_particles(conversion: Conversion, run: FlowRun) -> list[Particle]:
    """The particles of a run: of the `.csv` where it says where the vignettes are.

    Raises:
        Refused: no table is there, or it cannot be used.
    """
    exported = run.files.get("csv")
    if exported:
        particles = read_exported(conversion.source, exported)
        if particles is not None:
            return particles
        conversion.infos.append(
            f"{exported} does not say where its vignettes are; the .lst is read."
        )
    if "lst" not in run.files:
        raise Refused(
            f"{run.first}.csv",
            "there is no table of particles that says where the vignettes are; copy the .lst of "
            "the run beside the .ctx, or export a .csv with the columns Image File, Image X, "
            "Image Y, Image Width and Image Height.",
        )
    return read_list(conversion.source, run.files["lst"])


# --- Vignettes ---------------------------------------------------------------------------------


def cut(conversion: Conversion, run: FlowRun, particles: Sequence[Particle]) -> None:
    """Cut the vignettes of all particles out of their collages, one collage after the other."""
    by_collage: dict[str, list[Particle]] = defaultdict(list)
    for particle in particles:
        by_collage[particle.collage].append(particle)
    for file, some in by_collage.items():
        conversion.tell(f"Cutting {len(some):,} vignettes out of {file}")
        collage = opened(conversion, run, file, some)
        if collage is None or not inside(conversion, run, collage, some):
            continue
        for p in some:
            vignette = collage[p.y : p.y + p.height, p.x : p.x + p.width]
            conversion.out.image(image_name(run, p), vignette)


def image_name(run: FlowRun, particle: Particle) -> str:
    """The name of a vignette, after its object."""
    return f"{object_name(run, particle)}.png"


def object_name(run: FlowRun, particle: Particle) -> str:
    """The name of an object."""
    return f"{run.name}_{particle.number:06d}"


def opened(
    conversion: Conversion, run: FlowRun, file: str, particles: Sequence[Particle]
) -> Pixels | None:
    """The pixels of a collage; nothing once what is wrong with it is told."""
    member = run.folder + file
    if member not in conversion.source.members:
        reason = (
            f"this collage is missing, and {len(particles):,} vignette(s) are cut out of it; copy "
            "it beside the table."
        )
        conversion.wrong(member, reason)
        return None
    try:
        with Image.open(io.BytesIO(conversion.source.read(member)), formats=("TIFF",)) as image:
            width, height = image.size
            if width * height > conversion.most_pixels:
                conversion.wrong(member, f"it is too large: {width} × {height} pixels.")
                return None
            return np.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    except Exception as error:  # Pillow raises whatever its decoders do
        conversion.wrong(member, f"it is damaged: it cannot be decoded ({error}); copy it again.")
        return None


def inside(
    conversion: Conversion, run: FlowRun, collage: Pixels, particles: Sequence[Particle]
) -> bool:
    """Whether all rectangles lie in their collage."""
    height, width = collage.shape[:2]
    beyond = [
        p
        for p in particles
        if min(p.x, p.y) < 0
        or min(p.width, p.height) < 1
        or p.x + p.width > width
        or p.y + p.height > height
    ]
    if beyond:
        p = beyond[0]
        reason = (
            f"the vignette of particle {p.number}, {p.width} × {p.height} pixels at {p.x}, {p.y}, "
            f"lies beyond the {width} × {height} of {p.collage} ({len(beyond):,} such): the table "
            "and the collage are of different runs."
        )
        conversion.wrong(p.file, reason, p.line)
    elif sum(p.width * p.height for p in particles) > MOST_TIMES * width * height:
        reason = f"the vignettes of {particles[0].collage} overlap: the table is not genuine."
        conversion.wrong(particles[0].file, reason)
        return False
    return not beyond


# --- Table -------------------------------------------------------------------------------------


def write(
    conversion: Conversion,
    run: FlowRun,
    particles: Sequence[Particle],
    context: Mapping[str, Mapping[str, str]],
) -> None:
    """The table of a run."""
    shared = of_run(run, context) | volumes(conversion, run, context)
    ahead = ahead_of_utc(particles[0], context)
    if ahead:
        conversion.infos.append(
            f"{run.name}: the times of its table are {ahead} ahead of its .ctx, so they were taken "
            "as local time and that one as UTC."
        )
    rows: list[dict[str, Cell]] = []
    for particle in particles:
        at = particle.at and particle.at - ahead
        row: dict[str, Cell] = {
            "img_file_name": image_name(run, particle),
            "object_id": object_name(run, particle),
            "object_date": f"{at:%Y%m%d}" if at else None,
            "object_time": f"{at:%H%M%S}" if at else None,
        }
        measures = {f"object_{name}": cell for name, cell in particle.measures.items()}
        rows.append(row | measures | shared)
    conversion.table(f"ecotaxa_{run.name}.tsv", rows)


def of_run(run: FlowRun, context: Mapping[str, Mapping[str, str]]) -> dict[str, Cell]:
    """What all particles of a run have in common."""

    def told(place: tuple[str, str]) -> str:
        section, key = place
        return context.get(section, {}).get(key, "")

    cells: dict[str, Cell] = {
        "object_lat": number_of(told(("General", "LocationLatitude"))),
        "object_lon": number_of(told(("General", "LocationLongitude"))),
        "sample_id": run.name,
        "acq_id": run.name,
        "acq_instrument": "FlowCam",
        "process_id": run.name,
    }
    for prefix, columns in (("sample", SAMPLE), ("acq", ACQUISITION), ("process", PROCESS)):
        cells |= {f"{prefix}_{name}": short(told(place)) for name, place in columns.items()}
    seconds = number_of(told(("CaptureStats", "RunTimeMilliSeconds")))
    return cells | {"acq_run_time_s": None if seconds is None else seconds / 1000}


def volumes(
    conversion: Conversion, run: FlowRun, context: Mapping[str, Mapping[str, str]]
) -> dict[str, Cell]:
    """The sample that was looked at, in ml: as the summary says, else as its `.ctx` implies.

    What passed is what was aspirated less what calibration took; what was imaged of it is told by
    the efficiency. VisualSpreadsheet's own summary agrees to its last digit but one.
    """
    stats = context.get("CaptureStats", {})
    names = ("SampleVolumeAspirated", "CalibrationFluidVolume", "Efficiency")
    aspirated, calibration, efficiency = (number_of(stats.get(name, "")) for name in names)
    processed = imaged = None
    if aspirated is not None:
        processed = aspirated - (calibration or 0)
        imaged = None if efficiency is None else processed * efficiency / 100
    summary = f"{run.first}_summary.csv"
    if summary in conversion.source.members:
        lines = (line.split(",") for line in text_of(conversion.source, summary).split("\n"))
        told = {cells[0].strip(): number_of(cells[1]) for cells in lines if len(cells) == 2}
        processed = told.get("Sample Volume Processed ml") or processed
        imaged = told.get("Sample Volume Imaged ml") or imaged
    return {
        "acq_sample_volume_processed_ml": processed and round(processed, 6),
        "acq_fluid_volume_imaged_ml": imaged and round(imaged, 6),
    }


def ahead_of_utc(first: Particle, context: Mapping[str, Mapping[str, str]]) -> timedelta:
    """How far the clock of the table is ahead of that of the `.ctx`, in quarters of an hour.

    VisualSpreadsheet writes its run's start in UTC there, and the moments of particles in the
    time of the laboratory; where both agree, that one is taken as UTC too.
    """
    try:
        start = datetime.fromisoformat(context.get("General", {}).get("RunStartTime", ""))
    except ValueError:
        return timedelta()
    if first.at is None:
        return timedelta()
    return round((first.at - start.replace(tzinfo=UTC)) / QUARTER) * QUARTER
