"""Acts on all objects of a filter: back to predicted, and one taxon for another."""

import pytest

import given
from calanus.annotation import service, whole
from calanus.annotation.guessing import take_guesses
from calanus.annotation.types import BadOrder, DeprecatedTaxon, UnknownTaxon
from calanus.annotation.whole import Reclassification
from calanus.kit.db import Connection
from calanus.objects.filters import ProjectFilters
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users.types import User
from given import CALANOIDA, COPEPODA, DETRITUS, NOON, OLD_NAME


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection) -> Project:
    return given.project(conn)


def counts(conn: Connection, project: Project) -> dict[tuple[int, str], int]:
    return {(t.taxon_id, t.state): t.objects for t in projects.tallies(conn, [project.project_id])}


def test_what_people_identified_becomes_a_prediction_of_the_same_taxon(
    conn: Connection, tara: Project, head: User
) -> None:
    [tile] = given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=head)
    given.objects(conn, tara, 1, taxon=COPEPODA, state="D", by=head)
    given.objects(conn, tara, 2, taxon=DETRITUS, state="V", by=head)
    given.objects(conn, tara, 1)
    wanted = ProjectFilters(taxo=str(COPEPODA))

    batch = whole.reset_to_predicted(conn, tara, wanted, by=head, at=NOON)

    assert batch.changed == 2
    assert counts(conn, tara) == {(COPEPODA, "P"): 2, (DETRITUS, "V"): 2, (-1, "U"): 1}
    assert service.predictions(conn, [tile], by=head) == [(tile, COPEPODA, 1.0)]
    service.undo(conn, given.refreshed(conn, tara, head), batch.row.batch_id, by=head, at=NOON)
    assert counts(conn, tara)[(COPEPODA, "V")] == 1


def test_one_taxon_for_another_whatever_the_state(
    conn: Connection, tara: Project, head: User
) -> None:
    given.objects(conn, tara, 2, taxon=COPEPODA, state="V", by=head)
    given.objects(conn, tara, 1, taxon=COPEPODA, state="D", by=head)
    [tile] = given.objects(conn, tara, 1)
    found = [(COPEPODA, 0.5), (CALANOIDA, 0.25), (DETRITUS, 0.25)]
    take_guesses(conn, tara, [tile], [found], by=head, at=NOON)
    order = Reclassification(COPEPODA, CALANOIDA, "W")

    moved = whole.reclassify(conn, tara, order, by=head, at=NOON)

    assert moved == 4
    assert counts(conn, tara) == {(CALANOIDA, "V"): 2, (CALANOIDA, "D"): 1, (CALANOIDA, "P"): 1}
    assert service.predictions(conn, [tile], by=head) == [
        (tile, CALANOIDA, 0.75),
        (tile, DETRITUS, 0.25),
    ]


def test_reclassifying_is_one_act_that_can_be_undone(
    conn: Connection, tara: Project, head: User
) -> None:
    given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=head)
    given.objects(conn, tara, 1, taxon=COPEPODA, state="P")
    whole.reclassify(conn, tara, Reclassification(COPEPODA, DETRITUS, "W"), by=head, at=NOON)
    [batch] = service.list_batches(conn, tara.project_id)

    service.undo(conn, given.refreshed(conn, tara, head), batch.batch_id, by=head, at=NOON)

    assert counts(conn, tara) == {(COPEPODA, "V"): 1, (COPEPODA, "P"): 1}


@pytest.mark.parametrize(
    "wanted", [{}, {"taxo": "1,2"}, {"taxo": "1", "statusfilter": "V"}, {"taxo": "x"}]
)
def test_reclassifying_takes_a_filter_of_one_taxon(wanted: dict[str, str]) -> None:
    with pytest.raises(BadOrder, match="one “taxo” and nothing else"):
        Reclassification.of(ProjectFilters(**wanted), DETRITUS, "W")


def test_a_deprecated_taxon_is_no_target(conn: Connection, tara: Project, head: User) -> None:
    given.objects(conn, tara, 1, taxon=COPEPODA, state="V", by=head)

    with pytest.raises(DeprecatedTaxon):
        whole.reclassify(conn, tara, Reclassification(COPEPODA, OLD_NAME, "W"), by=head, at=NOON)


@pytest.mark.parametrize("after", [-1, 0, 999])
def test_there_is_nothing_to_keep_when_all_of_a_taxon_move(
    conn: Connection, tara: Project, head: User, after: int
) -> None:
    """To classify, -1 keeps the taxon; a prediction that moved there would have none."""
    given.objects(conn, tara, 1, taxon=COPEPODA, state="P")

    with pytest.raises(UnknownTaxon, match=str(after)):
        whole.reclassify(conn, tara, Reclassification(COPEPODA, after, "W"), by=head, at=NOON)
    assert counts(conn, tara) == {(COPEPODA, "P"): 1}
