"""Sums by sample, state and taxon, to the byte (contract 3.7 and 3.8)."""

from pathlib import Path

import pytest

import exported
import given
from calanus.exports import recast, summaries
from calanus.exports.types import (
    BadExport,
    Quantity,
    Recast,
    RecastOperation,
    RecastTarget,
    SummaryExportReq,
)
from calanus.kit.db import Connection, execute
from calanus.objects.filters import ProjectFilters
from calanus.projects.types import Project
from calanus.users.types import User
from exported import FORMULAE, summary

ONE = 210032.23032797102  # mm³/m³ of one copepod: the contract's example


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection, head: User) -> Project:
    return exported.project(conn, head)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "summary.tsv"


def test_abundances_by_sample_with_what_is_absent(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    assert summary(conn, [tara], head, path) == [
        "sampleid\tstatus\ttaxonid\tcount",
        "station_1\tV\tCopepoda\t3",
        "station_1\tV\tdetritus\t0",
        "station_2\t\t\t1",
        "station_2\tP\tCopepoda\t0",
        "station_2\tP\tdetritus\t1",
    ]


def test_abundances_by_acquisition_and_of_the_whole(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    lines = summary(conn, [tara], head, path, summarise_by="acquisition")
    assert lines[:2] == [
        "sampleid\tacquisid\tstatus\ttaxonid\tcount",
        "station_1\tstation_1\tV\tCopepoda\t3",
    ]
    assert summary(conn, [tara], head, path, summarise_by="none") == [
        "status\ttaxonid\tcount",
        "\t\t1",
        "P\tdetritus\t1",
        "V\tCopepoda\t3",
    ]


def test_concentrations_are_objects_a_cubic_metre(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    assert summary(conn, [tara], head, path, quantity="concentration") == [
        "sampleid\tstatus\ttaxonid\tconcentration",
        "station_1\tV\tCopepoda\t0.06",
        "station_1\tV\tdetritus\t0",
        "station_2\t\t\t0.02",
        "station_2\tP\tCopepoda\t0",
        "station_2\tP\tdetritus\t0.02",
    ]


def test_the_biovolume_of_the_contract_s_example(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    execute(
        conn,
        "DELETE FROM objects WHERE project_id = %(p)s AND object_id %% 100000000 IN (2, 3)",
        p=tara.project_id,
    )

    lines = summary(conn, [tara], head, path, quantity="biovolume")

    assert lines[:2] == [
        "sampleid\tstatus\ttaxonid\tbiovolume",
        "station_1\tV\tCopepoda\t210032.23032797102",
    ]


def test_several_quantities_stand_side_by_side(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    quantity = ["abundance", "concentration", "biovolume", "abundance"]

    lines = summary(conn, [tara], head, path, quantity=quantity)

    assert lines[:3] == [
        "sampleid\tstatus\ttaxonid\tcount\tconcentration\tbiovolume",
        f"station_1\tV\tCopepoda\t3\t0.06\t{3 * ONE!r}",
        "station_1\tV\tdetritus\t0\t0\t0",
    ]
    request = SummaryExportReq.model_validate({"project_id": 1, "quantity": quantity})
    assert summaries.kind(request) == "ABO-CNC-BIV"


def test_a_whole_without_counts_is_in_the_order_of_taxon_numbers(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    execute(
        conn,
        "UPDATE objects SET taxon_id = %(t)s WHERE project_id = %(p)s AND state = 'P'",
        t=given.OLD_NAME,
        p=tara.project_id,
    )

    lines = summary(conn, [tara], head, path, summarise_by="none", quantity="concentration")

    assert [line.split("\t")[:2] for line in lines[1:]] == [
        ["", ""],
        ["V", "Copepoda"],  # 10
        ["P", "Oldname"],  # 30
    ]


def test_a_sample_without_the_taxa_of_the_filter_counts_zero(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    copepods = ProjectFilters(taxo=str(given.COPEPODA))

    assert summary(conn, [tara], head, path, filters=copepods) == [
        "sampleid\tstatus\ttaxonid\tcount",
        "station_1\tV\tCopepoda\t3",
        "station_2\tP\tCopepoda\t0",
    ]


def test_an_empty_selection_is_a_header(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    nothing = ProjectFilters(statusfilter="D")

    for quantity in ("abundance", "biovolume"):
        assert len(summary(conn, [tara], head, path, filters=nothing, quantity=quantity)) == 1


def test_missing_zero_and_text_are_nan_and_said_once(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    p = tara.project_id
    execute(
        conn,
        "UPDATE samples SET texts = '{foo}' WHERE project_id = %(p)s AND orig_id = 'station_1'",
        p=p,
    )
    execute(
        conn,
        "UPDATE acquisitions SET texts = '{0}' WHERE project_id = %(p)s AND orig_id = 'station_2'",
        p=p,
    )
    said: list[str] = []

    lines = summary(conn, [tara], head, path, quantity="concentration", said=said)

    assert [line.split("\t")[-1] for line in lines[1:]] == ["nan", "0", "nan", "0", "nan"]
    first, second = p * 10**8 + 4, p * 10**8 + 1
    assert said == [
        f"subsample_coef has no value for 2 of 5 objects: the divisor is zero for 2 (the first: "
        f"object {first}, sample {p * 10**6 + 2}). Sums with them are nan.",
        f"total_water_volume has no value for 3 of 5 objects: sam.tot_vol is no number for 3 "
        f"(the first: object {second}, sample {p * 10**6 + 1}). Sums with them are nan.",
    ]


def test_formulae_are_the_project_s_where_the_request_brings_none(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    own = exported.called(tara, formulae="subsample_coef: 0.5\ntotal_water_volume: 10")

    lines = summary(conn, [own], head, path, quantity="concentration", formulae={})
    assert lines[1] == "station_1\tV\tCopepoda\t0.6000000000000001"

    given_ = {"total_water_volume": "sam.tot_vol / 1000"}
    lines = summary(conn, [own], head, path, quantity="concentration", formulae=given_)
    assert lines[1] == "station_1\tV\tCopepoda\t60.0"


@pytest.mark.parametrize(
    ("formulae", "said"),
    [
        ({}, "has no formula for subsample_coef"),
        ({"subsample_coeff": "1"}, "no variable subsample_coeff"),
        ({**FORMULAE, "subsample_coef": "ssm.sub_part +"}, "is no formula"),
        ({**FORMULAE, "subsample_coef": "sam.sub_part"}, "has no “sam.sub_part”; it has sam.tot"),
        ({**FORMULAE, "subsample_coef": "acq.sub_part"}, "is in no table"),
        ({**FORMULAE, "subsample_coef": "sub_part"}, "write sam.sub_part"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_refused_beforehand(
    tara: Project, formulae: dict[str, str], said: str
) -> None:
    request = SummaryExportReq.model_validate(
        {"project_id": 1, "quantity": "concentration", "formulae": formulae}
    )
    with pytest.raises(BadExport) as refused:
        summaries.check([tara], request)
    assert said in str(refused.value)


def test_a_name_of_both_the_acquisition_and_the_process_is_ambiguous(tara: Project) -> None:
    both = exported.called(tara, process_columns={"pixel": "t01", "sub_part": "t02"})
    request = SummaryExportReq.model_validate(
        {"project_id": 1, "quantity": "concentration", "formulae": FORMULAE}
    )
    with pytest.raises(BadExport, match="may be of the acquisition or of the process"):
        summaries.check([both], request)


def test_a_recast_renames_drops_and_leaves_the_unidentified_out(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    target = RecastTarget(tara.project_id)
    moves = {str(given.COPEPODA): int(given.CALANOIDA), str(given.DETRITUS): 0}
    recast.keep(conn, target, RecastOperation.PROJECT_EXPORT, Recast(dict(moves)), by=head)

    assert summary(conn, [tara], head, path) == [
        "sampleid\tstatus\ttaxonid\tcount",
        "station_1\tV\tCalanoida\t3",
        "station_2\tP\tCalanoida\t0",  # where one looked, the recast changes nothing
    ]


@pytest.mark.parametrize("moves", [{}, {str(given.COPEPODA): int(given.COPEPODA)}])
def test_a_recast_that_changes_nothing_leaves_nobody_out(
    conn: Connection, tara: Project, head: User, path: Path, moves: dict[str, int | None]
) -> None:
    before = summary(conn, [tara], head, path)
    target = RecastTarget(tara.project_id)
    recast.keep(conn, target, RecastOperation.PROJECT_EXPORT, Recast(moves), by=head)

    assert summary(conn, [tara], head, path) == before
    assert "station_2\t\t\t1" in before


def test_projects_are_summed_together_and_namesakes_told_apart(
    conn: Connection, tara: Project, head: User, path: Path
) -> None:
    other = exported.project(conn, head, title="Another leg")
    p, q = tara.project_id, other.project_id
    execute(
        conn,
        "UPDATE samples SET orig_id = 'net 9' WHERE project_id = %(q)s AND orig_id = 'station_2'",
        q=q,
    )
    said: list[str] = []

    lines = summary(conn, [tara, other], head, path, said=said)

    assert [line for line in lines if line.endswith(("\t3", "\t1"))] == [
        f"{p}_station_1\tV\tCopepoda\t3",
        f"{q}_station_1\tV\tCopepoda\t3",
        "net 9\t\t\t1",
        "net 9\tP\tdetritus\t1",
        "station_2\t\t\t1",
        "station_2\tP\tdetritus\t1",
    ]
    assert "station_1" in said[0]
    whole = summary(conn, [tara, other], head, path, summarise_by="none", quantity="biovolume")
    assert whole[-2].split("\t") == ["V", "Copepoda", repr(6 * ONE)]


def test_formulae_are_tried_on_an_object_of_each_acquisition(
    conn: Connection, tara: Project
) -> None:
    tried = summaries.try_formulae(conn, tara, {**FORMULAE, "total_water_volume": "sam.volume"})

    by_name = {v.name: v for v in tried.variables}
    assert by_name["subsample_coef"].values == [0.5, 0.5]
    assert by_name["total_water_volume"].error == (
        f"project {tara.project_id} has no “sam.volume”; it has sam.tot_vol."
    )
    assert [sample for _, _, sample in tried.objects] == ["station_1", "station_2"]
    assert tried.quantities == {}
    whole = summaries.try_formulae(conn, tara, FORMULAE)
    assert whole.quantities[Quantity.BIOVOLUME][0] == ONE
