"""What is measured of each occurrence: summed over all acquisitions of a sample."""

from pathlib import Path

import pytest

from archive_world import Bay, bay, read
from calanus.kit.db import Connection, execute
from calanus.projects.service import record_columns
from given import COPEPODA

FORMULAE = {
    "subsample_coef": "1/ssm.sub_part",
    "total_water_volume": "sam.tot_vol",
    "individual_volume": "obj.area * 2",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dwca.zip"


@pytest.fixture
def sea(conn: Connection) -> Bay:
    """Three copepods: two in an acquisition of half a sample of 4 m³, one in another of a tenth."""
    made = bay(conn)
    columns = {
        "object": {"area": "n01"},
        "sample": {"tot_vol": "t01"},
        "acquisition": {"sub_part": "t01"},
        "process": {},
    }
    for project in (made.first, made.second):
        record_columns(conn, project.project_id, columns, loaded_files=[])
    execute(conn, "UPDATE samples SET texts = ARRAY['4']")
    execute(conn, "UPDATE acquisitions SET texts = ARRAY['2']")
    values = {"p": made.first.project_id, "a": made.first.project_id * 10_000_000 + 9}
    for table, columns_, texts in (
        ("acquisitions", ", sample_id", "sample_id,"),
        ("processes", "", ""),
    ):
        conn.execute(
            f"INSERT INTO {table} (project_id, acquisition_id{columns_}, orig_id, texts) "  # pyright: ignore
            f"SELECT project_id, %(a)s, {texts} 'second', ARRAY['10'] FROM {table} "
            "WHERE project_id = %(p)s ORDER BY acquisition_id LIMIT 1",
            values,
        )
    execute(
        conn,
        "UPDATE objects SET acquisition_id = %(a)s WHERE object_id = (SELECT max(object_id)"
        " FROM objects WHERE project_id = %(p)s AND taxon_id = %(t)s)",
        t=COPEPODA,
        **values,
    )
    execute(conn, "UPDATE object_values SET numbers = ARRAY[3::float8]")
    return made


def measures(path: Path, event: str) -> dict[str, str]:
    """The values of an event's occurrences, by the code of what was measured."""
    return {
        row["measurementTypeID"].split("/")[-2]: row["measurementValue"]
        for row in read(path).measurements
        if row["id"] == event and row["occurrenceID"]
    }


def test_concentrations_are_summed_over_the_acquisitions_of_a_sample(sea: Bay, path: Path) -> None:
    sea.write(path, with_computations=["ABO", "CNC", "BIV"], formulae=FORMULAE)

    # Two objects of 2/4 each, one of 10/4; each has a volume of 6.
    assert measures(path, "station_1") == {"OCOUNT01": "3", "SDBIOL01": "3.5", "CVOLUKNB": "21"}
    assert measures(path, "bay two") == {"OCOUNT01": "1", "SDBIOL01": "0.5", "CVOLUKNB": "3"}


def test_only_what_is_asked_for_is_measured(sea: Bay, path: Path) -> None:
    sea.write(path, with_computations=["CNC"], formulae=FORMULAE)
    assert measures(path, "station_1") == {"SDBIOL01": "3.5"}


def test_units_are_those_of_the_vocabulary(sea: Bay, path: Path) -> None:
    sea.write(path, with_computations=["ABO", "CNC", "BIV"], formulae=FORMULAE)

    units = {row["measurementUnitID"].split("/")[-2] for row in read(path).measurements}
    assert units == {"UUUU", "UPMM", "CMCM"}


def test_the_formulae_of_the_projects_serve_when_none_are_sent(sea: Bay, path: Path) -> None:
    text = "\n".join(f"{name}: {formula}" for name, formula in FORMULAE.items())
    execute(sea.conn, "UPDATE projects SET formulae = %(t)s", t=text)
    sea.write(path, with_computations=["CNC"])
    assert measures(path, "station_1") == {"SDBIOL01": "3.5"}


@pytest.mark.parametrize(
    ("formulae", "said"),
    [
        ({}, "has no formula for subsample_coef"),
        ({**FORMULAE, "subsample_coef": "1/ssm.nothing"}, "no “ssm.nothing”"),
        ({**FORMULAE, "subsample_coef": "__import__('os')"}, "no function"),
        ({**FORMULAE, "weight": "1"}, "no variable weight"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_said(
    sea: Bay, formulae: dict[str, str], said: str
) -> None:
    errors = sea.check(with_computations=["CNC"], formulae=formulae).errors

    assert len(errors) == 2  # one a project
    assert said in errors[0]


def test_what_has_no_value_is_left_out_and_said(sea: Bay, path: Path) -> None:
    sql = "UPDATE samples SET texts = ARRAY['0'] WHERE project_id = %(p)s"
    execute(sea.conn, sql, p=sea.second.project_id)

    contents = sea.write(path, with_computations=["ABO", "CNC"], formulae=FORMULAE)

    assert measures(path, "bay two") == {"OCOUNT01": "1"}
    assert measures(path, "station_1") == {"OCOUNT01": "3", "SDBIOL01": "3.5"}
    assert [w for w in contents.warnings if "left out of 1 occurrence(s), of Calanoida" in w]


def test_nothing_at_all_is_written_as_nothing(sea: Bay, path: Path) -> None:
    formulae = {**FORMULAE, "individual_volume": "obj.area * 0"}
    sea.write(path, with_computations=["BIV"], formulae=formulae)
    assert measures(path, "station_1") == {"CVOLUKNB": "0"}
