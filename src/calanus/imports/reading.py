"""A package read from its first table to its last: what it would load, and all that is wrong."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import numpy as np

from calanus.imports import queries
from calanus.imports.headers import KEY, FreeColumns, Plan, guess_types, read_headers
from calanus.imports.mistakes import Told
from calanus.imports.names import Names
from calanus.imports.package import Package
from calanus.imports.problems import Problems
from calanus.imports.register import Objects, Parents
from calanus.imports.rows import Complaints, read_ranks, read_values
from calanus.imports.spool import NewObjects, Spool
from calanus.imports.store import Images
from calanus.imports.types import ImportOrder, ImportProblem, Kind
from calanus.imports.update import Update
from calanus.kit import tsv
from calanus.kit.db import Connection
from calanus.kit.tsv import Block, Heads, NotATable, Table
from calanus.projects.types import ProjectRow

LARGE = 32 * 2**20  # bytes: a larger table is unpacked on the disk
NEARLY = (".tsv", ".csv", ".txt", ".xlsx", ".ods")  # what may be meant for a table
QUICK_FROM = 4 * 2**20  # bytes of all tables
UNMENDED = frozenset({Kind.NOTHING, Kind.ALREADY_LOADED})  # told of tables that nobody has to mend

Tell = Callable[[float, str], None]  # how much of the tables is read, from 0 to 1; doing what


@dataclass
class Reading:
    """What the tables of a package say, gathered table by table."""

    conn: Connection
    package: Package
    project: ProjectRow
    order: ImportOrder
    columns: FreeColumns
    names: Names
    parents: Parents
    objects: Objects
    has_objects: bool
    new: Spool
    problems: Problems
    folder: Path  # for what does not stay in memory
    update: Update | None = None  # of known objects, instead of new ones
    quick: bool = False
    tables: list[str] = field(default_factory=list[str])
    rows: int = 0
    placeless: int = 0  # new objects without latitude
    infos: list[str] = field(default_factory=list[str])

    def read(self, tell: Tell) -> None:
        """Read every table that is not to be skipped, to its end."""
        for _ in self.blocks(tell):
            pass

    def members(self, tell: Tell) -> Iterator[str]:
        """The files to store, each once, in the order of the rows: told while tables are read."""
        members, told = self.objects.images.members, 0
        for _ in self.blocks(tell):
            yield from members[told:]
            told = len(members)

    def blocks(self, tell: Tell) -> Iterator[None]:
        """Read every table that is not to be skipped; stop at each block of rows."""
        found = self.package.tables()
        loaded = set(self.project.loaded_files) if self.order.skip_loaded_files else set[str]()
        self.tables = self.problems.tables = [name for name in found if name not in loaded]
        sizes = [self.package.members[name].size for name in self.tables]
        self.quick = sum(sizes) > QUICK_FROM
        for place, name in enumerate(self.tables):
            for read in self.read_table(name):
                tell((sum(sizes[:place]) + read) / max(1, sum(sizes)), f"Reading {name}")
                yield
        self.problems.extend(self.nothing_to_do(len(found)))
        for name, reason in self.package.problems:
            self.problems.add(ImportProblem(Kind.BAD_PACKAGE, reason, name))
        self.infos += self.package.infos
        warn(self)

    def read_table(self, name: str) -> Iterator[int]:
        """Read one table, block by block; how many bytes of it are read."""
        told = Told()
        try:
            with self.opened(name) as file:
                table = self.cut(file)
                blocks = table.blocks()
                first = next(blocks, None)
                plan = self.plan(name, table.heads, first)
                for block in chain([first] if first else [], blocks):
                    self.rows += block.rows
                    self.read_block(Complaints(name, block, told), plan)
                    yield file.tell()
        except NotATable as error:
            self.problems.add(ImportProblem(Kind.BAD_TABLE, f"{error}.", name, error.line))
        self.problems.repeat(name, told)

    def opened(self, name: str) -> BinaryIO:
        """The content of a table: in memory, or on the disk when it is large."""
        if self.package.members[name].size < LARGE:
            return BytesIO(self.package.read(name))
        file = cast(BinaryIO, TemporaryFile(dir=self.folder))  # noqa: SIM115 (the caller closes it)
        self.package.copy(name, file)
        return file

    def cut(self, file: BinaryIO) -> Table:
        """A file as a table."""
        if not self.quick:
            return tsv.read(file, key=KEY)
        from calanus.kit import plain  # here: it brings polars along, for which small packages wait

        return plain.read(file, key=KEY)

    def plan(self, name: str, heads: Heads, first: Block | None) -> Plan:
        """What will be read of a table, whose first rows tell the types if no line does."""
        self.problems.headers[name] = heads.headers
        types, known = heads.types, len(self.columns.levels["object"])
        if heads.row:
            types = guess_types(heads.headers, first)
        plan, problems = read_headers(name, heads.headers, types, self.columns)
        self.problems.extend(problems)
        if heads.row and len(self.columns.levels["object"]) > known:
            self.infos.append(
                f"{name} has no second line of types: its new columns are numbers where its first "
                "rows hold nothing else, and texts elsewhere."
            )
        return plan

    def read_block(self, complaints: Complaints, plan: Plan) -> None:
        """Read some rows: their values, then which objects and parents they make."""
        for place, cells in complaints.block.extra.items():
            shown = ", ".join(repr(cell) for cell in cells[:5])
            reason = f"{len(cells)} cell(s) stand beyond the last header: {shown}."
            complaints.add(Kind.EXTRA_CELLS, place, "", "", reason)
        values = read_values(complaints, plan, self.columns, self.names)
        if self.update:
            self.update.read_block(complaints, plan, values)
            self.problems.extend(without_cut_rows(complaints))
            return
        ranks = read_ranks(complaints)
        if self.has_objects:
            unknown = self.objects.unknown(values.orig_ids)
            self.objects.learn(queries.existing(self.conn, self.project.project_id, unknown))
        made = self.objects.register(complaints, values.orig_ids, ranks)
        acquisitions = self.parents.register(complaints, plan, self.columns, made)
        if made:
            new = NewObjects(values.take(made), acquisitions)
            self.placeless += int(np.isnan(new.values.latitudes).sum())
            self.new.append(new)
        self.problems.extend(without_cut_rows(complaints))

    def nothing_to_do(self, found: int) -> list[ImportProblem]:
        """A package without a single row to load is a mistake, whatever its reason."""
        skipped = self.objects.skipped
        if self.rows > skipped or Kind.BAD_TABLE in self.problems.kinds:
            return []
        if skipped:
            reason = f"all {skipped:,} row(s) are in the project already; to change them, update."
        elif not found:
            reason = (
                "no file is called ecotaxa….tsv or ecotaxa….txt, in this very case of letters"
                f"{nearly_tables(self.package.members)}."
            )
        elif not self.tables:
            reason = f"all {found} table(s) were loaded before, and skipping those was asked for."
        else:
            reason = f"the {len(self.tables)} table(s) hold headers and no row."
        return [ImportProblem(Kind.NOTHING, f"there is nothing to load: {reason}")]

    def everything_wrong(self, images: Images) -> Problems:
        """All problems, those of images included, in reading order."""
        for row in self.objects.images.among(list(images.problems)):
            reason = f"“{row.name}” is {images.problems[row.member]}."
            self.problems.add(
                ImportProblem(Kind.BAD_IMAGE, reason, row.file, row.line, "img_file_name", row.name)
            )
        if self.problems.kinds - UNMENDED:
            # Whoever mends the tables mends these too; else they are a question.
            self.problems.extend(self.names.unknown_taxa())
        return self.problems


@contextmanager
def reading_of(
    conn: Connection,
    package: Package,
    project: ProjectRow,
    order: ImportOrder,
    *,
    folder: Path,
    update: Update | None = None,
) -> Generator[Reading]:
    """A package about to be read for a project; what is read waits on the disk, in the folder."""
    with Spool(folder) as spool, Problems(folder) as problems:
        yield Reading(
            conn,
            package,
            project,
            order,
            update.columns if update else FreeColumns.of(project),
            Names(conn, order.answers, order.taxo_mappings),
            Parents(conn, project.project_id),
            Objects(package, skip_existing=order.skip_existing_objects),
            queries.has_objects(conn, project.project_id),
            spool,
            problems,
            folder,
            update,
        )


def nearly_tables(names: Iterable[str]) -> str:
    """The files that may be tables under a wrong name, as the end of a sentence."""
    found = [name for name in names if name.lower().endswith(NEARLY)]
    return f" (there is {', '.join(found[:3])}{' …' if len(found) > 3 else ''})" if found else ""


def warn(reading: Reading) -> None:
    """What is allowed and may still surprise."""
    columns = reading.columns
    if columns.before and columns.added:
        names = ", ".join(columns.added[:20])
        reading.infos.append(f"New free columns in a project that had some already: {names}.")
    absent = [
        n
        for level, names in columns.levels.items()
        for n in names
        if (level, n) not in columns.used
    ]
    if absent and reading.rows:
        names = ", ".join(absent[:20]) + (" …" if len(absent) > 20 else "")
        reading.infos.append(
            f"Free columns of the project that this package does not tell: {names}."
        )
    if reading.objects.skipped:
        reading.infos.append(f"{reading.objects.skipped:,} row(s) were in the project already.")
    if reading.placeless:
        reading.infos.append(f"{reading.placeless:,} object(s) have no latitude.")


def without_cut_rows(complaints: Complaints) -> list[ImportProblem]:
    """Of a row with surplus cells only that is told: its other cells may have moved."""
    first, extra = complaints.block.first_line, complaints.block.extra
    return [
        problem
        for problem in complaints.found
        if problem.kind == Kind.EXTRA_CELLS or problem.line - first not in extra
    ]
