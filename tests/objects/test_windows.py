"""Windows into orders: always what the database itself would say, whatever is written meanwhile."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import given
from calanus.kit.db import Connection, connect, execute, fetch_value
from calanus.objects import editing, queries, service, windows
from calanus.objects.columns import Column, Columns
from calanus.objects.filters import ProjectFilters
from calanus.objects.service import Page, Window
from calanus.objects.types import Edit, Level
from calanus.objects.windows import Windows
from calanus.projects.types import Project
from calanus.subsets.queries import whole as removing
from calanus.users.types import Privilege, User
from given import COPEPODA, DETRITUS, NOON

Sea = tuple[User, Project, list[int]]
NUMBERS = [3.0, -1.0, "NaN", 3.0, "Infinity", 0.0, -0.0, "NaN", 2.5, 3.0, 1e-300, 7.0]
ORDERS = ["", "obj.objid", "-obj.classif_score", "obj.classif_score", "-fre.area", "fre.area"]
FILTERS = [
    {},
    {"statusfilter": "P"},
    {"taxo": str(DETRITUS)},
    {"taxo": f"{DETRITUS},{COPEPODA}", "statusfilter": "PV"},
    {"freenum": "fre.area", "freenumst": "0"},
    {"freenum": "fre.area", "freenumst": "-1", "freenumend": "3", "statusfilter": "P"},
    {"freenum": "fre.area", "freenumend": "3", "taxo": str(COPEPODA)},
    {"freenum": "oscore", "freenumst": "0.4"},
    {"statusfilter": "NVM"},
]


@pytest.fixture
def known(tmp_path: Path) -> Windows:
    """What a server process keeps."""
    return Windows.of(tmp_path)


@pytest.fixture
def sea(shore: Connection, monkeypatch: pytest.MonkeyPatch) -> Sea:
    """Twelve objects with two numbers, and every order looked up."""
    monkeypatch.setattr(windows, "DEEP", 0)
    amanda = given.user(shore)
    tara = given.project(shore, member=amanda, privilege=Privilege.MANAGE)
    ids = [
        *given.objects(
            shore, tara, 6, taxon=DETRITUS, state="P", scores=[1.0, 0.5, 0.5, 0.1, 0.9, 0.0]
        ),
        *given.objects(shore, tara, 4, taxon=COPEPODA, state="V", by=amanda),
        *given.objects(shore, tara, 2),
    ]
    for object_id, number in zip(ids, NUMBERS, strict=True):
        write(shore, object_id, float(number))
    columns = (
        """UPDATE projects SET object_columns = '{"area": "n01", "mean": "n02", "far": "n09"}'"""
    )
    execute(shore, columns)
    return amanda, given.refreshed(shore, tara, amanda), list(map(int, ids))


def write(conn: Connection, object_id: int, number: float) -> None:
    """Give an object's first number a value."""
    sql = "UPDATE object_values SET numbers[1] = %(n)s WHERE object_id = %(id)s"
    execute(conn, sql, n=number, id=object_id)


def ask(
    conn: Connection, sea: Sea, known: Windows | None, order: str = "fre.area", **filters: str
) -> Page:
    """A whole order, with its number, from what is known or (without) from the database."""
    amanda, tara, _ = sea
    window = Window(0, 100, order, "fre.area")
    return service.page(conn, tara, ProjectFilters(**filters), window, by=amanda, known=known)


def truly(conn: Connection, sea: Sea, known: Windows, order: str = "fre.area") -> list[int]:
    """The ids of an order as it is known, which is as the database says."""
    found = ask(conn, sea, known, order)
    assert found == ask(conn, sea, None, order)
    return [row[0] for row in found.rows]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("order", [*ORDERS, "-fre.far"])
def test_every_window_is_as_the_database_gives_it(
    shore: Connection, sea: Sea, known: Windows, order: str, filters: dict[str, str]
) -> None:
    amanda, tara, _ = sea
    wanted = ProjectFilters(**filters)

    for start, size in [(0, 100), (0, 3), (2, 4), (5, 1), (11, 9), (12, 1), (40, 2), (0, 0)]:
        window = Window(start, size, order, "obj.orig_id,fre.area,txo.name")
        found = service.page(shore, tara, wanted, window, by=amanda, known=known)
        assert found == service.page(shore, tara, wanted, window, by=amanda)
    assert known.kept
    whole = service.matching(shore, tara, wanted, by=amanda, order=order, known=known)
    assert whole.tolist() == service.matching(shore, tara, wanted, by=amanda, order=order).tolist()


