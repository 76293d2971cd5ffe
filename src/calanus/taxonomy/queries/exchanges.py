"""The SQL of exchanges with servers outside: what they answered, what they are still to be told."""

from datetime import datetime
from typing import Any

from psycopg.types.json import Json

from calanus.kit.db import Connection, execute, fetch_all, fetch_one, fetch_value
from calanus.taxonomy.types import OWN_IDS, STARTER_IDS, LastExchange, Waiting

ANSWERS_KEPT = 5_000


def answer(conn: Connection, service: str, question: str) -> tuple[Any, datetime] | None:
    """What a server answered to a question, and when."""
    sql = """
        SELECT answer, asked_at FROM answers
         WHERE service = %(service)s AND question = %(question)s
    """
    row = conn.execute(sql, {"service": service, "question": question}).fetchone()
    return (row[0], row[1]) if row else None


def keep_answer(conn: Connection, service: str, question: str, told: Any, *, at: datetime) -> None:
    """Keep an answer in the place of an older one; the oldest go when there are many."""
    sql = """
        INSERT INTO answers (service, question, answer, asked_at)
        VALUES (%(service)s, %(question)s, %(answer)s, %(at)s)
        ON CONFLICT (service, question)
        DO UPDATE SET answer = excluded.answer, asked_at = excluded.asked_at
    """
    execute(conn, sql, service=service, question=question, answer=Json(told), at=at)
    sql = """
        DELETE FROM answers WHERE asked_at <
               (SELECT asked_at FROM answers ORDER BY asked_at DESC OFFSET %(most)s LIMIT 1)
    """
    execute(conn, sql, most=ANSWERS_KEPT - 1)


def lease(conn: Connection, kind: str) -> bool:
    """Whether we may exchange: nobody else does, or they have been silent for too long."""
    sql = """
        UPDATE exchanges SET busy_until = clock_timestamp() + interval '5 minutes'
         WHERE kind = %(kind)s AND (busy_until IS NULL OR busy_until < clock_timestamp())
    """
    return execute(conn, sql, kind=kind) > 0


def end(conn: Connection, kind: str, trouble: str | None) -> None:
    """Others may exchange now; how it went."""
    sql = """
        UPDATE exchanges SET busy_until = NULL, trouble = %(trouble)s,
               done_at = CASE WHEN %(trouble)s::text IS NULL THEN clock_timestamp() ELSE done_at END
         WHERE kind = %(kind)s
    """
    execute(conn, sql, kind=kind, trouble=trouble)


def last_exchange(conn: Connection) -> LastExchange:
    """When the last exchange of either kind went well, and what is wrong with the last pull."""
    sql = """
        SELECT max(done_at) AS done_at, max(trouble) FILTER (WHERE kind = 'pull') AS trouble
          FROM exchanges
    """
    found = fetch_one(conn, LastExchange, sql)
    assert found is not None
    return found


def newest(conn: Connection) -> datetime | None:
    """The last change of the reference server that is known here, by its own clock."""
    return fetch_value(conn, "SELECT max(central_at) FROM taxa")


def central_times(conn: Connection, taxon_ids: list[int]) -> dict[int, datetime]:
    """When the reference server last changed these taxa, as far as known here."""
    sql = """
        SELECT taxon_id, central_at FROM taxa
         WHERE taxon_id = ANY(%(ids)s) AND central_at IS NOT NULL
    """
    return dict(conn.execute(sql, {"ids": taxon_ids}).fetchall())


def waiting(conn: Connection, most: int) -> list[Waiting]:
    """Taxa made here that await the reference server, parents first.

    A parent made here stands for what the server knows it as, once it was sent.
    """
    sql = """
        SELECT t.taxon_id, t.display_name, t.name, t.type,
               CASE WHEN p.taxon_id < %(own)s THEN p.taxon_id
                    WHEN p.rename_to < %(own)s THEN p.rename_to END AS parent_id,
               p.display_name AS parent_name, t.creator_email, t.source_desc, t.source_url,
               t.created_at, t.trouble
          FROM taxa t LEFT JOIN taxa p ON p.taxon_id = t.parent_id
         WHERE t.awaits_central ORDER BY cardinality(t.lineage), t.taxon_id LIMIT %(most)s
    """
    return fetch_all(conn, Waiting, sql, own=OWN_IDS, most=most)


def sent(conn: Connection, taxon_id: int, central_id: int) -> None:
    """The reference server knows a taxon now, by another number: that one is advised."""
    sql = """
        UPDATE taxa SET awaits_central = false, trouble = NULL, rename_to = %(central_id)s,
               updated_at = clock_timestamp()
         WHERE taxon_id = %(taxon_id)s AND awaits_central
    """
    execute(conn, sql, taxon_id=taxon_id, central_id=central_id)


def refused(conn: Connection, taxon_id: int, trouble: str) -> None:
    """The reference server did not take a taxon, and said why."""
    sql = "UPDATE taxa SET trouble = %(trouble)s WHERE taxon_id = %(taxon_id)s AND awaits_central"
    execute(conn, sql, taxon_id=taxon_id, trouble=trouble)


def recognise(conn: Connection) -> int:
    """Taxa that await the reference server, and have come from it under the same parent and name.

    So what was sent, but whose number was lost on the way, is found again.
    """
    sql = """
        UPDATE taxa t SET awaits_central = false, trouble = NULL, rename_to = c.taxon_id,
               updated_at = clock_timestamp()
          FROM taxa c
         WHERE t.awaits_central AND c.taxon_id < %(own)s
           AND lower(c.name) = lower(t.name) AND c.type = t.type AND c.status <> 'D'
           AND (c.parent_id IS NOT DISTINCT FROM t.parent_id
                OR c.parent_id = (SELECT p.rename_to FROM taxa p WHERE p.taxon_id = t.parent_id))
    """
    return execute(conn, sql, own=OWN_IDS)


def retire_sent(conn: Connection) -> int:
    """Deprecate taxa made here in the place of which one of the reference server has come."""
    sql = """
        UPDATE taxa t SET status = 'D', updated_at = clock_timestamp()
         WHERE t.taxon_id >= %(made)s AND t.status = 'N' AND NOT t.awaits_central
           AND t.rename_to < %(own)s
           AND EXISTS (SELECT 1 FROM taxa c WHERE c.taxon_id = t.rename_to AND c.status <> 'D')
    """
    return execute(conn, sql, made=STARTER_IDS.stop, own=OWN_IDS)


def validated_by_taxon(conn: Connection) -> dict[int, int]:
    """Validated objects of every taxon, in all projects."""
    sql = """
        SELECT taxon_id, sum(objects)::bigint FROM counts
         WHERE state = 'V' AND taxon_id > 0 GROUP BY taxon_id
    """
    return dict(conn.execute(sql).fetchall())
