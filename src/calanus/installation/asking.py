"""Direct questions to the database, by a role that can do nothing but read.

A read-only transaction of our own role would not do: a question may contain functions, and those of
a superuser read files and start programs. So the question goes over a connection of another role,
which has no right but to read some tables. It is one expression of the extended protocol, which
refuses a second statement, and stands inside a SELECT of ours, which counts rows and bytes.
"""

import hashlib
import hmac
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from calanus.installation import queries
from calanus.installation.types import (
    NoReader,
    QuestionRefused,
    QuestionTooLong,
    Table,
    UnsafeReader,
)
from calanus.kit.db import Connection

MOST_ROWS = 10_000
MOST_BYTES = 20_000_000
SECONDS = 20
LONGEST_QUESTION = 20_000  # characters
OPTIONS = (
    f"-c statement_timeout={SECONDS * 1000} -c lock_timeout=2000 -c timezone=UTC -c jit=off "
    "-c default_transaction_read_only=on -c max_parallel_workers_per_gather=0 "
    "-c application_name=calanus-reader"
)
# The bytes are summed up row by row, so that PostgreSQL stops where it is enough. The first column
# says whether the next row would be too much.
WRAPPED = """
SELECT coalesce(size + following > {bytes}, false), (asked).* FROM (
    SELECT asked, sum(octet_length(asked::text)) OVER so_far AS size,
           lead(octet_length(asked::text)) OVER so_far AS following
      FROM (
{question}
      ) AS asked
    WINDOW so_far AS (ROWS UNBOUNDED PRECEDING)) AS counted
 WHERE size <= {bytes} LIMIT {rows}
"""
ANY = """
SELECT EXISTS (SELECT FROM (
{question}
) AS asked)
"""


@dataclass
class Reader:
    """How this installation asks: by the role of a setting, else by one that it makes."""

    database_url: str
    reader_url: str
    key: str
    made: bool = False  # by this process, with all that this version may read

    @contextmanager
    def connection(self, pool: ConnectionPool[Connection]) -> Generator[Connection]:
        """A connection that can only read, rolled back at the end whatever was asked.

        Raises:
            NoReader: there is no role to ask with, and ours may not make one.
            UnsafeReader: the role of the setting may do more than read.
        """
        try:
            conn = psycopg.connect(self.address(pool), options=OPTIONS, connect_timeout=10)
        except psycopg.Error as error:
            raise NoReader(f"the database does not let it in ({error})") from None
        with conn:
            if queries.does_more_than_read(conn) or queries.roles_above(conn):
                raise UnsafeReader(conn.info.user)
            conn.rollback()
            conn.read_only = True
            try:
                yield conn
            finally:
                conn.rollback()

    def address(self, pool: ConnectionPool[Connection]) -> str:
        """Where the reading role comes in; it is made when it is not there yet."""
        if self.reader_url:
            return self.reader_url
        database = str(conninfo_to_dict(self.database_url).get("dbname") or "")
        role, password = credentials(database, self.key)
        if not self.made:
            with pool.connection() as conn:
                if not queries.may_make_roles(conn):
                    raise NoReader("the role of this installation may not make one")
                queries.make_reader(conn, role, password)
            self.made = True
        return make_conninfo(self.database_url, user=role, password=password)


def ask(reader: Reader, pool: ConnectionPool[Connection], question: str) -> Table:
    """The rows of a question in SQL; `cut` when there are more than are told.

    Raises:
        QuestionRefused, QuestionTooLong: PostgreSQL says no.
    """
    bare = question.strip().rstrip(";")
    with reader.connection(pool) as conn:
        try:
            wrapped = WRAPPED.format(question=bare, bytes=MOST_BYTES, rows=MOST_ROWS + 1)
            found = one_statement(conn, wrapped)
            rows = found.fetchall()
            # One row alone may be too much: then there is none to say so.
            there = bool(rows) or one_statement(conn, ANY.format(question=bare)).fetchone()
        except psycopg.errors.QueryCanceled:
            raise QuestionTooLong(SECONDS) from None
        except psycopg.Error as error:
            said = error.diag.message_primary or str(error)
            raise QuestionRefused(said.strip().rstrip(".")) from None
        header = [column.name for column in (found.description or ())[1:]]
    cut = rows[-1][0] or len(rows) > MOST_ROWS if rows else there != (False,)
    return Table(header, [row[1:] for row in rows[:MOST_ROWS]], cut)


def one_statement(conn: Connection, statement: str) -> psycopg.Cursor[tuple[Any, ...]]:
    """Ask by the extended protocol (`prepare`), which takes one statement and no more."""
    return conn.execute(cast(Any, statement), prepare=True)


def credentials(database: str, key: str) -> tuple[str, str]:
    """The role that reads one database, and its password, which the installation's key tells."""
    name = f"calanus_reader_{hashlib.sha256(database.encode()).hexdigest()[:12]}"
    password = hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()
    return name, password
