"""The way to the server: wrong addresses and passwords, broken lines, a server that goes away."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from calanus.client import (
    Calanus,
    Conflict,
    ConnectionLost,
    NeedsPackage,
    NoConnection,
    NotCalanus,
    NotFound,
    NotSignedIn,
    Project,
    Unknown,
    uploads,
)
from calanus.client.wire import address_of
from client_world import Line, Server, over
from given import PASSWORD

pytest_plugins = ["client_fixtures"]


def test_the_client_comes_without_the_server_and_without_frames() -> None:
    asked = "import sys, calanus.client; print(*sorted(m.split('.')[0] for m in sys.modules))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    loaded = set(told.stdout.split())
    heavy = {"polars", "pandas", "numpy", "pydantic", "fastapi", "psycopg", "rich", "PIL"}
    assert not loaded & heavy
    rooms = (
        "import sys, calanus.client; print(*[m for m in sys.modules if m.startswith('calanus.')])"
    )
    told = subprocess.run([sys.executable, "-c", rooms], capture_output=True, text=True, check=True)
    assert {m for m in told.stdout.split() if not m.startswith("calanus.client")} == set()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("calanus.example.org", "https://calanus.example.org"),
        ("https://calanus.example.org/app/projects/7", "https://calanus.example.org"),
        ("http://lab.example.org/calanus/api", "http://lab.example.org/calanus"),
    ],
)
def test_an_address_is_taken_as_a_person_gives_it(given: str, meant: str) -> None:
    assert address_of(given) == meant


@pytest.mark.parametrize("url", ["http://", "my lab", "ftp://calanus.example.org", "http://a:b:c"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(NotCalanus, match="is no address; one is written like"):
        Calanus(url, token="x")


def test_a_wrong_address_is_told_at_once() -> None:
    with pytest.raises(NoConnection, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        Calanus("http://127.0.0.1:9", token="x")
    with pytest.raises(NoConnection, match=r"There is no server called calanus\.invalid"):
        Calanus("https://calanus.invalid", token="x")


def test_another_site_is_told_from_a_calanus(tmp_path: Path) -> None:
    from functools import partial
    from http.server import HTTPServer, SimpleHTTPRequestHandler

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        with pytest.raises(NotCalanus, match="is no Calanus"):
            Calanus(f"http://127.0.0.1:{site.server_port}", token="x")
        site.shutdown()


def test_who_is_not_let_in_is_told_why(running: Server, email: str) -> None:
    with pytest.raises(NotSignedIn, match="the password is not right"):
        Calanus(running.url, email=email, password="wrong")
    with pytest.raises(NotSignedIn, match="forged, old or revoked"):
        Calanus(running.url, token="wrong")
    with pytest.raises(NotSignedIn, match="Say who you are"):
        Calanus(running.url)


def test_address_and_token_may_stand_in_the_environment(
    running: Server, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Calanus(running.url, email=email, password=PASSWORD) as calanus:
        monkeypatch.setenv("CALANUS_TOKEN", calanus.token)
    monkeypatch.setenv("CALANUS_URL", running.url)
    with Calanus() as again:
        assert again.me["email"] == email


def test_projects_are_found_by_number_and_title(calanus: Calanus, week: Project) -> None:
    assert calanus.project(week.id).title == week.title
    assert calanus.project(week.title).id == week.id
    assert week.id in [project.id for project in calanus.projects("villefranche")]
    with pytest.raises(NotFound, match="There is no project 9999"):
        calanus.project(9999)
    with pytest.raises(Unknown, match=f"Did you mean “{week.title}”"):
        calanus.project("A week off Villefrance")
    with pytest.raises(Unknown, match="There are: private, public, open"):
        calanus.create_project("x", access="secret")  # pyright: ignore[reportArgumentType]


def test_a_missing_package_is_named(week: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NeedsPackage, match="pip install pyarrow"):
        week.objects().to_arrow()  # pyright: ignore


def test_an_upload_goes_on_where_the_line_broke(
    calanus: Calanus, line: Callable[..., Line], tmp_path: Path
) -> None:
    content = bytes(range(256)) * 40_000
    (tmp_path / "cruise.bin").write_bytes(content)
    bad = line(10_000_000, 3_000_000, 2_000_000)

    with over(bad, calanus) as far:
        far.wire.pool.clear()
        path = far.upload(tmp_path / "cruise.bin", "there/cruise.bin")

    assert bad.opened >= 3
    [entry] = calanus.files("there")
    assert (path, entry["name"], entry["bytes"]) == ("there/cruise.bin", "cruise.bin", len(content))
    calanus.remove_file("there")


def test_an_upload_goes_on_in_another_run(
    calanus: Calanus, line: Callable[..., Line], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 100_000)
    folder = tmp_path / "images"
    folder.mkdir()
    for n in range(10):
        (folder / f"{n}.png").write_bytes(bytes([n]) * 90_000)
    sent: list[int] = []

    def stop(percent: int, _: str) -> None:
        sent.append(percent)
        if len(sent) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calanus.upload(folder, "tow.zip", progress=stop)
    [begun] = calanus.call("GET", "/user_uploads/")
    whole = line()
    with over(whole, calanus) as far:
        path = far.upload(folder, "tow.zip")

    assert begun["offset"] == 400_000
    assert sum(whole.went) < 700_000  # of 900,000 and some
    assert calanus.call("GET", "/user_uploads/") == []
    project = calanus.create_project("Pieces")
    with pytest.raises(Exception, match=r"0\.png.*is not an image"):
        project.import_images(path)


def test_a_download_goes_on_where_the_line_broke(
    calanus: Calanus, week: Project, line: Callable[..., Line], tmp_path: Path
) -> None:
    whole = week.export(tmp_path / "whole.zip", kind="backup")
    [job, *_] = calanus.jobs()
    bad = line(100_000, 50_000, 90_000, back=True)

    with over(bad, calanus) as far:
        path = far.job(job.id).download(tmp_path / "again.zip")

    assert path.read_bytes() == whole.read_bytes()
    assert bad.opened >= 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.zip", "whole.zip"]


def test_what_can_be_said_twice_is_said_twice_and_done_once(
    calanus: Calanus, week: Project, line: Callable[..., Line]
) -> None:
    before = len(week.history(limit=500))
    bad = line(back=True)
    with over(bad, calanus) as far:
        project = far.project(week.id)
        chosen = project.objects(state="validated")
        far.wire.pool.clear()
        bad.breaks.append(1)  # the order arrives, its answer does not
        done = chosen.doubt()
    assert len(week.history(limit=500)) == before + 1
    done.undo()


def test_what_cannot_be_said_twice_is_left_to_the_person(
    calanus: Calanus, line: Callable[..., Line]
) -> None:
    bad = line(back=True)
    with over(bad, calanus) as far:
        far.wire.pool.clear()
        bad.breaks.append(1)
        with pytest.raises(ConnectionLost, match="look before you give it again"):
            far.create_project("Made once")
    assert len(calanus.projects("Made once")) == 1


def test_reading_goes_on_when_the_server_is_started_again(
    calanus: Calanus, week: Project, running: Server
) -> None:
    whole = week.objects().ids()
    reading = week.objects().windows("object_id", size=50)
    found = next(reading)["object_id"].to_list()

    running.stop()
    again = threading.Timer(1.0, running.start)
    again.start()
    for window in reading:
        found += window["object_id"].to_list()
    again.join()

    assert found == whole


def test_reading_that_would_mix_two_moments_is_told(week: Project, running: Server) -> None:
    reading = week.objects(state="unclassified").windows("object_id", size=20)
    next(reading)
    running.stop()
    running.start()
    done = week.objects(state="unclassified").classify("Copepoda")
    try:
        with pytest.raises(Conflict, match="begin anew"):
            next(reading)
    finally:
        done.undo()


def test_a_server_that_does_not_come_back_is_told(
    week: Project, running: Server, calanus: Calanus
) -> None:
    with Calanus(running.url, token=calanus.token, patience=1) as hasty:
        running.stop()
        try:
            began = time.monotonic()
            with pytest.raises(NoConnection, match="Nothing answers at"):
                hasty.projects()
            assert time.monotonic() - began >= 0.4  # it did try again
        finally:
            running.start()
    assert calanus.project(week.id).id == week.id
