"""The names of taxa and of people in a package, found in the database or left to a question."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from calanus.imports import queries
from calanus.imports.types import Answers, ImportProblem, Kind, Meaning, Question, lowered
from calanus.kit.db import Connection
from calanus.taxonomy import service as taxonomy

if TYPE_CHECKING:
    from calanus.imports.rows import Complaints

MOST_PLACES = 1000  # of one name
Places = dict[str, list[tuple[str, int]]]  # name → files and lines


@dataclass
class Names:
    """What is known of each name so far, and where the unknown ones stand."""

    conn: Connection
    answers: Answers
    mappings: Mapping[str, str] = field(default_factory=dict[str, str])
    how: dict[str, str] = field(default_factory=dict[str, str])  # name → why it means what it does
    rows: Counter[str] = field(default_factory=Counter[str])  # that bear a taxon's name
    several: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    missing_taxa: Places = field(default_factory=dict[str, Any])
    missing_people: Places = field(default_factory=dict[str, Any])
    _taxa: dict[str, int | None] = field(default_factory=dict[str, "int | None"])
    _ids: dict[int, bool] = field(default_factory=dict[int, bool])
    _people: dict[str, int | None] = field(default_factory=dict[str, "int | None"])

    def taxa(
        self,
        complaints: "Complaints",
        states: Sequence[str | None],
        written: Sequence[str],
        ids: Any,
    ) -> list[int | str | None]:
        """The taxon of each row that has a state: its id, else its name while nobody knows it."""
        by_id = [None if np.isnan(value) else int(value) for value in ids.tolist()]
        self.learn_ids(taxon for taxon in set(by_id) if taxon is not None)
        keys = {name: name.lower() for name in set(written)}
        named = Counter(
            keys[name] for name, taxon in zip(written, by_id, strict=True) if name and not taxon
        )
        self.learn_taxa(named)
        self.rows.update(named)
        return [
            self.taxon(complaints, place, keys[written[place]], taxon) if state else None
            for place, (state, taxon) in enumerate(zip(states, by_id, strict=True))
        ]

    def taxon(
        self, complaints: "Complaints", place: int, key: str, taxon_id: int | None
    ) -> int | str | None:
        """The taxon of one row."""
        if taxon_id is not None:
            if not self._ids[taxon_id]:
                complaints.once(
                    Kind.UNKNOWN_TAXON,
                    place,
                    "object_annotation_category_id",
                    str(taxon_id),
                    f"there is no taxon {taxon_id}.",
                )
            return taxon_id
        if not key:
            return None
        found = self._taxa[key]
        if found is None:
            note(self.missing_taxa, key, complaints, place)
            return key
        return found

    def people(
        self, complaints: "Complaints", written: Sequence[str], emails: Sequence[str]
    ) -> list[int | str | None]:
        """The person of each row: their id, else their name while nobody knows it."""
        keys = {name: name.lower() for name in set(written)}
        first: dict[str, str] = {}
        for name, email in zip(written, emails, strict=True):
            if name and name not in first:
                first[name] = email.lower()
        self.learn_people({keys[name]: email for name, email in first.items()})
        found = {name: self._people.get(key) for name, key in keys.items()}
        for place, name in enumerate(written):
            if name and found[name] is None:
                note(self.missing_people, keys[name], complaints, place)
        return [found[name] or keys[name] or None for name in written]

    def learn_ids(self, ids: Iterable[int]) -> None:
        """Which ids are those of taxa."""
        new = [taxon_id for taxon_id in ids if taxon_id not in self._ids]
        if new:
            known = {taxon.taxon_id for taxon in taxonomy.find_many(self.conn, new)}
            self._ids.update({taxon_id: taxon_id in known for taxon_id in new})

    def learn_taxa(self, keys: Iterable[str]) -> None:
        """Which taxon each name means: an answer, a mapping, else the only one of that name."""
        new = sorted({key for key in keys if key not in self._taxa})
        if not new:
            return
        answered = lowered(self.answers.taxa)
        mapped = lowered(self.mappings)
        told = {key: answered.get(key, mapped.get(key, key)) for key in new}
        found = taxonomy.resolve_names(self.conn, {str(meant) for meant in told.values()})
        self.learn_ids(filter(None, map(as_id, told.values())))
        for key in new:
            self._taxa[key] = self.meaning(key, told[key], found)
            said = "as answered" if key in answered else "as mapped" if key in mapped else ""
            self.how[key] = said or "by its name"

    def meaning(self, key: str, meant: Meaning, found: Mapping[str, Sequence[int]]) -> int | None:
        """The one taxon a name means, or nothing."""
        number = as_id(meant)
        if number is not None and self._ids[number]:
            return number
        candidates = found.get(str(meant).lower(), [])
        if len(candidates) > 1:
            self.several[key] = list(candidates)
        return candidates[0] if len(candidates) == 1 else None

    def learn_people(self, emails: dict[str, str]) -> None:
        """Who each name is: an answer, else the account of the e-mail, else that of the name."""
        new = {key: email for key, email in emails.items() if key not in self._people}
        if not new:
            return
        answered = lowered(self.answers.users)
        said = {key: str(answered[key]).strip().lower() for key in new if key in answered}
        numbers = filter(None, map(as_id, said.values()))
        known = queries.existing_users(self.conn, list(numbers))
        asked = [*new, *new.values(), *said.values()]
        by_email, by_name = queries.accounts(self.conn, sorted(set(asked)), sorted(set(asked)))
        for key, email in new.items():
            told = said.get(key, "")
            number = as_id(told)
            answer = number if number in known else by_email.get(told) or by_name.get(told)
            self._people[key] = answer or by_email.get(email) or by_name.get(key)
            by = "by the e-mail address" if email in by_email else "by the name"
            self.how[f"person {key}"] = "as answered" if answer else by

    def question(self) -> Question:
        """What only a person can tell."""
        places = {**self.missing_people, **self.missing_taxa}
        where = {
            name: [f"{file}, line {line}" for file, line in found] for name, found in places.items()
        }
        unclear = {key: ids for key, ids in self.several.items() if key in self.missing_taxa}
        return Question(list(self.missing_people), list(self.missing_taxa), where, unclear)

    def unknown_taxa(self) -> list[ImportProblem]:
        """Where a table first names a taxon nobody knows, for who has to mend the tables anyway."""
        found: list[ImportProblem] = []
        for key, places in self.missing_taxa.items():
            several = len(self.several.get(key, []))
            told = f"{several} taxa are" if several else "no taxon is"
            reason = f"{told} called “{key}”: correct it, or say at import what it means."
            lines = Counter(file for file, _ in places)
            first = dict(reversed(places))
            found += [
                ImportProblem(
                    Kind.UNKNOWN_TAXON,
                    reason,
                    file,
                    first[file],
                    "object_annotation_category",
                    key,
                    more=lines[file] - 1,
                )
                for file in lines
            ]
        return found

    def decided(self) -> dict[str, tuple[int, str]]:
        """What each known name of a taxon means, and why."""
        return {
            key: (taxon_id, self.how[key])
            for key, taxon_id in self._taxa.items()
            if taxon_id is not None
        }

    def decided_people(self) -> dict[str, tuple[int, str]]:
        """Who each known name is, and why."""
        return {
            key: (user_id, self.how[f"person {key}"])
            for key, user_id in self._people.items()
            if user_id is not None
        }


def as_id(meant: Meaning) -> int | None:
    """The number that an answer is, if it is one that an id can be."""
    text = str(meant)
    number = int(text) if text.isdecimal() and len(text) <= 10 else 0
    return number if 0 < number < 2**31 else None


def note(
    places: dict[str, list[tuple[str, int]]], key: str, complaints: "Complaints", place: int
) -> None:
    """Remember where an unknown name stands."""
    known = places.setdefault(key, [])
    if len(known) < MOST_PLACES:
        known.append((complaints.file, complaints.block.first_line + place))