def test_filters_that_other_tables_tell_are_left_to_the_database(
    shore: Connection, sea: Sea, known: Windows
) -> None:
    for filters in ({"depthmin": "1"}, {"taxo": "1", "taxochild": "Y"}, {"freetxt": "ot01"}):
        given_ = {**filters, "freetxtval": "x"} if "freetxt" in filters else filters
        assert ask(shore, sea, known, **given_) == ask(shore, sea, None, **given_)
    assert not known.kept


def test_what_was_committed_is_in_the_next_window(
    shore: Connection, sea: Sea, known: Windows
) -> None:
    amanda, tara, ids = sea
    before = truly(shore, sea, known)

    write(shore, before[-1], -9)
    assert truly(shore, sea, known)[0] == before[-1]
    edits = [Edit("area", "-10")]
    editing.edit(shore, Level.OBJECT, ids[:1], edits, by=amanda, at=NOON)
    assert truly(shore, sea, known)[0] == ids[0]
    removing.remove_objects(shore, tara.project_id, ids[:2])
    service.recount(shore, tara.project_id)
    assert not set(ids[:2]) & set(truly(shore, sea, known))
    more = given.objects(shore, tara, 3)
    assert set(more) <= set(truly(shore, sea, known))
    execute(shore, "UPDATE objects SET score = 2 WHERE object_id = %(id)s", id=ids[5])
    assert ids[5] in truly(shore, sea, known, "-obj.classif_score")[-6:]


def test_identifying_leaves_the_order_of_all_objects_by_a_number_as_it_is(
    shore: Connection, sea: Sea, known: Windows
) -> None:
    truly(shore, sea, known)
    [kept] = known.kept.values()

    execute(shore, "UPDATE objects SET taxon_id = 10, state = 'V' WHERE state = 'P'")
    truly(shore, sea, known)

    assert [*known.kept.values()] == [kept]
    assert ask(shore, sea, known, statusfilter="P").total == 0


def test_one_sees_ones_own_writing_before_it_is_kept(
    clone: str, shore: Connection, sea: Sea, known: Windows
) -> None:
    first, *_ = truly(shore, sea, known)
    with connect(clone) as mine:
        write(mine, first, 99)
        assert truly(mine, sea, known)[0] != first
        assert truly(shore, sea, known)[0] == first
        mine.rollback()
        assert truly(mine, sea, known)[0] == first


def test_what_was_undone_within_a_transaction_is_noted_when_it_is_done_again(
    clone: str, shore: Connection, sea: Sea, known: Windows
) -> None:
    first, *_ = truly(shore, sea, known)
    with connect(clone) as mine:
        mine.execute("SAVEPOINT here")
        write(mine, first, 99)
        mine.execute("ROLLBACK TO here")
        write(mine, first, 98)

    assert truly(shore, sea, known)[0] != first


def test_writers_of_one_project_do_not_wait_for_one_another(
    clone: str, shore: Connection, sea: Sea, known: Windows
) -> None:
    _, _, ids = sea
    shore.execute("SET lock_timeout = '2s'")
    with connect(clone) as slow:
        write(slow, ids[0], 50)
        write(shore, ids[1], 60)
        assert truly(shore, sea, known).index(ids[1]) > 6
    assert truly(shore, sea, known).index(ids[0]) > 6


def test_many_notes_become_one_that_says_the_same(
    shore: Connection, sea: Sea, known: Windows
) -> None:
    _, tara, ids = sea
    for n in range(queries.MANY + 1):
        write(shore, ids[0], n)
    before = queries.version(shore, tara.project_id)

    truly(shore, sea, known)

    after = queries.version(shore, tara.project_id)
    assert before.rows > queries.MANY
    assert after.rows == 2
    assert (after.objects, after.values) == (before.objects, before.values)


def test_moving_objects_is_noted_where_they_went_and_where_they_were(
    shore: Connection, sea: Sea
) -> None:
    _, tara, _ = sea
    there = given.project(shore)
    before = [queries.version(shore, p.project_id) for p in (tara, there)]

    for table in ("objects", "object_values"):
        sql = f"UPDATE {table} SET project_id = %(to)s, object_id = object_id + %(shift)s"
        shift = (there.project_id - tara.project_id) * 100_000_000
        execute(shore, sql, to=there.project_id, shift=shift)  # pyright: ignore[reportArgumentType]

    for project, seen in zip((tara, there), before, strict=True):
        now = queries.version(shore, project.project_id)
        assert now.objects != seen.objects
        assert now.values != seen.values


