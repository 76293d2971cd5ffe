"""A package: a folder or an archive, and the archives that belong to it, read file by file.

What a member is called decides nothing about this machine: names that are absolute, climb, or are
links, and archives made to explode, are refused before any of their content is read. Members are
read where they lie; what cannot be is unpacked into a folder of the job's own.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from calanus.imports.members import (
    FOLDER,
    ORIGINAL,
    PLAIN,
    STORED,
    ZIP,
    Damaged,
    Member,
    Source,
    content,
    data_start,
    pieces,
)
from calanus.imports.package import tars, zips
from calanus.imports.package.folders import walk
from calanus.imports.package.names import (
    PART_ENDING,
    is_archive,
    is_image,
    is_part,
    is_printable,
    is_table,
    shown,
)
from calanus.imports.package.unpacking import Unpacking, gunzipped
from calanus.imports.types import BASE, PackageRefused
from calanus.imports.vignettes import BadSettings, Vignette, read_settings

__all__ = ["Package", "Unpacking", "is_table", "names_in", "open_package"]

LARGEST_TABLE = 2**31  # bytes
LARGEST_SETTINGS = 2**16  # bytes
MOST_TABLES = 2000  # with parts, as in EcoTaxa
VIGNETTE_SETTINGS = "compute_vignette.txt"
TABLE_ENDINGS = (".tsv", ".txt")
GZIP = b"\x1f\x8b"
OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7-Zip", b"Rar!": "RAR"}
READ = "a folder, a zip, a tar, a tar.gz, or a table by itself"


class Package:
    """Files by their path inside the package, with slashes."""

    def __init__(self, path: Path, most_members: int, unpacking: Unpacking | None) -> None:
        self.path = path
        self.most_members = most_members
        self.unpacking = unpacking
        self.sources: list[Source] = []
        self.members: dict[str, Member] = {}
        self.links: set[str] = set()
        self.parts: list[str] = []  # prefixes of what a UVP6 makes of a sample
        self.vignettes: dict[str, Vignette] = {}  # how the images below a prefix are drawn
        self.problems: list[tuple[str, str]] = []  # a file, and what is wrong with it
        self.infos: list[str] = []

    def read(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            PackageRefused: it is damaged, or too long.
        """
        member = self.members[name]
        if member.size > LARGEST_TABLE:
            raise PackageRefused(f"“{name}” is larger than {LARGEST_TABLE:,} bytes.")
        try:
            return content(self.sources[member.source], name, member)
        except Damaged as error:
            raise PackageRefused(f"“{name}” is {error}.") from None

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a member, a piece at a time; what is wrong is told when it is met.

        Raises:
            PackageRefused: it is damaged.
        """
        member = self.members[name]
        try:
            yield from pieces(self.sources[member.source], name, member)
        except Damaged as error:
            raise PackageRefused(f"“{name}” is {error}.") from None

    def copy(self, name: str, out: BinaryIO) -> None:
        """Write the content of a member into a file, little by little."""
        if self.members[name].size > LARGEST_TABLE:
            raise PackageRefused(f"“{name}” is larger than {LARGEST_TABLE:,} bytes.")
        for piece in self.pieces(name):
            out.write(piece)

    def tables(self) -> list[str]:
        """The tables EcoTaxa would read, by path; those of parts after the others, as there."""
        found = filter(is_table, self.members)
        return sorted(found, key=lambda name: (self.part_of(name) or "", name.split("/")))

    def images(self) -> list[str]:
        """What looks like an image by its name, hidden and system files left out."""
        return sorted(n for n in self.members if is_image(n) and not n.startswith(ORIGINAL))

    def part_of(self, name: str) -> str | None:
        """The prefix of the part that a file belongs to: of several, the innermost."""
        return max((part for part in self.parts if name.startswith(part)), key=len, default=None)

    def vignette_of(self, name: str) -> Vignette | None:
        """How the vignette of an image is drawn, where its part asks for vignettes."""
        if not self.vignettes or name.startswith(ORIGINAL):
            return None
        part = self.part_of(name)
        return None if part is None else self.vignettes.get(part)

    def original_of(self, name: str) -> str:
        """What the image behind a vignette is called; "" where none is kept."""
        vignette = self.vignette_of(name)
        return ORIGINAL + name if vignette and vignette.keep_original else ""

    # --- How it is opened --------------------------------------------------------------------

    def mount(self) -> None:
        """Take the files of the package, and of the archives that belong to it."""
        if self.path.is_dir():
            self.mount_folder()
        elif self.path.is_file():
            self.mount_file(self.path)
        else:
            raise PackageRefused(f"“{self.path.name}” cannot be read as a package: give {READ}.")
        self.mount_parts()

    def mount_folder(self) -> None:
        """Take the files of a folder; one archive and nothing else is taken in its place."""
        self.sources.append(Source(str(self.path), FOLDER))
        unnameable: list[str] = []
        for name, entry in walk(self.path):
            if not is_printable(name):
                unnameable.append(shown(name))
            elif entry.is_symlink():
                self.links.add(name)
            elif entry.is_file(follow_symlinks=False):
                self.add(name, Member(entry.stat(follow_symlinks=False).st_size))
        self.leave(unnameable)
        if len(self.members) == 1 and not self.links:
            [name] = self.members
            if is_archive(name) and not is_part(name):
                self.sources, self.members = [], {}
                self.mount_file(self.path / name)

    def mount_file(self, path: Path) -> None:
        """Take the members of an archive, or a table by itself.

        Raises:
            PackageRefused: it is neither.
        """
        file = Source(str(path), PLAIN, 0, path.stat().st_size)
        with path.open("rb") as opened:
            start = opened.read(8)
        for sign, called in OTHERS.items():
            if start.startswith(sign):
                raise PackageRefused(f"“{path.name}” is packed with {called}; give {READ}.")
        if start.startswith(GZIP):
            self.mount_gzip(path, file)
        elif start.startswith(b"PK") or zips.is_zip(file):
            self.mount_zip(file, path.name, "")
        elif tars.is_tar(file):
            self.mount_tar(file, path.name)
        elif path.name.endswith(TABLE_ENDINGS) and file.length:
            self.mount_table(file, path.name)
        else:
            raise PackageRefused(f"“{path.name}” cannot be read as a package: give {READ}.")

    def mount_gzip(self, path: Path, packed: Source) -> None:
        """Take what a gzip file holds: a tar, or a table by itself."""
        plain = self.unpacked(gunzipped(path, packed.length), path.name, packed.length)
        file = Source(str(plain), PLAIN, 0, plain.stat().st_size)
        if tars.is_tar(file):
            self.mount_tar(file, path.name)
        elif path.stem.endswith(TABLE_ENDINGS):
            self.mount_table(file, path.stem)
        else:
            raise PackageRefused(f"“{path.name}” holds neither a tar nor a table: give {READ}.")

    def mount_table(self, file: Source, name: str) -> None:
        """Take a table that came alone, as for an update."""
        self.sources.append(file)
        self.add(name, Member(file.length))

    def mount_tar(self, file: Source, name: str) -> None:
        """Take the members of a tar."""
        place = len(self.sources)
        self.sources.append(file)
        found = tars.entries(file, name)
        self.take((e.name, Member(e.size, place, e.offset)) for e in found)

    def mount_zip(self, file: Source, name: str, prefix: str) -> None:
        """Take the members of a zip, below a prefix."""
        place = len(self.sources)
        archive = file._replace(kind=ZIP)
        self.sources.append(archive)
        found = zips.entries(archive, name)
        self.take(
            (prefix + e.name, Member(e.size, place, e.offset, e.packed, e.method, e.crc))
            for e in found
        )

    def take(self, found: Iterable[tuple[str, Member]]) -> None:
        """Take members, of which each must have a name of its own."""
        unnameable: list[str] = []
        for name, member in found:
            if not is_printable(name):
                unnameable.append(shown(name))
                continue
            if name in self.members:
                raise PackageRefused(f"The archive holds two members named “{name}”.")
            self.add(name, member)
        self.leave(unnameable)

    def add(self, name: str, member: Member) -> None:
        """One member more."""
        if len(self.members) >= self.most_members:
            raise PackageRefused(
                f"“{self.path.name}” holds more than {self.most_members:,} files; split it."
            )
        self.members[name] = member

    def leave(self, unnameable: list[str]) -> None:
        """Tell of files whose names no table could hold."""
        if unnameable:
            names = ", ".join(f"“{name}”" for name in unnameable[:5])
            self.infos.append(
                f"{len(unnameable):,} file(s) were left out, for letters in their names that no "
                f"table can hold: {names}."
            )

    def mount_parts(self) -> None:
        """Take the zips that belong to the package, and tell of archives that do not."""
        for name in sorted(filter(is_part, self.members)):
            archive = self.archive_inside(name)
            del self.members[name]
            self.parts.append(f"{name}/")
            self.mount_zip(archive, f"{BASE}/{name}", f"{name}/")
        others = sorted(filter(is_archive, self.members))
        if others:
            names = ", ".join(others[:10])
            self.infos.append(
                f"{len(others):,} archive(s) inside the package were not read, not being called "
                f"…{PART_ENDING}.zip: {names}."
            )

    def archive_inside(self, name: str) -> Source:
        """A zip inside the package: where it lies, unless it is packed a second time."""
        member = self.members[name]
        source = self.sources[member.source]
        if source.kind == FOLDER:
            return Source(str(self.path / name), PLAIN, 0, member.size)
        if source.kind == PLAIN:
            return Source(source.path, PLAIN, source.start + member.offset, member.size)
        try:
            if member.method == STORED:
                return Source(source.path, PLAIN, data_start(source, member), member.size)
        except Damaged as error:
            raise PackageRefused(f"“{name}” is {error}.") from None
        plain = self.unpacked(self.pieces(name), name, member.packed)
        return Source(str(plain), PLAIN, 0, member.size)

    def unpacked(self, data: Iterator[bytes], name: str, packed: int) -> Path:
        """Something unpacked into the job's own folder."""
        if self.unpacking is None:
            raise PackageRefused(f"“{name}” must be unpacked before it is read.")
        try:
            return self.unpacking.keep(data, name=name, packed=packed)
        except Damaged as error:
            raise PackageRefused(f"“{name}” is {error}.") from None

    def find_parts(self) -> None:
        """Find the folders that are parts: `x_Images` with a table `ecotaxa_x.tsv`."""
        for name in filter(is_table, self.members):
            folder, _, file = name.rpartition("/")
            called = folder.rpartition("/")[2]
            part = called.endswith(PART_ENDING) and f"{folder}/" not in self.parts
            if part and file == f"ecotaxa_{called[: -len(PART_ENDING) - 1]}.tsv":
                self.parts.append(f"{folder}/")

    def read_vignettes(self) -> None:
        """Read how parts, or the package as a whole, want their vignettes."""
        for name in sorted(self.members):
            folder, _, file = name.rpartition("/")
            if file != VIGNETTE_SETTINGS:
                continue
            part = f"{folder}/" if folder else ""
            if part and part not in self.parts:
                self.infos.append(
                    f"{BASE}/{name} was not read: vignettes are made in folders and zips called "
                    f"…_{PART_ENDING}, and of a package as a whole."
                )
                continue
            if not part:
                self.parts.append("")
            try:
                told = self.read(name)[:LARGEST_SETTINGS]
                self.vignettes[part] = read_settings(told.decode("utf-8-sig", "replace"))
            except BadSettings as error:
                self.problems.append((name, str(error)))
        for name in filter(is_image, list(self.members)):
            if behind := self.original_of(name):
                self.members[behind] = self.members[name]

    def refuse_many(self) -> None:
        """Stop at what no person would give in one piece."""
        count = sum(map(is_table, self.members)) + len(self.parts)
        if count > MOST_TABLES:
            raise PackageRefused(
                f"“{self.path.name}” holds {count:,} tables and parts, where {MOST_TABLES:,} are "
                "read at most; split it."
            )


