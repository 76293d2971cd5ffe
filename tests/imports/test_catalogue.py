"""The catalogue of errors, E1 to E22: each in a package of its own, and all of them in one."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from calanus.imports.catalogue import CATALOGUE
from calanus.imports.types import Kind
from calanus.jobs.types import Job
from given import COPEPODA
from lab import Lab, png

FILE = "ecotaxa_a.tsv"


class Mistake(NamedTuple):
    """A kind, a package that has it, and where it is told."""

    kind: Kind
    table: str
    line: int
    column: str
    value: str


def of(kind: Kind, header: str, cell: str, *, line: int = 3, value: str | None = None) -> Mistake:
    """One more column after two good ones, with one bad cell."""
    table = f"object_id|img_file_name|{header}\n[t]|[t]|[f]\no1|a.png|{cell}\n"
    return Mistake(kind, table, line, header, cell if value is None else value)


TAXON = "object_annotation_status|object_annotation_category|object_annotation_category_id"
HEAD = f"object_id|img_file_name|{TAXON}\n[t]|[t]|[t]|[t]|[f]\n"
PLAIN = "object_id|img_file_name\n[t]|[t]\n"
TEXTS = "".join(f"|object_t{n}" for n in range(21))
MISTAKES = [
    of(Kind.NO_UNDERSCORE, "area", "1", line=1, value="area"),
    of(Kind.UNKNOWN_PREFIX, "samples_x", "1", line=1, value="samples_x"),
    Mistake(
        Kind.BAD_TYPE,
        "object_id|img_file_name|object_area\n[t]|[t]|[F]\no1|a.png|1\n",
        2,
        "object_area",
        "[F]",
    ),
    Mistake(
        Kind.TOO_MANY_COLUMNS,
        f"object_id|img_file_name{TEXTS}\n[t]|[t]{'|[t]' * 21}\no1|a.png{'|x' * 21}\n",
        1,
        "object_t20",
        "object_t20",
    ),
    Mistake(
        Kind.NO_ID_COLUMN,
        "object_id|img_file_name|sample_ship\n[t]|[t]|[t]\no1|a.png|Tara\n",
        1,
        "sample_id",
        "",
    ),
    of(Kind.BAD_NUMBER, "object_area", "12x4"),
    of(Kind.BAD_LATITUDE, "object_lat", "97.5"),
    of(Kind.BAD_LONGITUDE, "object_lon", "-181"),
    of(Kind.BAD_DATE, "object_date", "20230229"),
    of(Kind.BAD_TIME, "object_time", "256199"),
    of(Kind.BAD_DATE, "object_annotation_date", "2022/01/05"),
    of(Kind.BAD_TIME, "object_annotation_time", "24:00:00"),
    Mistake(Kind.BAD_STATUS, f"{HEAD}o1|a.png|V|Copepoda|\n", 3, "object_annotation_status", "V"),
    Mistake(Kind.EXTRA_CELLS, f"{PLAIN}o1|a.png|x\n", 3, "", ""),
    Mistake(Kind.NO_OBJECT_ID, f"{PLAIN}|a.png\n", 3, "object_id", ""),
    Mistake(Kind.NO_IMAGE, f"{PLAIN}o1|none.png\n", 3, "img_file_name", "none.png"),
    Mistake(Kind.BAD_IMAGE, f"{PLAIN}o1|cut.png\n", 3, "img_file_name", "cut.png"),
    Mistake(Kind.DUPLICATE, f"{PLAIN}o1|a.png\no1|a.png\n", 4, "object_id", "a.png"),
    Mistake(
        Kind.STATUS_WITHOUT_TAXON,
        f"{HEAD}o1|a.png|validated||\n",
        3,
        "object_annotation_status",
        "validated",
    ),
    Mistake(
        Kind.TAXON_WITHOUT_STATUS,
        f"{HEAD}o1|a.png|||{COPEPODA}\n",
        3,
        "object_annotation_category",
        str(COPEPODA),
    ),
    Mistake(
        Kind.TWO_SAMPLES,
        "object_id|img_file_name|sample_id|acq_id\n[t]|[t]|[t]|[t]\n"
        "o1|a.png|s1|a1\no2|a.png|s2|a1\n",
        4,
        "acq_id",
        "a1",
    ),
    Mistake(
        Kind.UNKNOWN_TAXON,
        f"{HEAD}o1|a.png|validated||999\n",
        3,
        "object_annotation_category_id",
        "999",
    ),
    of(Kind.TOO_LONG, "object_link", "x" * 256, value="x" * 60),
]


def listed(lab: Lab, job: Job) -> list[dict[str, str]]:
    """The list of all errors of a job, as it is downloaded."""
    path: Path = lab.settings.data / "jobs" / str(job.job_id) / "errors.tsv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m.kind}-{m.column}")
def test_a_mistake_is_told_by_kind_file_line_column_and_value(lab: Lab, mistake: Mistake) -> None:
    lab.package(mistake.table, FILE, a=None, cut=png(64, 64)[:60])

    job = lab.load()

    [row] = listed(lab, job)
    assert (job.state, lab.objects()) == ("E", [])
    assert (row["kind"], row["file"], int(row["line"])) == (mistake.kind, FILE, mistake.line)
    assert (row["column"], row["value"]) == (mistake.column, mistake.value)
    assert [row["sentence"]] == job.errors


def test_an_object_that_was_loaded_before_is_told(lab: Lab) -> None:
    lab.rows("o1|a.png")
    lab.load()

    [row] = listed(lab, lab.load())

    assert (row["kind"], row["line"], row["value"]) == (Kind.ALREADY_LOADED, "3", "a.png")


def test_a_package_without_anything_is_told_as_a_whole(lab: Lab) -> None:
    lab.package("no table", "notes.md")

    [row] = listed(lab, lab.load())

    assert (row["kind"], row["file"], row["line"]) == (Kind.NOTHING, "[base]", "")


def test_all_mistakes_are_told_in_one_pass_table_after_table(lab: Lab) -> None:
    for number, mistake in enumerate(MISTAKES):
        table = mistake.table.replace("\no", f"\n{number}_").replace("s1", f"s{number}1")
        table = table.replace("s2|a1", f"s{number}2|a{number}1").replace("1|a1", f"1|a{number}1")
        lab.package(table, f"ecotaxa_{number:02}.tsv", a=None, cut=png(64, 64)[:60])

    job = lab.load()

    rows = listed(lab, job)
    told = [(row["kind"], row["file"], int(row["line"])) for row in rows]
    assert told == [
        (mistake.kind, f"ecotaxa_{number:02}.tsv", mistake.line)
        for number, mistake in enumerate(MISTAKES)
    ]
    assert (lab.objects(), lab.bytes_in_vault()) == ([], 0)
    assert job.result
    assert job.result["error_count"] == len(MISTAKES)
    assert job.result["error_kinds"][Kind.BAD_DATE] == 2


def test_the_mistakes_of_one_row_are_told_from_left_to_right(lab: Lab) -> None:
    lab.package(
        "object_time|object_area|object_id|object_annotation_status|img_file_name|object_lat\n"
        "[t]|[f]|[t]|[t]|[t]|[f]\nnoon|x||maybe|none.png|97\n"
    )

    rows = listed(lab, lab.load())

    assert [row["kind"] for row in rows] == ["E10", "E6", "E11", "E7", "E13"]


def test_a_thousand_errors_are_shown_and_all_are_listed(lab: Lab) -> None:
    rows = "\n".join(f"o{n}|a.png|{n + 91}" for n in range(1200))
    lab.package(f"object_id|img_file_name|object_lat\n[t]|[t]|[f]\n{rows}\n", a=None)

    job = lab.load()

    assert (len(job.errors), job.message) == (1000, "1200 error(s) during run")
    assert len(listed(lab, job)) == 1200


def test_every_kind_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(Kind)
