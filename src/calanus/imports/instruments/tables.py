"""Tables that are EcoTaxa's already: whose instrument they are, and exports that lack images."""

from typing import NamedTuple

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
    types: dict[str, str]
    instrument: str  # of its first row, as a project calls it; "" for one we do not know


def head_of(source: Package) -> Head | None:
    """How the first table begins; nothing where there is none, or the import says it is damaged."""
    try:
        for name in source.tables()[:1]:
            table = read(source.read(name)[:HEAD])
            row = next(table.blocks(1), None)
            told = row.texts("acq_instrument")[0].lower() if row else ""
            title = next((title for key, title in TITLES.items() if told.startswith(key)), "")
            return Head(name, table.headers, table.types, title)
    except NotATable:
        pass
    return None


def refuse_export(head: Head) -> None:
    """A table exported without what an import needs is refused in one sentence, not thousands.

    Raises:
        PackageRefused: the table has no line of types, and no column of images or that of lineages
            which nothing but an export has.
    """
    if {"[t]", "[f]"} & set(head.types.values()) or "object_id" not in head.headers:
        return
    if "img_file_name" not in head.headers:
        raise PackageRefused(
            f"{head.file}: this table was exported without its images (it has no column "
            "img_file_name, and no second line of types). Export it again with images, and "
            "import the whole archive."
        )
    if "object_annotation_hierarchy" in head.headers:
        raise PackageRefused(
            f"{head.file}: this table was exported without its second line, which tells numbers "
            "from texts. Export it again with the line of types, and import the whole archive."
        )


def refuse_without_types(head: Head) -> None:
    """An update would take the first row of such a table for its types, and leave that object out.

    Raises:
        PackageRefused: what stands where the types should be names an object, and no type.
    """
    typed = any(cell.strip().startswith("[") for cell in head.types.values())
    if not typed and head.types.get("object_id", "").strip():
        raise PackageRefused(
            f"{head.file}: its second line tells no types but an object, “"
            f"{head.types['object_id'].strip()}”, which would be passed over. Put a line of types "
            "below the headers ([t] for text, [f] for numbers), or export with it."
        )
