"""Exports of real rows: which lines, which files, which bytes."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Protocol

import pytest

import given
from calanus.exports import service
from calanus.exports.archive import Archive
from calanus.exports.types import (
    ExportImagesOptionsEnum,
    ExportSplitOptionsEnum,
    GeneralExportReq,
)
from calanus.exports.writer import Into, Package, Written, file_value, inside
from calanus.files.vault import PackWriter, Vault
from calanus.kit.db import Connection, execute
from calanus.kit.settings import Settings
from calanus.objects.filters import ProjectFilters
from calanus.projects.service import columns_of, record_columns
from calanus.projects.types import Project, RightMissing
from calanus.users.types import Privilege, User

pytestmark = given.vaults_close_late

LEVELS = {"object": {"area": "n01", "esd": "n03", "note": "t01"}, "sample": {"net": "t01"}}
Cells = list[dict[str, str]]


class Export(Protocol):
    def __call__(
        self, project: Project, package: Package, wanted: ProjectFilters | None = None
    ) -> tuple[zipfile.ZipFile, Written]: ...


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection, head: User) -> Project:
    """Two samples: three validated copepods, and two objects predicted as detritus."""
    project = given.project(conn)
    given.objects(conn, project, 3, taxon=given.COPEPODA, state="V", by=head)
    given.objects(conn, project, 2, taxon=given.DETRITUS, state="P")
    levels = {"acquisition": {}, "process": {}, **LEVELS}
    record_columns(conn, project.project_id, levels, loaded_files=[])
    execute(
        conn,
        "UPDATE object_values SET texts = ARRAY['said \"so\"'], comment = 'one' || chr(10) || 'two'"
        " WHERE project_id = %(p)s",
        p=project.project_id,
    )
    return given.refreshed(conn, project, head)


def images(conn: Connection, settings: Settings, project: Project, ids: list[int]) -> None:
    """Two images for each object: a vignette, and its original of the same name."""
    vault, project_id = Vault(settings.data / "vault"), project.project_id
    with PackWriter(vault, project_id, 1) as pack:
        for n, object_id in enumerate(ids):
            for rank in (0, 100):
                place = pack.append("image", f"{object_id} {rank}".encode())
                execute(
                    conn,
                    """
                    INSERT INTO images VALUES (%(p)s, %(o)s, %(i)s, %(position)s, 1, %(length)s,
                                               9, 9, %(rank)s, '\\x00', %(name)s)
                    """,
                    p=project_id,
                    o=object_id,
                    i=project_id * 10**9 + 1 + 2 * n + rank // 100,
                    position=place.position,
                    length=place.length,
                    rank=rank,
                    name=f"raw/{n}.png",
                )
        pack.finish()
    execute(
        conn,
        "INSERT INTO packs VALUES (%(p)s, 1, %(path)s, %(b)s)",
        p=project_id,
        path=pack.path,
        b=pack.bytes,
    )


@pytest.fixture
def export(conn: Connection, settings: Settings, tmp_path: Path, head: User) -> Export:
    """Write a package; the zip, open for reading."""

    def write(
        project: Project, package: Package, wanted: ProjectFilters | None = None
    ) -> tuple[zipfile.ZipFile, Written]:
        path = tmp_path / "out.zip"
        with Archive(path, at=given.NOON) as archive:
            into = Into(archive, Vault(settings.data / "vault"), "base")
            filters = wanted or ProjectFilters()
            done = service.write_package(conn, [project], package, filters, into=into, by=head)
        return zipfile.ZipFile(path), done

    return write


def table(archive: zipfile.ZipFile, name: str) -> Cells:
    text = archive.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def general(project: Project, *, comments: bool = True, **asked: object) -> Package:
    request = GeneralExportReq.model_validate({"project_id": project.project_id, **asked})
    return service.general(columns_of(project), request, comments=comments)


def test_a_general_export_tells_all_of_an_object(export: Export, tara: Project, head: User) -> None:
    archive, done = export(tara, general(tara))

    lines = table(archive, "ecotaxa_base.tsv")
    assert done.rows == len(lines) == 5
    first = lines[0]
    assert first["object_id"].startswith("obj_")
    assert (first["object_lat"], first["object_depth_max"]) == ("43.5", "20.0")
    assert (first["object_date"], first["object_time"]) == ("2026-06-21", "12:00:00")
    assert (first["object_esd"], first["object_note"]) == ("", 'said "so"')
    assert (first["complement_info"], first["sample_id"]) == ("one two", "station_1")
    assert first["object_annotation_person_email"] == head.email
    assert first["object_annotation_hierarchy"] == "Biota>Copepoda"
    assert [line["object_annotation_status"] for line in lines] == ["validated"] * 3 + [
        "predicted"
    ] * 2
    assert (lines[4]["object_annotation_date"], lines[4]["object_annotation_person_name"]) == (
        "",
        "",
    )


def test_a_filter_chooses_the_objects(export: Export, tara: Project) -> None:
    _, done = export(tara, general(tara), ProjectFilters(statusfilter="P"))

    assert done.rows == 2


def test_a_split_export_has_a_table_a_taxon(export: Export, tara: Project) -> None:
    archive, _ = export(tara, general(tara, split_by=ExportSplitOptionsEnum.TAXON))

    assert archive.namelist() == ["ecotaxa_Copepoda.tsv", "ecotaxa_detritus.tsv"]


def test_an_export_of_nothing_has_no_table(export: Export, tara: Project) -> None:
    archive, done = export(tara, general(tara), ProjectFilters(statusfilter="D"))

    assert (done.rows, archive.namelist()) == (0, [])


def test_internal_ids_and_types_come_when_asked(export: Export, tara: Project) -> None:
    archive, _ = export(tara, general(tara, with_internal_ids=True, with_types_row=True))

    types, *lines = table(archive, "ecotaxa_base.tsv")
    assert (types["object_area"], types["objid"], types["classif_auto_score"]) == (
        "[f]",
        "[t]",
        "[f]",
    )
    assert lines[0]["objid"] == str(tara.project_id * 10**8 + 1)
    assert (lines[0]["classif_auto_score"], lines[4]["classif_auto_score"]) == ("", "0.5")


def test_a_backup_has_a_folder_a_sample(
    export: Export,
    conn: Connection,
    settings: Settings,
    tara: Project,
) -> None:
    ids = [tara.project_id * 10**8 + n for n in (1, 2, 4)]
    images(conn, settings, tara, ids)

    archive, done = export(tara, service.backup(columns_of(tara), comments=False))

    assert done.rows == 6
    lines = table(archive, "station_1/ecotaxa_station_1.tsv")[1:]
    assert [line["img_file_name"] for line in lines] == [
        "raw/0.png",
        "100/raw/0.png",
        "raw/1.png",
        "100/raw/1.png",
    ]
    assert archive.read("station_1/raw/1.png") == f"{ids[1]} 0".encode()
    assert lines[0]["object_annotation_category_id"] == str(given.COPEPODA)


def test_only_the_visible_image_comes_when_asked(
    export: Export,
    conn: Connection,
    settings: Settings,
    tara: Project,
) -> None:
    images(conn, settings, tara, [tara.project_id * 10**8 + 1])

    archive, done = export(tara, general(tara, with_images=ExportImagesOptionsEnum.FIRST))

    assert done.rows == 1
    assert table(archive, "ecotaxa_base.tsv")[0]["img_file_name"] == "base/raw/0.png"
    assert "base/raw/0.png" in archive.namelist()


def test_a_lost_image_is_told_and_the_rest_is_written(
    export: Export,
    conn: Connection,
    settings: Settings,
    tara: Project,
) -> None:
    images(conn, settings, tara, [tara.project_id * 10**8 + 1])
    (settings.data / "vault/packs" / f"{tara.project_id}/1.tar").unlink()

    _, done = export(tara, service.backup(columns_of(tara), comments=False))

    assert (done.rows, len(done.missing)) == (2, 2)


def test_images_ask_for_a_right_of_their_own(conn: Connection, tara: Project) -> None:
    annotator = given.user(conn)
    mine = given.project(conn, member=annotator, privilege=Privilege.ANNOTATE)
    request = GeneralExportReq(project_id=mine.project_id)

    assert service.require(conn, request, images=False, by=annotator)
    with pytest.raises(RightMissing):
        service.require(conn, request, images=True, by=annotator)


def test_names_of_files_stay_inside_the_archive() -> None:
    assert inside("/../a/../b.png") == "a/b.png"
    assert file_value("../net", ExportSplitOptionsEnum.SAMPLE) == ".._net"
    assert file_value("..", ExportSplitOptionsEnum.SAMPLE) == "_"
    assert file_value("egg<other", ExportSplitOptionsEnum.TAXON) == "egg_other"
    assert file_value("", ExportSplitOptionsEnum.TAXON) == "None"
