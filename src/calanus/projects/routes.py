"""How HTTP asks for projects."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from calanus.kit.db import Connection
from calanus.kit.http import Db, Fast, Written
from calanus.kit.ids import id_list
from calanus.projects import service
from calanus.projects.types import (
    BadProject,
    Columns,
    NewProject,
    Project,
    ProjectChange,
)
from calanus.projects.visit import Visiting
from calanus.projects.wire import (
    CreateProjectReq,
    ProjectModel,
    ProjectReq,
    change_of,
    given_lists,
    highest,
    models,
)
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.routes import Fields
from calanus.users.session import CurrentUser, MaybeUser
from calanus.users.types import User

router = APIRouter(tags=["projects"])


# As in EcoTaxa, a list tells strangers neither who is in a project nor what columns it has.
LISTS = ("managers", "annotators", "viewers")
COLUMNS = ("obj_free_cols", "sample_free_cols", "acquisition_free_cols", "process_free_cols")
UNTOLD: Mapping[str, Any] = {
    **dict.fromkeys(LISTS, ()),
    **{name: {} for name in COLUMNS},
    "contact": None,
}


@dataclass(frozen=True)
class Asked:
    """Which projects are listed, in which order, and which part of them."""

    not_granted: bool = False
    for_managing: bool = False
    order_field: Annotated[str | None, Query(max_length=100)] = None
    fields: Fields = "*default"
    window_start: Annotated[int | None, Query(ge=0)] = None
    window_size: Annotated[int | None, Query(ge=0)] = None


def listed(conn: Connection, user: User | None, found: list[Project], asked: Asked) -> Fast:
    """Projects as EcoTaxa lists them: the part asked for, in the order asked for."""
    name = (asked.order_field or "").removeprefix("-")
    if name and name not in ProjectModel.model_fields:
        raise BadProject(f"A project has no “{name}” to order by.")
    untold: Mapping[str, Any] = {} if user else UNTOLD
    lines = [{**m.model_dump(), **untold} for m in models(conn, found, user)]
    if name:
        descending = asked.order_field != name
        lines.sort(key=lambda line: sorting_key(line[name]), reverse=descending)
    start = asked.window_start or 0
    stop = None if asked.window_size is None else start + asked.window_size
    return Fast(lines[start:stop])


def sorting_key(value: Any) -> tuple[bool, float, str]:
    """Nothing first, then numbers by size and texts by the alphabet, whatever their case."""
    if isinstance(value, int | float):
        return (True, float(value), "")
    return (value is not None, 0.0, "" if value is None else str(value).casefold())


@router.get("/projects", operation_id="list_projects", response_model=list[ProjectModel])
def list_projects(
    user: MaybeUser,
    conn: Db,
    asked: Annotated[Asked, Depends()],
    project_ids: Annotated[str | None, Query(max_length=100_000)] = None,
) -> Fast:
    """Projects by their ids, those that the caller may see; else those one works in."""
    if project_ids is not None:
        return listed(conn, user, service.visible(conn, user, id_list(project_ids)), asked)
    found = service.list_projects(
        conn, user, not_granted=asked.not_granted, for_managing=asked.for_managing
    )
    return listed(conn, user, found, asked)


@router.get("/projects/search", operation_id="search_projects", response_model=list[ProjectModel])
def search_projects(
    user: MaybeUser,
    conn: Db,
    asked: Annotated[Asked, Depends()],
    also_others: Annotated[bool, Query(deprecated=True, description="Not read.")] = False,
    title_filter: str = "",
    instrument_filter: str = "",
    filter_subset: Annotated[bool, Query(description="Leave out what is titled a subset.")] = False,
) -> Fast:
    """The projects one works in, or others one may see; by title, id or instrument."""
    found = service.list_projects(
        conn, user, not_granted=asked.not_granted, for_managing=asked.for_managing
    )
    kept = [
        p
        for p in found
        if (holds(p.title, title_filter) or str(p.project_id).endswith(title_filter))
        and holds(p.instrument, instrument_filter)
        and not (filter_subset and "subset" in p.title.lower())
    ]
    return listed(conn, user, kept, asked)


def holds(text: str, words: str) -> bool:
    """Whether a text contains words, in any case; % stands for anything, _ for any one sign."""
    wanted = escape(words.lower()).replace("%", "*").replace("_", "?")
    return fnmatchcase(text.lower(), f"*{wanted}*")


@router.post("/projects/create", operation_id="create_project")
def create_project(order: CreateProjectReq, user: CurrentUser, conn: Db) -> int:
    """Make an empty project, managed by the caller."""
    new = NewProject(order.title, order.instrument, order.access, order.clone_of_id)
    return service.create(conn, new, by=user)


@router.get("/projects/{project_id}", operation_id="project_query", response_model=ProjectModel)
def project_query(project_id: int, visit: Visiting, for_managing: bool = False) -> Written:
    """One project with its settings, members and counts."""
    with visit.reading(project_id) as (conn, project, user):
        if for_managing and user:
            service.require(conn, user, project_id, Act.SET_STATUS)
        if user:
            users.note_recent_project(conn, user, project_id)
        return Written(models(conn, [project], user)[0])


# A request may hold any part of a project; clients know it as the whole one.
WHOLE: dict[str, Any] = {
    "requestBody": {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProjectModel"}}}
    }
}


@router.put("/projects/{project_id}", operation_id="update_project", openapi_extra=WHOLE)
def update_project(project_id: int, order: ProjectReq, user: CurrentUser, conn: Db) -> None:
    """Replace the settings given and, when any list of members is given, all members."""
    service.change(conn, project_id, change_of(order), by=user)


@router.patch("/projects/{project_id}", operation_id="patch_project")
def patch_project(project_id: int, order: ProjectReq, user: CurrentUser, conn: Db) -> None:
    """Change only what is given."""
    wanted = change_of(order)
    if wanted.members is not None:
        given = {m.user_id: m.privilege for m in users.members(conn, [project_id])}
        kept: dict[int, str] = {u: p for u, p in given.items() if p not in given_lists(order)}
        wanted = ProjectChange(wanted.values, highest(kept, wanted.members))
    service.change(conn, project_id, wanted, by=user)


class ProjectTaxoStatsModel(BaseModel):
    """How far a project is, in all its taxa or in one (-1: some are unidentified)."""

    projid: int
    used_taxa: list[int]
    nb_unclassified: int
    nb_validated: int
    nb_dubious: int
    nb_predicted: int


@router.get(
    "/project_set/taxo_stats",
    operation_id="project_set_get_stats",
    response_model=list[ProjectTaxoStatsModel],
)
def project_set_get_stats(
    user: MaybeUser,
    conn: Db,
    ids: Annotated[str, Query(max_length=10_000)],
    taxa_ids: Annotated[str, Query(max_length=10_000)] = "",
) -> Fast:
    """Counts of projects by state; one line a taxon when taxa are named, or `all`."""
    visible = [p.project_id for p in service.visible(conn, user, id_list(ids))]
    lines: dict[tuple[int, int], dict[str, Any]] = {}
    wanted = set(id_list(taxa_ids))
    for tally in service.tallies(conn, visible):
        if taxa_ids not in ("", "all") and tally.taxon_id not in wanted:
            continue
        key = (tally.project_id, tally.taxon_id if taxa_ids else 0)
        line = lines.setdefault(key, empty_line(tally.project_id))
        if tally.taxon_id not in line["used_taxa"]:
            line["used_taxa"].append(tally.taxon_id)
        named = {
            "V": "nb_validated",
            "D": "nb_dubious",
            "P": "nb_predicted",
            "U": "nb_unclassified",
        }
        if tally.state in named:
            line[named[tally.state]] += tally.objects
    return Fast([{**line, "used_taxa": sorted(line["used_taxa"])} for line in lines.values()])


class ProjectColumnsModel(BaseModel):
    """Some settings of a project, as texts; one that is not set is empty."""

    projid: int
    columns: list[str]
    values: list[str]


def mapped(columns: Columns) -> str:
    """Free columns as EcoTaxa stores them: {"area": "n01"}."""
    return json.dumps(dict(columns))


# How EcoTaxa calls what can be asked of a project, and how that is written.
COLUMN_TEXTS: Mapping[str, Callable[[Project], str]] = {
    "projid": lambda p: str(p.project_id),
    "title": lambda p: p.title,
    "instrument": lambda p: p.instrument,
    "comments": lambda p: p.comments,
    "initclassiflist": lambda p: ",".join(map(str, p.initial_taxa)),
    "classiffieldlist": lambda p: p.shown_fields,
    "cnn_network_id": lambda p: p.extractor or "",
    "status": lambda p: str(p.status),
    "access": lambda p: str(p.access),
    "formulae": lambda p: p.formulae,
    "mappingobj": lambda p: mapped(p.object_columns),
    "mappingsample": lambda p: mapped(p.sample_columns),
    "mappingacq": lambda p: mapped(p.acquisition_columns),
    "mappingprocess": lambda p: mapped(p.process_columns),
    "classifsettings": lambda p: p.prediction_settings,
    "popoverfieldlist": lambda p: p.popover_fields,
}
ALL_COLUMNS = list(COLUMN_TEXTS)[:14]
DEFAULT_COLUMNS = ALL_COLUMNS[:10]


@router.get("/project_set/projects", operation_id="project_set_get_projects")
def project_set_get_projects(
    user: MaybeUser,
    conn: Db,
    ids: Annotated[str, Query(max_length=10_000)],
    fields: Annotated[str, Query(max_length=2_000)] = "*default",
) -> list[ProjectColumnsModel]:
    """Settings of projects, those that the caller may see; `*default`, `*all`, or named ones."""
    columns: list[str] = []
    for name in filter(None, map(str.strip, fields.split(","))):
        sets = {"*default": DEFAULT_COLUMNS, "*all": ALL_COLUMNS}
        columns += [each for each in sets.get(name, [name]) if each not in columns]
    unknown = [name for name in columns if name not in COLUMN_TEXTS]
    if unknown:
        raise BadProject(
            f"A project has no column {', '.join(unknown)}; there are: {', '.join(COLUMN_TEXTS)}."
        )
    return [
        ProjectColumnsModel(
            projid=p.project_id, columns=columns, values=[COLUMN_TEXTS[name](p) for name in columns]
        )
        for p in service.visible(conn, user, id_list(ids))
    ]


@router.get("/instruments/", operation_id="instrument_query", tags=["instruments"])
def instrument_query(
    user: MaybeUser, conn: Db, project_ids: Annotated[str, Query(max_length=10_000)]
) -> list[str]:
    """The instruments of projects, or of `all`, by name."""
    ids = None if project_ids.strip() == "all" else id_list(project_ids)
    return service.instruments(conn, user, ids)


def empty_line(project_id: int) -> dict[str, Any]:
    """A line of counts before anything is counted."""
    states = ("nb_unclassified", "nb_validated", "nb_dubious", "nb_predicted")
    return {"projid": project_id, "used_taxa": [], **dict.fromkeys(states, 0)}
