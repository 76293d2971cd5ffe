"""The projects of a collection: the one place where exports ask the room of collections."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from calanus.exports.types import BadExport
from calanus.kit.db import Connection
from calanus.projects.types import Project
from calanus.users.types import User


def projects_of(conn: Connection, collection_id: int, *, by: User) -> list[Project]:
    """The projects of a collection, for somebody who manages them all."""
    if find_spec("calanus.collections.service") is None:
        raise BadExport("Collections cannot be exported yet: export their projects one by one.")
    collections: Any = import_module("calanus.collections.service")
    return collections.projects_of(conn, collection_id, by=by)
