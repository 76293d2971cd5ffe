"""Removing some objects, and only those."""

import pytest

import given
from calanus.kit.db import connect
from calanus.projects.types import RightMissing
from calanus.subsets import service
from calanus.users import service as users
from lab import Lab
from two_projects import content, faults, fill


def test_some_objects_go_with_all_that_is_theirs(lab: Lab) -> None:
    fill(lab)
    ids = [o["object_id"] for o in lab.objects() if o["orig_id"] in ("o2", "o4")]

    with connect(lab.url) as conn:
        removed = service.remove_objects(conn, [*ids, 1, 2], by=lab.owner, at=given.NOON)

    assert (removed.objects, removed.images) == (2, 3)
    assert [o["orig_id"] for o in content(lab, lab.project_id)] == ["o1", "o3"]
    assert faults(lab, lab.project_id) == []
    batch = lab.one("SELECT * FROM batches WHERE operation = 'delete'")
    assert (batch["objects"], batch["record"]) == (2, {"objects": ["o2", "o4"]})


def test_packs_without_images_go_too(lab: Lab) -> None:
    fill(lab)
    with connect(lab.url) as conn:
        ids = [o["object_id"] for o in lab.objects()]
        removed = service.remove_objects(conn, ids, by=lab.owner, at=given.NOON)
    service.remove_packs(lab.settings.data / "vault", removed.packs)

    assert lab.bytes_in_vault() == 0
    assert faults(lab, lab.project_id) == []


def test_unknown_objects_are_passed_over(lab: Lab) -> None:
    with connect(lab.url) as conn:
        removed = service.remove_objects(
            conn, [lab.project_id * 10**8 + 77], by=lab.owner, at=given.NOON
        )

    assert (removed.objects, removed.images, removed.packs) == (0, 0, [])


def test_an_annotator_removes_nothing(lab: Lab) -> None:
    fill(lab)
    with connect(lab.url) as conn:
        annotator = given.user(conn)
        held: dict[int, str] = {lab.owner.user_id: "Manage", annotator.user_id: "Annotate"}
        users.set_members(conn, lab.project_id, held)
        ids = [o["object_id"] for o in lab.objects()]

        with pytest.raises(RightMissing):
            service.remove_objects(conn, ids, by=annotator, at=given.NOON)
