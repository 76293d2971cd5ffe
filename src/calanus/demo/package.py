"""The demo as an ordinary EcoTaxa package: a folder a tow, its table and its vignettes.

The same number of objects and the same seed give the same bytes.
"""

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from calanus.demo.cruise import NET_OPENING, Tow, catch
from calanus.demo.draw.vignette import vignette
from calanus.demo.species import SPECIES, Species
from calanus.features.measures import NAMES, measure

PIXEL = 0.0106  # mm: a scanner of 2,400 dpi
IDENTIFIED = 0.28  # share of the objects that come with a validated taxon
AT_LEAST = 6  # identified of each species, so that every one can be learnt
SPLIT = {"d1": 0.125, "d2": 0.25}  # the two size fractions and how much of each was scanned
LARGE = 1.1  # mm: the sieve between the fractions

_OBJECT = {
    "object_id": "t", "object_lat": "f", "object_lon": "f", "object_date": "t", "object_time": "t",
    "object_depth_min": "f", "object_depth_max": "f", "object_annotation_status": "t",
    "object_annotation_category": "t", "object_annotation_date": "t",
    "object_annotation_time": "t", "img_file_name": "t", "img_rank": "f",
}  # fmt: skip
_PARENTS = {
    "sample_id": "t", "sample_stationid": "t", "sample_program": "t", "sample_bottomdepth": "f",
    "sample_zmin": "f", "sample_zmax": "f", "sample_net_type": "t", "sample_net_mesh": "f",
    "sample_net_surf": "f", "sample_tot_vol": "f", "sample_daynight": "t", "sample_comment": "t",
    "acq_id": "t", "acq_instrument": "t", "acq_sub_part": "f", "acq_pixel": "f",
    "process_id": "t", "process_software": "t", "process_particle_pixel_size_mm": "f",
}  # fmt: skip


@dataclass(frozen=True)
class Individual:
    """One object of the demo, before it is drawn."""

    number: int
    tow: Tow
    species: Species
    seed: int
    identified: bool

    @property
    def name(self) -> str:
        """Its id in the package."""
        return f"{self.tow.name}_{self.number:05d}"


@dataclass(frozen=True)
class Drawn:
    """Its picture, and what is measured on it."""

    individual: Individual
    jpeg: bytes
    measured: tuple[float, ...]  # in the order of NAMES


def write_package(path: Path, *, objects: int = 3000, seed: int = 1, workers: int = 1) -> None:
    """Draw, measure and write the package, a zip."""
    individuals = _individuals(objects, seed)
    with zipfile.ZipFile(path, "w") as package:
        for tow, drawn in groupby(_draw_all(individuals, workers), key=lambda d: d.individual.tow):
            lines = [_header()]
            for one in drawn:
                name = f"{tow.name}/{one.individual.name}.jpg"
                package.writestr(_member(name, zipfile.ZIP_STORED), one.jpeg)
                lines.append(_line(one))
            table = "".join(lines).encode("ascii")
            member = _member(f"{tow.name}/ecotaxa_{tow.name}.tsv", zipfile.ZIP_DEFLATED)
            package.writestr(member, table)


def draw(individual: Individual) -> Drawn:
    """The picture of one individual, as JPEG, and its features as measured on that JPEG."""
    rng = np.random.default_rng((individual.seed, individual.number))
    file = io.BytesIO()
    Image.fromarray(vignette(individual.species.model, rng)).save(file, "JPEG", quality=92)
    grey = np.asarray(Image.open(file))
    return Drawn(individual, file.getvalue(), tuple(measure(grey).values()))


def _individuals(objects: int, seed: int) -> list[Individual]:
    rng = np.random.default_rng((seed, 2**32))
    caught = catch(objects, rng)
    identified = rng.random(objects) < IDENTIFIED
    for species in SPECIES:
        of_it = [i for i, (_, other) in enumerate(caught) if other is species]
        identified[of_it[:: max(1, len(of_it) // AT_LEAST)][:AT_LEAST]] = True
    return [
        Individual(number, tow, species, seed, bool(known))
        for number, ((tow, species), known) in enumerate(zip(caught, identified, strict=True), 1)
    ]


def _draw_all(individuals: list[Individual], workers: int) -> Iterator[Drawn]:
    if workers <= 1:
        yield from map(draw, individuals)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(draw, individuals, chunksize=50)


def _member(name: str, compression: int) -> zipfile.ZipInfo:
    """A file of the zip, dated the same each time."""
    member = zipfile.ZipInfo(name, (2024, 4, 22, 12, 0, 0))
    member.compress_type = compression
    member.external_attr = 0o644 << 16
    return member


def _header() -> str:
    columns = {**_OBJECT, **{f"object_{name}": "f" for name in NAMES}, **_PARENTS}
    types = "\t".join(f"[{kind}]" for kind in columns.values())
    return "\t".join(columns) + "\n" + types + "\n"


def _line(drawn: Drawn) -> str:
    cells = [*_object_cells(drawn.individual), *(f"{value:.6g}" for value in drawn.measured)]
    return "\t".join([*cells, *_parent_cells(drawn)]) + "\n"


def _object_cells(one: Individual) -> list[str]:
    tow, station = one.tow, one.tow.station
    taxon, day, time = "", "", ""
    if one.identified:
        when = tow.at + timedelta(days=30, seconds=7 * one.number)
        taxon, day, time = one.species.name, f"{when:%Y%m%d}", f"{when:%H%M%S}"
    return [
        one.name, f"{station.latitude}", f"{station.longitude}", f"{tow.at:%Y%m%d}",
        f"{tow.at:%H%M%S}", f"{tow.layer[0]}", f"{tow.layer[1]}",
        "validated" if one.identified else "", taxon, day, time, f"{one.name}.jpg", "0",
    ]  # fmt: skip


def _parent_cells(drawn: Drawn) -> list[str]:
    tow = drawn.individual.tow
    length = drawn.measured[NAMES.index("feret")] * PIXEL
    fraction = "d1" if length > LARGE else "d2"
    scan = f"{fraction}_{tow.name}"
    return [
        tow.name, tow.station.name, "Calanus demo", f"{tow.station.bottom}",
        f"{tow.layer[0]}", f"{tow.layer[1]}", "WP2", "200", f"{NET_OPENING}", f"{tow.volume}",
        "night" if tow.night else "day", "drawn by Calanus, not collected",
        scan, "drawn", f"{1 / SPLIT[fraction]:g}", f"{PIXEL}",
        scan, "calanus demo", f"{PIXEL}",
    ]  # fmt: skip
