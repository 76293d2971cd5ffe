"""How well taxa are learnt from a folder of labelled images: the field's own table.

One fifth of the images is hidden, drawn by a seed over their sorted paths; the rest teaches. Where
folders of taxa lie in folders of samples, a fifth of the samples is, as in a report. Of images that
the network was trained on none is ever hidden: two thirds of the others are, if that is less. Mean
precision and mean recall are over the taxa of the hidden images; a taxon never guessed
has precision 0.
"""

import resource
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import numpy as np

from calanus.features.extractors import NetworkExtractor, open_extractor
from calanus.features.folders import LabelledFolder, read_folder, short_hash
from calanus.features.measures import NAMES, as_grey, measure
from calanus.features.preparation import decode, without_bar
from calanus.features.spreading import vectors
from calanus.features.types import Features
from calanus.kit.errors import Invalid
from calanus.prediction import judging
from calanus.prediction.classifiers import CLASSIFIERS, Forest, Linear
from calanus.prediction.folds import Folds, Ids, folds
from calanus.prediction.types import Classifier, ClassifierName, Fresh, Taxa

HIDDEN = 5  # one image in five
WORKERS = 2
Say = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """A line of the table: which features, which classifier."""

    name: str
    classifier: ClassifierName
    classic: bool
    deep: bool


RECIPES = (
    Recipe("classic features + random forest", "forest", classic=True, deep=False),
    Recipe("deep → PCA 50 → random forest", "forest", classic=False, deep=True),
    Recipe("classic + deep → PCA 50 → random forest", "forest", classic=True, deep=True),
    Recipe("deep + linear", "linear", classic=False, deep=True),
    Recipe("classic + deep + linear", "linear", classic=True, deep=True),
)


@dataclass(frozen=True)
class Learnt:
    """What one recipe reached, in per cent, the mean over the seeds; times of one seed."""

    model: str
    numbers: int  # the network's and the classifier's together
    accuracy: float
    precision: float
    recall: float
    calibration_error: float  # expected, over ten bins of the best score
    fit_seconds: float
    predict_seconds: float
    peak_mb: float  # of this process so far


@dataclass(frozen=True)
class LearningTable:
    """The table, and what it was measured on."""

    extractor: str
    images: int
    taxa: int
    seen: int  # images that the network was trained on
    hidden: int
    by: str  # what is hidden as a whole: sample or object
    seeds: Sequence[int]
    extraction_rate: float  # images a second, from files to vectors
    measuring_rate: float
    rows: Sequence[Learnt]

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded."""
        return {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in {**asdict(self), "rows": [_plain(r) for r in self.rows]}.items()
        }

    def as_rows(self) -> list[tuple[str, ...]]:
        """Lines of a table for people; the first names the columns."""
        head = (
            *("model", "size", "accuracy", "precision", "recall", "calibration"),
            *("fit", "predict", "memory"),
        )
        return [head, *(_line(row) for row in self.rows)]


class NothingToLearn(Invalid):
    """The folder holds too little for a benchmark."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} holds no images of two taxa: lay each image into a folder named after its "
            "taxon."
        )


@dataclass(frozen=True)
class Asked:
    """What is measured of a folder."""

    extractor: str | None = None
    seeds: Sequence[int] = (0, 1, 2)
    bar_px: int = 0


def run(
    folder: Path,
    asked: Asked = Asked(),
    *,
    data: Path | None = None,
    say: Say = lambda sentence: None,
) -> LearningTable:
    """Measure every recipe on the images of a folder.

    Raises:
        NothingToLearn: there are not two taxa.
        ExtractorUnknown: there is no extractor of this name.
    """
    images = read_folder(folder)
    known, taxa = np.unique(images.taxa, return_inverse=True)
    if len(known) < 2:
        raise NothingToLearn(folder)
    extractor = cast(NetworkExtractor, open_extractor(asked.extractor, data=data))
    say(f"{len(images.images)} images of {len(known)} taxa: computing {extractor.name}")
    with timed() as extracting:
        deep = deep_features(extractor, images, asked.bar_px)
    say("Measuring classic features")
    with timed() as measuring:
        classic = classic_features(images, asked.bar_px)
    seen = np.flatnonzero(np.isfinite(deep).all(axis=1))
    deep, classic, taxa = deep[seen], classic[seen], taxa[seen].astype(np.int64)
    fresh = new_to(extractor, images)[seen]
    _, samples = np.unique(np.array(images.samples)[seen], return_inverse=True)
    split = Split(fresh, samples.astype(np.int64), taxa)
    parts = split.parts(0)
    say(f"Hidden by {parts.by}. {parts.why}")
    rows: list[Learnt] = []
    for recipe in RECIPES:
        say(f"Learning: {recipe.name}")
        X = np.hstack(
            [
                classic[:, : classic.shape[1] * recipe.classic],
                deep[:, : deep.shape[1] * recipe.deep],
            ]
        )
        network = extractor.numbers if recipe.deep else 0
        taught = Taught(X, split, deep.shape[1] * recipe.deep)
        rows.append(learnt(recipe, taught, asked.seeds, network))
    return LearningTable(
        extractor.name,
        len(taxa),
        len(known),
        int((~fresh).sum()),
        len(split.sides(0)[1]),
        parts.by,
        list(asked.seeds),
        len(taxa) / extracting[0],
        len(taxa) / measuring[0],
        rows,
    )


