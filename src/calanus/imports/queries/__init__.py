"""The SQL of imports: what a project has already, and the ids that come next."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from calanus.imports.types import Existing
from calanus.kit.copy import Column, send, send_ahead
from calanus.kit.db import Connection, copy_in, execute, fetch_all, fetch_value, fetch_values
from calanus.kit.ids import ProjectId


def existing_users(conn: Connection, user_ids: Sequence[int]) -> set[int | None]:
    """Which of these are accounts."""
    sql = "SELECT user_id FROM users WHERE user_id = ANY(%(ids)s)"
    return set(fetch_values(conn, sql, ids=list(user_ids))) if user_ids else set()


def accounts(
    conn: Connection, emails: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Accounts by e-mail and by name, both in lower case; of two alike, the later one."""
    sql = """
        SELECT user_id, lower(email), lower(name) FROM users
         WHERE lower(email) = ANY(%(emails)s) OR lower(name) = ANY(%(names)s)
         ORDER BY user_id
    """
    rows = conn.execute(sql, {"emails": list(emails), "names": list(names)}).fetchall()
    return {email: i for i, email, _ in rows if email}, {name: i for i, _, name in rows}


def samples(conn: Connection, project_id: ProjectId) -> list[tuple[Any, ...]]:
    """The samples of a project: (sample_id, orig_id)."""
    sql = """
        SELECT sample_id, orig_id FROM samples
         WHERE project_id = %(project_id)s ORDER BY sample_id
    """
    return conn.execute(sql, {"project_id": project_id}).fetchall()


def acquisitions(conn: Connection, project_id: ProjectId) -> list[tuple[Any, ...]]:
    """The acquisitions of a project: (acquisition_id, sample_id, orig_id)."""
    sql = """
        SELECT acquisition_id, sample_id, orig_id FROM acquisitions
         WHERE project_id = %(project_id)s ORDER BY acquisition_id
    """
    return conn.execute(sql, {"project_id": project_id}).fetchall()


def has_objects(conn: Connection, project_id: ProjectId) -> bool:
    """Whether anything was loaded before."""
    sql = "SELECT EXISTS (SELECT 1 FROM objects WHERE project_id = %(project_id)s)"
    return bool(fetch_value(conn, sql, project_id=project_id))


def existing(conn: Connection, project_id: ProjectId, names: Sequence[str]) -> list[Existing]:
    """Objects of these names with their images; of two objects of one name, the later one."""
    sql = """
        SELECT v.orig_id, v.object_id, i.rank, i.orig_file_name
          FROM object_values v
          LEFT JOIN images i USING (project_id, object_id)
         WHERE v.project_id = %(project_id)s AND v.orig_id = ANY(%(names)s)
         ORDER BY v.object_id, i.rank
    """
    return fetch_all(conn, Existing, sql, project_id=project_id, names=list(names))


def hashes(conn: Connection, project_id: ProjectId, names: Sequence[str]) -> dict[str, set[bytes]]:
    """Those of these names that objects have, and the hashes of their images."""
    sql = """
        SELECT v.orig_id, i.hash
          FROM object_values v
          LEFT JOIN images i USING (project_id, object_id)
         WHERE v.project_id = %(project_id)s AND v.orig_id = ANY(%(names)s)
    """
    rows = conn.execute(sql, {"project_id": project_id, "names": list(names)}).fetchall()
    found: dict[str, set[bytes]] = {}
    for name, digest in rows:
        found.setdefault(name, set()).add(digest)
    return found


def count_unmeasured(conn: Connection, project_id: ProjectId, places: Sequence[int]) -> int:
    """How many objects lack a number in any of these places (1 for n01)."""
    sql = """
        SELECT count(*)
          FROM object_values v
         WHERE v.project_id = %(project_id)s
           AND EXISTS (SELECT 1 FROM unnest(%(places)s::int[]) AS p
                        WHERE coalesce(v.numbers[p], 'NaN') = 'NaN')
    """
    return int(fetch_value(conn, sql, project_id=project_id, places=list(places)))


def unmeasured(
    conn: Connection, project_id: ProjectId, places: Sequence[int], *, after: int, limit: int
) -> list[int]:
    """The next objects that lack a number in any of these places, by their ids."""
    sql = """
        SELECT v.object_id
          FROM object_values v
         WHERE v.project_id = %(project_id)s AND v.object_id > %(after)s
           AND EXISTS (SELECT 1 FROM unnest(%(places)s::int[]) AS p
                        WHERE coalesce(v.numbers[p], 'NaN') = 'NaN')
         ORDER BY v.object_id
         LIMIT %(limit)s
    """
    return fetch_values(
        conn, sql, project_id=project_id, places=list(places), after=after, limit=limit
    )


