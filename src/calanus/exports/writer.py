"""A package being written: tables of objects, and their images, chunk by chunk into one zip."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import PurePosixPath

import numpy as np
import polars as pl

from calanus.exports import frames, queries
from calanus.exports.archive import Archive
from calanus.exports.frames import Ids, Reference
from calanus.exports.queries import Records
from calanus.exports.sheet import Sheet
from calanus.exports.source import Source
from calanus.exports.table import Column, Layout, columns_of
from calanus.exports.types import ExportImagesOptionsEnum, ExportSplitOptionsEnum, Format
from calanus.files.vault import Vault

CHUNK = 10_000  # objects in memory at a time
Progress = Callable[[float, str], None]


class Naming(StrEnum):
    """Where the images of a package lie."""

    TABLE = "table"  # in a folder named after their table, which stands beside it
    BACKUP = "backup"  # in one folder with their table, which can be imported by itself
    DOI = "doi"  # in a folder a taxon, named after their object


@dataclass(frozen=True)
class Package:
    """A zip of tables, and of images when wanted: how objects are parted and files named."""

    layout: Layout
    split_by: ExportSplitOptionsEnum = ExportSplitOptionsEnum.NONE
    images: ExportImagesOptionsEnum = ExportImagesOptionsEnum.NONE
    naming: Naming = Naming.TABLE
    format: Format = Format.TSV


@dataclass(frozen=True)
class Into:
    """Where an export goes, and who follows it."""

    archive: Archive
    vault: Vault  # where the images are
    base: str  # the archive's name without its suffix
    progress: Progress = lambda _percent, _doing: None


@dataclass
class Written:
    """What an export wrote."""

    rows: int = 0
    missing: list[str] = field(default_factory=list[str])  # images that the vault has lost


@dataclass
class Writer:
    """A package under way."""

    source: Source
    package: Package
    into: Into
    written: Written = field(default_factory=Written)
    done: int = 0
    tables: set[str] = field(default_factory=set[str])
    paths: set[int] = field(default_factory=set[int])  # hashes of the paths in this archive
    columns: list[Column] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = columns_of(self.package.layout)

    def write(self, objects: Records) -> Written:
        """Every table of these objects."""
        for value, ids in groups(objects, self.package.split_by, self.source.known):
            self.write_group(value or self.into.base, ids, of=len(objects))
        return self.written

    def write_group(self, value: str, ids: Ids, *, of: int) -> None:
        """One table, with the images of its objects; a table without any line is left out."""
        while value in self.tables:
            value += "_"
        self.tables.add(value)
        table = f"ecotaxa_{value}.tsv"
        path = f"{value}/{table}" if self.package.naming == Naming.BACKUP else table
        layout, format_ = self.package.layout, self.package.format
        with Sheet(self.into.archive, path, self.columns, layout, format_) as sheet:
            for start in range(0, len(ids), CHUNK):
                frame = self.lines(value, ids[start : start + CHUNK])
                sheet.add(frame)
                self.written.rows += len(frame)
                self.done += min(CHUNK, len(ids) - start)
                self.into.progress(100 * self.done / of, "Writing objects")

    def lines(self, value: str, ids: Ids) -> pl.DataFrame:
        """Some objects in their order, one line each, or one an image, which is stored."""
        order = np.argsort(ids, kind="stable")
        known = ids[order]
        frame = self.source.chunk(known)
        frame = frame.with_columns(pl.Series("place", order))
        if self.package.layout.images:
            frame = self.with_images(value, known, frame)
        return frame.sort("place", maintain_order=True)

    def with_images(self, value: str, ids: Ids, frame: pl.DataFrame) -> pl.DataFrame:
        """A line an image, in the order of objects and ranks; an object without image has none."""
        found = self.source.images(ids)
        if self.package.images == ExportImagesOptionsEnum.FIRST:
            found = [next(images) for _, images in groupby(found, attrgetter("object_id"))]
        lines = np.searchsorted(ids, np.array([image.object_id for image in found], np.int64))
        if self.package.naming == Naming.DOI:
            taxa = frame.select("taxon", "taxon_id")[lines].iter_rows()
            names = [
                self.stored(image, doi_name(image, *taxon))
                for image, taxon in zip(found, taxa, strict=True)
            ]
        else:
            names = [self.store(value, image) for image in found]
        ranks = [image.rank for image in found]
        return frame[lines].with_columns(
            pl.Series("img_file_name", names, pl.String), pl.Series("img_rank", ranks, pl.Int64)
        )

    def store(self, value: str, image: queries.ImageFile) -> str:
        """Store one image under a name that is still free; what its table says of it."""
        name = inside(image.file_name)
        alone = f"{image.rank}/{image.object_id}/{name}"
        cells = [name, f"{image.rank}/{name}", alone]
        cell = next((c for c in cells if hash(f"{value}/{c}") not in self.paths), alone)
        path = f"{value}/{cell}"
        self.paths.add(hash(path))
        self.stored(image, path)
        return cell if self.package.naming == Naming.BACKUP else path

    def stored(self, image: queries.ImageFile, path: str) -> str:
        """Store one image, unless images are only named; its path."""
        if self.package.images == ExportImagesOptionsEnum.NONE:
            return path
        try:
            place = self.source.pack_of(image)
            data = self.into.vault.read(place, image.position, image.length)
            self.into.archive.store(path, data)
        except OSError as error:
            self.written.missing.append(f"{path}: {error.strerror or error}")
        return path


def doi_name(image: queries.ImageFile, taxon: str, taxon_id: int) -> str:
    """Where an image lies in a package that is published: by taxon, named after its object."""
    folder = f"{plain(taxon)}__{taxon_id}" if taxon_id else "NoCategory"
    suffix = PurePosixPath(image.file_name).suffix.lower()
    return f"images/{folder}/{image.object_id}_{image.rank}{suffix}"


def plain(name: str) -> str:
    """A name of a taxon as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9 .\-()]", "_", name)


def groups(
    objects: Records, split_by: ExportSplitOptionsEnum, known: Reference
) -> Iterator[tuple[str, Ids]]:
    """Objects parted by name, the names in order; unsplit, by sample in one part without name."""
    shared, name, key = {
        ExportSplitOptionsEnum.ACQUISITION: (known.acquisitions, "acquisition", "acquisition_id"),
        ExportSplitOptionsEnum.TAXON: (known.taxa, "taxon", "taxon_id"),
    }.get(split_by, (known.samples, "sample", "sample_id"))
    names = frames.gather(shared.select("id", name), objects[key]).to_series().to_numpy()
    values, rank = np.unique(names.astype(str), return_inverse=True)
    order = np.lexsort((objects["object_id"], rank))
    ids = objects["object_id"][order].astype(np.int64)
    if split_by == ExportSplitOptionsEnum.NONE:
        yield "", ids
        return
    ends = np.searchsorted(rank[order], np.arange(1, len(values)))
    for value, part in zip(values.tolist(), np.split(ids, ends), strict=False):
        yield file_value(value, split_by), part


def file_value(value: str, split_by: ExportSplitOptionsEnum) -> str:
    """A name of a sample, acquisition or taxon as part of a file's name."""
    if split_by == ExportSplitOptionsEnum.TAXON:
        return plain(value or "None")
    return re.sub(r"[/\\\x00-\x1f]|^\.+$", "_", value) or "_"


def inside(name: str) -> str:
    """The path of an image, confined to its folder."""
    if "/" not in name and name not in ("", ".", ".."):
        return name
    parts = [part for part in PurePosixPath(name).parts if part not in ("..", ".", "/")]
    return "/".join(parts) or "_"
