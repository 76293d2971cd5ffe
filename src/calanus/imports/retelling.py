"""Identifications that a table tells of known objects, compared with those they have."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, NamedTuple

import numpy as np

from calanus.annotation import service as annotation
from calanus.imports.headers import Plan
from calanus.imports.rows import Values
from calanus.imports.types import Acting, Erased, Outcome
from calanus.kit import copy
from calanus.kit.db import Connection

STATUS = "object_annotation_status"
PERSON = "object_annotation_person_name"
DAY = "object_annotation_date"
SECOND = 1_000_000  # microseconds
HUMAN = ("V", "D")


@dataclass(frozen=True)
class Where:
    """Where rows stand."""

    file: str
    lines: list[int]


class Told(NamedTuple):
    """An identification: what, in which state, by whom and when (microseconds from 1970)."""

    taxon: int | None
    state: str | None
    person: int | None
    at: int | None


NOTHING = Told(None, None, None, None)


def retell(  # noqa: PLR0913 (a block of rows, and the world it is compared with)
    conn: Connection,
    rows: list[Any],
    values: Values,
    plan: Plan,
    where: Where,
    acting: Acting,
    outcome: Outcome,
    log: Callable[[str, str], None],
) -> None:
    """Keep aside the identifications that differ from those that objects have."""
    now = int(np.datetime64(acting.at.astimezone(UTC).replace(tzinfo=None), "us").astype(np.int64))
    importing = Told(None, None, int(acting.user.user_id), now)
    told = told_of(values, plan)
    changed: list[tuple[Any, Told]] = []
    for place, (row, said) in enumerate(zip(rows, told, strict=True)):
        before = Told(row.taxon_id, row.state, row.annotator_id, row.identified_at)
        if STATUS not in plan.known:
            said = Told(before.taxon, before.state, said.person, said.at)
        after = becomes(before, said, importing)
        if after != before:
            changed.append((row, after))
            log("Updating identification of {}", row.orig_id)
            if after == NOTHING:
                taxon = str(before.taxon)
                outcome.erase(
                    Erased(where.file, where.lines[place], row.orig_id, STATUS, f"taxon {taxon}")
                )
    if changed:
        stage(conn, changed)


def told_of(values: Values, plan: Plan) -> list[Told]:
    """What the rows say; names that nobody knows yet say nothing."""
    moments = values.identified.astype("datetime64[us]")
    unsaid = np.isnat(moments).tolist()
    at = moments.astype(np.int64).tolist()
    return [
        Told(
            taxon if isinstance(taxon, int) else None,
            state,
            person if isinstance(person, int) and PERSON in plan.known else None,
            None if nothing or DAY not in plan.known else moment,
        )
        for taxon, state, person, nothing, moment in zip(
            values.taxa, values.states, values.people, unsaid, at, strict=True
        )
    ]


def becomes(before: Told, said: Told, importing: Told) -> Told:
    """What an identification becomes.

    A prediction has no author and is as old as this import. Author and moment of a person's
    identification are those that are told. Untold, they stay while taxon and state stay; else they
    are those of the import. A moment less than a second before the one we have is the same:
    tables know no fractions.
    """
    if said.state is None:
        return NOTHING
    moved = (said.taxon, said.state) != (before.taxon, before.state)
    if said.state == "P":
        return Told(said.taxon, "P", None, importing.at) if moved else before
    default = NOTHING if said.state not in HUMAN else importing
    person = said.person or (default.person if moved or before.person is None else before.person)
    kept = not moved and person == before.person
    at = said.at
    if at is None:
        at = before.at if kept and before.at is not None else default.at
    elif kept and before.at is not None and 0 <= before.at - at < SECOND:
        at = before.at
    return Told(said.taxon, said.state, person, at)


def stage(conn: Connection, changed: list[tuple[Any, Told]]) -> None:
    """Keep them aside until all is known."""
    ids = [row.object_id for row, _ in changed]

    def numbers(values: list[int | None]) -> copy.Column:
        found = np.array([value or 0 for value in values], dtype=np.int64)
        return copy.int4(found, found == 0)

    moments = [
        np.datetime64("NaT", "us") if after.at is None else np.datetime64(after.at, "us")
        for _, after in changed
    ]
    annotation.stage_told(
        conn,
        ids,
        [
            copy.int8(ids),
            copy.int8([row.version for row, _ in changed]),
            numbers([after.taxon for _, after in changed]),
            copy.text([after.state for _, after in changed]),
            numbers([after.person for _, after in changed]),
            copy.timestamptz(np.array(moments, dtype="datetime64[us]")),
        ],
    )
