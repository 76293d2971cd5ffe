"""The SQL of stored images: where each lies."""

from collections.abc import Sequence
from typing import Any

from calanus.files.types import StoredImage
from calanus.kit.db import Connection, execute, fetch_all, fetch_value, fetch_values
from calanus.kit.ids import ProjectId


def first_images(conn: Connection, project_id: int, object_ids: Sequence[int]) -> list[StoredImage]:
    """The visible image of each object, ordered as the bytes lie: packs are read forward."""
    sql = """
        SELECT first.object_id, packs.path, first.position, first.length
          FROM (SELECT DISTINCT ON (object_id) project_id, object_id, pack_id, position, length
                  FROM images
                 WHERE project_id = %(project_id)s AND object_id = ANY(%(object_ids)s)
                 ORDER BY object_id, rank) AS first
          JOIN packs USING (project_id, pack_id)
         ORDER BY first.pack_id, first.position
    """
    return fetch_all(conn, StoredImage, sql, project_id=project_id, object_ids=list(object_ids))


def has_images(conn: Connection, project_id: int) -> bool:
    """Whether any object of a project has an image."""
    sql = "SELECT EXISTS (SELECT 1 FROM images WHERE project_id = %(project_id)s)"
    return fetch_value(conn, sql, project_id=project_id)


def image_block(conn: Connection, project_id: int, first: int, last: int) -> list[tuple[Any, ...]]:
    """Where the images of a range of ids lie: (image_id, pack_id, position, length, hash8)."""
    sql = """
        SELECT image_id, pack_id, position, length,
               ('x' || encode(substring(hash FOR 4), 'hex'))::bit(32)::bigint & 4294967295
          FROM images
         WHERE project_id = %(project_id)s AND image_id BETWEEN %(first)s AND %(last)s
         ORDER BY image_id
    """
    values = {"project_id": project_id, "first": first, "last": last}
    return conn.execute(sql, values).fetchall()


def thumbnail_block(
    conn: Connection, project_id: int, first: int, last: int
) -> list[tuple[Any, ...]]:
    """Where their thumbnails lie: (image_id, size, pack_id, position, length)."""
    sql = """
        SELECT image_id, size, pack_id, position, length
          FROM thumbnails
         WHERE project_id = %(project_id)s AND image_id BETWEEN %(first)s AND %(last)s
         ORDER BY image_id, size
    """
    values = {"project_id": project_id, "first": first, "last": last}
    return conn.execute(sql, values).fetchall()


def pack_paths(conn: Connection, project_id: int) -> dict[int, str]:
    """The packs of a project."""
    sql = "SELECT pack_id, path FROM packs WHERE project_id = %(project_id)s"
    return dict(conn.execute(sql, {"project_id": project_id}).fetchall())


def known_packs(conn: Connection) -> set[str]:
    """Every pack that a transaction kept."""
    return set(fetch_values(conn, "SELECT path FROM packs"))


def is_known(conn: Connection, path: str) -> bool:
    """Whether a transaction kept this pack."""
    sql = "SELECT EXISTS (SELECT 1 FROM packs WHERE path = %(path)s)"
    return bool(fetch_value(conn, sql, path=path))


def last_pack(conn: Connection, project_id: ProjectId) -> int:
    """The highest number of a pack; the caller holds the project."""
    sql = "SELECT coalesce(max(pack_id), 0) FROM packs WHERE project_id = %(project_id)s"
    return fetch_value(conn, sql, project_id=project_id)


def insert_pack(
    conn: Connection, project_id: ProjectId, pack_id: int, path: str, size: int
) -> None:
    """A pack that is on disk, complete and synchronised."""
    sql = """
        INSERT INTO packs (project_id, pack_id, path, bytes)
        VALUES (%(project_id)s, %(pack_id)s, %(path)s, %(size)s)
    """
    execute(conn, sql, project_id=project_id, pack_id=pack_id, path=path, size=size)
