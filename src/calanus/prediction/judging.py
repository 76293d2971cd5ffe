"""How good guesses are. Arrays only, no database."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calanus.prediction.types import Scores, Taxa

MOST_JUDGED = 50_000
KEPT_OF_TAXON = 50  # when a learning set is thinned, so that rare taxa stay
RARE = 20  # objects of a taxon
BINS = 10
SHARES = (0.1, 0.25, 0.5)  # of what teaches; all of it is the report itself

Ids = NDArray[np.int64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Guessed:
    """What each object was taken for by a classifier that had not seen it."""

    taxa: Ids
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class OfTaxon:
    """How one taxon fared; a share of nothing is None."""

    support: int
    guessed: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Means:
    """Over the taxa that were there to be found; a taxon never guessed has a precision of 0."""

    accuracy: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Bin:
    """Objects of like scores: how sure the classifier was, and how often it was right."""

    least: float
    most: float
    objects: int
    score: float
    right: float


@dataclass(frozen=True)
class Rare:
    """How many of the objects of rare taxa were found."""

    taxa: int
    objects: int
    recall: float | None


def judgeable(taxa: Taxa) -> str:
    """Why a learning set is too small to be judged; empty when it is not."""
    _, counts = np.unique(taxa, return_counts=True)
    if (counts >= 2).sum() >= 2:
        return ""
    return (
        f"The learning set is too small to be checked: {len(taxa)} object(s), and two taxa need "
        "two objects each, one to learn from and one to hide. Validate some more, or predict "
        "without a check."
    )


def thinned(taxa: Taxa, draws: Ids, most: int = MOST_JUDGED) -> Ids:
    """Rows of at most about so many objects: of each taxon the same share, but never too few."""
    if len(taxa) <= most:
        return np.arange(len(taxa))
    return shares(taxa, draws, most / len(taxa), KEPT_OF_TAXON)


def shares(taxa: Taxa, draws: Ids, share: float, least: int = 1) -> Ids:
    """Rows of a share of each taxon, those drawn first, so that smaller shares lie in larger."""
    order = np.lexsort((draws, taxa))
    _, starts, counts = np.unique(taxa[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, counts)
    wanted = np.maximum(np.ceil(counts * share - 1e-9).astype(np.int64), least)
    return np.sort(order[place < np.repeat(wanted, counts)])


def top(scores: Scores, classes: Taxa) -> Guessed:
    """The likeliest taxon of each object, and how likely it is."""
    place = scores.argmax(axis=1)
    return Guessed(
        classes[place].astype(np.int64), scores[np.arange(len(scores)), place].astype(np.float64)
    )


def confusion(truth: Taxa, guessed: Taxa) -> list[tuple[int, int, int]]:
    """(true taxon, guessed taxon, objects), for pairs that occur."""
    pairs, counts = np.unique(np.stack([truth, guessed]), axis=1, return_counts=True)
    return list(zip(pairs[0].tolist(), pairs[1].tolist(), counts.tolist(), strict=True))


def of_taxa(truth: Taxa, guessed: Taxa) -> dict[int, OfTaxon]:
    """How each taxon fared that was there or was guessed."""
    known = np.union1d(truth, guessed)
    size = len(known)
    support = np.bincount(np.searchsorted(known, truth), minlength=size).tolist()
    named = np.bincount(np.searchsorted(known, guessed), minlength=size).tolist()
    hits = np.bincount(np.searchsorted(known, truth[truth == guessed]), minlength=size).tolist()
    return {
        taxon: OfTaxon(
            support[n],
            named[n],
            hits[n],
            precision=share(hits[n], named[n]),
            recall=share(hits[n], support[n]),
            f1=share(2 * hits[n], support[n] + named[n]) if support[n] else None,
        )
        for n, taxon in enumerate(known.tolist())
    }


def share(part: int, whole: int) -> float | None:
    """A share, or None of nothing."""
    return part / whole if whole else None


def means(truth: Taxa, guessed: Taxa) -> Means:
    """Accuracy, and what taxa have on average, each weighing the same."""
    there = [one for one in of_taxa(truth, guessed).values() if one.support]
    return Means(
        float((truth == guessed).mean()),
        sum(one.precision or 0 for one in there) / len(there),
        sum(one.recall or 0 for one in there) / len(there),
        sum(one.f1 or 0 for one in there) / len(there),
    )


def calibration(right: Rows, scores: NDArray[np.float64], bins: int = BINS) -> list[Bin]:
    """Objects by their score in bins of one width; a bin without any is left out."""
    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    return [
        Bin(
            n / bins,
            (n + 1) / bins,
            int(rows.sum()),
            float(scores[rows].mean()),
            float(right[rows].mean()),
        )
        for n in np.unique(place).tolist()
        for rows in [place == n]
    ]


def calibration_error(found: list[Bin]) -> float:
    """ECE: how far scores are from how often they are right, weighed by objects."""
    total = sum(one.objects for one in found)
    return sum(one.objects * abs(one.score - one.right) for one in found) / total


def rare(judged: dict[int, OfTaxon], below: int = RARE) -> Rare:
    """Taxa of few objects, all together."""
    few = [one for one in judged.values() if 0 < one.support < below]
    objects = sum(one.support for one in few)
    return Rare(len(few), objects, share(sum(one.right for one in few), objects))


def spread(samples: Ids, taxa: Taxa) -> dict[int, int]:
    """In how many samples each taxon is found."""
    pairs = np.unique(np.stack([taxa, samples]), axis=1)
    known, counts = np.unique(pairs[0], return_counts=True)
    return dict(zip(known.tolist(), counts.tolist(), strict=True))
