"""Gathering what goes into the tables of an archive."""

import math
from collections.abc import Iterable

from calanus.exports.darwin_core.ready import recasts_of
from calanus.exports.darwin_core.types import (
    Amount,
    Amounts,
    Contents,
    DarwinCoreExportReq,
    Publication,
    Sampled,
    Species,
)
from calanus.exports.queries import darwin_core as queries
from calanus.exports.types import Recast
from calanus.kit.db import Connection
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy import worms
from calanus.taxonomy.types import Taxon

Line = tuple[int, str, int, int]  # sample, state, taxon, objects


def gather(conn: Connection, found: Publication, request: DarwinCoreExportReq) -> Contents:
    """All that the tables are written from; the collection was found ready before."""
    recasts = recasts_of(conn, found.collection)
    assert recasts is not None
    states = ["V", "P"] if request.include_predicted else ["V"]
    sampled = [s for p in found.projects for s in queries.sampled(conn, p.project_id)]
    lines = [line for p in found.projects for line in queries.amounts(conn, p.project_id, states)]
    aphias, species = species_of(conn, {taxon for _, _, taxon, _ in lines}, recasts)
    occurring, measured = (amounts(lines, recast, aphias) for recast in recasts)
    return Contents(
        publication=found,
        request=request,
        events=event_names(sampled),
        sampled=sampled,
        species=species,
        occurring=occurring,
        measured=measured,
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


def amounts(lines: Iterable[Line], recast: Recast, aphias: dict[int, int]) -> Amounts:
    """How much of each species is in each sample and state, summed over what is written alike."""
    moves = recast.moves()
    found: Amounts = {}
    for sample_id, state, taxon_id, objects in lines:
        aphia_id = aphias.get(moves.get(taxon_id, taxon_id) or 0)
        if aphia_id is not None:
            amount = found.setdefault((sample_id, state), {}).setdefault(aphia_id, Amount())
            amount.objects += objects
    return found


def finite(value: float) -> float | None:
    """A number that can be written down, or nothing."""
    return value if math.isfinite(value) else None
