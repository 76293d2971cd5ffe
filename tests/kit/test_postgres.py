"""The embedded PostgreSQL: found, started, shared, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from calanus.kit import cluster, postgres
from calanus.kit.postgres import DatabaseTrouble, Server, embedded
from calanus.kit.settings import Settings
from conftest import a_server_s_folder

PG_BIN = os.environ.get("CALANUS_PG_BIN", "")
PYTHONS = (Path(sys.executable), Path(f"/usr/bin/python3.{sys.version_info.minor}"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")

HOLD = """
import sys
from pathlib import Path
from calanus.kit.postgres import embedded
from calanus.kit.settings import Settings
with embedded(Settings(data=Path(sys.argv[1]), pg_bin=sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def fresh() -> Iterator[Settings]:
    """An installation that never ran."""
    with a_server_s_folder() as folder:
        yield Settings(data=folder, pg_bin=PG_BIN, database_url="")


@pytest.fixture(scope="module")
def used() -> Iterator[Settings]:
    """An installation that ran before."""
    with a_server_s_folder() as folder:
        settings = Settings(data=folder, pg_bin=PG_BIN, database_url="")
        with embedded(settings):
            pass
        yield settings


def pid_of(settings: Settings) -> int:
    """The server of an installation."""
    return int((settings.data / "pg/postmaster.pid").read_text().splitlines()[0])


def ask(url: str, question: str) -> object:
    """One value of the database."""
    with psycopg.connect(url) as conn:
        row = conn.execute(question.encode()).fetchone()
        assert row
        return row[0]


def until(true: Callable[[], object]) -> None:
    """Wait for a condition; the test's own time limit ends a vain wait."""
    while not true():
        time.sleep(0.02)


def is_up(url: str) -> bool:
    """Whether a server answers at an address."""
    try:
        return ask(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def hold(settings: Settings, *before: str) -> subprocess.Popen[str]:
    """Another process that uses the server until its input ends."""
    return subprocess.Popen(
        [*(before or [sys.executable]), "-c", HOLD, str(settings.data), settings.pg_bin],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
    )


def said(process: subprocess.Popen[str]) -> str:
    """The next line another process writes."""
    assert process.stdout
    return process.stdout.readline().strip()


def release(process: subprocess.Popen[str]) -> None:
    """Let another process end by itself."""
    process.communicate()
    assert process.returncode == 0


def test_a_first_start_makes_a_utf8_database_that_only_the_password_opens(fresh: Settings) -> None:
    with embedded(fresh) as url:
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SELECT current_database()") == "calanus"
        assert ask(url, "SHOW listen_addresses") == ""
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong_password(url))
    assert (fresh.data / "pg.password").stat().st_mode & 0o777 == 0o600
    assert not (fresh.data / "pg/postmaster.pid").exists()


def wrong_password(url: str) -> str:
    """The same server, asked with another password."""
    return f"postgresql://calanus:wrong@/{url.rpartition('@/')[2]}"


def test_users_of_one_folder_share_a_server_and_the_last_one_stops_it(used: Settings) -> None:
    with embedded(used) as url:
        first = pid_of(used)
        with embedded(used) as again:
            assert (again, pid_of(used)) == (url, first)
        other = hold(used)
        assert said(other) == url
        assert pid_of(used) == first
    assert is_up(url)

    release(other)

    assert not is_up(url)


def test_a_server_outlives_a_killed_process_and_is_found_again(used: Settings) -> None:
    other = hold(used)
    url = said(other)
    server = pid_of(used)
    other.kill()
    other.communicate()
    assert is_up(url)

    with embedded(used) as found:
        assert (found, pid_of(used)) == (url, server)

    assert not is_up(url)


def test_a_killed_server_is_started_again_at_the_same_address(used: Settings) -> None:
    with embedded(used, watch=True) as url:
        with psycopg.connect(url) as busy:
            busy.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            busy.execute("INSERT INTO kept VALUES (1)")
            busy.commit()
            first = pid_of(used)

            os.kill(first, signal.SIGKILL)

            until(lambda: is_up(url))
        assert pid_of(used) != first
        assert ask(url, "SELECT count(*) > 0 FROM kept") is True


def test_a_dying_server_is_waited_for_before_another_takes_its_place(used: Settings) -> None:
    server = Server(used)
    server.join()
    for _ in range(5):
        killed = server.process
        assert killed
        killed.kill()
        until(lambda: server.postmaster() is None)

        with server.alone():
            server.bring_up()

        assert killed.returncode == -signal.SIGKILL
    server.leave()


def test_a_process_that_ends_while_one_looks_for_orphans_is_none(
    used: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(used)
    server.join()
    seen: set[int] = set()

    def ending(pid: int) -> list[bytes]:
        """What a process that lives for one look is called."""
        was_there = pid in seen
        seen.add(pid)
        return [] if was_there else [b"sh"]

    with monkeypatch.context() as patch:
        patch.setattr(postgres, "command_of", ending)
        assert not server.quit_orphans()
    assert seen
    server.leave()


def test_a_server_killed_with_its_process_leaves_nothing_in_the_way(used: Settings) -> None:
    other = hold(used)
    url = said(other)
    with psycopg.connect(url):
        os.kill(pid_of(used), signal.SIGKILL)
        other.kill()
        other.communicate()

        with embedded(used) as again:
            assert is_up(again)


def test_the_number_of_a_dead_server_may_be_another_process_now(used: Settings) -> None:
    (used.data / "pg/postmaster.pid").write_text(f"{os.getpid()}\n{used.data}/pg\n")

    with embedded(used) as url:
        assert is_up(url)


def test_a_cluster_open_to_others_is_closed_again(used: Settings) -> None:
    (used.data / "pg").chmod(0o755)

    with embedded(used) as url:
        assert is_up(url)

    assert (used.data / "pg").stat().st_mode & 0o777 == 0o700


def test_a_first_start_that_was_killed_is_begun_again(fresh: Settings) -> None:
    (fresh.data / "pg.making/base").mkdir(parents=True)

    with embedded(fresh) as url:
        assert is_up(url)


def test_a_long_path_gets_a_short_private_socket(fresh: Settings) -> None:
    long = fresh.data / ("plankton" * 6) / ("copepoda" * 6)
    with embedded(Settings(data=long, pg_bin=PG_BIN, database_url="")) as url:
        assert is_up(url)
        folder = Path(url.rpartition("?host=")[2])
        assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_a_cluster_of_another_version_says_what_to_do(used: Settings) -> None:
    version = used.data / "pg/PG_VERSION"
    original = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(DatabaseTrouble, match=r"made by PostgreSQL 9.*CALANUS_PG_BIN"):
            Server(used).join()
    finally:
        version.write_text(original)


def test_a_lost_password_is_told(used: Settings) -> None:
    path = used.data / "pg.password"
    kept = path.rename(path.with_name("elsewhere"))
    try:
        with pytest.raises(DatabaseTrouble, match=r"pg\.password is missing"):
            Server(used).join()
    finally:
        kept.rename(path)


def test_programs_that_are_not_there_are_told(fresh: Settings) -> None:
    settings = Settings(data=fresh.data, pg_bin="/nowhere", database_url="")

    with pytest.raises(DatabaseTrouble, match="no working PostgreSQL in /nowhere"):
        Server(settings).join()


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseTrouble, match="cannot be made"):
        Server(Settings(data=tmp_path / "file/data"))


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        settings = Settings(database_url=f"postgresql://me:secret@{address}/plankton")
        with (
            pytest.raises(DatabaseTrouble, match=f"{address}/plankton does not answer") as told,
            embedded(settings),
        ):
            pass
    assert "secret" not in str(told.value)


def test_somebody_elses_server_is_used_as_it_is(server: str) -> None:
    with embedded(Settings(database_url=server)) as url:
        assert url == server


@as_root
def test_root_runs_the_server_as_another_user(used: Settings) -> None:
    with embedded(used):
        owner = Path(f"/proc/{pid_of(used)}").stat().st_uid
        assert owner == (used.data / "pg").stat().st_uid
        assert owner != 0


@as_root
def test_below_a_closed_folder_the_cluster_lies_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = Settings(data=tmp_path / "data", pg_bin=PG_BIN, database_url="")
    with embedded(settings) as url:
        assert is_up(url)
        home = (settings.data / "pg").readlink().parent
    with embedded(settings) as again:
        assert again == url
    shutil.rmtree(home)


@as_root
def test_closed_programs_are_copied_once(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = cluster.wheel_programs()
    closed = tmp_path / "venv"
    shutil.copytree(tree, closed / tree.parent.name / tree.name, symlinks=True)
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    shutil.copytree(libraries, closed / libraries.name)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(cluster, "PROGRAMS", fresh.data / "programs")
    settings = Settings(
        data=fresh.data, pg_bin=str(closed / tree.parent.name / tree.name / "bin"), database_url=""
    )

    for _ in range(2):
        with embedded(settings) as url:
            assert is_up(url)

    assert len(list((fresh.data / "programs").iterdir())) == 1


@as_root
def test_a_normal_user_runs_the_server_directly(fresh: Settings) -> None:
    nobody = cluster.Account("nobody", 65534, 65534)
    python = next((p for p in PYTHONS if p.exists() and nobody.reaches(p)), None)
    if not (python and shutil.which("setpriv") and nobody.reaches(Path(cluster.__file__))):
        pytest.skip("needs setpriv, and a Python that nobody may run")
    os.chown(fresh.data, nobody.uid, nobody.gid)
    become = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    modules = ":".join(path for path in sys.path if path)
    other = hold(fresh, *become, "env", f"PYTHONPATH={modules}", str(python))
    try:
        assert is_up(said(other))
        assert Path(f"/proc/{pid_of(fresh)}").stat().st_uid == nobody.uid
    finally:
        release(other)


@as_root
def test_a_cluster_brought_back_by_root_is_given_to_its_server(fresh: Settings) -> None:
    with embedded(fresh):
        pass
    for path in (fresh.data / "pg", *(fresh.data / "pg").rglob("*")):
        os.chown(path, 0, 0)

    with embedded(fresh) as url:
        assert is_up(url)
