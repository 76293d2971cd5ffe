"""The images that rows name, some fifty bytes each: a million of them are in memory at once."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from calanus.imports.index import Index

FEW = 8  # images of an object: those of objects with more are remembered in a dict


@dataclass(slots=True)
class ImageRow:
    """An image named by a row."""

    object: int  # place of a new object, or minus the id of a known one
    name: str  # as the row says; "" where there is no such file
    member: str  # in the package
    rank: int
    file: str
    line: int


class ImageRows:
    """Images in the order of their rows; the file of each is one of `members`, by its number."""

    def __init__(self) -> None:
        self.members: list[str] = []  # each once, as rows name them first; complete when settled
        self.objects = array("q")
        self.ranks = array("h")
        self.numbers = array("i")  # of members, -1 where there is none
        self._lines = array("i")
        self._file = array("i")
        self._files: dict[str, int] = {}
        self._file_names: list[str] = []
        self._skipped = array("i")  # characters of the member before the name
        self._odd_names: dict[int, str] = {}  # of images that are not called as their file ends
        self._index = Index()
        self._waiting: list[str] = []

    def __len__(self) -> int:
        return len(self.objects)

    def append(self, row: ImageRow) -> None:
        """One image more."""
        skipped = max(0, len(row.member) - len(row.name))
        if row.member[skipped:] != row.name and row.member:
            self._odd_names[len(self)] = row.name
        self._skipped.append(skipped)
        self._waiting.append(row.member)
        self.objects.append(row.object)
        self.ranks.append(row.rank)
        self._lines.append(row.line)
        file = self._files.get(row.file)
        if file is None:
            file = self._files[row.file] = len(self._files)
            self._file_names.append(row.file)
        self._file.append(file)

    def settle(self) -> None:
        """Number the files that were named since the last time."""
        named = list(dict.fromkeys(filter(None, self._waiting)))
        known = dict(zip(named, self._index.find(named), strict=True))
        new = [member for member, number in known.items() if number < 0]
        numbers = range(len(self.members), len(self.members) + len(new))
        self._index.add(new, numbers)
        self.members += new
        known |= dict(zip(new, numbers, strict=True))
        self.numbers.extend([known.get(member, -1) for member in self._waiting])
        self._waiting.clear()

    def place(self, image: int) -> tuple[str, int]:
        """The table and the line of an image."""
        return self._file_names[self._file[image]], self._lines[image]

    def name(self, image: int) -> str:
        """What the row of an image calls it."""
        found = self._odd_names.get(image)
        if found is None and self.numbers[image] >= 0:
            found = self.members[self.numbers[image]][self._skipped[image] :]
        return found or ""

    def among(self, members: Sequence[str]) -> Iterator[ImageRow]:
        """The images whose files are among these."""
        wanted = [number for number in self._index.find(members) if number >= 0]
        for image in np.flatnonzero(np.isin(self.numbers, wanted)).tolist():
            member = self.members[self.numbers[image]]
            file, line = self.place(image)
            object_, rank = self.objects[image], self.ranks[image]
            yield ImageRow(object_, self.name(image), member, rank, file, line)


class Links:
    """Which images each object has, those of the project included: a chain an object."""

    def __init__(self) -> None:
        self._last = array("i")  # of each object, -1 where it has none
        self._previous = array("i")
        self._names = array("q")  # hashes
        self._ranks = array("h")
        self._images = array("i")  # places of images of the package, -1 for those of the project
        self._many: dict[int, tuple[dict[int, int], set[int]]] = {}

    def new_object(self) -> int:
        """An object more, without images; its number."""
        self._last.append(-1)
        return len(self._last) - 1

    def add(self, object_: int, name: str, rank: int, image: int = -1) -> None:
        """An image of an object."""
        self._previous.append(self._last[object_])
        self._last[object_] = len(self._names)
        self._names.append(hash(name))
        self._ranks.append(rank)
        self._images.append(image)
        if object_ in self._many:
            images, ranks = self._many[object_]
            images[hash(name)] = image
            ranks.add(rank)

    def image(self, object_: int, name: str) -> int | None:
        """The image of this name that an object has, -1 when the project has it."""
        return self.of(object_)[0].get(hash(name))

    def ranks(self, object_: int) -> set[int]:
        """The ranks that are taken."""
        return self.of(object_)[1]

    def of(self, object_: int) -> tuple[dict[int, int], set[int]]:
        """The images of an object by the hash of their name, and their ranks."""
        found = self._many.get(object_)
        if found is not None:
            return found
        images: dict[int, int] = {}
        ranks: set[int] = set()
        link = self._last[object_]
        while link >= 0:
            images[self._names[link]] = self._images[link]
            ranks.add(self._ranks[link])
            link = self._previous[link]
        if max(len(images), len(ranks)) > FEW:
            self._many[object_] = images, ranks
        return images, ranks
