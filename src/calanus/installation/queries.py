"""The SQL of looking at an installation as a whole, and of its role that can only read."""

from collections.abc import Mapping
from typing import LiteralString

from psycopg import sql

from calanus.kit.db import Connection, fetch_value, fetch_values

# What the reading role may see. What is not named here, it may not: neither a password's hash nor a
# token, nor what anybody remembered for themselves, nor a table that is added later.
READABLE: tuple[LiteralString, ...] = (
    "taxa", "projects", "members", "samples", "acquisitions", "processes", "objects",
    "object_values", "images", "packs", "thumbnails", "counts", "batches", "history",
    "predictions", "extractors", "features", "organisations", "collections",
    "collection_projects", "contributors", "recasts",
)  # fmt: skip
COLUMNS: Mapping[LiteralString, tuple[LiteralString, ...]] = {
    "users": ("user_id", "email", "name", "organisation", "country", "role", "status",
              "created_at"),
    "jobs": ("job_id", "kind", "owner_id", "project_id", "state", "progress", "message",
             "error_count", "created_at", "updated_at", "attempts", "archived"),
}  # fmt: skip


def jobs_by_state(conn: Connection) -> dict[str, int]:
    """How many jobs are in each state, those put away aside."""
    sql_ = "SELECT state, count(*)::int FROM jobs WHERE NOT archived GROUP BY state"
    return dict(conn.execute(sql_).fetchall())


def objects_by_state(conn: Connection) -> dict[str, int]:
    """How many objects of all projects are in each state, from the counts."""
    sql_ = "SELECT state, sum(objects)::bigint FROM counts GROUP BY state"
    return dict(conn.execute(sql_).fetchall())


def may_make_roles(conn: Connection) -> bool:
    """Whether this installation's own role may make another one."""
    statement = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(fetch_value(conn, statement))


def make_reader(conn: Connection, role: str, password: str) -> None:
    """Make the reading role, or make it what it must be: no right but to read what is named.

    One process at a time: changing a role twice at once is an error of PostgreSQL.
    """
    conn.execute("SELECT pg_advisory_xact_lock(hashtext('calanus reader'))")
    name = sql.Identifier(role)
    there = fetch_value(conn, "SELECT 1 FROM pg_roles WHERE rolname = %(role)s", role=role)
    if not there:
        conn.execute(sql.SQL("CREATE ROLE {}").format(name))
    conn.execute(
        sql.SQL(
            "ALTER ROLE {} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 4 PASSWORD {}"
        ).format(name, sql.Literal(password))
    )
    for table in READABLE:
        conn.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), name))
    for table, columns in COLUMNS.items():
        named = sql.SQL(", ").join([sql.Identifier(column) for column in columns])
        conn.execute(
            sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(named, sql.Identifier(table), name)
        )


def does_more_than_read(conn: Connection) -> bool:
    """Whether the role of this connection could write, or reach the server's files or programs."""
    statement = """
        SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
               OR pg_has_role(current_user, 'pg_read_server_files', 'MEMBER')
               OR pg_has_role(current_user, 'pg_write_server_files', 'MEMBER')
               OR pg_has_role(current_user, 'pg_execute_server_program', 'MEMBER')
               OR pg_has_role(current_user, 'pg_write_all_data', 'MEMBER')
               OR session_user <> current_user
               OR EXISTS (
                  SELECT 1 FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                     AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER'))
          FROM pg_roles WHERE rolname = current_user
    """
    return bool(fetch_value(conn, statement))


def roles_above(conn: Connection) -> list[str]:
    """The roles that this connection could put on."""
    statement = """
        SELECT rolname FROM pg_roles
         WHERE rolname <> current_user AND pg_has_role(current_user, oid, 'MEMBER')
    """
    return fetch_values(conn, statement)
