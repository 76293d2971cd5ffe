"""Making a Darwin Core Archive of a collection."""

from datetime import datetime
from pathlib import Path

from calanus.collections import service as collections
from calanus.exports.archive import Archive
from calanus.exports.darwin_core import ready, tables
from calanus.exports.darwin_core.eml import eml_xml
from calanus.exports.darwin_core.gather import gather
from calanus.exports.darwin_core.meta import meta_xml
from calanus.exports.darwin_core.terms import EVENT, MEASUREMENT, OCCURRENCE
from calanus.exports.darwin_core.types import (
    Contents,
    DarwinCoreExportReq,
    Findings,
    Publication,
)
from calanus.exports.types import BadExport
from calanus.kit.db import Connection
from calanus.users.types import User

FILE = "dwca.zip"


def require(conn: Connection, request: DarwinCoreExportReq, *, by: User) -> Publication:
    """The collection of an export, for somebody who manages all of its projects."""
    collection = collections.require(conn, by, request.collection_id)
    people = collections.people(conn, [collection])[collection.collection_id]
    found = collections.projects_of(conn, collection.collection_id, by=by)
    return Publication(collection, people, found)


def refuse_private(found: Publication) -> None:
    """Pass when everybody signed in may see all projects of a collection.

    Raises:
        BadExport: a project is private.
    """
    private = list(ready.private_projects(found))
    if private:
        raise BadExport(" ".join(private))


def check(conn: Connection, found: Publication, request: DarwinCoreExportReq) -> Findings:
    """What keeps a collection from being published, and what is worth knowing."""
    return ready.check(conn, found, request)


def write(
    conn: Connection, found: Publication, request: DarwinCoreExportReq, path: Path, *, at: datetime
) -> Contents:
    """Write the archive of a collection that is ready."""
    contents = gather(conn, found, request)
    with Archive(path, at=at) as archive:
        lines = {
            EVENT: lambda: tables.event_lines(contents),
            OCCURRENCE: lambda: tables.occurrence_lines(contents),
            MEASUREMENT: lambda: tables.measurement_lines(contents),
        }
        columns = {table: tables.write_table(archive, table, of) for table, of in lines.items()}
        written = {table: names for table, names in columns.items() if names}
        archive.store("meta.xml", meta_xml(written))
        archive.store("eml.xml", eml_xml(contents, at=at))
    return contents
