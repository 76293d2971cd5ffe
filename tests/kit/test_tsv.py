"""How a table is told from its bytes."""

import pytest

from calanus.kit.tsv import Block, NotATable, read


def only_block(text: str | bytes) -> Block:
    """The rows of a small table."""
    [block] = read(text.encode() if isinstance(text, str) else text).blocks()
    return block


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do_and_blank_lines_do_not_count(end: str) -> None:
    block = only_block(end.join(["object_id", "[t]", "", "a", "", "b", ""]))

    assert (block.first_line, block.texts("object_id")) == (3, ["a", "b"])


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfobject_lat\n[t]\n12\xc2\xb0",
        b"object_lat\n[t]\n12\xc2\xb0",
        b"object_lat\n[t]\n12\xb0",
        b"\xef\xbb\xbfobject_lat\n[t]\n12\xb0",
    ],
    ids=["UTF-8 with BOM", "UTF-8", "Latin-1", "Latin-1 that claims to be UTF-8"],
)
def test_the_degree_sign_survives_every_encoding(data: bytes) -> None:
    assert only_block(data).texts("object_lat") == ["12°"]


def test_quotes_keep_tabs_and_quotes_but_only_at_the_start_of_a_cell() -> None:
    block = only_block('object_id\tobject_note\n[t]\t[t]\n"a\tb"\t"say ""hi"""\nc\t5" net\n')

    assert block.texts("object_id") == ["a\tb", "c"]
    assert block.texts("object_note") == ['say "hi"', '5" net']


def test_headers_are_trimmed_and_lower_case_and_the_last_of_two_counts() -> None:
    table = read(b" Object_ID \tobject_note\tOBJECT_NOTE\n[t]\t[t]\t[f]\na\tb\tc")
    [block] = table.blocks()

    assert table.heads.headers == ["object_id", "object_note", "object_note"]
    assert table.heads.types["object_note"] == "[f]"
    assert block.texts("object_note") == ["c"]


def test_missing_cells_are_empty_and_surplus_cells_are_told() -> None:
    block = only_block("object_id\tobject_note\n[t]\t[t]\na\nb\t x \tc\td\n")

    assert block.texts("object_note") == ["", "x"]
    assert block.extra == {1: ["c", "d"]}


def test_a_large_table_comes_in_blocks_that_know_their_lines() -> None:
    table = read(b"object_id\n[t]\n" + b"".join(b"o%d\n" % i for i in range(25)))

    blocks = list(table.blocks(size=10))

    assert [(b.first_line, b.rows) for b in blocks] == [(3, 10), (13, 10), (23, 5)]


def test_binary_data_is_no_table() -> None:
    with pytest.raises(NotATable, match="zero bytes"):
        read(b"PK\x03\x04\0\0")


def test_a_quote_that_never_closes_is_told_with_its_line() -> None:
    endless = b'object_id\n[t]\na\n"b\n' + b"c\n" * 600_000

    with pytest.raises(NotATable, match="never be closed") as told:
        list(read(endless).blocks())

    assert told.value.line == 4


def test_a_quote_that_never_closes_swallows_no_rows_in_silence() -> None:
    with pytest.raises(NotATable, match="ends inside a quoted cell") as told:
        list(read(b'object_id\tobject_note\n[t]\t[t]\na\tb\nc\t"d\ne\tf\n').blocks())

    assert told.value.line == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quoted_cell_may_hold_tabs_quotes_and_lines(end: str) -> None:
    text = f'object_id\tobject_note{end}[t]\t[t]{end}a\t"one\t""two""{end}three"{end}b\tc'

    [found] = read(text.encode()).blocks()

    assert found.columns["object_note"] == ('one\t"two"\nthree', "c")
    assert found.rows == 2


def test_a_cell_of_a_million_letters_is_read_and_a_longer_one_told() -> None:
    head = b"object_id\n[t]\n"

    [found] = read(head + b"x" * 1_000_000).blocks()
    with pytest.raises(NotATable, match="field larger than field limit"):
        list(read(head + b"x" * 1_000_001).blocks())

    assert len(found.columns["object_id"][0]) == 1_000_000


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_wide_encodings_are_told(encoding: str) -> None:
    with pytest.raises(NotATable, match="not a text in UTF-8 or Latin-1"):
        read("object_id\n[t]\na\n".encode(encoding))


def test_an_empty_file_has_no_headers() -> None:
    assert read(b"").heads.headers == []


def test_a_second_line_that_fills_the_key_is_a_row() -> None:
    table = read(b"id\tarea\no1\t7\no2\t8\n", key="id")
    [rows] = table.blocks()
    assert (table.heads.types, table.heads.row) == ({}, ["o1", "7"])
    assert (rows.first_line, list(rows.columns["area"])) == (2, ["7", "8"])


@pytest.mark.parametrize("second", ["[t]\t[f]", "t\t[f]", "\tnumber"])
def test_a_second_line_of_types_or_without_the_key_is_none(second: str) -> None:
    table = read(f"id\tarea\n{second}\no2\t8\n".encode(), key="id")
    [rows] = table.blocks()
    assert (rows.first_line, list(rows.columns["area"])) == (3, ["8"])
