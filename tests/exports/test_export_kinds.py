"""Small exports of each kind, to the byte (contract 3.2 to 3.6)."""

import io
import zipfile
from datetime import date, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import exported
import given
from calanus.exports import service, summaries
from calanus.exports.archive import Archive
from calanus.exports.source import merged
from calanus.exports.summaries import Wanted
from calanus.exports.types import ExportReq, GeneralExportReq, SummaryExportReq
from calanus.exports.writer import Into, Package
from calanus.files.vault import PackWriter, Vault
from calanus.kit.db import Connection, execute
from calanus.kit.settings import Settings
from calanus.objects.filters import ProjectFilters
from calanus.projects.service import record_columns
from calanus.projects.types import Project
from calanus.users.types import User

pytestmark = given.vaults_close_late

BOM = "\ufeff"


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection, head: User, settings: Settings) -> Project:
    """The small project; the first copepod has a note, and two images of the same name."""
    made = exported.project(conn, head)
    p = made.project_id
    execute(
        conn,
        "UPDATE object_values SET texts = ARRAY['a \"note\"'] WHERE object_id = %(o)s",
        o=p * 10**8 + 1,
    )
    vault = Vault(settings.data / "vault")
    with PackWriter(vault, p, 1) as pack:
        for rank in (0, 100):
            place = pack.append("image", b"bytes of %d" % rank)
            values = {"p": p, "o": p * 10**8 + 1, "i": p * 10**9 + rank, "rank": rank}
            execute(
                conn,
                "INSERT INTO images VALUES (%(p)s, %(o)s, %(i)s, %(at)s, 1, %(n)s, 9, 9, %(rank)s,"
                " '\\x00', 'raw/A.PNG')",
                at=place.position,
                n=place.length,
                **values,
            )
        pack.finish()
    execute(
        conn,
        "INSERT INTO packs VALUES (%(p)s, 1, %(path)s, %(b)s)",
        p=p,
        path=pack.path,
        b=pack.bytes,
    )
    return made


class Export:
    """Write packages and read them."""

    def __init__(self, conn: Connection, settings: Settings, folder: Path, head: User) -> None:
        self.conn, self.settings, self.folder, self.head = conn, settings, folder, head

    def __call__(
        self, projects: list[Project], package: Package, wanted: ProjectFilters | None = None
    ) -> dict[str, bytes]:
        path = self.folder / "out.zip"
        with Archive(path, at=given.NOON) as archive:
            into = Into(archive, Vault(self.settings.data / "vault"), "base")
            filters = wanted or ProjectFilters()
            service.write_package(self.conn, projects, package, filters, into=into, by=self.head)
        with zipfile.ZipFile(path) as made:
            assert len(set(made.namelist())) == len(made.namelist())
            return {name: made.read(name) for name in made.namelist()}

    def general(self, projects: list[Project], **asked: Any) -> dict[str, bytes]:
        request = GeneralExportReq.model_validate({"project_id": 1, **asked})
        return self(projects, service.general(merged(projects), request, comments=False))

    def old(self, projects: list[Project], **asked: Any) -> dict[str, bytes]:
        request = ExportReq.model_validate({"project_id": 1, **asked})
        return self(projects, service.old(merged(projects), request, comments=False))


@pytest.fixture
def export(conn: Connection, settings: Settings, tmp_path: Path, head: User) -> Export:
    return Export(conn, settings, tmp_path, head)


def lines(data: bytes, encoding: str = "utf-8") -> list[str]:
    return data.decode(encoding).split("\n")


def test_annotations_alone_to_the_byte(export: Export, tara: Project, head: User) -> None:
    made = export.general([tara], only_annotations=True, with_images="all", split_by="taxon")

    assert list(made) == ["ecotaxa_base.tsv"]
    o = tara.project_id * 10**8
    who = f'"{head.name}"\t"{head.email}"\t"20250621"\t"120000"'
    assert lines(made["ecotaxa_base.tsv"]) == [
        BOM + '"object_id"\t"object_annotation_status"\t"object_annotation_person_name"\t'
        '"object_annotation_person_email"\t"object_annotation_date"\t"object_annotation_time"\t'
        '"object_annotation_category"\t"object_annotation_category_id"',
        "\t".join(['"[t]"'] * 8),
        *[f'"obj_{o + n}"\t"validated"\t{who}\t"Copepoda"\t10' for n in (1, 2, 3)],
        f'"obj_{o + 4}"\t"predicted"\t""\t""\t""\t""\t"detritus"\t20',
        f'"obj_{o + 5}"\t""\t""\t""\t""\t""\t""\t""',
        "",
    ]


