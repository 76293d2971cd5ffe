"""Whether a collection is ready to be published; if not, what to do about it, and where."""

from collections.abc import Iterable, Iterator

from calanus.collections.types import Collection, People
from calanus.exports import recast
from calanus.exports.darwin_core.terms import LICENSES, NETS
from calanus.exports.darwin_core.types import (
    DarwinCoreExportReq,
    Findings,
    Publication,
)
from calanus.exports.darwin_core.xml import extra_elements
from calanus.exports.quantities import formulas_of
from calanus.exports.queries import darwin_core as queries
from calanus.exports.types import BadExport, Recast, RecastOperation, RecastTarget
from calanus.kit.db import Connection
from calanus.projects import service as projects
from calanus.projects.types import Access
from calanus.taxonomy import service as taxonomy
from calanus.taxonomy.types import Taxon
from calanus.users.guests import countries
from calanus.users.types import User

SHORTEST_ABSTRACT, LONGEST_ABSTRACT = 256, 1000
SHOWN = 10  # names listed in one sentence


def check(conn: Connection, found: Publication, request: DarwinCoreExportReq) -> Findings:
    """All that keeps a collection from being published, and all that is worth knowing."""
    errors = [
        *private_projects(found),
        *missing_words(found.collection),
        *missing_people(found.people),
        *without_events(conn, found),
        *unreadable(request),
        *incomputable(found, request),
    ]
    used = taxa_used(conn, found, request)
    recasts = recasts_of(conn, found.collection)
    if recasts is None:
        errors.append(
            "Nobody has said yet as what the taxa are published: under “Taxa” on the page of the "
            "collection, check what is proposed, and save it."
        )
        return Findings(errors, list(remarks(conn, found)))
    taxon_errors, warnings = check_taxa(conn, used, recasts)
    return Findings([*errors, *taxon_errors], [*warnings, *remarks(conn, found)])


def private_projects(found: Publication) -> Iterator[str]:
    """Projects that only their members may see."""
    for project in found.projects:
        if project.access == Access.PRIVATE:
            yield (
                f"Project {project.project_id} “{project.title}” is private, and what is published "
                "is for everybody: under “Projects” on the page of the collection, make it public, "
                "or take it out."
            )


def missing_words(collection: Collection) -> Iterator[str]:
    """What has to be written about a collection."""
    length = len((collection.abstract or "").strip())
    if not SHORTEST_ABSTRACT <= length <= LONGEST_ABSTRACT:
        yield (
            f"The abstract has {length:,} characters; it needs {SHORTEST_ABSTRACT} to "
            f"{LONGEST_ABSTRACT:,}. Write it under “Abstract” on the page of the collection."
        )
    if not (collection.citation or "").strip():
        yield "There is no citation: write under “Citation” how the collection is to be cited."
    if collection.license not in LICENSES:
        chosen = f"“{collection.license}” is no" if collection.license else "No"
        yield (
            f"{chosen} licence under which OBIS and GBIF publish is chosen: under “Licence”, "
            f"choose {', '.join(LICENSES)}."
        )


def missing_people(people: People) -> Iterator[str]:
    """Who has to be named, and what of them."""
    if not people.creators:
        yield "There is no creator: under “Creators”, add a person or an organisation."
    roles = {"contact": people.contact, "provider": people.provider}
    for role, person in roles.items():
        if person is None:
            yield f"There is no {role} person: choose one under “People” on the collection's page."
    named: dict[int, tuple[User, str]] = {}
    for role, person in [
        *((f"the {role} person", person) for role, person in roles.items()),
        *(("a creator", who) for who in people.creators),
        *(("an associate", who) for who in people.associates),
    ]:
        if isinstance(person, User):
            named.setdefault(person.user_id, (person, role))
    for person, role in named.values():
        lacking = lacks(person)
        if lacking:
            where = "among the guests" if person.guest else "in the account"
            yield (
                f"{person.name}, {role}, has no {' and no '.join(lacking)}: complete it {where}, "
                "by “Details” beside the name under “People”."
            )


def lacks(person: User) -> list[str]:
    """What a person needs in order to be cited."""
    wanted = {
        "first and last name": len(person.name.split()) >= 2,
        "organisation": bool(person.organisation.strip()),
        "known country": person.country in countries(),
    }
    return [what for what, present in wanted.items() if not present]


