"""Abundance of taxa per sample: what was counted, and what may be there."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

import numpy as np
from numpy.typing import NDArray

from calanus.audit import queries
from calanus.audit.counting import OTHER, Interval, adjusted, expected
from calanus.audit.types import (
    MOST_CELLS,
    MOST_ESTIMATED,
    Abundance,
    AbundanceOrder,
    Abundances,
    Audit,
    Guessed,
    Tallied,
    TooMany,
)
from calanus.kit.db import Connection
from calanus.objects import service as objects
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy

OTHERS = "(other taxa)"


def abundances(conn: Connection, project: Project, order: AbundanceOrder) -> Abundances:
    """The table of a project's samples.

    Raises:
        TooMany: more predicted objects, or more samples and taxa, than can be estimated at once.
    """
    tallies = queries.tallies(conn, project.project_id, order.samples)
    predicted = sum(t.objects for t in tallies if t.state == "P")
    if predicted > MOST_ESTIMATED:
        raise TooMany(
            f"{predicted:,} predicted objects are more than the {MOST_ESTIMATED:,} that can be "
            "estimated at once. Name fewer samples."
        )
    found = queries.guessed(conn, project.project_id, order.samples)
    names = {line.sample_id: line.orig_id for line in objects.sample_progress(conn, project)}
    audit = queries.find_audit(conn, project.project_id)
    table = Table(tallies, found)
    if order.draws * table.size > MOST_CELLS:
        raise TooMany(
            f"{len(table.samples):,} samples of {len(table.taxa):,} taxa are too many for "
            f"{order.draws} draws at once. Name fewer samples, or draw less often."
        )
    estimate = expected(table.cells, table.scores, table.size, draws=order.draws, seed=order.seed)
    adjustment = adjust(table, audit, order) if audit else None
    named = {t.taxon_id: t.display_name for t in taxonomy.find_many(conn, table.taxa.tolist())}
    without = sum(each.scores is None and each.score is None for each in found)
    return Abundances(
        rows(
            table,
            estimate,
            adjustment,
            {int(s): n for s, n in names.items()},
            {OTHER: OTHERS, **{int(t): n for t, n in named.items()}},
        ),
        predicted,
        without,
        order.seed,
        order.draws,
        audit.made_at if audit else None,
        infos(without, audit),
    )


class Table:
    """Samples by taxa: who is counted where, and by which scores."""

    def __init__(self, tallies: Sequence[Tallied], found: Sequence[Guessed]) -> None:
        guesses = [spread(each) for each in found]
        known = {t.taxon_id for t in tallies} | {t for taxa, _ in guesses for t in taxa}
        self.samples = np.array(sorted({t.sample_id for t in tallies}), np.int64)
        self.taxa = np.array(sorted({OTHER, *known}), np.int64)
        self.size = len(self.samples) * len(self.taxa)
        self.validated, self.predicted = self.counted(tallies, "V"), self.counted(tallies, "P")
        self.cells, self.scores = self.placed(found, guesses)

    def counted(self, tallies: Sequence[Tallied], state: str) -> NDArray[np.int64]:
        """How many are in a state: (samples, taxa)."""
        counts = np.zeros((len(self.samples), len(self.taxa)), np.int64)
        mine = [t for t in tallies if t.state == state]
        own = np.searchsorted(self.samples, [t.sample_id for t in mine])
        taxa = np.searchsorted(self.taxa, [t.taxon_id for t in mine])
        counts[own.astype(np.int64), taxa.astype(np.int64)] = [t.objects for t in mine]
        return counts

    def placed(
        self, found: Sequence[Guessed], guesses: Sequence[tuple[list[int], list[float]]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The cells of the guesses of each object, and their scores: what is left is others'."""
        most = max((len(taxa) for taxa, _ in guesses), default=0) + 1
        taxa = np.full((len(found), most), OTHER, np.int64)
        scores = np.zeros((len(found), most))
        for n, (mine, sure) in enumerate(guesses):
            taxa[n, : len(mine)] = mine
            scores[n, : len(sure)] = sure
        total = scores.sum(axis=1)
        scores /= np.maximum(total, 1.0)[:, None]
        scores[:, -1] = np.maximum(0.0, 1.0 - scores.sum(axis=1))
        own = np.searchsorted(self.samples, [each.sample_id for each in found]).astype(np.int64)
        return own[:, None] * len(self.taxa) + np.searchsorted(self.taxa, taxa), scores


