"""How far two readings agree. Arrays in, numbers out; no database."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from calanus.prediction.types import Taxa

Z = 1.959964  # 95 %


@dataclass(frozen=True)
class Share:
    """How many of how many, and between what the true share lies at 95 % (Wilson 1927)."""

    agreed: int
    read: int
    share: float | None
    low: float | None
    high: float | None


def share(agreed: int, read: int) -> Share:
    """A share with its interval, which is never empty nor beyond 0 and 1."""
    if not read:
        return Share(0, 0, None, None, None)
    p = agreed / read
    middle = (p + Z * Z / (2 * read)) / (1 + Z * Z / read)
    half = Z * sqrt(p * (1 - p) / read + Z * Z / (4 * read * read)) / (1 + Z * Z / read)
    low = middle - half if agreed else 0.0
    return Share(agreed, read, p, low, middle + half if agreed < read else 1.0)


def kappa(first: Taxa, second: Taxa) -> float | None:
    """Cohen's kappa: agreement beyond chance. Nothing where chance alone would agree always."""
    if not len(first):
        return None
    taxa = np.union1d(first, second)
    a, b = np.searchsorted(taxa, first), np.searchsorted(taxa, second)
    of_first = np.bincount(a, minlength=len(taxa)) / len(a)
    of_second = np.bincount(b, minlength=len(taxa)) / len(b)
    chance = float(of_first @ of_second)
    return None if chance >= 1 else float(((a == b).mean() - chance) / (1 - chance))
