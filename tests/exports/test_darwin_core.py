"""Darwin Core Archives, opened by a reader that is not ours."""

import csv
import os
import re
import zipfile
from pathlib import Path

import pytest

from archive_world import EMOF, FROM_TO, Bay, bay, move, read, with_nets
from calanus.exports.darwin_core.tables import rounded
from calanus.exports.darwin_core.terms import EVENT, MEASUREMENT, OCCURRENCE
from calanus.kit.db import Connection, execute
from given import CALANOIDA, COPEPODA, DETRITUS, taxa

LSID = "urn:lsid:marinespecies.org:taxname:"
REAL_DATA = Path(os.environ.get("CALANUS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
EXAMPLE = REAL_DATA / "ecotaxa_packages/dwca_example_irfcb/iRfcb-DwC-A.zip"


@pytest.fixture
def sea(conn: Connection) -> Bay:
    return bay(conn)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dwca.zip"


def test_an_archive_holds_events_and_what_occurred_at_them(sea: Bay, path: Path) -> None:
    sea.write(path)
    found = read(path)

    assert [row["eventID"] for row in found.events] == ["station_1", "station_2", "bay two"]
    assert found.events[0] == {
        "id": "station_1",
        "eventID": "station_1",
        "type": "sample",
        "institutionCode": "IMEV",
        "datasetName": "Copepods & co",
        "license": "http://creativecommons.org/licenses/by/4.0/legalcode",
        "eventDate": "2026-06-21T12:00:00Z",
        "decimalLatitude": "43.500000",
        "decimalLongitude": "7.500000",
        "minimumDepthInMeters": "10",
        "maximumDepthInMeters": "20",
    }
    assert found.occurrences == [
        {
            "id": "station_1",
            "eventID": "station_1",
            "occurrenceID": f"station_1_{COPEPODA}",
            "basisOfRecord": "MachineObservation",
            "scientificName": "Copepoda",
            "scientificNameID": f"{LSID}1080",
            "kingdom": "Animalia",
            "taxonRank": "order",
            "occurrenceStatus": "present",
        },
        {
            "id": "bay two",
            "eventID": "bay two",
            "occurrenceID": f"bay two_{CALANOIDA}",
            "basisOfRecord": "MachineObservation",
            "scientificName": "Calanoida",
            "scientificNameID": f"{LSID}1100",
            "kingdom": "Animalia",
            "taxonRank": "order",
            "occurrenceStatus": "present",
        },
    ]


def test_ids_are_unique_and_refer_to_each_other(sea: Bay, path: Path) -> None:
    with_nets(sea)
    sea.write(path, include_predicted=True, with_absent=True, with_computations=["ABO"])
    found = read(path)

    events = [row["id"] for row in found.events]
    occurrences = [row["occurrenceID"] for row in found.occurrences]
    assert len(set(events)) == len(events)
    assert len(set(occurrences)) == len(occurrences)
    assert {row["id"] for row in found.occurrences + found.measurements} <= set(events)
    measured = {row["occurrenceID"] for row in found.measurements if row["occurrenceID"]}
    assert measured
    assert measured <= set(occurrences)


def test_the_tables_are_plain_text(sea: Bay, path: Path) -> None:
    execute(sea.conn, "UPDATE samples SET orig_id = 'a' || chr(9) || 'b' WHERE orig_id = 'bay two'")
    sea.write(path, with_computations=["ABO"])

    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [
            "eml.xml",
            "event.txt",
            "extendedmeasurementorfact.txt",
            "meta.xml",
            "occurrence.txt",
        ]
        text = archive.read("event.txt").decode()
        meta = archive.read("meta.xml").decode()
    lines = text.split("\n")
    assert lines[0].split("\t")[:3] == ["id", "eventID", "type"]
    assert {len(line.split("\t")) for line in lines} == {len(lines[0].split("\t"))}
    assert lines[-1].startswith("a b\t")
    assert r'fieldsTerminatedBy="\t"' in meta


def test_every_column_has_a_term_that_exists(sea: Bay, path: Path) -> None:
    with_nets(sea)
    sea.write(path, include_predicted=True, with_computations=["ABO"])
    found = read(path)

    known = (
        r"http://(rs\.tdwg\.org/dwc/terms|purl\.org/dc/terms|rs\.iobis\.org/obis/terms)/[a-zA-Z]+"
    )
    for table in (EVENT, OCCURRENCE, MEASUREMENT):
        terms = found.terms[table.file]
        assert len(set(terms)) == len(terms)
        assert all(re.fullmatch(known, term) for term in terms)


@pytest.mark.real_data
@pytest.mark.skipif(not EXAMPLE.exists(), reason="needs the example archive")
def test_an_archive_has_the_shape_of_a_published_one(sea: Bay, path: Path) -> None:
    sea.write(path, include_predicted=True, with_computations=["ABO"])

    ours, theirs = read(path), read(EXAMPLE)

    for mine, other in (("event.txt", "Event.txt"), ("occurrence.txt", "Occurrence.txt")):
        shared = set(ours.terms[mine]) & set(theirs.terms[other])
        assert len(shared) >= 5, shared
    # Its occurrences name no event as its meta.xml says, so their cells are read as they are.
    with zipfile.ZipFile(EXAMPLE) as archive:
        text = archive.read("Occurrence.txt").decode()
    cells = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    for name in ("scientificNameID", "identificationVerificationStatus", "basisOfRecord"):
        said = {re.sub(r"\d+$", "", row[name]) for row in cells}
        mine = {re.sub(r"\d+$", "", row[name]) for row in ours.occurrences}
        assert mine - said <= {"PredictedByMachine"}


def test_what_a_model_saw_comes_apart(sea: Bay, path: Path) -> None:
    sea.write(path, include_predicted=True)
    found = read(path).occurrences

    assert [(r["occurrenceID"], r["identificationVerificationStatus"]) for r in found] == [
        (f"station_1_{COPEPODA}", "ValidatedByHuman"),
        (f"station_2_P_{CALANOIDA}", "PredictedByMachine"),
        (f"bay two_{CALANOIDA}", "ValidatedByHuman"),
    ]


def test_what_was_looked_for_and_not_found_is_absent(sea: Bay, path: Path) -> None:
    sea.write(path, with_absent=True)
    found = read(path).occurrences

    assert [(r["occurrenceID"], r["occurrenceStatus"]) for r in found] == [
        (f"station_1_{COPEPODA}", "present"),
        (f"station_1_{CALANOIDA}", "absent"),
        (f"station_2_{COPEPODA}", "absent"),
        (f"station_2_{CALANOIDA}", "absent"),
        (f"bay two_{CALANOIDA}", "present"),
        (f"bay two_{COPEPODA}", "absent"),
    ]


def test_taxa_written_alike_are_one_occurrence(sea: Bay, path: Path) -> None:
    sql = (
        "UPDATE objects SET taxon_id = %(t)s WHERE object_id = (SELECT min(object_id) FROM objects)"
    )
    execute(sea.conn, sql, t=CALANOIDA)
    sea.recast({str(COPEPODA): COPEPODA, str(CALANOIDA): COPEPODA})

    sea.write(path, with_computations=["ABO"])
    found = read(path)

    assert [r["occurrenceID"] for r in found.occurrences if r["id"] == "station_1"] == [
        f"station_1_{COPEPODA}"
    ]
    assert [r["measurementValue"] for r in found.measurements if r["id"] == "station_1"] == ["3"]


def test_taxa_of_one_aphia_id_are_one_occurrence_named_by_both(sea: Bay, path: Path) -> None:
    execute(sea.conn, "UPDATE taxa SET aphia_id = 1080 WHERE taxon_id = %(t)s", t=CALANOIDA)
    sea.write(path)

    assert {r["occurrenceID"] for r in read(path).occurrences} == {
        f"station_1_{CALANOIDA}_{COPEPODA}",
        f"bay two_{CALANOIDA}_{COPEPODA}",
    }


def test_what_is_only_measured_occurs_too(sea: Bay, path: Path) -> None:
    sea.recast({str(COPEPODA): None, str(CALANOIDA): CALANOIDA})
    sea.recast(FROM_TO, EMOF)

    sea.write(path, with_computations=["ABO"])
    found = read(path)

    assert [r["occurrenceID"] for r in found.occurrences] == [
        f"station_1_{COPEPODA}",
        f"bay two_{CALANOIDA}",
    ]
    assert len(found.measurements) == 2


def test_samples_of_one_name_bear_their_project(sea: Bay, path: Path) -> None:
    execute(sea.conn, "UPDATE samples SET orig_id = 'station_1' WHERE orig_id = 'bay two'")
    sea.write(path)

    first, second = sea.first.project_id, sea.second.project_id
    assert [r["id"] for r in read(path).events] == [
        f"{first}_station_1",
        "station_2",
        f"{second}_station_1",
    ]


def test_an_event_that_lasts_is_an_interval(sea: Bay, path: Path) -> None:
    sql = """
        UPDATE object_values
           SET object_date = '2026-06-20', object_time = '23:59:59', depth_min = 0.5,
               depth_max = 1e3, latitude = -43.1234567, longitude = -7.000000049
         WHERE object_id = (SELECT min(object_id) FROM objects)
    """
    execute(sea.conn, sql)
    sea.write(path)

    event = read(path).events[0]
    assert event["eventDate"] == "2026-06-20T23:59:59Z/2026-06-21T12:00:00Z"
    assert (event["minimumDepthInMeters"], event["maximumDepthInMeters"]) == ("0.5", "1000")
    assert (event["decimalLatitude"], event["decimalLongitude"]) == ("-43.123457", "-7.000000")


def test_an_event_without_times_has_a_day(sea: Bay, path: Path) -> None:
    move(sea.conn, sea.second, "object_time = NULL, depth_min = NULL, depth_max = NULL")
    sea.write(path)

    assert read(path).events[2]["eventDate"] == "2026-06-21"


def test_a_sample_without_dates_is_left_out_and_said(sea: Bay, path: Path) -> None:
    move(sea.conn, sea.second, "object_date = NULL")
    [said] = [w for w in sea.check().warnings if "no dated object" in w]
    sea.write(path)

    assert "bay two" in said
    assert [r["id"] for r in read(path).events] == ["station_1", "station_2"]
    sea.write(path, with_absent=True)
    assert {r["scientificName"] for r in read(path).occurrences} == {"Copepoda"}


def test_a_net_and_an_instrument_are_measured_of_the_event(sea: Bay, path: Path) -> None:
    with_nets(sea)
    sql = "UPDATE projects SET instrument = 'IFCB' WHERE project_id = %(p)s"
    execute(sea.conn, sql, p=sea.second.project_id)
    sea.write(path)
    found = read(path).measurements

    first = [r for r in found if r["id"] == "station_1"]
    assert [(r["measurementTypeID"].split("/")[-2], r["measurementValue"]) for r in first] == [
        ("NMSPINST", "WP2"),
        ("MSHSIZE1", "200"),
        ("MTHAREA1", "0.25"),
    ]
    [instrument] = [r for r in found if r["id"] == "bay two"]
    assert instrument["measurementValueID"].endswith("/L22/current/TOOL1588/")


def test_without_measurements_there_is_no_such_table(sea: Bay, path: Path) -> None:
    sea.write(path)

    with zipfile.ZipFile(path) as archive:
        assert "extendedmeasurementorfact.txt" not in archive.namelist()
        assert "ExtendedMeasurement" not in archive.read("meta.xml").decode()


def test_a_taxon_without_aphia_id_is_left_out_and_counted(sea: Bay, path: Path) -> None:
    taxa(sea.conn)
    sea.recast({**FROM_TO, str(CALANOIDA): DETRITUS})
    [said] = [w for w in sea.check().warnings if "no AphiaID" in w]
    sea.write(path)

    assert said.startswith("1 object(s)")
    assert "detritus" in said
    assert [r["scientificName"] for r in read(path).occurrences] == ["Copepoda"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (0.1234567, "0.123457"),
        (1e-7, "0.0000001"),
        (1.26e-9, "0.000000001"),
        (-4e-8, "-0.00000004"),
        (123456789.5, "123456789.5"),
        (5e-324, f"0.{'0' * 323}5"),
    ],
)
def test_small_numbers_keep_a_digit_and_zero_ends(value: float, text: str) -> None:
    assert rounded(value) == text
