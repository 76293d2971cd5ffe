"""Everything that is wrong with a package is told at once, by file and line; nothing is written."""

import re

import pytest

from lab import HEADERS, Lab, png

NAMES = (
    "object_id|img_file_name|object_lat|object_lon|object_date|object_time|object_area|"
    "object_annotation_status|object_annotation_category"
)
TYPES = "|".join(["[t]", "[t]", "[f]", "[f]", "[t]", "[t]", "[f]", "[t]", "[t]"])
GOOD = "43.5|7.3|20230612|0915|12.5|validated|Copepoda"
BAD_ROWS = {
    "missing_image": f"o1|none.png|{GOOD}",
    "corrupt_image": f"o2|cut.png|{GOOD}",
    "not_an_image": f"o3|text.png|{GOOD}",
    "bad_latitude": f"o4|a.png|97.5|{GOOD.split('|', 1)[1]}",
    "bad_longitude": "o5|a.png|43.5|abc|20230612|0915|1|validated|Copepoda",
    "bad_date": "o6|a.png|43.5|7.3|20211345|0915|1|validated|Copepoda",
    "bad_time": "o7|a.png|43.5|7.3|20230612|256199|1|validated|Copepoda",
    "bad_number": "o8|a.png|43.5|7.3|20230612|0915|12x4|validated|Copepoda",
    "bad_status": "o9|a.png|43.5|7.3|20230612|0915|1|maybe|Copepoda",
    "status_no_taxon": "o10|a.png|43.5|7.3|20230612|0915|1|validated|",
    "unknown_taxon": "o11|a.png|43.5|7.3|20230612|0915|1|validated|Nosuchtaxon",
    "no_object_id": f"|a.png|{GOOD}",
    "duplicate": f"good|a.png|{GOOD}",
}


def lines_told(errors: list[str]) -> list[tuple[str, int]]:
    """The places that errors name."""
    found = [re.match(r"\[base\]/(.+?), line (\d+): ", error) for error in errors]
    return [(match[1], int(match[2])) for match in found if match]


def test_every_kind_of_bad_row_is_told_with_its_file_and_line(lab: Lab) -> None:
    for name in ("one/ecotaxa_one.tsv", "two/ecotaxa_two.tsv"):
        stem = name[:3]
        rows = [f"good{stem}|a.png|{GOOD}", *BAD_ROWS.values(), f"last{stem}|a.png|{GOOD}"]
        table = "\n".join([NAMES, TYPES, *rows]).replace("good|a", f"good{stem}|a")
        table = re.sub(r"^o(\d+)\|", rf"{stem}_\1|", table, flags=re.M)
        lab.package(table, name, a=None, cut=png(64, 64)[:60], text=b"this is no image")

    job = lab.load()

    expected = [
        (name, 4 + place)
        for name in ("one/ecotaxa_one.tsv", "two/ecotaxa_two.tsv")
        for place in range(len(BAD_ROWS))
    ]
    assert job.state == "E"
    assert lines_told(job.errors) == expected
    assert (lab.objects(), lab.bytes_in_vault()) == ([], 0)
    assert lab.one("SELECT object_columns AS o FROM projects")["o"] == {}


def test_a_wrong_value_is_told_once_with_how_often_it_returns(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_area\n[t]|[t]|[f]\n"
        "o1|a.png|x\no2|a.png|x\no3|a.png|1\no4|a.png|x\no5|a.png|y\n",
        a=None,
    )

    job = lab.load()

    assert lines_told(job.errors) == [("ecotaxa_a.tsv", 3), ("ecotaxa_a.tsv", 7)]
    assert "object_area: “x” is not a number. (So on 2 more lines.)" in job.errors[0]


def test_a_wrong_latitude_is_told_on_each_of_its_lines(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_lat\n[t]|[t]|[f]\no1|a.png|97\no2|a.png|97\n", a=None
    )

    assert lines_told(lab.load().errors) == [("ecotaxa_a.tsv", 3), ("ecotaxa_a.tsv", 4)]


@pytest.mark.parametrize(
    ("header", "type_", "told"),
    [
        ("area", "[f]", "line 1: area: a header is written prefix_name"),
        ("sea_state", "[f]", "line 1: sea_state: nothing is called that"),
        ("samples_x", "[t]", "line 1: samples_x: nothing is called that"),
        ("images_x", "[t]", "line 1: images_x: nothing is called that"),
        ("object_area", "[n]", "line 2: object_area: its type is “[n]”"),
        ("sample_ship", "[t]", "line 1: sample_id: the column is missing"),
    ],
)
def test_wrong_headers_are_told(lab: Lab, header: str, type_: str, told: str) -> None:
    lab.package(f"object_id|img_file_name|{header}\n[t]|[t]|{type_}\no1|a.png|1\n", a=None)

    job = lab.load()

    assert told in job.errors[0]


