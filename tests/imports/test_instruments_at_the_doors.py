"""An instrument's own files through HTTP and the command line, and after a kill."""

import pytest
from starlette.testclient import TestClient

import given
from calanus.jobs.recovery import folder_of
from instrument_files import NEW_LID, flowcam_run, new_bin
from lab import Lab, zipped


@pytest.fixture
def signed_in(lab: Lab, web: TestClient) -> TestClient:
    """The laboratory's person at a browser."""
    web.headers.update(given.headers(lab.owner))
    return web


@pytest.mark.parametrize("order", [{}, {"instrument": "ifcb"}])
def test_an_uploaded_bin_is_recognised(
    lab: Lab, signed_in: TestClient, order: dict[str, str]
) -> None:
    new_bin(lab.folder, [(12, 10)])
    packed = zipped(lab.folder).read_bytes()
    signed_in.post("/user_files/", files={"file": ("bins.zip", packed)})
    source = {"source_path": "bins.zip"}

    asked = signed_in.post(f"/file_import/{lab.project_id}", json=source | order).json()
    done = lab.run(asked["job_id"])

    assert (done.state, [o["orig_id"] for o in lab.objects()]) == ("F", [f"{NEW_LID}_00001"])
    assert signed_in.get(f"/jobs/{asked['job_id']}/").json()["result"]["instrument"] == "IFCB"


def test_an_instrument_nobody_knows_is_refused_at_once(lab: Lab, signed_in: TestClient) -> None:
    new_bin(lab.folder, [(12, 10)])
    signed_in.post("/user_files/", files={"file": ("bins.zip", zipped(lab.folder).read_bytes())})
    order = {"source_path": "bins.zip", "instrument": "telescope"}

    answer = signed_in.post(f"/file_import/{lab.project_id}", json=order)

    assert answer.status_code == 422
    assert lab.find("SELECT 1 FROM jobs") == []


def test_what_a_killed_run_left_does_not_matter(lab: Lab) -> None:
    flowcam_run(lab.folder)
    job_id = lab.ask(local_path=str(lab.folder))
    folder = folder_of(lab.settings, job_id)
    folder.mkdir(parents=True)
    (folder / "package.zip").write_bytes(b"half a package")

    job = lab.run(job_id)

    assert (job.state, len(lab.objects())) == ("F", 3)
    assert not (folder / "package.zip").exists()


def test_files_of_an_instrument_are_no_bare_package_when_one_says_so(lab: Lab) -> None:
    new_bin(lab.folder, [(12, 10)])

    [error] = lab.load(instrument="none").errors

    assert "no file is called ecotaxa" in error
