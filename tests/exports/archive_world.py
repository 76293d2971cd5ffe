"""A collection that is ready to be published, and its archive as a reader sees it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dwca.read import DwCAReader  # pyright: ignore  (it has no types)

import given
from calanus.collections import service as collections
from calanus.collections.types import CollectionChange, Part
from calanus.exports import recast
from calanus.exports.darwin_core import service
from calanus.exports.darwin_core.types import Contents, DarwinCoreExportReq, Findings
from calanus.exports.types import Recast, RecastOperation, RecastTarget
from calanus.kit.db import Connection, execute
from calanus.projects.service import record_columns
from calanus.projects.types import Project
from calanus.users import guests
from calanus.users.types import Guest, Privilege, User
from given import CALANOIDA, COPEPODA

ABSTRACT = "Copepods of the bay, caught every week and imaged. " * 6
FROM_TO: dict[str, int | None] = {str(COPEPODA): COPEPODA, str(CALANOIDA): CALANOIDA}
OCCURRENCE, EMOF = RecastOperation.DWCA_OCCURRENCE, RecastOperation.DWCA_EMOF
Rows = list[dict[str, str]]


@dataclass
class Bay:
    """A manager, two projects in a collection, and what is known of them."""

    conn: Connection
    marie: User
    gil: User
    first: Project
    second: Project
    collection_id: int

    def change(self, **values: object) -> None:
        """Write something else about the collection."""
        change = CollectionChange(values=dict(values))
        collections.change(self.conn, self.collection_id, change, by=self.marie)

    def cite(self, change: CollectionChange) -> None:
        """Name other people."""
        collections.change(self.conn, self.collection_id, change, by=self.marie)

    def recast(self, from_to: dict[str, int | None], of: RecastOperation = OCCURRENCE) -> None:
        """Say as what taxa are published."""
        target = RecastTarget(self.collection_id, is_collection=True)
        recast.keep(self.conn, target, of, Recast(from_to), by=self.marie)

    def request(self, **asked: Any) -> DarwinCoreExportReq:
        """An order for an archive of the collection."""
        return DarwinCoreExportReq(collection_id=self.collection_id, **asked)

    def check(self, **asked: Any) -> Findings:
        """What is wrong, and what is worth knowing."""
        request = self.request(**asked)
        found = service.require(self.conn, request, by=self.marie)
        return service.check(self.conn, found, request)

    def write(self, path: Path, **asked: Any) -> Contents:
        """The archive."""
        request = self.request(**asked)
        found = service.require(self.conn, request, by=self.marie)
        assert service.check(self.conn, found, request).errors == []
        return service.write(self.conn, found, request, path, at=given.NOON)


def bay(conn: Connection) -> Bay:
    """Copepods in two samples of one project, calanoids in one of another; all is well."""
    marie = given.user(conn, name="Marie Curator")
    execute(
        conn,
        "UPDATE users SET organisation = 'Sea Lab (SEA)', country = 'France' WHERE user_id = %(u)s",
        u=marie.user_id,
    )
    first, second = (
        given.project(
            conn, member=marie, privilege=Privilege.MANAGE, access="1", title=f"Bay {number}"
        )
        for number in ("one", "two")
    )
    given.objects(conn, first, 3, taxon=COPEPODA, state="V", by=marie)
    given.objects(conn, first, 2, taxon=CALANOIDA, state="P")
    given.objects(conn, second, 1, taxon=CALANOIDA, state="V", by=marie)
    execute(
        conn, "UPDATE samples SET orig_id = 'bay two' WHERE project_id = %(p)s", p=second.project_id
    )
    for aphia, taxon in ((1080, COPEPODA), (1100, CALANOIDA)):
        sql = "UPDATE taxa SET aphia_id = %(a)s, rank = 'Order' WHERE taxon_id = %(t)s"
        execute(conn, sql, a=aphia, t=taxon)
    execute(conn, "UPDATE taxa SET rank = 'Kingdom', name = 'Animalia' WHERE taxon_id = 1")
    gil = guests.create_guest(
        conn,
        Guest("gil@sea.example", "Gil de la Mer", "Sea & Sun", "Italy", "0000-0002-1825-0097"),
        by=given.application_manager(conn),
    )
    projects = [first.project_id, second.project_id]
    collection_id = collections.create(conn, "Copepods & co", projects, by=marie)
    made = Bay(conn, replace(marie, manages=True), gil, first, second, collection_id)
    made.cite(
        CollectionChange(
            values={"abstract": ABSTRACT, "citation": "Curator <2026>", "license": "CC BY 4.0"},
            people={"contact": marie.user_id, "provider": marie.user_id},
            users={Part.CREATOR: [marie.user_id, gil.user_id]},
            organisations={Part.CREATOR: ["Institut de la Mer (IMEV)"], Part.ASSOCIATE: ["A lab"]},
        )
    )
    made.recast(FROM_TO)
    return made


def with_nets(made: Bay) -> None:
    """The samples of the first project tell their nets."""
    levels = {"net_type": "t01", "net_mesh": "t02", "net_surf": "t03"}
    columns = {"object": {}, "sample": levels, "acquisition": {}, "process": {}}
    record_columns(made.conn, made.first.project_id, columns, loaded_files=[])
    sql = "UPDATE samples SET texts = ARRAY['WP2', '200', '0.25'] WHERE project_id = %(p)s"
    execute(made.conn, sql, p=made.first.project_id)


def move(conn: Connection, project: Project, sql: str) -> None:
    """Change values of a project's objects."""
    conn.execute(f"UPDATE object_values SET {sql} WHERE project_id = %s", [project.project_id])  # pyright: ignore


@dataclass
class Read:
    """An archive as a reader sees it."""

    events: Rows
    occurrences: Rows
    measurements: Rows
    terms: dict[str, list[str]]
    eml: Any


def read(path: Path) -> Read:
    """Open an archive with a reader that is not ours, following its meta.xml."""
    reader: Any
    with DwCAReader(str(path)) as reader:
        files = [reader.descriptor.core, *reader.descriptor.extensions]
        rows: dict[str, Rows] = {}
        for core in reader:
            rows.setdefault("event.txt", []).append({"id": core.id, **short(core.data)})
            for row in core.extensions:
                name = row.descriptor.file_location
                rows.setdefault(name, []).append({"id": row.core_id, **short(row.data)})
        return Read(
            events=rows.get("event.txt", []),
            occurrences=rows.get("occurrence.txt", []),
            measurements=rows.get("extendedmeasurementorfact.txt", []),
            terms={f.file_location: [field["term"] for field in f.fields] for f in files},
            eml=reader.metadata,
        )


def short(data: dict[str, str]) -> dict[str, str]:
    """Terms by their last word."""
    return {term.rsplit("/", 1)[1]: value for term, value in data.items()}
