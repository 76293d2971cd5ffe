"""Lists of taxa: the starter tree, files in and out, and display names over the whole tree."""

import os
from pathlib import Path

import pytest

from calanus.kit.db import Connection
from calanus.taxonomy import lists, service
from calanus.taxonomy.types import BIOTA, BadTaxaFile

HEAD = "id\tparent_id\tname\ttaxotype\n"
SMALL = HEAD + (
    "1\t\tBiota\tP\n10\t1\tCopepoda\tP\n11\t10\tnauplii\tM\n12\t1\tCirripedia\tP\n"
    "13\t12\tnauplii\tM\n14\t10\tCalanus\tP\n"
)


def written(folder: Path, text: str) -> Path:
    path = folder / "taxa.tsv"
    path.write_text(text, "utf-8")
    return path


def display_names(conn: Connection) -> dict[int, str]:
    tree = service.index(conn)
    return dict(zip(tree.ids, tree.display_names, strict=True))


def test_the_starter_tree_is_planted_once(conn: Connection) -> None:
    planted = lists.load_starter(conn)

    assert 150 <= planted <= 400
    assert lists.load_starter(conn) == 0


def test_the_starter_tree_knows_what_nets_and_cameras_bring(conn: Connection) -> None:
    lists.load_starter(conn)
    names = """
        Calanoida Calanus Oithona Harpacticoida nauplii<Copepoda Appendicularia Hydrozoa Beroe
        Chaetognatha Siphonophorae Bacillariophyta Tripos Neoceratium Acantharia
        Foraminifera Limacina Doliolida
        Salpida Pteropoda Actinopterygii egg<Actinopterygii Radiozoa Collodaria Ctenophora Ostracoda
        Cladocera Euphausiacea detritus fiber bubble artefact zoea<Decapoda
    """

    found = service.resolve_names(conn, names.split())

    assert [name for name, taxa in found.items() if len(taxa) != 1] == []


def test_homonyms_are_told_apart_by_their_parents(conn: Connection, tmp_path: Path) -> None:
    lists.import_tsv(conn, written(tmp_path, SMALL))

    names = display_names(conn)

    assert (names[11], names[13], names[14]) == (
        "nauplii<Copepoda",
        "nauplii<Cirripedia",
        "Calanus",
    )


def test_a_name_becomes_short_again_when_its_homonym_is_renamed(
    conn: Connection, tmp_path: Path
) -> None:
    lists.import_tsv(conn, written(tmp_path, SMALL))
    lists.import_tsv(conn, written(tmp_path, HEAD + "13\t12\tcypris\tM\n"))

    assert display_names(conn)[11] == "nauplii"


def test_an_import_updates_what_is_there_and_moves_whole_branches(
    conn: Connection, tmp_path: Path
) -> None:
    lists.import_tsv(conn, written(tmp_path, SMALL))
    done = lists.import_tsv(conn, written(tmp_path, HEAD + "10\t12\tCopepods\tP\n"))

    assert (done.added, done.updated) == (0, 1)
    [calanus] = service.in_tree(conn, [14])
    assert calanus.lineage == ["Calanus", "Copepods", "Cirripedia", "Biota"]


def test_a_taxon_without_its_parent_hangs_from_biota(conn: Connection, tmp_path: Path) -> None:
    done = lists.import_tsv(conn, written(tmp_path, SMALL + "20\t999\tStray\tP\n"))

    assert service.find(conn, 20).lineage == [BIOTA, 20]
    assert done.warnings == ["1 of 7 taxa name a parent that is absent: hung from the root."]


def test_a_cycle_through_taxa_already_here_is_refused(conn: Connection, tmp_path: Path) -> None:
    lists.import_tsv(conn, written(tmp_path, SMALL))

    with pytest.raises(BadTaxaFile, match=r"line 2: Copepoda .10. stands above itself"):
        lists.import_tsv(conn, written(tmp_path, HEAD + "10\t14\tCopepoda\tP\n"))


def test_a_reference_list_takes_the_place_of_the_starter_tree(
    conn: Connection, tmp_path: Path
) -> None:
    lists.load_starter(conn)
    [oithona] = service.resolve_names(conn, ["Oithona"])["oithona"]

    lists.import_tsv(conn, written(tmp_path, SMALL), in_use=[oithona])

    assert service.resolve_names(conn, ["Calanus", "Copepoda", "Oithona", "Salpida"]) == {
        "calanus": [14],
        "copepoda": [10],
        "oithona": [oithona],
        "salpida": [],
    }


def test_an_exported_tree_can_be_imported_again(conn: Connection, tmp_path: Path) -> None:
    lists.load_starter(conn)
    before = service.index(conn)
    path = tmp_path / "out.tsv"

    lists.export_tsv(conn, path)
    done = lists.import_tsv(conn, path)

    after = service.index(conn)
    assert (done.added, done.updated) == (0, len(before.ids))
    assert (after.display_names, after.parents) == (before.display_names, before.parents)
    assert (after.types, after.statuses) == (before.types, before.statuses)


@pytest.mark.real_data
def test_the_real_tree_is_read_whole(conn: Connection) -> None:
    folder = Path(os.environ.get("CALANUS_TEST_DATA", "../shared/data"))
    path = folder / "taxonomy/ecotaxa_taxonomy_extract.tsv"
    if not path.exists():
        pytest.skip("no plankton data: set CALANUS_TEST_DATA")
    lists.load_starter(conn)

    done = lists.import_tsv(conn, path, in_use=[])

    assert len(service.index(conn).ids) == 8227
    assert done.warnings == [
        "1,374 of 8,227 taxa name a parent that is absent: hung from the root.",
        "4 taxa are to be replaced by a taxon that is not there (rename_to).",
    ]
    assert {taxon.name for taxon in service.roots(conn)} == {"Biota", "temporary", "not-living"}
    assert len(service.resolve_names(conn, ["egg<other"])["egg<other"]) == 1
