"""The SQL of projects and of their counts."""

from collections.abc import Sequence
from typing import LiteralString

from psycopg.types.json import Json

from calanus.kit.db import (
    Connection,
    execute,
    fetch_all,
    fetch_one,
    fetch_tuples,
    fetch_value,
)
from calanus.kit.ids import ProjectId, UserId
from calanus.projects.types import NewProject, ProjectRow, ProjectTotals, Tally, Usage
from calanus.users.types import Privilege, User

COLUMNS: LiteralString = """
    project_id, title, instrument, access, status, comments, contact_id, initial_taxa,
    shown_fields, popover_fields, extractor, bar_px, prediction_settings, formulae,
    object_columns, sample_columns, acquisition_columns, process_columns, loaded_files, created_at
"""
# The settings a person may change, each with the SQL that sets it.
SETTABLE: dict[str, LiteralString] = {
    "title": "title = %(title)s",
    "instrument": "instrument = %(instrument)s",
    "access": "access = %(access)s",
    "status": "status = %(status)s",
    "comments": "comments = %(comments)s",
    "contact_id": "contact_id = %(contact_id)s",
    "initial_taxa": "initial_taxa = %(initial_taxa)s",
    "shown_fields": "shown_fields = %(shown_fields)s",
    "popover_fields": "popover_fields = %(popover_fields)s",
    "extractor": "extractor = %(extractor)s",
    "bar_px": "bar_px = %(bar_px)s",
    "prediction_settings": "prediction_settings = %(prediction_settings)s",
    "formulae": "formulae = %(formulae)s",
}


def find(conn: Connection, project_id: int) -> ProjectRow | None:
    """One project."""
    sql = f"SELECT {COLUMNS} FROM projects WHERE project_id = %(project_id)s"
    return fetch_one(conn, ProjectRow, sql, project_id=project_id)


# An account as users knows it; a join may read what another room writes.
PERSON: LiteralString = """
    user_id, email, name, organisation, country, orcid, role, status, reason, created_at,
    tokens_valid_from,
    EXISTS (
        SELECT 1 FROM members m WHERE m.user_id = users.user_id AND m.privilege = 'Manage'
    ) AS manages,
    guest, status_at, status_comment, email_confirmed_at
"""
PERSON_COLUMNS = 16


def look_up(
    conn: Connection, user_id: UserId | None, project_id: int
) -> tuple[User | None, ProjectRow | None, Privilege | None]:
    """An account, a project, and what the one holds in the other: what a request asks first."""
    sql = f"""
        SELECT person.*, project.*, held.privilege
          FROM (SELECT) AS one
          LEFT JOIN (SELECT {PERSON} FROM users WHERE user_id = %(user_id)s) person ON true
          LEFT JOIN (SELECT {COLUMNS} FROM projects WHERE project_id = %(project_id)s) project
                 ON true
          LEFT JOIN members held
                 ON held.project_id = %(project_id)s AND held.user_id = %(user_id)s
    """
    row = conn.execute(sql, {"user_id": user_id, "project_id": project_id}).fetchone()
    assert row is not None
    person, project = row[:PERSON_COLUMNS], row[PERSON_COLUMNS:-1]
    return (
        None if person[0] is None else User(*person),
        None if project[0] is None else ProjectRow(*project),
        Privilege(row[-1]) if row[-1] else None,
    )


def find_many(conn: Connection, project_ids: Sequence[int]) -> list[ProjectRow]:
    """Projects by their ids, in the order of these."""
    sql = f"""
        SELECT {COLUMNS} FROM projects WHERE project_id = ANY(%(ids)s)
         ORDER BY array_position(%(ids)s::bigint[], project_id::bigint)
    """
    return fetch_all(conn, ProjectRow, sql, ids=list(project_ids))


def privilege(conn: Connection, project_id: int, user_id: int) -> Privilege | None:
    """What somebody holds in a project."""
    sql = (
        "SELECT privilege FROM members WHERE project_id = %(project_id)s AND user_id = %(user_id)s"
    )
    held = fetch_value(conn, sql, project_id=project_id, user_id=user_id)
    return Privilege(held) if held else None


def privileges(conn: Connection, user_id: int) -> dict[int, Privilege]:
    """What somebody holds, project by project."""
    sql = "SELECT project_id, privilege FROM members WHERE user_id = %(user_id)s"
    rows = conn.execute(sql, {"user_id": user_id}).fetchall()
    return {project_id: Privilege(held) for project_id, held in rows}


def all_projects(conn: Connection) -> list[ProjectRow]:
    """Every project; a laboratory has thousands, not millions."""
    return fetch_all(conn, ProjectRow, f"SELECT {COLUMNS} FROM projects ORDER BY project_id DESC")


def using(conn: Connection, taxon_id: int) -> list[Usage]:
    """Projects with validated objects of a taxon, the most first."""
    sql = """
        SELECT c.project_id, p.title, c.objects AS validated
          FROM counts c JOIN projects p USING (project_id)
         WHERE c.taxon_id = %(taxon_id)s AND c.state = 'V' AND c.objects > 0
         ORDER BY c.objects DESC, c.project_id
    """
    return fetch_all(conn, Usage, sql, taxon_id=taxon_id)


def insert(conn: Connection, new: NewProject, *, contact_id: int) -> ProjectId:
    """A new, empty project."""
    sql = """
        INSERT INTO projects (title, instrument, access, contact_id)
        VALUES (%(title)s, %(instrument)s, %(access)s, %(contact_id)s) RETURNING project_id
    """
    return ProjectId(
        fetch_value(
            conn,
            sql,
            title=new.title,
            instrument=new.instrument,
            access=new.access,
            contact_id=contact_id,
        )
    )


