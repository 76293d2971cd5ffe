"""Recasts: how exports write taxa."""

import pytest
from starlette.testclient import TestClient

import given
from calanus.exports import recast
from calanus.exports.types import BadRecast, Recast, RecastOperation, RecastTarget
from calanus.kit.db import Connection
from calanus.projects.types import RightMissing
from calanus.users.types import Privilege

EXPORT = RecastOperation.PROJECT_EXPORT


def test_a_new_recast_takes_the_place_of_the_old_one(conn: Connection) -> None:
    head = given.application_manager(conn)
    target = RecastTarget(given.project(conn).project_id)

    assert recast.find(conn, target, EXPORT, by=head) is None
    recast.keep(conn, target, EXPORT, Recast({"10": 11}), by=head)
    recast.keep(conn, target, EXPORT, Recast({"20": None, "11": 0}, {"20": "dust"}), by=head)

    found = recast.find(conn, target, EXPORT, by=head)
    assert found == Recast({"20": None, "11": 0}, {"20": "dust"})
    assert recast.find(conn, target, RecastOperation.DWCA_OCCURRENCE, by=head) is None
    assert found is not None
    assert [found.target(taxon) for taxon in (10, 11, 20)] == [10, None, None]


@pytest.mark.parametrize(
    ("from_to", "said"),
    [
        ({"10": 11, "11": 20}, "both renamed and new names: 11"),
        ({"10": 11, "11": 10}, "both renamed"),
        ({"Copepoda": 11}, "“Copepoda” is none"),
        ({"10": -1}, "ids of taxa"),
        ({"10": 2**31}, "ids of taxa"),
    ],
)
def test_a_recast_that_cannot_be_applied_is_refused(
    conn: Connection, from_to: dict[str, int | None], said: str
) -> None:
    head = given.application_manager(conn)
    target = RecastTarget(given.project(conn).project_id)

    with pytest.raises(BadRecast, match=said):
        recast.keep(conn, target, EXPORT, Recast(from_to), by=head)


def test_a_taxon_sent_to_itself_is_no_chain() -> None:
    recast.check(Recast({"10": 10, "11": 10}))

    assert Recast({"10": 10, "11": 10}).moves() == {11: 10}


def test_an_annotator_reads_a_recast_and_a_manager_writes_it(conn: Connection) -> None:
    annotator = given.user(conn)
    project = given.project(conn, member=annotator, privilege=Privilege.ANNOTATE)
    target = RecastTarget(project.project_id)

    assert recast.find(conn, target, EXPORT, by=annotator) is None
    with pytest.raises(RightMissing):
        recast.keep(conn, target, EXPORT, Recast({}), by=annotator)


def test_recasts_travel_in_ecotaxa_s_form(web: TestClient, shore: Connection) -> None:
    head = given.application_manager(shore)
    project = given.project(shore).project_id
    key = {"target_id": project, "operation": "pre_predict"}
    headers = given.headers(head)

    assert web.get("/taxo_recast", params=key, headers=headers).json() is None
    body = {**key, "recast": {"from_to": {"10": 11, "20": None}, "doc": {"20": "dust"}}}
    assert web.put("/taxo_recast", json=body, headers=headers).json() is None
    assert web.get("/taxo_recast", params=key, headers=headers).json() == body["recast"]
    wrong = {**key, "recast": {"from_to": {"10": "eleven"}}}
    assert web.put("/taxo_recast", json=wrong, headers=headers).status_code == 422
