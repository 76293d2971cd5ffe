"""Summaries: how many objects, how dense, how voluminous, by sample, state and taxon."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calanus.exports import quantities, queries, recast
from calanus.exports.quantities import Cells, Warn, counted, formulas_of, measured
from calanus.exports.queries import sums
from calanus.exports.summary import Names, Row, Sums
from calanus.exports.summary import recast as recast_cells
from calanus.exports.types import (
    BadExport,
    Quantity,
    Recast,
    RecastOperation,
    RecastTarget,
    SummaryExportReq,
)
from calanus.exports.types import SummaryExportSumOptionsEnum as By
from calanus.kit.arithmetic import Formula
from calanus.kit.db import Connection
from calanus.objects.filters import ProjectFilters, Where
from calanus.objects.service import seen_by
from calanus.projects import formulae
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.users.types import User

EXAMPLES = 6
CODES = {
    Quantity.ABUNDANCE: "ABO",
    Quantity.CONCENTRATION: "CNC",
    Quantity.BIOVOLUME: "BIV",
}


@dataclass(frozen=True)
class Wanted:
    """Which objects are summed, how, and for whom."""

    request: SummaryExportReq
    filters: ProjectFilters
    by: User
    warn: Warn
    recasts: bool = True  # the deprecated export writes taxa as they are


@dataclass(frozen=True)
class Tried:
    """A formula tried on some objects: what is wrong with it, or its values."""

    name: str
    text: str
    unit: str
    error: str | None = None
    values: list[float] = field(default_factory=list[float])


@dataclass(frozen=True)
class Trial:
    """The formulae of a project tried on one object of each of its first acquisitions."""

    variables: list[Tried]
    quantities: dict[Quantity, list[float]]  # of these objects, if alone in their sample
    objects: list[tuple[int, str, str]]  # id, name, sample
    warnings: list[str]


def kind(request: SummaryExportReq) -> str:
    """What the file of a summary is called after."""
    return "-".join([CODES[quantity] for quantity in request.quantities()])


def check(projects: Iterable[Project], request: SummaryExportReq) -> None:
    """Pass if each project can be summed.

    Raises:
        BadExport: a formula is missing, cannot be read, or names what its project has not.
    """
    for project in projects:
        formulas_of(project, request.formulae, request.quantities())


def write(conn: Connection, projects: Sequence[Project], wanted: Wanted, path: Path) -> int:
    """Write a summary of projects; how many lines."""
    table = summarised(conn, projects, wanted)
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, delimiter="\t", lineterminator="\n")
        lines.writerow(table.header())
        count = 0
        for row in table.rows():
            lines.writerow(row)
            count += 1
    return count


def summarised(conn: Connection, projects: Sequence[Project], wanted: Wanted) -> Sums:
    """The sums of projects, each by its own formulae and its own recast."""
    request = wanted.request
    table = Sums(request.summarise_by, request.quantities())
    shared = shared_samples(conn, projects)
    if shared:
        wanted.warn(
            "Samples of several projects have the same name; here their names begin with the "
            f"number of the project: {', '.join(sorted(shared)[:10])}."
        )
    anything = wanted.filters.model_copy(update={"taxo": None, "taxochild": None})
    for project in projects:
        formulas = formulas_of(project, request.formulae, request.quantities())
        chosen = seen_by(project, wanted.filters, wanted.by)
        warn = named(wanted.warn, project, projects)
        cells = measured(conn, project, chosen, formulas, request.quantities(), warn=warn)
        everything = cells
        if request.summarise_by != By.NONE and wanted.filters.given().keys() & {"taxo"}:
            everything = counted(conn, project, seen_by(project, anything, wanted.by))
        moves = recast_for(conn, project, request) if wanted.recasts else None
        moved = recast_cells(cells, moves)
        names = names_of(conn, project, moved, shared)
        table.add(moved, names)
        table.look_at(everything, names)
    return table


def named(warn: Warn, project: Project, projects: Sequence[Project]) -> Warn:
    """Warnings that say of which of several projects they are."""
    if len(projects) == 1:
        return warn
    return lambda sentence: warn(f"Project {project.project_id}: {sentence}")


def recast_for(conn: Connection, project: Project, request: SummaryExportReq) -> Recast | None:
    """How taxa are written: by the collection's recast, else by that of the project."""
    if request.collection_id is not None:
        target = RecastTarget(request.collection_id, is_collection=True)
        return recast.recast_of(conn, target, RecastOperation.COLLECTION_EXPORT)
    target = RecastTarget(project.project_id)
    return recast.recast_of(conn, target, RecastOperation.PROJECT_EXPORT)


def shared_samples(conn: Connection, projects: Sequence[Project]) -> set[str]:
    """Names that samples of several of these projects bear."""
    if len(projects) == 1:
        return set()
    found = Counter(
        name
        for project in projects
        for name in {row[1] for row in queries.samples(conn, project.project_id)}
    )
    return {name for name, bearers in found.items() if bearers > 1}


