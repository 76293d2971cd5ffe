"""Gathering what goes into the tables of an archive."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from calanus.exports.darwin_core.ready import few, recasts_of
from calanus.exports.darwin_core.types import (
    COMPUTED,
    Amount,
    Amounts,
    Contents,
    DarwinCoreExportReq,
    Publication,
    Sampled,
    Species,
)
from calanus.exports.quantities import Cells, Warn, formulas_of, measured
from calanus.exports.queries import darwin_core as queries
from calanus.exports.types import Quantity, Recast
from calanus.kit.db import Connection
from calanus.objects.filters import Where
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy import worms
from calanus.taxonomy.types import Taxon


def gather(conn: Connection, found: Publication, request: DarwinCoreExportReq) -> Contents:
    """All that the tables are written from; the collection was found ready before."""
    recasts = recasts_of(conn, found.collection)
    assert recasts is not None
    warnings: list[str] = []
    cells = [counted_and_measured(conn, p, request, warn=warnings.append) for p in found.projects]
    sampled = [s for p in found.projects for s in queries.sampled(conn, p.project_id)]
    dated = [s.sample_id for s in sampled]  # what is in no event occurs nowhere
    used = {
        int(taxon)
        for each in cells
        for taxon in np.unique(each.taxon_ids[np.isin(each.sample_ids, dated)])
    }
    aphias, species = species_of(conn, used, recasts)
    occurring, amounts_ = (
        {
            key: held
            for each in cells
            for key, held in amounts(each, recast, aphias, request.quantities()[1:]).items()
        }
        for recast in recasts
    )
    return Contents(
        publication=found,
        request=request,
        events=event_names(sampled),
        sampled=sampled,
        species=species,
        occurring=occurring,
        measured=amounts_,
        warnings=[*warnings, *without_value(request, amounts_, species)],
    )


def counted_and_measured(
    conn: Connection, project: Project, request: DarwinCoreExportReq, *, warn: Warn
) -> Cells:
    """The objects of a project that are published, with the quantities asked for."""
    wanted = Where(
        "o.state = ANY(%(states)s) AND o.taxon_id IS NOT NULL",
        {"states": ["V", "P"] if request.include_predicted else ["V"]},
    )
    asked = request.quantities()
    formulas = formulas_of(project, request.formulae, asked)
    return measured(
        conn,
        project,
        wanted,
        formulas,
        asked,
        warn=lambda said: warn(f"Project {project.project_id}: {said}"),
    )


def without_value(
    request: DarwinCoreExportReq, measured: Amounts, species: dict[int, Species]
) -> Iterator[str]:
    """What could not be told of which taxa."""
    for computation, quantity in COMPUTED.items():
        if computation not in request.with_computations:
            continue
        found = [
            (aphia_id, getattr(amount, quantity))
            for s in measured.values()
            for aphia_id, amount in s.items()
        ]
        without = sorted({species[aphia_id].name for aphia_id, value in found if value is None})
        if without:
            count = sum(value is None for _, value in found)
            yield (
                f"The {quantity} is left out of {count:,} occurrence(s), of {few(without)}: a "
                "formula has no value there."
            )


def event_names(sampled: Iterable[Sampled]) -> dict[int, str]:
    """What each sample is called: by its project too where another has a sample of this name."""
    known = list(sampled)
    long = {s.sample_id: f"{s.project_id}_{s.orig_id}" for s in known}
    owners: dict[str, set[int]] = {}
    for each in known:
        owners.setdefault(each.orig_id, set()).add(each.project_id)
    names = {
        s.sample_id: long[s.sample_id] if len(owners[s.orig_id]) > 1 else s.orig_id for s in known
    }
    return names if len(set(names.values())) == len(names) else long


def species_of(
    conn: Connection, used: set[int], recasts: tuple[Recast, Recast]
) -> tuple[dict[int, int], dict[int, Species]]:
    """The AphiaID of each taxon that is written, and the species by AphiaID."""
    targets = {to for r in recasts for taxon in used if (to := r.target(taxon)) is not None}
    taxa = [taxon for taxon in taxonomy.find_many(conn, targets) if taxon.aphia_id]
    kingdoms = worms.kingdoms(conn, taxa)
    by_aphia: dict[int, list[Taxon]] = {}
    for taxon in taxa:
        by_aphia.setdefault(taxon.aphia_id or 0, []).append(taxon)
    species = {
        aphia_id: Species(
            aphia_id=aphia_id,
            name=same[0].name,
            rank=(same[0].rank or "").lower(),
            kingdom=kingdoms.get(same[0].taxon_id, ""),
            taxa=tuple(sorted((t.taxon_id for t in same), reverse=True)),
        )
        for aphia_id, same in by_aphia.items()
    }
    return {taxon.taxon_id: taxon.aphia_id or 0 for taxon in taxa}, species


def amounts(
    cells: Cells, recast: Recast, aphias: dict[int, int], quantities: list[Quantity]
) -> Amounts:
    """How much of each species is in each sample and state, over all its acquisitions."""
    moves = recast.moves()
    taxa, places = np.unique(cells.taxon_ids, return_inverse=True)
    written = [aphias.get(moves.get(int(taxon), int(taxon)) or 0, 0) for taxon in taxa]
    aphia_ids = np.array(written, np.int64)[places]
    kept = aphia_ids > 0
    keys = np.stack([cells.sample_ids[kept], cells.states[kept], aphia_ids[kept]], axis=1)
    groups, members = np.unique(keys, axis=0, return_inverse=True)
    sums = [
        np.bincount(members.ravel(), weights=values[kept], minlength=len(groups))
        for values in cells.values
    ]
    found: Amounts = {}
    for row, (sample_id, state, aphia_id) in enumerate(groups.tolist()):
        objects, *others = (float(each[row]) for each in sums)
        named = dict(zip(quantities, others, strict=True))
        amount = Amount(
            int(objects),
            finite(named.get(Quantity.CONCENTRATION)),
            finite(named.get(Quantity.BIOVOLUME)),
        )
        found.setdefault((sample_id, chr(state)), {})[aphia_id] = amount
    return found


def finite(value: float | None) -> float | None:
    """A number that can be written down, or nothing."""
    return value if value is not None and math.isfinite(value) else None