def test_a_backup_to_the_byte(export: Export, tara: Project, head: User) -> None:
    made = export([tara], service.backup(merged([tara]), comments=False))

    assert list(made) == [
        "station_1/raw/A.PNG",
        "station_1/100/raw/A.PNG",
        "station_1/ecotaxa_station_1.tsv",
    ]
    o = tara.project_id * 10**8
    header, types, first, second, end = lines(made["station_1/ecotaxa_station_1.tsv"])
    assert header.startswith(BOM + '"img_file_name"\t"img_rank"\t"object_id"\t"object_lat"\t')
    assert types.split("\t")[:4] == ['"[t]"', '"[t]"', '"[t]"', '"[f]"']
    rest = (
        f'"obj_{o + 1}"\t43.5\t7.5\t"20260621"\t"120000"\t""\t10.0\t20.0\t"validated"\t'
        f'"{head.name}"\t"{head.email}"\t"20250621"\t"120000"\t"Copepoda"\t10\t516.0\t'
        '"a ""note"""\t"station_1"\t""\t"100"\t"station_1"\t"10.6"\t"station_1"\t""\t"2"'
    )
    assert first == f'"raw/A.PNG"\t0\t{rest}'
    assert second == f'"100/raw/A.PNG"\t100\t{rest}'
    assert end == ""


def test_an_old_table_with_all_its_options(export: Export, tara: Project) -> None:
    made = export.old(
        [tara],
        exp_type="TSV",
        use_latin1=True,
        coma_as_separator=True,
        format_dates_times=False,
        tsv_entities="o",
        split_by="sample",
    )

    assert list(made) == ["ecotaxa_station_1.tsv", "ecotaxa_station_2.tsv"]
    o = tara.project_id * 10**8
    header, first, *_ = lines(made["ecotaxa_station_2.tsv"], "latin-1")
    assert header.endswith(
        '"object_annotation_hierarchy"\t"object_area"\t"object_note"\t"sample_id"\t'
        '"sample_dataportal_descriptor"\t"sample_tot_vol"'
    )
    assert first == (
        f'"obj_{o + 4}"\t"43,5"\t"7,5"\t"20260621"\t"120000"\t""\t"10,0"\t"20,0"\t"predicted"\t'
        '""\t""\t""\t""\t"detritus"\t"detritus"\t"100,0"\t""\t"station_2"\t""\t"100"'
    )


def test_comments_have_a_column_without_types_and_where_asked_for(
    export: Export, tara: Project
) -> None:
    plain = export.general([tara])["ecotaxa_base.tsv"]
    typed = export.general([tara], with_types_row=True)["ecotaxa_base.tsv"]
    asked = export.old([tara], exp_type="TSV", tsv_entities="C")["ecotaxa_base.tsv"]
    spared = export.old([tara], exp_type="TSV", tsv_entities="O")["ecotaxa_base.tsv"]

    assert '"object_annotation_hierarchy"\t"complement_info"\t"object_area"' in lines(plain)[0]
    assert lines(asked)[0].endswith('"object_annotation_hierarchy"\t"complement_info"')
    assert b"complement_info" not in typed + spared


def test_latin_1_has_no_mark_and_no_foreign_letters(
    export: Export, conn: Connection, tara: Project
) -> None:
    execute(conn, "UPDATE samples SET orig_id = 'été Ω' WHERE orig_id = 'station_1'")

    made = export.old([tara], exp_type="TSV", use_latin1=True, tsv_entities="S")

    assert made["ecotaxa_base.tsv"].startswith(b'"object_id"')
    assert b'"\xe9t\xe9 ?"' in made["ecotaxa_base.tsv"]


def test_a_published_package_names_images_after_taxon_and_object(
    export: Export, tara: Project
) -> None:
    made = export.old([tara], exp_type="DOI", with_images=True, with_internal_ids=True)

    o = tara.project_id * 10**8 + 1
    images = [f"images/Copepoda__10/{o}_0.png", f"images/Copepoda__10/{o}_100.png"]
    assert list(made) == [*images, "ecotaxa_base.tsv"]
    header, first, *_ = lines(made["ecotaxa_base.tsv"])
    assert header.endswith('"acq_sub_part"\t"objid"')
    assert '"object_annotation_category_id"' in header
    assert first.startswith(f'"{images[0]}"\t0\t')
    assert first.endswith(f"\t{o}")


def test_an_old_backup_without_images_names_them_only(export: Export, tara: Project) -> None:
    made = export.old([tara], exp_type="BAK")

    assert list(made) == ["station_1/ecotaxa_station_1.tsv"]
    assert '"100/raw/A.PNG"\t100' in lines(made["station_1/ecotaxa_station_1.tsv"])[3]


