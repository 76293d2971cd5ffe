"""Whatever people and models do to objects, in whatever order: a plain model says what is then.

The model is EcoTaxa's rules written down in Python, one object at a time, with no SQL.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

import given
from calanus.annotation import reverting, service, whole
from calanus.annotation.guessing import take_guesses
from calanus.annotation.reverting import RevertOrder
from calanus.annotation.types import KEEP, ClassifyOrder
from calanus.annotation.whole import Reclassification
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import State
from calanus.projects import service as projects
from calanus.users.types import User
from given import CALANOIDA, COPEPODA, DETRITUS, NOON

TAXA = [COPEPODA, CALANOIDA, DETRITUS]
Guessed = list[tuple[int, float]]  # the best first


@dataclass(frozen=True)
class Said:
    """What is said of an object, by whom or with which guesses."""

    taxon: int
    state: str
    who: int | None = None
    guesses: tuple[tuple[int, float], ...] = ()

    @property
    def score(self) -> float | None:
        return self.guesses[0][1] if self.guesses else None


@dataclass
class Plain:
    """An object: what is said of it, and what was before, the newest first."""

    now: Said | None = None
    past: list[Said] = field(default_factory=list[Said])

    def becomes(self, said: Said) -> int:
        self.past = [self.now, *self.past] if self.now else self.past
        self.now = said
        return 1

    def classify(self, taxon: int, state: str, who: int) -> int:
        meant = (self.now.taxon if self.now else None) if taxon == KEEP else taxon
        same = self.now and (self.now.taxon, self.now.state, self.now.who) == (meant, state, who)
        return 0 if meant is None or same else self.becomes(Said(meant, state, who))

    def guess(self, guesses: Guessed) -> int:
        if self.now and self.now.state != "P":
            return 0
        best = sorted(guesses, key=lambda guess: -guess[1])[:3]
        return self.becomes(Said(best[0][0], "P", guesses=tuple(best)))

    def reset(self) -> None:
        if self.now and self.now.state != "P":
            self.becomes(Said(self.now.taxon, "P", guesses=((self.now.taxon, 1.0),)))

    def rename(self, before: int, after: int, who: int) -> int:
        if not self.now or self.now.taxon != before:
            return 0
        if self.now.state != "P":
            return self.becomes(Said(after, self.now.state, who))
        summed: Counter[int] = Counter()
        for taxon, score in self.now.guesses:
            summed[after if taxon == before else taxon] += score  # pyright: ignore
        best = sorted(summed.items(), key=lambda guess: -guess[1])
        return self.becomes(Said(best[0][0], "P", guesses=tuple(best)))

    def back(self, target: int | None) -> None:
        """To the newest of what was before; of a person, only from another person's decision."""
        if target is None:
            self.now, self.past = (self.past[0], self.past[1:]) if self.past else (None, [])
        elif self.now and self.now.who not in (None, target):
            found = [n for n, said in enumerate(self.past) if said.who == target]
            if found:
                self.now, self.past = self.past[found[0]], self.past[found[0] + 1 :]


