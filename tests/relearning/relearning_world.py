"""A project that learns again while it is sorted, and what a classifier would say of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import cruise
import given
from calanus.annotation import relearning as writing
from calanus.annotation import service as annotation
from calanus.annotation.types import (
    Batch,
    ClassifyOrder,
    Guesses,
)
from calanus.jobs import service as jobs
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job
from calanus.kit.db import Connection, connect, fetch_value, fetch_values
from calanus.kit.ids import JobId, ObjectId
from calanus.kit.settings import Settings
from calanus.prediction.jobs import predict
from calanus.prediction.types import PredictionReq, PredictOrder
from calanus.relearning import jobs as relearning
from calanus.relearning import service
from calanus.relearning.types import RelearnOrder
from given import COPEPODA, DETRITUS


class Sea:
    """A project that learns again: 16 validated, 24 large and 6 small ones predicted wrongly."""

    def __init__(self, conn: Connection, url: str, settings: Settings) -> None:
        self.conn, self.url, self.settings = conn, url, settings
        self.head = given.application_manager(conn)
        tara = cruise.taught(conn, settings, by=self.head, images=False)
        self.large: list[int] = list(given.objects(conn, tara, 24, taxon=DETRITUS, state="P"))
        self.small: list[int] = list(given.objects(conn, tara, 6, taxon=COPEPODA, state="P"))
        cruise.area(conn, [ObjectId(o) for o in self.large], 99)
        cruise.area(conn, [ObjectId(o) for o in self.small], 4)
        self.tara = given.refreshed(conn, tara, self.head)
        self.switch(on=True)

    def switch(self, *, on: bool) -> None:
        service.switch(self.conn, self.tara, on=on, by=self.head)

    def decide(self, tiles: Sequence[int], taxon: int = COPEPODA, **more: Any) -> Batch:
        """Somebody names objects, at noon of a day that is long over."""
        more = {"at": given.NOON, **more}
        order = ClassifyOrder(
            list(tiles), [taxon] * len(tiles), versions=more.pop("versions", None)
        )
        return annotation.classify(self.conn, self.tara, order, by=self.head, **more)

    def predict(self, **more: Any) -> PredictionReq:
        """Predict by area from what is validated here; what was asked."""
        project_id = self.tara.project_id
        asked: dict[str, Any] = {"source_project_ids": [project_id], "features": ["fre.area"]}
        asked |= {"categories": [], "pre_mapping": {}, **more}
        request = PredictionReq(project_id=project_id, **asked)
        order = PredictOrder(request=request)
        job_id = enqueue(self.conn, predict, order, owner=self.head.user_id)
        jobs.run_here(self.settings, self.url, job_id)
        return request

    def ask(self) -> int:
        with connect(self.url) as conn:
            return relearning.ask(conn)

    def job(self) -> JobId:
        """A job of learning again, asked for."""
        order = RelearnOrder(project_id=self.tara.project_id)
        with connect(self.url) as conn:
            return enqueue(
                conn,
                relearning.relearn,
                order,
                owner=self.head.user_id,
                project_id=self.tara.project_id,
            )

    def learn(self) -> Job:
        """Learn again now."""
        return jobs.run_here(self.settings, self.url, self.job())

    def trouble(self) -> str:
        """Why nothing was learnt the last time."""
        found = service.find(self.conn, self.tara)
        assert found
        return found.trouble

    def lines(self, tiles: Sequence[int]) -> list[tuple[int | None, str | None]]:
        sql = """
            SELECT ROW(taxon_id, state) FROM objects WHERE object_id = ANY(%(ids)s)
             ORDER BY object_id
        """
        return [(int(t), str(s)) for t, s in fetch_values(self.conn, sql, ids=list(tiles))]

    def count(self, table: str, batch: str = "true") -> int:
        return int(fetch_value(self.conn, f"SELECT count(*) FROM {table} WHERE {batch}"))  # pyright: ignore[reportArgumentType]

    def version(self, tile: int) -> int:
        sql = "SELECT version FROM objects WHERE object_id = %(tile)s"
        return int(fetch_value(self.conn, sql, tile=tile))

    def newest(self) -> int:
        sql = "SELECT max(batch_id) FROM batches WHERE operation = 'relearn'"
        return int(fetch_value(self.conn, sql))

    def counts_are_right(self) -> bool:
        told = {(t.taxon_id, t.state): t.objects for t in annotation.tallies(self.conn, self.tara)}
        sql = """
            SELECT ROW(coalesce(taxon_id, -1), coalesce(state, 'U'), count(*)) FROM objects
             WHERE project_id = %(p)s GROUP BY taxon_id, state
        """
        found = fetch_values(self.conn, sql, p=self.tara.project_id)
        return {k: n for k, n in told.items() if n} == {
            (int(t), str(s)): int(n) for t, s, n in found
        }


def guess_all(sea: Sea, taxon: int) -> tuple[Guesses, writing.Seen, writing.Act]:
    """What a classifier would say of all that is open, as it is now."""
    seen = writing.open_objects(sea.conn, sea.tara.project_id)
    n = len(seen[0])
    guesses = Guesses(seen[0], np.full((n, 1), taxon, np.int32), np.full((n, 1), 0.9))
    return guesses, seen, writing.Act(sea.tara.project_id, sea.head, given.NOON, {})
