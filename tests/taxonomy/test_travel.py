"""Lists of taxa that travel: from the laboratory to a ship without internet, and back."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from calanus.kit.db import Connection, connect, execute
from calanus.taxonomy import lists, service
from calanus.taxonomy.types import BadTaxaFile, Made, TaxonId, TaxonType
from conftest import database

REFERENCE = (
    "id\tparent_id\tname\ttaxotype\taphia_id\trank\n"
    "1\t\tBiota\tP\t1\tSuperdomain\n10\t1\tCopepoda\tP\t1080\tClass\n"
    "11\t10\tOithona\tP\t106485\tGenus\n12\t10\tOithonna\tP\t\t\n"
)


@pytest.fixture
def fleet(server: str, template: tuple[str, str]) -> Iterator[list[Connection]]:
    """Three installations: the laboratory, and two ships."""
    with ExitStack() as stack:
        opened: list[Connection] = []
        for _ in range(3):
            _, url = stack.enter_context(database(server, template=template[0]))
            opened.append(stack.enter_context(connect(url, autocommit=True)))
            # A clone of a template is the same installation; those of a fleet are not.
            opened[-1].execute("UPDATE tree SET instance = gen_random_uuid()")
        yield opened


def carry(source: Connection, target: Connection, path: Path) -> list[str]:
    """Export here, import there; what was said."""
    lists.export_tsv(source, path)
    with target.transaction():
        return lists.import_tsv(target, path, in_use=[]).warnings


def make(conn: Connection, name: str, parent: int = 10) -> TaxonId:
    with conn.transaction():
        made = Made(creator_email="at@sea.example", source_desc='"seen"\tin a\nbucket')
        return service.create(conn, name, parent, TaxonType.PHYLO, made=made)


def equip(fleet: list[Connection], folder: Path) -> None:
    """All have the starter tree, then the laboratory's list."""
    path = folder / "reference.tsv"
    path.write_text(REFERENCE)
    for conn in fleet:
        with conn.transaction():
            lists.load_starter(conn)
            lists.import_tsv(conn, path, in_use=[])


def whole(conn: Connection) -> list[tuple[object, ...]]:
    """Everything that a list tells, taxon by taxon."""
    sql = """
        SELECT taxon_id, parent_id, name, display_name, type, status, rank, aphia_id, rename_to,
               creator_email, source_url FROM taxa ORDER BY taxon_id
    """
    return conn.execute(sql).fetchall()


def names(conn: Connection) -> dict[str, int]:
    return {name: i for i, name in conn.execute("SELECT taxon_id, name FROM taxa").fetchall()}


def test_what_was_made_at_sea_comes_home_and_goes_back(
    fleet: list[Connection], tmp_path: Path
) -> None:
    lab, ship, _ = fleet
    equip(fleet, tmp_path)
    made = make(ship, "Euterpina")

    assert carry(ship, lab, tmp_path / "home.tsv") == []
    execute(lab, "UPDATE taxa SET status = 'A', aphia_id = 115990 WHERE name = 'Euterpina'")
    assert carry(lab, ship, tmp_path / "back.tsv") == []

    assert names(lab)["Euterpina"] == names(ship)["Euterpina"] == made
    assert whole(ship) == whole(lab)
    assert service.find(ship, made).aphia_id == 115990


def test_two_ships_give_one_number_to_two_taxa_and_both_are_kept(
    fleet: list[Connection], tmp_path: Path
) -> None:
    lab, first, second = fleet
    equip(fleet, tmp_path)
    one, two = make(first, "Euterpina"), make(second, "Microsetella")
    child = make(second, "Microsetella rosea", parent=two)
    assert one == two

    carry(first, lab, tmp_path / "first.tsv")
    said = carry(second, lab, tmp_path / "second.tsv")
    again = carry(second, lab, tmp_path / "again.tsv")
    carry(lab, second, tmp_path / "back.tsv")
    carry(lab, first, tmp_path / "back_too.tsv")

    assert said == [
        "Microsetella: made elsewhere under numbers that are taken here, and numbered anew."
    ]
    assert again == []
    at_home = names(lab)
    assert at_home["Euterpina"] == one
    assert at_home["Microsetella"] not in (one, two, child)
    rosea = service.in_tree(lab, [at_home["Microsetella rosea"]])[0]
    assert rosea.lineage[:3] == ["Microsetella rosea", "Microsetella", "Copepoda"]
    # Each ship keeps its own numbers, and knows the other's taxon.
    assert names(second)["Microsetella"] == two
    assert names(first)["Euterpina"] == one
    for conn in fleet:
        assert len(whole(conn)) == len(whole(lab))
        assert set(names(conn)) == set(names(lab))


