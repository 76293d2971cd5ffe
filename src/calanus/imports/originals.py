"""Raw images behind their vignettes: a second image of the object, at a rank that is not shown."""

from calanus.imports.package import Package
from calanus.imports.register import FIRST_ORIGINAL, ImageRow, Objects
from calanus.imports.store import ORIGINAL, original


def add_originals(objects: Objects, package: Package) -> None:
    """Give each object the originals of its vignettes, where its part wants them kept."""
    if not package.vignettes:
        return
    for row in list(objects.images):
        vignette = package.vignette_of(row.member) if row.member else None
        if vignette is None or not vignette.keep_original:
            continue
        taken = objects.ranks_of(row.object)
        rank = max([FIRST_ORIGINAL - 1, *taken]) + 1
        taken.add(rank)
        objects.images.append(
            ImageRow(row.object, row.name, original(row.member), rank, row.file, row.line)
        )


def is_original(name: str) -> bool:
    """Whether a name is that of a raw image behind a vignette."""
    return name.startswith(ORIGINAL)
