"""What the header lines of a table say: which columns are known, new, ignored or wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calanus.imports.types import ImportProblem, Kind
from calanus.imports.values import numbers
from calanus.kit.tsv import Block
from calanus.projects.types import ROOM, ProjectRow

KEY = "object_id"  # every row of every table fills this column
PREFIXES: Mapping[str, str] = {
    "object": "object",
    "sample": "sample",
    "acq": "acquisition",
    "process": "process",
}
KNOWN = frozenset(
    {
        "object_id",
        "object_lat",
        "object_lon",
        "object_date",
        "object_time",
        "object_depth_min",
        "object_depth_max",
        "object_link",
        "object_annotation_status",
        "object_annotation_category",
        "object_annotation_category_id",
        "object_annotation_date",
        "object_annotation_time",
        "object_annotation_person_name",
        "object_annotation_person_email",
        "complement_info",
        "img_file_name",
        "img_rank",
        "sample_id",
        "sample_dataportal_descriptor",
        "acq_id",
        "acq_instrument",
        "process_id",
    }
)
# What our own exports and EcoTaxa's add for the reader: importing it again would be circular.
IGNORED = frozenset({"object_annotation_hierarchy"})
INTERNAL_SIGN = "objid"  # an export with internal ids has this column, and these:
INTERNAL = frozenset(
    {
        "objid",
        "processid_internal",
        "acq_id_internal",
        "sample_id_internal",
        "classif_id",
        "classif_who",
        "classif_auto_id",
        "classif_auto_name",
        "classif_auto_score",
        "classif_auto_when",
        "object_random_value",
        "object_sunpos",
        "sample_lat",
        "sample_long",
    }
)
TYPES = {"[f]": "n", "[t]": "t"}


@dataclass
class FreeColumns:
    """The free columns of a project, as they grow while tables are read."""

    levels: dict[str, dict[str, str]]  # {"object": {"area": "n01"}, "sample": …}
    before: int = 0
    added: list[str] = field(default_factory=list[str])
    used: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])  # by a package

    @classmethod
    def of(cls, project: ProjectRow) -> "FreeColumns":
        """What the project has today."""
        levels = {
            "object": dict(project.object_columns),
            "sample": dict(project.sample_columns),
            "acquisition": dict(project.acquisition_columns),
            "process": dict(project.process_columns),
        }
        return cls(levels, before=sum(map(len, levels.values())))

    def place(self, level: str, name: str) -> str | None:
        """Where a free column is stored, if it exists."""
        return self.levels[level].get(name)

    def add(self, level: str, name: str, letter: str) -> bool:
        """A new column after the highest of its letter; holes are never filled."""
        taken = [int(code[1:]) for code in self.levels[level].values() if code[0] == letter]
        number = max(taken, default=0) + 1
        if number > ROOM[(level, letter)]:
            return False
        self.levels[level][name] = f"{letter}{number:02d}"
        self.added.append(name)
        return True

    def width(self, level: str, letter: str) -> int:
        """How many columns of a letter a row must hold."""
        codes = self.levels[level].values()
        return max((int(code[1:]) for code in codes if code[0] == letter), default=0)


@dataclass(frozen=True)
class Plan:
    """What will be read of one table: headers by level, beside those that everybody knows."""

    known: frozenset[str]
    free: dict[str, list[tuple[str, str]]]  # level → (header, name of the free column)

    def numbers(self, columns: FreeColumns) -> list[tuple[str, int]]:
        """Object columns of numbers: header and place (0 for n01)."""
        return self.objects(columns, "n")

    def texts(self, columns: FreeColumns) -> list[tuple[str, int]]:
        """Object columns of texts: header and place (0 for t01)."""
        return self.objects(columns, "t")

    def objects(self, columns: FreeColumns, letter: str) -> list[tuple[str, int]]:
        """Object columns of a letter."""
        found = columns.levels["object"]
        return [
            (header, int(found[name][1:]) - 1)
            for header, name in self.free["object"]
            if found[name][0] == letter
        ]

    def parents(self, columns: FreeColumns, level: str) -> list[tuple[str, int]]:
        """Columns of a parent: header and place (0 for t01)."""
        found = columns.levels[level]
        return [(header, int(found[name][1:]) - 1) for header, name in self.free[level]]


def guess_types(headers: Sequence[str], first: Block | None) -> dict[str, str]:
    """What the columns of a table without a line of types hold, by its first rows."""
    if first is None:
        return {}
    return {header: "[f]" if are_numbers(first.texts(header)) else "[t]" for header in headers}


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether all that is written is numbers; a column of nothing holds none."""
    values, bad = numbers(cells)
    return not bad and not np.isnan(values).all()


