"""Tables that are EcoTaxa's already: whose instrument they are, and exports that lack images."""

from itertools import islice

from calanus.imports.package import Package
from calanus.imports.types import PackageRefused
from calanus.kit.tsv import NotATable, Table, read

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


def head_of(source: Package, name: str) -> Table | None:
    """The beginning of a table, if it is one."""
    try:
        return read(source.read(name)[:HEAD])
    except NotATable:
        return None  # the import says what is wrong with it


def instrument_of(source: Package) -> str:
    """The instrument that the first row of the first table names, as a project calls it."""
    for name in source.tables()[:1]:
        table = head_of(source, name)
        if table and "acq_instrument" in table.headers:
            place = table.headers.index("acq_instrument")
            cells = [row[place].strip() for row in islice(table.lines, 1) if len(row) > place]
            return next(
                (t for c in cells for key, t in TITLES.items() if c.lower().startswith(key)), ""
            )
    return ""


def refuse_exports(source: Package, *, updates: bool) -> None:
    """A table exported without its images cannot be imported, which is one sentence, not thousands.

    Raises:
        PackageRefused: a table has neither a column of images nor a line of types.
    """
    for name in [] if updates else source.tables()[:1]:
        table = head_of(source, name)
        if table is None or "img_file_name" in table.headers:
            continue
        if "object_id" in table.headers and not {"[t]", "[f]"} & set(table.types.values()):
            raise PackageRefused(
                f"{name}: this table was exported without its images (it has no column "
                "img_file_name, and no second line of types). Export it again with images, and "
                "import the whole archive."
            )
