"""meta.xml: which file of the archive holds what, and which term defines each column."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from calanus.exports.darwin_core.terms import EVENT, Table
from calanus.exports.darwin_core.xml import document, element

NAMESPACE = "http://rs.tdwg.org/dwc/text/"


def meta_xml(columns: Mapping[Table, Sequence[str]]) -> bytes:
    """The description of an archive of these tables, each with the columns it really has."""
    archive = element("archive", xmlns=NAMESPACE, metadata="eml.xml")
    for table, names in columns.items():
        archive.append(described(table, names))
    return document(archive)


def described(table: Table, names: Sequence[str]) -> ET.Element:
    """One table: the core, or an extension of it."""
    core = table is EVENT
    made = element(
        "core" if core else "extension",
        element("files", element("location", table.file)),
        element("id" if core else "coreid", index="0"),
        encoding="UTF-8",
        fieldsTerminatedBy="\\t",
        linesTerminatedBy="\\n",
        fieldsEnclosedBy="",
        ignoreHeaderLines="1",
        rowType=table.row_type,
    )
    for place, name in enumerate(names, 1):
        made.append(element("field", index=str(place), term=table.columns[name]))
    return made
