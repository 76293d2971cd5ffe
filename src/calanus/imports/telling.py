"""What an import tells people: its log while it runs, and what it did, or would do, at the end."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from calanus.imports.headers import FreeColumns
from calanus.imports.load import Gathered
from calanus.imports.mistakes import by_kind
from calanus.imports.names import Names
from calanus.imports.queries import updating
from calanus.imports.types import ImportProblem, Outcome, Question
from calanus.kit.db import Connection
from calanus.projects import service as projects
from calanus.projects.types import ProjectRow

MOST_LINES = 1_000  # of one kind, in the log
MOST_NEW_COLUMNS = 100
KINDS = {"n": "numbers", "t": "texts"}
PREFIXES = {"object": "object", "sample": "sample", "acquisition": "acq", "process": "process"}


class Log:
    """The log of an import: of sentences that return for each object, the first thousand."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.say = write
        self._written: Counter[str] = Counter()

    def __call__(self, sentence: str, name: str) -> None:
        """A sentence with a gap, and what stands in it."""
        self._written[sentence] += 1
        if self._written[sentence] <= MOST_LINES:
            self.say(sentence.format(name))

    def close(self) -> None:
        """How often sentences would have been written, had there been room."""
        for sentence, times in self._written.items():
            if times > MOST_LINES:
                self.say(f"{sentence.format('…')}: {times - MOST_LINES:,} more times")
        self._written.clear()


def tell_what_was_read(log: Log, conn: Connection, read: Gathered, names: Names) -> None:
    """Which tables were read, and what each name in them means."""
    log.say(f"Read {len(read.tables):,} table(s) with {read.rows:,} row(s): {shown(read.tables)}")
    taxa = names.decided()
    called = updating.taxa_names(conn, [taxon_id for taxon_id, _ in taxa.values()])
    for name, (taxon_id, why) in sorted(taxa.items()):
        rows = f"{names.rows[name]:,} row(s)"
        log("Taxon {}", f"“{name}” ({rows}) is {called.get(taxon_id)} [{taxon_id}], {why}")
    people = names.decided_people()
    accounts = updating.people_names(conn, [user_id for user_id, _ in people.values()])
    for name, (user_id, why) in sorted(people.items()):
        log("Person {}", f"“{name}” is {accounts.get(user_id)} [{user_id}], {why}")
    for name in (*names.missing_taxa, *names.missing_people):
        log("Nobody knows {}", f"“{name}”")


def shown(names: Sequence[str]) -> str:
    """Names in a sentence, the first ones where there are many."""
    return ", ".join(names[:20]) + (" …" if len(names) > 20 else "")


def planned(read: Gathered) -> Outcome:
    """What loading would create."""
    outcome = Outcome(rows=read.rows, tables=list(read.tables))
    levels = outcome.levels
    known = {reference for reference in read.objects.images.objects if reference < 0}
    levels["object"].created = read.objects.count
    levels["object"].changed = len(known)  # they get images
    levels["image"].created = len(read.objects.images)
    levels["sample"].created = sum(1 for s in read.parents.samples if not s.sample_id)
    made = sum(1 for a in read.parents.acquisitions if not a.acquisition_id)
    levels["acquisition"].created = levels["process"].created = made
    outcome.skipped_rows = read.objects.skipped
    return outcome


def new_columns(project: ProjectRow, columns: FreeColumns) -> list[str]:
    """The free columns that a package brings, as its headers call them, and what they hold."""
    before = projects.columns_of(project)
    return [
        f"{PREFIXES[level]}_{name} ({KINDS[code[0]]})"
        for level, names in columns.levels.items()
        for name, code in names.items()
        if name not in before[level]
    ][:MOST_NEW_COLUMNS]


def erasing(outcome: Outcome) -> str | None:
    """The warning that empty cells take values away, or nothing."""
    cells = sum(outcome.erased.values())
    if not cells:
        return None
    columns = ", ".join(f"{column} {count:,}" for column, count in outcome.erased.items())
    return f"{cells:,} empty cell(s) erase a value that the project has: {columns}."


def left_alone(outcome: Outcome, elsewhere: int) -> list[str]:
    """What an update names and the project does not have, or has in another place."""
    told = [
        f"{level.unknown:,} {name}(s) are not in the project, and were passed over: "
        f"{', '.join(level.first_unknown[:10])}{' …' if level.unknown > 10 else ''}."
        for name, level in outcome.levels.items()
        if level.unknown
    ]
    if elsewhere:
        told.append(
            f"{elsewhere:,} object(s) stand under another acquisition than the table says; "
            "an update moves none."
        )
    return told


def as_wire(
    outcome: Outcome, question: Question | None = None, problems: Iterable[ImportProblem] = ()
) -> dict[str, Any]:
    """What an import does or would do, as the result of its job holds it."""
    levels: Mapping[str, Any] = {
        name: {key: value for key, value in asdict(level).items() if value}
        for name, level in outcome.levels.items()
    }
    return {
        "rows": outcome.rows,
        "tables": outcome.tables[:100],
        "levels": {name: level for name, level in levels.items() if level},
        "new_columns": outcome.new_columns,
        "skipped_rows": outcome.skipped_rows,
        "erased": {
            "cells": sum(outcome.erased.values()),
            "columns": outcome.erased,
            "examples": [asdict(example) for example in outcome.erased_examples],
        },
        "question": question.as_wire() | question.clues() if question else None,
        "problems": by_kind(problems),
    }
