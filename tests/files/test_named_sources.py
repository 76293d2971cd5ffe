"""What an import may name: one's own files, and the folders that the server offers."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import given
from calanus.files import folders, sources
from calanus.files.types import FileNotThere, PathRefused
from calanus.kit.db import Connection
from calanus.kit.ids import UserId
from calanus.kit.settings import Settings

AMANDA = UserId(7)


@pytest.fixture
def offering(settings: Settings, tmp_path: Path) -> Settings:
    """An installation that offers a folder with a cruise in it."""
    (tmp_path / "common/cruise/leg 3").mkdir(parents=True)
    (tmp_path / "common/cruise/leg 4.zip").write_bytes(b"1234")
    (tmp_path / "secret").mkdir()
    (tmp_path / "common/way out").symlink_to(tmp_path / "secret")
    return settings.model_copy(update={"common_files": str(tmp_path / "common")})


@pytest.mark.parametrize("archive", ["x.zip", "x.tar", "x.tar.gz", "x.tgz"])
def test_an_archive_is_found_by_the_folder_it_would_become(tmp_path: Path, archive: str) -> None:
    (tmp_path / archive).touch()

    assert sources.within(tmp_path, "x").name == archive
    assert sources.within(tmp_path, archive).name == archive


@pytest.mark.parametrize("archive", ["y.zip", "y.tar.gz"])
def test_a_folder_is_found_by_the_archive_it_was(tmp_path: Path, archive: str) -> None:
    (tmp_path / "y").mkdir()

    assert sources.within(tmp_path, archive).name == "y"
    for nothing in ("z", "", "/", "y/z"):
        with pytest.raises(FileNotThere):
            sources.within(tmp_path, nothing)


def test_one_s_own_files_come_before_the_server_s(offering: Settings) -> None:
    own = folders.folder_of(offering, AMANDA)
    common = Path(offering.common_files)
    (own / "cruise").mkdir()

    assert sources.find(offering, AMANDA, "cruise") == own / "cruise"
    assert sources.find(offering, AMANDA, "common:cruise") == common / "cruise"
    assert sources.find(offering, AMANDA, "cruise/leg 4") == common / "cruise/leg 4.zip"


@pytest.mark.parametrize("path", ["common:../secret", "common:way out", "common:way out/x"])
def test_no_path_leads_out_of_the_server_s_folder(offering: Settings, path: str) -> None:
    with pytest.raises(PathRefused):
        sources.find(offering, AMANDA, path)


def test_without_server_folders_there_is_nothing_in_them(settings: Settings) -> None:
    for path in ("common:", "common:x", "x"):
        with pytest.raises(FileNotThere):
            sources.find(settings, AMANDA, path)


def test_what_was_loaded_goes_to_the_trash_but_not_the_server_s(offering: Settings) -> None:
    own = folders.folder_of(offering, AMANDA)
    (own / "tow.zip").touch()

    sources.clear(offering, AMANDA, "tow")
    sources.clear(offering, AMANDA, "common:cruise/leg 4.zip")

    assert [path.name for path in (own / "trash.7").iterdir()] == ["tow.zip"]
    assert (Path(offering.common_files) / "cruise/leg 4.zip").exists()


def test_the_server_s_folder_is_listed(
    web: TestClient, shore: Connection, offering: Settings
) -> None:
    web.app.state.settings = offering  # pyright: ignore
    headers = given.headers(given.user(shore))

    def names(path: str) -> list[str] | int:
        answer = web.get("/common_files/", params={"path": path}, headers=headers)
        if answer.status_code != 200:
            return answer.status_code
        return [entry["name"] for entry in answer.json()["entries"]]

    assert names("") == ["cruise"]
    assert names("cruise") == ["leg 3", "leg 4.zip"]
    assert (names("nothing"), names("../secret"), names("way out")) == (404, 422, 422)
    assert web.get("/common_files", params={"path": ""}, headers=headers).status_code == 200


def test_no_server_folder_is_an_empty_one(web: TestClient, shore: Connection) -> None:
    headers = given.headers(given.user(shore))

    answer = web.get("/common_files/?path=x", headers=headers)

    assert answer.json()["entries"] == []
    assert web.get("/common_files/?path=x").status_code == 403
