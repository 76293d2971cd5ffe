"""The world before a test: people, projects, taxa, objects. Each function makes one thing."""

from datetime import UTC, datetime
from itertools import count

import pytest

from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.ids import OBJECTS, ObjectId, ProjectId, TaxonId
from calanus.objects.service import recount
from calanus.projects import service as projects
from calanus.projects.types import NewProject, Project
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.session import token_of
from calanus.users.types import AccountRole, NewUser, Privilege, User

# Objects o with their values v, sample s, acquisition a and process p.
WITH_PARENTS = """
    objects o
      JOIN object_values v USING (project_id, object_id)
      JOIN samples s USING (project_id, sample_id)
      JOIN acquisitions a USING (project_id, acquisition_id)
      JOIN processes p USING (project_id, acquisition_id)
"""
NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
PASSWORD = "copepods at dawn"
KEY = "a key for tests"
numbers = count(1)

# A mark of tests that read images: a vault closes a pack when its last reader lets go of it,
# without a word, which Python tells of as a resource left open.
vaults_close_late = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

BIOTA, COPEPODA, CALANOIDA, DETRITUS = TaxonId(1), TaxonId(10), TaxonId(11), TaxonId(20)
OLD_NAME = TaxonId(30)
TAXA = [
    (BIOTA, None, "Biota", "P", "A", [1]),
    (COPEPODA, 1, "Copepoda", "P", "A", [1, 10]),
    (CALANOIDA, 10, "Calanoida", "P", "A", [1, 10, 11]),
    (DETRITUS, None, "detritus", "M", "A", [20]),
    (OLD_NAME, 1, "Oldname", "P", "D", [1, 30]),
]


def user(
    conn: Connection,
    *,
    name: str = "Amanda Sampler",
    role: AccountRole = AccountRole.USER,
    policy: str = "strict",
) -> User:
    """Somebody with an account, whose password is `PASSWORD`."""
    email = f"{name.split()[0].lower()}{next(numbers)}@lab.example"
    made = users.create(conn, NewUser(email, name, PASSWORD, role=role), by=None)
    return users.acting(made, policy)


def application_manager(conn: Connection, *, policy: str = "strict") -> User:
    """Somebody who may do everything."""
    role = AccountRole.APPLICATION_MANAGER
    return user(conn, name="Ada Head", role=role, policy=policy)


def project(
    conn: Connection,
    *,
    member: User | None = None,
    privilege: Privilege = Privilege.ANNOTATE,
    access: str = "0",
    status: str = "Annotate",
    title: str = "Tara leg 3",
) -> Project:
    """A project, private unless said otherwise, in which `member` holds a privilege."""
    head = application_manager(conn)
    project_id = projects.create(conn, NewProject(title), by=head)
    held: dict[int, str] = {head.user_id: Privilege.MANAGE}
    if member:
        held[member.user_id] = privilege
    users.set_members(conn, project_id, held)
    execute(
        conn,
        "UPDATE projects SET access = %(a)s, status = %(s)s WHERE project_id = %(p)s",
        a=access,
        s=status,
        p=project_id,
    )
    return projects.require(conn, head, project_id, Act.VIEW_IMAGES)


def refreshed(conn: Connection, project: Project, by: User) -> Project:
    """The project as somebody gets it now."""
    return projects.require(conn, by, project.project_id, Act.VIEW_IMAGES)


def taxa(conn: Connection) -> None:
    """A small tree: Biota > Copepoda > Calanoida; detritus; and a deprecated name."""
    for taxon_id, parent_id, name, type_, status, lineage in TAXA:
        execute(
            conn,
            """
            INSERT INTO taxa
                   (taxon_id, parent_id, name, display_name, type, status, lineage, folded)
            VALUES (%(id)s, %(parent)s, %(name)s, %(name)s, %(type)s, %(status)s, %(lineage)s,
                    lower(%(name)s))
            ON CONFLICT DO NOTHING
            """,
            id=taxon_id,
            parent=parent_id,
            name=name,
            type=type_,
            status=status,
            lineage=lineage,
        )


def objects(
    conn: Connection,
    project: Project,
    how_many: int,
    *,
    taxon: TaxonId | None = None,
    state: str | None = None,
    by: User | None = None,
    scores: list[float] | None = None,
) -> list[ObjectId]:
    """Objects of one sample, in a state; predicted ones score 0.5 unless told."""
    taxa(conn)
    first, sample_id, acquisition_id = make_parents(conn, project.project_id)
    ids = [ObjectId(first + n) for n in range(how_many)]
    values = scores or ([0.5] * how_many if state == "P" else [None] * how_many)
    execute(
        conn,
        """
        INSERT INTO objects (project_id, object_id, sample_id, acquisition_id, taxon_id, state,
                             score, annotator_id, identified_at)
        SELECT %(p)s, o, %(s)s, %(a)s, %(t)s, %(state)s, score, %(by)s, %(at)s
          FROM unnest(%(ids)s::bigint[], %(scores)s::float8[]) AS t (o, score)
        """,
        p=project.project_id,
        s=sample_id,
        a=acquisition_id,
        t=taxon,
        state=state,
        by=(by.user_id if by else project.contact_id) if state in ("V", "D") else None,
        at=NOON.replace(year=2025) if state else None,
        ids=ids,
        scores=values,
    )
    execute(
        conn,
        """
        INSERT INTO object_values (project_id, object_id, orig_id, latitude, longitude, depth_min,
                                   depth_max, object_date, object_time, sun_position, numbers)
        SELECT %(p)s, o, 'obj_' || o, 43.5, 7.5, 10, 20, '2026-06-21', '12:00', 'D',
               ARRAY[(o %% 1000)::float8, 'NaN']
          FROM unnest(%(ids)s::bigint[]) AS o
        """,
        p=project.project_id,
        ids=ids,
    )
    recount(conn, project.project_id)
    return ids


def make_parents(conn: Connection, project_id: ProjectId) -> tuple[int, int, int]:
    """One more sample with one acquisition and process; the next free object id."""
    n = int(
        fetch_value(conn, "SELECT count(*) + 1 FROM samples WHERE project_id = %(p)s", p=project_id)
    )
    sample_id, acquisition_id = project_id * 1_000_000 + n, project_id * 10_000_000 + n
    values = {"p": project_id, "s": sample_id, "a": acquisition_id, "n": f"station_{n}"}
    execute(
        conn,
        "INSERT INTO samples (project_id, sample_id, orig_id) VALUES (%(p)s, %(s)s, %(n)s)",
        **values,
    )
    execute(
        conn,
        """
        INSERT INTO acquisitions (project_id, acquisition_id, sample_id, orig_id)
        VALUES (%(p)s, %(a)s, %(s)s, %(n)s)
        """,
        **values,
    )
    execute(
        conn,
        """
        INSERT INTO processes (project_id, acquisition_id, orig_id)
        VALUES (%(p)s, %(a)s, %(n)s)
        """,
        **values,
    )
    sql = "SELECT coalesce(max(object_id), %(start)s) + 1 FROM objects WHERE project_id = %(p)s"
    return (
        int(fetch_value(conn, sql, start=project_id * OBJECTS, p=project_id)),
        sample_id,
        (acquisition_id),
    )


def headers(user: User) -> dict[str, str]:
    """What a script of this person sends."""
    return {"Authorization": f"Bearer {token_of(user, KEY)}"}
