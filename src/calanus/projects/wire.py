"""Projects as they are on the wire: EcoTaxa's names, and ours where it has none."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from calanus.kit.db import Connection
from calanus.kit.ids import id_list
from calanus.projects import formulae, service
from calanus.projects.types import (
    Access,
    BadProject,
    Project,
    ProjectChange,
    ProjectTotals,
)
from calanus.users import service as users
from calanus.users.policy import Role
from calanus.users.routes import MinUserModel
from calanus.users.types import Member, Privilege, User

HIGHEST_RIGHT = {
    Role.APPLICATION_MANAGER: "Manage",
    Role.MANAGER: "Manage",
    Role.ANNOTATOR: "Annotate",
    Role.VISITOR: "View",
}


class CreateProjectReq(BaseModel):
    clone_of_id: int | None = None
    title: str = Field(max_length=300)
    instrument: str = Field(default="?", max_length=32)
    access: Access = Access.PUBLIC


class ProjectModel(BaseModel):
    """A project as EcoTaxa's clients of both versions read it; every property is always there."""

    projid: int
    title: str
    access: str
    status: str
    objcount: float | None
    pctvalidated: float | None
    pctclassified: float | None
    classifsettings: str
    classiffieldlist: str
    popoverfieldlist: str
    comments: str
    rf_models_used: str | None = None
    cnn_network_id: str | None
    formulae: str
    obj_free_cols: dict[str, str]
    sample_free_cols: dict[str, str]
    acquisition_free_cols: dict[str, str]
    process_free_cols: dict[str, str]
    bodc_variables: dict[str, str]
    init_classif_list: list[int]
    initclassiflist: str
    managers: list[MinUserModel]
    annotators: list[MinUserModel]
    viewers: list[MinUserModel]
    contact: MinUserModel | None
    instrument: str
    instrument_url: str | None = None
    highest_right: str
    bar_px: int
    unclassified: int
    predicted: int
    dubious: int
    validated: int
    can: list[str]


class ProjectReq(BaseModel):
    """What changes of a project; with PUT what is missing stays as well, members aside."""

    title: str | None = None
    instrument: str | None = Field(default=None, max_length=32)
    access: Access | None = None
    status: str | None = None
    comments: str | None = None
    classiffieldlist: str | None = None
    popoverfieldlist: str | None = None
    cnn_network_id: str | None = None
    formulae: str | None = None
    bodc_variables: dict[str, str | None] | None = None
    init_classif_list: list[int] | None = None
    initclassiflist: str | None = None
    bar_px: int | None = Field(default=None, ge=0, le=1000)
    managers: list[MinUserModel] | None = None
    annotators: list[MinUserModel] | None = None
    viewers: list[MinUserModel] | None = None
    contact: MinUserModel | None = None


SETTINGS = {
    "title": "title",
    "instrument": "instrument",
    "access": "access",
    "status": "status",
    "comments": "comments",
    "classiffieldlist": "shown_fields",
    "popoverfieldlist": "popover_fields",
    "cnn_network_id": "extractor",
    "formulae": "formulae",
    "bodc_variables": "variables",
    "init_classif_list": "initial_taxa",
    "bar_px": "bar_px",
}
STATUSES = ("Annotate", "Annotate No Prediction", "ExploreOnly")


def person(member: Member, *, with_email: bool) -> MinUserModel:
    """A member; e-mail addresses are for people signed in."""
    return MinUserModel(
        id=member.user_id,
        email=member.email if with_email else "",
        name=member.name,
        organisation=member.organisation,
    )


def percent(part: int, whole: int) -> float | None:
    """A share, or nothing of nothing."""
    return 100.0 * part / whole if whole else None


def model(
    project: Project, totals: ProjectTotals, members: list[Member], user: User | None
) -> ProjectModel:
    """A project as EcoTaxa writes it."""
    held = {
        privilege: [
            person(m, with_email=user is not None) for m in members if m.privilege == privilege
        ]
        for privilege in Privilege
    }
    identified = totals.objects - totals.unclassified
    contact = [m for m in held[Privilege.MANAGE] if m.id == project.contact_id]
    return ProjectModel(
        projid=project.project_id,
        title=project.title,
        access=project.access,
        status=project.status,
        objcount=totals.objects or None,
        pctvalidated=percent(totals.validated, totals.objects),
        pctclassified=percent(identified, totals.objects) or None,
        classifsettings=project.prediction_settings,
        classiffieldlist=project.shown_fields,
        popoverfieldlist=project.popover_fields,
        comments=project.comments,
        cnn_network_id=project.extractor,
        formulae=project.formulae,
        obj_free_cols=project.object_columns,
        sample_free_cols=project.sample_columns,
        acquisition_free_cols=project.acquisition_columns,
        process_free_cols=project.process_columns,
        bodc_variables=formulae.variables(project.formulae),
        init_classif_list=project.initial_taxa,
        initclassiflist=",".join(map(str, project.initial_taxa)),
        managers=held[Privilege.MANAGE],
        annotators=held[Privilege.ANNOTATE],
        viewers=held[Privilege.VIEW],
        contact=contact[0] if contact else None,
        instrument=project.instrument,
        highest_right=HIGHEST_RIGHT.get(project.role, ""),
        bar_px=project.bar_px,
        unclassified=totals.unclassified,
        predicted=totals.predicted,
        dubious=totals.dubious,
        validated=totals.validated,
        can=list(service.acts_allowed(user, project)),
    )


def models(conn: Connection, found: list[Project], user: User | None) -> list[ProjectModel]:
    """Projects as EcoTaxa writes them, in three statements however many."""
    ids = [project.project_id for project in found]
    totals = service.totals(conn, ids)
    members: dict[int, list[Member]] = {project_id: [] for project_id in ids}
    for member in users.members(conn, list(ids)):
        members[member.project_id].append(member)
    return [model(p, totals[p.project_id], members[p.project_id], user) for p in found]


def given_lists(order: ProjectReq) -> dict[Privilege, list[MinUserModel]]:
    """The lists of members a request carries."""
    lists = {
        Privilege.VIEW: order.viewers,
        Privilege.ANNOTATE: order.annotators,
        Privilege.MANAGE: order.managers,
    }
    return {privilege: people for privilege, people in lists.items() if people is not None}


def highest(*held: Mapping[int, str]) -> dict[int, str]:
    """Who holds what, by several lists: of two privileges of one person the higher counts."""
    rank = list(Privilege)
    pairs = [pair for each in held for pair in each.items()]
    return dict(sorted(pairs, key=lambda pair: rank.index(Privilege(pair[1]))))


def change_of(order: ProjectReq) -> ProjectChange:
    """A request as a change of settings and members."""
    given = order.model_dump(exclude_unset=True, exclude_none=True)
    if given.get("status", STATUSES[0]) not in STATUSES:
        raise BadProject(f"A project's status is one of: {', '.join(STATUSES)}.")
    values: dict[str, Any] = {SETTINGS[name]: given[name] for name in SETTINGS if name in given}
    if "initclassiflist" in given:
        values["told_taxa"] = id_list(given["initclassiflist"])
    if order.contact is not None:
        values["contact_id"] = order.contact.id
    lists = given_lists(order)
    if not lists:
        return ProjectChange(values)
    named = [{person.id: privilege for person in people} for privilege, people in lists.items()]
    return ProjectChange(values, highest(*named))
