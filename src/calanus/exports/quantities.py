"""Quantities of objects: how many, how many a cubic metre, how much volume a cubic metre.

    CNC  1 / subsample_coef / total_water_volume                   (individuals per m³)
    BIV  individual_volume / subsample_coef / total_water_volume   (mm³ per m³)

The three variables are formulae of the project, over `sam.` (samples), `ssm.` (acquisitions and
processes) and `obj.` (objects); a request may bring its own. Source: EcoTaxa's exports.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calanus.exports import queries
from calanus.exports.queries import Records, sums
from calanus.exports.types import BadExport, Quantity
from calanus.kit.arithmetic import BadFormula, Formula, evaluate
from calanus.kit.db import Connection
from calanus.objects.filters import Where
from calanus.projects import formulae
from calanus.projects.types import Project

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
Warn = Callable[[str], None]
NEEDED: Mapping[Quantity, tuple[str, ...]] = {
    Quantity.ABUNDANCE: (),
    Quantity.CONCENTRATION: ("subsample_coef", "total_water_volume"),
    Quantity.BIOVOLUME: ("individual_volume", "subsample_coef", "total_water_volume"),
}
DIVISORS = ("subsample_coef", "total_water_volume")
FINE, MISSING, NO_NUMBER = range(3)
WHY = {MISSING: "{} is missing", NO_NUMBER: "{} is no number"}


@dataclass(frozen=True)
class Place:
    """Where a name of a formula is stored."""

    level: str  # sample, acquisition, process, object
    code: str  # n01, t01


@dataclass(frozen=True)
class Column:
    """A name of a formula, row by row, and why a value is NaN."""

    values: Floats
    why: NDArray[np.int8]


@dataclass(frozen=True)
class Cells:
    """What is summed: objects, or groups of objects, where they are, and their quantities."""

    sample_ids: Ids
    acquisition_ids: Ids
    taxon_ids: Ids  # 0: none
    states: Ids  # codes of letters, 0: none
    values: Sequence[Floats | Ids]  # one array a quantity


def formulas_of(
    project: Project, given: Mapping[str, str], quantities: Iterable[Quantity]
) -> dict[str, Formula]:
    """The formulae that quantities need: those given, else the project's.

    Raises:
        BadExport: one is unknown, missing, cannot be read, or names what the project has not.
    """
    unknown = sorted(set(given) - set(formulae.VARIABLES))
    if unknown:
        names = ", ".join(formulae.VARIABLES)
        raise BadExport(f"There is no variable {', '.join(unknown)}; there are {names}.")
    stored = formulae.variables(project.formulae)
    found: dict[str, Formula] = {}
    for name in dict.fromkeys(name for q in quantities for name in NEEDED[q]):
        text = given.get(name, "").strip() or stored[name]
        if not text:
            raise BadExport(
                f"Project {project.project_id} has no formula for {name} "
                f"({formulae.VARIABLES[name]}): write one on its page of exports, or send one with "
                f"the request. The usual one is {formulae.DEFAULTS[name]}"
            )
        found[name] = formula_of(project, name, text)
    return found


def formula_of(project: Project, name: str, text: str) -> Formula:
    """A formula whose names the project has.

    Raises:
        BadExport: it cannot be read, or a name is unknown or ambiguous.
    """
    try:
        formula = formulae.parsed(name, text)
    except BadFormula as error:
        raise BadExport(str(error)) from None
    for column in sorted(formula.names):
        place(project, name, column)
    return formula


def place(project: Project, variable: str, name: str) -> Place:
    """Where a name of a formula is stored."""
    prefix, _, column = name.partition(".")
    levels = {
        "sam": {"sample": project.sample_columns},
        "ssm": {"acquisition": project.acquisition_columns, "process": project.process_columns},
        "obj": {"object": project.object_columns},
    }[prefix]
    found = [
        Place(level, columns[column]) for level, columns in levels.items() if column in columns
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadExport(
            f"{variable}: in project {project.project_id} “{name}” may be of the acquisition or of "
            "the process, which both have such a column; write the number itself, or rename one."
        )
    known = [f"{prefix}.{c}" for columns in levels.values() for c in columns if c.isidentifier()]
    shown = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    raise BadExport(
        f"{variable}: project {project.project_id} has no “{name}”; "
        + (f"it has {shown}." if known else f"it has no free column there ({', '.join(levels)}).")
    )


def counted(conn: Connection, project: Project, wanted: Where) -> Cells:
    """The objects of a filter, counted."""
    rows = np.array(sums.groups(conn, project.project_id, wanted), np.int64).reshape(-1, 5)
    return Cells(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], [rows[:, 4]])


def measured(
    conn: Connection,
    project: Project,
    wanted: Where,
    formulas: Mapping[str, Formula],
    quantities: Sequence[Quantity],
    *,
    warn: Warn,
) -> Cells:
    """The objects of a filter, with their quantities."""
    if list(quantities) == [Quantity.ABUNDANCE]:
        return counted(conn, project, wanted)
    variables, objects = variables_of(conn, project, wanted, formulas, warn=warn)
    return Cells(
        objects["sample_id"].astype(np.int64),
        objects["acquisition_id"].astype(np.int64),
        objects["taxon_id"].astype(np.int64),
        objects["state"].astype(np.int64),
        [quantity_of(q, variables, len(objects)) for q in quantities],
    )


def quantity_of(quantity: Quantity, variables: Mapping[str, Floats], rows: int) -> Floats:
    """One quantity of each object; NaN where a variable has no value, or a divisor is zero."""
    if quantity == Quantity.ABUNDANCE:
        return np.ones(rows)
    volume = variables["individual_volume"] if quantity == Quantity.BIOVOLUME else np.ones(rows)
    return volume / variables["subsample_coef"] / variables["total_water_volume"]


def variables_of(
    conn: Connection,
    project: Project,
    wanted: Where,
    formulas: Mapping[str, Formula],
    *,
    warn: Warn,
) -> tuple[dict[str, Floats], Records]:
    """The variables of each object of a filter, a zero divisor being NaN; and these objects."""
    names = sorted({name for formula in formulas.values() for name in formula.names})
    places = {name: place(project, "", name) for name in names}
    codes = sorted({int(p.code[1:]) for p in places.values() if p.code[0] == "n"})
    objects = sums.numbers(conn, project.project_id, wanted, codes)
    columns = {name: column(conn, project, wanted, objects, at) for name, at in places.items()}
    values = {name: found.values for name, found in columns.items()}
    variables: dict[str, Floats] = {}
    for name, formula in formulas.items():
        used = {n: values[n] for n in formula.names}
        done = evaluate(formula, used)
        result = np.broadcast_to(done.values, len(objects)).copy()
        reasons = {
            WHY[why].format(n): columns[n].why == why for n in sorted(formula.names) for why in WHY
        }
        reasons |= done.failed
        if name in DIVISORS:
            reasons["it is zero"] = result == 0
            result[result == 0] = np.nan
        variables[name] = result
        tell(name, np.isnan(result), reasons, objects, warn)
    return variables, objects


def tell(
    name: str,
    without: NDArray[np.bool_],
    reasons: Mapping[str, NDArray[np.bool_]],
    objects: Records,
    warn: Warn,
) -> None:
    """Say for how many objects a variable has no value, and why, with the first of each."""
    if not without.any():
        return
    found = {why: where & without for why, where in reasons.items() if (where & without).any()}
    told = [
        f"{why} for {int(where.sum()):,} (the first: object {objects['object_id'][where][0]}, "
        f"sample {objects['sample_id'][where][0]})"
        for why, where in found.items()
    ]
    because = ": " + "; ".join(told) if told else ""
    warn(
        f"{name} has no value for {int(without.sum()):,} of {len(without):,} objects{because}. "
        "Sums with them are nan."
    )


def column(
    conn: Connection, project: Project, wanted: Where, objects: Records, at: Place
) -> Column:
    """One name of a formula, for each object."""
    index = int(at.code[1:])
    if at.level == "object" and at.code[0] == "n":
        values = objects[f"n{index}"].astype(np.float64)
        return Column(values, np.where(np.isnan(values), MISSING, FINE).astype(np.int8))
    if at.level == "object":
        found = sums.texts(conn, project.project_id, wanted, index)
        return read_texts([text for (text,) in found])
    if at.level == "sample":
        rows = [(row[0], row[5]) for row in queries.samples(conn, project.project_id)]
        ids = objects["sample_id"]
    else:
        texts = {"acquisition": 3, "process": 5}[at.level]
        rows = [(row[0], row[texts]) for row in queries.acquisitions(conn, project.project_id)]
        ids = objects["acquisition_id"]
    known = read_texts([row[1][index - 1] if index <= len(row[1]) else None for row in rows])
    lines = np.searchsorted(np.array([row[0] for row in rows], np.int64), ids.astype(np.int64))
    return Column(known.values[lines], known.why[lines])


def read_texts(texts: Sequence[str | None]) -> Column:
    """Texts as numbers; what is none is NaN."""
    values, why = np.full(len(texts), np.nan), np.zeros(len(texts), np.int8)
    for i, text in enumerate(texts):
        try:
            values[i] = float(text or "nan")
        except ValueError:
            why[i] = NO_NUMBER
    why[np.isnan(values) & (why == FINE)] = MISSING
    return Column(values, why)
