"""Finding taxa and making new ones."""

import pytest

from calanus.kit.db import Connection
from calanus.taxonomy import lists, service
from calanus.taxonomy.types import OWN_IDS, BadTaxon, TaxonNotFound, TaxonType


@pytest.fixture(autouse=True)
def starter(conn: Connection) -> None:
    lists.load_starter(conn)


def id_of(conn: Connection, name: str) -> int:
    [taxon_id] = service.resolve_names(conn, [name])[name.lower()]
    return taxon_id


def found(conn: Connection, query: str) -> list[str]:
    return [hit.display_name for hit in service.search(conn, query)]


def test_words_are_found_in_any_order_by_their_beginnings(conn: Connection) -> None:
    assert found(conn, "cop naup") == ["nauplii<Copepoda"]
    assert found(conn, "finm cal") == ["Calanus finmarchicus"]


def test_accents_and_case_do_not_matter(conn: Connection) -> None:
    assert found(conn, "SÁLPIDA")[0] == "Salpida"


def test_a_child_is_found_below_any_ancestor(conn: Connection) -> None:
    assert "Calanus finmarchicus" in found(conn, "cal<crustacea")
    assert found(conn, "egg<actino") == ["egg<Actinopterygii"]


def test_ecotaxas_pattern_still_works(conn: Connection) -> None:
    assert "Abylidae" in found(conn, "*idae")
    assert "Amphipoda" in found(conn, " pod")
    assert found(conn, "nau*cop") == ["nauplii<Copepoda"]


def test_ecotaxas_wildcards_are_alive(conn: Connection) -> None:
    assert "Amphipoda" in found(conn, "%poda")
    assert "Copepoda" in found(conn, "c_pep")
    assert found(conn, "c\\_pep") == []


def test_a_short_search_in_a_project_knows_only_what_was_used_of_late(conn: Connection) -> None:
    recent = [id_of(conn, "Oithona"), id_of(conn, "Calanus")]

    def names(query: str) -> list[str]:
        hits = service.search(conn, query, project_id=1, recent=recent)
        return [hit.display_name for hit in hits]

    assert names("") == ["Oithona", "Calanus"]
    assert names("ca") == ["Calanus"]
    assert len(names("cal")) > 1


def test_a_stranger_must_type_three_letters(conn: Connection) -> None:
    assert service.search(conn, "ca", anonymous=True) == []
    assert service.search(conn, "cal", anonymous=True)


def test_a_new_taxon_gets_an_id_of_ours_and_a_display_name(conn: Connection) -> None:
    taxon_id = service.create(conn, "nauplii", id_of(conn, "Ostracoda"), TaxonType.MORPHO)

    assert taxon_id >= OWN_IDS
    assert service.find(conn, taxon_id).display_name == "nauplii<Ostracoda"


def test_a_new_homonym_lengthens_the_name_of_the_old_one(conn: Connection) -> None:
    bubble = id_of(conn, "bubble")
    service.create(conn, "bubble", id_of(conn, "detritus"), TaxonType.MORPHO)

    assert service.find(conn, bubble).display_name == "bubble<artefact"


def test_a_taken_name_is_refused(conn: Connection) -> None:
    copepoda = id_of(conn, "Copepoda")

    with pytest.raises(BadTaxon, match="already"):
        service.create(conn, "Calanus", copepoda)
    with pytest.raises(BadTaxon, match="below this parent"):
        service.create(conn, "nauplii", copepoda, TaxonType.MORPHO)


def test_a_parent_must_be_there_and_alive(conn: Connection) -> None:
    with pytest.raises(TaxonNotFound):
        service.create(conn, "Novum", 424242)
    with pytest.raises(BadTaxon, match="deprecated"):
        service.create(conn, "Novum", id_of(conn, "Neoceratium"))
    with pytest.raises(BadTaxon, match="name its parent"):
        service.create(conn, "novum", None, TaxonType.MORPHO)


def test_folders_become_taxa_as_they_are_written(conn: Connection) -> None:
    copepoda = id_of(conn, "Copepoda")

    made = service.adopt(conn, ["copepod_other", "A1", "nauplii"], copepoda)

    assert made["nauplii"] == id_of(conn, "nauplii<Copepoda")
    assert service.find(conn, made["copepod_other"]).lineage[-2] == copepoda
    assert service.adopt(conn, ["a1"], copepoda) == {"a1": made["A1"]}


def test_a_branch_is_all_that_is_below(conn: Connection) -> None:
    branch = service.descendants(conn, [id_of(conn, "Calanus")])

    assert len(branch) == 5
