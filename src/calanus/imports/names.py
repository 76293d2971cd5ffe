"""The names of taxa and of people in a package, found in the database or left to a question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from calanus.imports import queries
from calanus.imports.types import Answers, ImportProblem, Kind, Question
from calanus.kit.db import Connection
from calanus.taxonomy import service as taxonomy

if TYPE_CHECKING:
    from calanus.imports.rows import Complaints

MOST_PLACES = 1000  # of one name


@dataclass
class Names:
    """What is known of each name so far, and where the unknown ones stand."""

    conn: Connection
    answers: Answers
    mappings: dict[str, str] = field(default_factory=dict[str, str])
    _taxa: dict[str, int | None] = field(default_factory=dict[str, "int | None"])
    _ids: dict[int, bool] = field(default_factory=dict[int, bool])
    _people: dict[str, int | None] = field(default_factory=dict[str, "int | None"])
    missing_taxa: dict[str, list[tuple[str, int]]] = field(default_factory=dict[str, Any])
    missing_people: dict[str, list[tuple[str, int]]] = field(default_factory=dict[str, Any])

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
        self.learn_taxa(
            keys[name] for name, taxon in zip(written, by_id, strict=True) if name and not taxon
        )
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
                complaints.add(
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
        answered = {key.lower(): taxon_id for key, taxon_id in self.answers.taxa.items()}
        meant = {key: self.mappings.get(key, key).lower() for key in new}
        found = taxonomy.resolve_names(self.conn, set(meant.values()))
        self.learn_ids([*answered.values(), *(int(m) for m in meant.values() if m.isdecimal())])
        for key in new:
            self._taxa[key] = self.meaning(key, meant[key], answered, found)

    def meaning(
        self, key: str, meant: str, answered: dict[str, int], found: dict[str, Any]
    ) -> int | None:
        """The one taxon a name means, or nothing."""
        answer = answered.get(key)
        if answer is not None and self._ids[answer]:
            return answer
        candidates = found.get(meant, [])
        if len(candidates) == 1:
            return candidates[0]
        return int(meant) if meant.isdecimal() and self._ids[int(meant)] else None

    def learn_people(self, emails: dict[str, str]) -> None:
        """Who each name is: an answer, else the account of the e-mail, else that of the name."""
        new = {key: email for key, email in emails.items() if key not in self._people}
        if not new:
            return
        answered = {key.lower(): user_id for key, user_id in self.answers.users.items()}
        known = queries.existing_users(self.conn, [answered[k] for k in new if k in answered])
        by_email, by_name = queries.accounts(self.conn, sorted(set(new.values())), sorted(new))
        for key, email in new.items():
            answer = answered.get(key)
            if answer in known:
                self._people[key] = answer
            else:
                self._people[key] = by_email.get(email) or by_name.get(key)

    def question(self) -> Question:
        """What only a person can tell."""
        places = {**self.missing_people, **self.missing_taxa}
        where = {
            name: [f"{file}, line {line}" for file, line in found] for name, found in places.items()
        }
        return Question(list(self.missing_people), list(self.missing_taxa), where)

    def unknown_taxa(self) -> list[ImportProblem]:
        """Every row that names a taxon nobody knows, for those who asked for no questions."""
        return [
            ImportProblem(
                Kind.UNKNOWN_TAXON,
                f"no taxon, or more than one, is called “{key}”: create it or answer.",
                file,
                line,
                "object_annotation_category",
                key,
            )
            for key, places in self.missing_taxa.items()
            for file, line in places
        ]


def note(
    places: dict[str, list[tuple[str, int]]], key: str, complaints: "Complaints", place: int
) -> None:
    """Remember where an unknown name stands."""
    known = places.setdefault(key, [])
    if len(known) < MOST_PLACES:
        known.append((complaints.file, complaints.block.first_line + place))
