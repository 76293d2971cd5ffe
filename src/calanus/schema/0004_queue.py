"""The queue's own tables, as procrastinate ships them."""

from procrastinate.schema import SchemaManager
from psycopg import Connection, sql
from yoyo import step  # pyright: ignore  (yoyo has no types)


def create(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(SchemaManager.get_schema()))  # type: ignore[arg-type]


steps = [step(create)]
