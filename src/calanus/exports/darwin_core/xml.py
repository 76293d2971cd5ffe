"""XML as the archive writes it, and the XML of others that it takes in.

Only the standard library: documents are made as trees, so that everything is escaped. Foreign XML
is parsed as the inside of an element of ours, where XML allows neither a document type nor an
entity: nothing can be expanded, and nothing outside is ever read.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from calanus.exports.types import BadExport

# What XML 1.0 cannot hold, whatever the escape.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST = 100_000  # characters of one piece
DEEPEST = 30  # levels of one piece
# What may be added to a dataset: of what is written here already, only what may come again.
ADDABLE = frozenset(
    {
        "additionalInfo",
        "alternateIdentifier",
        "associatedParty",
        "distribution",
        "keywordSet",
        "maintenance",
        "methods",
        "project",
        "publisher",
        "purpose",
    }
)


def clean(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return FORBIDDEN.sub(" ", text).strip()


def element(tag: str, *inside: "ET.Element | str | None", **attributes: str) -> ET.Element:
    """An element with its attributes, and in it a text or other elements; nothing is left out."""
    made = ET.Element(tag, attributes)
    for part in inside:
        if isinstance(part, str):
            made.text = clean(part)
        elif part is not None:
            made.append(part)
    return made


def document(root: ET.Element) -> bytes:
    """A document as UTF-8, indented."""
    ET.indent(root)
    for link in root.iter("ulink"):  # a link within a sentence stays on its line
        for child in link:
            link.text, child.tail = (link.text or "").strip(), (child.tail or "").strip()
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


def extra_elements(pieces: list[str]) -> list[ET.Element]:
    """Elements of a dataset that people wrote themselves.

    Raises:
        BadExport: a piece is no XML, or no part of a dataset that may be added.
    """
    return [found for number, piece in enumerate(pieces, 1) for found in parsed(piece, number)]


def parsed(piece: str, number: int) -> Iterator[ET.Element]:
    """The elements of one piece."""
    where = f"Additional XML no. {number}"
    if len(piece) > LONGEST:
        raise BadExport(f"{where} has {len(piece):,} characters; {LONGEST:,} are the most.")
    try:
        root = ET.fromstring(f"<extra>{piece}</extra>")  # noqa: S314 (see the top of this file)
    except ET.ParseError as error:
        raise BadExport(
            f"{where} is not well-formed XML ({error}): mend it, or leave it out."
        ) from None
    if (root.text or "").strip() or any((child.tail or "").strip() for child in root):
        raise BadExport(f"{where} holds text outside of any element: put it into one.")
    for child in root:
        check(child, where)
        child.tail = None
        yield child


def check(child: ET.Element, where: str) -> None:
    """Pass if an element may be added to a dataset."""
    if child.tag not in ADDABLE:
        known = ", ".join(sorted(ADDABLE))
        raise BadExport(f"{where}: <{child.tag}> cannot be added to a dataset; these can: {known}.")
    level = [child]
    for _ in range(DEEPEST):
        level = [grandchild for each in level for grandchild in each]
        if any(each.tag.startswith("{") for each in level):
            raise BadExport(f"{where}: within EML, elements have no namespace.")
    if level:
        raise BadExport(f"{where} is nested more than {DEEPEST} levels deep.")
