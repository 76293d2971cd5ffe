"""A school of look-alikes that nobody has named: discs and sticks."""

from typing import Any

import cruise
import given
from calanus.clusters import jobs as clusters
from calanus.clusters import service
from calanus.clusters.types import Cluster, ClustersReq, Grouped
from calanus.jobs import service as jobs
from calanus.jobs.types import Job, JobState
from calanus.kit.db import Connection, connect
from calanus.kit.ids import JobId, ObjectId
from calanus.kit.settings import Settings
from calanus.projects.types import Project
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
        draw(conn, settings, tara, self.discs, self.sticks)
        self.tara = given.refreshed(conn, tara, self.head)

    def ask(self, **asked: Any) -> JobId:
        """A job that groups, asked for."""
        with connect(self.url) as conn:
            return clusters.ask(conn, self.tara, ClustersReq(**asked), by=self.head)

    def run(self, job_id: JobId) -> Job:
        """The job, done now."""
        return jobs.run_here(self.settings, self.url, job_id)

    def group(self, **asked: Any) -> Grouped:
        """What a run that comes to its end finds."""
        done = self.run(self.ask(**asked))
        assert done.state == JobState.FINISHED, done.errors
        found = self.newest()
        assert found is not None
        assert found.job_id == done.job_id
        return found

    def newest(self) -> Grouped | None:
        """The clusters that stand."""
        with connect(self.url) as conn:
            return service.newest(conn, self.settings, self.tara)

    def told(self) -> list[Cluster]:
        """The clusters as the page lists them."""
        found = self.newest()
        assert found is not None
        with connect(self.url) as conn:
            return service.told(conn, self.tara, found)


def draw(
    conn: Connection,
    settings: Settings,
    project: Project,
    discs: list[ObjectId],
    sticks: list[ObjectId],
) -> None:
    """Give objects their images."""
    images = {int(o): cruise.drawing(COPEPODA, o) for o in discs}
    images |= {int(o): cruise.drawing(DETRITUS, o) for o in sticks}
    cruise.illustrate(conn, settings, project, images)
