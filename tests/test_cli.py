"""The command line: what it prints, where, and with which exit status."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from PIL import Image

import given
from calanus import cli
from calanus.cli.shell import run, table
from calanus.kit.db import connect
from instrument_files import new_bin


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        return json.loads(self.out)


class Calanus(Protocol):
    def __call__(self, *words: str) -> Said: ...


@pytest.fixture
def calanus(
    clone: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Calanus]:
    """Type a command, on an installation of one's own."""
    monkeypatch.setenv("CALANUS_DATABASE_URL", clone)
    monkeypatch.setenv("CALANUS_ADMIN_PASSWORD", given.PASSWORD)

    def type_(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["calanus", "--data", str(tmp_path / "data"), *words])
        status = run(cli.app)
        out, err = capsys.readouterr()
        return Said(status, out, err)

    yield type_
    cli.asked.data, cli.asked.acting = None, ""


def test_help_is_there_without_heavy_libraries() -> None:
    script = (
        "import sys, calanus.cli\n"
        "heavy = {'numpy', 'polars', 'sklearn', 'fastapi', 'psycopg', 'onnxruntime'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout == "[]\n"


def test_a_project_is_made_and_listed(calanus: Calanus) -> None:
    made = calanus("project", "create", "Tara leg 3", "--instrument", "zooscan", "--json")

    assert (made.status, made.json) == (0, {"project_id": 1})
    [listed] = calanus("project", "list", "--json").json["projects"]
    assert (listed["title"], listed["instrument"], listed["objects"]) == (
        "Tara leg 3",
        "zooscan",
        0,
    )
    assert "Tara leg 3" in calanus("project", "list").out


def test_the_first_start_shows_a_password_once(
    calanus: Calanus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CALANUS_ADMIN_PASSWORD")

    first = calanus("project", "list", "--json")
    again = calanus("project", "list", "--json")

    assert "with the password" in first.err
    assert first.json == {"projects": []}
    assert again.err == ""


def test_stats_count_by_state(calanus: Calanus, clone: str) -> None:
    with connect(clone) as conn:
        project = given.project(conn)
        given.objects(conn, project, 3, taxon=given.COPEPODA, state="V")
        given.objects(conn, project, 2)

    said = calanus("project", "stats", str(project.project_id), "--json")

    assert said.json == {
        "objects": 5,
        "validated": 3,
        "predicted": 0,
        "dubious": 0,
        "unclassified": 2,
        "taxa": 1,
    }


def test_a_mistake_is_a_sentence_and_status_1(calanus: Calanus) -> None:
    plain = calanus("project", "stats", "99")
    asked = calanus("project", "stats", "99", "--json")

    sentence = "There is no project 99, or you may not see it."
    assert (plain.status, plain.out, plain.err) == (1, "", f"{sentence}\n")
    assert (asked.status, asked.json) == (1, {"errors": [sentence]})


def test_a_command_written_wrongly_is_status_2(calanus: Calanus) -> None:
    assert calanus("project", "stats", "first").status == 2
    assert calanus("no-such-command").status == 2


def test_commands_ask_the_policy_for_whom_they_act(
    calanus: Calanus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{given.PASSWORD}\n"))
    made = calanus("user", "create", "ann@lab.example", "--name", "Ann Otator", "--password-stdin")
    assert made.status == 0

    refused = calanus("--as", "ann@lab.example", "project", "create", "Mine")
    unknown = calanus("--as", "nobody@lab.example", "project", "list")

    assert (refused.status, "an application manager may" in refused.err) == (1, True)
    assert (unknown.status, unknown.err) == (1, "There is no account for nobody@lab.example.\n")


def test_a_made_up_password_is_shown_once(calanus: Calanus) -> None:
    said = calanus("user", "create", "ann@lab.example", "--name", "Ann Otator", "--json")

    assert said.json["email"] == "ann@lab.example"
    assert "it is shown this once" in said.err


def test_taxa_go_in_and_out(calanus: Calanus, tmp_path: Path) -> None:
    file = tmp_path / "taxa.tsv"
    file.write_text("id\tparent_id\tname\ttaxotype\n1\t\tBiota\tP\n7\t6\tCopepoda\tP\n")

    said = calanus("taxonomy", "import", str(file), "--json")

    assert (said.json["added"], said.json["updated"]) == (1, 1)
    assert said.json["removed"] > 100
    assert "1 of 2 taxa name a parent that is absent" in said.err
    assert calanus("taxonomy", "export", str(file), "--json").json["taxa"] == 2
    assert "Copepoda" in file.read_text()


def test_all_errors_of_a_taxonomy_file_are_told(calanus: Calanus, tmp_path: Path) -> None:
    file = tmp_path / "taxa.tsv"
    file.write_text("id\tparent_id\tname\nx\t\tBiota\n2\ty\tCopepoda\n")

    said = calanus("taxonomy", "import", str(file), "--json")

    assert (said.status, len(said.json["errors"])) == (1, 2)
    assert calanus("taxonomy", "import", str(tmp_path / "absent.tsv")).status == 1


def test_a_setting_that_is_not_right_is_said(
    calanus: Calanus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALANUS_PORT", "ahoy")

    said = calanus("project", "list")

    assert (said.status, said.err.startswith("A setting is not right: port:")) == (1, True)


def test_a_table_has_its_numbers_on_the_right() -> None:
    assert table([("what", "n"), ("eggs", 1200)]) == "what  n\neggs  1,200"
    assert table([("n", 5), ("said", "a" * 60)]).splitlines()[0] == "n     5"
    assert table([]) == ""


def drawings(folder: Path) -> Path:
    """Bare images: two folders named after taxa, and some that nobody has identified."""
    for name, side in (("Copepoda", 20), ("round ones", 40), ("unlabelled", 30)):
        (folder / name).mkdir(parents=True)
        for n in range(12):
            Image.new("L", (side + n, side), 10 * n).save(folder / name / f"{n}.png")
    return folder


def test_an_instrument_s_files_are_recognised_among_bare_images(
    calanus: Calanus, tmp_path: Path
) -> None:
    calanus("project", "create", "First")
    new_bin(tmp_path / "bins", [(12, 10)])

    loaded = calanus("import", "1", str(tmp_path / "bins"), "--json")
    refused = calanus("import", "1", str(tmp_path / "bins"), "--instrument", "flowcam")

    assert (loaded.status, loaded.json["instrument"], loaded.json["objects"]) == (0, "IFCB", 1)
    assert "These are files of the instrument “IFCB”: 1 bin(s)." in loaded.err
    assert refused.status == 1
    assert "holds nothing of the instrument “FlowCam”" in refused.err


@given.vaults_close_late
def test_exports_are_asked_for_with_options(calanus: Calanus, clone: str, tmp_path: Path) -> None:
    with connect(clone) as conn:
        head = given.application_manager(conn)
        first, second = given.project(conn), given.project(conn)
        for project in (first, second):
            given.objects(conn, project, 2, taxon=given.COPEPODA, state="V", by=head)
    p, q = first.project_id, second.project_id
    out = tmp_path / "out"
    out.mkdir()
    both = ("--out", str(out), "--json", "--projects", str(q))

    sums = calanus(
        "export", str(p), "--kind", "summary", *both, "--by", "none",
        "--quantity", "abundance", "--quantity", "concentration",
        "--formula", "subsample_coef=0.5", "--formula", "total_water_volume = 4",
    )  # fmt: skip
    tables = calanus(
        "export", str(p), "--kind", "general", *both, "--split", "taxon", "--images", "none",
        "--format", "both", "--state", "V", "--taxa", str(given.BIOTA),
    )  # fmt: skip
    nothing = calanus("export", str(p), "--kind", "general", *both, "--state", "D")
    refused = calanus("export", str(p), "--kind", "summary", *both, "--quantity", "biovolume")
    wrong = calanus("export", str(p), "--kind", "summary", *both, "--formula", "coefficient")

    assert Path(sums.json["file"]).read_text().splitlines() == [
        "status\ttaxonid\tcount\tconcentration",
        "V\tCopepoda\t4\t2.0",
    ]
    with zipfile.ZipFile(tables.json["file"]) as archive:
        assert {"ecotaxa_Copepoda.tsv", "ecotaxa_Copepoda.parquet"} < set(archive.namelist())
    assert tables.json["rowcount"] == 4
    assert "nothing but its log" in nothing.err
    assert (refused.status, "no formula for individual_volume" in refused.err) == (1, True)
    assert (wrong.status, "name=expression" in wrong.err) == (1, True)


def test_the_loop_from_bare_images_to_an_export_and_back(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    calanus("project", "create", "Second")
    folder = str(drawings(tmp_path / "images"))

    asks = calanus("import", "1", folder, "--folders-as-taxa", "--json")
    assert (asks.status, asks.json["missing_taxa"]) == (3, ["round ones"])
    assert calanus("project", "stats", "1", "--json").json["objects"] == 0

    loaded = calanus("import", "1", folder, "--folders-as-taxa", "--parent", "Copepoda", "--json")
    assert (loaded.status, loaded.err) == (0, "")
    assert calanus("project", "stats", "1", "--json").json["validated"] == 24

    predicted = calanus("predict", "1", "--learn-from", "1", "--no-deep", "--json")
    assert (predicted.status, predicted.json["rowcount"]) == (0, 12)

    out = tmp_path / "first.zip"
    written = calanus("export", "1", "--kind", "general", "--out", str(out), "--json")
    assert (written.json["rowcount"], written.json["file"]) == (36, str(out))

    again = calanus("import", "2", str(out), "--json")
    assert again.status == 0
    stats = [calanus("project", "stats", n, "--json").json for n in ("1", "2")]
    assert stats[0] == stats[1]
    assert calanus("doctor", "--json").json["ok"]


def test_bare_images_take_what_holds_for_all_of_them(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    folder = str(drawings(tmp_path / "images"))
    form = tmp_path / "net7.txt"
    form.write_text("# a net\nlatitude = 97\ntaxolb=Copepoda\nuserlb=1\nstatus=V\n\n")

    wrong = calanus("import", "1", folder, "--values", str(form), "--json")
    assert wrong.status == 1
    assert [error.split(":")[0] for error in wrong.json["errors"]] == ["latitude", "datelb"]
    for typed in ("nonsense", str(tmp_path)):
        assert "neither field=value nor" in calanus("import", "1", folder, "--values", typed).err

    form.write_text(form.read_text().replace("97", "43.7"))
    told = calanus(
        "import", "1", folder, "--values", str(form), "--values", "datelb=20260614", "--json"
    )
    assert (told.status, told.json["nb_images"]) == (0, 36)
    assert calanus("project", "stats", "1", "--json").json["validated"] == 36


def test_what_came_without_measures_is_measured(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    package = drawings(tmp_path / "images")
    names = [file.relative_to(package).as_posix() for file in sorted(package.rglob("*.png"))]
    rows = "".join(f"{name}\t{name}\n" for name in names)
    (package / "ecotaxa_a.tsv").write_text(f"object_id\timg_file_name\n[t]\t[t]\n{rows}")
    calanus("import", "1", str(package))

    measured = calanus("measure", "1", "--json")

    assert (measured.status, measured.json) == (0, {"measured": len(names), "without_image": 0})
    assert calanus("measure", "1").out == "0 object(s) measured.\n"


def test_an_answer_lets_the_import_proceed(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    folder = str(drawings(tmp_path / "images"))
    answers = tmp_path / "answers.json"
    answers.write_text('{"taxa": {"round ones": 1}}')

    said = calanus("import", "1", folder, "--folders-as-taxa", "--answers", str(answers))

    assert said.status == 0
    assert calanus("project", "stats", "1", "--json").json["taxa"] == 2


def test_a_package_with_errors_is_refused_with_all_of_them(
    calanus: Calanus, tmp_path: Path
) -> None:
    calanus("project", "create", "First")
    table_ = tmp_path / "package/ecotaxa_net7.tsv"
    table_.parent.mkdir()
    table_.write_text(
        "object_id\timg_file_name\tobject_lat\n[t]\t[t]\t[f]\no1\tabsent.png\t97.5\n\tgone.png\t0\n"
    )

    said = calanus("import", "1", str(table_.parent), "--json")

    assert said.status == 1
    assert len(said.json["errors"]) >= 3
    assert all("line" in sentence for sentence in said.json["errors"])


def test_what_is_not_there_is_said(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    nothing = tmp_path / "nothing"

    assert calanus("import", "1", str(nothing)).err == f"There is nothing at {nothing}.\n"
    drawn = str(drawings(tmp_path / "images"))
    said = calanus("import", "1", drawn, "--folders-as-taxa", "--parent", "Nowhere")
    assert (said.status, said.err) == (1, "No taxa are called “Nowhere”. Give an id.\n")
    said = calanus("bench", "--suite", "learning")
    assert (said.status, "--data FOLDER" in said.err) == (1, True)


def test_a_package_is_tried_then_loaded_then_updated(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    package = tmp_path / "package"
    package.mkdir()
    Image.new("L", (8, 8), 200).save(package / "a.png")
    table_ = package / "ecotaxa_net7.tsv"
    table_.write_text("object_id\timg_file_name\tobject_area\n[t]\t[t]\t[f]\no1\ta.png\t5\n")
    idle = calanus("import", "1", str(package), "--parent", "Copepoda")
    assert (idle.status, "with tables: --parent does nothing" in idle.err) == (1, True)

    tried = calanus("import", "1", str(package), "--dry-run")
    assert (tried.status, "objects created" in tried.out) == (0, True)
    assert "processes created" in tried.out
    assert calanus("project", "stats", "1", "--json").json["objects"] == 0

    assert calanus("import", "1", str(package)).status == 0
    table_.write_text("object_id\tobject_area\n[t]\t[f]\no1\t\n")
    updated = calanus("import", "1", str(package), "--update", "meta", "--json")
    assert updated.json["updated"]["object"] == 1
    assert "1 empty cell(s) erase a value" in updated.err


def test_all_errors_of_a_package_go_to_a_file(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    table_ = tmp_path / "package/ecotaxa_net7.tsv"
    table_.parent.mkdir()
    table_.write_text("object_id\timg_file_name\n[t]\t[t]\no1\tabsent.png\n")
    out = tmp_path / "lists/errors.tsv"

    said = calanus("import", "1", str(table_.parent), "--errors", str(out))

    assert said.status == 1
    kind, file, line, *_ = out.read_text().splitlines()[1].split("\t")
    assert (kind, file, line) == ("E14", "ecotaxa_net7.tsv", "3")


def test_a_table_saved_as_csv_is_not_passed_over(calanus: Calanus, tmp_path: Path) -> None:
    calanus("project", "create", "First")
    package = tmp_path / "package"
    package.mkdir()
    Image.new("L", (8, 8), 200).save(package / "a.png")
    (package / "ecotaxa_net7.csv").write_text("object_id,img_file_name\no1,a.png\n")

    said = calanus("import", "1", str(package))

    assert (said.status, "there is ecotaxa_net7.csv" in said.err) == (1, True)