class Sea:
    """The same objects twice: in the database, and plain."""

    def __init__(self, conn: Connection, seed: int) -> None:
        self.conn, self.chance = conn, Random(seed)  # noqa: S311 - no secret
        self.head = given.application_manager(conn)
        self.people = [given.user(conn) for _ in range(3)]
        self.tara = given.project(conn)
        self.tiles = given.objects(conn, self.tara, 6)
        self.plain = {int(tile): Plain() for tile in self.tiles}
        self.at: datetime = NOON

    def act(self) -> str:
        """Something happens, to both; what it was."""
        self.at += timedelta(minutes=7)
        act = self.chance.choice(
            [self.classify] * 4 + [self.guess] * 4 + [self.reset, self.rename, self.back, self.back]
        )
        act(self.chance.choice(self.people), self.chance.sample(list(self.plain), 4))
        return act.__name__

    def classify(self, by: User, tiles: Sequence[int]) -> None:
        taxa = [self.chance.choice([*TAXA, KEEP]) for _ in tiles]
        state = self.chance.choice([State.VALIDATED, State.DUBIOUS])
        order = ClassifyOrder(list(tiles), taxa, state)
        done = service.classify(self.conn, self.tara, order, by=by, at=self.at)
        pairs = zip(tiles, taxa, strict=True)
        told = [self.plain[tile].classify(taxon, state, by.user_id) for tile, taxon in pairs]
        assert done.changed == sum(told)

    def guess(self, by: User, tiles: Sequence[int]) -> None:
        found = [self.guesses() for _ in tiles]
        changed = take_guesses(self.conn, self.tara, tiles, found, by=by, at=self.at)
        pairs = zip(tiles, found, strict=True)
        assert changed == sum([self.plain[tile].guess(guesses) for tile, guesses in pairs])

    def guesses(self) -> Guessed:
        """Some taxa with scores that sum up exactly, all different."""
        taxa = self.chance.sample(TAXA, self.chance.randint(1, 3))
        scores = self.chance.sample([1 / 64, 2 / 64, 4 / 64, 8 / 64, 16 / 64], len(taxa))
        return list(zip(taxa, scores, strict=True))

    def reset(self, _by: User, _tiles: Sequence[int]) -> None:
        taxon = self.chance.choice(TAXA)
        wanted = ProjectFilters(taxo=str(taxon))
        whole.reset_to_predicted(self.conn, self.tara, wanted, by=self.head, at=self.at)
        for plain in self.plain.values():
            if plain.now and plain.now.taxon == taxon:
                plain.reset()

    def rename(self, by: User, _tiles: Sequence[int]) -> None:
        before, after = self.chance.sample(TAXA, 2)
        order = Reclassification(before, after, "W")
        moved = whole.reclassify(self.conn, self.tara, order, by=by, at=self.at)
        told = [plain.rename(before, after, by.user_id) for plain in self.plain.values()]
        assert moved == sum(told)

    def back(self, by: User, _tiles: Sequence[int]) -> None:
        target = self.chance.choice([None, by.user_id])
        order = RevertOrder(ProjectFilters(), target)
        reverting.revert(self.conn, self.tara, order, by=self.head, at=self.at)
        for plain in self.plain.values():
            plain.back(target)

    def agrees(self, after: str) -> None:
        """Both are the same: what is said, with its guesses, what was before, and the counts."""
        project_id = self.tara.project_id
        guesses: dict[int, Guessed] = {}
        for tile, taxon, score in service.predictions(self.conn, list(self.plain), by=self.head):
            guesses.setdefault(tile, []).append((taxon, score))
        for tile, plain in self.plain.items():
            [_, now] = objects.find(self.conn, tile, by=self.head)
            is_now = (now.taxon_id, now.state, now.annotator_id, now.score)
            said = plain.now
            told = (said.taxon, said.state, said.who, said.score) if said else (None,) * 4
            assert is_now == told, after
            assert sorted(guesses.get(tile, [])) == sorted(said.guesses if said else []), after
            past = service.history(self.conn, project_id, tile)
            assert [
                (p.classif_id, p.classif_qual, p.classif_who, p.classif_score) for p in past
            ] == [
                (before.taxon, before.state, before.who, before.score) for before in plain.past
            ], after
            moments = [now.identified_at, *[p.classif_date for p in past]]
            assert len(set(moments)) == len(moments), after
        kept = {(t.taxon_id, t.state): t.objects for t in projects.tallies(self.conn, [project_id])}
        assert kept == objects.recount(self.conn, project_id), after


@pytest.mark.parametrize("seed", range(3))
def test_acts_in_any_order_do_what_a_plain_model_does(conn: Connection, seed: int) -> None:
    sea = Sea(conn, seed)

    for _ in range(20):
        sea.agrees(after=sea.act())
