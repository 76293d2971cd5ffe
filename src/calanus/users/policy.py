"""Who may do what: one table a policy, asked by every endpoint.

`strict` is the default; `collaborative` is EcoTaxa's present way, in which annotators import and
predict, any active user creates projects, and managers register managers.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from calanus.users.types import ActRefused, Privilege, User


class Role(IntEnum):
    """What somebody is towards one project, from least to most."""

    ANONYMOUS = 0
    SIGNED_IN = 1
    VISITOR = 2
    ANNOTATOR = 3
    MANAGER = 4
    APPLICATION_MANAGER = 5


class Act(StrEnum):
    """What can be asked for; the values complete the sentence "you may not …"."""

    VIEW_IMAGES = "see this project"
    ANNOTATE = "annotate in this project"
    COMPARE = "search for look-alikes in this project"
    SEE_ACTIVITY = "see who did how much in this project"
    REGISTER_ANNOTATORS = "register annotators"
    REGISTER_MANAGERS = "register project managers"
    PREDICT = "predict in this project"
    IMPORT = "import objects into this project"
    SET_STATUS = "change this project's settings"
    SUBSET = "make a subset of this project"
    MANAGE_TAXA = "manage this project's list of taxa"
    EDIT = "edit this project's data"
    DELETE = "delete from this project"
    EXPORT = "export from this project"
    EXPORT_IMAGES = "export images of this project"
    PUBLISH = "publish this project in a collection"
    CITE = "name guests and organisations"
    CREATE_TAXA = "create taxa"
    CREATE_PROJECT = "create projects"
    READ_SERVER_FOLDERS = "read the server's folders"
    ADMINISTRATE = "administrate this installation"


STRICT: Mapping[Act, Role] = {
    Act.VIEW_IMAGES: Role.VISITOR,
    Act.ANNOTATE: Role.ANNOTATOR,
    Act.COMPARE: Role.ANNOTATOR,
    Act.SEE_ACTIVITY: Role.MANAGER,
    Act.EXPORT: Role.ANNOTATOR,
    Act.REGISTER_ANNOTATORS: Role.MANAGER,
    Act.PREDICT: Role.MANAGER,
    Act.IMPORT: Role.MANAGER,
    Act.SET_STATUS: Role.MANAGER,
    Act.SUBSET: Role.MANAGER,
    Act.MANAGE_TAXA: Role.MANAGER,
    Act.EDIT: Role.MANAGER,
    Act.DELETE: Role.MANAGER,
    Act.EXPORT_IMAGES: Role.MANAGER,
    Act.PUBLISH: Role.MANAGER,
    Act.CREATE_TAXA: Role.MANAGER,  # of any project
    Act.CITE: Role.MANAGER,  # of any project
    Act.READ_SERVER_FOLDERS: Role.SIGNED_IN,
    Act.REGISTER_MANAGERS: Role.APPLICATION_MANAGER,
    Act.CREATE_PROJECT: Role.APPLICATION_MANAGER,
    Act.ADMINISTRATE: Role.APPLICATION_MANAGER,
}

COLLABORATIVE: Mapping[Act, Role] = {
    **STRICT,
    Act.PREDICT: Role.ANNOTATOR,
    Act.IMPORT: Role.ANNOTATOR,
    Act.SUBSET: Role.VISITOR,  # into a project they manage
    Act.REGISTER_MANAGERS: Role.MANAGER,
    Act.CREATE_PROJECT: Role.SIGNED_IN,
}

POLICIES: Mapping[str, Mapping[Act, Role]] = {"strict": STRICT, "collaborative": COLLABORATIVE}

# A project's access opens some acts to people who are no members of it.
OPENED: Mapping[str, Mapping[Act, Role]] = {
    "0": {},
    "1": {Act.VIEW_IMAGES: Role.SIGNED_IN},
    "2": {
        Act.VIEW_IMAGES: Role.ANONYMOUS,
        Act.EXPORT: Role.SIGNED_IN,
        Act.EXPORT_IMAGES: Role.SIGNED_IN,
    },
}

# A project's status closes some acts to everybody.
WRITES = frozenset({Act.ANNOTATE, Act.PREDICT, Act.IMPORT, Act.EDIT, Act.DELETE, Act.MANAGE_TAXA})
CLOSED: Mapping[str, frozenset[Act]] = {
    "Annotate": frozenset(),
    "Annotate No Prediction": frozenset({Act.PREDICT}),
    "ExploreOnly": WRITES,
}

ROLE_OF_PRIVILEGE: Mapping[Privilege, Role] = {
    Privilege.VIEW: Role.VISITOR,
    Privilege.ANNOTATE: Role.ANNOTATOR,
    Privilege.MANAGE: Role.MANAGER,
}


def role_in_project(user: User | None, privilege: Privilege | None) -> Role:
    """What somebody is towards a project in which they hold a privilege, or none."""
    if user is None:
        return Role.ANONYMOUS
    if user.is_application_manager:
        return Role.APPLICATION_MANAGER
    return ROLE_OF_PRIVILEGE[privilege] if privilege else Role.SIGNED_IN


def may_in_project(user: User | None, act: Act, *, role: Role, access: str, status: str) -> bool:
    """Whether the policy allows an act on a project of this access and status."""
    if act in CLOSED[status]:
        return False
    least = POLICIES[user.policy if user else "strict"][act]
    return role >= min(least, OPENED[access].get(act, least))


def may(user: User | None, act: Act) -> bool:
    """Whether the policy allows an act that concerns no project in particular."""
    if user is None:
        return False
    role = Role.MANAGER if user.manages else Role.SIGNED_IN
    if user.is_application_manager:
        role = Role.APPLICATION_MANAGER
    return role >= POLICIES[user.policy][act]


def ask(user: User | None, act: Act) -> None:
    """Pass, or say who may.

    Raises:
        ActRefused: the policy says no.
    """
    if not may(user, act):
        least = POLICIES[user.policy if user else "strict"][act]
        raise ActRefused(f"You can't do this: you may not {act.value}; {at_least(least)} may.")


def at_least(role: Role) -> str:
    """A role as people say it."""
    return {
        Role.ANONYMOUS: "everybody",
        Role.SIGNED_IN: "anybody signed in",
        Role.VISITOR: "a member of the project",
        Role.ANNOTATOR: "an annotator of the project",
        Role.MANAGER: "a project manager",
        Role.APPLICATION_MANAGER: "an application manager",
    }[role]
