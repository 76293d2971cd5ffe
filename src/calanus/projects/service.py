"""Projects: asking for one, making and changing them, and their counts."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from calanus.kit.db import Connection
from calanus.kit.errors import NotFound
from calanus.kit.ids import ProjectId, UserId
from calanus.projects import formulae, queries
from calanus.projects.types import (
    INSTRUMENTS,
    Access,
    BadProject,
    NewProject,
    Project,
    ProjectChange,
    ProjectClosed,
    ProjectNotFound,
    ProjectRow,
    ProjectTotals,
    RightMissing,
    Tally,
    Usage,
)
from calanus.users import policy
from calanus.users import service as users
from calanus.users.policy import POLICIES, Act, Role, may_in_project, role_in_project
from calanus.users.types import Privilege, User


def require(conn: Connection, user: User | None, project_id: int, act: Act) -> Project:
    """The project, for somebody who may do this in it. Every road to a project starts here.

    Raises:
        ProjectNotFound: there is no such project.
        ProjectClosed: its status forbids the act to everybody.
        RightMissing: the policy forbids the act to this person.
    """
    row = queries.find(conn, project_id)
    held = queries.privilege(conn, project_id, user.user_id) if user and row else None
    return admit(user, project_id, act, row, held)


@contextmanager
def naming(missing: NotFound) -> Generator[None]:
    """Where there is no such project, what was asked for is not there: nobody named a project."""
    try:
        yield
    except ProjectNotFound:
        raise missing from None


def look_up(
    conn: Connection, user_id: UserId | None, project_id: int
) -> tuple[User | None, ProjectRow | None, Privilege | None]:
    """An account, a project, and what the one holds in the other, in one statement.

    Nobody may do anything with them before `admit`.
    """
    return queries.look_up(conn, user_id, project_id)


def admit(
    user: User | None, project_id: int, act: Act, row: ProjectRow | None, held: Privilege | None
) -> Project:
    """The project that was found, for somebody who may do this in it; raises as `require` does."""
    least = POLICIES[user.policy if user else "strict"][act]
    if row is None:
        # As in EcoTaxa: an anonymous caller learns nothing of which projects exist.
        raise ProjectNotFound(project_id) if user else RightMissing(project_id, act, least)
    role = role_in_project(user, held if user else None)
    if may_in_project(user, act, role=role, access=row.access, status=row.status):
        return Project(**vars(row), role=role)
    if role >= least:
        raise ProjectClosed(row, act)
    raise RightMissing(project_id, act, least)


def may_view(conn: Connection, user: User | None, project_id: int) -> bool:
    """Whether somebody may see a project."""
    try:
        require(conn, user, project_id, Act.VIEW_IMAGES)
    except (ProjectNotFound, RightMissing):
        return False
    return True


def visible(conn: Connection, user: User | None, project_ids: Sequence[int]) -> list[Project]:
    """Of these projects, those that somebody may see, in two statements however many."""
    held = queries.privileges(conn, user.user_id) if user else {}
    found = [
        Project(**vars(row), role=role_in_project(user, held.get(row.project_id)))
        for row in queries.find_many(conn, project_ids)
    ]
    return [p for p in found if Act.VIEW_IMAGES in acts_allowed(user, p)]


def titles(conn: Connection, user: User, project_ids: Sequence[int]) -> dict[int, str]:
    """The titles of projects, those that somebody may see."""
    found = visible(conn, user, project_ids) if project_ids else []
    return {project.project_id: project.title for project in found}


def using(conn: Connection, user: User | None, taxon_id: int) -> list[Usage]:
    """Projects with validated objects of a taxon, of those that somebody may see."""
    found = queries.using(conn, taxon_id)
    seen = {p.project_id for p in visible(conn, user, [usage.project_id for usage in found])}
    return [usage for usage in found if usage.project_id in seen]


def existing(conn: Connection, project_ids: Sequence[int]) -> list[ProjectId]:
    """Which of these there are; whether somebody may do anything in them is still to be asked."""
    return [row.project_id for row in queries.find_many(conn, project_ids)]


def instruments(
    conn: Connection, user: User | None, project_ids: Sequence[int] | None
) -> list[str]:
    """The instruments of projects that somebody may see, by name; of all (none given), and those
    that are proposed."""
    if project_ids is not None:
        return sorted({p.instrument for p in visible(conn, user, project_ids)})
    known = [row.project_id for row in queries.all_projects(conn)]
    return sorted({*INSTRUMENTS, *(p.instrument for p in visible(conn, user, known))})


def acts_allowed(user: User | None, project: Project) -> list[Act]:
    """What somebody may do in a project they were given."""
    return [
        act
        for act in Act
        if may_in_project(
            user, act, role=project.role, access=project.access, status=project.status
        )
    ]


def list_projects(
    conn: Connection, user: User | None, *, not_granted: bool = False, for_managing: bool = False
) -> list[Project]:
    """The projects somebody works in, or (`not_granted`) others they may at least see."""
    held = queries.privileges(conn, user.user_id) if user else {}
    found = [
        Project(**vars(row), role=role_in_project(user, held.get(row.project_id)))
        for row in queries.all_projects(conn)
    ]
    if user is None:
        return [p for p in found if p.access == Access.OPEN]
    if for_managing:
        return [p for p in found if p.role >= Role.MANAGER]
    if not_granted:
        return [p for p in found if p.role == Role.SIGNED_IN and p.access != Access.PRIVATE]
    return [p for p in found if p.role >= Role.VISITOR]


def create(conn: Connection, new: NewProject, *, by: User) -> ProjectId:
    """A new project, managed by who makes it."""
    policy.ask(by, Act.CREATE_PROJECT)
    title = new.title.strip()
    check_title(title)
    clean = NewProject(title, new.instrument.strip() or "?", new.access)
    project_id = queries.insert(conn, clean, contact_id=by.user_id)
    if new.clone_of is not None:
        source = require(conn, by, new.clone_of, Act.SET_STATUS)
        kept = {n: v for n, v in vars(source).items() if n in queries.SETTABLE}
        for own in ("title", "access", "status", "contact_id"):
            kept.pop(own)
        queries.update(conn, project_id, kept)
        record_columns(conn, project_id, columns_of(source), loaded_files=[])
    users.set_members(conn, project_id, {by.user_id: Privilege.MANAGE})
    return project_id


def check_title(title: str) -> None:
    """A project is found by its title."""
    if not 1 <= len(title) <= 255:
        raise BadProject("A project needs a title of 1 to 255 characters.")


def change(conn: Connection, project_id: int, wanted: ProjectChange, *, by: User) -> Project:
    """Change settings and members; a changed list of managers asks for its own right."""
    project = require(conn, by, project_id, Act.SET_STATUS)
    wanted = tidied(with_taxa(project, with_formulae(project, wanted)))
    unknown = set(wanted.values) - set(queries.SETTABLE)
    if unknown:
        raise BadProject(f"A project has no setting {', '.join(sorted(unknown))}.")
    if "title" in wanted.values:
        check_title(str(wanted.values["title"]))
    if wanted.values.get("initial_taxa", project.initial_taxa) != project.initial_taxa:
        require(conn, by, project_id, Act.MANAGE_TAXA)
    if wanted.values.get("instrument") == "":
        raise BadProject("A project needs an instrument; “?” stands for one that is not known.")
    if wanted.members is not None:
        change_members(conn, project, wanted.members, by=by)
    check_contact(conn, project, wanted)
    queries.update(conn, project.project_id, wanted.values)
    return require(conn, by, project_id, Act.VIEW_IMAGES)


def tidied(wanted: ProjectChange) -> ProjectChange:
    """The change, without blanks around what names a project and its instrument."""
    values: dict[str, Any] = dict(wanted.values)
    named = {n: str(values[n]).strip() for n in ("title", "instrument") if n in values}
    return ProjectChange({**values, **named}, wanted.members)


def with_formulae(project: ProjectRow, wanted: ProjectChange) -> ProjectChange:
    """The change, whichever of the two views of formulae it gives."""
    values: dict[str, Any] = dict(wanted.values)
    text, given = values.pop("formulae", None), values.pop("variables", None)
    edited = formulae.changed(project, text, given)
    return ProjectChange(
        values if edited is None else {**values, "formulae": edited}, wanted.members
    )


def with_taxa(project: ProjectRow, wanted: ProjectChange) -> ProjectChange:
    """The change, whichever of the two views of the list of taxa it gives; the one that differs."""
    values: dict[str, Any] = dict(wanted.values)
    told = values.pop("told_taxa", None)
    if (
        told is not None
        and values.get("initial_taxa", project.initial_taxa) == project.initial_taxa
    ):
        values["initial_taxa"] = told
    return ProjectChange(values, wanted.members)


def change_members(conn: Connection, project: Project, held: dict[int, str], *, by: User) -> None:
    """Replace who holds what in a project."""
    require(conn, by, project.project_id, Act.REGISTER_ANNOTATORS)
    before = {m.user_id: m.privilege for m in users.members(conn, [project.project_id])}
    managers_before = {u for u, p in before.items() if p == Privilege.MANAGE}
    managers = {u for u, p in held.items() if p == Privilege.MANAGE}
    if not managers:
        raise BadProject("A project needs at least one manager.")
    if managers != managers_before:
        require(conn, by, project.project_id, Act.REGISTER_MANAGERS)
    users.set_members(conn, project.project_id, held)


def check_contact(conn: Connection, project: Project, wanted: ProjectChange) -> None:
    """The contact of a project is one of its managers."""
    contact = wanted.values.get("contact_id", project.contact_id)
    members = users.members(conn, [project.project_id])
    if contact not in {m.user_id for m in members if m.privilege == Privilege.MANAGE} and (
        "contact_id" in wanted.values or wanted.members is not None
    ):
        raise BadProject("The contact of a project must be one of its managers.")


def columns_of(project: ProjectRow) -> dict[str, dict[str, str]]:
    """The free columns of a project, level by level."""
    return {
        "object": project.object_columns,
        "sample": project.sample_columns,
        "acquisition": project.acquisition_columns,
        "process": project.process_columns,
    }


def record_columns(
    conn: Connection,
    project_id: ProjectId,
    columns: dict[str, dict[str, str]],
    *,
    loaded_files: list[str],
) -> None:
    """Keep what an import found: free columns by level (object, sample …), and its files."""
    queries.set_columns(conn, project_id, columns, loaded_files)


def name_instrument(conn: Connection, project_id: ProjectId, instrument: str) -> None:
    """Name the instrument of a project where nobody did yet."""
    queries.name_instrument(conn, project_id, instrument)


def set_prediction_settings(conn: Connection, project_id: ProjectId, settings: str) -> None:
    """Remember how this project was predicted last; the caller has asked for the right."""
    queries.update(conn, project_id, {"prediction_settings": settings})


def lock(conn: Connection, project_id: ProjectId) -> None:
    """Hold a project until the transaction ends: one import at a time gives ids in it."""
    queries.lock(conn, project_id)


def hold(conn: Connection, project_id: ProjectId) -> None:
    """Wait for whoever loads objects into a project, then be the only one.

    Let go with `let_go`, or when the connection ends.
    """
    queries.hold(conn, project_id)


def let_go(conn: Connection, project_id: ProjectId) -> None:
    """The next load may begin."""
    queries.let_go(conn, project_id)


def is_free(conn: Connection, project_id: ProjectId) -> bool:
    """Whether nobody loads objects into a project; if so, nobody will before we have ended."""
    return queries.try_hold(conn, project_id)


def forget_loaded_files(conn: Connection, project_id: ProjectId) -> None:
    """A purged project may load the same files again."""
    queries.forget_loaded_files(conn, project_id)


def delete(conn: Connection, project_id: ProjectId) -> None:
    """Remove a project from which everything else is gone."""
    queries.set_counts(conn, project_id, {})
    queries.delete(conn, project_id)


def tallies(conn: Connection, project_ids: Sequence[int]) -> list[Tally]:
    """The counts of projects, taxon by taxon and state by state."""
    return queries.tallies(conn, project_ids)


def totals(conn: Connection, project_ids: Sequence[int]) -> dict[int, ProjectTotals]:
    """How far projects are."""
    nothing = {p: ProjectTotals(ProjectId(p), 0, 0, 0, 0, 0, 0) for p in project_ids}
    return nothing | {t.project_id: t for t in queries.totals(conn, project_ids)}


def move_counts(
    conn: Connection, project_id: ProjectId, moves: Iterable[tuple[int | None, str | None, int]]
) -> None:
    """Move counts by (taxon or none, state or none, how many), with what caused them."""
    summed: dict[tuple[int, str], int] = defaultdict(int)
    for taxon_id, state, moved in moves:
        summed[(taxon_id or -1, state or "U")] += moved
    real = {key: moved for key, moved in summed.items() if moved}
    if real:
        queries.move_counts(conn, project_id, real)


def set_counts(conn: Connection, project_id: ProjectId, tally: dict[tuple[int, str], int]) -> None:
    """Replace the counts of a project by those of a recount."""
    queries.set_counts(conn, project_id, tally)
