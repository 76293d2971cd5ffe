"""What an import may name: among the person's files, or in the server's folders."""

from pathlib import Path

from calanus.files.folders import ARCHIVES, confined, folder_of, listing
from calanus.files.trash import remove
from calanus.files.types import DirectoryModel, FileNotThere
from calanus.kit.ids import UserId
from calanus.kit.settings import Settings
from calanus.users import policy
from calanus.users.policy import Act
from calanus.users.types import User

COMMON = "common:"  # before a path in the server's folders


def find(settings: Settings, user_id: UserId, named: str) -> Path:
    """The folder or file that a person names.

    EcoTaxa looks among the person's files, then in the server's folders; `common:` before the path
    says that only the latter is meant.

    Raises:
        FileNotThere: there is nothing, or there are no server folders.
        PathRefused: the path leads out.
    """
    common = common_root(settings)
    if named.startswith(COMMON):
        if common is None:
            raise FileNotThere(named)
        return within(common, named.removeprefix(COMMON))
    try:
        return within(folder_of(settings, user_id), named)
    except FileNotThere:
        if common is None:
            raise
        return within(common, named)


def require(settings: Settings, user: User, named: str) -> Path:
    """What a person names, when they may read it. Every road to a server folder asks here."""
    path = find(settings, user.user_id, named)
    if not path.is_relative_to(folder_of(settings, user.user_id)):
        policy.ask(user, Act.READ_SERVER_FOLDERS)
    return path


def within(root: Path, named: str) -> Path:
    """What is called so in a folder: `x` also finds the archive `x.zip`, and the reverse.

    EcoTaxa unpacks archives as they come, so its clients may name either.
    """
    bare = named.rstrip("/")
    ending = next((end for end in ARCHIVES if bare.lower().endswith(end)), "")
    names = [named, *(f"{bare}{end}" for end in ARCHIVES), bare.removesuffix(bare[-len(ending) :])]
    for name in names if ending else names[:-1]:
        path = confined(root, name)
        if path != root and path.exists():
            return path
    raise FileNotThere(named)


def clear(settings: Settings, user_id: UserId, named: str) -> None:
    """What was loaded goes to the person's trash, as in EcoTaxa; server folders stay."""
    root = folder_of(settings, user_id)
    path = find(settings, user_id, named)
    if path.is_relative_to(root):
        remove(root, path.relative_to(root).as_posix())


def common_root(settings: Settings) -> Path | None:
    """The server's folders, when they are set and there."""
    root = Path(settings.common_files).expanduser() if settings.common_files else None
    return root.resolve() if root and root.is_dir() else None


def common_listing(settings: Settings, user: User, sub_path: str) -> DirectoryModel:
    """What a server folder holds; nothing when none are offered."""
    policy.ask(user, Act.READ_SERVER_FOLDERS)
    root = common_root(settings)
    if root is None:
        return DirectoryModel(path=sub_path, entries=[])
    return listing(root, sub_path, deep=False)
