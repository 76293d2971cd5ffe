"""Columns of exports, their order and their bytes (contract 3.3 and 3.4)."""

from pathlib import Path

import polars as pl

from calanus.exports.summary import HEADERS as sum_headers
from calanus.exports.summary import UNITS
from calanus.exports.table import Column, Layout, columns_of, head, quoted_line, rows

AREA = {"area": "n01", "note": "t01"}


def headers(layout: Layout) -> list[str]:
    return [column.header for column in columns_of(layout)]


def test_the_general_table_has_its_columns_in_order() -> None:
    layout = Layout(objects=AREA, samples={"net": "t01"}, acquisitions={"sub": "t01"})

    assert " ".join(headers(layout)) == (
        "object_id object_lat object_lon object_date object_time object_link object_depth_min "
        "object_depth_max object_annotation_status object_annotation_person_name "
        "object_annotation_person_email object_annotation_date object_annotation_time "
        "object_annotation_category object_annotation_hierarchy object_area object_note sample_id "
        "sample_dataportal_descriptor sample_net process_id acq_id acq_instrument acq_sub"
    )


def test_annotations_alone_leave_the_rest_out() -> None:
    assert " ".join(headers(Layout(only_annotations=True, taxon_ids=True))) == (
        "object_id object_annotation_status object_annotation_person_name "
        "object_annotation_person_email object_annotation_date object_annotation_time "
        "object_annotation_category object_annotation_category_id"
    )


def test_every_column_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/export-columns.md").read_text("utf-8")
    layouts = [
        Layout(images=True, comments=True, internal_ids=True),
        Layout(taxon_ids=True, object_id=True),
    ]
    summaries = [*sum_headers.values(), *[name for names in UNITS.values() for name in names]]
    written = {header for layout in layouts for header in headers(layout)} | {*summaries}

    assert [header for header in sorted(written) if f"`{header}`" not in page] == []


def test_a_free_column_named_like_an_internal_id_is_not_written_twice() -> None:
    found = headers(Layout(internal_ids=True, samples={"lat": "t01"}))

    assert found.count("sample_lat") == 1


def test_texts_are_quoted_and_numbers_are_not() -> None:
    frame = pl.DataFrame(
        {
            "text": ["8", 'a "word"', None],
            "float": [18.0, -24.4166666666667, None],
            "int": [0, None, 2],
        }
    )
    columns = [Column(name, pl.col(name)) for name in frame.columns]

    assert rows(columns, frame, Layout()) == (
        b'"8"\t18.0\t0\n"a ""word"""\t-24.4166666666667\t""\n""\t""\t2\n'
    )


def test_numbers_come_back_digit_for_digit() -> None:
    values = [0.1 + 0.2, 1e-300, 1.7976931348623157e308, 5e-324, 123456789.12345679, float("inf")]
    written = rows([Column("x", pl.col("x"))], pl.DataFrame({"x": values}), Layout())

    assert [float(cell) for cell in written.split()] == values


def test_a_number_is_written_as_python_writes_it() -> None:
    """As EcoTaxa does, so that a table of the one is, byte by byte, that of the other."""
    mantissas = ("1", "-1.5", "1.2345678901234567", "9.999999999999999")
    numbers = [float(f"{m}e{exponent}") for m in mantissas for exponent in range(-325, 309)]
    frame = pl.DataFrame({"number": numbers})
    column = Column("n", pl.col("number"), number=True)

    plain = rows([column], frame, Layout()).decode().splitlines()
    comma = rows([column], frame, Layout(decimal_comma=True)).decode().splitlines()

    assert plain == [repr(number) for number in numbers]
    assert comma == [f'"{number!r}"'.replace(".", ",") for number in numbers]


def test_a_table_opens_with_a_bom_its_headers_and_their_types() -> None:
    columns = [Column("img_rank", pl.col("r")), Column("object_lat", pl.col("l"), number=True)]

    opening = head(columns, Layout(types_row=True))

    assert opening == b'\xef\xbb\xbf"img_rank"\t"object_lat"\n"[t]"\t"[f]"\n'
    assert quoted_line(['a"b']) == '"a""b"\n'