def spread(each: Guessed) -> tuple[list[int], list[float]]:
    """The guesses of an object; where it has none, its taxon at its score, or for certain."""
    if each.taxa and each.scores:
        pairs = [(t, s) for t, s in zip(each.taxa, each.scores, strict=True) if t > 0 and s > 0]
        if pairs:
            return [t for t, _ in pairs], [s for _, s in pairs]
    return [each.taxon_id], [1.0 if each.score is None else min(max(each.score, 0.0), 1.0)]


def adjust(table: Table, audit: Audit, order: AbundanceOrder) -> Interval | None:
    """The predicted counts without the bias that the last audit saw."""
    if not audit.confusion:
        return None
    found = np.array(audit.confusion, np.int64)
    everything = np.union1d(table.taxa, found[:, :2])
    places = np.searchsorted(everything, found[:, :2])
    confusion = np.zeros((len(everything),) * 2)
    confusion[places[:, 0], places[:, 1]] = found[:, 2]
    counts = np.zeros((len(table.samples), len(everything)))
    mine = np.searchsorted(everything, table.taxa)
    counts[:, mine] = table.predicted
    if order.draws * counts.size > MOST_CELLS:
        return None
    whole = adjusted(counts, confusion, draws=order.draws, seed=order.seed)
    known = (confusion.sum(axis=1) > 0)[mine]
    parts = [
        np.where(known, part[:, mine], np.nan) for part in (whole.value, whole.low, whole.high)
    ]
    return Interval(*parts)


def rows(
    table: Table,
    estimate: Interval,
    adjustment: Interval | None,
    samples: dict[int, str],
    taxa: dict[int, str],
) -> list[Abundance]:
    """The table line by line, without the lines in which there is nothing."""
    shape = (len(table.samples), len(table.taxa))
    value, low, high = (x.reshape(shape) for x in (estimate.value, estimate.low, estimate.high))
    held = (table.validated > 0) | (table.predicted > 0) | (value >= 0.05)
    if adjustment:
        held |= np.nan_to_num(adjustment.value) >= 0.05
    lines: list[Abundance] = []
    for s, t in zip(*np.nonzero(held), strict=True):
        sample, taxon = int(table.samples[s]), int(table.taxa[t])
        sure = int(table.validated[s, t])
        estimated = [round(sure + float(part[s, t]), 1) for part in (value, low, high)]
        lines.append(
            Abundance(
                sample,
                samples.get(sample, str(sample)),
                taxon,
                taxa.get(taxon, str(taxon)),
                sure,
                sure + int(table.predicted[s, t]),
                estimated[0],
                estimated[1],
                estimated[2],
                *beside(adjustment, s, t, sure),
            )
        )
    return lines


def beside(
    adjustment: Interval | None, s: int, t: int, sure: int
) -> tuple[float | None, float | None, float | None]:
    """The adjusted count of a cell with its interval, where there is one."""
    if adjustment is None or np.isnan(adjustment.value[s, t]):
        return None, None, None
    parts = (adjustment.value, adjustment.low, adjustment.high)
    value, low, high = (round(sure + float(part[s, t]), 1) for part in parts)
    return value, low, high


def infos(without: int, audit: Audit | None) -> list[str]:
    """What to know before these numbers are used."""
    told = [
        "Estimates and intervals are of identification alone: they say nothing of sampling, and "
        "are as good as the scores. Dubious and unidentified objects are in no column."
    ]
    if without:
        told.append(f"{without} predicted objects bear no score and are counted as certain.")
    if audit is None:
        told.append("There is no adjusted estimate: run an audit, which measures the confusion.")
    return told


def as_csv(table: Abundances) -> str:
    """The table as a file: one line a sample and taxon, numbers with a point, empty for none."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([field.name for field in fields(Abundance)])
    for row in table.rows:
        writer.writerow([safe(value) for value in asdict(row).values()])
    return file.getvalue()


def safe(value: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
