"""A project of millions of objects, made inside the database: rows without images, in minutes."""

import numpy as np
from psycopg import sql

from calanus.bench.packages import FIRST_TAXON, NUMBERS, PER_SAMPLE, TAXA, number_names
from calanus.bench.world import World
from calanus.kit.db import Connection, connect, execute, fetch_values
from calanus.kit.ids import ProjectId
from calanus.objects import service as objects
from calanus.projects import service as projects

PROFILES = 1024  # sets of numbers that objects share, one number apart, which is each object's own
OWN = 5  # number_05
FILLED = ("objects", "object_values")


def fill(here: World, title: str, count: int) -> ProjectId:
    """A new project with so many objects; the first one of its database.

    States and taxa are shared as in a package of the benchmark.
    """
    project_id = here.project(title)
    with connect(here.database_url) as conn:
        columns = {name: f"n{place:02d}" for place, name in enumerate(number_names(), 1)}
        nothing: dict[str, str] = {}
        levels = {"object": columns, "sample": nothing, "acquisition": nothing, "process": nothing}
        projects.record_columns(conn, project_id, levels, loaded_files=["made by the benchmark"])
        make_parents(conn, project_id, -(-count // PER_SAMPLE))
        make_profiles(conn)
        indexes = take_indexes(conn)
        make_objects(conn, project_id, count)
        for index in indexes:
            conn.execute(index)
        objects.recount(conn, project_id)
    with connect(here.database_url, autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE) objects, object_values, samples, acquisitions, counts")
    return project_id


def make_parents(conn: Connection, project_id: ProjectId, samples: int) -> None:
    """A sample a thousand objects, with one acquisition and one process."""
    values = {"project": project_id, "samples": samples}
    execute(
        conn,
        """
        INSERT INTO samples (project_id, sample_id, orig_id)
        SELECT %(project)s, %(project)s * 1000000::bigint + n, 'bench_' || n
          FROM generate_series(1, %(samples)s) n
        """,
        **values,
    )
    execute(
        conn,
        """
        INSERT INTO acquisitions (project_id, acquisition_id, sample_id, orig_id)
        SELECT project_id, project_id * 10000000::bigint + sample_id %% 1000000, sample_id, orig_id
          FROM samples WHERE project_id = %(project)s
        """,
        **values,
    )
    execute(
        conn,
        """
        INSERT INTO processes (project_id, acquisition_id, orig_id)
        SELECT project_id, acquisition_id, orig_id
          FROM acquisitions WHERE project_id = %(project)s
        """,
        **values,
    )


def make_profiles(conn: Connection) -> None:
    """Sets of numbers, and a taxon for each: Zipf's law, as in the packages."""
    rng = np.random.default_rng(1)
    abundance = 1 / np.arange(1, TAXA + 1)
    taxa = FIRST_TAXON + rng.choice(TAXA, size=PROFILES, p=abundance / abundance.sum())
    conn.execute("CREATE TEMPORARY TABLE profiles (n int, taxon int, a float8[], b float8[])")
    with conn.cursor() as cursor, cursor.copy("COPY profiles FROM STDIN") as into:
        for n, taxon in enumerate(taxa.tolist()):
            numbers = rng.standard_normal(NUMBERS).round(6).tolist()
            into.write_row([n, taxon, numbers[: OWN - 1], numbers[OWN:]])
    conn.execute("ANALYZE profiles")  # or the objects are hashed, not these, and lose their order


def take_indexes(conn: Connection) -> list[sql.SQL]:
    """Drop what is quicker made afterwards; the statements that make it again.

    The tables are emptied too (they are empty): what is written into them in this transaction then
    needs no log where PostgreSQL keeps none for standbys.
    """
    query = """
        SELECT indexdef FROM pg_indexes
         WHERE tablename = ANY(%(tables)s) AND schemaname = 'public' AND indexname !~ '_pkey$'
    """
    found = fetch_values(conn, query, tables=list(FILLED))
    for index in found:
        name = sql.Identifier(index.split()[index.split().index("ON") - 1])
        conn.execute(sql.SQL("DROP INDEX {}").format(name))
    conn.execute("TRUNCATE objects, object_values")
    return [sql.SQL(index) for index in found]


def make_objects(conn: Connection, project_id: ProjectId, count: int) -> None:
    """Objects in the order of their ids; the same seed makes the same."""
    conn.execute("SELECT setseed(0.5)")
    values = {
        "project": project_id,
        "count": count,
        "profiles": PROFILES,
        "who": projects_contact(conn, project_id),
    }
    execute(
        conn,
        """
        INSERT INTO objects (project_id, taxon_id, object_id, sample_id, acquisition_id, score,
                             identified_at, annotator_id, state)
        SELECT %(project)s, CASE WHEN state <> 'U' THEN taxon END,
               %(project)s * 100000000::bigint + drawn.n,
               %(project)s * 1000000::bigint + 1 + drawn.n / 1000,
               %(project)s * 10000000::bigint + 1 + drawn.n / 1000,
               CASE WHEN state = 'P' THEN random() END,
               CASE WHEN state <> 'U' THEN '2026-01-01'::timestamptz END,
               CASE WHEN state IN ('V', 'D') THEN %(who)s END, nullif(state, 'U')
          FROM (SELECT n, CASE WHEN r < 0.40 THEN 'V' WHEN r < 0.80 THEN 'P' WHEN r < 0.82 THEN 'D'
                               ELSE 'U' END AS state
                  FROM (SELECT n, random() AS r FROM generate_series(0, %(count)s - 1) n) n) drawn
          JOIN profiles ON profiles.n = drawn.n %% %(profiles)s
        """,
        **values,
    )
    execute(
        conn,
        """
        INSERT INTO object_values (project_id, object_id, orig_id, latitude, longitude, depth_min,
                                   depth_max, object_date, object_time, sun_position, numbers)
        SELECT %(project)s, %(project)s * 100000000::bigint + drawn.n,
               'bench_' || lpad(drawn.n::text, 8, '0'), 43.5, 7.5, 0, 40, '2026-05-01', '12:00',
               'D', a || sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) || b
          FROM generate_series(0, %(count)s - 1) AS drawn (n)
          JOIN profiles ON profiles.n = drawn.n %% %(profiles)s
        """,
        **values,
    )


def projects_contact(conn: Connection, project_id: ProjectId) -> int:
    """Who identified what is identified."""
    query = "SELECT contact_id FROM projects WHERE project_id = %(project_id)s"
    return int(fetch_values(conn, query, project_id=project_id)[0])
