"""Collections from the command line."""

import zipfile
from pathlib import Path

import pytest

from archive_world import bay
from calanus import cli
from calanus.cli.shell import run
from calanus.kit.db import connect, execute
from given import PASSWORD


@pytest.fixture(autouse=True)
def installation(clone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALANUS_DATABASE_URL", clone)
    monkeypatch.setenv("CALANUS_ADMIN_PASSWORD", PASSWORD)


def test_a_collection_is_made_checked_and_written(
    clone: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with connect(clone) as conn:
        sea = bay(conn)
    number, out = str(sea.collection_id), tmp_path / "dwca.zip"

    def calanus(*words: str) -> tuple[int, str]:
        data = ["calanus", "--data", str(tmp_path / "data"), "collection", *words]
        monkeypatch.setattr("sys.argv", data)
        status = run(cli.app)
        said = capsys.readouterr()
        return status, said.out + said.err

    try:
        made = calanus("create", "Another", "--projects", str(sea.first.project_id))
        assert (made[0], "Collection 2 is made" in made[1]) == (0, True)
        assert "Copepods & co" in calanus("list")[1]
        lacking = calanus("check", "2")
        assert (lacking[0], "no citation" in lacking[1]) == (1, True)
        assert calanus("check", number, "--predicted")[0] == 0
        assert calanus("check", number, "--measure", "XYZ")[0] != 0
        assert calanus("check", "77") == (
            1,
            "Collection not found: there is no collection 77, or you do not manage all of its "
            "projects.\n",
        )
        assert calanus("export", "2", "--out", str(out))[0] == 1
        assert not out.exists()
        written = calanus("export", number, "--absent", "--measure", "ABO", "--out", str(out))
        assert written[0] == 0
    finally:
        cli.asked.data, cli.asked.acting = None, ""
    with zipfile.ZipFile(out) as archive:
        assert b"absent" in archive.read("occurrence.txt")
        assert b"OCOUNT01" in archive.read("extendedmeasurementorfact.txt")
    with connect(clone) as conn:
        assert execute(conn, "DELETE FROM jobs WHERE kind = 'DarwinCoreExport'") == 2