def test_readers_never_see_less_than_what_was_committed_before_they_asked(
    clone: str, shore: Connection, sea: Sea, known: Windows
) -> None:
    _, _, ids = sea
    stop, wrong = threading.Event(), list[str]()

    def read() -> None:
        with connect(clone, autocommit=True) as conn:
            while not stop.is_set():
                least = fetch_value(conn, "SELECT max(numbers[2]) FROM object_values")
                shown = ask(conn, sea, known, "-fre.mean", statusfilter="V")
                top = fetch_value(
                    conn,
                    "SELECT numbers[2] FROM object_values WHERE object_id = %(id)s",
                    id=shown.rows[0][0],
                )
                if top < least:
                    wrong.append(f"{top} of {least}")

    for number, id_ in enumerate(ids):
        sql = "UPDATE object_values SET numbers[2] = %(n)s WHERE object_id = %(id)s"
        execute(shore, sql, n=-number, id=id_)
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    validated = ids[6:10]
    for n in range(1, 80):
        sql = "UPDATE object_values SET numbers[2] = %(n)s WHERE object_id = %(id)s"
        execute(shore, sql, n=n, id=validated[n % 4])
    stop.set()
    for reader in readers:
        reader.join()

    assert wrong == []
    truly(shore, sea, known, "-fre.mean")


def test_another_process_finds_the_file_and_half_a_file_is_none(
    shore: Connection, sea: Sea, known: Windows, tmp_path: Path
) -> None:
    expected = truly(shore, sea, known)
    [path] = (tmp_path / "cache" / "columns").glob("*/*/n001")
    whole = path.read_bytes()

    for broken in (whole, whole[:-4], b"", b"?" * len(whole), whole + b"more"):
        path.unlink()
        path.write_bytes(broken)
        assert truly(shore, sea, Windows.of(tmp_path)) == expected
        assert path.read_bytes() == whole


def test_files_of_former_versions_go_when_there_is_a_new_one(
    shore: Connection, sea: Sea, known: Windows, tmp_path: Path
) -> None:
    for n in range(3):
        write(shore, sea[2][0], n)
        truly(shore, sea, known)

    assert len([*(tmp_path / "cache" / "columns").glob("*/*/n001")]) == 1
    assert len(known.columns.open) == 1


def test_without_a_folder_to_write_into_it_is_kept_in_memory(
    shore: Connection, sea: Sea, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    known = Windows.of(tmp_path)

    truly(shore, sea, known)

    assert known.kept


def large_column(salt: int) -> Column:
    """A column of 200,000 numbers, told by its salt."""
    places = np.arange(200_000, dtype=np.uint32)
    return Column(np.full(200_000, float(salt)), places, places)


def keep_writing(folder: Path) -> None:
    """What a process does until it is killed."""
    columns = Columns(folder)
    for salt in range(100_000):
        columns.write((given.ProjectId(1), salt % 2, 1), large_column(salt % 2))


def test_a_process_killed_while_writing_leaves_no_file_that_is_taken_for_whole(
    tmp_path: Path,
) -> None:
    for pause in (0.02, 0.05, 0.11):
        process = multiprocessing.get_context("fork").Process(target=keep_writing, args=(tmp_path,))
        process.start()
        while not [*tmp_path.glob("1/*/n001")]:
            time.sleep(0.01)
        time.sleep(pause)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()

        for salt in (0, 1):
            found = Columns(tmp_path).read((given.ProjectId(1), salt, 1))
            assert found is None or (found.values == salt).all()
            assert found is None or len(found.values) == 200_000


def test_the_orders_read_least_recently_are_forgotten(
    shore: Connection, sea: Sea, known: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "KEPT_BYTES", 60)
    for order in ("obj.objid", "-obj.classif_score", "obj.classif_score"):
        ask(shore, sea, known, order)

    assert len(known.kept) == 1


def test_a_column_read_while_somebody_wrote_is_neither_given_nor_kept(
    shore: Connection, sea: Sea, tmp_path: Path
) -> None:
    _, tara, ids = sea
    columns = Columns(tmp_path)
    before = queries.version(shore, tara.project_id).values
    write(shore, ids[0], 12)

    assert columns.get(shore, tara.project_id, before, 1) is None
    assert not [*tmp_path.rglob("n001")]
    assert not columns.open
