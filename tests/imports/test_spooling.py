"""What an import keeps while it reads: little in memory, the rest on the disk, all in its order."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from calanus.imports.index import Index, Whole
from calanus.imports.named import FEW, ImageRow, ImageRows, Links
from calanus.imports.problems import Problems
from calanus.imports.rows import Values
from calanus.imports.spool import NewObjects, Spool
from calanus.imports.types import ImportProblem, Kind

DAY, MOMENT = np.datetime64("2023-06-12", "D"), np.datetime64("2023-06-12T09:15:00", "us")


def block(*names: str) -> NewObjects:
    """Objects with a little of everything."""
    rows = len(names)
    values = Values(
        orig_ids=list(names),
        latitudes=np.full(rows, np.nan),
        longitudes=np.full(rows, 7.5),
        depths=np.zeros((2, rows)),
        days=np.full(rows, DAY),
        moments=np.full(rows, -1),
        links=[None] * rows,
        comments=["“é”\t\n"] * rows,
        states=["V"] * rows,
        taxa=[12, "sea monster", None, *[None] * rows][:rows],
        people=[None] * rows,
        identified=np.array([np.datetime64("NaT", "us"), *[MOMENT] * rows])[:rows],
        numbers=np.arange(2.0 * rows).reshape(rows, 2),
        number_places=[0, 4],
        texts=[["a"] * rows],
        text_places=[3],
    )
    return NewObjects(values, list(range(rows)))


def same(one: NewObjects, other: NewObjects) -> bool:
    """Whether two blocks say the same, NaN included."""
    for field in fields(Values):
        np.testing.assert_equal(
            getattr(one.values, field.name), getattr(other.values, field.name), field.name
        )
    return one.acquisitions == other.acquisitions


def test_blocks_come_back_as_they_went_as_often_as_wanted(tmp_path: Path) -> None:
    blocks = [block("o1", "o2", "o3"), block("o4")]
    with Spool(tmp_path) as spool:
        for one in blocks:
            spool.append(one)

        for _ in range(2):
            assert all(same(one, other) for one, other in zip(spool, blocks, strict=True))
        assert all(same(one, other) for one, other in zip(spool, spool, strict=True))
    assert spool.objects == 4


def test_a_spool_leaves_no_file(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.append(block("o1"))

        assert list(tmp_path.iterdir()) == []


# --- Names ---------------------------------------------------------------------------------------


def test_a_name_has_the_number_it_was_given_and_others_have_none() -> None:
    index = Index()
    for start in range(0, 5000, 100):
        index.add([f"o{n}" for n in range(start, start + 100)], range(start, start + 100))

    assert index.find([f"o{n}" for n in range(-1, 5001)]) == [-1, *range(5000), -1]
    assert index.find([]) == []


def test_an_empty_index_knows_nothing() -> None:
    index = Index()
    index.add([], [])

    assert index.find(["o1", "o1"]) == [-1, -1]


def test_names_that_share_one_fingerprint_are_told_apart_by_the_other() -> None:
    def alike(names: Sequence[str]) -> tuple[Whole, Whole]:
        numbers = np.array([int(name) for name in names], np.int64)
        return numbers // 2, numbers

    index = Index(alike)
    index.add(["0", "1", "2"], [10, 11, 12])
    index.add(["5"], [15])

    assert index.find(list("0123456")) == [10, 11, 12, -1, -1, 15, -1]


# --- Images --------------------------------------------------------------------------------------


def test_rows_that_name_one_file_share_it_and_each_keeps_its_own_words() -> None:
    rows = ImageRows()
    first = ImageRow(0, "a.png", "leg/a.png", 0, "leg/ecotaxa_1.tsv", 3)
    second = ImageRow(-7, "./a.png", "leg/a.png", 2, "leg/ecotaxa_2.tsv", 5)
    missing = ImageRow(1, "none.png", "", 0, "leg/ecotaxa_2.tsv", 6)
    for row in (first, second, missing):
        rows.append(row)
    rows.settle()
    rows.append(ImageRow(2, "b.png", "leg/b.png", 0, "leg/ecotaxa_2.tsv", 7))
    rows.settle()

    assert rows.members == ["leg/a.png", "leg/b.png"]
    assert list(rows.numbers) == [0, 0, -1, 1]
    assert list(rows.among(["leg/a.png", "leg/c.png"])) == [first, second]
    assert [rows.name(image) for image in range(4)] == ["a.png", "./a.png", "", "b.png"]


@pytest.mark.parametrize("images", [1, FEW + 5])
def test_an_object_knows_its_images_by_name_few_or_many(images: int) -> None:
    links = Links()
    other, object_ = links.new_object(), links.new_object()
    links.add(object_, "stored.png", 100)
    for number in range(images):
        links.add(object_, f"{number}.png", number, number)
        assert links.image(object_, f"{number}.png") == number
    links.add(other, "stored.png", 0, 77)

    assert links.image(object_, "stored.png") == -1
    assert links.image(object_, "none.png") is None
    assert links.ranks(object_) == {100, *range(images)}
    assert links.ranks(other) == {0}


# --- Problems ------------------------------------------------------------------------------------


def test_problems_are_read_by_table_and_line_and_as_found_within_a_line(tmp_path: Path) -> None:
    def wrong(file: str, line: int, reason: str) -> ImportProblem:
        return ImportProblem(Kind.BAD_NUMBER, reason, file, line, "object_area", "“é\n")

    found = [wrong("a.tsv", 3, "1"), wrong("z.tsv", 9, "2"), wrong("z.tsv", 4, "3")]
    with Problems(tmp_path) as problems:
        problems.tables = ["z.tsv", "a.tsv"]
        problems.extend([*found, wrong("z.tsv", 4, "4"), ImportProblem(Kind.NOTHING, "5")])

        assert [problem.reason for problem in problems] == ["5", "3", "4", "2", "1"]
        assert list(problems)[-1] == found[0]
    assert (len(problems), bool(problems)) == (5, True)
    assert problems.kinds == {Kind.BAD_NUMBER, Kind.NOTHING}


def test_nothing_wrong_is_no_problem(tmp_path: Path) -> None:
    with Problems(tmp_path) as problems:
        assert not problems
        assert list(problems) == []
