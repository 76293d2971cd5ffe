"""eml.xml: what a collection is, who made it and under what terms, for people and catalogues.

Source: EML 2.2.0 as GBIF's profile 1.3 asks for it; the order of the elements is the schema's.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from calanus.exports.darwin_core.terms import LICENSES
from calanus.exports.darwin_core.types import Contents, Species
from calanus.exports.darwin_core.xml import document, element, extra_elements
from calanus.users.types import Organisation, User

NAMESPACE = "https://eml.ecoinformatics.org/eml-2.2.0"
PROFILE = "https://rs.gbif.org/schema/eml-gbif-profile/1.3/eml.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
TYPES = "GBIF Dataset Type Vocabulary: http://rs.gbif.org/vocabulary/gbif/dataset_type.xml"
KEYWORDS = ("plankton", "imaging", "abundance", "image-based sampling")
# The children of a dataset in the order of the schema.
ORDER = (
    "alternateIdentifier",
    "title",
    "creator",
    "metadataProvider",
    "associatedParty",
    "pubDate",
    "language",
    "abstract",
    "keywordSet",
    "additionalInfo",
    "intellectualRights",
    "distribution",
    "coverage",
    "purpose",
    "maintenance",
    "contact",
    "publisher",
    "methods",
    "project",
)

ET.register_namespace("eml", NAMESPACE)


def eml_xml(contents: Contents, *, at: datetime) -> bytes:
    """The description of a collection that is ready to be published."""
    dataset = element("dataset", *described(contents, at=at))
    dataset.extend(extra_elements(contents.request.extra_xml))
    dataset[:] = sorted(dataset, key=lambda child: ORDER.index(child.tag))
    collection = contents.publication.collection
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    root = element(
        f"{{{NAMESPACE}}}eml",
        dataset,
        element(
            "additionalMetadata",
            element(
                "metadata",
                element(
                    "gbif",
                    element("dateStamp", stamp),
                    element("hierarchyLevel", "dataset"),
                    element("citation", collection.citation or ""),
                ),
            ),
        ),
        packageId=f"calanus-collection-{collection.collection_id}/{stamp}",
        system="Calanus",
        scope="system",
    )
    root.set(f"{{{INSTANCE}}}schemaLocation", f"{NAMESPACE} {PROFILE}")
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "eng")
    return document(root)


def described(contents: Contents, *, at: datetime) -> Iterator[ET.Element]:
    """What is said of a dataset."""
    collection, people = contents.publication.collection, contents.publication.people
    if collection.is_published:
        yield element("alternateIdentifier", collection.external_id)
    yield element("title", collection.title)
    yield from (party("creator", who) for who in people.creators)
    if people.provider:
        yield party("metadataProvider", people.provider)
    for who in people.associates:
        associate = party("associatedParty", who)
        associate.append(element("role", "contentProvider"))
        yield associate
    yield element("pubDate", f"{at:%Y-%m-%d}")
    yield element("language", "eng")
    yield paragraphs("abstract", collection.abstract or "")
    yield element(
        "keywordSet", element("keyword", "Samplingevent"), element("keywordThesaurus", TYPES)
    )
    yield element(
        "keywordSet",
        *(element("keyword", word) for word in KEYWORDS),
        element("keywordThesaurus", "n/a"),
    )
    if (collection.description or "").strip():
        yield paragraphs("additionalInfo", collection.description or "")
    yield rights(collection.license or "")
    yield element("coverage", *coverage(contents))
    if people.contact:
        yield party("contact", people.contact)


def party(tag: str, who: User | Organisation) -> ET.Element:
    """A person or an organisation."""
    if isinstance(who, Organisation):
        return element(tag, element("organizationName", who.name))
    given, _, last = who.name.strip().rpartition(" ")
    made = element(
        tag,
        element(
            "individualName",
            element("givenName", given) if given else None,
            element("surName", last),
        ),
        element("organizationName", who.organisation) if who.organisation else None,
        element("address", element("country", who.country)) if who.country else None,
        element("electronicMailAddress", who.email),
    )
    if who.orcid:
        made.append(element("userId", who.orcid, directory="https://orcid.org/"))
    return made


def paragraphs(tag: str, text: str) -> ET.Element:
    """A text, each of its paragraphs in an element."""
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    return element(tag, *(element("para", " ".join(part.split())) for part in parts))


def rights(license_name: str) -> ET.Element:
    """A licence, so written that GBIF's machines find it."""
    title, url = LICENSES[license_name]
    para = element("para", "This work is licensed under a ")
    para.text = "This work is licensed under a "
    link = element("ulink", element("citetitle", title), url=url)
    link.tail = "."
    para.append(link)
    return element("intellectualRights", para)


def coverage(contents: Contents) -> Iterator[ET.Element]:
    """Where, when and what."""
    sides = {
        "westBoundingCoordinate": extreme(min, (s.west for s in contents.sampled)),
        "eastBoundingCoordinate": extreme(max, (s.east for s in contents.sampled)),
        "northBoundingCoordinate": extreme(max, (s.north for s in contents.sampled)),
        "southBoundingCoordinate": extreme(min, (s.south for s in contents.sampled)),
    }
    if None not in sides.values():
        yield element(
            "geographicCoverage",
            element("geographicDescription", "The box around all objects"),
            element(
                "boundingCoordinates",
                *(element(side, f"{degrees:.6f}") for side, degrees in sides.items()),
            ),
        )
    if contents.sampled:
        begins = min(s.begins for s in contents.sampled)
        ends = max(s.ends for s in contents.sampled)
        yield element(
            "temporalCoverage",
            element("rangeOfDates", day("beginDate", begins), day("endDate", ends)),
        )
    yield element("taxonomicCoverage", *(classified(s) for s in by_name(contents.species)))


def extreme(which: Callable[[list[float]], float], values: Iterable[float | None]) -> float | None:
    """The smallest or largest of what is known."""
    known = [value for value in values if value is not None]
    return which(known) if known else None


def day(tag: str, moment: datetime) -> ET.Element:
    """A date."""
    return element(tag, element("calendarDate", f"{moment:%Y-%m-%d}"))


def by_name(species: dict[int, Species]) -> list[Species]:
    """Species in the order in which people read them."""
    return sorted(species.values(), key=lambda s: (s.name, s.aphia_id))


def classified(species: Species) -> ET.Element:
    """One species."""
    return element(
        "taxonomicClassification",
        element("taxonRankName", species.rank) if species.rank else None,
        element("taxonRankValue", species.name),
    )
