"""The loop of a scientist, on a real server: bring in, learn, look, decide, write out."""

import re
from pathlib import Path

import polars as pl
import pytest

from calanus.client import Calanus, JobAsks, JobFailed, Project, Question
from client_world import Server
from given import PASSWORD

pytest_plugins = ["client_fixtures"]
pytestmark = pytest.mark.timeout(400)  # several jobs, one after the other

GUIDE = Path(__file__).parents[2] / "docs/howto/python.md"


def test_the_fifteen_lines_of_the_guide_do_the_whole_loop(
    running: Server, email: str, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, *_] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    lines = [line for line in first.splitlines() if line.strip()]
    assert len(lines) <= 15
    monkeypatch.chdir(tmp_path)
    Path("week.zip").write_bytes(package.read_bytes())
    monkeypatch.setenv("CALANUS_URL", running.url)
    with Calanus(running.url, email=email, password=PASSWORD) as calanus:
        monkeypatch.setenv("CALANUS_TOKEN", calanus.token)

    compiled = compile(first, "docs/howto/python.md", "exec")
    world: dict[str, object] = {}
    exec(compiled, world)  # noqa: S102 - our own page

    written = pl.read_parquet("week.parquet")
    assert len(written) == 120
    assert written["taxon"].null_count() == 0
    assert Path("week_backup.zip").stat().st_size > 10_000


def test_a_prediction_touches_only_what_nobody_decided(calanus: Calanus, package: Path) -> None:
    project = calanus.create_project("Learning")
    project.import_package(package)
    before = project.objects(state="validated").frame("object_id", "taxon")
    told: list[str] = []

    job = project.predict(progress=lambda _, doing: told.append(doing))

    assert job.state == "done"
    assert told
    assert project.objects(state="validated").frame("object_id", "taxon").equals(before)
    predicted = project.objects(state="predicted").frame("taxon", "score", order="-score")
    assert len(predicted) == 120 - len(before)
    assert predicted["score"].is_sorted(descending=True)
    assert project.learning_set()["objects"] == len(before)


def test_a_batch_is_taken_back_and_done_again(week: Project) -> None:
    unsure = week.objects(state="unclassified")
    many = unsure.count()

    done = unsure.classify("Copepoda")

    assert (done.changed, week.objects(taxon="Copepoda", state="validated").count()) == (many, many)
    undone = done.undo()
    assert (undone.changed, unsure.count()) == (many, many)
    assert undone.undo().undo().operation == "undo"
    assert unsure.count() == many
    assert [one.undone_by is not None for one in week.history()[-2:]] == [True, False]


def test_a_selection_can_leave_some_out(week: Project) -> None:
    chosen = week.objects(state="validated")
    kept = chosen.ids()[:2]

    done = chosen.without(kept).doubt()

    try:
        assert done.changed == chosen.count() - 2 + done.changed
        assert sorted(week.objects(state="validated").ids()) == kept
    finally:
        done.undo()


def test_a_question_is_answered_beforehand_when_asked_or_later(
    calanus: Calanus, tmp_path: Path
) -> None:
    package = tmp_path / "net"
    write_net(package, taxon="sea monster")
    project = calanus.create_project("Questions")

    asked = project.import_package(package, taxa={"sea monster": "Copepoda"}, dry_run=True)
    assert asked.result["outcome"]["levels"]["object"]["created"] == 1

    met: list[Question] = []

    def ask(question: Question) -> dict[str, dict[str, int | str]]:
        met.append(question)
        return {"taxa": {"sea monster": "Calanoida"}}

    project.import_package(package, ask=ask)  # pyright: ignore[reportArgumentType] a plain dict
    assert [question.taxa for question in met] == [["sea monster"]]
    assert project.objects().frame("taxon")["taxon"].to_list() == ["Calanoida"]

    later = calanus.create_project("Asked later")
    write_net(package, taxon="other monster")
    with pytest.raises(JobAsks, match="“other monster”") as asks:
        later.import_package(package)
    asks.value.job.answer(taxa={"other monster": "Copepoda"}).wait()
    assert later.objects(taxon="Copepoda").count() == 1


