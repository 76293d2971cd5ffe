"""Taxonomy files: what is read, and how all errors of a file are told at once."""

from pathlib import Path

import pytest

from calanus.taxonomy.files import on_cycles, read_taxa
from calanus.taxonomy.types import BadTaxaFile


def written(folder: Path, text: str) -> Path:
    path = folder / "taxa.tsv"
    path.write_text(text, "utf-8")
    return path


def test_columns_may_come_in_any_order_and_under_either_name(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffName\ttype\tPARENT_ID\tid\trank\nnauplii\tm\t7\t12\tLarva\r\n")

    [row] = read_taxa(path).rows

    assert (row.taxon_id, row.parent_id, row.name, row.type) == (12, 7, "nauplii", "M")
    assert (row.line, row.rank, row.status) == (2, "Larva", "A")


def test_every_bad_line_is_told_with_its_number(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "id\tparent_id\tname\ttaxotype\n"
        "1\t\tBiota\tP\n"
        "two\t1\tBacteria\tP\n"
        "3\t1\t\tP\n"
        "4\t1\tArchaea\tQ\n"
        "1\t\tBiota again\tP\n"
        "5\t1\tMore\tP\tcells\n",
    )

    errors = read_taxa(path).errors

    assert [error.split(":")[0].split("line ")[1] for error in errors] == ["3", "4", "5", "7", "6"]


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTaxaFile, match="no column id, parent_id, name"):
        read_taxa(written(tmp_path, "object_id\timg_file_name\n"))


def test_a_taxon_above_itself_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, "id\tparent_id\tname\n10\t11\tA\n11\t12\tB\n12\t10\tC\n13\t12\tD\n")
    rows = read_taxa(path).rows

    found = on_cycles(rows, {row.taxon_id: row.parent_id for row in rows})

    assert [row.name for row in found] == ["A", "B", "C"]
