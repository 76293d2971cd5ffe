"""Direct questions: what is answered, and all the ways in which nothing else is done."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from starlette.testclient import TestClient

import given
from calanus.app import create_app
from calanus.installation import asking
from calanus.installation.asking import Reader, ask
from calanus.installation.queries import READABLE
from calanus.installation.types import (
    NoReader,
    QuestionRefused,
    QuestionTooLong,
    UnsafeReader,
)
from calanus.kit import db
from calanus.kit.db import Connection
from calanus.kit.settings import Settings


class Desk:
    """Somebody who asks one database."""

    def __init__(self, url: str, pool: Any) -> None:
        self.url, self.pool = url, pool
        self.reader = Reader(url, "", "a key for tests")

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        return ask(self.reader, self.pool, question).rows


@pytest.fixture(scope="module")
def desk(shared_clone: str) -> Iterator[Desk]:
    with db.pool(shared_clone, size=4) as pool:
        yield Desk(shared_clone, pool)


def test_a_question_is_answered_with_names_and_rows(web: TestClient, shore: Connection) -> None:
    web.headers.update(given.headers(given.application_manager(shore)))
    question = "SELECT 1 AS one, 'a' AS a, 1.5::numeric AS n, now()::date AS day, NULL AS none;"

    told = web.get("/admin/db/query", params={"q": question}).json()

    assert told["header"] == ["one", "a", "n", "day", "none"]
    assert told["data"][0][:3] == [1, "a", "1.5"]
    assert told["data"][0][4] is None
    assert told["cut"] is False


def test_tables_can_be_read_and_joined(desk: Desk) -> None:
    assert desk.ask("SELECT count(*) FROM objects o JOIN object_values v USING (object_id)") == [
        (0,)
    ]
    assert desk.ask("SELECT name, email FROM users WHERE false -- a note") == []
    assert desk.ask("WITH a AS (SELECT 1 AS x) SELECT x, x FROM a ORDER BY x") == [(1, 1)]


def test_a_table_that_is_not_named_cannot_be_read(desk: Desk) -> None:
    """So neither can one that a later version adds."""
    question = """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
           AND NOT relispartition AND has_table_privilege(oid, 'SELECT')
    """
    assert {name for (name,) in desk.ask(question)} == set(READABLE)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ;",
        "SELEKT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1) AS a) AS b; DROP TABLE users; --",
        "DELETE FROM objects",
        "INSERT INTO taxa SELECT * FROM taxa RETURNING 1",
        "WITH gone AS (DELETE FROM objects RETURNING 1) SELECT * FROM gone",
        "DROP TABLE users",
        "COPY users TO PROGRAM 'sh'",
        "DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$",
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "SELECT * FROM preferences",
        "SELECT * FROM procrastinate_jobs",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT set_config('role', 'calanus', true)",
        "SELECT set_config('session_authorization', 'calanus', true)",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT query_to_xml('DROP TABLE users', true, true, '')",
        "SELECT query_to_xml('SELECT password_hash FROM users', true, true, '')",
        "SELECT nextval('feature_moments')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user"
        " UNION ALL SELECT 1 / 0 > 0",
        "SELECT '\x00'",
    ],
)
def test_nothing_but_reading_is_answered(desk: Desk, question: str) -> None:
    with pytest.raises((QuestionRefused, ValueError, psycopg.DataError)):
        desk.ask(question)

    assert desk.ask("SELECT count(*) FROM objects") == [(0,)]


def test_what_a_question_makes_does_not_stay(desk: Desk) -> None:
    """Before version 16 PostgreSQL makes large objects while only reading: they are rolled back."""
    with suppress(QuestionRefused):
        desk.ask("SELECT lo_from_bytea(0, 'left behind')")

    assert desk.ask("SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]


def test_a_question_with_a_nul_is_a_sentence_too(web: TestClient, shore: Connection) -> None:
    web.headers.update(given.headers(given.application_manager(shore)))

    answer = web.get("/admin/db/query", params={"q": "SELECT '\x00'"})

    assert answer.status_code == 422


def test_what_takes_long_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = asking.OPTIONS.replace(
        f"statement_timeout={asking.SECONDS * 1000}", "statement_timeout=50"
    )
    monkeypatch.setattr(asking, "OPTIONS", quick)

    with pytest.raises(QuestionTooLong, match="ask for less"):
        desk.ask("SELECT pg_sleep(60)")
    with pytest.raises(QuestionTooLong):
        desk.ask("SELECT set_config('statement_timeout', '0', true), pg_sleep(60)")


def test_rows_and_bytes_are_limited(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_ROWS", 5)
    monkeypatch.setattr(asking, "MOST_BYTES", 10_000)

    found = ask(desk.reader, desk.pool, "SELECT generate_series(1, 1000000000)")
    assert ([row[0] for row in found.rows], found.cut) == ([1, 2, 3, 4, 5], True)
    wide = ask(desk.reader, desk.pool, "SELECT repeat('x', 4000) FROM generate_series(1, 4)")
    assert (len(wide.rows), wide.cut) == (2, True)
    huge = ask(desk.reader, desk.pool, "SELECT repeat('x', 40000)")
    assert (huge.rows, huge.cut) == ([], True)
    none = ask(desk.reader, desk.pool, "SELECT 1 WHERE false")
    assert (none.rows, none.cut) == ([], False)


def test_a_role_that_may_write_is_not_asked_with(desk: Desk) -> None:
    with pytest.raises(UnsafeReader, match="may do more than read"):
        ask(Reader(desk.url, desk.url, ""), desk.pool, "SELECT 1")


def test_a_role_of_the_setting_is_asked_with(desk: Desk) -> None:
    role, word = "somebody_elses_reader", "tide"
    with db.connect(desk.url) as conn:
        conn.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{word}'")  # pyright: ignore
        conn.execute(f"GRANT SELECT ON taxa TO {role}")  # pyright: ignore
    reader = Reader(desk.url, make_conninfo(desk.url, user=role, password=word), "")

    assert ask(reader, desk.pool, "SELECT current_user::text").rows == [(role,)]
    with db.connect(desk.url) as conn:
        conn.execute(f"GRANT pg_read_server_files TO {role}")  # pyright: ignore
    with pytest.raises(UnsafeReader):
        ask(reader, desk.pool, "SELECT 1")


def test_where_no_role_can_be_made_or_let_in_a_sentence_says_so(desk: Desk) -> None:
    role = "owner_without_rights"
    with db.connect(desk.url) as conn:
        conn.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'tide'")  # pyright: ignore
    poor = make_conninfo(desk.url, user=role, password="tide")
    with db.pool(poor, size=1) as pool, pytest.raises(NoReader, match="may not make one"):
        ask(Reader(poor, "", "key"), pool, "SELECT 1")
    wrong = make_conninfo(desk.url, user="nobody", password="wrong")
    with pytest.raises(NoReader, match="does not let it in"):
        ask(Reader(desk.url, wrong, ""), desk.pool, "SELECT 1")


def test_two_servers_that_ask_first_at_once_do_not_disturb_each_other(
    clone: str, settings: Settings, shore: Connection
) -> None:
    headers = given.headers(given.application_manager(shore))
    with (
        TestClient(create_app(settings, clone)) as one,
        TestClient(create_app(settings, clone)) as two,
    ):
        for web in (one, two, one):
            answer = web.get("/admin/db/query?q=SELECT+1", headers=headers)
            assert answer.json()["data"] == [[1]]
