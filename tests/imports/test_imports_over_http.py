"""Imports asked for over HTTP: from one's own files only, by who may."""

from pathlib import Path
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

import given
from lab import Lab, zipped


@pytest.fixture
def signed_in(lab: Lab, web: TestClient) -> TestClient:
    """The laboratory's person at a browser."""
    web.headers.update(given.headers(lab.owner))
    return web


def test_an_uploaded_package_is_imported(lab: Lab, signed_in: TestClient) -> None:
    packed = zipped(lab.rows("o1|a.png o2|b.png"))
    signed_in.post("/user_files/", files={"file": ("cruise.zip", packed.read_bytes())})

    asked = signed_in.post(
        f"/file_import/{lab.project_id}", json={"source_path": "cruise.zip"}
    ).json()
    done = lab.run(asked["job_id"])

    assert asked["errors"] == []
    assert (done.state, done.result and done.result["rowcount"]) == ("F", 2)
    assert [o["orig_id"] for o in lab.objects()] == ["o1", "o2"]


def test_an_uploaded_folder_of_images_is_imported(lab: Lab, signed_in: TestClient) -> None:
    packed = zipped(lab.package("", "notes.md", a=None))
    signed_in.post("/user_files/", files={"file": ("nets.zip", packed.read_bytes())})

    asked = signed_in.post(f"/folder_import/{lab.project_id}", json={"source_path": "nets"}).json()

    assert lab.run(asked["job_id"]).state == "F"
    assert len(lab.objects()) == 1


@pytest.mark.parametrize(("path", "status"), [("nothing.zip", 404), ("../../etc", 422)])
def test_a_source_that_is_not_there_is_told_at_once(
    lab: Lab, signed_in: TestClient, path: str, status: int
) -> None:
    answer = signed_in.post(f"/file_import/{lab.project_id}", json={"source_path": path})

    assert answer.status_code == status


def test_a_path_of_the_server_cannot_be_asked_for(lab: Lab, signed_in: TestClient) -> None:
    lab.rows("o1|a.png")
    body = {"source_path": "nothing", "local_path": str(lab.folder)}

    answer = signed_in.post(f"/file_import/{lab.project_id}", json=body)

    assert answer.status_code == 404
    assert lab.find("SELECT 1 FROM jobs") == []


@pytest.mark.parametrize("named", ["common:leg/cruise.zip", "common:leg/cruise", "leg/cruise"])
def test_a_package_in_a_server_folder_is_imported_and_stays(
    lab: Lab, signed_in: TestClient, tmp_path: Path, named: str
) -> None:
    (tmp_path / "common/leg").mkdir(parents=True)
    package = zipped(lab.rows("o1|a.png")).rename(tmp_path / "common/leg/cruise.zip")
    offering = lab.settings.model_copy(update={"common_files": str(tmp_path / "common")})
    signed_in.app.state.settings = lab.settings = offering  # pyright: ignore

    asked = signed_in.post(f"/file_import/{lab.project_id}", json={"source_path": named})

    assert lab.run(asked.json()["job_id"]).state == "F"
    assert len(lab.objects()) == 1
    assert package.exists()
    assert list(lab.own_files.iterdir()) == []


def test_an_update_is_an_act_of_the_history_and_taken_back_there(
    lab: Lab, signed_in: TestClient
) -> None:
    lab.rows("o1|a.png")
    lab.load()
    lab.package(
        "object_id|object_area|object_annotation_status|object_annotation_category\n"
        "[t]|[f]|[t]|[t]\no1|5|validated|Copepoda\n"
    )
    lab.load(update_mode="Cla")

    [update, _] = signed_in.get(f"/projects/{lab.project_id}/batches").json()
    undone = signed_in.post(
        f"/projects/{lab.project_id}/batches/{update['batch_id']}/undo",
        json={"client_key": str(uuid4())},
    )

    assert update["text"] == "1 object(s) updated from tables; 1 identified anew"
    assert (undone.status_code, undone.json()["changed"]) == (200, 1)
    assert (lab.objects()[0]["state"], lab.objects()[0]["numbers"]) == (None, [5])
