"""The world of the tests of exports: a small project of which every sum can be done by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import given
from calanus.exports import summaries
from calanus.exports.summaries import Wanted
from calanus.exports.types import SummaryExportReq
from calanus.kit.db import Connection, execute
from calanus.kit.ids import ACQUISITIONS, SAMPLES
from calanus.objects.filters import ProjectFilters
from calanus.projects.service import record_columns
from calanus.projects.types import Project
from calanus.users.types import User

FORMULAE = {
    "subsample_coef": "1/ssm.sub_part",
    "total_water_volume": "sam.tot_vol",
    "individual_volume": "4.0/3.0*math.pi*(math.sqrt(obj.area/math.pi)*ssm.pixel)**3",
}
COLUMNS: dict[str, dict[str, str]] = {
    "object": {"area": "n01", "note": "t01"},
    "sample": {"tot_vol": "t01"},
    "acquisition": {"sub_part": "t01"},
    "process": {"pixel": "t01"},
}


def project(conn: Connection, head: User, *, title: str = "Tara leg 3") -> Project:
    """Two samples of 100 m³, halved, 10.6 µm a pixel.

    station_1 has three validated copepods of 516 pixels; station_2 one predicted as detritus of
    100 pixels, and one without identification.
    """
    made = given.project(conn, title=title)
    given.objects(conn, made, 3, taxon=given.COPEPODA, state="V", by=head)
    given.objects(conn, made, 1, taxon=given.DETRITUS, state="P")
    given.objects(conn, made, 1)
    p = {"p": made.project_id}
    # The last object goes to the second sample, and its own sample away.
    execute(
        conn,
        """
        UPDATE objects SET sample_id = %(sample)s, acquisition_id = %(acquisition)s
         WHERE project_id = %(p)s AND state IS NULL
        """,
        sample=made.project_id * SAMPLES + 2,
        acquisition=made.project_id * ACQUISITIONS + 2,
        **p,
    )
    execute(conn, "DELETE FROM processes WHERE project_id = %(p)s AND orig_id = 'station_3'", **p)
    execute(
        conn, "DELETE FROM acquisitions WHERE project_id = %(p)s AND orig_id = 'station_3'", **p
    )
    execute(conn, "DELETE FROM samples WHERE project_id = %(p)s AND orig_id = 'station_3'", **p)
    execute(conn, "UPDATE samples SET texts = '{100}' WHERE project_id = %(p)s", **p)
    execute(conn, "UPDATE acquisitions SET texts = '{2}' WHERE project_id = %(p)s", **p)
    execute(conn, "UPDATE processes SET texts = '{10.6}' WHERE project_id = %(p)s", **p)
    execute(
        conn,
        """
        UPDATE object_values v SET numbers = ARRAY[CASE o.state WHEN 'V' THEN 516 ELSE 100 END]
          FROM objects o WHERE o.project_id = v.project_id AND o.object_id = v.object_id
           AND v.project_id = %(p)s
        """,
        **p,
    )
    record_columns(conn, made.project_id, COLUMNS, loaded_files=[])
    return given.refreshed(conn, made, head)


def summary(
    conn: Connection,
    projects: list[Project],
    head: User,
    path: Path,
    *,
    filters: ProjectFilters | None = None,
    said: list[str] | None = None,
    **asked: Any,
) -> list[str]:
    """The lines of a summary; what was warned goes to `said`."""
    asked = {"formulae": FORMULAE, **asked}
    ids = ",".join([str(p.project_id) for p in projects])
    request = SummaryExportReq.model_validate({"project_id": ids, **asked})
    warn = [] if said is None else said
    wanted = Wanted(request, filters or ProjectFilters(), head, warn.append)
    summaries.write(conn, projects, wanted, path)
    return path.read_text("utf-8").splitlines()


def called(project: Project, **changed: Any) -> Project:
    """A project with other settings, as one would get it after a change."""
    return replace(project, **changed)