def read_headers(
    file: str, headers: Sequence[str], types: Mapping[str, str], columns: FreeColumns
) -> tuple[Plan, list[ImportProblem]]:
    """The plan of a table, and everything that is wrong with its headers."""
    ignored = IGNORED | (INTERNAL if INTERNAL_SIGN in headers else frozenset[str]())
    wanted = [h for h in dict.fromkeys(headers) if h not in ignored]
    plan = Plan(frozenset(wanted) & KNOWN, {level: [] for level in PREFIXES.values()})
    problems: list[ImportProblem] = []
    for header in wanted:
        problem = None if header in KNOWN else read_free(file, header, types, columns, plan)
        if problem:
            problems.append(problem)
    return plan, [*problems, *missing_ids(file, wanted)]


def read_free(
    file: str, header: str, types: Mapping[str, str], columns: FreeColumns, plan: Plan
) -> ImportProblem | None:
    """Plan a free column, new or known; or say what is wrong with it."""

    def wrong(kind: Kind, reason: str) -> ImportProblem:
        return ImportProblem(kind, reason, file, 1, header, header)

    prefix, underscore, name = header.partition("_")
    if not header:
        return wrong(
            Kind.NO_UNDERSCORE, "a column has no header; a tab may stand at the line's end."
        )
    if not underscore:
        return wrong(Kind.NO_UNDERSCORE, "a header is written prefix_name, with an underscore.")
    level = PREFIXES.get(prefix)
    if level is None or not name:
        prefixes = ", ".join(PREFIXES)
        return wrong(
            Kind.UNKNOWN_PREFIX, f"nothing is called that; a free column begins with {prefixes}."
        )
    if columns.place(level, name) is None:
        written = types.get(header, "")
        if level == "object" and written not in TYPES:
            return ImportProblem(
                Kind.BAD_TYPE,
                f"its type is “{written}”; the second line of a new column says [f] for numbers "
                "or [t] for text.",
                file,
                2,
                header,
                written,
            )
        letter = TYPES[written] if level == "object" else "t"
        if not columns.add(level, name, letter):
            most = ROOM[(level, letter)]
            return wrong(
                Kind.TOO_MANY_COLUMNS,
                f"a project holds at most {most} free columns of this kind; drop some.",
            )
    plan.free[level].append((header, name))
    columns.used.add((level, name))
    return None


def missing_ids(file: str, headers: Sequence[str]) -> list[ImportProblem]:
    """Columns of a sample, an acquisition … need to say of which one."""
    problems: list[ImportProblem] = []
    for prefix in PREFIXES:
        have = sorted(h for h in headers if h.startswith(f"{prefix}_"))
        wanted = f"{prefix}_id"
        if have and wanted not in have:
            names = ", ".join(have[:10])
            reason = f"the column is missing, and needed because of {names}."
            if len(headers) == 1 and ("," in names or ";" in names):
                reason = (
                    "the cells are separated by commas or semicolons: save the table with tabs."
                )
            problems.append(ImportProblem(Kind.NO_ID_COLUMN, reason, file, 1, wanted))
    return problems
