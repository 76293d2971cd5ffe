"""The ZooScan: `.pid` files of ZooProcess, with the vignettes of the scan beside them.

A `.pid` tells how a scan was made in sections, and what was measured of each object below [Data].
ZooProcess makes an EcoTaxa table of it (`ecotaxa_….tsv`), with these very columns; where that is
there, it is imported and the `.pid` is not needed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calanus.imports.instruments.conversion import (
    Conversion,
    is_number,
    number_of,
    sections,
    short,
)
from calanus.imports.instruments.writing import Cell
from calanus.imports.package import Package

DATA = "[Data]"
FORMATS = (".jpg", ".jpeg", ".png", ".gif")
NOWHERE = (99999.0, 9999.0)  # what ZooProcess writes for a depth nobody knows

Columns = Mapping[str, tuple[str, str]]  # free column → section, key

SAMPLE: Columns = {
    name: ("Sample", key)
    for name, key in {
        "scan_operator": "Scanop",
        "ship": "Ship",
        "program": "Scientificprog",
        "stationid": "StationId",
        "bottomdepth": "Depth",
        "ctdrosettefilename": "CTDref",
        "other_ref": "Otherref",
        "tow_nb": "Townb",
        "tow_type": "Towtype",
        "net_type": "Nettype",
        "net_mesh": "Netmesh",
        "net_surf": "Netsurf",
        "zmax": "Zmax",
        "zmin": "Zmin",
        "tot_vol": "Vol",
        "comment": "Sample_comment",
        "tot_vol_qc": "vol_qc",
        "depth_qc": "depth_qc",
        "sample_qc": "sample_qc",
        "barcode": "barcode",
        "duration": "net_duration",
        "ship_speed": "ship_speed_knots",
        "cable_length": "cable_length",
        "cable_angle": "cable_angle",
        "cable_speed": "cable_speed",
        "nb_jar": "nb_jar",
    }.items()
}
ACQUISITION: Columns = {
    "min_mesh": ("Fraction", "Min"),
    "max_mesh": ("Fraction", "Max"),
    "sub_part": ("Subsample", "SubPart"),
    "sub_method": ("Subsample", "SubMethod"),
    "scan_comment": ("Subsample", "Observation"),
    "hardware": ("Info", "Hardware"),
    "software": ("Info", "Software"),
    "author": ("Info", "Author"),
    "imgtype": ("Info", "ImageType"),
    "bitpixel": ("Input-", "BitsPerPixel"),
    "greyfrom": ("Input-", "MakeGrayFrom"),
    "scan_resolution": ("Input-", "ScanResolution"),
    "rotation": ("Input-", "Rotation"),
    "miror": ("Input-", "Mirror"),
    "xsize": ("Crop-", "XSize"),
    "ysize": ("Crop-", "YSize"),
    "xoffset": ("Crop-", "XOffset"),
    "yoffset": ("Crop-", "YOffset"),
    "lut_color_balance": ("LUT", "Color_Balance"),
    "lut_filter": ("LUT", "Filter"),
    "lut_min": ("LUT", "Min"),
    "lut_max": ("LUT", "Max"),
    "lut_odrange": ("LUT", "OD_range"),
    "lut_ratio": ("LUT", "Ratio"),
    "lut_16b_median": ("LUT", "Median_level"),
}
PROCESS: Columns = {
    "img_software_version": ("Image_Process", "Version"),
    "img_resolution": ("Image_Process", "Resolution"),
    "img_od_grey": ("Image_Process", "OD_measured"),
    "img_od_std": ("Image_Process", "STD"),
    "img_background_img": ("Image_Process", "Background_correct_using"),
    "particle_version": ("Particules_Process", "Version"),
    "particle_threshold": ("Particules_Process", "Threshold"),
    "particle_pixel_size_mm": ("Particules_Process", "PixSize"),
    "particle_min_size_mm": ("Particules_Process", "MinSize"),
    "particle_max_size_mm": ("Particules_Process", "MaxSize"),
    "particle_sep_mask": ("Particules_Process", "Separation_Mask"),
    "particle_bw_ratio": ("Particules_Process", "B/W_ratio"),
}


@dataclass(frozen=True)
class Scan:
    """A `.pid`: what its sections say, and its objects with the line of each."""

    file: str
    said: Mapping[str, Mapping[str, str]]
    objects: Sequence[tuple[int, dict[str, str]]]

    def told(self, section: str, key: str) -> str:
        """A value; of sections that go on with the name of a scanner, the first counts."""
        names = [
            n for n in self.said if n == section or (section[-1:] == "-" and n.startswith(section))
        ]
        return next((self.said[name][key] for name in names if key in self.said[name]), "")

    def texts(self, prefix: str, columns: Columns) -> dict[str, Cell]:
        """Free columns of a parent."""
        return {f"{prefix}_{name}": short(self.told(*place)) for name, place in columns.items()}


def pids_of(source: Package) -> list[str]:
    """The `.pid` files of a folder or zip."""
    files = {name: name.rpartition("/")[2] for name in source.members}
    return sorted(n for n, f in files.items() if f.lower().endswith(".pid") and f[0] != ".")


def convert(conversion: Conversion) -> None:
    """Write every scan."""
    vignettes: dict[str, list[str]] = defaultdict(list)
    for name in conversion.source.images():
        vignettes[name.rpartition("/")[2].rpartition(".")[0].lower()].append(name)
    for name in pids_of(conversion.source):
        conversion.tell(f"Reading {name}")
        scan = read_pid(conversion, name)
        if scan:
            write(conversion, scan, vignettes)
        if conversion.full:
            return


def read_pid(conversion: Conversion, name: str) -> Scan | None:
    """What a `.pid` says; nothing once what is wrong with it is told."""
    text = conversion.text(name)
    if text is None:
        return None
    head, data, rest = text.partition(DATA)
    lines = rest.split("\n")
    headers = lines[1].lstrip("!").split(";") if len(lines) > 1 else []
    if not data or headers[:2] != ["Item", "Label"]:
        conversion.wrong(
            name,
            "there is no [Data] section with Item;Label;… in it: the scan was not processed. "
            "Process it in ZooProcess, or take the file away.",
        )
        return None
    above = head.count("\n") + 3
    rows: list[tuple[int, dict[str, str]]] = []
    for line, written in enumerate(lines[2:], above):
        if not written.strip():
            continue
        if written.startswith("["):
            break
        cells = written.split(";")
        if len(cells) != len(headers):
            reason = f"it has {len(cells)} cells, and the headers are {len(headers)}."
            conversion.wrong(name, reason, line)
            return None
        rows.append((line, dict(zip(headers, cells, strict=True))))
    if not rows:
        conversion.wrong(name, "the scan is empty: no object stands below [Data].")
        return None
    return Scan(name, sections(head), rows)


def write(conversion: Conversion, scan: Scan, vignettes: Mapping[str, Sequence[str]]) -> None:
    """The table of a scan, and its vignettes as they are."""
    shared = of_scan(scan)
    measures = [h for h in scan.objects[0][1] if h not in ("Item", "Label")]
    texts = {h for h in measures if not all(is_number(row[h]) for _, row in scan.objects)}
    missing: list[tuple[int, str]] = []
    rows: list[dict[str, Cell]] = []
    for line, row in scan.objects:
        object_id = f"{row['Label'].strip()}_{row['Item'].strip()}"
        found = vignette(vignettes.get(object_id.lower(), ()), scan.file)
        if found is None:
            missing.append((line, object_id))
            continue
        file = found.rpartition("/")[2]
        if file not in conversion.out.names:
            conversion.out.file(file, conversion.source.read(found))
        free = {
            f"object_{h.lower()}": short(row[h]) if h in texts else number_of(row[h])
            for h in measures
        }
        rows.append({"img_file_name": file, "object_id": object_id} | shared | free)
    if missing:
        line, object_id = missing[0]
        reason = (
            f"the vignette “{object_id}.jpg” is not there, nor are {len(missing) - 1:,} others of "
            f"{len(scan.objects):,}; copy the vignettes of the scan beside its .pid."
        )
        conversion.wrong(scan.file, reason, line)
    stem = scan.file.rpartition("/")[2].rpartition(".")[0]
    conversion.table(f"ecotaxa_{stem}.tsv", rows)


def vignette(found: Sequence[str], pid: str) -> str | None:
    """The image of an object: beside the `.pid`, else anywhere, where sorting has moved it."""
    folder = pid.rpartition("/")[0]
    able = [name for name in found if name.lower().endswith(FORMATS)]
    beside = [name for name in able if name.rpartition("/")[0] == folder]
    return next(iter([*beside, *able]), None)


def of_scan(scan: Scan) -> dict[str, Cell]:
    """What all objects of a scan have in common, as ZooProcess's own EcoTaxa tables say it."""
    sample = scan.told("Sample", "SampleId").lower()
    date, time = moment(scan.told("Sample", "Date"))
    scanned, at = moment(scan.told("Image", "Scanning_date"))
    processed, then = moment(scan.told("Particules_Process", "Particule_Process_Date"))
    fraction = scan.told("Fraction", "FracId").lower()
    cells: dict[str, Cell] = {
        "object_lat": degrees(scan.told("Sample", "Latitude")),
        "object_lon": west(degrees(scan.told("Sample", "Longitude"))),
        "object_date": date,
        "object_time": time,
        "object_depth_min": depth(scan.told("Sample", "Zmin")),
        "object_depth_max": depth(scan.told("Sample", "Zmax")),
        "object_lat_end": degrees(scan.told("Sample", "latitude_end")),
        "object_lon_end": west(degrees(scan.told("Sample", "longitude_end"))),
        "sample_id": sample or None,
        "acq_id": "_".join(filter(None, (fraction, sample))) or None,
        "acq_instrument": "zooscan",
        "acq_scan_date": scanned,
        "acq_scan_time": at,
        "process_id": f"zooprocess_{sample}" if sample else None,
        "process_date": processed,
        "process_time": then,
    }
    cells |= scan.texts("sample", SAMPLE) | scan.texts("acq", ACQUISITION)
    return cells | scan.texts("process", PROCESS)


def moment(written: str) -> tuple[str | None, str | None]:
    """20230614-2251 or 20240321_1049 as a date and a time."""
    date, _, time = written.strip().replace("-", "_").partition("_")
    time = f"{time}00" if len(time) == 4 else time
    return date or None, time or None


def degrees(written: str) -> float | None:
    """An angle as ZooProcess writes it, 48.2584 for 48° 25.84': degrees, a point, minutes."""
    value = number_of(written)
    if value is None or abs(value) >= NOWHERE[1]:
        return None
    whole = int(abs(value))
    size = whole + (abs(value) - whole) * 100 / 60
    return round(-size if value < 0 else size, 7)


def west(angle: float | None) -> float | None:
    """ZooProcess counts longitudes positive to the west."""
    return None if angle is None else -angle


def depth(written: str) -> float | None:
    """A depth, or nothing where nobody knows it."""
    value = number_of(written)
    return None if value in NOWHERE else value
