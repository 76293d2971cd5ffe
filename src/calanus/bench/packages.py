"""Packages made to be measured with: many objects, quickly made, with structure to be learnt.

One table a thousand objects; 60 numbers and a vignette of about 100 pixels and 3 kB an object;
60 taxa of very unequal abundance; two fifths validated, two fifths predicted (four in five
rightly), one in fifty dubious, the rest unidentified. The same arguments give the same bytes.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NUMBERS = 60
TAXA = 60
PER_SAMPLE = 1000
SHARING = PER_SAMPLE // 10  # rows that name one image when images are shared
PICTURES = 1500  # distinct vignettes; more objects share them
FIRST_TAXON = 900_000_001
STATES = ("validated", "predicted", "dubious", "")
SHARES = (0.40, 0.40, 0.02, 0.18)
RIGHTLY_PREDICTED = 0.8

Values = NDArray[np.float64]  # (objects, numbers)
Whole = NDArray[np.int64]  # (objects,)


@dataclass(frozen=True)
class Objects:
    """What a package says, column by column."""

    taxon: Whole  # index of the true taxon
    told: Whole  # index of the taxon the package gives
    state: Whole  # index into STATES
    values: Values


def number_names() -> list[str]:
    """The names of the free numbers."""
    return [f"number_{i:02d}" for i in range(1, NUMBERS + 1)]


def taxon_name(index: int) -> str:
    """The name of one of the taxa."""
    return f"Benchia {'abcdefghijklmnopqrstuvwxyz'[index % 26]}{index:02d}"


def write_taxa(path: Path) -> None:
    """The taxa of the packages, to be imported before."""
    lines = ["id\tparent_id\tname\ttype\n", f"{FIRST_TAXON - 1}\t\tBenchia\tP\n"]
    lines += [f"{FIRST_TAXON + i}\t{FIRST_TAXON - 1}\t{taxon_name(i)}\tP\n" for i in range(TAXA)]
    path.write_text("".join(lines), "utf-8")


def write_package(
    path: Path,
    *,
    objects: int,
    seed: int = 1,
    shares: Sequence[float] = SHARES,
    shared_images: bool = False,
) -> None:
    """A package of so many objects, as a zip; `shares` of them in each of STATES.

    With `shared_images` the rows of a table name ten images together.
    """
    rng = np.random.default_rng(seed)
    pictures = [_picture(rng, i) for i in range(min(objects, PICTURES))]
    drawn = _objects(rng, objects, shares)
    with zipfile.ZipFile(path, "w") as package:
        for sample, start in enumerate(range(0, objects, PER_SAMPLE)):
            numbers = range(start, min(start + PER_SAMPLE, objects))
            named = [i - i % SHARING if shared_images else i for i in numbers]
            rows = zip(numbers, map(_object_name, named), strict=True)
            lines = [_header(), *(_line(drawn, sample, i, image) for i, image in rows)]
            folder = f"bench_{sample:04d}"
            table = "".join(lines).encode("ascii")
            package.writestr(_member(f"{folder}/ecotaxa_{folder}.tsv", deflate=True), table)
            for i in dict.fromkeys(named):
                name = f"{folder}/{_object_name(i)}.jpg"
                package.writestr(_member(name, deflate=False), pictures[i % len(pictures)])


def _objects(rng: np.random.Generator, objects: int, shares: Sequence[float]) -> Objects:
    """Taxa by Zipf's law; the numbers of a taxon lie around its own point in a small space."""
    abundance = 1 / np.arange(1, TAXA + 1)
    taxon = rng.choice(TAXA, size=objects, p=abundance / abundance.sum())
    state = rng.choice(len(STATES), size=objects, p=shares)
    wrong = (state == 1) & (rng.random(objects) > RIGHTLY_PREDICTED)
    told = np.where(wrong, rng.integers(0, TAXA, objects), taxon)
    middles = 1.6 * rng.standard_normal((TAXA, 10))
    hidden = middles[taxon] + rng.standard_normal((objects, 10))
    mixed: Values = np.matmul(hidden, rng.standard_normal((10, NUMBERS)) / np.sqrt(10))
    values = mixed + 0.5 * rng.standard_normal((objects, NUMBERS))
    values[:, ::3] = np.exp(3 + 0.6 * values[:, ::3])
    return Objects(taxon, told, state, values)


def _picture(rng: np.random.Generator, index: int) -> bytes:
    """A grey blot, about 100 pixels wide, as JPEG."""
    width, height = (int(side) for side in rng.integers(80, 121, 2))
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    angle = np.arctan2(rows - height / 2, columns - width / 2)
    distance = np.hypot(rows - height / 2, columns - width / 2)
    edge = min(width, height) / 3 * (1 + 0.3 * np.cos((index % 6 + 1) * angle + index))
    inside = np.clip((edge - distance) / 2, 0, 1)
    noise = rng.standard_normal((height, width), dtype=np.float32)
    grey = 250 - inside * (80 + index % 90 + 25 * np.sin(distance / 5)) + 4 * noise
    file = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def _member(name: str, *, deflate: bool) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    return member


def _object_name(i: int) -> str:
    return f"bench_{i:07d}"


def _header() -> str:
    columns = {
        "object_id": "t", "object_lat": "f", "object_lon": "f", "object_date": "t",
        "object_time": "t", "object_depth_min": "f", "object_depth_max": "f",
        "object_annotation_status": "t", "object_annotation_category": "t", "img_file_name": "t",
        "img_rank": "f",
        **{f"object_{name}": "f" for name in number_names()},
        "sample_id": "t", "sample_tot_vol": "f", "acq_id": "t", "acq_sub_part": "f",
        "process_id": "t", "process_pixel": "f",
    }  # fmt: skip
    return "\t".join(columns) + "\n" + "\t".join(f"[{t}]" for t in columns.values()) + "\n"


def _line(drawn: Objects, sample: int, i: int, image: str) -> str:
    state = STATES[int(drawn.state[i])]
    name, day = _object_name(i), 1 + sample % 28
    cells = [
        name, f"{43 + sample % 50 * 0.1:.4f}", f"{7 + i % 100 * 0.01:.4f}", f"202405{day:02d}",
        f"{i // 60 % 24:02d}{i % 60:02d}00", f"{i % 2 * 40}", f"{i % 2 * 40 + 40}",
        state, taxon_name(int(drawn.told[i])) if state else "", f"{image}.jpg", "0",
        *map("{:.6g}".format, drawn.values[i].tolist()),
        f"bench_{sample:04d}", "250", f"bench_{sample:04d}_{i % 2}", "4",
        f"bench_{sample:04d}_{i % 2}", "10.6",
    ]  # fmt: skip
    return "\t".join(cells) + "\n"
