"""Bare images with a form for all of them: every field checked, EcoTaxa's names, no doubles."""

from datetime import UTC, date, datetime, time
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import given
from calanus.imports.simple import COLUMNS, read_form
from calanus.kit.db import Connection
from given import COPEPODA, DETRITUS
from lab import Lab, png, zipped

FORM = {
    "imgdate": "20230612",
    "imgtime": "120000",
    "latitude": "43.685",
    "longitude": "7°18 56",
    "depthmin": "10",
    "depthmax": "50.5",
    "status": "D",
    "datelb": "2024-01-31",
}


@pytest.fixture
def signed_in(lab: Lab, web: TestClient) -> TestClient:
    """The laboratory's person at a browser."""
    web.headers.update(given.headers(lab.owner))
    return web


def form_of(lab: Lab, **other: str) -> dict[str, str]:
    """A form that says everything."""
    return FORM | {"taxolb": str(COPEPODA), "userlb": str(lab.owner.user_id)} | other


def nets(lab: Lab) -> Path:
    """Two images, one in a folder below, and a table that nobody reads."""
    (lab.folder / "net").mkdir(parents=True)
    (lab.folder / "one.png").write_bytes(png(shade=10))
    (lab.folder / "net" / "two.png").write_bytes(png(shade=20))
    (lab.folder / "ecotaxa_old.tsv").write_text("this is no table")
    return lab.folder


def sent(web: TestClient, packed: Path) -> str:
    """An archive among the person's files."""
    web.post("/user_files/", files={"file": (packed.name, packed.read_bytes())})
    return packed.stem


def ask(
    web: TestClient, lab: Lab, values: dict[str, str], source: str = "", *, dry_run: bool = False
) -> dict[str, Any]:
    """What the server answers."""
    body = {"source_path": source, "values": values}
    url = f"/simple_import/{lab.project_id}?dry_run={str(dry_run).lower()}"
    answer = web.post(url, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_a_form_says_holds_for_every_image(lab: Lab, signed_in: TestClient) -> None:
    source = sent(signed_in, zipped(nets(lab)))

    asked = ask(signed_in, lab, form_of(lab), source)
    job = lab.run(asked["job_id"])

    assert asked["errors"] == []
    assert (job.kind, job.state, job.errors) == ("SimpleImport", "F", [])
    assert job.result
    assert (job.result["nb_images"], job.result["objects"], job.result["samples"]) == (2, 2, 1)
    names = {md5(path.encode()).hexdigest() for path in ("one.png", "net/two.png")}  # noqa: S324
    assert {o["orig_id"] for o in lab.objects()} == names
    for o in lab.objects():
        assert (o["latitude"], o["longitude"]) == (43.685, pytest.approx(7 + 18 / 60 + 56 / 3600))
        assert (o["depth_min"], o["depth_max"]) == (10, 50.5)
        assert (o["object_date"], o["object_time"]) == (date(2023, 6, 12), time(12))
        assert o["sun_position"] == "D"
        assert (o["taxon_id"], o["state"], o["annotator_id"]) == (COPEPODA, "D", lab.owner.user_id)
        assert o["identified_at"] == datetime(2024, 1, 31, tzinfo=UTC)
    images = lab.find("SELECT orig_file_name FROM images ORDER BY 1")
    assert [image["orig_file_name"] for image in images] == ["net/two.png", "one.png"]
    assert lab.one("SELECT latitude FROM samples") == {"latitude": 43.685}
    assert lab.one("SELECT loaded_files FROM projects") == {"loaded_files": []}


def test_an_empty_form_says_nothing(lab: Lab, signed_in: TestClient) -> None:
    source = sent(signed_in, zipped(nets(lab)))

    job = lab.run(ask(signed_in, lab, dict.fromkeys(FORM, " "), source)["job_id"])

    assert job.state == "F"
    assert {(o["state"], o["latitude"], o["sun_position"]) for o in lab.objects()} == {
        (None, None, "?")
    }


def test_the_same_images_again_add_nothing(lab: Lab, signed_in: TestClient) -> None:
    packed = zipped(nets(lab))
    lab.run(ask(signed_in, lab, form_of(lab), sent(signed_in, packed))["job_id"])

    again = lab.run(ask(signed_in, lab, {}, sent(signed_in, packed))["job_id"])

    assert (again.state, again.result and again.result["nb_images"]) == ("F", 0)
    assert again.result
    assert again.result["infos"] == ["2 image(s) were in the project already."]
    assert len(lab.objects()) == len(lab.find("SELECT 1 FROM images")) == 2
    assert {o["state"] for o in lab.objects()} == {"D"}


def test_another_image_of_a_known_name_is_never_passed_over_in_silence(lab: Lab) -> None:
    lab.load_images(nets(lab))
    (lab.folder / "one.png").write_bytes(png(shade=99))

    job = lab.load_images(lab.folder)

    assert job.state == "E"
    [error] = job.errors
    assert error.startswith("[base]/one.png: another image of this name is in the project already")
    assert len(lab.objects()) == 2


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("imgdate", "20231345", "“20231345” is not a day of the calendar"),
        ("imgtime", "25:00:00", "“25:00:00” is not a time of the day"),
        ("latitude", "97.5", "“97.5” is not a latitude"),
        ("longitude", "east", "“east” is not a longitude"),
        ("depthmin", "1,5", "“1,5” is not a number"),
        ("depthmax", "-inf", "“-inf” is not a number"),
        ("taxolb", "Copepoda", "“Copepoda” is not the number of a taxon"),
        ("taxolb", "987654", "there is no taxon 987654"),
        ("taxolb", "0", "there is no taxon 0"),
        ("userlb", "0", "there is no person 0"),
        ("userlb", "9999999999999", "“9999999999999” is not the number of a person"),
        ("userlb", "me", "“me” is not the number of a person"),
        ("userlb", "987654", "there is no person 987654"),
        ("datelb", "yesterday", "“yesterday” is not a day of the calendar"),
        ("status", "X", "“X” is no state"),
        ("status", "validated", "“validated” is no state"),
        ("latitude", "9" * 300, "the text has 300 characters"),
        ("colour", "red", "no field is called that"),
    ],
)
def test_each_field_is_checked_at_once(
    lab: Lab, signed_in: TestClient, field: str, value: str, told: str
) -> None:
    for dry_run in (True, False):
        answer = ask(signed_in, lab, form_of(lab, **{field: value}), "nothing", dry_run=dry_run)

        assert answer["job_id"] == 0
        [error] = answer["errors"]
        assert error.startswith(f"{field}: {told}")
    assert lab.find("SELECT 1 FROM jobs") == []


