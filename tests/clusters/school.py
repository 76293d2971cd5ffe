"""A school of look-alikes that nobody has named: discs and sticks."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from starlette.testclient import TestClient

import cruise
import given
from calanus.annotation import service as annotation
from calanus.annotation.types import ClassifyOrder, Guesses, Operation
from calanus.clusters import jobs as clusters
from calanus.clusters import service
from calanus.clusters.types import ClustersReq, Grouped
from calanus.jobs import service as jobs
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection, connect
from calanus.kit.ids import JobId, ObjectId
from calanus.kit.settings import Settings
from given import COPEPODA, DETRITUS

EACH = 30


class School:
    """A project of thirty discs and thirty sticks, none of them identified."""

    def __init__(self, conn: Connection, url: str, settings: Settings) -> None:
        self.conn, self.url, self.settings = conn, url, settings
        self.head = given.application_manager(conn)
        tara = given.project(conn, title="Tara leg 4")
        self.discs = given.objects(conn, tara, EACH)
        self.sticks = given.objects(conn, tara, EACH)
        images = drawn(self.discs, COPEPODA) | drawn(self.sticks, DETRITUS)
        cruise.illustrate(conn, settings, tara, images)
        self.tara = given.refreshed(conn, tara, self.head)
        self.address = f"/projects/{tara.project_id}/clusters"

    def ask(self, **asked: Any) -> JobId:
        """A job that groups, asked for."""
        with connect(self.url) as conn:
            return clusters.ask(conn, self.tara, ClustersReq(**asked), by=self.head)

    def run(self, job_id: JobId) -> Job:
        """The job, done now."""
        return jobs.run_here(self.settings, self.url, job_id)

    def group(self, **asked: Any) -> Grouped:
        """What a run that comes to its end finds, in clusters of five at least."""
        done = self.run(self.ask(**{"smallest": 5, **asked}))
        assert done.state == JobState.FINISHED, done.errors
        found = self.newest()
        assert found is not None
        assert found.job_id == done.job_id
        return found

    def newest(self) -> Grouped | None:
        """The clusters that stand."""
        return service.newest(self.conn, self.settings, self.tara)

    def listed(self, web: TestClient) -> dict[str, Any]:
        """What the page is told."""
        answer = web.get(self.address, headers=given.headers(self.head))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, web: TestClient, cluster_id: int, job_id: int) -> dict[str, Any]:
        """A whole cluster, as the page reads it before it is named."""
        address = f"{self.address}/{cluster_id}?job_id={job_id}"
        answer = web.get(address, headers=given.headers(self.head))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def name(
        self, web: TestClient, tiles: Sequence[int], versions: Sequence[int], taxon: int = COPEPODA
    ) -> dict[str, Any]:
        """Name objects in one gesture, as the page does everywhere."""
        order = {
            "client_key": str(uuid4()),
            "operation": "classify",
            "objects": list(tiles),
            "versions": list(versions),
            "taxon_id": taxon,
        }
        address = f"/projects/{self.tara.project_id}/batches"
        answer = web.post(address, json=order, headers=given.headers(self.head))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def decide(self, tiles: Sequence[int], taxon: int) -> None:
        """Somebody validates objects elsewhere."""
        order = ClassifyOrder(list(tiles), [taxon] * len(tiles))
        annotation.classify(self.conn, self.tara, order, by=self.head, at=given.NOON)

    def predict(self, tiles: Sequence[int], taxon: int) -> None:
        """A classifier guesses."""
        guesses = Guesses(
            np.array(tiles, np.int64),
            np.full((len(tiles), 1), taxon),
            np.full((len(tiles), 1), 1.0),
        )
        project_id = self.tara.project_id
        with self.conn.transaction():
            under = annotation.begin(
                self.conn, project_id, Operation.PREDICT, by=self.head, at=given.NOON
            )
            annotation.record_guesses(self.conn, project_id, guesses, under=under)
            annotation.close(self.conn, under, objects=len(tiles), record={})


def drawn(tiles: Sequence[ObjectId], taxon: Any) -> dict[int, bytes]:
    """An image for each object."""
    return {int(tile): cruise.drawing(taxon, tile) for tile in tiles}