def open_package(path: Path, *, most_members: int, unpacking: Unpacking | None = None) -> Package:
    """A folder or an archive as a package; without room to unpack, what is read where it lies.

    Raises:
        PackageRefused: none of what is read, or an archive that cannot be trusted.
    """
    package = Package(path, most_members, unpacking)
    try:
        package.mount()
    except OSError as error:
        raise PackageRefused(f"“{path.name}” cannot be read: {error.strerror}.") from None
    package.find_parts()
    package.read_vignettes()
    package.refuse_many()
    return package


def names_in(path: Path) -> Iterator[str]:
    """The names of the files of a package, one by one, without opening it: for a first look.

    Raises:
        PackageRefused: none of what is read, or an archive that cannot be trusted.
    """
    if path.is_dir():
        yield from (name for name, _ in walk(path))
        return
    file = Source(str(path), PLAIN, 0, path.stat().st_size)
    with path.open("rb") as opened:
        zipped = opened.read(len(GZIP)) == GZIP
    if zipped and path.stem.endswith(TABLE_ENDINGS):
        yield path.stem
    elif zipped:
        yield from tars.names(gunzipped(path, file.length), path.name, file.length)
    elif zips.is_zip(file):
        yield from (entry.name for entry in zips.entries(file, path.name))
    elif tars.is_tar(file):
        yield from (entry.name for entry in tars.entries(file, path.name))
    else:
        yield path.name