def write_net(folder: Path, *, taxon: str, latitude: str = "43.5") -> None:
    """A package of one object."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    Image.new("L", (40, 30), 200).save(folder / "one.png")
    (folder / "ecotaxa_net.tsv").write_text(
        "object_id\timg_file_name\tobject_lat\tobject_annotation_status\t"
        "object_annotation_category\tsample_id\tacq_id\n"
        f"[t]\t[t]\t[f]\t[t]\t[t]\t[t]\t[t]\none\tone.png\t{latitude}\tvalidated\t{taxon}\ts1\ta1\n"
    )


def test_a_failed_import_tells_every_mistake(calanus: Calanus, tmp_path: Path) -> None:
    write_net(tmp_path / "net", taxon="Copepoda", latitude="97.5")
    project = calanus.create_project("Mistakes")

    with pytest.raises(JobFailed, match=r"line 3: object_lat: “97.5” is not a latitude") as failed:
        project.import_package(tmp_path / "net")

    assert len(failed.value.errors) == 1
    assert "97.5" in failed.value.job.all_errors()
    assert "97.5" in failed.value.job.log()
    assert project.objects().count() == 0


def test_bare_images_come_with_their_folders_as_taxa(calanus: Calanus, tmp_path: Path) -> None:
    from PIL import Image

    for name in ("Copepoda", "new beast", "unlabelled"):
        (tmp_path / name).mkdir()
        Image.new("L", (30, 30), 90).save(tmp_path / name / "1.png")
    (tmp_path / ".hidden").write_text("left behind")
    project = calanus.create_project("Bare")

    project.import_images(tmp_path, folders_as_taxa=True, parent="Biota", values={"latitude": 43.5})

    found = project.objects().frame("taxon", "state", "latitude").sort("taxon")
    assert found["taxon"].to_list() == [None, "Copepoda", "new beast"]
    assert found["latitude"].to_list() == [43.5] * 3


def test_a_job_can_be_left_and_stopped(calanus: Calanus, tmp_path: Path) -> None:
    write_net(tmp_path / "net", taxon="nobody knows it")
    project = calanus.create_project("Left")
    with pytest.raises(JobAsks):
        project.import_package(tmp_path / "net")
    [waiting] = [job for job in calanus.jobs() if job.project_id == project.id]

    assert calanus.job(waiting.id).cancel().state == "failed"
    waiting.forget()
    assert project.id not in [job.project_id for job in calanus.jobs()]


def test_events_tell_what_others_do(week: Project) -> None:
    since = week.history()[0].id
    done = week.objects(state="validated").doubt()

    kind, told = next(week.events(since=since))

    assert (kind, told["batch_id"], told["operation"]) == ("batch", done.id, "doubt")
    done.undo()


def test_a_backup_makes_the_same_project_again(
    calanus: Calanus, week: Project, tmp_path: Path
) -> None:
    path = week.export(tmp_path, kind="backup")
    copy = calanus.create_project("A copy")

    copy.import_package(path)

    columns = ("name", "taxon", "state", "sample", "acquisition", "date", "time", "area")
    assert copy.objects().frame(*columns).equals(week.objects().frame(*columns))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_summary_is_a_frame(week: Project) -> None:
    found = week.summary("abundance", state="validated")
    assert found.columns == ["sample", "state", "taxon", "count"]
    assert found["count"].sum() == week.objects(state="validated").count()
    assert set(found["state"]) == {"validated"}

    formulae = {
        "subsample_coef": "1/ssm.sub_part",
        "total_water_volume": "sam.tot_vol",
    }
    dense = week.summary(["abundance", "concentration"], formulae=formulae)
    assert dense["concentration"].dtype == pl.Float64
    assert dense["concentration"].sum() > 0
