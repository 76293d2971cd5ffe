"""What people chose in the place of taxa: when one is deprecated, others have met the question."""

from collections.abc import Sequence
from datetime import datetime

from calanus.annotation import queries
from calanus.annotation.types import Reclassified
from calanus.kit.db import Connection
from calanus.projects import service as projects
from calanus.projects.types import Project
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.types import Taxon, TaxonInTree, TaxonNotFound
from calanus.users.types import User


def usual_choices(
    conn: Connection, taxon_ids: Sequence[int], *, by: User | None
) -> list[TaxonInTree]:
    """For each taxon, what most projects that somebody may see took in its place; else itself.

    What its own record advises is left out, being known; so is what is deprecated itself.

    Raises:
        TaxonNotFound: one is not there.
    """
    known = {taxon.taxon_id: taxon for taxon in taxonomy.find_many(conn, taxon_ids)}
    for taxon_id in taxon_ids:
        if taxon_id not in known:
            raise TaxonNotFound(taxon_id)
    made = queries.reclassifications(conn, before=list(known)) if known else []
    seen = {p.project_id for p in projects.visible(conn, by, sorted({m.project_id for m in made}))}
    chosen = {int(t): choice(known[t], [m for m in made if m.project_id in seen]) for t in known}
    shown = {int(t.taxon_id): t for t in taxonomy.in_tree(conn, chosen.values())}
    return [shown[chosen[taxon_id]] for taxon_id in taxon_ids]


def choice(taxon: Taxon, made: list[Reclassified]) -> int:
    """What most projects took in the place of a taxon, the latest of several; else itself."""
    votes: dict[int, tuple[int, datetime]] = {}
    for one in made:
        if one.before != taxon.taxon_id or one.deprecated:
            continue
        if one.after in (taxon.rename_to, taxon.taxon_id):
            continue
        many, last = votes.get(one.after, (0, one.made_at))
        votes[one.after] = (many + 1, max(last, one.made_at))
    return max(votes, key=lambda after: votes[after], default=taxon.taxon_id)


def choices_in(conn: Connection, project: Project) -> list[Reclassified]:
    """What a project took in the place of what, the oldest choice first."""
    return queries.reclassifications(conn, project_id=project.project_id)
