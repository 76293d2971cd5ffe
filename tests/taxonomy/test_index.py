"""The whole tree for a page to search by itself: sent once, small, and never stale."""

import gzip
import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import given
from calanus.kit.db import Connection
from calanus.taxonomy import lists, service
from calanus.taxonomy.index import TreeIndex
from conftest import Budget
from given import CALANOIDA, COPEPODA


def test_a_tree_is_read_once_however_many_ask(conn: Connection, at_most: Budget) -> None:
    given.taxa(conn)
    index = TreeIndex()

    with at_most(2):
        first = index.newest(conn)
    with at_most(1):
        again = index.newest(conn)

    assert again is first


def test_every_change_of_the_tree_is_noticed(conn: Connection) -> None:
    given.taxa(conn)
    index = TreeIndex()
    tags = [index.newest(conn).etag]

    for change in (
        "UPDATE taxa SET status = 'D' WHERE taxon_id = 11",
        "DELETE FROM taxa WHERE taxon_id = 11",  # the newest line is gone: nothing else says so
        "INSERT INTO taxa (taxon_id, name, display_name, lineage, folded)"
        " VALUES (99, 'Nine', 'Nine', '{99}', 'nine')",
    ):
        conn.execute(change)  # pyright: ignore
        tags.append(index.newest(conn).etag)

    assert len(set(tags)) == 4


def test_who_has_the_tree_is_told_so_in_no_bytes(web: TestClient, shore: Connection) -> None:
    given.taxa(shore)
    first = web.get("/taxa/index")
    tag = first.headers["ETag"]

    same = web.get("/taxa/index", headers={"If-None-Match": f'W/"other", {tag}'})
    with shore.transaction():
        service.create(shore, "Harpacticoida", COPEPODA)
    changed = web.get("/taxa/index", headers={"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert first.headers["Cache-Control"] == "no-cache"
    assert changed.status_code == 200
    assert "Harpacticoida" in changed.json()["names"]


def test_a_removed_taxon_is_gone_for_who_asks_since(web: TestClient, shore: Connection) -> None:
    given.taxa(shore)
    first = web.get("/taxa/index").json()
    shore.execute("DELETE FROM taxa WHERE taxon_id = 11")

    since = web.get("/taxa/index", params={"since": first["updated_at"]}).json()

    assert CALANOIDA in first["ids"]
    assert CALANOIDA not in since["ids"]
    assert len(since["ids"]) == len(first["ids"]) - 1


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.8", True), ("identity", False), ("gzip;q=0", False)],
)
def test_the_tree_is_compressed_for_who_can_read_it(
    web: TestClient, shore: Connection, accepted: str, packed: bool
) -> None:
    given.taxa(shore)

    with web.stream("GET", "/taxa/index", headers={"Accept-Encoding": accepted}) as answer:
        body = b"".join(answer.iter_raw())

    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert (body[:2] == b"\x1f\x8b") is packed
    assert b'"Copepoda"' in (gzip.decompress(body) if packed else body)


@pytest.mark.real_data
def test_a_real_tree_takes_few_bytes(conn: Connection) -> None:
    folder = Path(os.environ.get("CALANUS_TEST_DATA", "../shared/data"))
    path = folder / "taxonomy/ecotaxa_taxonomy_extract.tsv"
    if not path.exists():
        pytest.skip("no plankton data: set CALANUS_TEST_DATA")
    lists.import_tsv(conn, path)

    written = TreeIndex().newest(conn)

    taxa = len(service.index(conn).ids)
    assert taxa == 8227
    assert len(written.plain) < 60 * taxa
    assert len(written.packed) < 20 * taxa
