"""What is known, now, of the objects of clusters."""

from calanus.clusters.types import Known, ObjectIds
from calanus.kit.db import Connection, fetch_tuples, fetch_values
from calanus.kit.ids import ProjectId


def known(conn: Connection, project_id: ProjectId, object_ids: ObjectIds) -> list[Known]:
    """Objects as they are now; those that were deleted are left out. By id."""
    sql = """
        SELECT object_id, coalesce(taxon_id, 0), coalesce(state, ''), version FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(object_ids)s)
         ORDER BY object_id
    """
    return fetch_tuples(conn, Known, sql, project_id=project_id, object_ids=object_ids.tolist())


def some_validated(
    conn: Connection, project_id: ProjectId, *, a_taxon: int, most: int
) -> list[int]:
    """Validated objects that have an image, some of each taxon, always the same ones."""
    sql = """
        SELECT object_id
          FROM (SELECT object_id,
                       row_number() OVER (PARTITION BY taxon_id
                                          ORDER BY hashint8(object_id), object_id) AS place
                  FROM objects
                 WHERE project_id = %(project_id)s AND state = 'V') AS drawn
         WHERE place <= %(a_taxon)s
           AND EXISTS (SELECT 1 FROM images i WHERE i.project_id = %(project_id)s
                          AND i.object_id = drawn.object_id)
         ORDER BY place, object_id LIMIT %(most)s
    """
    return fetch_values(conn, sql, project_id=project_id, a_taxon=a_taxon, most=most)
