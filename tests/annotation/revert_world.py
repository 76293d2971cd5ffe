"""A world of objects that several people identified one after the other."""

from datetime import timedelta
from typing import Any

import given
from calanus.annotation import queries, reverting, service
from calanus.annotation.guessing import take_guesses
from calanus.annotation.reverting import RevertOrder
from calanus.annotation.types import ClassifyOrder
from calanus.kit.db import Connection
from calanus.kit.ids import ObjectId
from calanus.objects import service as objects
from calanus.objects.filters import ProjectFilters
from calanus.objects.types import State
from calanus.projects import service as projects
from calanus.users.types import User
from given import COPEPODA, DETRITUS, NOON

Tile = tuple[int | None, str | None, float | None, int]


class Sorted:
    """Two objects that a model predicted as detritus; Amanda and Ben may sort them."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.amanda, self.ben = given.user(conn, name="Amanda"), given.user(conn, name="Benoît")
        self.head = given.application_manager(conn)
        self.tara = given.project(conn)
        self.tiles = given.objects(conn, self.tara, 2)
        found = [[(DETRITUS, 0.7), (COPEPODA, 0.2)]] * 2
        with conn.transaction():
            take_guesses(conn, self.tara, self.tiles, found, by=self.head, at=NOON)
        self.hours = 0

    def type(self, tile: ObjectId, taxon: int, by: User, state: State = State.VALIDATED) -> int:
        """Somebody identifies an object, an hour later than what was before."""
        self.hours += 1
        order = ClassifyOrder([tile], [taxon], state)
        at = NOON + timedelta(hours=self.hours)
        return service.classify(self.conn, self.tara, order, by=by, at=at).row.batch_id

    def revert(self, target: User | None = None, **filters: str) -> int:
        """The head goes back."""
        order = RevertOrder(ProjectFilters(**filters), target.user_id if target else None)
        with self.conn.transaction():
            return reverting.revert(self.conn, self.tara, order, by=self.head, at=NOON)

    def undo(self, batch_id: int, by: User | None = None) -> Any:
        """Somebody takes a batch back."""
        by = by or self.head
        tara = given.refreshed(self.conn, self.tara, by)
        return service.undo(self.conn, tara, batch_id, by=by, at=NOON)

    def is_now(self, tile: ObjectId) -> Tile:
        """Taxon, state, score and version of an object."""
        [now] = queries.identified(self.conn, self.tara.project_id, [tile])
        return now.taxon_id, now.state, now.score, now.version

    def past(self, tile: ObjectId) -> list[tuple[int | None, str]]:
        """What EcoTaxa's clients see of its history, the newest first."""
        lines = service.history(self.conn, self.tara.project_id, tile)
        return [(line.classif_id, line.classif_qual) for line in lines]

    def counted(self) -> None:
        """The counts are those of a recount."""
        [kept, told] = [
            {
                (t.taxon_id, t.state): t.objects
                for t in projects.tallies(self.conn, [self.tara.project_id])
            },
            objects.recount(self.conn, self.tara.project_id),
        ]
        assert kept == told
