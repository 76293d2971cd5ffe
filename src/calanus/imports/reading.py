"""A package read from its first table to its last: what it would load, and all that is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

from calanus.imports import queries
from calanus.imports.headers import FreeColumns, Plan, read_headers
from calanus.imports.mistakes import Told, sorted_problems
from calanus.imports.names import Names
from calanus.imports.package import Package
from calanus.imports.register import Objects, Parents
from calanus.imports.rows import Complaints, Values, read_ranks, read_values
from calanus.imports.store import Images
from calanus.imports.types import ImportOrder, ImportProblem, Kind
from calanus.imports.update import Update
from calanus.kit.db import Connection
from calanus.kit.tsv import NotATable, Table, read
from calanus.projects.types import ProjectRow

Tell = Callable[[float, str], None]  # percent, doing what


@dataclass(frozen=True)
class NewObjects:
    """Some rows that make objects, and the acquisition (its place) of each."""

    values: Values
    acquisitions: list[int]


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
    update: Update | None = None  # of known objects, instead of new ones
    tables: list[str] = field(default_factory=list[str])
    rows: int = 0
    new: list[NewObjects] = field(default_factory=list[NewObjects])
    problems: list[ImportProblem] = field(default_factory=list[ImportProblem])
    infos: list[str] = field(default_factory=list[str])
    headers: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def read(self, tell: Tell) -> None:
        """Read every table that is not to be skipped."""
        found = self.package.tables()
        loaded = set(self.project.loaded_files) if self.order.skip_loaded_files else set[str]()
        self.tables = [name for name in found if name not in loaded]
        for place, name in enumerate(self.tables):
            tell(20 * place / len(self.tables), f"Reading {name}")
            self.read_table(name)
        self.problems += self.nothing_to_do(len(found))
        self.problems += [
            ImportProblem(Kind.BAD_PACKAGE, f"{unread_reason(name)}", name)
            for name in self.package.unread()
        ]

    def read_table(self, name: str) -> None:
        """Read one table, block by block."""
        told, before = Told(), len(self.problems)
        try:
            table = read(self.package.read(name))
            plan = self.plan(name, table)
            for block in table.blocks():
                self.rows += block.rows
                self.read_block(Complaints(name, block, told), plan)
        except NotATable as error:
            self.problems.append(ImportProblem(Kind.BAD_TABLE, f"{error}.", name, error.line))
        self.problems[before:] = told.complete(self.problems[before:])

    def plan(self, name: str, table: Table) -> Plan:
        """What will be read of a table."""
        self.headers[name] = table.headers
        plan, problems = read_headers(name, table.headers, table.types, self.columns)
        self.problems += problems
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
            self.problems += without_cut_rows(complaints)
            return
        ranks = read_ranks(complaints)
        if self.has_objects:
            unknown = self.objects.unknown(values.orig_ids)
            self.objects.learn(queries.existing(self.conn, self.project.project_id, unknown))
        made = self.objects.register(complaints, values.orig_ids, ranks)
        acquisitions = self.parents.register(complaints, plan, self.columns, made)
        if made:
            self.new.append(NewObjects(values.take(made), acquisitions))
        self.problems += without_cut_rows(complaints)

    def nothing_to_do(self, found: int) -> list[ImportProblem]:
        """A package without a single row is a mistake, whatever its reason."""
        if self.rows or any(problem.kind == Kind.BAD_TABLE for problem in self.problems):
            return []
        if not found:
            reason = "no file is called ecotaxa….tsv or ecotaxa….txt, in this very case of letters."
        elif not self.tables:
            reason = f"all {found} table(s) were loaded before, and skipping those was asked for."
        else:
            reason = f"the {len(self.tables)} table(s) hold headers and no row."
        return [ImportProblem(Kind.NOTHING, f"there is nothing to load: {reason}")]

    def everything_wrong(self, images: Images) -> list[ImportProblem]:
        """All problems, those of images included, in reading order."""
        wrong = [
            ImportProblem(
                Kind.BAD_IMAGE,
                f"“{row.name}” is {images.problems[row.member]}.",
                row.file,
                row.line,
                "img_file_name",
                row.name,
            )
            for row in self.objects.images
            if images.problems and row.member in images.problems
        ]
        problems = [*self.problems, *wrong]
        if problems:
            # Whoever mends the rest mends these too; alone, they are a question.
            problems += self.names.unknown_taxa()
        return sorted_problems(problems, self.tables, self.headers)

    def members(self) -> list[str]:
        """The files to store, each once, in the order of the rows."""
        return list(dict.fromkeys(row.member for row in self.objects.images if row.member))


def read_package(
    conn: Connection,
    package: Package,
    project: ProjectRow,
    order: ImportOrder,
    tell: Tell,
    update: Update | None = None,
) -> Reading:
    """Read a package for a project, as it is now."""
    reading = Reading(
        conn,
        package,
        project,
        order,
        update.columns if update else FreeColumns.of(project),
        Names(conn, order.answers, order.taxo_mappings),
        Parents(conn, project.project_id),
        Objects(package, skip_existing=order.skip_existing_objects),
        queries.has_objects(conn, project.project_id),
        update,
    )
    reading.read(tell)
    warn(reading)
    return reading


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
    placeless = sum(
        int((new.values.latitudes != new.values.latitudes).sum()) for new in reading.new
    )
    if placeless:
        reading.infos.append(f"{placeless:,} object(s) have no latitude.")


def without_cut_rows(complaints: Complaints) -> list[ImportProblem]:
    """Of a row with surplus cells only that is told: its other cells may have moved."""
    first, extra = complaints.block.first_line, complaints.block.extra
    return [
        problem
        for problem in complaints.found
        if problem.kind == Kind.EXTRA_CELLS or problem.line - first not in extra
    ]


def unread_reason(name: str) -> str:
    """Why a part of a package stops the import rather than being forgotten in silence."""
    if name.endswith(".zip"):
        return "archives inside an archive are not read; unpack it beside the tables."
    return "vignettes are not made yet; remove this file to import the images as they are."