def lock_numbers(
    conn: Connection, project_id: ProjectId, object_ids: Sequence[int]
) -> dict[int, list[float]]:
    """The numbers of objects, which nobody else changes until the transaction ends."""
    sql = """
        SELECT object_id, numbers FROM object_values
         WHERE project_id = %(project_id)s AND object_id = ANY(%(object_ids)s)
         ORDER BY object_id
           FOR UPDATE
    """
    rows = conn.execute(sql, {"project_id": project_id, "object_ids": list(object_ids)}).fetchall()
    return dict(rows)


def set_numbers(conn: Connection, project_id: ProjectId, numbers: dict[int, list[float]]) -> None:
    """Give objects their numbers, as texts: rows of different lengths are no matrix."""
    sql = """
        UPDATE object_values v
           SET numbers = n.numbers::float8[]
          FROM unnest(%(ids)s::bigint[], %(numbers)s::text[]) AS n (object_id, numbers)
         WHERE v.project_id = %(project_id)s AND v.object_id = n.object_id
    """
    written = ["{" + ",".join(map(repr, row)) + "}" for row in numbers.values()]
    execute(conn, sql, project_id=project_id, ids=list(numbers), numbers=written)


def move_samples(
    conn: Connection,
    project_id: ProjectId,
    positions: dict[int, tuple[float, float]],
) -> None:
    """A sample lies at the smallest latitude and longitude of its objects, each by itself."""
    sql = """
        UPDATE samples s
           SET latitude = least(s.latitude, p.latitude),
               longitude = least(s.longitude, p.longitude)
          FROM unnest(%(ids)s::bigint[], %(latitudes)s::float8[], %(longitudes)s::float8[])
               AS p (sample_id, latitude, longitude)
         WHERE s.project_id = %(project_id)s AND s.sample_id = p.sample_id
    """
    execute(
        conn,
        sql,
        project_id=project_id,
        ids=list(positions),
        latitudes=[latitude for latitude, _ in positions.values()],
        longitudes=[longitude for _, longitude in positions.values()],
    )


# --- Loading -------------------------------------------------------------------------------------
# COPY rather than INSERT: an import is a hundred thousand rows at a time.


def load_samples(conn: Connection, columns: list[Column]) -> None:
    """New samples."""
    names: list[LiteralString] = [
        "project_id", "sample_id", "orig_id", "dataportal_descriptor", "texts",
    ]  # fmt: skip
    with copy_in(conn, "samples", names) as stream:
        send(stream, [columns])


def load_acquisitions(conn: Connection, columns: list[Column]) -> None:
    """New acquisitions."""
    names: list[LiteralString] = [
        "project_id", "acquisition_id", "sample_id", "orig_id", "instrument", "texts",
    ]  # fmt: skip
    with copy_in(conn, "acquisitions", names) as stream:
        send(stream, [columns])


def load_processes(conn: Connection, columns: list[Column]) -> None:
    """New processes."""
    names: list[LiteralString] = ["project_id", "acquisition_id", "orig_id", "texts"]
    with copy_in(conn, "processes", names) as stream:
        send(stream, [columns])


def load_objects(conn: Connection, blocks: Iterable[list[Column]]) -> None:
    """What sorting reads and writes of new objects; their version is 0."""
    names: list[LiteralString] = [
        "project_id", "taxon_id", "object_id", "sample_id", "acquisition_id", "score",
        "identified_at", "annotator_id", "state",
    ]  # fmt: skip
    with copy_in(conn, "objects", names) as stream:
        send_ahead(stream, blocks)


def load_values(conn: Connection, blocks: Iterable[list[Column]]) -> None:
    """Everything else that is known of new objects."""
    names: list[LiteralString] = [
        "project_id", "object_id", "orig_id", "latitude", "longitude", "depth_min", "depth_max",
        "object_date", "object_time", "sun_position", "link", "comment", "numbers", "texts",
    ]  # fmt: skip
    with copy_in(conn, "object_values", names) as stream:
        send_ahead(stream, blocks)


def load_images(conn: Connection, blocks: Iterable[list[Column]]) -> None:
    """Where new images lie."""
    names: list[LiteralString] = [
        "project_id", "object_id", "image_id", "position", "pack_id", "length", "width", "height",
        "rank", "hash", "orig_file_name", "ending",
    ]  # fmt: skip
    with copy_in(conn, "images", names) as stream:
        send_ahead(stream, blocks)


def load_thumbnails(conn: Connection, blocks: Iterable[list[Column]]) -> None:
    """Where their thumbnails lie."""
    names: list[LiteralString] = [
        "project_id", "image_id", "size", "position", "pack_id", "length",
    ]  # fmt: skip
    with copy_in(conn, "thumbnails", names) as stream:
        send_ahead(stream, blocks)
