"""Removing and checking whole projects."""

from pathlib import Path

import pytest

import given
from calanus.exports import recast
from calanus.exports.types import Recast, RecastOperation, RecastTarget
from calanus.files.vault import PackWriter, Vault
from calanus.kit.db import Connection, execute, fetch_value
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.projects.types import Project, ProjectNotFound, RightMissing
from calanus.subsets import service
from calanus.subsets.queries.whole import TABLES
from calanus.users.policy import Act
from calanus.users.types import Privilege, User


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection, head: User) -> Project:
    project = given.project(conn)
    given.objects(conn, project, 4, taxon=given.COPEPODA, state="V", by=head)
    return project


def pack(conn: Connection, settings: Settings, project: Project) -> Path:
    """One pack of the project's."""
    with PackWriter(Vault(settings.data / "vault"), project.project_id, 1) as writer:
        writer.append("a.png", b"an image")
        writer.finish()
    execute(
        conn,
        "INSERT INTO packs VALUES (%(p)s, 1, %(path)s, %(bytes)s)",
        p=project.project_id,
        path=writer.path,
        bytes=writer.bytes,
    )
    return writer.file


def test_a_removed_project_leaves_no_row_and_no_file(
    conn: Connection, settings: Settings, tara: Project, head: User
) -> None:
    file = pack(conn, settings, tara)

    removed = service.remove(conn, tara.project_id, by=head)
    service.remove_packs(settings.data / "vault", removed.packs)

    assert removed.objects == 4
    assert not file.exists()
    with pytest.raises(ProjectNotFound):
        projects.require(conn, head, tara.project_id, Act.VIEW_IMAGES)


def test_every_table_of_a_project_is_emptied(conn: Connection) -> None:
    named = fetch_value(
        conn,
        """
        SELECT array_agg(table_name::text) FROM information_schema.columns
         WHERE column_name = 'project_id' AND table_schema = 'public'
           AND table_name NOT IN ('projects', 'members', 'preferences', 'jobs', 'counts',
                                  'recasts', 'collection_projects',
                                  'remembered_names', 'relearning',
                                  'changes', 'feature_changes')  -- settings, and versions
        """,
    )

    assert set(named) == set(TABLES)


def test_an_emptied_project_stays_with_its_settings(
    conn: Connection, tara: Project, head: User
) -> None:
    service.remove(conn, tara.project_id, by=head, only_objects=True)

    kept = projects.require(conn, head, tara.project_id, Act.VIEW_IMAGES)
    assert (kept.title, kept.loaded_files) == (tara.title, [])
    assert projects.tallies(conn, [tara.project_id]) == []


def test_an_annotator_may_not_remove_a_project(conn: Connection) -> None:
    annotator = given.user(conn)
    project = given.project(conn, member=annotator, privilege=Privilege.ANNOTATE)

    with pytest.raises(RightMissing):
        service.remove(conn, project.project_id, by=annotator)


def test_all_is_well_with_a_sound_project(
    conn: Connection, settings: Settings, tara: Project, head: User
) -> None:
    pack(conn, settings, tara)

    found = service.check(conn, tara.project_id, vault=settings.data / "vault", by=head)

    assert found == []


def test_what_is_wrong_is_said_in_sentences(
    conn: Connection, settings: Settings, tara: Project, head: User
) -> None:
    pack(conn, settings, tara).write_bytes(b"cut")
    execute(conn, "UPDATE counts SET objects = 9 WHERE project_id = %(p)s", p=tara.project_id)
    execute(conn, "UPDATE objects SET score = 1 WHERE project_id = %(p)s", p=tara.project_id)

    found = service.check(conn, tara.project_id, vault=settings.data / "vault", by=head)

    assert found == [
        "4 validated or dubious object(s) without author, or with a score.",
        "9 object(s) counted for taxon 10 in state V, where there are 4.",
        f"The pack {tara.project_id}/1.tar has 3 bytes, where 2,048 were written.",
    ]


def test_taxa_of_objects_are_in_use(conn: Connection, tara: Project) -> None:
    assert given.COPEPODA in service.taxa_in_use(conn)


def test_taxa_that_a_recast_writes_are_in_use(conn: Connection, tara: Project, head: User) -> None:
    moves = {str(given.COPEPODA): given.CALANOIDA, "5": 0, "6": None}
    target = RecastTarget(tara.project_id)
    recast.keep(conn, target, RecastOperation.PROJECT_EXPORT, Recast(moves), by=head)

    assert given.CALANOIDA in service.taxa_in_use(conn)
    assert 0 not in service.taxa_in_use(conn)
