"""Collections: what goes in, who is cited in which order, what may be removed."""

import pytest

import given
from calanus.collections import service
from calanus.collections.types import (
    BadCollection,
    Collection,
    CollectionChange,
    CollectionNotFound,
    CollectionPublished,
    Part,
    ProjectInCollection,
    TitleTaken,
)
from calanus.kit.db import Connection, execute
from calanus.projects.types import Project, RightMissing
from calanus.subsets import merging
from calanus.subsets import service as subsets
from calanus.users import guests
from calanus.users.types import BadAccount, Guest, Privilege, User, UserNotFound


@pytest.fixture
def marie(conn: Connection) -> User:
    return given.user(conn, name="Marie Curator")


@pytest.fixture
def tara(conn: Connection, marie: User) -> Project:
    project = given.project(conn, member=marie, privilege=Privilege.MANAGE, access="1")
    given.objects(conn, project, 2, taxon=given.COPEPODA, state="V")
    return project


@pytest.fixture
def collection(conn: Connection, tara: Project, marie: User) -> Collection:
    return service.require(
        conn, marie, service.create(conn, "Copepods", [tara.project_id], by=marie)
    )


def another(conn: Connection, *, member: User | None = None) -> Project:
    project = given.project(conn, member=member, privilege=Privilege.MANAGE)
    given.objects(conn, project, 1)
    return project


def changed(
    conn: Connection, collection: Collection, by: User, change: CollectionChange
) -> Collection:
    return service.change(conn, collection.collection_id, change, by=by)


