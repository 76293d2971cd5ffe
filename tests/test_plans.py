"""The hot routes: how many statements each takes, and that none reads a whole table."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection, connect
from calanus.kit.settings import Settings

LARGE = (
    "objects", "object_values", "images", "history", "predictions", "counts", "batches", "changes",
)  # fmt: skip
PROJECTS, EACH = 24, 1500
FIELDS = "obj.orig_id,obj.imgcount,img.file_name,txo.display_name,fre.area"
SEA = """
    INSERT INTO samples (project_id, sample_id, orig_id)
    SELECT p, p * 1000000::bigint + s, 'station ' || s
      FROM generate_series(1, {projects}) p, generate_series(1, 15) s;
    INSERT INTO acquisitions (project_id, acquisition_id, sample_id, orig_id)
    SELECT project_id, project_id * 10000000::bigint + 1, sample_id, 'net'
      FROM samples WHERE sample_id %% 1000000 = 1;
    INSERT INTO objects (project_id, object_id, sample_id, acquisition_id, taxon_id, state, score,
                         version)
    SELECT p, p * 100000000::bigint + n, p * 1000000::bigint + 1 + n / 100,
           p * 10000000::bigint + 1, (ARRAY[1, 10, 11, 20])[1 + n %% 4],
           (ARRAY['P', 'V', 'P', NULL])[1 + n / 4 %% 4], random(), 1 + n %% 50
      FROM generate_series(1, {projects}) p, generate_series(0, {each} - 1) n;
    INSERT INTO object_values (project_id, object_id, orig_id, numbers)
    SELECT project_id, object_id, 'o' || object_id, ARRAY[random(), random()] FROM objects;
    INSERT INTO images (project_id, object_id, image_id, position, pack_id, length, width, height,
                        rank, hash, orig_file_name)
    SELECT project_id, object_id, object_id * 10, 0, 1, 1, 9, 9, 0, '\\x00', 'o.jpg' FROM objects;
    INSERT INTO counts (project_id, taxon_id, state, objects)
    SELECT p, t, s, 5
      FROM generate_series(1, {projects}) p, generate_series(1, 60) t, unnest('{{P,V}}'::text[]) s
        ON CONFLICT DO NOTHING;
    INSERT INTO batches (project_id, author_id, made_at, operation, objects)
    SELECT p, 1, now(), 'classify', 30
      FROM generate_series(1, {projects}) p, generate_series(1, 150) n;
    INSERT INTO history (project_id, object_id, batch_id, taxon_id, state, version)
    SELECT project_id, object_id, version, 1, 'P', 0 FROM objects;
    INSERT INTO predictions (project_id, object_id, batch_id, taxa, scores)
    SELECT project_id, object_id, version, '{{1}}', '{{1}}' FROM objects;
    INSERT INTO changes (project_id, kind, token)
    SELECT p, 'objects', p FROM generate_series(1, {projects}) p, generate_series(1, 40) n;
