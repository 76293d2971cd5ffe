"""The SQL of audits: second looks, confirmations, readings, and what abundances are made from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from calanus.audit.types import (
    AnswerReq,
    Audit,
    DrawReq,
    Guessed,
    Kind,
    Look,
    Read,
    Reading,
    Tallied,
    Unread,
)
from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value, fetch_values
from calanus.kit.ids import ProjectId, UserId

# --- Second looks ------------------------------------------------------------------------------


def confirmed(conn: Connection, project_id: ProjectId) -> list[int]:
    """The objects that somebody looked at again, and that still are what they were then."""
    sql = """
        SELECT object_id FROM confirmations c JOIN objects o USING (project_id, object_id, taxon_id)
         WHERE c.project_id = %(project_id)s
    """
    return fetch_values(conn, sql, project_id=project_id)


def keep_audit(conn: Connection, project_id: ProjectId, audit: Audit) -> None:
    """Remember an audit in the place of the one before."""
    sql = """
        INSERT INTO audits (project_id, made_at, examined, confusion, record)
        VALUES (%(project_id)s, %(made_at)s, %(examined)s, %(confusion)s, %(record)s)
        ON CONFLICT (project_id) DO UPDATE
           SET made_at = excluded.made_at, examined = excluded.examined,
               confusion = excluded.confusion, record = excluded.record
    """
    execute(
        conn,
        sql,
        project_id=project_id,
        made_at=audit.made_at,
        examined=audit.examined,
        confusion=Jsonb(audit.confusion),
        record=Jsonb(audit.record),
    )


def keep_looks(conn: Connection, project_id: ProjectId, looks: Sequence[Look]) -> None:
    """Remember what deserves a second look, in this order, in the place of what did before."""
    execute(
        conn, "DELETE FROM second_looks WHERE project_id = %(project_id)s", project_id=project_id
    )
    sql = """
        INSERT INTO second_looks
               (project_id, kind, place, object_id, taxon_id, suggested_id, margin)
        SELECT %(project_id)s, kind, place, object_id, taxon_id, suggested_id, margin
          FROM unnest(%(kinds)s::text[], %(objects)s::bigint[], %(taxa)s::int[],
                      %(suggested)s::int[], %(margins)s::float8[]) WITH ORDINALITY
                      AS t (kind, object_id, taxon_id, suggested_id, margin, place)
    """
    execute(
        conn,
        sql,
        project_id=project_id,
        kinds=[look.kind for look in looks],
        objects=[look.object_id for look in looks],
        taxa=[look.taxon_id for look in looks],
        suggested=[look.suggested_id for look in looks],
        margins=[look.margin for look in looks],
    )


def find_audit(conn: Connection, project_id: ProjectId) -> Audit | None:
    """The last audit of a project."""
    sql = """
        SELECT made_at, examined, confusion, record FROM audits WHERE project_id = %(project_id)s
    """
    return fetch_one(conn, Audit, sql, project_id=project_id)


def looks(conn: Connection, project_id: ProjectId, kind: Kind) -> list[Look]:
    """What still deserves a second look: neither confirmed nor called otherwise since."""
    sql = """
        SELECT l.object_id, l.kind, l.taxon_id, l.suggested_id, l.margin
          FROM second_looks l
          JOIN objects o ON o.project_id = l.project_id AND o.object_id = l.object_id
               AND o.taxon_id = l.taxon_id AND o.state = 'V'
         WHERE l.project_id = %(project_id)s AND l.kind = %(kind)s
           AND NOT EXISTS (SELECT 1 FROM confirmations c
                            WHERE c.project_id = l.project_id AND c.object_id = l.object_id
                              AND c.taxon_id = l.taxon_id)
         ORDER BY l.place
    """
    return fetch_all(conn, Look, sql, project_id=project_id, kind=kind)


def confirm(
    conn: Connection, project_id: ProjectId, objects: Sequence[int], *, by: UserId, at: datetime
) -> int:
    """Note that somebody looked at validated objects again and agrees; how many are new."""
    sql = """
        INSERT INTO confirmations (project_id, object_id, taxon_id, confirmed_by, confirmed_at)
        SELECT project_id, object_id, taxon_id, %(by)s, %(at)s FROM objects
         WHERE project_id = %(project_id)s AND object_id = ANY(%(objects)s::bigint[])
           AND state = 'V' AND taxon_id IS NOT NULL
         ORDER BY object_id
        ON CONFLICT DO NOTHING
    """
    return execute(conn, sql, project_id=project_id, objects=list(objects), by=by, at=at)


def unconfirm(conn: Connection, project_id: ProjectId, objects: Sequence[int]) -> int:
    """Take confirmations back; of how many objects."""
    sql = """
        DELETE FROM confirmations
         WHERE project_id = %(project_id)s AND object_id = ANY(%(objects)s::bigint[])
    """
    return execute(conn, sql, project_id=project_id, objects=list(objects))


# --- Abundances --------------------------------------------------------------------------------


def tallies(conn: Connection, project_id: ProjectId, samples: Sequence[int]) -> list[Tallied]:
    """How many objects of each taxon are validated and predicted in each sample."""
    sql = """
        SELECT sample_id, taxon_id, state, count(*) AS objects FROM objects
         WHERE project_id = %(project_id)s AND state = ANY('{V,P}') AND taxon_id IS NOT NULL
           AND (%(everywhere)s OR sample_id = ANY(%(samples)s::bigint[]))
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    values: dict[str, Any] = {"everywhere": not samples, "samples": list(samples)}
    return fetch_all(conn, Tallied, sql, project_id=project_id, **values)


