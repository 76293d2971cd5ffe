"""Collections: putting projects together, and saying who made them and under what terms."""

from collections.abc import Iterable, Sequence

from calanus.collections import queries
from calanus.collections.types import (
    BadCollection,
    Collection,
    CollectionChange,
    CollectionId,
    CollectionNotFound,
    CollectionPublished,
    Contributor,
    NoSuchTitle,
    Part,
    People,
    ProjectInCollection,
    TitleTaken,
)
from calanus.kit.db import Connection
from calanus.kit.ids import ProjectId
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.users import guests
from calanus.users.policy import Act
from calanus.users.types import Organisation, User

LONGEST = {"title": 255, "short_title": 64, "external_id": 255, "external_id_system": 255}
MOST_PROJECTS = 1000


def require(conn: Connection, user: User, collection_id: int) -> Collection:
    """The collection, for somebody who manages all of its projects.

    Raises:
        CollectionNotFound: there is none, or a project of it is not theirs to manage.
    """
    found = queries.find(conn, collection_id)
    if found is None or not manages(conn, user, found.project_ids):
        raise CollectionNotFound(collection_id)
    return found


def manages(conn: Connection, user: User, project_ids: Sequence[int]) -> bool:
    """Whether somebody may publish all of these projects."""
    return set(project_ids) <= managed(conn, user, project_ids)


def managed(conn: Connection, user: User, project_ids: Iterable[int]) -> set[int]:
    """Of these projects, those that somebody may publish, in two statements however many."""
    found = projects.visible(conn, user, sorted(set(project_ids)))
    return {p.project_id for p in found if Act.PUBLISH in projects.acts_allowed(user, p)}


def projects_of(conn: Connection, collection_id: int, *, by: User) -> list[Project]:
    """The projects of a collection, for somebody who manages them all."""
    found = require(conn, by, collection_id)
    return [projects.require(conn, by, p, Act.PUBLISH) for p in found.project_ids]


def of_project(conn: Connection, project_id: int) -> list[Collection]:
    """The collections a project is in; whoever asks has asked for the right to the project."""
    return queries.of_project(conn, project_id)


def refuse_removal(conn: Connection, project_id: int) -> None:
    """Pass when a project is in no collection: only then may it be removed.

    Raises:
        ProjectInCollection: it is in one.
    """
    holding = queries.of_project(conn, project_id)
    if holding:
        raise ProjectInCollection(project_id, [c.title for c in holding])


def removal_refused(conn: Connection, project_id: int) -> list[str]:
    """Why a project may not be removed, as a sentence; nothing when it may."""
    try:
        refuse_removal(conn, project_id)
    except ProjectInCollection as error:
        return [str(error)]
    return []


def listed(
    conn: Connection, pattern: str = "%", *, ids: Sequence[int] | None = None, by: User
) -> list[Collection]:
    """The collections somebody manages, by title (`%` stands for anything) or by id."""
    found = queries.search(conn, pattern)
    own = managed(conn, by, [p for c in found for p in c.project_ids])
    return [
        c for c in found if set(c.project_ids) <= own and (ids is None or c.collection_id in ids)
    ]


def by_title(conn: Connection, title: str, *, short: bool = False) -> Collection:
    """The collection of exactly this title, or short title: its address for everybody."""
    found = queries.by_short_title(conn, title) if short else queries.by_title(conn, title)
    if found is None:
        raise NoSuchTitle(title)
    return found


def create(conn: Connection, title: str, project_ids: Sequence[int], *, by: User) -> CollectionId:
    """A new collection of projects that the caller manages."""
    title = title.strip()
    check_texts({"title": title})
    wanted = checked_projects(conn, project_ids, by=by)
    made = queries.insert(conn, title)
    if made is None:
        raise TitleTaken(title)
    queries.set_projects(conn, made, wanted)
    return made


def checked_projects(conn: Connection, project_ids: Sequence[int], *, by: User) -> list[int]:
    """Projects that may be put into a collection, held until that is kept.

    Raises:
        BadCollection: there is none, or one of them holds no sample.
        RightMissing: the caller does not manage them all.
    """
    wanted = sorted(set(project_ids))
    if not 1 <= len(wanted) <= MOST_PROJECTS:
        raise BadCollection(f"A collection holds 1 to {MOST_PROJECTS:,} projects.")
    for project_id in wanted:
        project = projects.require(conn, by, project_id, Act.PUBLISH)
        projects.lock(conn, ProjectId(project.project_id))
    empty = queries.without_samples(conn, wanted)
    if empty:
        raise BadCollection(
            f"Project {', '.join(map(str, empty))} holds no sample yet: import into it first, or "
            "leave it out."
        )
    return wanted


def change(
    conn: Connection, collection_id: int, wanted: CollectionChange, *, by: User
) -> Collection:
    """Change what is named of a collection, all of it or nothing."""
    queries.lock(conn, collection_id)
    found = require(conn, by, collection_id)
    values = {name: cleaned(value) for name, value in wanted.values.items()}
    check_texts(values)
    check_titles_free(conn, found, values)
    for name, named in wanted.people.items():
        person = None if named is None else guests.resolve_person(conn, named)
        values[f"{name}_id"] = person.user_id if person else None
    if wanted.project_ids is not None:
        kept = checked_projects(conn, wanted.project_ids, by=by)
        queries.set_projects(conn, found.collection_id, kept)
    queries.update(conn, found.collection_id, values)
    if wanted.users or wanted.organisations or wanted.order:
        change_contributors(conn, found.collection_id, wanted)
    return require(conn, by, collection_id)


def cleaned(value: object) -> object:
    """A text without blanks around it."""
    return value.strip() if isinstance(value, str) else value