def without_events(conn: Connection, found: Publication) -> Iterator[str]:
    """Projects in which nothing is dated: an event is a sample at a time."""
    if not queries.any_dated(conn, [p.project_id for p in found.projects]):
        yield (
            "No object has a date, so there is no event to publish: set object_date by an import "
            "that updates, or take in other projects under “Projects”."
        )


def unreadable(request: DarwinCoreExportReq) -> Iterator[str]:
    """Additional XML that cannot be added."""
    for number, piece in enumerate(request.extra_xml):
        try:
            extra_elements([*[""] * number, piece])
        except BadExport as error:
            yield str(error)


def incomputable(found: Publication, request: DarwinCoreExportReq) -> Iterator[str]:
    """Formulae that are missing, cannot be read, or name what a project has not."""
    for project in found.projects:
        try:
            formulas_of(project, request.formulae, request.quantities())
        except BadExport as error:
            yield str(error)


def recasts_of(conn: Connection, collection: Collection) -> tuple[Recast, Recast] | None:
    """How taxa are written as occurrences and as measurements: alike, unless said otherwise."""
    target = RecastTarget(collection.collection_id, is_collection=True)
    occurrences = recast.recast_of(conn, target, RecastOperation.DWCA_OCCURRENCE)
    measurements = recast.recast_of(conn, target, RecastOperation.DWCA_EMOF)
    return (occurrences, measurements or occurrences) if occurrences else None


def taxa_used(conn: Connection, found: Publication, request: DarwinCoreExportReq) -> dict[int, int]:
    """How many objects each taxon has in the states that are published."""
    states = ("V", "P") if request.include_predicted else ("V",)
    used: dict[int, int] = {}
    for tally in projects.tallies(conn, [p.project_id for p in found.projects]):
        if tally.state in states and tally.taxon_id > 0:
            used[tally.taxon_id] = used.get(tally.taxon_id, 0) + tally.objects
    return used


def check_taxa(
    conn: Connection, used: dict[int, int], recasts: tuple[Recast, Recast]
) -> tuple[list[str], list[str]]:
    """Errors and warnings about taxa: those nobody decided on, those WoRMS does not know."""
    listed = {int(taxon) for taxon in recasts[0].from_to}
    unlisted = sorted(set(used) - listed)
    targets = {to for r in recasts for taxon in used if (to := r.target(taxon)) is not None}
    names: dict[int, Taxon] = {
        t.taxon_id: t for t in taxonomy.find_many(conn, [*unlisted, *targets])
    }
    unknown = [t for t in sorted(targets) if t not in names or not names[t].aphia_id]
    errors: list[str] = []
    warnings: list[str] = []
    if unlisted:
        shown = few(names[t].display_name if t in names else str(t) for t in unlisted)
        errors.append(
            f"Nothing is decided for {len(unlisted)} taxon/taxa ({shown}): say under “Taxa” on the "
            "page of the collection as what each is published, or that it is left out."
        )
    if not targets - set(unknown):
        errors.append(
            "Nothing would be published: no validated object has a taxon that WoRMS knows. "
            "Validate objects, or choose taxa with an AphiaID under “Taxa”."
        )
    if unknown:
        lost = sum(n for taxon, n in used.items() if recasts[0].target(taxon) in unknown)
        shown = few(names[t].display_name if t in names else str(t) for t in unknown)
        warnings.append(
            f"{lost:,} object(s) are left out: {shown} has no AphiaID. Choose another taxon under "
            "“Taxa”, or import a taxonomy that has one."
        )
    return errors, warnings


def remarks(conn: Connection, found: Publication) -> Iterator[str]:
    """What is worth knowing and stops nothing."""
    undated = queries.undated(conn, [p.project_id for p in found.projects])
    if undated:
        yield (
            f"{len(undated):,} sample(s) hold no dated object and are left out: {few(undated)}. "
            "Set object_date by an import that updates."
        )
    for project in found.projects:
        absent = [name for name in NETS if name not in project.sample_columns]
        if absent:
            yield (
                f"Project {project.project_id} has no sample column {', '.join(absent)}, so the "
                "archive says nothing of that about its nets."
            )
    if found.people.institution is None:
        yield "No organisation is among the creators, so events bear no institution code."


def few(names: Iterable[str]) -> str:
    """Some names, and how many more."""
    known = list(names)
    more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more
