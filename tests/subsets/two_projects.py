"""A laboratory with two projects: one full of a real import, and another one."""

from typing import Any

import given
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job
from calanus.kit.db import connect
from calanus.kit.ids import ProjectId
from calanus.projects import service as projects
from calanus.projects.types import NewProject
from calanus.subsets import service
from calanus.subsets.jobs import subset
from calanus.subsets.types import SubsetOrder, SubsetReq
from lab import Lab, png

# Everything of every object that does not name an id.
SAME = f"""
    SELECT v.orig_id, s.orig_id AS sample, a.orig_id AS acquisition, p.orig_id AS process,
           o.taxon_id, o.state, o.score, o.annotator_id, o.identified_at, v.latitude, v.longitude,
           v.object_date, v.object_time, v.sun_position, v.comment,
           (SELECT array_agg(i.rank || encode(i.hash, 'hex') || i.ending ORDER BY i.rank)
              FROM images i
             WHERE i.project_id = o.project_id AND i.object_id = o.object_id) AS images,
           (SELECT count(*) FROM history h
             WHERE h.project_id = o.project_id AND h.object_id = o.object_id) AS history
      FROM {given.WITH_PARENTS}
     WHERE o.project_id = %(project_id)s ORDER BY v.orig_id, o.object_id
"""

TABLE = """\
object_id|img_file_name|object_area|object_note|object_annotation_status|object_annotation_category\
|sample_id|sample_net|acq_id|acq_mesh|process_id|object_lat|object_lon|object_date|object_time
[t]|[t]|[f]|[t]|[t]|[t]|[t]|[t]|[t]|[t]|[t]|[f]|[f]|[t]|[t]
o1|a.png|1.5|one|validated|Copepoda|net1|WP2|a1|200|p1|43.5|7.5|20260621|1200
o2|b.png|2.5|two|predicted|Copepoda|net1|WP2|a1|200|p1|43.5|7.5|20260621|1200
o3|c.png|3.5|three|predicted|detritus|net2|WP2|a2|200|p2|42.5|6.5|20260621|2330
o4|d.png|||||net2|WP2|a2|200|p2||||
o4|e.png|||||net2|WP2|a2|200|p2||||
"""


def fill(lab: Lab) -> None:
    """Import four objects with five images, one of them large enough to have thumbnails."""
    shades = {name: png(shade=20 * n) for n, name in enumerate("abcde", 1)}
    lab.package(TABLE, **{**shades, "b": png(400, 350)})
    job = lab.load()
    assert job.errors == [], job.errors


def another(lab: Lab, title: str = "Another") -> ProjectId:
    """An empty project of the same person."""
    with connect(lab.url) as conn:
        return projects.create(conn, NewProject(title), by=lab.owner)


def in_project(lab: Lab, project_id: ProjectId) -> Lab:
    """The same laboratory, at work in another project."""
    return Lab(lab.url, lab.settings, lab.owner, project_id, lab.folder.parent / f"p{project_id}")


def take(lab: Lab, target: int, **asked: Any) -> Job:
    """Run a subset: by default everything."""
    wanted = {"group_type": "I", "limit_type": "V", "limit_value": 1, **asked}
    request = SubsetReq.model_validate({"dest_prj_id": target, **wanted})
    order = SubsetOrder(project_id=lab.project_id, request=request)
    with connect(lab.url) as conn:
        job_id = enqueue(conn, subset, order, owner=lab.owner.user_id, project_id=target)
    return lab.run(job_id)


def content(lab: Lab, project_id: int) -> list[dict[str, Any]]:
    """All objects of a project, without ids."""
    return lab.find(SAME, project_id=project_id)


def faults(lab: Lab, project_id: int) -> list[str]:
    """What is wrong with a project."""
    with connect(lab.url) as conn:
        vault = lab.settings.data / "vault"
        return service.check(conn, project_id, vault=vault, by=lab.owner)
