"""The SQL of recasts."""

from typing import LiteralString

from psycopg.types.json import Json

from calanus.exports.types import Recast, RecastTarget
from calanus.kit.db import Connection, execute, fetch_one

OF_TARGET: LiteralString = """
    operation = %(operation)s AND project_id IS NOT DISTINCT FROM %(project_id)s
    AND collection_id IS NOT DISTINCT FROM %(collection_id)s
"""


def find(conn: Connection, target: RecastTarget, operation: str) -> Recast | None:
    """The recast of a project or collection for one operation."""
    sql = f"SELECT from_to, doc FROM recasts WHERE {OF_TARGET}"
    return fetch_one(conn, Recast, sql, **keys(target, operation))


def replace(conn: Connection, target: RecastTarget, operation: str, recast: Recast) -> None:
    """Put a recast in the place of an earlier one."""
    values = keys(target, operation)
    execute(conn, f"DELETE FROM recasts WHERE {OF_TARGET}", **values)
    sql = """
        INSERT INTO recasts (project_id, collection_id, operation, from_to, doc)
        VALUES (%(project_id)s, %(collection_id)s, %(operation)s, %(from_to)s, %(doc)s)
    """
    doc = None if recast.doc is None else Json(recast.doc)
    execute(conn, sql, from_to=Json(recast.from_to), doc=doc, **values)


def keys(target: RecastTarget, operation: str) -> dict[str, object]:
    """What tells one recast from another."""
    of = {"project_id": None, "collection_id": target.target_id}
    if not target.is_collection:
        of = {"project_id": target.target_id, "collection_id": None}
    return {**of, "operation": operation}
