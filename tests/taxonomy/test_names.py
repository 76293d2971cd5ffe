"""What may be a taxon's name, and how a search is understood."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calanus.taxonomy.names import complaint, fold, spellings, understand
from calanus.taxonomy.types import TaxonType


@pytest.mark.parametrize("name", ["Calanus", "Calanus finmarchicus", "Pseudo-nitzschia"])
def test_a_phylogenetic_name_opens_with_a_capital(name: str) -> None:
    assert complaint(name, TaxonType.PHYLO) is None
    assert complaint(name.lower(), TaxonType.PHYLO)


@pytest.mark.parametrize("name", ["nauplii", "dead-like", "part 2", "fecal pellet"])
def test_a_morphological_name_is_in_lower_case(name: str) -> None:
    assert complaint(name, TaxonType.MORPHO) is None
    assert complaint(name.capitalize(), TaxonType.MORPHO)


@pytest.mark.parametrize(
    "name", ["ab", "Ab", "two  blanks", "Calanus ", "a<b", "Cal_anus", "x" * 101]
)
def test_a_bad_name_is_refused_with_a_sentence(name: str) -> None:
    for type_ in TaxonType:
        sentence = complaint(name, type_)
        assert sentence
        assert sentence.endswith(".")


def test_folding_forgets_case_and_accents() -> None:
    assert fold("Ümit CALANUS Éphyra") == "umit calanus ephyra"


@example("ᴬ")
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_name_in_brackets_also_means_child_and_parent() -> None:
    assert spellings("nauplii (copepoda)") == ["nauplii (copepoda)", "nauplii<copepoda"]


def test_a_search_is_a_pattern_and_words_below_ancestors() -> None:
    asked = understand("naup*cop<Crus")

    assert asked.pattern == "naup%cop<crus%"
    assert len(asked.words) == 2
    assert asked.ancestors == ["crus%"]


def test_wildcards_of_sql_are_alive_in_ecotaxas_pattern_alone() -> None:
    asked = understand(r"c_p%<100%_\a")

    assert asked.pattern == r"c_p%<100%_\\a%"
    assert asked.ancestors == [r"100\%\_\\a%"]
