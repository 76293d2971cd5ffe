"""Clicks and seconds per 1,000 objects of each strategy, on a folder of labelled images."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from calanus.bench.effort.annotator import USUAL, Annotator, Errors, Labels, siblings_of
from calanus.bench.effort.strategies import STRATEGIES, Project, Strategy
from calanus.bench.learning import NothingToLearn, classic_features, deep_features
from calanus.features.extractors import NetworkExtractor, open_extractor
from calanus.features.folders import read_folder
from calanus.features.types import Features

SHARES = (50, 80, 95, 100)  # per cent of the objects decided
RARE = 20  # objects, below which a taxon is rare
Say = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """Images as numbers, and what they truly show."""

    features: Features
    dimensions: int
    truth: Labels
    names: Sequence[str]


@dataclass(frozen=True)
class At:
    """What a strategy cost, and what it had reached, when a share of the objects was decided."""

    share: int  # per cent
    actions: float  # per 1,000 objects decided so far
    seconds: float
    wrong: float  # per cent of what was decided
    rare: float  # per cent of the objects of rare taxa that were found; NaN where none is rare


@dataclass(frozen=True)
class Effort:
    """One strategy, the mean over the seeds."""

    strategy: str
    name: str
    at: Sequence[At]
    deviation: float  # of the actions per 1,000 at the end, over the seeds
    fits: float
    compute_seconds: float


@dataclass(frozen=True)
class EffortTable:
    """The table, and what it was measured on."""

    images: int
    taxa: int
    extractor: str
    seeds: Sequence[int]
    errors: Errors
    rows: Sequence[Effort]

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded."""
        return cast(dict[str, Any], rounded(asdict(self)))

    def as_rows(self) -> list[tuple[str, ...]]:
        """Lines of a table for people; the first names the columns."""
        clicks = [f"clicks to {share} %" for share in SHARES]
        head = ("", "strategy", *clicks, "±", "seconds", "wrong", "rare found", "computing")
        return [head, *(_line(row) for row in self.rows)]


def run(
    folder: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    strategies: Sequence[str] = tuple(STRATEGIES),
    errors: Errors = USUAL,
    data: Path | None = None,
    say: Say = lambda sentence: None,
) -> EffortTable:
    """Let a simulated annotator identify the images of a folder by each strategy.

    Raises:
        NothingToLearn: there are not two taxa.
    """
    extractor = cast(NetworkExtractor, open_extractor(data=data))
    found = material(folder, extractor, say)
    chosen: Mapping[str, tuple[str, Strategy]] = {key: STRATEGIES[key] for key in strategies}
    rows: list[Effort] = []
    for key, (name, strategy) in chosen.items():
        say(f"{key}: {name}")
        rows.append(effort(key, name, strategy, found, seeds, errors))
    images, taxa = len(found.truth), len(found.names)
    return EffortTable(images, taxa, extractor.name, list(seeds), errors, rows)


def material(folder: Path, extractor: NetworkExtractor, say: Say) -> Material:
    """The images of a folder as a classifier sees them."""
    images = read_folder(folder)
    names, truth = np.unique(images.taxa, return_inverse=True)
    if len(names) < 2:
        raise NothingToLearn(folder)
    say(f"{len(images.images)} images of {len(names)} taxa: computing features")
    deep, classic = deep_features(extractor, images, 0), classic_features(images, 0)
    seen = np.flatnonzero(np.isfinite(deep).all(axis=1))
    features = np.hstack([classic[seen], deep[seen]])
    return Material(features, deep.shape[1], truth[seen].astype(np.int64), names.tolist())


def effort(
    key: str,
    name: str,
    strategy: Strategy,
    material: Material,
    seeds: Sequence[int],
    errors: Errors,
) -> Effort:
    """One strategy to the end, once a seed."""
    runs: list[list[At]] = []
    fits: list[int] = []
    spent = time.perf_counter()
    for seed in seeds:
        annotator = Annotator(material.truth, siblings_of(material.names), errors, seed=seed)
        project = Project(material.features, material.dimensions, annotator, seed)
        strategy(project)
        runs.append([at(annotator, share) for share in SHARES])
        fits.append(project.fits)
    spent = (time.perf_counter() - spent) / len(seeds)
    ends = [found[-1].actions for found in runs]
    means = [mean_of([found[n] for found in runs]) for n in range(len(SHARES))]
    return Effort(key, name, means, float(np.std(ends)), float(np.mean(fits)), spent)


def at(annotator: Annotator, share: int) -> At:
    """How things stood when this share of the objects was decided."""
    truth = annotator.truth
    moment = annotator.when(len(truth) * share / 100)
    decided = np.array(annotator.order[: moment.objects])
    right = annotator.labels[decided] == truth[decided]
    rare = np.flatnonzero(np.bincount(truth)[truth] < RARE)
    found = np.isin(rare, decided[right]).mean() if len(rare) else np.nan
    return At(
        share,
        1000 * moment.actions / moment.objects,
        1000 * moment.seconds / moment.objects,
        100 * float((~right).mean()),
        100 * float(found),
    )


def mean_of(found: Sequence[At]) -> At:
    """The mean of the seeds."""
    return At(*np.mean([astuple(one) for one in found], axis=0).tolist())


def rounded(value: Any) -> Any:
    """Floats to a tenth, in whatever they lie; what is no number is none."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 1)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [rounded(one) for one in cast(list[Any], value)]
    return value


def _line(row: Effort) -> tuple[str, ...]:
    end = row.at[-1]
    return (
        row.strategy,
        row.name,
        *(f"{at.actions:.0f}" for at in row.at),
        f"{row.deviation:.0f}",
        f"{end.seconds:.0f}",
        f"{end.wrong:.1f} %",
        "" if math.isnan(end.rare) else f"{end.rare:.0f} %",
        f"{row.compute_seconds:.1f} s",
    )
