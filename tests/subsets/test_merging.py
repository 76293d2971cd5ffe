"""A merge: everything of one project goes into another, and the emptied one is removed."""

from uuid import UUID

import pytest

import given
from calanus.annotation import service as annotation
from calanus.annotation.types import ClassifyOrder, Operation
from calanus.kit.db import connect, execute
from calanus.projects import service as projects
from calanus.projects.types import ProjectNotFound, RightMissing
from calanus.subsets import merging
from calanus.subsets.types import Busy, MergePlan, SameProject
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import Privilege, User
from lab import Lab
from two_projects import another, content, faults, fill, in_project


def merge(lab: Lab, target: int, *, dry_run: bool = False, by: User | None = None) -> MergePlan:
    """Merge the laboratory's project into another."""
    with connect(lab.url) as conn:
        return merging.merge(
            conn, target, lab.project_id, dry_run=dry_run, by=by or lab.owner, at=given.NOON
        )


@pytest.fixture
def there(lab: Lab) -> Lab:
    """Another project, with a sample of a name that the first one has too."""
    fill(lab)
    made = in_project(lab, another(lab))
    made.package(
        "object_id|img_file_name|object_width|sample_id|acq_id|process_id\n"
        "[t]|[t]|[f]|[t]|[t]|[t]\nx1|a.png|7|net1|a1|p1\nx2|b.png|8|net1|other|p1",
        a=None,
        b=None,
    )
    made.load()
    return made


def test_a_merge_brings_everything_and_removes_the_source(lab: Lab, there: Lab) -> None:
    before = content(lab, lab.project_id) + content(lab, there.project_id)

    plan = merge(lab, there.project_id)

    assert (plan.errors, plan.objects, plan.fused_samples) == ([], 4, 1)
    assert content(lab, there.project_id) == sorted(before, key=lambda o: str(o["orig_id"]))
    assert faults(lab, there.project_id) == []
    with connect(lab.url) as conn, pytest.raises(ProjectNotFound):
        projects.require(conn, lab.owner, lab.project_id, Act.VIEW_IMAGES)
    for table in ("objects", "samples", "images", "packs", "history", "batches", "counts"):
        left = lab.find(f"SELECT 1 FROM {table} WHERE project_id = %(p)s", p=lab.project_id)
        assert left == [], table


def test_names_in_common_are_one_sample(lab: Lab, there: Lab) -> None:
    merge(lab, there.project_id)

    p = there.project_id
    samples = lab.find("SELECT orig_id FROM samples WHERE project_id = %(p)s", p=p)
    assert sorted(row["orig_id"] for row in samples) == ["net1", "net2"]
    runs = lab.find("SELECT orig_id FROM acquisitions WHERE project_id = %(p)s", p=p)
    assert sorted(row["orig_id"] for row in runs) == ["a1", "a2", "other"]


def test_numbers_move_to_their_columns(lab: Lab, there: Lab) -> None:
    merge(lab, there.project_id)

    values = lab.find(
        "SELECT orig_id, numbers FROM object_values WHERE project_id = %(p)s ORDER BY orig_id",
        p=there.project_id,
    )
    numbers = {row["orig_id"]: [str(n) for n in row["numbers"]] for row in values}
    assert numbers["o1"] == ["nan", "1.5"]
    assert numbers["x1"] == ["7.0"]


def test_undo_goes_along(lab: Lab, there: Lab) -> None:
    [copepod] = [o for o in lab.objects() if o["orig_id"] == "o1"]
    with connect(lab.url) as conn:
        project = projects.require(conn, lab.owner, lab.project_id, Act.ANNOTATE)
        order = ClassifyOrder(objects=[copepod["object_id"]], taxa=[given.DETRITUS])
        done = annotation.classify(conn, project, order, by=lab.owner, at=given.NOON)
    merge(lab, there.project_id)

    with connect(lab.url) as conn:
        project = projects.require(conn, lab.owner, there.project_id, Act.ANNOTATE)
        annotation.undo(conn, project, done.row.batch_id, by=lab.owner, at=given.NOON)

    [o1] = [o for o in content(lab, there.project_id) if o["orig_id"] == "o1"]
    assert o1["taxon_id"] == given.COPEPODA
    assert faults(lab, there.project_id) == []