def guessed(conn: Connection, project_id: ProjectId, samples: Sequence[int]) -> list[Guessed]:
    """The predicted objects with the guesses of their present identification, by their ids."""
    sql = """
        SELECT o.sample_id, o.taxon_id, o.score, g.taxa, g.scores
          FROM objects o
          LEFT JOIN predictions g ON g.project_id = o.project_id AND g.object_id = o.object_id
               AND g.batch_id = o.version
         WHERE o.project_id = %(project_id)s AND o.state = 'P' AND o.taxon_id IS NOT NULL
           AND (%(everywhere)s OR o.sample_id = ANY(%(samples)s::bigint[]))
         ORDER BY o.object_id
    """
    values: dict[str, Any] = {"everywhere": not samples, "samples": list(samples)}
    return fetch_all(conn, Guessed, sql, project_id=project_id, **values)


# --- Readings ----------------------------------------------------------------------------------


def draw(
    conn: Connection, project_id: ProjectId, wanted: DrawReq, *, by: UserId, at: datetime
) -> int:
    """A new reading; nothing is in it yet."""
    sql = """
        INSERT INTO readings (project_id, drawn_by, drawn_at, seed, per_taxon, in_all)
        VALUES (%(project_id)s, %(by)s, %(at)s, %(seed)s, %(per_taxon)s, %(in_all)s)
        RETURNING reading_id
    """
    values = wanted.model_dump()
    return int(fetch_value(conn, sql, project_id=project_id, by=by, at=at, **values))


def fill(
    conn: Connection, project_id: ProjectId, reading_id: int, wanted: DrawReq, most: int
) -> int:
    """Draw validated objects by a seeded hash of their ids; how many.

    Their places follow another hash, so that the order tells nothing of the taxon.
    """
    sql = """
        INSERT INTO second_readings
               (project_id, reading_id, place, object_id, taxon_id, annotator_id)
        SELECT %(project_id)s, %(reading_id)s,
               row_number() OVER (ORDER BY md5('place' || %(seed)s || ':' || object_id), object_id),
               object_id, taxon_id, annotator_id
          FROM (SELECT object_id, taxon_id, annotator_id,
                       row_number() OVER (PARTITION BY taxon_id ORDER BY drawn, object_id) AS nth,
                       row_number() OVER (ORDER BY drawn, object_id) AS nth_of_all
                  FROM (SELECT object_id, taxon_id, annotator_id,
                               md5(%(seed)s || ':' || object_id) AS drawn
                          FROM objects
                         WHERE project_id = %(project_id)s AND state = 'V'
                           AND taxon_id IS NOT NULL) validated) ranked
         WHERE nth <= coalesce(%(per_taxon)s::int, nth)
           AND nth_of_all <= coalesce(%(in_all)s::int, nth_of_all)
         ORDER BY 3 LIMIT %(most)s
    """
    values = {**wanted.model_dump(), "seed": str(wanted.seed)}
    return execute(conn, sql, project_id=project_id, reading_id=reading_id, most=most, **values)