"""


class Sent(list[tuple[Any, Any]]):
    """The statements of a request, with their values."""

    def texts(self) -> str:
        """All of them, to be shown."""
        return "\n".join([str(statement) for statement, _ in self])


@contextmanager
def watched() -> Generator[Sent]:
    """What is sent to the database, by whichever thread."""
    sent, original = Sent(), psycopg.Cursor.execute

    def noted(cursor: Any, query: Any, params: Any = None, **kw: Any) -> Any:
        sent.append((query, params))
        return original(cursor, query, params, **kw)  # pyright: ignore

    psycopg.Cursor.execute = noted  # pyright: ignore
    try:
        yield sent
    finally:
        psycopg.Cursor.execute = original


@pytest.fixture(scope="module")
def sea(shared_clone: str) -> Generator[Connection]:
    """Some projects of a realistic size, nobody told how to plan."""
    with connect(shared_clone, autocommit=True) as conn:
        fill(conn)
        yield conn


def fill(conn: Connection) -> None:
    """Everything of the sea."""
    given.taxa(conn)
    head = given.application_manager(conn)
    for _ in range(PROJECTS):
        given.project(conn, member=None)
    statements = SEA.format(projects=PROJECTS, each=EACH).replace("%%", "%")
    conn.execute(statements)  # pyright: ignore[reportArgumentType, reportCallIssue]
    conn.execute("""UPDATE projects SET object_columns = '{"area": "n01"}'""")
    conn.execute("VACUUM ANALYZE")
    assert head.user_id == 1


@pytest.fixture
def web(sea: Connection, shared_clone: str, settings: Settings) -> Generator[TestClient]:
    """The application over these projects, asked by somebody who may do everything."""
    from calanus.app import create_app
    from calanus.users import service as users

    head = users.find(sea, 1)
    headers = given.headers(head)
    app = create_app(settings, shared_clone)
    with TestClient(app, base_url="http://calanus.test", headers=headers) as client:
        yield client


P, OBJECT = 7, 700_000_100
QUERY = f"/object_set/{P}/query?fields={FIELDS}&window_size=50"
TAXON = {"taxo": "10", "statusfilter": "V"}
PLACED = [OBJECT + 4 * n for n in range(40)]


def act(web: TestClient, operation: str, **more: Any) -> dict[str, Any]:
    """An act on some objects."""
    order = {"client_key": str(uuid4()), "operation": operation, "objects": PLACED, **more}
    done = web.post(f"/projects/{P}/batches", json=order)
    assert done.status_code == 200, done.text
    return done.json()


Ask = Callable[[TestClient], Any]


def get(path: str) -> Ask:
    """A question."""
    return lambda web: web.get(path).json()


def post(path: str, body: dict[str, Any]) -> Ask:
    """A question with a body."""
    return lambda web: web.post(path, json=body).json()


ABOVE = {"freenum": "fre.area", "freenumst": "0.5"}
HOT: dict[str, tuple[int, Ask]] = {
    "page by score": (3, post(f"{QUERY}&order_field=-obj.classif_score", TAXON)),
    "page by number": (3, post(f"{QUERY}&order_field=-fre.area", {})),
    "page by number of a taxon": (3, post(f"{QUERY}&order_field=fre.area", TAXON)),
    "number at least x": (3, post(QUERY, ABOVE)),
    "counts": (2, get(f"/projects/{P}/counts")),
    "project": (4, get(f"/projects/{P}")),
    "object": (3, get(f"/object/{OBJECT}")),
    "summary": (2, post(f"/object_set/{P}/summary?only_total=false", TAXON)),
    "open a view": (4, post(f"/projects/{P}/view", {"filters": TAXON})),
    "validate": (9, lambda web: act(web, "validate")),
    "classify": (9, lambda web: act(web, "classify", taxon_id=20)),
}


def seq_scans(conn: Connection, sent: Sent) -> list[str]:
    """The large tables that the statements would read whole, with the plans that say so."""
    found: list[str] = []
    for query, values in sent:
        explained = sql.SQL("EXPLAIN ") + (
            query if isinstance(query, sql.Composed) else sql.SQL(query)
        )
        plan = "\n".join([line for (line,) in conn.execute(explained, values).fetchall()])
        if any(f"Seq Scan on {table} " in f"{plan} " for table in LARGE):
            found.append(plan)
    return found


@pytest.mark.parametrize("name", HOT)
def test_a_hot_route_takes_few_statements_and_reads_no_table_whole(
    sea: Connection, web: TestClient, name: str
) -> None:
    most, ask = HOT[name]
    with watched() as first:
        assert ask(web)
    with watched() as sent:
        ask(web)

    assert len(sent) <= most, sent.texts()
    assert seq_scans(sea, first) == []
    assert seq_scans(sea, sent) == []


def test_a_deep_window_is_found_once(
    sea: Connection, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calanus.objects.windows.DEEP", 100)
    deep = f"{QUERY}&order_field=-obj.classif_score&window_start=1200"

    with watched() as first:
        shown = web.post(deep, json={}).json()
    with watched() as again:
        web.post(f"{QUERY}&order_field=-obj.classif_score&window_start=900", json={})

    assert len(shown["object_ids"]) == 50
    assert shown["total_ids"] == EACH
    assert len(first) == 5, first.texts()
    assert len(again) == 3, again.texts()
    assert seq_scans(sea, first) == []
    assert seq_scans(sea, again) == []


def test_a_part_of_a_view_takes_two_statements(web: TestClient) -> None:
    view = web.post(f"/projects/{P}/view", json={"filters": {}}).json()["view_id"]

    with watched() as sent:
        assert web.get(f"/projects/{P}/view/{view}?start=900&count=100").status_code == 200

    assert len(sent) == 2, sent.texts()


def test_a_view_by_score_is_read_off_an_index(sea: Connection, web: TestClient) -> None:
    order = {"filters": TAXON, "order_field": "-obj.classif_score"}
    with watched() as sent:
        assert web.post(f"/projects/{P}/view", json=order).json()["total"] > 50

    [(query, values)] = [each for each in sent if "string_agg" in query_text(sea, each[0])]
    with sea.transaction():
        sea.execute("SET LOCAL enable_sort = off")  # the project is too small for it to matter
        sea.execute("SET LOCAL enable_bitmapscan = off")
        plan = str(sea.execute(sql.SQL("EXPLAIN ") + query, values).fetchall())

    if sea.info.server_version >= 160_000:  # before, an aggregate always sorted by itself
        assert "Index Only Scan Backward using objects_by_taxon" in plan
    assert "Sort" not in plan


def query_text(conn: Connection, query: Any) -> str:
    """A statement as it is sent."""
    return query.as_string(conn) if isinstance(query, sql.Composed) else str(query)


def test_taking_a_batch_back_takes_few_statements(sea: Connection, web: TestClient) -> None:
    batch = act(web, "classify", taxon_id=11)["batch_id"]

    with watched() as sent:
        done = web.post(
            f"/projects/{P}/batches/{batch}/undo", json={"client_key": str(uuid4())}
        ).json()

    assert done["changed"] == len(PLACED)
    assert len(sent) <= 13, sent.texts()
    assert seq_scans(sea, sent) == []
