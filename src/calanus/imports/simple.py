"""A form filled in once for many images (contract 2.15): a table of one row, checked as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from calanus.imports import queries
from calanus.imports.headers import FreeColumns, Plan
from calanus.imports.names import Names
from calanus.imports.rows import Complaints, Values, read_values
from calanus.imports.types import Answers
from calanus.imports.values import rendered, whole
from calanus.kit.db import Connection
from calanus.kit.tsv import Block
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.types import TaxonStatus

# What a field is called on the wire, and the column of a table that means the same.
COLUMNS: Mapping[str, str] = {
    "imgdate": "object_date",
    "imgtime": "object_time",
    "latitude": "object_lat",
    "longitude": "object_lon",
    "depthmin": "object_depth_min",
    "depthmax": "object_depth_max",
    "taxolb": "object_annotation_category_id",
    "userlb": "object_annotation_person_name",
    "datelb": "object_annotation_date",
    "status": "object_annotation_status",
}
IDENTIFICATION = ("taxolb", "userlb", "datelb", "status")  # all of them, or none
STATES: Mapping[str, str] = {"P": "predicted", "V": "validated", "D": "dubious"}
LONGEST = 250


@dataclass
class Form:
    """What a form says of every image, and what is wrong with it, by field."""

    said: Values  # one row
    wrong: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def errors(self) -> list[str]:
        """One sentence a field, which it begins with."""
        order = [*COLUMNS, *self.wrong]
        return [f"{name}: {self.wrong[name]}" for name in sorted(self.wrong, key=order.index)]

    def of_images(
        self,
        orig_ids: list[str],
        taxa: Sequence[int | None],
        numbers: NDArray[np.float64],
        number_places: list[int],
    ) -> Values:
        """The same for many images; the taxon of its folder, where one has any, goes before."""
        rows = self.said.take([0] * len(orig_ids))
        [taxon], [state] = self.said.taxa, self.said.states
        return replace(
            rows,
            orig_ids=orig_ids,
            taxa=[own if own is not None else taxon for own in taxa],
            states=[state or ("V" if own is not None else None) for own in taxa],
            numbers=numbers,
            number_places=number_places,
        )


def read_form(conn: Connection, given: Mapping[str, str]) -> Form:
    """What the fields mean; an empty one says nothing."""
    filled = {name: text.strip() for name, text in given.items() if text.strip()}
    wrong = unknown_fields(filled)
    wrong |= missing_fields(filled)
    people = whole_ids(filled, wrong)
    row = {COLUMNS[name]: [text] for name, text in filled.items() if name not in wrong}
    row.pop(COLUMNS["userlb"], None)
    if "status" in filled:
        row[COLUMNS["status"]] = [STATES.get(filled["status"].upper(), filled["status"])]
    if wrong.keys() & set(IDENTIFICATION):  # what is wrong with one would be told of all
        for name in ("taxolb", "status"):
            row.pop(COLUMNS[name], None)
    complaints = Complaints("", Block(0, 1, row))
    nothing = Plan(frozenset(), {"object": []})
    said = read_values(complaints, nothing, FreeColumns({"object": {}}), Names(conn, Answers()))
    fields = {column: name for name, column in COLUMNS.items()}
    wrong |= {fields[problem.column]: problem.reason for problem in complaints.found}
    wrong |= unknown_ids(conn, filled, people, wrong)
    return Form(replace(said, people=[people]), wrong)


def unknown_fields(filled: Mapping[str, str]) -> dict[str, str]:
    """Names that mean nothing, texts that mean nothing any more, and states there are not."""
    names = ", ".join(COLUMNS)
    wrong = {
        name[:LONGEST]: f"no field is called that; there are {names}."
        for name in filled
        if name not in COLUMNS
    }
    for name, text in filled.items():
        if name in COLUMNS and len(text) > LONGEST:
            wrong[name] = f"the text has {len(text)} characters; {LONGEST} are read at most."
    status = filled.get("status", "")
    if status and status.upper() not in STATES:
        wrong["status"] = f"{rendered(status)} is no state: P predicted, V validated, D dubious."
    return wrong


def missing_fields(filled: Mapping[str, str]) -> dict[str, str]:
    """An identification is a taxon, who gave it, when, and how sure that is; or nothing."""
    given = [name for name in IDENTIFICATION if name in filled]
    if not given:
        return {}
    reason = f"is missing: {', '.join(IDENTIFICATION)} go together, all or none."
    return {name: reason for name in IDENTIFICATION if name not in filled}


def whole_ids(filled: Mapping[str, str], wrong: dict[str, str]) -> int | None:
    """The number of the person; what is no number of a taxon or of a person is noted."""
    people: int | None = None
    for name, what in (("taxolb", "a taxon"), ("userlb", "a person")):
        if name in filled and name not in wrong:
            try:
                number = whole(filled[name])
            except ValueError:
                wrong[name] = f"{rendered(filled[name])} is not the number of {what}."
                continue
            people = number if name == "userlb" else people
    return people


def unknown_ids(
    conn: Connection, filled: Mapping[str, str], person: int | None, wrong: Mapping[str, str]
) -> dict[str, str]:
    """A person who is not there, and a taxon that is no longer given."""
    found: dict[str, str] = {}
    if person is not None and not queries.existing_users(conn, [person]):
        found["userlb"] = f"there is no person {person}."
    if "taxolb" in filled and "taxolb" not in wrong:
        for taxon in taxonomy.find_many(conn, [whole(filled["taxolb"])]):
            if taxon.status == TaxonStatus.DEPRECATED:
                instead = f"; use {taxon.rename_to} instead" if taxon.rename_to else ""
                found["taxolb"] = f"the taxon {taxon.display_name} is deprecated{instead}."
    return found