def check_texts(values: dict[str, object]) -> None:
    """Refuse texts that no collection can bear."""
    unknown = set(values) - set(queries.SETTABLE)
    if unknown:
        raise BadCollection(f"A collection has no setting {', '.join(sorted(unknown))}.")
    if "title" in values and not values["title"]:
        raise BadCollection("A collection needs a title.")
    for name, most in LONGEST.items():
        text = values.get(name)
        if isinstance(text, str) and len(text) > most:
            what = name.replace("_", " ")
            raise BadCollection(f"A {what} has {most} characters at most, not {len(text)}.")


def check_titles_free(conn: Connection, found: Collection, values: dict[str, object]) -> None:
    """A title is an address: nobody else's. An empty short title is none."""
    if values.get("short_title") == "":
        values["short_title"] = None
    title, short = values.get("title"), values.get("short_title")
    if title or short:
        queries.lock_titles(conn)
    others = [
        (title, queries.by_title(conn, str(title)) if title else None),
        (
            short,
            queries.by_short_title(conn, str(short)) if short and not found.short_title else None,
        ),
    ]
    for name, other in others:
        if other and other.collection_id != found.collection_id:
            raise TitleTaken(str(name))


def delete(conn: Connection, collection_id: int, *, by: User) -> CollectionId:
    """Remove a collection that is not published; its projects stay.

    Raises:
        CollectionPublished: something outside knows it by an id.
    """
    queries.lock(conn, collection_id)
    found = require(conn, by, collection_id)
    if found.is_published:
        raise CollectionPublished(found.external_id)
    queries.delete(conn, found.collection_id)
    return found.collection_id


# --- Contributors --------------------------------------------------------------------------------


def people(conn: Connection, found: Sequence[Collection]) -> dict[int, People]:
    """Everybody these collections name, in three statements however many."""
    members = queries.contributors(conn, [c.collection_id for c in found])
    ids = {m.user_id for m in members} | {i for c in found for i in (c.contact_id, c.provider_id)}
    users = guests.people_by_id(conn, [i for i in ids if i is not None])
    places = guests.organisations_by_id(
        conn, [m.organisation_id for m in members if m.organisation_id is not None]
    )

    def who(member: Contributor) -> User | Organisation:
        if member.user_id is not None:
            return users[member.user_id]
        assert member.organisation_id is not None
        return places[member.organisation_id]

    return {
        c.collection_id: People(
            contact=users.get(c.contact_id or -1),
            provider=users.get(c.provider_id or -1),
            creators=[
                who(m) for m in members if (m.collection_id, m.part) == (c.collection_id, "C")
            ],
            associates=[
                who(m) for m in members if (m.collection_id, m.part) == (c.collection_id, "A")
            ],
        )
        for c in found
    }


def change_contributors(
    conn: Connection, collection_id: CollectionId, wanted: CollectionChange
) -> None:
    """Replace the lists that are named, and put contributors in the order asked for."""
    present = queries.contributors(conn, [collection_id])
    lists = {
        part: contributors_after(conn, [key_of(m) for m in present if m.part == part], part, wanted)
        for part in Part
    }
    refuse_twice(conn, lists)
    queries.forget_contributors(conn, collection_id)
    for part, keys in lists.items():
        queries.set_contributors(conn, collection_id, part, [member_of(key) for key in keys])


def contributors_after(
    conn: Connection, now: list[str], part: Part, wanted: CollectionChange
) -> list[str]:
    """Who has a part after a change, in the order of citing."""
    persons = [key for key in now if key.endswith("_u")]
    places = [key for key in now if key.endswith("_o")]
    if part in wanted.users:
        named = wanted.users[part]
        persons = [f"{guests.resolve_person(conn, who).user_id}_u" for who in named]
    if part in wanted.organisations:
        found = [guests.resolve_organisation(conn, who) for who in wanted.organisations[part]]
        places = [f"{organisation.organisation_id}_o" for organisation in found]
    given = part in wanted.users or part in wanted.organisations
    return in_order([*persons, *places], wanted.order.get(part, () if given else now))


def key_of(member: Contributor) -> str:
    """A contributor as EcoTaxa's display order writes it: 12_u is a person, 7_o an organisation."""
    return f"{member.user_id}_u" if member.user_id is not None else f"{member.organisation_id}_o"


def member_of(key: str) -> tuple[int | None, int | None]:
    """(person, organisation) of a key, one of them nothing."""
    number = int(key[:-2])
    return (number, None) if key.endswith("_u") else (None, number)


def in_order(members: Sequence[str], order: Sequence[str]) -> list[str]:
    """Members without repetition: those of the order first, in its order, then the others."""
    places = {key: place for place, key in reversed(list(enumerate(order)))}
    known = list(dict.fromkeys(members))
    return sorted(known, key=lambda key: places.get(key, len(order)))


def refuse_twice(conn: Connection, lists: dict[Part, list[str]]) -> None:
    """Nobody is both creator and associate."""
    twice = set(lists[Part.CREATOR]) & set(lists[Part.ASSOCIATE])
    ids = [int(key[:-2]) for key in twice if key.endswith("_u")]
    if ids:
        names = ", ".join(user.name for user in guests.people_by_id(conn, ids).values())
        raise BadCollection(f"{names} cannot be both creator and associate: choose one.")


def order_of(found: People) -> dict[Part, list[str]]:
    """The order of citing, as EcoTaxa writes it."""
    return {
        part: [
            f"{who.user_id}_u" if isinstance(who, User) else f"{who.organisation_id}_o"
            for who in members
        ]
        for part, members in ((Part.CREATOR, found.creators), (Part.ASSOCIATE, found.associates))
    }