def names_of(conn: Connection, project: Project, cells: Cells, shared: set[str]) -> Names:
    """What is written for the ids of a project; a name borne by several projects tells which."""
    samples = {
        row[0]: f"{project.project_id}_{row[1]}" if row[1] in shared else row[1]
        for row in queries.samples(conn, project.project_id)
    }
    acquisitions = {row[0]: row[1] for row in queries.acquisitions(conn, project.project_id)}
    taxa = taxon_names(conn, np.unique(cells.taxon_ids).tolist())
    return Names(samples, acquisitions, taxa)


# --- The deprecated summary ----------------------------------------------------------------------

OLD_HEADERS = {
    By.NONE: ["display_name", "nbr"],
    By.SAMPLE: ["sample_id", "latitude", "longitude", "date", "display_name", "nbr"],
    By.ACQUISITION: ["sample_id", "acquis_id", "display_name", "nbr"],
}


def write_old(conn: Connection, projects: Sequence[Project], wanted: Wanted, path: Path) -> int:
    """Write how many objects of each taxon there are, without zeros and states (contract 3.6)."""
    by = wanted.request.summarise_by
    totals: dict[Row, int] = {}
    days: dict[Row, Any] = {}
    for key, line in (found for p in projects for found in old_lines(conn, p, wanted)):
        totals[key] = totals.get(key, 0) + line.objects
        if line.last_day is not None:
            days[key] = max(line.last_day, days.get(key, line.last_day))
    rows = [
        (*key[:3], shown(days.get(key)), key[3], n) if by == By.SAMPLE else (*key, n)
        for key, n in totals.items()
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, delimiter="\t", lineterminator="\n")
        lines.writerow(OLD_HEADERS[by])
        lines.writerows(sorted(rows, key=sortable))
    return len(rows)


def old_lines(
    conn: Connection, project: Project, wanted: Wanted
) -> Iterator[tuple[Row, sums.TaxonDay]]:
    """The objects of a project by what their lines are written under."""
    chosen = seen_by(project, wanted.filters, wanted.by)
    found = sums.taxon_days(conn, project.project_id, chosen)
    samples = {row[0]: row for row in queries.samples(conn, project.project_id)}
    acquisitions = {row[0]: row[1] for row in queries.acquisitions(conn, project.project_id)}
    taxa = taxon_names(conn, {line.taxon_id for line in found})
    for line in found:
        _, name, _, latitude, longitude, _ = samples[line.sample_id]
        unit: dict[By, Row] = {
            By.NONE: (),
            By.SAMPLE: (name, shown(latitude), shown(longitude)),
            By.ACQUISITION: (name, acquisitions[line.acquisition_id]),
        }
        yield (*unit[wanted.request.summarise_by], taxa.get(line.taxon_id, "")), line


def taxon_names(conn: Connection, ids: Iterable[int]) -> dict[int, str]:
    """What taxa are called; none (0) has no name."""
    return {0: "", **{int(t.taxon_id): t.display_name for t in taxonomy.find_many(conn, ids)}}


def shown(value: Any) -> str:
    """A cell; nothing for nothing."""
    return "" if value is None else str(value)


def sortable(row: Row) -> list[tuple[float, str]]:
    """Columns from left to right, numbers by value."""
    return [(float(c), "") if isinstance(c, int | float) else (0.0, c) for c in row]


# --- Trying formulae -----------------------------------------------------------------------------


def try_formulae(conn: Connection, project: Project, given: Mapping[str, str]) -> Trial:
    """What formulae give for some objects, before an export relies on them."""
    objects = sums.examples(conn, project.project_id, EXAMPLES)
    wanted = Where("o.object_id = ANY(%(few)s)", {"few": [line[0] for line in objects]})
    texts = {**formulae.variables(project.formulae), **given}
    warnings: list[str] = []
    good: dict[str, Formula] = {}
    tried: list[Tried] = []
    for name, unit in formulae.VARIABLES.items():
        text = (texts.get(name) or "").strip()
        try:
            good |= {name: quantities.formula_of(project, name, text)} if text else {}
        except BadExport as error:
            tried.append(Tried(name, text, unit, str(error).removeprefix(f"{name}: ")))
        else:
            tried.append(Tried(name, text, unit))
    try:
        values, _ = quantities.variables_of(conn, project, wanted, good, warn=warnings.append)
    except BadExport as error:
        return Trial(tried, {}, objects, [str(error)])
    shown_ = [
        Tried(t.name, t.text, t.unit, t.error, values[t.name].tolist()) if t.name in values else t
        for t in tried
    ]
    sums_ = {
        quantity: quantities.quantity_of(quantity, values, len(objects)).tolist()
        for quantity, needed in quantities.NEEDED.items()
        if needed and set(needed) <= set(values)
    }
    return Trial(shown_, sums_, objects, warnings)
