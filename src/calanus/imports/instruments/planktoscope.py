"""The PlanktoScope: its segmenter writes EcoTaxa tables, which are imported as they are."""

from calanus.imports.instruments import tables
from calanus.imports.package import Package


def count(source: Package) -> int:
    """How many tables there are, if the first is a PlanktoScope's."""
    head = tables.head_of(source)
    return len(source.tables()) if head and head.instrument == "PlanktoScope" else 0