def test_a_third_image_of_the_same_name_and_rank_has_a_place_of_its_own(
    export: Export, conn: Connection, tara: Project
) -> None:
    p = tara.project_id
    for n in (2, 3):
        execute(
            conn,
            """
            INSERT INTO images SELECT project_id, object_id + %(n)s - 1, image_id + %(n)s,
                                      position, pack_id, length, 9, 9, 0, hash, orig_file_name
                                 FROM images WHERE project_id = %(p)s AND rank = 0
                                  AND object_id = %(o)s
            """,
            n=n,
            p=p,
            o=p * 10**8 + 1,
        )

    made = export.general([tara], with_images="first")

    assert [name for name in made if name.endswith("PNG")] == [
        "base/raw/A.PNG",
        "base/0/raw/A.PNG",
        f"base/0/{p * 10**8 + 3}/raw/A.PNG",
    ]


def test_projects_share_one_table_with_the_columns_of_all(
    export: Export, conn: Connection, tara: Project, head: User
) -> None:
    other = exported.project(conn, head, title="Another leg")
    columns = {
        "object": {"mean": "n01", "area": "t01"},
        "sample": {"ship": "t01"},
        "acquisition": {},
        "process": {"pixel": "t01"},
    }
    record_columns(conn, other.project_id, columns, loaded_files=[])
    execute(
        conn,
        "UPDATE object_values SET texts = ARRAY['large'] WHERE project_id = %(p)s",
        p=other.project_id,
    )
    both = [tara, given.refreshed(conn, other, head)]

    made = export.general(both, with_types_row=True)

    read = pl.read_csv(io.BytesIO(made["ecotaxa_base.tsv"]), separator="\t", infer_schema=False)
    types, first, last = read.rows(named=True)[0], *read.rows(named=True)[1::9]
    free = ["object_area", "object_note", "object_mean", "sample_tot_vol", "sample_ship"]
    assert len(read) == 11
    assert [types[name] for name in free] == ["[t]", "[t]", "[f]", "[t]", "[t]"]
    assert [first[name] for name in free] == ["516.0", 'a "note"', "", "100", ""]
    assert [last[name] for name in free] == ["large", "", "100.0", "", "100"]
    assert (first["process_pixel"], last["acq_sub_part"]) == ("10.6", "")


def test_parquet_keeps_dates_and_numbers(export: Export, tara: Project) -> None:
    made = export.general([tara], format="both", with_internal_ids=True, with_images="all")

    assert {"ecotaxa_base.tsv", "ecotaxa_base.parquet"} < set(made)
    table = pl.read_parquet(io.BytesIO(made["ecotaxa_base.parquet"]))
    text = lines(made["ecotaxa_base.tsv"])[0].removeprefix(BOM).replace('"', "").split("\t")
    assert table.columns == text
    row = table.row(1, named=True)
    assert (row["object_date"], row["object_time"]) == (date(2026, 6, 21), time(12))
    assert row["object_annotation_date"] == date(2025, 6, 21)
    assert (row["object_area"], row["img_rank"], row["object_link"]) == (516.0, 100, None)
    metadata = pl.read_parquet_metadata(io.BytesIO(made["ecotaxa_base.parquet"]))
    assert metadata["creator"] == "Calanus"


def test_parquet_alone_split_by_taxon(export: Export, tara: Project) -> None:
    made = export.general([tara], format="parquet", split_by="taxon")

    assert list(made) == [
        "ecotaxa_None.parquet",
        "ecotaxa_Copepoda.parquet",
        "ecotaxa_detritus.parquet",
    ]
    assert len(pl.read_parquet(io.BytesIO(made["ecotaxa_Copepoda.parquet"]))) == 3


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("none", ["display_name\tnbr", "\t1", "Copepoda\t3", "detritus\t1"]),
        (
            "sample",
            [
                "sample_id\tlatitude\tlongitude\tdate\tdisplay_name\tnbr",
                "station_1\t43.5\t7.5\t2026-06-21\tCopepoda\t3",
                "station_2\t\t\t2026-06-21\t\t1",
                "station_2\t\t\t2026-06-21\tdetritus\t1",
            ],
        ),
        (
            "acquisition",
            [
                "sample_id\tacquis_id\tdisplay_name\tnbr",
                "station_1\tstation_1\tCopepoda\t3",
                "station_2\tstation_2\t\t1",
                "station_2\tstation_2\tdetritus\t1",
            ],
        ),
    ],
)
def test_the_old_summary_to_the_byte(
    conn: Connection, tara: Project, head: User, tmp_path: Path, by: str, expected: list[str]
) -> None:
    execute(
        conn,
        "UPDATE samples SET latitude = 43.5, longitude = 7.5 WHERE orig_id = 'station_1'",
    )
    request = SummaryExportReq.model_validate({"project_id": 1, "summarise_by": by})
    said: list[str] = []
    wanted = Wanted(request, ProjectFilters(), head, said.append)

    count = summaries.write_old(conn, [tara], wanted, tmp_path / "sum.tsv")

    assert (tmp_path / "sum.tsv").read_bytes().decode().splitlines() == expected
    assert count == len(expected) - 1
