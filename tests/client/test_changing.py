"""Tables that change what is there: samples, acquisitions, objects, identifications."""

from math import nan
from typing import Any

import polars as pl
import pytest

from calanus.client import Calanus, Conflict, Invalid, NotFound, Project, Unknown
from calanus.client.importing import MOST_ORDERS

pytest_plugins = ["client_fixtures"]


@pytest.fixture
def own(calanus: Calanus, week: Project, request: pytest.FixtureRequest) -> Project:
    """A project that a test may change: a part of the week."""
    made = calanus.create_project(request.node.name[:60])
    names = week.objects().ids()
    told = calanus.call(
        "POST",
        f"/projects/{week.id}/subset",
        {
            "filters": {},
            "dest_prj_id": made.id,
            "group_type": "S",
            "limit_type": "P",
            "limit_value": 100.0,
            "do_images": False,
        },
    )
    calanus.job(told["job_id"]).wait()
    assert made.refresh().objects().count() == len(names)
    return made


def test_samples_change_by_a_table_and_only_where_it_differs(own: Project) -> None:
    samples = own.samples()
    assert samples.columns[:4] == ["sample_id", "name", "latitude", "longitude"]
    changed = samples.with_columns(
        comment=pl.when(pl.col("name").str.starts_with("pointb"))
        .then(pl.lit("near"))
        .otherwise("comment")
    )

    touched = own.update_samples(changed)

    assert touched == samples["name"].str.starts_with("pointb").sum() > 0
    assert own.update_samples(changed) == 0
    assert own.samples().filter(pl.col("comment") == "near").height == touched


def test_acquisitions_and_processes_are_tables_too(own: Project) -> None:
    acquisitions, processes = own.acquisitions(), own.processes()
    assert acquisitions["sample_id"].is_in(own.samples()["sample_id"].to_list()).all()
    assert processes["acquisition_id"].to_list() == acquisitions["acquisition_id"].to_list()

    assert own.update_acquisitions(acquisitions.with_columns(instrument=pl.lit("net"))) > 0
    own.update_processes(
        {"process_id": processes["process_id"].to_list()[:1], "software": ["ours"]}
    )

    assert set(own.acquisitions()["instrument"]) == {"net"}
    assert (own.processes()["software"] == "ours").sum() == 1


def test_objects_change_by_a_few_orders_or_by_one_table(own: Project) -> None:
    areas = own.objects().frame("object_id", "area")
    few = areas.head(3).with_columns(comment=pl.lit("big"), depth_min=pl.lit(1.5))
    assert few.height < MOST_ORDERS < areas.height

    assert own.update_objects(few) == 3
    assert own.update_objects(areas.with_columns(pl.col("area") * 2)) == areas.height

    now = own.objects().frame("object_id", "area", "comment", "depth_min")
    assert now["area"].to_list() == (areas["area"] * 2).to_list()
    assert (now["comment"] == "big").sum() == 3


def test_what_is_missing_erases(own: Project) -> None:
    [first, second, *_] = own.objects().ids()

    own.update_objects(
        {"object_id": [first, second], "area": [nan, 7.0], "date": [None, "2024-05-01"]}
    )

    now = own.objects().frame("object_id", "area", "date", first=2)
    assert now["area"].to_list() == [None, 7.0]
    assert now["date"].cast(pl.String).to_list() == [None, "2024-05-01"]


def test_a_frame_of_pandas_is_as_good(own: Project) -> None:
    import pandas  # pyright: ignore[reportMissingTypeStubs]

    pd: Any = pandas

    ids = own.objects().ids()[:2]
    own.update_objects(
        pd.DataFrame({"object_id": ids, "date": pd.to_datetime(["2024-05-02", None])})
    )
    assert own.objects().frame("date", first=2)["date"].cast(pl.String).to_list() == [
        "2024-05-02",
        None,
    ]


def test_wrong_tables_are_told_and_change_nothing(own: Project) -> None:
    [first, second, *_] = own.objects().ids()
    before = own.objects().frame("*")
    for table, told in (
        ({"object": [first], "area": [1.0]}, "There is no column “object_id”"),
        ({"object_id": [first]}, "holds no column to change"),
        ({"object_id": [first], "aera": [1.0]}, "Did you mean “area”"),
        ({"object_id": [first], "taxon": ["Copepoda"]}, r"classify\(…\)"),
        ({"object_id": [first, second], "area": [1.0]}, "not of one length: object_id 2, area 1"),
        ({"object_id": ["x"], "area": [1.0]}, "object_id takes whole numbers, not 'x'"),
        ({"object_id": [1.5], "area": [1.0]}, "object_id takes whole numbers, not 1.5"),
        ({"object_id": [first], "latitude": [95.0]}, "is not a number between -90 and 90"),
        ({"object_id": [first], "area": ["wide"]}, "“wide” is not a number"),
        (7, "this is of type int"),
    ):
        with pytest.raises(Invalid, match=told):
            own.update_objects(table)
    with pytest.raises(Unknown, match="There is no sample of this project with the id “1”"):
        own.update_samples({"sample_id": [1], "comment": ["x"]})
    assert own.objects().frame("*").equals(before)


def test_objects_are_identified_by_a_frame_as_one_act(own: Project) -> None:
    found = own.objects(state="unclassified").frame("object_id", "version")
    taxa = ["Copepoda" if n % 2 else "detritus" for n in range(found.height)]

    done = own.classify(found.with_columns(taxon=pl.Series(taxa)))

    assert done.changed == found.height
    assert own.objects(taxon="detritus", state="validated").count() >= found.height // 2
    with pytest.raises(Conflict, match="changed by somebody else") as conflict:
        own.classify(found.with_columns(taxon=pl.lit("Copepoda")))
    assert set(conflict.value.objects) == set(found["object_id"])


def test_wrong_identifications_are_told(own: Project) -> None:
    [first, second, *_] = own.objects().ids()
    with pytest.raises(Invalid, match="2 objects and 1 taxa"):
        own.classify([first, second], ["Copepoda"])
    with pytest.raises(Invalid, match="A taxon is missing"):
        own.classify({"object_id": [first], "taxon": [None]})
    with pytest.raises(Unknown, match="There is no column “taxon”"):
        own.classify({"object_id": [first], "name": ["Copepoda"]})
    with pytest.raises(Invalid, match="not as “predicted”"):
        own.classify([first], "Copepoda", state="predicted")
    with pytest.raises(NotFound, match="There is no object 1 in this project"):
        own.classify([1], "Copepoda")