def test_who_manages_all_projects_gets_the_collection(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    stranger = given.user(conn)

    assert service.projects_of(conn, collection.collection_id, by=marie)[0].title == tara.title
    assert [c.title for c in service.listed(conn, by=marie)] == ["Copepods"]
    assert service.listed(conn, by=stranger) == []
    with pytest.raises(CollectionNotFound):
        service.projects_of(conn, collection.collection_id, by=stranger)


def test_one_project_of_somebody_else_hides_the_collection(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    head = given.application_manager(conn)
    both = [tara.project_id, another(conn).project_id]

    changed(conn, collection, head, CollectionChange(project_ids=both))

    with pytest.raises(CollectionNotFound):
        service.require(conn, marie, collection.collection_id)
    assert service.listed(conn, by=marie) == []


def test_a_project_of_somebody_else_cannot_be_taken_in(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    foreign = another(conn)
    wanted = CollectionChange(project_ids=[tara.project_id, foreign.project_id])

    with pytest.raises(RightMissing):
        changed(conn, collection, marie, wanted)


def test_a_project_without_samples_stays_out(conn: Connection, marie: User) -> None:
    empty = given.project(conn, member=marie, privilege=Privilege.MANAGE)

    with pytest.raises(BadCollection, match="holds no sample"):
        service.create(conn, "Nothing", [empty.project_id], by=marie)
    with pytest.raises(BadCollection, match="1 to"):
        service.create(conn, "Nothing", [], by=marie)


@pytest.mark.parametrize(("title", "error"), [("", BadCollection), ("x" * 256, BadCollection)])
def test_a_title_is_neither_empty_nor_endless(
    conn: Connection, tara: Project, marie: User, title: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.create(conn, title, [tara.project_id], by=marie)


def test_titles_are_addresses(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    with pytest.raises(TitleTaken):
        service.create(conn, " Copepods ", [tara.project_id], by=marie)
    other = service.require(
        conn, marie, service.create(conn, "Others", [tara.project_id], by=marie)
    )
    changed(conn, collection, marie, CollectionChange(values={"short_title": "cop"}))
    with pytest.raises(TitleTaken):
        changed(conn, other, marie, CollectionChange(values={"title": "Copepods"}))
    with pytest.raises(TitleTaken):
        changed(conn, other, marie, CollectionChange(values={"short_title": "cop"}))

    same = changed(conn, collection, marie, CollectionChange(values={"title": "Copepods"}))
    assert same.title == "Copepods"


def test_a_short_title_stays_as_it_was_first_set(
    conn: Connection, collection: Collection, marie: User
) -> None:
    changed(conn, collection, marie, CollectionChange(values={"short_title": ""}))
    first = changed(conn, collection, marie, CollectionChange(values={"short_title": "cop"}))
    second = changed(conn, collection, marie, CollectionChange(values={"short_title": "pods"}))

    assert (first.short_title, second.short_title) == ("cop", "cop")


def test_a_project_leaves_one_collection_and_stays_in_the_others(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    second = another(conn, member=marie)
    both = [tara.project_id, second.project_id]
    other_id = service.create(conn, "Both", both, by=marie)
    changed(conn, collection, marie, CollectionChange(project_ids=both))

    changed(conn, collection, marie, CollectionChange(project_ids=[second.project_id]))

    assert service.require(conn, marie, other_id).project_ids == both
    assert [c.title for c in service.of_project(conn, tara.project_id)] == ["Both"]


def test_people_and_organisations_are_cited_in_the_order_asked(
    conn: Connection, collection: Collection, marie: User
) -> None:
    head = given.application_manager(conn)
    guest = guests.create_guest(conn, Guest("g@sea.example", "Gil Guest", "Sea Lab"), by=head)
    lab = guests.resolve_organisation(conn, "Institut de la Mer (IMEV)")
    order = [f"{lab.organisation_id}_o", f"{guest.user_id}_u", "999_o", "nonsense"]
    wanted = CollectionChange(
        users={Part.CREATOR: [marie.email, guest.user_id]},
        organisations={Part.CREATOR: ["institut de la mer (imev)"], Part.ASSOCIATE: ["New Lab"]},
        order={Part.CREATOR: order},
    )

    changed(conn, collection, marie, wanted)
    people = service.people(conn, [collection])[collection.collection_id]

    assert [who.name for who in people.creators] == [lab.name, "Gil Guest", "Marie Curator"]
    assert [who.name for who in people.associates] == ["New Lab"]
    assert people.institution == lab
    assert lab.code == "IMEV"


def test_a_list_that_is_not_named_stays(
    conn: Connection, collection: Collection, marie: User
) -> None:
    changed(conn, collection, marie, CollectionChange(users={Part.CREATOR: [marie.user_id]}))
    changed(conn, collection, marie, CollectionChange(organisations={Part.CREATOR: ["A lab"]}))

    people = service.people(conn, [collection])[collection.collection_id]
    assert [who.name for who in people.creators] == ["Marie Curator", "A lab"]


def test_nobody_is_both_creator_and_associate(
    conn: Connection, collection: Collection, marie: User
) -> None:
    wanted = CollectionChange(
        users={Part.CREATOR: [marie.user_id], Part.ASSOCIATE: [marie.user_id]}
    )
    with pytest.raises(BadCollection, match="Marie Curator cannot be both"):
        changed(conn, collection, marie, wanted)


@pytest.mark.parametrize(
    ("named", "error"), [(999_999, UserNotFound), ("Nobody Known", BadAccount)]
)
def test_an_unknown_person_is_no_creator(
    conn: Connection,
    collection: Collection,
    marie: User,
    named: int | str,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        changed(conn, collection, marie, CollectionChange(users={Part.CREATOR: [named]}))


def test_two_people_of_one_name_are_told_apart_by_e_mail(
    conn: Connection, collection: Collection, marie: User
) -> None:
    given.user(conn, name="Marie Curator")

    with pytest.raises(BadAccount, match="2 people are called"):
        changed(conn, collection, marie, CollectionChange(people={"contact": "marie curator"}))
    found = changed(conn, collection, marie, CollectionChange(people={"contact": marie.email}))
    assert found.contact_id == marie.user_id


def test_a_published_collection_stays(
    conn: Connection, collection: Collection, marie: User
) -> None:
    changed(conn, collection, marie, CollectionChange(values={"external_id": "doi:10.1/x"}))
    with pytest.raises(CollectionPublished, match="doi:10"):
        service.delete(conn, collection.collection_id, by=marie)

    changed(conn, collection, marie, CollectionChange(values={"external_id": "?"}))
    assert service.delete(conn, collection.collection_id, by=marie) == collection.collection_id
    with pytest.raises(CollectionNotFound):
        service.require(conn, marie, collection.collection_id)


def test_a_project_in_a_collection_cannot_be_removed_but_emptied(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    with pytest.raises(ProjectInCollection, match="Copepods"):
        subsets.remove(conn, tara.project_id, by=marie)

    service.delete(conn, collection.collection_id, by=marie)
    assert subsets.remove(conn, tara.project_id, by=marie).objects == 2


def test_a_project_in_a_collection_is_not_merged_away(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    target = another(conn, member=marie)

    def merge(target_id: int, source_id: int) -> list[str]:
        plan = merging.merge(conn, target_id, source_id, dry_run=False, by=marie, at=given.NOON)
        return plan.errors

    [error] = merge(target.project_id, tara.project_id)
    assert "“Copepods”" in error
    assert merge(tara.project_id, target.project_id) == []
    assert service.require(conn, marie, collection.collection_id).project_ids == [tara.project_id]


def test_a_private_project_makes_a_collection_private(
    conn: Connection, collection: Collection, tara: Project, marie: User
) -> None:
    assert not service.require(conn, marie, collection.collection_id).is_private

    execute(conn, "UPDATE projects SET access = '0' WHERE project_id = %(p)s", p=tara.project_id)

    assert service.require(conn, marie, collection.collection_id).is_private
