"""The SQL of lists of objects."""

from datetime import datetime

from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.ids import ProjectId


def keep_list(
    conn: Connection, project_id: ProjectId, object_ids: list[int], digest: bytes, *, at: datetime
) -> int:
    """The number of a list of these objects, which may be there already."""
    sql = """
        INSERT INTO object_lists AS l (project_id, object_ids, hash, made_at)
        VALUES (%(project_id)s, %(object_ids)s, %(digest)s, %(at)s)
            ON CONFLICT (project_id, hash) DO UPDATE SET made_at = %(at)s
        RETURNING list_id
    """
    values = {"project_id": project_id, "object_ids": object_ids, "digest": digest, "at": at}
    return int(fetch_value(conn, sql, **values))


def forget_lists(conn: Connection, project_id: ProjectId, *, but: int) -> int:
    """Let go of the lists of a project, save the newest; how many went."""
    sql = """
        DELETE FROM object_lists WHERE list_id IN (
            SELECT list_id FROM object_lists WHERE project_id = %(project_id)s
             ORDER BY made_at DESC, list_id DESC OFFSET %(but)s)
    """
    return execute(conn, sql, project_id=project_id, but=but)