def update(conn: Connection, project_id: ProjectId, values: dict[str, object]) -> None:
    """Set what is named; names come from `SETTABLE` alone."""
    if values:
        wanted: LiteralString = ", ".join([SETTABLE[name] for name in values])
        sql = f"UPDATE projects SET {wanted} WHERE project_id = %(project_id)s"
        execute(conn, sql, project_id=project_id, **values)


def set_columns(
    conn: Connection,
    project_id: ProjectId,
    columns: dict[str, dict[str, str]],
    loaded_files: list[str],
) -> None:
    """What an import found: the free columns of each level, and the files it read."""
    sql = """
        UPDATE projects
           SET object_columns = %(object)s, sample_columns = %(sample)s,
               acquisition_columns = %(acquisition)s, process_columns = %(process)s,
               loaded_files = ARRAY(
                   SELECT DISTINCT f FROM unnest(loaded_files || %(files)s) f ORDER BY f)
         WHERE project_id = %(project_id)s
    """
    named = {level: Json(names) for level, names in columns.items()}
    execute(conn, sql, project_id=project_id, files=loaded_files, **named)


def name_instrument(conn: Connection, project_id: ProjectId, instrument: str) -> None:
    """What an import found out, once it loaded something; what a person said stays."""
    sql = """
        UPDATE projects SET instrument = %(instrument)s
         WHERE project_id = %(project_id)s AND instrument = '?' AND loaded_files <> '{}'
    """
    execute(conn, sql, project_id=project_id, instrument=instrument)


def forget_loaded_files(conn: Connection, project_id: ProjectId) -> None:
    """A purged project may load the same files again."""
    execute(
        conn,
        "UPDATE projects SET loaded_files = '{}' WHERE project_id = %(project_id)s",
        project_id=project_id,
    )


def lock(conn: Connection, project_id: ProjectId) -> None:
    """Hold a project while ids are given in it: two imports wait for each other."""
    sql = "SELECT 1 FROM projects WHERE project_id = %(project_id)s FOR NO KEY UPDATE"
    fetch_value(conn, sql, project_id=project_id)


def hold(conn: Connection, project_id: ProjectId) -> None:
    """One load at a time in a project; let go with `let_go`, or when the connection ends."""
    sql = "SELECT pg_advisory_lock(hashtext('calanus import'), %(project_id)s)"
    execute(conn, sql, project_id=project_id)


def let_go(conn: Connection, project_id: ProjectId) -> None:
    """The next load may begin."""
    sql = "SELECT pg_advisory_unlock(hashtext('calanus import'), %(project_id)s)"
    execute(conn, sql, project_id=project_id)


def try_hold(conn: Connection, project_id: ProjectId) -> bool:
    """The same without waiting, until the transaction ends; whether nobody holds it."""
    sql = "SELECT pg_try_advisory_xact_lock(hashtext('calanus import'), %(project_id)s)"
    return bool(fetch_value(conn, sql, project_id=project_id))


def delete(conn: Connection, project_id: ProjectId) -> None:
    """The project itself; what is in it went before."""
    execute(conn, "DELETE FROM projects WHERE project_id = %(project_id)s", project_id=project_id)


def tallies(conn: Connection, project_ids: Sequence[int]) -> list[Tally]:
    """The counts of projects, taxon by taxon and state by state, without the empty ones."""
    sql = """
        SELECT project_id, taxon_id, state, objects FROM counts
         WHERE project_id = ANY(%(ids)s) AND objects > 0 ORDER BY project_id, taxon_id, state
    """
    return fetch_tuples(conn, Tally, sql, ids=list(project_ids))


def totals(conn: Connection, project_ids: Sequence[int]) -> list[ProjectTotals]:
    """The counts of projects, summed by state."""
    sql = """
        SELECT project_id,
               sum(objects)::bigint AS objects,
               coalesce(sum(objects) FILTER (WHERE state = 'U'), 0)::bigint AS unclassified,
               coalesce(sum(objects) FILTER (WHERE state = 'P'), 0)::bigint AS predicted,
               coalesce(sum(objects) FILTER (WHERE state = 'D'), 0)::bigint AS dubious,
               coalesce(sum(objects) FILTER (WHERE state = 'V'), 0)::bigint AS validated,
               count(DISTINCT taxon_id) FILTER (WHERE taxon_id > 0) AS taxa
          FROM counts WHERE project_id = ANY(%(ids)s) AND objects > 0 GROUP BY project_id
    """
    return fetch_all(conn, ProjectTotals, sql, ids=list(project_ids))


def move_counts(conn: Connection, project_id: ProjectId, moves: dict[tuple[int, str], int]) -> None:
    """Add to counts, in sorted key order: two annotators may wait, never deadlock."""
    keys = sorted(moves)
    sql = """
        INSERT INTO counts AS c (project_id, taxon_id, state, objects)
        SELECT %(project_id)s, t, s, n
          FROM unnest(%(taxa)s::int[], %(states)s::text[], %(moves)s::bigint[])
               WITH ORDINALITY AS moves (t, s, n, place)
         ORDER BY place
        ON CONFLICT (project_id, taxon_id, state)
        DO UPDATE SET objects = c.objects + excluded.objects
    """
    execute(
        conn,
        sql,
        project_id=project_id,
        taxa=[taxon for taxon, _ in keys],
        states=[state for _, state in keys],
        moves=[moves[key] for key in keys],
    )


def set_counts(conn: Connection, project_id: ProjectId, tally: dict[tuple[int, str], int]) -> None:
    """Replace the counts of a project by those of a recount."""
    execute(conn, "DELETE FROM counts WHERE project_id = %(project_id)s", project_id=project_id)
    move_counts(conn, project_id, tally)
