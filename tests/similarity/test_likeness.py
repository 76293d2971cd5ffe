"""What looks like what: exactly, in a filter, over HTTP, and when features are missing."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]

import given
from calanus.features import queries as stored
from calanus.features import service as features
from calanus.kit.db import Connection, execute
from calanus.kit.ids import ObjectId
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.similarity import service
from calanus.similarity.blocks import Block, Blocks
from calanus.similarity.service import Search
from calanus.similarity.types import (
    NO_EXTRACTOR,
    NO_FEATURES,
    CacheUnwritable,
    NotComparable,
    SeedWithoutVector,
)
from calanus.users import service as users
from calanus.users.types import Privilege, User
from given import COPEPODA, DETRITUS

ALL = ProjectFilters()
NAME = "efficientnet_lite0"


def give_vectors(
    conn: Connection, project: Project, tiles: list[ObjectId], rows: Any, *, dimensions: int = 128
) -> None:
    """Deep features of the project's model, the numbers given and zeros after them."""
    vectors = np.zeros((len(tiles), dimensions), np.float32)
    given_rows = np.asarray(rows, np.float32)
    vectors[:, : given_rows.shape[1]] = given_rows
    stored.add_extractor(conn, NAME, "passport", dimensions)
    extractor = stored.find_extractor(conn, NAME, "passport")
    assert extractor
    ids = np.array(tiles, np.int64)
    with conn.transaction():
        stored.store(conn, project.project_id, extractor.extractor_id, ids, vectors)


def with_model(conn: Connection, project: Project) -> Project:
    """The project with its model chosen."""
    sql = "UPDATE projects SET extractor = %(name)s WHERE project_id = %(project_id)s"
    execute(conn, sql, name=NAME, project_id=project.project_id)
    return given.refreshed(conn, project, given.application_manager(conn))


class Row:
    """Five objects in a row, one apart; the last two are copepods."""

    def __init__(self, conn: Connection, folder: Path) -> None:
        self.conn, self.blocks = conn, Blocks(folder)
        self.head = given.application_manager(conn)
        tara = given.project(conn)
        self.tiles = given.objects(conn, tara, 3, taxon=DETRITUS, state="P")
        self.tiles += given.objects(conn, tara, 2, taxon=COPEPODA, state="V", by=self.head)
        self.tara = with_model(conn, tara)

    def give(self) -> "Row":
        """Features of all."""
        give_vectors(self.conn, self.tara, self.tiles, [[0], [1], [2], [3], [4]])
        return self

    def near(self, tile: ObjectId, size: int = 5, **filters: str) -> list[tuple[int, float]]:
        """The places and scores of neighbours."""
        search = Search(tile, ProjectFilters(**filters), size)
        found = service.nearest(self.blocks, self.conn, self.tara, search, by=self.head)
        places = [self.tiles.index(ObjectId(o)) for o in found.object_ids]
        return list(zip(places, found.scores, strict=True))

    def message(self) -> str:
        """What a probe is told."""
        search = Search(self.tiles[0], ALL, 0)
        found = service.nearest(self.blocks, self.conn, self.tara, search, by=self.head)
        assert found.object_ids == []
        return found.message


@pytest.fixture
def row(conn: Connection, tmp_path: Path) -> Row:
    return Row(conn, tmp_path / "likeness")


def test_the_nearest_come_first_and_ties_by_their_number(row: Row) -> None:
    row.give()

    assert row.near(row.tiles[1]) == [(1, 1.0), (0, 0.6667), (2, 0.6667), (3, 0.3333), (4, 0.0)]
    assert row.near(row.tiles[1], 2) == [(1, 1.0), (0, 0.0)]
    assert row.near(row.tiles[1], 1) == [(1, 1.0)]


def test_neighbours_are_those_of_a_filter(row: Row) -> None:
    row.give()

    assert row.near(row.tiles[0], statusfilter="V") == [(3, 0.25), (4, 0.0)]
    assert row.near(row.tiles[0], taxo="77777") == []


def test_a_probe_says_whether_a_search_would_find_anything(row: Row) -> None:
    assert row.message() == NO_FEATURES
    row.give()
    assert row.message() == "Success"
    execute(row.conn, "UPDATE projects SET extractor = NULL")
    row.tara = given.refreshed(row.conn, row.tara, row.head)
    assert row.message() == NO_EXTRACTOR