def test_batches_that_were_asked_for_by_one_key_go_together(lab: Lab, there: Lab) -> None:
    with connect(lab.url) as conn:
        for project_id in (lab.project_id, there.project_id):
            annotation.begin(
                conn, project_id, Operation.VALIDATE, by=lab.owner, at=given.NOON, key=UUID(int=7)
            )

    assert merge(lab, there.project_id).errors == []
    assert lab.one("SELECT count(client_key) AS keys FROM batches")["keys"] == 1


def test_a_dry_run_only_tells(lab: Lab, there: Lab) -> None:
    before = content(lab, lab.project_id)

    plan = merge(lab, there.project_id, dry_run=True)

    assert (plan.objects, plan.samples, plan.fused_samples, plan.new_columns) == (4, 2, 1, 4)
    assert content(lab, lab.project_id) == before


def test_namesakes_are_counted_beforehand_and_stay_two(lab: Lab) -> None:
    fill(lab)
    there = in_project(lab, another(lab))
    there.package("object_id|img_file_name\n[t]|[t]\no1|a.png", a=None)
    there.load()

    plan = merge(lab, there.project_id, dry_run=True)
    merge(lab, there.project_id)

    assert plan.same_names == 1
    names = [o["orig_id"] for o in content(lab, there.project_id)]
    assert names == ["o1", "o1", "o2", "o3", "o4"]


def test_what_forbids_a_merge_is_told_at_once_and_nothing_moves(lab: Lab, there: Lab) -> None:
    with connect(lab.url) as conn:
        sql = """
            UPDATE projects SET instrument = 'UVP6', object_columns = '{"area": "t01"}'
             WHERE project_id = %(p)s
        """
        execute(conn, sql, p=there.project_id)
    before = content(lab, lab.project_id)

    plan = merge(lab, there.project_id)

    instruments, columns = plan.errors
    assert instruments.startswith("The instruments differ: UVP6 here")
    assert columns == (
        "The object column “area” holds texts here and numbers there "
        f"(from project {lab.project_id})."
    )
    assert content(lab, lab.project_id) == before


def test_everybody_keeps_the_higher_right(lab: Lab, there: Lab) -> None:
    with connect(lab.url) as conn:
        both, guest = given.user(conn, name="Bob Both"), given.user(conn, name="Gus Guest")
        users.set_members(
            conn,
            lab.project_id,
            {lab.owner.user_id: "Manage", both.user_id: "Annotate", guest.user_id: "View"},
        )
        users.set_members(
            conn, there.project_id, {lab.owner.user_id: "Manage", both.user_id: "View"}
        )
    merge(lab, there.project_id)

    with connect(lab.url) as conn:
        held = {m.user_id: m.privilege for m in users.members(conn, [there.project_id])}
    assert held[both.user_id] == Privilege.ANNOTATE
    assert held[guest.user_id] == Privilege.VIEW


def test_no_merge_while_somebody_imports(lab: Lab, there: Lab) -> None:
    with connect(lab.url) as importing:
        projects.hold(importing, lab.project_id)

        with pytest.raises(Busy):
            merge(lab, there.project_id)


def test_a_project_is_not_merged_into_itself(lab: Lab) -> None:
    with pytest.raises(SameProject):
        merge(lab, lab.project_id)


def test_a_merge_needs_rights_on_both(lab: Lab, there: Lab) -> None:
    with connect(lab.url) as conn:
        annotator = given.user(conn)
        users.set_members(
            conn, there.project_id, {lab.owner.user_id: "Manage", annotator.user_id: "Manage"}
        )

    with pytest.raises(RightMissing):
        merge(lab, there.project_id, by=annotator)