@pytest.mark.parametrize("left_out", ["taxolb", "userlb", "datelb", "status"])
def test_an_identification_is_whole_or_absent(
    lab: Lab, signed_in: TestClient, left_out: str
) -> None:
    answer = ask(signed_in, lab, form_of(lab, **{left_out: ""}), dry_run=True)

    [error] = answer["errors"]
    assert error.startswith(f"{left_out}: is missing: taxolb, userlb, datelb, status go together")


def test_all_that_is_wrong_is_told_in_the_order_of_the_form(lab: Lab, conn: Connection) -> None:
    form = read_form(conn, {"status": "V", "latitude": "x", "imgdate": "y", "what": "z"})

    told = [error.split(":")[0] for error in form.errors]
    assert told == ["imgdate", "latitude", "taxolb", "userlb", "datelb", "what"]


def test_every_field_has_its_own_column() -> None:
    assert len(set(COLUMNS.values())) == len(COLUMNS) == 10


def test_a_deprecated_taxon_is_no_target(conn: Connection) -> None:
    given.taxa(conn)
    who = str(given.user(conn).user_id)
    conn.execute(
        "UPDATE taxa SET status = 'D', rename_to = %s WHERE taxon_id = %s", (DETRITUS, COPEPODA)
    )
    identification = {"userlb": who, "datelb": "20240101", "status": "V"}

    form = read_form(conn, {"taxolb": str(COPEPODA)} | identification)

    assert form.errors == [f"taxolb: the taxon Copepoda is deprecated; use {DETRITUS} instead."]


def test_a_dry_run_starts_nothing(lab: Lab, signed_in: TestClient) -> None:
    assert ask(signed_in, lab, form_of(lab), dry_run=True) == {"job_id": 0, "errors": []}
    assert lab.find("SELECT 1 FROM jobs") == []


@pytest.mark.parametrize(("path", "status"), [("nothing", 404), ("../../etc", 422)])
def test_a_source_that_is_not_there_is_told_at_once(
    lab: Lab, signed_in: TestClient, path: str, status: int
) -> None:
    url = f"/simple_import/{lab.project_id}?dry_run=false"

    assert signed_in.post(url, json={"source_path": path, "values": {}}).status_code == status


def test_the_name_of_a_folder_goes_before_the_taxon_of_the_form(lab: Lab) -> None:
    (lab.folder / "detritus").mkdir(parents=True)
    (lab.folder / "detritus" / "a.png").write_bytes(png(shade=1))
    (lab.folder / "b.png").write_bytes(png(shade=2))

    job = lab.load_images(lab.folder, folders_as_taxa=True, values=form_of(lab))

    assert job.state == "F"
    found = {o["orig_id"]: (o["taxon_id"], o["state"]) for o in lab.objects()}
    assert found == {"detritus/a.png": (DETRITUS, "D"), "b.png": (COPEPODA, "D")}


def test_a_prediction_of_the_form_has_no_author(lab: Lab) -> None:
    lab.load_images(nets(lab), values=form_of(lab, status="P"))

    assert {(o["state"], o["annotator_id"], o["score"]) for o in lab.objects()} == {("P", None, 1)}


def test_a_form_that_became_wrong_stops_the_job(lab: Lab) -> None:
    job = lab.load_images(nets(lab), values=form_of(lab, userlb="987654"))

    assert (job.state, job.errors) == ("E", ["userlb: there is no person 987654."])
    assert lab.objects() == []
