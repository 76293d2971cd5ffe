"""Numbers of names, in 24 bytes a name: a million names take 24 MB, in a dict 200.

Of a name only two fingerprints of 64 bits are kept, keyed anew in each process. Both must agree;
that two of ten million names do so by chance happens once in 10²⁴ imports.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Level = tuple[Whole, Whole, Whole]  # keys, sorted; checks; numbers
Fingerprints = Callable[[Sequence[str]], tuple[Whole, Whole]]


def fingerprints(names: Sequence[str]) -> tuple[Whole, Whole]:
    """Two independent numbers of each name."""
    keys = np.fromiter(map(hash, names), np.int64, len(names))
    checks = np.fromiter([hash(name + "\0") for name in names], np.int64, len(names))
    return keys, checks


class Index:
    """Names and the number of each; asked and filled many names at a time."""

    def __init__(self, fingerprints: Fingerprints = fingerprints) -> None:
        self._fingerprints = fingerprints
        self._levels: list[Level] = []  # each more than twice as long as the next

    def find(self, names: Sequence[str]) -> list[int]:
        """The number of each name, -1 for a name that was never added."""
        keys, checks = self._fingerprints(names)
        found = np.full(len(names), -1, np.int64)
        for known, known_checks, numbers in self._levels:
            places = np.searchsorted(known, keys)
            for neighbour in (0, 1):  # two names may share their key, and differ in their check
                here = np.minimum(places + neighbour, len(known) - 1)
                same = (known[here] == keys) & (known_checks[here] == checks)
                found[same] = numbers[here[same]]
        return found.tolist()

    def add(self, names: Sequence[str], numbers: Sequence[int]) -> None:
        """Names that are not known, each once."""
        if not names:
            return
        level = in_order(*self._fingerprints(names), np.array(numbers, np.int64))
        while self._levels and len(self._levels[-1][0]) <= 2 * len(level[0]):
            pairs = zip(self._levels.pop(), level, strict=True)
            level = in_order(*[np.concatenate(pair) for pair in pairs])
        self._levels.append(level)


def in_order(keys: Whole, checks: Whole, numbers: Whole) -> Level:
    """Sorted by key."""
    order = np.argsort(keys, kind="stable")
    return keys[order], checks[order], numbers[order]
