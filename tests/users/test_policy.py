"""Who may do what: both policies, role by role."""

import pytest

import given
from calanus.kit.db import Connection
from calanus.kit.errors import CalanusError
from calanus.projects import service as projects
from calanus.projects.types import NewProject, ProjectChange, ProjectClosed, RightMissing
from calanus.users.policy import Act, may
from calanus.users.types import ActRefused, Privilege, User

V, A, M, H = "visitor", "annotator", "manager", "application manager"
ROLES = (V, A, M, H)
# The table of rights, as people read it: who may, under the strict and the collaborative policy.
TABLE: dict[Act, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Act.VIEW_IMAGES: ((V, A, M, H), (V, A, M, H)),
    Act.ANNOTATE: ((A, M, H), (A, M, H)),
    Act.REGISTER_ANNOTATORS: ((M, H), (M, H)),
    Act.PREDICT: ((M, H), (A, M, H)),
    Act.IMPORT: ((M, H), (A, M, H)),
    Act.SET_STATUS: ((M, H), (M, H)),
    Act.SUBSET: ((M, H), (V, A, M, H)),
    Act.MANAGE_TAXA: ((M, H), (M, H)),
    Act.EDIT: ((M, H), (M, H)),
    Act.DELETE: ((M, H), (M, H)),
    Act.EXPORT: ((A, M, H), (A, M, H)),
    Act.EXPORT_IMAGES: ((M, H), (M, H)),
    Act.PUBLISH: ((M, H), (M, H)),
    Act.REGISTER_MANAGERS: ((H,), (M, H)),
}
PRIVILEGES = {V: Privilege.VIEW, A: Privilege.ANNOTATE, M: Privilege.MANAGE}


def person(conn: Connection, role: str, policy: str) -> User:
    """Somebody to be made a member."""
    if role == H:
        return given.application_manager(conn, policy=policy)
    return given.user(conn, name="Some Body", policy=policy)


def allowed(conn: Connection, user: User | None, project_id: int, act: Act) -> bool:
    """Whether a project is given for an act."""
    try:
        projects.require(conn, user, project_id, act)
    except CalanusError:
        return False
    return True


@pytest.mark.parametrize("policy", ["strict", "collaborative"])
@pytest.mark.parametrize("role", ROLES)
def test_a_member_may_what_the_table_says(conn: Connection, role: str, policy: str) -> None:
    who = person(conn, role, policy)
    member = None if role == H else who
    tara = given.project(conn, member=member, privilege=PRIVILEGES.get(role, Privilege.VIEW))

    column = 0 if policy == "strict" else 1
    says = {act: role in rights[column] for act, rights in TABLE.items()}
    does = {act: allowed(conn, who, tara.project_id, act) for act in TABLE}

    assert does == says


@pytest.mark.parametrize(
    ("access", "anonymous", "signed_in"),
    [("0", False, False), ("1", False, True), ("2", True, True)],
)
def test_access_opens_the_view(
    conn: Connection, access: str, anonymous: bool, signed_in: bool
) -> None:
    stranger = given.user(conn)
    tara = given.project(conn, access=access)

    assert allowed(conn, None, tara.project_id, Act.VIEW_IMAGES) == anonymous
    assert allowed(conn, stranger, tara.project_id, Act.VIEW_IMAGES) == signed_in
    assert not allowed(conn, stranger, tara.project_id, Act.ANNOTATE)


def test_an_open_project_is_exported_by_anybody_signed_in(conn: Connection) -> None:
    stranger = given.user(conn)
    tara = given.project(conn, access="2")

    assert allowed(conn, stranger, tara.project_id, Act.EXPORT_IMAGES)
    assert not allowed(conn, None, tara.project_id, Act.EXPORT)


def test_a_closed_project_refuses_everybody_and_says_so(conn: Connection) -> None:
    head = given.application_manager(conn)
    tara = given.project(conn, status="ExploreOnly")
    leg = given.project(conn, status="Annotate No Prediction")

    with pytest.raises(ProjectClosed, match=r"ExploreOnly.*manager may change"):
        projects.require(conn, head, tara.project_id, Act.ANNOTATE)
    with pytest.raises(ProjectClosed):
        projects.require(conn, head, leg.project_id, Act.PREDICT)
    projects.require(conn, head, leg.project_id, Act.ANNOTATE)
    projects.change(
        conn, tara.project_id, ProjectChange({"status": "Annotate"}), by=head
    )  # and this opens it again


def test_who_may_make_projects(conn: Connection) -> None:
    strict, free = given.user(conn), given.user(conn, policy="collaborative")

    with pytest.raises(ActRefused, match="application manager"):
        projects.create(conn, NewProject("Tara"), by=strict)
    assert projects.create(conn, NewProject("Tara"), by=free)
    assert projects.create(conn, NewProject("Tara"), by=given.application_manager(conn))


def test_taxa_are_made_by_managers_of_any_project(conn: Connection) -> None:
    amanda = given.user(conn)
    given.project(conn, member=amanda, privilege=Privilege.MANAGE)
    again = given.users.find(conn, amanda.user_id)

    assert not may(given.user(conn), Act.CREATE_TAXA)
    assert may(again, Act.CREATE_TAXA)


def test_a_manager_registers_annotators_but_not_managers(conn: Connection) -> None:
    amanda, bo = given.user(conn), given.user(conn, name="Bo Newcomer")
    tara = given.project(conn, member=amanda, privilege=Privilege.MANAGE)
    held = {m.user_id: str(m.privilege) for m in given.users.members(conn, [tara.project_id])}

    projects.change(
        conn, tara.project_id, ProjectChange(members={**held, bo.user_id: "Annotate"}), by=amanda
    )
    assert allowed(conn, bo, tara.project_id, Act.ANNOTATE)
    with pytest.raises(RightMissing, match="application manager"):
        projects.change(
            conn, tara.project_id, ProjectChange(members={**held, bo.user_id: "Manage"}), by=amanda
        )
