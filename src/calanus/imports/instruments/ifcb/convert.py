"""Bins of an IFCB as an EcoTaxa package: a bin is a sample, a ROI an object."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calanus import __version__
from calanus.imports.instruments.conversion import Conversion, number_of, short
from calanus.imports.instruments.ifcb.beside import Beside, read_beside
from calanus.imports.instruments.ifcb.files import (
    FLOW,
    ROI,
    SUFFIXES,
    BadLine,
    Name,
    Roi,
    grouped,
    in_order,
    looked,
    millilitres,
    read_header,
    read_name,
    read_rois,
    seen,
)
from calanus.imports.instruments.ifcb.measuring import measured
from calanus.imports.instruments.ifcb.stitching import pixels_of, stitched
from calanus.imports.instruments.writing import Cell, Pixels
from calanus.imports.package import Package

PASSED_OVER = ("beads", "skip")  # folders that IFCB laboratories set aside under these names

# Free columns of an acquisition, and the keys of headers that tell them; the first that is there.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "software_version": ("softwareversion",),
    "sample_type": ("sampletype", "runtype"),
    "sample_number": ("samplenumber",),
    "trigger_count": ("triggercount",),
    "roi_count": ("roicount",),
    "temperature_c": ("temperature", "temp"),
    "humidity_percent": ("humidity",),
    "pmt_scattering_high_voltage": ("pmtahighvoltage", "pmt1hv(ssc)"),
    "pmt_fluorescence_high_voltage": ("pmtbhighvoltage", "pmt2hv(chl)"),
    "pmt_scattering_trigger_threshold": ("pmtatriggerthreshold_daq_mcconly",),
    "pmt_fluorescence_trigger_threshold": ("pmtbtriggerthreshold_daq_mcconly",),
    "pmt_trigger_selection": ("pmttriggerselection_daq_mcconly",),
    "binarize_threshold": ("binarizethreshold", "binarizethresh"),
    "minimum_blob_area": ("minimumblobarea", "blobsizethresh"),
    "blob_x_grow": ("blobxgrowamount",),
    "blob_y_grow": ("blobygrowamount",),
    "syringe_sample_volume_ml": ("syringesamplevolume",),
    "syringe_sampling_speed": ("syringesamplingspeed",),
    "run_sample_fast": ("runsamplefast",),
    "run_fast_factor": ("runfastfactor",),
    "flashlamp_control_voltage": ("flashlampcontrolvoltage",),
    "camera_gain": ("cameragain",),
    "gps_time_of_fix": ("gpstimefromfix",),
}
PLACE: Mapping[str, tuple[str, ...]] = {
    "object_lat": ("gpslatitude", "latitude"),
    "object_lon": ("gpslongitude", "longitude"),
    "object_depth_min": ("depth",),
    "object_depth_max": ("depth",),
}
YES = ("1", "true")


@dataclass
class Bin:
    """The files of one bin, by their suffix, and what lies beside them."""

    name: Name
    files: dict[str, list[str]] = field(default_factory=lambda: {end: [] for end in SUFFIXES})
    beside: list[str] = field(default_factory=list[str])

    def lacking(self) -> list[str]:
        """Which of the three files are not there."""
        return [suffix for suffix in SUFFIXES if not self.files[suffix]]

    def any(self) -> str:
        """One of its files, to tell where it is."""
        return next(files[0] for files in self.files.values() if files)


def bins_of(source: Package) -> list[Bin]:
    """The bins of a folder or zip by the names of their files, in the order of time."""
    found: dict[str, Bin] = {}
    others: dict[str, list[str]] = defaultdict(list)
    for member in sorted(source.members):
        *folders, file = member.split("/")
        stem, dot, suffix = file.rpartition(".")
        name = read_name(stem) if dot + suffix in SUFFIXES else None
        if name is None:
            others[lid_of(file)].append(member)
        elif not any(folder.lower() in PASSED_OVER for folder in folders):
            found.setdefault(stem, Bin(name)).files[dot + suffix].append(member)
    for lid, bin_ in found.items():
        bin_.beside = others.get(lid, [])
    return sorted(found.values(), key=lambda bin_: (bin_.name.at, bin_.name.lid))


def lid_of(file: str) -> str:
    """The name of the bin that a file name begins with, if it does."""
    parts = file.rpartition(".")[0].split("_")
    stems = ("_".join(parts[:size]) for size in (2, 4))
    return next((stem for stem in stems if read_name(stem)), "")


def convert(conversion: Conversion) -> None:
    """Write every bin; those without any image are told."""
    bins = bins_of(conversion.source)
    empty: list[str] = []
    for place, bin_ in enumerate(bins, 1):
        conversion.tell(f"Reading bin {place:,} of {len(bins):,}, {bin_.name.lid}")
        before = conversion.objects, len(conversion.problems)
        convert_bin(conversion, bin_)
        if (conversion.objects, len(conversion.problems)) == before:
            empty.append(bin_.name.lid)
        if conversion.full:
            return
    if empty and len(empty) == len(bins):
        conversion.wrong(bins[0].any(), "the bin is empty: no ROI has an image.")
    elif empty:
        shown = ", ".join(empty[:10]) + (" …" if len(empty) > 10 else "")
        conversion.infos.append(f"{len(empty):,} bin(s) hold no image: {shown}.")


def convert_bin(conversion: Conversion, bin_: Bin) -> None:
    """Write one bin, or say what is wrong with it."""
    if not whole(conversion, bin_):
        return
    header_file, adc_file, roi_file = (bin_.files[suffix][0] for suffix in SUFFIXES)
    told, listed = conversion.text(header_file), conversion.text(adc_file)
    if told is None or listed is None:
        return
    header = read_header(told, old=bin_.name.old)
    try:
        lines = read_rois(listed, old=bin_.name.old)
    except BadLine as error:
        conversion.wrong(adc_file, f"{error}; copy the file again.", error.line)
        return
    if not header:
        conversion.wrong(
            header_file, "this is no header of an IFCB; copy it again, or take the bin away."
        )
        return
    data = conversion.source.read(roi_file)
    rois = seen(lines)
    if fits(conversion, adc_file, roi_file, rois, data):
        beside = read_beside(conversion, bin_.name.lid, bin_.beside)
        write(conversion, bin_.name, Read(header, lines, beside), data)


def whole(conversion: Conversion, bin_: Bin) -> bool:
    """Whether a bin has its three files, each once."""
    for suffix in bin_.lacking():
        file = bin_.any().rpartition(".")[0] + suffix
        reason = f"this file of the bin is missing; copy it beside {bin_.any()}, or take that away."
        conversion.wrong(file, reason)
    twice = [files for files in bin_.files.values() if len(files) > 1]
    for files in twice:
        reason = f"the same bin lies in {files[0]} as well; take one of them away."
        conversion.wrong(files[1], reason)
    return not bin_.lacking() and not twice


def fits(
    conversion: Conversion, adc_file: str, roi_file: str, rois: Sequence[Roi], data: bytes
) -> bool:
    """Whether all images of an `.adc` lie in its `.roi`."""
    late = [roi for roi in rois if roi.end > len(data)]
    if late:
        reason = (
            f"ROI {late[0].number} ends at byte {late[0].end:,}, and {roi_file} has {len(data):,}: "
            f"{len(late):,} of {len(rois):,} images are cut off. Copy the .roi file again."
        )
        conversion.wrong(adc_file, reason, late[0].number)
    large = [roi for roi in rois if roi.width * roi.height > conversion.most_pixels]
    if large:
        reason = f"ROI {large[0].number} has {large[0].width} × {large[0].height} pixels, too many."
        conversion.wrong(adc_file, reason, large[0].number)
    if not late and not in_order(rois):
        reason = f"its images overlap: {adc_file} belongs to another .roi file."
        conversion.wrong(roi_file, reason)
        return False
    return not late and not large


@dataclass(frozen=True)
class Read:
    """What the text files of a bin say."""

    header: Mapping[str, str]
    lines: Sequence[Roi]
    beside: Beside


def write(conversion: Conversion, name: Name, read: Read, data: bytes) -> None:
    """The table of a bin and its images."""
    rois = seen(read.lines)
    shared = of_bin(conversion, name, read)
    groups = grouped(rois, old=name.old)
    rows: list[dict[str, Cell]] = []
    for group in groups:
        first = group[0]
        object_id = f"{name.lid}_{first.number:05d}"
        row = {"object_id": object_id} | shared | of_roi(first) | of_beside(read.beside, first)
        images = [(object_id, pixels_of(first, data))]
        if len(group) > 1:
            both = stitched(group[0], group[1], data)
            images = [(f"{object_id}_stitched", both)]
            images += [(f"{name.lid}_{roi.number:05d}", pixels_of(roi, data)) for roi in group]
        conversion.tell(f"Reading {object_id}")
        row |= measures(conversion, read.beside, images[0][1])
        for rank, (image, pixels) in enumerate(images):
            conversion.out.image(f"{image}.png", pixels)
            rows.append({"img_file_name": f"{image}.png", "img_rank": rank} | row)
    conversion.table(f"ecotaxa_{name.lid}.tsv", rows, objects=len(groups))
    tell(conversion, name, read, stitches=len(rois) - len(groups))


def measures(conversion: Conversion, beside: Beside, pixels: Pixels) -> dict[str, Cell]:
    """The features of an image, where they were asked for and do not lie beside."""
    if not conversion.measure or beside.features:
        return {}
    return {f"object_{name}": value for name, value in measured(pixels).items()}


def of_bin(conversion: Conversion, name: Name, read: Read) -> dict[str, Cell]:
    """What all objects of a bin have in common."""
    run, look = looked(read.header, read.lines, old=name.old)
    cells: dict[str, Cell] = {
        "object_date": f"{name.at:%Y%m%d}",
        "object_time": f"{name.at:%H%M%S}",
    }
    cells |= {header: number_of(told(read.header, keys)) for header, keys in PLACE.items()}
    cells |= {
        "sample_id": name.lid,
        "sample_comment": short(told(read.header, ("filecomment",))),
        "acq_id": name.lid,
        "acq_instrument": name.instrument,
        "acq_volume_analyzed_ml": round(millilitres(look), 6),
        "acq_flow_rate_ml_per_min": FLOW,
        "acq_run_time_s": round(run, 6),
        "acq_look_time_s": round(look, 6),
        "acq_inhibit_time_s": round(run - look, 6),
    }
    cells |= {f"acq_{name}": short(told(read.header, keys)) for name, keys in SETTINGS.items()}
    beside = read.beside
    return cells | {
        "process_id": name.lid,
        "process_soft": "calanus",
        "process_soft_version": __version__,
        "process_features": short(features_from(conversion, beside)),
        "process_classes": short(beside.classes_file.rpartition("/")[2]),
    }


def features_from(conversion: Conversion, beside: Beside) -> str:
    """Where the features of a bin come from."""
    measured = "planktofeatures, WHOI version 4" if conversion.measure else ""
    return beside.features_file.rpartition("/")[2] or measured


def told(header: Mapping[str, str], keys: Sequence[str]) -> str:
    """The first of some keys that a header has."""
    return next((header[key] for key in keys if key in header), "")


def of_roi(roi: Roi) -> dict[str, Cell]:
    """What the `.adc` says of a ROI."""
    cells: dict[str, Cell] = {"object_roi_number": roi.number}
    return cells | {
        f"object_{name}": value for name, value in roi.values.items() if name != ROI[-1]
    }


def of_beside(beside: Beside, roi: Roi) -> dict[str, Cell]:
    """What other files say of a ROI."""
    features = beside.features.get(roi.number, {})
    return {f"object_{name}": cell for name, cell in features.items()} | beside.classes.get(
        roi.number, {}
    )


def tell(conversion: Conversion, name: Name, read: Read, *, stitches: int) -> None:
    """What a person may wonder about in a bin."""
    numbers = {roi.number for roi in seen(read.lines)}
    without = len(read.lines) - len(numbers)
    if without:
        conversion.infos.append(
            f"{name.lid}: {without:,} ROI(s) without an image were passed over."
        )
    if stitches:
        conversion.infos.append(
            f"{name.lid}: {stitches:,} pair(s) of overlapping ROIs became one object each, with "
            "both images behind the joined one."
        )
    for file, known in (
        (read.beside.features_file, read.beside.features),
        (read.beside.classes_file, read.beside.classes),
    ):
        strange = sorted(known.keys() - numbers)
        if strange:
            conversion.infos.append(
                f"{file}: ROI {strange[0]} has no image ({len(strange):,} such)."
            )
    fast = told(read.header, SETTINGS["run_sample_fast"]).lower() in YES
    if fast:
        conversion.infos.append(
            f"{name.lid} ran fast; its volume is computed for the usual {FLOW} ml/min."
        )
