"""The SQL of collections: what they hold, and whom they name."""

from typing import LiteralString

from calanus.collections.types import Collection, CollectionId, Contributor, Part
from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value, fetch_values

COLUMNS: LiteralString = """
    collection_id, external_id, external_id_system, title, short_title, contact_id, provider_id,
    citation, license, abstract, description,
    ARRAY(SELECT p.project_id FROM collection_projects p
           WHERE p.collection_id = collections.collection_id ORDER BY 1) AS project_ids,
    EXISTS (SELECT 1 FROM collection_projects p JOIN projects USING (project_id)
             WHERE p.collection_id = collections.collection_id AND access = '0') AS is_private
"""
# What a person may change, each with the SQL that sets it; a short title stays as it was first set.
SETTABLE: dict[str, LiteralString] = {
    "external_id": "external_id = %(external_id)s",
    "external_id_system": "external_id_system = %(external_id_system)s",
    "title": "title = %(title)s",
    "short_title": "short_title = coalesce(short_title, %(short_title)s)",
    "contact_id": "contact_id = %(contact_id)s",
    "provider_id": "provider_id = %(provider_id)s",
    "citation": "citation = %(citation)s",
    "license": "license = %(license)s",
    "abstract": "abstract = %(abstract)s",
    "description": "description = %(description)s",
}


def find(conn: Connection, collection_id: int) -> Collection | None:
    """One collection."""
    sql = f"SELECT {COLUMNS} FROM collections WHERE collection_id = %(id)s"
    return fetch_one(conn, Collection, sql, id=collection_id)


def search(conn: Connection, pattern: str) -> list[Collection]:
    """Collections whose title matches a LIKE pattern, by title."""
    sql = f"""
        SELECT {COLUMNS} FROM collections WHERE title ILIKE %(pattern)s
         ORDER BY lower(title), collection_id
    """
    return fetch_all(conn, Collection, sql, pattern=pattern)


def by_title(conn: Connection, title: str) -> Collection | None:
    """The collection of exactly this title."""
    sql = f"SELECT {COLUMNS} FROM collections WHERE title = %(title)s"
    return fetch_one(conn, Collection, sql, title=title)


def by_short_title(conn: Connection, title: str) -> Collection | None:
    """The collection of exactly this short title."""
    sql = f"SELECT {COLUMNS} FROM collections WHERE short_title = %(title)s"
    return fetch_one(conn, Collection, sql, title=title)


def of_project(conn: Connection, project_id: int) -> list[Collection]:
    """The collections a project is in."""
    sql = f"""
        SELECT {COLUMNS} FROM collections
         WHERE collection_id IN (SELECT collection_id FROM collection_projects
                                  WHERE project_id = %(project_id)s)
         ORDER BY lower(title), collection_id
    """
    return fetch_all(conn, Collection, sql, project_id=project_id)


def insert(conn: Connection, title: str) -> CollectionId | None:
    """A new collection, with nothing in it; nothing when the title is taken."""
    sql = """
        INSERT INTO collections (title) VALUES (%(title)s)
        ON CONFLICT (title) DO NOTHING RETURNING collection_id
    """
    return fetch_value(conn, sql, title=title)


def update(conn: Connection, collection_id: CollectionId, values: dict[str, object]) -> None:
    """Set what is named; names come from `SETTABLE` alone."""
    if values:
        wanted: LiteralString = ", ".join([SETTABLE[name] for name in values])
        sql = f"UPDATE collections SET {wanted} WHERE collection_id = %(collection_id)s"
        execute(conn, sql, collection_id=collection_id, **values)


def lock(conn: Connection, collection_id: int) -> None:
    """Hold a collection while it changes: two people changing it wait for each other."""
    fetch_value(
        conn,
        "SELECT 1 FROM collections WHERE collection_id = %(id)s FOR UPDATE",
        id=collection_id,
    )


def lock_titles(conn: Connection) -> None:
    """Two people giving the same title wait for each other: the second is told that it is taken."""
    fetch_value(conn, "SELECT pg_advisory_xact_lock(hashtext('titles of collections'))")


def set_projects(conn: Connection, collection_id: CollectionId, project_ids: list[int]) -> None:
    """What is in a collection, and in this one alone."""
    execute(
        conn,
        "DELETE FROM collection_projects WHERE collection_id = %(id)s",
        id=collection_id,
    )
    sql = """
        INSERT INTO collection_projects (collection_id, project_id)
        SELECT %(id)s, project_id FROM unnest(%(project_ids)s::int[]) AS t (project_id)
    """
    execute(conn, sql, id=collection_id, project_ids=project_ids)


def without_samples(conn: Connection, project_ids: list[int]) -> list[int]:
    """Of these projects, those that hold no sample."""
    sql = """
        SELECT project_id FROM unnest(%(ids)s::int[]) AS t (project_id)
         WHERE NOT EXISTS (SELECT 1 FROM samples s WHERE s.project_id = t.project_id)
    """
    return fetch_values(conn, sql, ids=project_ids)


def contributors(conn: Connection, collection_ids: list[int]) -> list[Contributor]:
    """Creators and associates of collections, in the order of citing."""
    sql = """
        SELECT collection_id, part, user_id, organisation_id FROM contributors
         WHERE collection_id = ANY(%(ids)s) ORDER BY collection_id, part, place
    """
    return fetch_all(conn, Contributor, sql, ids=collection_ids)


def set_contributors(
    conn: Connection,
    collection_id: CollectionId,
    part: Part,
    members: list[tuple[int | None, int | None]],
) -> None:
    """Give people and organisations this part: one of each pair, in the order of citing."""
    sql = """
        INSERT INTO contributors (collection_id, part, place, user_id, organisation_id)
        SELECT %(id)s, %(part)s, place, user_id, organisation_id
          FROM unnest(%(users)s::int[], %(organisations)s::int[])
               WITH ORDINALITY AS t (user_id, organisation_id, place)
    """
    execute(
        conn,
        sql,
        id=collection_id,
        part=part,
        users=[user_id for user_id, _ in members],
        organisations=[organisation_id for _, organisation_id in members],
    )


def forget_contributors(conn: Connection, collection_id: CollectionId) -> None:
    """Nobody contributes any more; who does is written anew."""
    execute(conn, "DELETE FROM contributors WHERE collection_id = %(id)s", id=collection_id)


def delete(conn: Connection, collection_id: CollectionId) -> None:
    """Remove a collection; its projects stay."""
    execute(conn, "DELETE FROM collections WHERE collection_id = %(id)s", id=collection_id)
