"""Tables that are EcoTaxa's already: whose instrument they are, and exports that lack images."""

from typing import NamedTuple

from calanus.imports.headers import KEY
from calanus.imports.package import Package
from calanus.imports.types import PackageRefused
from calanus.kit.tsv import NotATable, read

HEAD = 2**18  # bytes: the headers and some rows
# How instruments call themselves in tables, and how a project calls them.
TITLES = {
    "planktoscope": "PlanktoScope",
    "zooscan": "ZooScan",
    "ifcb": "IFCB",
    "flowcam": "FlowCam",
    "uvp5": "UVP5",
    "uvp6": "UVP6",
}


class Head(NamedTuple):
    """How the first table of a package begins."""

    file: str
    headers: list[str]
    typed: bool
    instrument: str  # of its first row, as a project calls it; "" for one we do not know


def head_of(source: Package) -> Head | None:
    """How the first table begins; nothing where there is none, or the import says it is damaged."""
    try:
        for name in source.tables()[:1]:
            table = read(source.read(name)[:HEAD], key=KEY)
            row = next(table.blocks(1), None)
            told = row.texts("acq_instrument")[0].lower() if row else ""
            title = next((title for key, title in TITLES.items() if told.startswith(key)), "")
            return Head(name, table.heads.headers, not table.heads.row, title)
    except NotATable:
        pass
    return None


def refuse_export(head: Head) -> None:
    """A table exported without its images is refused in one sentence, not thousands.

    Raises:
        PackageRefused: the table has neither a line of types nor a column of images.
    """
    if not head.typed and "img_file_name" not in head.headers:
        raise PackageRefused(
            f"{head.file}: this table was exported without its images (it has no column "
            "img_file_name, and no second line of types). Export it again with images and import "
            "the whole archive, or import this table as an update of objects that are there."
        )
