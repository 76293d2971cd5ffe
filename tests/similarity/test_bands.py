"""By taxon and score, look-alikes side by side: what moves, how far, and what it costs."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from test_likeness import give_vectors, with_model

import given
from calanus.kit.db import Connection
from calanus.kit.ids import ObjectId
from calanus.objects import service as objects
from calanus.objects import views
from calanus.objects.filters import ProjectFilters
from calanus.objects.views import View
from calanus.objects.windows import Windows
from calanus.projects.types import Project
from calanus.similarity.bands import BAND, in_bands, starts_of
from calanus.similarity.blocks import Blocks
from conftest import Budget
from given import COPEPODA, DETRITUS

ALL = ProjectFilters()
SHAPES = 5


class Catch:
    """120 copepods and 30 bits of detritus by falling scores, of five shapes in turn."""

    def __init__(self, conn: Connection, folder: Path, *, features: bool = True) -> None:
        self.conn, self.blocks = conn, Blocks(folder)
        self.windows = Windows()
        self.head = given.application_manager(conn)
        tara = given.project(conn)
        self.tiles: list[ObjectId] = []
        for taxon, n in ((COPEPODA, 120), (DETRITUS, 30)):
            scores = [1 - k / 1000 for k in range(n)]
            self.tiles += given.objects(conn, tara, n, taxon=taxon, state="P", scores=scores)
        self.tara: Project = with_model(conn, tara)
        self.shape = {tile: place % SHAPES for place, tile in enumerate(self.tiles)}
        if features:
            self.give(self.tiles)

    def give(self, tiles: list[ObjectId]) -> None:
        """Features by which those of a shape are alike."""
        rng = np.random.default_rng(1)
        rows = np.eye(SHAPES)[[self.shape[tile] for tile in tiles]] * 10
        give_vectors(self.conn, self.tara, tiles, rows + rng.normal(0, 0.1, rows.shape))

    def look(self) -> View:
        order = in_bands(self.blocks, self.conn, self.tara, ALL, by=self.head)
        asked = views.Asked(ALL, order, "")
        return views.open_view(self.conn, self.tara, asked, by=self.head, known=self.windows)

    def read(self, view: View, start: int, count: int) -> list[Any]:
        found = views.columns(self.conn, self.tara, view, start=start, count=count)
        return found["object_ids"]


@pytest.fixture
def catch(conn: Connection, tmp_path: Path) -> Catch:
    return Catch(conn, tmp_path / "likeness")


def changes(shapes: list[int]) -> int:
    return sum(a != b for a, b in pairwise(shapes))


def test_bands_begin_with_each_taxon_and_after_every_fifty() -> None:
    assert starts_of(np.repeat([3, 8], [120, 30])).tolist() == [0, 50, 100, 120, 150]
    assert starts_of(np.zeros(0, np.int64)).tolist() == [0]
    assert starts_of(np.zeros(7, np.int64)).tolist() == [0, 7]


def test_objects_stay_in_their_band_and_look_alikes_are_neighbours(catch: Catch) -> None:
    placed = catch.read(catch.look(), 0, 200)

    for start, stop in ((0, 50), (50, 100), (100, 120), (120, 150)):
        assert sorted(placed[start:stop]) == catch.tiles[start:stop]
        assert changes([catch.shape[tile] for tile in placed[start:stop]]) == SHAPES - 1


def test_without_features_the_order_is_that_of_scores(conn: Connection, tmp_path: Path) -> None:
    bare = Catch(conn, tmp_path / "likeness", features=False)

    assert bare.read(bare.look(), 0, 200) == bare.tiles


def test_who_has_no_features_keeps_its_place(conn: Connection, tmp_path: Path) -> None:
    catch = Catch(conn, tmp_path / "likeness", features=False)
    without = catch.tiles[::10]
    catch.give([tile for tile in catch.tiles if tile not in without])

    placed = catch.read(catch.look(), 0, 200)

    assert placed[::10] == without
    assert sorted(placed) == catch.tiles


def test_parts_read_in_any_order_are_those_of_the_whole(catch: Catch) -> None:
    whole, parts = catch.look(), catch.look()

    late = catch.read(parts, 70, 80)
    early = catch.read(parts, 0, 70)

    assert early + late == catch.read(whole, 0, 150)
    assert catch.read(parts, 0, 150) == early + late


def test_what_is_not_read_is_not_placed(catch: Catch) -> None:
    view = catch.look()

    catch.read(view, 10, 20)

    assert view.placing
    assert view.placing.placed.tolist() == [True, False, False, False]  # pyright: ignore
    assert view.ids[BAND:].tolist() == catch.tiles[BAND:]


def test_opening_and_reading_take_as_many_statements_whatever_the_size(
    catch: Catch, at_most: Budget
) -> None:
    catch.look()  # the block is made

    with at_most(5):
        view = catch.look()
    with at_most(1):
        catch.read(view, 0, 150)


def test_the_page_asks_for_it_by_name(web: TestClient, shore: Connection, tmp_path: Path) -> None:
    catch = Catch(shore, tmp_path / "unused")
    at, who = f"/api/projects/{catch.tara.project_id}/view", given.headers(catch.head)

    told = web.post(at, json={"order_field": "alike", "first": 50}, headers=who).json()
    rest = web.get(f"{at}/{told['view_id']}?start=50&count=100", headers=who).json()

    placed = told["columns"]["object_ids"] + rest["object_ids"]
    assert sorted(placed) == catch.tiles
    assert changes([catch.shape[tile] for tile in placed[:50]]) == SHAPES - 1
    assert objects.matching(shore, catch.tara, ALL, by=catch.head).tolist() == catch.tiles
    assert web.post(at, json={"order_field": "-alike"}, headers=who).status_code == 422
    query = f"/api/object_set/{catch.tara.project_id}/query?order_field=alike&window_start=20"
    page = web.post(f"{query}&window_size=60", json={}, headers=who).json()
    assert (page["object_ids"], page["total_ids"]) == (placed[20:80], 150), "a page is a part of it"