def test_a_project_that_names_no_model_is_compared_by_the_default(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    row.give()
    execute(row.conn, "UPDATE projects SET extractor = NULL")
    row.tara = given.refreshed(row.conn, row.tara, row.head)
    monkeypatch.setattr(features, "DEFAULT", NAME)

    assert row.message() == "Success"


def test_one_object_with_an_image_and_without_features_is_enough_to_refuse(row: Row) -> None:
    row.give()
    [late] = given.objects(row.conn, row.tara, 1)
    assert row.message() == "Success", "it has no image, so it never will have features"

    execute(
        row.conn,
        """
        INSERT INTO images (project_id, object_id, image_id, position, pack_id, length, width,
                            height, rank, hash, orig_file_name)
        VALUES (%(p)s, %(o)s, %(p)s * 1000000000::bigint + 1, 0, 1, 1, 1, 1, 0, '', 'a.png')
        """,
        p=row.tara.project_id,
        o=late,
    )

    assert row.message() == NO_FEATURES


def test_what_comes_and_goes_is_noticed(row: Row, tmp_path: Path) -> None:
    row.give()
    assert len(row.near(row.tiles[0])) == 5

    gone = row.tiles.pop()
    for table in ("features", "objects", "object_values"):
        execute(row.conn, f"DELETE FROM {table} WHERE object_id = %(gone)s", gone=gone)  # pyright: ignore
    given.recount(row.conn, row.tara.project_id)

    assert [place for place, _ in row.near(row.tiles[0])] == [0, 1, 2, 3]
    assert len(list((tmp_path / "likeness").iterdir())) == 1, "the former block is gone"


def test_the_cache_may_be_deleted_at_any_time(row: Row, tmp_path: Path) -> None:
    row.give()
    row.near(row.tiles[0])
    for file in (tmp_path / "likeness").iterdir():
        file.unlink()

    assert len(row.near(row.tiles[0])) == 5, "what is open stays open"
    row.blocks = Blocks(tmp_path / "likeness")
    assert len(row.near(row.tiles[0])) == 5


def test_a_cache_that_cannot_be_written_is_said_in_a_sentence(row: Row, tmp_path: Path) -> None:
    row.give()
    (tmp_path / "a file").touch()
    row.blocks = Blocks(tmp_path / "a file" / "likeness")

    with pytest.raises(CacheUnwritable, match="its disk may be full"):
        row.near(row.tiles[0])


def test_an_object_without_features_cannot_be_compared(row: Row) -> None:
    row.give()
    [bare] = given.objects(row.conn, row.tara, 1)

    with pytest.raises(SeedWithoutVector, match="predict with deep features"):
        row.near(bare)


def test_an_order_of_likeness_leaves_out_what_has_no_features(row: Row) -> None:
    row.give()
    given.objects(row.conn, row.tara, 1)
    seed = row.tiles[4]

    def ordered(order: str) -> list[int]:
        found = service.ordered(row.blocks, row.conn, row.tara, ALL, order, by=row.head)
        return [row.tiles.index(ObjectId(o)) for o in found.tolist()]

    assert ordered(f"ss-I{seed}") == [4, 3, 2, 1, 0]
    assert ordered(f"-ss-I{seed}") == [0, 1, 2, 3, 4]
    with pytest.raises(NotComparable, match="names no object"):
        ordered("ss-Ix")


@pytest.mark.parametrize("size", [1, 10, 100, 400])
def test_the_quick_way_finds_exactly_what_the_careful_one_does(size: int) -> None:
    random = np.random.default_rng(7)
    centres = random.normal(0, 30, (5, 64))
    vectors = (centres[random.integers(0, 5, 400)] + random.normal(0, 0.01, (400, 64))).astype("f4")
    ids = np.arange(400, dtype=np.int64) * 3
    block = Block(ids, vectors)
    seed = vectors[17]
    careful = np.lexsort((ids, np.linalg.norm(vectors.astype("f8") - seed, axis=1)))

    for among in (None, np.arange(0, 400, 2), np.arange(0, 400, 7)):
        wanted = careful if among is None else careful[np.isin(careful, among)]
        assert block.nearest(seed, size, among).tolist() == wanted[:size].tolist()


def test_a_search_is_the_work_of_one_thread() -> None:
    """In a process where nobody else works: all that its threads do is what this one does."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        shares = alone.submit(work_of_others).result()

    # The least: threads turn for a while when they are made, whether there is work or not.
    assert min(shares) < 0.1, "threads that share such work wait for each other"


def work_of_others() -> list[float]:
    """The work of all other threads during searches, for each second of the one that searches."""
    vectors = np.random.default_rng(7).normal(size=(70_000, 64)).astype(np.float32)
    block = Block(np.arange(70_000, dtype=np.int64), vectors)
    shares: list[float] = []
    with threadpool_limits(2, user_api="blas"):
        while len(shares) < 60 and min(shares, default=1) > 0.05:
            own, everybody = time.thread_time(), time.process_time()
            for _ in range(20):
                block.nearest(vectors[0], 100, None)
            own, everybody = time.thread_time() - own, time.process_time() - everybody
            shares.append((everybody - own) / own)
    return shares


def test_many_blocks_of_rows_are_one(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calanus.similarity.blocks.ROWS_AT_ONCE", 2)
    monkeypatch.setattr("calanus.features.queries.ROWS_A_BLOCK", 2)
    row.give()

    assert [place for place, _ in row.near(row.tiles[4])] == [4, 3, 2, 1, 0]


def test_a_search_takes_few_statements(row: Row, at_most: Any) -> None:
    row.give()
    row.near(row.tiles[0])

    with at_most(7):
        row.near(row.tiles[0])


# --- Over HTTP ---------------------------------------------------------------------------------


def test_over_http(web: TestClient, shore: Connection, tmp_path: Path) -> None:
    row = Row(shore, tmp_path / "likeness").give()
    web.headers.update(given.headers(row.head))
    p, seed = row.tara.project_id, row.tiles[4]

    found = web.post(f"/object_set/{p}/similarity_search/{seed}?size=2", json={"filters": {}})
    assert found.json() == {
        "neighbor_ids": [seed, row.tiles[3]],
        "sim_scores": [1.0, 0.0],
        "message": "Success",
    }
    page = web.post(
        f"/object_set/{p}/query?order_field=ss-I{seed}&window_start=1&window_size=2"
        "&fields=obj.orig_id",
        json={},
    ).json()
    assert page["object_ids"] == [row.tiles[3], row.tiles[2]]
    assert page["details"] == [[f"obj_{row.tiles[3]}"], [f"obj_{row.tiles[2]}"]]
    assert page["total_ids"] == 5
    view = web.post(f"/projects/{p}/view", json={"order_field": f"ss-I{seed}", "first": 1}).json()
    assert (view["total"], view["columns"]["object_ids"]) == (5, [seed])
    alike = web.get(f"/objects/{seed}/alike?size=2").json()
    assert alike["columns"]["object_ids"] == [row.tiles[3], row.tiles[2]]
    assert alike["columns"]["states"] == "VP"
    assert alike["scores"] == [0.5, 0.0]


def test_bad_questions_get_sentences(web: TestClient, shore: Connection, tmp_path: Path) -> None:
    row = Row(shore, tmp_path / "likeness").give()
    web.headers.update(given.headers(row.head))
    p, seed = row.tara.project_id, row.tiles[4]

    def asked(path: str) -> int:
        return web.post(f"/object_set/{p}/{path}", json={}).status_code

    assert asked(f"similarity_search/{seed}?size=-1") == 422
    assert asked(f"similarity_search/{seed}?size=99999999") == 422
    assert asked(f"similarity_search/{p * 10**8 + 999}") == 404
    assert asked("similarity_search/1") == 404
    assert asked("query?order_field=ss-Ix") == 422


def test_a_seed_of_a_project_that_one_may_not_see_is_not_compared(
    web: TestClient, shore: Connection, tmp_path: Path
) -> None:
    row = Row(shore, tmp_path / "likeness").give()
    amanda: User = given.user(shore)
    other = given.project(shore)
    [secret] = given.objects(shore, other, 1)
    give_vectors(shore, other, [secret], [[2.0]])
    held: dict[int, str] = {
        row.tara.contact_id or 0: Privilege.MANAGE,
        amanda.user_id: Privilege.ANNOTATE,
    }
    users.set_members(shore, row.tara.project_id, held)
    address = f"/object_set/{row.tara.project_id}/similarity_search/{secret}?size=1"

    hers = web.post(address, json={}, headers=given.headers(amanda))
    theirs = web.post(address, json={}, headers=given.headers(row.head))

    assert hers.status_code == 403
    assert theirs.json()["neighbor_ids"] == [row.tiles[2]]