def test_headers_may_be_written_in_any_case(lab: Lab) -> None:
    lab.package("OBJECT_ID| Img_File_Name |Object_Area\n[t]|[t]|[f]\no1|a.png|1\n", a=None)

    assert lab.load().state == "F"


def test_a_project_holds_so_many_free_columns(lab: Lab) -> None:
    headers = "".join(f"|object_t{n}" for n in range(21))
    lab.package(
        f"object_id|img_file_name{headers}\n[t]|[t]{'|[t]' * 21}\no1|a.png{'|x' * 21}\n", a=None
    )

    job = lab.load()

    [error] = job.errors
    assert "object_t20: a project holds at most 20 free columns" in error


def test_a_text_that_is_too_long_is_told_rather_than_cut(lab: Lab) -> None:
    lab.package(f"object_id|img_file_name|object_note\n[t]|[t]|[t]\no1|a.png|{'x' * 251}\n", a=None)

    job = lab.load()

    assert "the text has 251 characters; 250 are kept at most" in job.errors[0]


@pytest.mark.parametrize(
    ("name", "table", "told"),
    [
        ("Ecotaxa.tsv", HEADERS, "no file is called ecotaxa"),
        ("ecotaxa.csv", HEADERS, "no file is called ecotaxa"),
        ("ecotaxa.tsv", HEADERS, "hold headers and no row"),
        ("ecotaxa.tsv", "object_id|img_file_name\n", "hold headers and no row"),
        ("ecotaxa.tsv", "", "hold headers and no row"),
    ],
)
def test_nothing_to_load_is_a_mistake(lab: Lab, name: str, table: str, told: str) -> None:
    lab.package(table, name)

    job = lab.load()

    assert told in job.errors[-1]


def test_a_comma_separated_table_is_refused(lab: Lab) -> None:
    lab.package("object_id,img_file_name\n[t],[t]\no1,a.png\n", a=None)

    assert lab.load().state == "E"


def test_a_row_with_surplus_cells_is_told_once(lab: Lab) -> None:
    lab.package("object_id|img_file_name|object_area\n[t]|[t]|[f]\no1|a.png|x|y|\n", a=None)

    [error] = lab.load().errors
    assert "2 cell(s) stand beyond the last header: 'y', ''" in error


def test_a_binary_table_is_refused_with_its_name(lab: Lab) -> None:
    lab.package("", "other", a=None)
    (lab.folder / "ecotaxa.tsv").write_bytes(b"PK\3\4\0\0")

    assert "ecotaxa.tsv, line 1: this is not a text" in lab.load().errors[0]


def test_an_unknown_taxon_by_id_is_an_error(lab: Lab) -> None:
    lab.package(
        "object_id|img_file_name|object_annotation_status|object_annotation_category_id\n"
        "[t]|[t]|[t]|[f]\no1|a.png|validated|999\no2|a.png|validated|999\n",
        a=None,
    )

    job = lab.load()

    assert lines_told(job.errors) == [("ecotaxa_a.tsv", 3)]
    assert "there is no taxon 999. (So on 1 more line.)" in job.errors[0]


def test_a_package_of_which_everything_is_there_has_nothing_to_load(lab: Lab) -> None:
    lab.rows("o1|a.png o2|b.png")
    lab.load()
    lab.package(
        "object_id|img_file_name|object_annotation_status|object_annotation_category\n"
        "[t]|[t]|[t]|[t]\no1|a.png|predicted|Nosuchtaxon\no2|b.png||\n"
    )

    job = lab.load(skip_existing_objects=True)

    [error] = job.errors
    assert "nothing to load: all 2 row(s) are in the project already" in error


def test_a_table_under_a_wrong_name_is_named(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|a.png\n", "Ecotaxa_a.csv", a=None)

    [error] = lab.load().errors

    assert "no file is called ecotaxa….tsv" in error
    assert "(there is Ecotaxa_a.csv)" in error


def test_cells_between_commas_are_told(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|a.png\n".replace("|", ","), a=None)

    assert "separated by commas or semicolons" in lab.load().errors[0]


def test_what_is_wrong_with_an_image_never_names_our_memory(lab: Lab) -> None:
    lab.package(f"{HEADERS}o1|a.png\n", a=png()[: len(png()) // 2])

    [error] = lab.load().errors

    assert "“a.png” is damaged: it begins like an image and ends too early" in error