READING = """
        SELECT r.reading_id, r.drawn_at, u.name AS drawn_by, r.seed, r.per_taxon, r.in_all,
               count(s.object_id) AS objects, count(s.second_id) AS read
          FROM readings r JOIN users u ON u.user_id = r.drawn_by
          LEFT JOIN second_readings s ON s.project_id = r.project_id
               AND s.reading_id = r.reading_id
"""


def readings(conn: Connection, project_id: ProjectId) -> list[Reading]:
    """The readings of a project, the newest first."""
    sql = f"""{READING}
         WHERE r.project_id = %(project_id)s
         GROUP BY r.reading_id, u.name ORDER BY r.reading_id DESC LIMIT 100
    """
    return fetch_all(conn, Reading, sql, project_id=project_id)


def find_reading(conn: Connection, project_id: ProjectId, reading_id: int) -> Reading | None:
    """A reading of a project."""
    sql = f"""{READING}
         WHERE r.project_id = %(project_id)s AND r.reading_id = %(reading_id)s
         GROUP BY r.reading_id, u.name
    """
    return fetch_one(conn, Reading, sql, project_id=project_id, reading_id=reading_id)


def unread(
    conn: Connection, project_id: ProjectId, reading_id: int, *, after: int, most: int
) -> list[Unread]:
    """The next objects to read: their first image, and nothing that tells what they are."""
    sql = """
        SELECT s.place, i.image_id, i.width, i.height
          FROM second_readings s
          LEFT JOIN LATERAL (
               SELECT image_id, width, height FROM images
                WHERE project_id = s.project_id AND object_id = s.object_id
                ORDER BY rank LIMIT 1) i ON true
         WHERE s.project_id = %(project_id)s AND s.reading_id = %(reading_id)s
           AND s.second_id IS NULL AND s.place > %(after)s
         ORDER BY s.place LIMIT %(most)s
    """
    values = {"reading_id": reading_id, "after": after, "most": most}
    return fetch_all(conn, Unread, sql, project_id=project_id, **values)


def read_again(
    conn: Connection,
    project_id: ProjectId,
    reading_id: int,
    said: AnswerReq,
    *,
    by: UserId,
    at: datetime,
) -> bool:
    """Keep what somebody calls an object; whether nobody had."""
    sql = """
        UPDATE second_readings SET second_id = %(taxon_id)s, reader_id = %(by)s, read_at = %(at)s
         WHERE project_id = %(project_id)s AND reading_id = %(reading_id)s
           AND place = %(place)s AND second_id IS NULL
    """
    values = {"reading_id": reading_id, **said.model_dump(), "by": by, "at": at}
    return execute(conn, sql, project_id=project_id, **values) > 0


def take_back(
    conn: Connection, project_id: ProjectId, reading_id: int, place: int, *, by: UserId
) -> bool:
    """Forget what somebody called an object; whether they had."""
    sql = """
        UPDATE second_readings SET second_id = NULL, reader_id = NULL, read_at = NULL
         WHERE project_id = %(project_id)s AND reading_id = %(reading_id)s
           AND place = %(place)s AND reader_id = %(by)s
    """
    values = {"reading_id": reading_id, "place": place, "by": by}
    return execute(conn, sql, project_id=project_id, **values) > 0


def read(conn: Connection, project_id: ProjectId, reading_id: int) -> list[Read]:
    """What has been read twice."""
    sql = """
        SELECT taxon_id, annotator_id, second_id, reader_id FROM second_readings
         WHERE project_id = %(project_id)s AND reading_id = %(reading_id)s
           AND second_id IS NOT NULL
         ORDER BY place
    """
    return fetch_all(conn, Read, sql, project_id=project_id, reading_id=reading_id)
