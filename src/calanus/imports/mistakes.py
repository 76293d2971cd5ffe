"""What is wrong with a package, in the order in which a person mends it; and the list to keep."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from calanus.imports.types import ImportProblem, Kind

LIST = "errors.tsv"  # in the folder of a job
COLUMNS = ("kind", "file", "line", "column", "value", "more_lines", "sentence")
# Within a row: cells in the order of their headers, then in this order.
ORDER: Mapping[Kind, int] = {
    Kind.NO_OBJECT_ID: 1,
    Kind.NO_IMAGE: 2,
    Kind.BAD_IMAGE: 2,
    Kind.DUPLICATE: 3,
    Kind.ALREADY_LOADED: 3,
    Kind.TWO_SAMPLES: 4,
    Kind.STATUS_WITHOUT_TAXON: 5,
    Kind.TAXON_WITHOUT_STATUS: 5,
    Kind.UNKNOWN_TAXON: 6,
}
MOST_HEADERS = 100_000  # in a table
Same = tuple[Kind, str, str]  # kind, column, value


@dataclass
class Told:
    """What was told of a table already: a bad value is told once, with how often it returns."""

    again: Counter[Same] = field(default_factory=Counter[Same])
    rows: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """The first line of each object with an image, where nobody else remembers it."""

    def first(self, same: Same) -> bool:
        """Whether this is told for the first time; a repetition is counted."""
        known = same in self.again
        self.again[same] += known
        return not known


def place_in_row(problem: ImportProblem, headers: Mapping[str, Sequence[str]]) -> int:
    """Where a problem is told among those of its row: cells by their headers come first."""
    stage = ORDER.get(problem.kind, 0)
    if stage:
        return MOST_HEADERS + stage
    names = headers.get(problem.file, ())
    return names.index(problem.column) if problem.column in names else MOST_HEADERS


def by_kind(problems: Iterable[ImportProblem]) -> dict[str, int]:
    """How many there are of each kind, the most frequent first."""
    return dict(Counter(problem.kind.value for problem in problems).most_common())


def write_list(folder: Path, problems: Iterable[ImportProblem]) -> None:
    """All of them as a table, for who mends them with a program."""
    with (folder / LIST).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            [p.kind.value, p.file, p.line or "", p.column, p.value, p.more or "", p.sentence]
            for p in problems
        )
