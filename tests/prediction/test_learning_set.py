"""Who teaches, and by what."""

import numpy as np

from calanus.prediction import learning_set
from calanus.prediction.types import Candidates

COPEPODA, DETRITUS = 10, 20


def source(project: int, taxa: list[int], draws: list[int]) -> Candidates:
    ids = project * 1000 + np.arange(len(taxa))
    found = {taxon: taxa.count(taxon) for taxon in taxa}
    return Candidates(np.full(len(taxa), project), ids, np.array(taxa), np.array(draws), found)


def test_the_limit_of_a_taxon_is_drawn_over_all_projects_together() -> None:
    tara = source(1, [COPEPODA] * 3 + [DETRITUS], [5, 1, 9, 4])
    polarstern = source(2, [COPEPODA] * 2, [2, 7])

    drawn = learning_set.draw(learning_set.join([tara, polarstern]), 3)

    assert drawn.object_ids.tolist() == [1000, 1001, 1003, 2000]
    assert drawn.found == {COPEPODA: 5, DETRITUS: 1}


def test_the_order_of_the_projects_does_not_change_who_teaches() -> None:
    tara, polarstern = source(1, [COPEPODA] * 3, [5, 1, 9]), source(2, [COPEPODA] * 2, [2, 7])

    one = learning_set.draw(learning_set.join([tara, polarstern]), 3)
    other = learning_set.draw(learning_set.join([polarstern, tara]), 3)

    assert sorted(one.object_ids.tolist()) == sorted(other.object_ids.tolist())


def test_a_taxon_is_learnt_as_another() -> None:
    taxa = np.array([COPEPODA, DETRITUS, COPEPODA])

    assert learning_set.learnt_as(taxa, {COPEPODA: 7, 99: 1}).tolist() == [7, DETRITUS, 7]


def test_columns_that_teach_nothing_are_left_out_with_the_reason() -> None:
    nan = np.nan
    values = np.array(
        [[1, 7, nan, nan], [2, 7, nan, 5], [3, nan, 4, 6], [np.inf, 7, 5, 9]], np.float64
    )

    kept, constant, missing, quarter = learning_set.choose(["a", "b", "c", "d"], values)

    assert (kept.kept, kept.median) == (True, 2)  # the infinity is missing
    assert (constant.kept, constant.reason) == (False, "all its values are the same")
    assert (missing.kept, missing.reason) == (False, "50% of its values are missing")
    assert quarter.kept  # exactly a quarter is borne


def test_missing_values_become_the_median_of_the_learning_set() -> None:
    columns = learning_set.choose(["a", "b"], np.array([[1.0, 5], [3, 5], [8, 5]]))

    assert learning_set.filled(np.array([[np.nan, 1], [np.inf, 2], [4, 3]]), columns).tolist() == [
        [3],
        [3],
        [4],
    ]


def test_no_objects_and_no_columns_are_no_trouble() -> None:
    assert not learning_set.choose(["a"], np.empty((0, 1)))[0].kept
    assert learning_set.filled(np.empty((4, 0)), []).shape == (4, 0)