def deep_features(extractor: NetworkExtractor, images: LabelledFolder, bar_px: int) -> Features:
    """The vectors of all images, as they would be stored."""
    _, found = vectors(extractor, images.read(), bar_px=bar_px)
    return found.astype(np.float16).astype(np.float32)


def classic_features(images: LabelledFolder, bar_px: int) -> Features:
    """What is measured on all images, on both cores."""
    files = [(images.root / image, bar_px) for image in images.images]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(measured, files, chunksize=64))
    return np.array(found, np.float32)


def measured(file: tuple[Path, int]) -> list[float]:
    """The classic features of one file, NaN where it is no image."""
    path, bar_px = file
    try:
        return list(measure(as_grey(without_bar(decode(path.read_bytes()), bar_px))).values())
    except Invalid:
        return [np.nan] * len(NAMES)


def new_to(extractor: NetworkExtractor, images: LabelledFolder) -> Fresh:
    """Which images the network was not trained on."""
    if not len(extractor.seen):
        return np.ones(len(images.images), bool)
    hashes = np.array([short_hash(data) for _, data in images.read()], np.uint64)
    return ~np.isin(hashes, extractor.seen)


@dataclass(frozen=True)
class Split:
    """What is known of images before they are parted: parallel arrays."""

    fresh: Fresh
    samples: Ids
    taxa: Taxa

    def parts(self, seed: int) -> Folds:
        """Whole samples, where a report would hold them out, too; else objects."""
        return folds(self.samples, self.taxa, seed=seed, most=HIDDEN)

    def sides(self, seed: int) -> tuple[Ids, Ids]:
        """Which images teach, and which are hidden: none of those that the network has seen."""
        parts = self.parts(seed)
        if parts.by == "sample":
            part = parts.of == seed % len(parts)
            return np.flatnonzero(~part), np.flatnonzero(part & self.fresh)
        out = some(self.fresh, seed)
        return np.setdiff1d(np.arange(len(self.fresh)), out), out


def some(fresh: Fresh, seed: int) -> Ids:
    """One image in five, drawn by the seed; none the network has seen."""
    drawn = np.random.default_rng(seed).permutation(len(fresh))
    drawn = drawn[fresh[drawn]]
    most = len(drawn) if fresh.all() else len(drawn) * 2 // 3
    return np.sort(drawn[: max(1, min(most, len(fresh) // HIDDEN))])


@dataclass(frozen=True)
class Taught:
    """What recipes learn from: features, of which the last are deep, and how they are parted."""

    X: Features
    split: Split
    dimensions: int


def learnt(recipe: Recipe, given: Taught, seeds: Sequence[int], network: int) -> Learnt:
    """One recipe, taught and asked once a seed."""
    X, y, fresh = given.X, given.split.taxa, given.split.fresh
    scores: list[tuple[float, ...]] = []
    for seed in seeds:
        taught, out = given.split.sides(seed)
        with timed() as fitting:
            model = CLASSIFIERS[recipe.classifier](given.dimensions, seed)
            model.fit(X[taught], y[taught], fresh[taught] if recipe.deep else None)
        with timed() as predicting:
            likely = model.predict_proba(X[out])
        guessed = judging.top(likely, model.classes_)
        told = judging.means(y[out], guessed.taxa)
        bins = judging.calibration(y[out] == guessed.taxa, guessed.scores)
        sure = judging.calibration_error(bins)
        figures = (told.accuracy, told.precision, told.recall, sure)
        scores.append((*figures, fitting[0], predicting[0], size(model)))
    accuracy, precision, recall, sure, fit, predict, numbers = np.mean(scores, axis=0).tolist()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    values = (100 * accuracy, 100 * precision, 100 * recall, 100 * sure, fit, predict, peak)
    return Learnt(recipe.name, network + int(numbers), *values)


def size(model: Classifier) -> int:
    """How many numbers a classifier remembers."""
    if isinstance(model, Forest):
        return sum(5 * tree.tree_.node_count for tree in model.trees.estimators_)
    assert isinstance(model, Linear)
    return model.weights.size


@contextmanager
def timed() -> Generator[list[float]]:
    """The seconds that a block takes, known when it is over."""
    found: list[float] = []
    start = time.perf_counter()
    yield found
    found.append(time.perf_counter() - start)


def _plain(row: Learnt) -> dict[str, Any]:
    return {n: round(v, 3) if isinstance(v, float) else v for n, v in asdict(row).items()}


def _line(row: Learnt) -> tuple[str, ...]:
    return (
        row.model,
        f"{row.numbers / 1e6:.1f} M",
        f"{row.accuracy:.1f}",
        f"{row.precision:.1f}",
        f"{row.recall:.1f}",
        f"{row.calibration_error:.1f}",
        f"{row.fit_seconds:.1f} s",
        f"{row.predict_seconds:.2f} s",
        f"{row.peak_mb:.0f} MB",
    )
