"""Tables read quickly say what tables read slowly say, cell by cell."""

from io import BytesIO

import numpy as np
import pytest

from calanus.kit import plain, tsv
from calanus.kit.plain import PlainBlock, PlainTable
from calanus.kit.tsv import Block, NotATable

HEAD = b"object_id\tobject_area\n[t]\t[f]\n"
ODD = ["1", " 1", "1_0", "", " ", "nan", "-inf", "1e400", "٣", "1,5", "x", "+.5", "-0", "9" * 30]


def quickly(data: bytes) -> list[Block]:
    """The blocks of a table, by polars where that is possible."""
    return list(plain.read(BytesIO(data)).blocks())


def content(blocks: list[Block]) -> list[tuple[int, dict[str, list[str]], dict[int, list[str]]]]:
    """All that blocks say."""
    return [
        (b.first_line, {name: list(cells) for name, cells in b.columns.items()}, b.extra)
        for b in blocks
    ]


@pytest.mark.parametrize(
    "rows",
    [
        b"a\t1\nb\t2\n",
        b"a\t1\nb\t2",
        b"\n\na\t1\n\n\nb\t2\n\n",
        b"a\t\n\t\n \t x \n",
        b"a\nb\t2\n",
        b"a\t1\t9\nb\t2\n",
        b"a\t1\t\tb\n2\n",
        b"a\t1\x0b\x1c\nb\xe2\x80\xa8\t2\n",
        "é°\t”\n".encode(),
        b"12\xb0\t1\n",
        b'"a\tb"\t1\n',
        b'a"\t1\n',
        b"a\t1\r\nb\t2\r\n",
        b"",
    ],
)
@pytest.mark.parametrize("bom", [b"", tsv.BOM])
def test_both_ways_give_the_same_cells(rows: bytes, bom: bytes) -> None:
    data = bom + HEAD + rows

    assert content(quickly(data)) == content(list(tsv.read(data).blocks()))


def test_a_plain_table_is_read_quickly() -> None:
    assert isinstance(plain.read(BytesIO(HEAD + b"a\t1\n")), PlainTable)
    [block] = quickly(HEAD + b"a\t1\n")
    assert isinstance(block, PlainBlock)
    assert plain.read(BytesIO(b"")).heads.headers == []


def test_numbers_are_pythons_and_the_rest_is_left_to_a_closer_look() -> None:
    [block] = quickly(HEAD + "".join(f"o\t{cell}\n" for cell in ODD).encode())

    numbers, unsure = block.numbers("object_area")

    assert block.cells("object_area", unsure) == [
        " 1", "1_0", "", " ", "nan", "-inf", "٣", "1,5", "x",
    ]  # fmt: skip
    for place, cell in enumerate(ODD):
        if place not in unsure:
            np.testing.assert_equal(numbers[place], float(cell))


def test_columns_of_one_header_are_the_last_of_them() -> None:
    [block] = quickly(b" Object_ID \tobject_note\tOBJECT_NOTE\n[t]\t[t]\t[f]\na\tb\tc\n")

    assert block.texts("object_note") == ["c"]
    assert list(block.columns) == ["object_id", "object_note"]


def test_pieces_end_where_lines_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "PIECE", 40)
    data = HEAD + b"".join(b"o%d\t%d\n%s" % (i, i, b"\n" * (i % 3)) for i in range(50))
    data += b"a\t1\ttoo much\n" + b"b\t2\n" * 30

    blocks = quickly(data)

    assert len(blocks) > 5
    ids = [name for block in blocks for name in block.texts("object_id")]
    assert ids == [*(f"o{i}" for i in range(50)), "a", *["b"] * 30]
    lines = [block.first_line + place for block in blocks for place in block.extra]
    assert (lines, sum(block.rows for block in blocks)) == ([53], 81)
    starts = [block.first_line for block in blocks]
    assert starts == list(np.cumsum([3, *(block.rows for block in blocks)])[:-1])


def test_a_cell_beyond_all_measure_is_told_with_its_line() -> None:
    with pytest.raises(NotATable) as told:
        quickly(HEAD + b"a\t1\nb\t" + b"9" * (tsv.LONGEST_CELL + 1) + b"\n")

    assert told.value.line == 4
    with pytest.raises(NotATable, match="zero bytes"):
        plain.read(BytesIO(b"PK\x03\x04\0\0"))


def test_a_line_without_end_is_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "PIECE", 10)
    monkeypatch.setattr(plain, "LONGEST_LINE", 100)

    with pytest.raises(NotATable, match="longer than 100 bytes"):
        quickly(HEAD + b"1\t" * 1000)


def test_a_second_line_that_is_a_row_is_read_as_one() -> None:
    data = b"id\tarea\no1\t7\no2\t8\n"
    table = plain.read(BytesIO(data), key="id")
    blocks = list(table.blocks())
    assert isinstance(table, PlainTable)
    assert [(b.first_line, list(b.columns["area"])) for b in blocks] == [(2, ["7"]), (3, ["8"])]
