"""A merge: everything of one project goes into another, and the emptied one is removed."""

from datetime import datetime

from calanus.annotation import service as annotation
from calanus.annotation.types import Operation
from calanus.collections import service as collections
from calanus.kit.db import Connection
from calanus.kit.ids import ACQUISITIONS, IMAGES, OBJECTS, SAMPLES, ProjectId
from calanus.objects import service as objects
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.subsets.columns import align
from calanus.subsets.queries import moving as queries
from calanus.subsets.types import Busy, Fits, MergePlan, SameProject, Shift
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import Privilege, User

HIGHER = [Privilege.VIEW, Privilege.ANNOTATE, Privilege.MANAGE]


def merge(
    conn: Connection, target_id: int, source_id: int, *, dry_run: bool, by: User, at: datetime
) -> MergePlan:
    """Merge a project into another, or only say what that would do and what forbids it.

    Samples and acquisitions of one name are fused, the destination's row is kept; everybody keeps
    the higher of their rights; history and undo go along.

    Raises:
        SameProject, Busy: it makes no sense, or somebody imports into one of them.
    """
    target = projects.require(conn, by, target_id, Act.EDIT)
    source = projects.require(conn, by, source_id, Act.DELETE)
    if source.project_id == target.project_id:
        raise SameProject
    aligned, wrong = align(
        projects.columns_of(target), projects.columns_of(source), whose=f"project {source_id}"
    )
    if source.instrument != target.instrument:
        wrong.insert(
            0,
            f"The instruments differ: {target.instrument} here, {source.instrument} in project "
            f"{source_id}; make them the same in the settings first.",
        )
    wrong += collections.removal_refused(conn, source.project_id)
    if wrong:
        return MergePlan(wrong)
    plan = planned(conn, target, source, aligned)
    if not dry_run:
        carry_out(conn, target, source, aligned)
        under = annotation.begin(conn, target.project_id, Operation.IMPORT, by=by, at=at)
        record = {"merged": source.project_id, "title": source.title}
        annotation.close(conn, under, objects=plan.objects, record=record)
    return plan


def planned(conn: Connection, target: Project, source: Project, aligned: Fits) -> MergePlan:
    """What the merge will move and fuse."""
    before = projects.columns_of(target)
    return MergePlan(
        errors=[],
        objects=projects.totals(conn, [source.project_id])[source.project_id].objects,
        samples=queries.samples(conn, source.project_id),
        fused_samples=queries.samples_in_common(conn, source.project_id, target.project_id),
        same_names=queries.names_in_common(conn, source.project_id, target.project_id),
        new_columns=sum(len(a.columns) - len(before[level]) for level, a in aligned.items()),
    )


def carry_out(conn: Connection, target: Project, source: Project, aligned: Fits) -> None:
    """Move every row, in the caller's transaction, and remove the emptied project."""
    for project_id in sorted([target.project_id, source.project_id]):
        if not projects.is_free(conn, project_id):
            raise Busy(project_id)
        projects.lock(conn, project_id)
    ids = source.project_id, target.project_id
    shift = shift_between(conn, *ids)
    queries.fuse_samples(conn, *ids, shift)
    queries.fuse_acquisitions(conn, *ids, shift)
    queries.move_objects(conn, *ids, shift, aligned)
    queries.move_images(conn, *ids, shift)
    queries.move_parents(conn, *ids, shift, aligned)
    tallies = projects.tallies(conn, [source.project_id])
    moves = [(t.taxon_id, t.state, t.objects) for t in tallies]
    projects.move_counts(conn, target.project_id, moves)
    levels = {level: alignment.columns for level, alignment in aligned.items()}
    projects.record_columns(conn, target.project_id, levels, loaded_files=source.loaded_files)
    share_members(conn, source.project_id, target.project_id)
    objects.refresh_statistics(conn)
    objects.place_samples(conn, target.project_id)
    projects.delete(conn, source.project_id)


def shift_between(conn: Connection, source: ProjectId, target: ProjectId) -> Shift:
    """What to add to ids of the source so that they follow those of the destination."""
    last = objects.last_ids(conn, target)
    apart = target - source
    return Shift(
        sample=apart * SAMPLES + last.sample,
        acquisition=apart * ACQUISITIONS + last.acquisition,
        object=apart * OBJECTS + last.object,
        image=apart * IMAGES + last.image,
        pack=queries.last_pack(conn, target),
    )


def share_members(conn: Connection, source: ProjectId, target: ProjectId) -> None:
    """Whoever works in both keeps the higher right; the others come along."""
    held: dict[int, str] = {}
    for member in users.members(conn, [source, target]):
        before = held.get(member.user_id, member.privilege)
        held[member.user_id] = max(Privilege(before), member.privilege, key=HIGHER.index)
    users.set_members(conn, target, held)
