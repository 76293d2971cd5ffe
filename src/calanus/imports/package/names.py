"""What names say: which files are tables, images and parts; which lead out of a package."""

import re
import unicodedata

from calanus.imports.types import PackageRefused

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff", ".bmp")
ARCHIVE_ENDINGS = (".zip", ".tar", ".gz", ".tgz")
PART_ENDING = "Images"  # of the folders and zips that a UVP6 makes, one a sample
LONGEST_PATH = 4096
DRIVE = re.compile("[A-Za-z]:")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # halves of letters, too


def is_table(name: str) -> bool:
    """Whether a member is one of EcoTaxa's tables, by its name."""
    file = name.rpartition("/")[2]
    return file.startswith("ecotaxa") and file.endswith((".tsv", ".txt"))


def is_image(name: str) -> bool:
    """Whether a member is an image that belongs to the person rather than to a system."""
    return name.lower().endswith(IMAGE_ENDINGS) and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Whether a system put a file there, or a person who hid it."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def is_archive(name: str) -> bool:
    """Whether a member is an archive of its own, by its name."""
    return name.lower().endswith(ARCHIVE_ENDINGS) and not is_hidden(name)


def is_part(name: str) -> bool:
    """Whether a member is a zip that belongs to the package, as a UVP6 makes one a sample."""
    return name.endswith(f"{PART_ENDING}.zip") and not is_hidden(name)


def safe_name(told: str) -> str:
    """The path of an archive's member inside the package, "" for its root.

    Raises:
        PackageRefused: the path leads out of the package.
    """
    name = composed(told.replace("\\", "/"))
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or DRIVE.match(name):
        raise PackageRefused(f"The archive holds “{shown(told)}”, a path that leads out of it.")
    if len(name) > LONGEST_PATH:
        reason = f"The archive holds “{shown(told)}…”, a path of {len(name):,} letters."
        raise PackageRefused(reason)
    return "/".join(parts)


def composed(name: str) -> str:
    """A name whose accents are parts of their letters: a Mac writes them apart."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def is_printable(name: str) -> bool:
    """Whether a name can be written in a message and in a table."""
    return not UNPRINTABLE.search(name)


def shown(name: str) -> str:
    """A name as a message may hold it."""
    return UNPRINTABLE.sub("�", name[:200]).strip()


def decoded(name: bytes, otherwise: str) -> str:
    """A name as text: UTF-8 where it can be, else as the archive's system would have it."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode(otherwise)
