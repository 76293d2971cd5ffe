"""Objects as frames: columns and filters in plain words, and what is told when they are wrong."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from calanus.client import Calanus, Invalid, NotFound, Objects, Project, Unknown
from calanus.client.filters import READERS
from calanus.client.types import Filters

pytest_plugins = ["client_fixtures"]


def test_a_frame_has_days_times_numbers_and_words(week: Project) -> None:
    columns = ("object_id", "date", "time", "area", "state", "sample.tot_vol", "identified")
    found = week.objects(state="validated").frame(*columns)

    assert found.schema == {
        "object_id": pl.Int64,
        "date": pl.Date,
        "time": pl.Time,
        "area": pl.Float64,
        "state": pl.String,
        "sample.tot_vol": pl.String,
        "identified": pl.Datetime("us"),
    }
    assert found["date"].min() == date(2024, 4, 15)
    assert time(10) in found["time"]
    assert set(found["state"]) == {"validated"}
    assert found.null_count().sum_horizontal().item() == 0


def test_the_usual_columns_and_all_columns(week: Project) -> None:
    assert week.objects().frame().shape == (120, 13)
    everything = week.objects().frame("*")
    assert everything.columns == week.columns
    assert {"mean", "sample.tot_vol", "acquisition.sub_part", "version"} <= set(everything.columns)


def test_an_empty_frame_has_the_same_types(week: Project) -> None:
    nothing = week.objects(date=("2030-01-01", None))
    assert nothing.count() == 0
    assert nothing.frame("*").schema == week.objects().frame("*").schema
    pandas: Any = nothing.to_pandas("name", "area")
    assert pandas["name"].dtype.kind == "O"
    assert list(nothing.images()) == []


def test_a_frame_of_pandas_has_the_same_values(week: Project) -> None:
    columns = ("object_id", "name", "taxon", "date", "area", "score", "identified")
    ours = week.objects().frame(*columns)
    theirs: Any = week.objects().to_pandas(*columns)

    assert theirs["object_id"].tolist() == ours["object_id"].to_list()
    assert theirs["area"].tolist() == ours["area"].to_list()
    assert theirs["taxon"].isna().sum() == ours["taxon"].null_count() > 0
    assert theirs["date"].min().date() == date(2024, 4, 15)
    assert theirs["identified"].notna().sum() == len(week.objects(state="validated").ids())


CHOSEN: list[Filters] = [
    {"taxon": "Copepoda", "below": True},
    {"taxon": ["Calanoida", "detritus"]},
    {"state": "validated"},
    {"state": ["unclassified", "predicted"]},
    {"state": ["validated", "predicted", "dubious"]},
    {"sample": "pointb_20240415_day_000_040"},
    {"number": ("area", 2000, None)},
    {"number": ("area", None, 2000)},
    {"text": ("sample.stationid", "Point B")},
    {"depth": (0, 40)},
    {"date": ("2024-04-15", date(2024, 4, 16))},
    {"time": ("09:00", time(12))},
    {"outside_time": ("09:00", "12:00")},
    {"month": 4},
    {"sun": "night"},
    {"north": 43.69, "south": 43.6, "west": 7.0, "east": 7.4},
    {"identified": ("2024-05-01", datetime(2024, 5, 20))},  # noqa: DTZ001 as frames have it
    {"instrument": "zooscan"},
]


@pytest.mark.parametrize("filters", CHOSEN, ids=str)
def test_a_filter_chooses_some_and_its_count_is_that_of_its_rows(
    week: Project, filters: Filters
) -> None:
    chosen = week.objects(**filters)
    found = chosen.frame("object_id", *probe(filters))
    assert 0 < len(found) <= 120
    assert len(found) == chosen.count() == len(chosen.ids())
    assert len(found) < 120 or "month" in filters or "instrument" in filters
    assert all(fits(filters, row) for row in found.iter_rows(named=True))


def probe(filters: Filters) -> list[str]:
    """The columns that tell whether a filter was kept to."""
    known: set[str] = {"taxon", "state", "sample", "date", "time", "sun", "latitude", "longitude"}
    wanted = known & set(filters)
    if "north" in filters:
        wanted |= {"latitude", "longitude"}
    if "number" in filters:
        wanted |= {"area"}
    return sorted(wanted)


def fits(filters: Filters, row: dict[str, Any]) -> bool:
    """Whether a row is one that a filter means; what cannot be told from it fits."""
    low, high = filters["number"][1:] if "number" in filters else (None, None)
    checks = {
        "number": lambda: (
            (low is None or row["area"] >= low) and (high is None or row["area"] <= high)
        ),
        "sample": lambda: row["sample"] == filters.get("sample"),
        "sun": lambda: row["sun"] == "N",
        "north": lambda: 43.6 <= row["latitude"] <= 43.69 and 7 <= row["longitude"] <= 7.4,
        "time": lambda: time(9) <= row["time"] <= time(12),
        "date": lambda: date(2024, 4, 15) <= row["date"] <= date(2024, 4, 16),
        "state": lambda: row["state"] in filters.get("state", ""),
    }
    return all(check() for name, check in checks.items() if name in filters)


def test_every_filter_is_read() -> None:
    by_themselves = {"below", "north", "south", "east", "west"}
    assert set(READERS) | by_themselves == set(Filters.__annotations__)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"taxa": "Copepoda"}, "There is no filter “taxa”. Did you mean “taxon”?"),
    ({"taxon": "Copepodaa"}, "There is no taxon “Copepodaa”. Did you mean “Copepoda”"),
    ({"taxon": "egg"}, "Several taxa are called “egg”"),
    ({"taxon": []}, "an empty list"),
    ({"below": True}, "name one"),
    ({"state": "valid"}, "Did you mean “validated”?"),
    ({"state": ["unclassified", "validated"]}, "does not take these states together"),
    ({"sample": "pointb"}, "There is no sample “pointb”"),
    ({"number": ("aera", 0, 1)}, "Did you mean “area”"),
    ({"number": ("sample.stationid", 0, 1)}, "There is no measured number"),
    ({"number": ("area", 0, 1), "score": (0, 1)}, "one range of numbers at a time"),
    ({"number": "area"}, 'number=("area", 500, None)'),
    ({"text": ("area", "x")}, "choose by it with number="),
    ({"depth": 5}, "depth takes two values"),
    ({"date": ("yesterday", None)}, "The filter fromdate takes a date such as"),
    ({"month": 13}, "from 1 to 12"),
    ({"sun": "noon"}, "There are: day, night, dawn, dusk."),
    ({"north": 44}, "all of north, south, east and west"),
]


@pytest.mark.parametrize(("filters", "told"), WRONG, ids=lambda w: str(w)[:40])
def test_a_wrong_filter_is_told_in_a_sentence(
    week: Project, filters: dict[str, Any], told: str
) -> None:
    with pytest.raises(Invalid) as wrong:
        week.objects(**filters).count()
    assert told in str(wrong.value)


def test_a_wrong_column_is_told_with_what_is_near(week: Project) -> None:
    with pytest.raises(Unknown, match=r"There is no column “aera”\. Did you mean “area”"):
        week.objects().frame("aera")
    with pytest.raises(Unknown, match="There is no column “depth”"):
        week.objects().frame(order="-depth")


def test_windows_are_of_one_moment(week: Project) -> None:
    reading = week.objects(state="unclassified").windows("object_id", "taxon", size=20)
    first = next(reading)

    done = week.objects(state="unclassified").classify("Copepoda")
    rest = pl.concat(list(reading))

    done.undo()
    assert first["taxon"].null_count() == 20
    assert len(first) + len(rest) == done.changed
    assert set(rest["taxon"]) == {"Copepoda"}
    assert first["object_id"].append(rest["object_id"]).n_unique() == done.changed


def test_what_is_saved_is_what_a_frame_holds(week: Project, tmp_path: Path) -> None:
    columns = ("object_id", "name", "date", "area", "taxon")
    held = week.objects().frame(*columns, order="-area")

    parquet = week.objects().save(tmp_path / "o.parquet", *columns, order="-area")
    tsv = week.objects().save(tmp_path / "new/o.tsv", *columns, order="-area")

    assert pl.read_parquet(parquet).equals(held)
    assert pl.read_csv(tsv, separator="\t", try_parse_dates=True).equals(held)
    with pytest.raises(Unknown, match=r"There is no format “\.xlsx”"):
        week.objects().save(tmp_path / "o.xlsx")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "o.parquet"]


def test_images_come_small_or_as_they_were(week: Project, package: Path) -> None:
    import zipfile

    small = list(week.objects().images(size=64, first=50))
    object_id, picture = small[0]
    assert len(small) == 50
    assert max(picture.size) <= 64

    row = (
        week.objects()
        .frame("object_id", "file", "sample", "image_width", first=1)
        .row(0, named=True)
    )
    assert row["object_id"] == object_id
    assert week.image(object_id).width == row["image_width"]
    with zipfile.ZipFile(package) as given:
        assert week.image_bytes(object_id, original=True) == given.read(
            f"{row['sample']}/{row['file']}"
        )
    with pytest.raises(NotFound, match="an image of rank 7"):
        week.image(object_id, rank=7)
    with pytest.raises(Invalid, match="between 1 and 320"):
        next(week.objects().images(size=4000))


def test_a_choice_says_what_it_is(week: Project) -> None:
    chosen = week.objects(state="validated").where(taxon="Copepoda").without([1])
    assert isinstance(chosen, Objects)
    told = f"<Objects of “{week.title}”: state='validated', taxon='Copepoda', without 1>"
    assert repr(chosen) == told


def test_taxa_are_found_by_name_and_below_each_other(calanus: Calanus) -> None:
    copepods = calanus.taxa["copepoda"]
    assert calanus.taxa[copepods.id] is calanus.taxa[copepods] is copepods
    assert copepods.display_name in [taxon.name for taxon in calanus.taxa.lineage("Calanoida")]
    assert "Calanoida" in [taxon.name for taxon in calanus.taxa.children("Copepoda")]
    assert calanus.taxa.search("copepo")[0] == copepods
    assert "Copepoda" in calanus.taxa.frame()["name"]
    made = calanus.taxa.create("Calanus pyclientus", parent="Calanoida")
    assert made in calanus.taxa.children("Calanoida")
    with pytest.raises(Unknown, match="There is no taxon “77777”"):
        calanus.taxa[77777]


def test_counts_are_of_taxa_and_states(week: Project) -> None:
    counted = week.counts()
    assert (
        counted.select("validated", "predicted", "dubious", "unclassified")
        .sum()
        .sum_horizontal()
        .item()
        == 120
    )
    assert counted.filter(pl.col("taxon").is_null())["unclassified"].item() > 0
