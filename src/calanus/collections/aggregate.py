"""What the projects of a collection have in common: what a person checks before joining them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from calanus.collections import service
from calanus.kit.db import Connection
from calanus.projects import service as projects
from calanus.projects.types import Project, Status
from calanus.users import guests
from calanus.users import service as users
from calanus.users.policy import Act
from calanus.users.types import Privilege, User

OPENNESS = [Status.ANNOTATE, Status.NO_PREDICTION, Status.EXPLORE_ONLY]  # from the most open


@dataclass(frozen=True)
class Common:
    """Properties of several projects together; `excluded` names those that differ in one."""

    manageable: bool
    instrument: str
    access: str
    status: str
    extractor: str
    initial_taxa: list[int]
    shown_fields: list[str]
    contacts: list[User]
    members: dict[str, list[User]]
    columns: dict[str, dict[str, str]]
    excluded: dict[str, list[int]]


def of(conn: Connection, project_ids: Sequence[int], *, by: User) -> Common:
    """What these projects have in common, for somebody who may see them all."""
    wanted = list(dict.fromkeys(project_ids))
    found = [projects.require(conn, by, p, Act.VIEW_IMAGES) for p in wanted]
    access = max([p.access for p in found], default="2")
    status = max([p.status for p in found], key=OPENNESS.index, default=Status.ANNOTATE)
    members, loners = common_members(conn, found)
    columns, strange = common_columns(found)
    contacts = guests.people_by_id(conn, [p.contact_id for p in found if p.contact_id])
    return Common(
        manageable=service.manages(conn, by, wanted),
        instrument=shared(found, lambda p: p.instrument),
        access=access,
        status=status,
        extractor=shared(found, lambda p: p.extractor or ""),
        initial_taxa=sorted({taxon for p in found for taxon in p.initial_taxa}),
        shown_fields=merged([p.shown_fields for p in found]),
        contacts=list(contacts.values()),
        members=members,
        columns=columns,
        excluded={
            "instrument": others(found, lambda p: p.instrument),
            "cnn_network_id": others(found, lambda p: p.extractor or ""),
            "access": [p.project_id for p in found if p.access != access],
            "status": [p.project_id for p in found if p.status != status],
            "privileges": loners,
            "freecols": strange,
        },
    )


def shared(found: Sequence[Project], property_of: Callable[[Project], str]) -> str:
    """What all projects say alike, or nothing."""
    values = {property_of(p) for p in found}
    return values.pop() if len(values) == 1 else ""


def others(found: Sequence[Project], property_of: Callable[[Project], str]) -> list[int]:
    """The projects that say otherwise than the first."""
    return [p.project_id for p in found if property_of(p) != property_of(found[0])]


def merged(fields: Sequence[str]) -> list[str]:
    """Lines `field=label` of several projects; the first of a field wins."""
    lines = [line for text in fields for line in text.splitlines() if "=" in line]
    return list({line.split("=")[0].strip(): line for line in reversed(lines)}.values())[::-1]


def common_members(
    conn: Connection, found: Sequence[Project]
) -> tuple[dict[str, list[User]], list[int]]:
    """Who holds the same in all projects, and the projects that have other members too."""
    held = {p.project_id: set[tuple[int, str]]() for p in found}
    for member in users.members(conn, [p.project_id for p in found]):
        held[member.project_id].add((member.user_id, member.privilege))
    common = set[tuple[int, str]].intersection(*held.values()) if held else set[tuple[int, str]]()
    people = guests.people_by_id(conn, [user_id for user_id, _ in common])
    return {
        privilege: [people[user_id] for user_id, what in sorted(common) if what == privilege]
        for privilege in Privilege
    }, [project_id for project_id, members in held.items() if members != common]


def common_columns(found: Sequence[Project]) -> tuple[dict[str, dict[str, str]], list[int]]:
    """Free columns that all projects have, by level, and the projects that have others too."""
    if not found:
        return {}, []
    levels: dict[int, dict[str, dict[str, str]]] = {
        p.project_id: projects.columns_of(p) for p in found
    }
    first = levels[found[0].project_id]
    common = {
        level: {
            name: place
            for name, place in columns.items()
            if all(name in each[level] for each in levels.values())
        }
        for level, columns in first.items()
    }
    strange = [
        project_id
        for project_id, each in levels.items()
        if any(set(each[level]) != set(common[level]) for level in common)
    ]
    return common, strange