def test_names_advice_and_numbers_of_the_register_travel(
    fleet: list[Connection], tmp_path: Path
) -> None:
    lab, ship, _ = fleet
    equip(fleet, tmp_path)
    made = make(ship, "Oithona marina", parent=11)
    execute(ship, "UPDATE taxa SET rename_to = 11, status = 'D' WHERE taxon_id = %(t)s", t=made)
    execute(lab, "UPDATE taxa SET rename_to = 11, status = 'D' WHERE taxon_id = 12")
    execute(lab, "UPDATE taxa SET name = 'Copepods', source_url = '' WHERE taxon_id = 10")

    carry(lab, ship, tmp_path / "out.tsv")
    carry(ship, lab, tmp_path / "home.tsv")

    assert whole(ship) == whole(lab)
    [old] = service.find_many(ship, [12])
    assert (old.status, old.rename_to) == ("D", 11)
    assert service.find(ship, 10).name == "Copepods"
    assert service.find(ship, 11).aphia_id == 106485
    assert service.find(lab, made).rename_to == 11
    [told] = lab.execute("SELECT source_desc FROM taxa WHERE taxon_id = %s", [made]).fetchall()
    assert told == ('"seen" in a bucket',)


def test_one_taxon_made_twice_is_told_and_not_merged_by_itself(
    fleet: list[Connection], tmp_path: Path
) -> None:
    lab, ship, _ = fleet
    equip(fleet, tmp_path)
    ours = make(lab, "Euterpina")
    make(ship, "Oithonella")
    theirs = make(ship, "Euterpina")

    [said] = carry(ship, lab, tmp_path / "home.tsv")[1:]

    assert said.startswith("Euterpina<Copepoda<Biota<: made elsewhere, and there is a namesake")
    execute(
        lab,
        "UPDATE taxa SET status = 'D', rename_to = %(o)s WHERE taxon_id = %(t)s",
        o=ours,
        t=theirs,
    )
    carry(lab, ship, tmp_path / "back.tsv")
    [theirs_now] = service.find_many(ship, [theirs])
    assert theirs_now.status == "D"
    advised = service.find(ship, theirs_now.rename_to or 0)
    assert (advised.name, advised.status) == ("Euterpina", "N")


def test_what_is_made_at_sea_awaits_the_reference_server_at_home(
    fleet: list[Connection], tmp_path: Path
) -> None:
    lab, ship, _ = fleet
    equip(fleet, tmp_path)
    make(ship, "Euterpina")
    lists.export_tsv(ship, tmp_path / "home.tsv")

    with lab.transaction():
        lists.import_tsv(lab, tmp_path / "home.tsv", awaits=True)

    sql = "SELECT name FROM taxa WHERE awaits_central"
    assert lab.execute(sql).fetchall() == [("Euterpina",)]


HEAD = "id\tparent_id\tname\torigin\torigin_id\trename_to\n"
UUID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1000001000\t1\tAaa\tnowhere\t5\t", "the origin is “nowhere”, and must be the UUID"),
        (f"1000001000\t1\tAaa\t{UUID}\tfive\t", "origin_id is “five”, and must be a whole number"),
        ("20\t1\tAaa\t\t\t20", "the taxon is to be replaced by itself"),
        ("2000000001\t1\tAaa\t\t\t", "id is “2000000001”, and must be a whole number from 1 to"),
        ("20\t1\tA\x00a\t\t\t", "a cell holds a control character"),
        (f"1000001000\t1000001000\tAaa\t{UUID}\t5\t", "stands above itself"),
        (
            f"1000001000\t1\tAaa\t{UUID}\t5\t\n1000001001\t1\tBbb\t{UUID}\t5\t",
            "line 4: taxon 5 of 00000000-.* was given in line 3",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_line(
    conn: Connection, tmp_path: Path, line: str, sentence: str
) -> None:
    path = tmp_path / "taxa.tsv"
    path.write_text(f"{HEAD}1\t\tBiota\t\t\t\n{line}\n")

    with pytest.raises(BadTaxaFile, match=sentence.replace("(", r"\(")):
        lists.import_tsv(conn, path)
